#include "ctlock/options.h"

#include <check.h>
#include <stdlib.h>

enum { MAX_ARGS = 16 };

static enum options_result parse(struct options *o, struct buf *why, const char *const *args)
{
    static char *argv[MAX_ARGS + 2];
    int argc = 1;
    argv[0] = (char[]){"ctlock"};
    for (; args[argc - 1]; argc++) {
        ck_assert_int_le(argc, MAX_ARGS);
        free(argv[argc]);
        argv[argc] = strdup(args[argc - 1]);
    }
    char *end = argv[argc];
    argv[argc] = NULL;
    enum options_result r = options_parse(argc, argv, o, why);
    argv[argc] = end;
    return r;
}

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

START_TEST(defaults_are_the_contract_s)
{
    struct options o;
    struct buf why = {0};
    ck_assert_int_eq(parse(&o, &why, (const char *const[]){NULL}), OPTIONS_RUN);
    ck_assert_int_eq(o.ttl_s, 6 * 3600);
    ck_assert_int_eq(o.window_s, 900);
    ck_assert_int_eq(o.linger_s, -1);
    ck_assert_int_eq(o.grace_s, 600);
    ck_assert_int_eq(o.settle_s, 3600);
    ck_assert(!o.json && !o.adopt && !o.private_ip_any && !o.presigned_alert);
    ck_assert_int_eq(o.min_severity, SEVERITY_LOW);
    ck_assert_uint_eq(o.n_operands, 0);
    options_free(&o);
}
END_TEST

START_TEST(reads_values_in_both_spellings)
{
    struct options o;
    struct buf why = {0};
    ck_assert_int_eq(parse(&o, &why,
                           ARGS("-fjson", "x", "--ttl=2d", "--window", "0", "--linger=2m", "-j",
                                "3", "--private-ip=any", "--presigned=alert", "--min-severity=high",
                                "--exit-code=10", "y")),
                     OPTIONS_RUN);
    ck_assert(o.json && o.private_ip_any && o.presigned_alert);
    ck_assert_int_eq(o.ttl_s, 2 * 86400);
    ck_assert_int_eq(o.window_s, 0);
    ck_assert_int_eq(o.linger_s, 120);
    ck_assert_uint_eq(o.jobs, 3);
    ck_assert_int_eq(o.min_severity, SEVERITY_HIGH);
    ck_assert_int_eq(o.exit_code, 10);
    ck_assert_uint_eq(o.n_operands, 2);
    ck_assert_str_eq(o.operands[0], "x");
    ck_assert_str_eq(o.operands[1], "y");
    options_free(&o);
}
END_TEST

START_TEST(those_that_can_repeat_do)
{
    struct options o;
    struct buf why = {0};
    ck_assert_int_eq(
        parse(&o, &why,
              ARGS("--issuer", "a", "--issuer=b", "--trust-account=111122223333", "--trust-account",
                   "444455556666", "--exceptions=x", "--exceptions=y", "--user-agents=u")),
        OPTIONS_RUN);
    ck_assert_uint_eq(o.issuers.n, 2);
    ck_assert(str_eq(o.issuers.item[1], STR("b")));
    ck_assert_uint_eq(o.trusted_accounts.n, 2);
    ck_assert_uint_eq(o.exceptions.n, 2);
    ck_assert_uint_eq(o.useragents.n, 1);
    options_free(&o);
}
END_TEST

static const struct {
    const char *args[4];
    const char *why;
} wrong[] = {
    {{"--min-severety=low"}, "unknown option --min-severety (did you mean --min-severity?)"},
    {{"--xyzzy"}, "unknown option --xyzzy"},
    {{"-x"}, "unknown option -x"},
    {{"--once", "-xq"}, "unknown option -x"},
    {{"--once", "-qxh"}, "unknown option -x"},
    {{"--once", "-\xff"}, "unknown option -\\xff"},
    {{"in", "-x", "y"}, "unknown option -x"},
    {{"--st"}, "ambiguous option --st (--stats-json, --state, --state-reset)"},
    {{"--ttl"}, "--ttl needs a value"},
    {{"--once", "-f"}, "-f needs a value"},
    {{"--once", "-qf"}, "-f needs a value"},
    {{"--info=1"}, "--info takes no value"},
    {{"--quiet=1"}, "--quiet takes no value"},
    {{"--once", "--inf=1"}, "--info takes no value"},
    {{"--ttl=6"}, "--ttl: '6' is not a duration such as 90s, 15m, 1h30m or 2d"},
    {{"-f", "xml"}, "--format: 'xml' is not one of text json"},
    {{"--exit-code=3"}, "--exit-code: '3' means something else already (0, or 4 to 255)"},
    {{"--exit-code=256"}, "--exit-code: '256' is out of range"},
    {{"--exit-code=2560"}, "--exit-code: '2560' is out of range"},
    {{"--exit-code=2560x"}, "--exit-code: '2560x' is not a number"},
    {{"--exit-code=1x"}, "--exit-code: '1x' is not a number"},
    {{"-j0"}, "--jobs: '0' is out of range"},
    {{"-j1025"}, "--jobs: '1025' is out of range"},
    {{"-j99999"}, "--jobs: '99999' is out of range"},
    {{"-j99999999999999999999"}, "--jobs: '99999999999999999999' is out of range"},
    {{"--max-window=1000000001"}, "--max-window: '1000000001' is out of range"},
    {{"--max-window=18446744073709551617"}, "--max-window: '18446744073709551617' is out of range"},
    {{"--trust-account=12"}, "--trust-account: '12' is not an account id of 12 digits"},
    {{"--issuer="}, "--issuer: '' must not be empty"},
    {{"--min-severity=none"}, "--min-severity: 'none' is not one of low medium high critical"},
    {{"--color=red"}, "--color: 'red' is not one of auto always never"},
    {{"--table", "--list-user-agents"}, "--table and --list-user-agents exclude each other"},
    {{"--check-config"}, "--check-config needs --exceptions or --user-agents"},
    {{"--ttl=\033[31m"}, "--ttl: '\\u{001b}[31m' is not a duration such as 90s, 15m, 1h30m or 2d"},
};

START_TEST(refuses_with_the_reason)
{
    struct options o;
    struct buf why = {0};
    ck_assert_int_eq(parse(&o, &why, wrong[_i].args), OPTIONS_WRONG);
    buf_putc(&why, '\0');
    ck_assert_str_eq(why.p, wrong[_i].why);
    options_free(&o);
    buf_free(&why);
}
END_TEST

START_TEST(help_ends_the_reading)
{
    struct options o;
    struct buf why = {0};
    ck_assert_int_eq(parse(&o, &why, ARGS("-h", "--nonsense")), OPTIONS_HELP);
    options_free(&o);
}
END_TEST

START_TEST(version_ends_the_reading)
{
    struct options o;
    struct buf why = {0};
    ck_assert_int_eq(parse(&o, &why, ARGS("--version")), OPTIONS_VERSION);
    options_free(&o);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *t = tcase_create("options");
    tcase_add_test(t, defaults_are_the_contract_s);
    tcase_add_test(t, reads_values_in_both_spellings);
    tcase_add_test(t, those_that_can_repeat_do);
    tcase_add_loop_test(t, refuses_with_the_reason, 0, sizeof wrong / sizeof wrong[0]);
    tcase_add_test(t, help_ends_the_reading);
    tcase_add_test(t, version_ends_the_reading);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
