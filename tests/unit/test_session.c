#include "ctlock/session.h"

#include <check.h>
#include <stdlib.h>

static void assert_text(struct str got, const char *want)
{
    ck_assert_msg(str_eq(got, str_of(want)), "%.*s is not %s", (int)got.n, got.p, want);
}

START_TEST(reads_sessions)
{
    static const struct {
        const char *arn, *partition, *account, *role, *session;
    } good[] = {
        {"arn:aws:sts::123456789012:assumed-role/app/i-0123456789abcdef0", "aws", "123456789012",
         "app", "i-0123456789abcdef0"},
        {"arn:aws:iam::1:assumed-role/app/x", "aws", "1", "app", "x"},
        {"arn:aws-us-gov:sts::1:assumed-role/aws:ec2-instance/i-01234567", "aws-us-gov", "1",
         "aws:ec2-instance", "i-01234567"},
        {"arn:aws-cn:sts::1:assumed-role/service-role/deep/app/x@y:z", "aws-cn", "1", "app",
         "x@y:z"},
        {"arn:aws:sts::1:assumed-role//app/x", "aws", "1", "app", "x"},
    };

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct session_parts s;
        ck_assert_msg(session_parse(str_of(good[i].arn), &s), "%s", good[i].arn);
        assert_text(s.partition, good[i].partition);
        assert_text(s.account, good[i].account);
        assert_text(s.role, good[i].role);
        assert_text(s.session, good[i].session);
    }
}
END_TEST

START_TEST(refuses_other_sessions)
{
    static const char *const bad[] = {
        "",
        "arn",
        "arn:",
        "arn:aws:sts::1:assumed-role/app",
        "arn:aws:sts::1:assumed-role/app/",
        "arn:aws:sts::1:assumed-role//x",
        "arn:aws:sts::1:assumed-role/x",
        "arn:aws:sts::1:assumed-role/",
        "arn:aws:sts::1:assumed-role",
        "arn:aws:sts:::assumed-role/app/x",
        "arn::sts::1:assumed-role/app/x",
        "arn:aws:sts:us-east-1:1:assumed-role/app/x",
        "arn:aws:s3::1:assumed-role/app/x",
        "arn:aws:STS::1:assumed-role/app/x",
        "arn:aws:sts::1:federated-user/app/x",
        "arn:aws:iam::1:role/app/x",
        "ARN:aws:sts::1:assumed-role/app/x",
        " arn:aws:sts::1:assumed-role/app/x",
    };
    struct session_parts s = {0};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!session_parse(str_of(bad[i]), &s), "%s", bad[i]);
    ck_assert(!session_parse((struct str){0}, &s));
    ck_assert(s.partition.p == NULL);
}
END_TEST

START_TEST(reads_roles)
{
    struct session_parts s;

    ck_assert(session_parse_role(STR("arn:aws:iam::1:role/service-role/app"), &s));
    assert_text(s.role, "app");
    ck_assert(s.session.p == NULL);
    ck_assert(session_parse_role(STR("arn:aws-cn:iam::12:role/app"), &s));
    assert_text(s.partition, "aws-cn");
    assert_text(s.account, "12");
    assert_text(s.role, "app");
    ck_assert(!session_parse_role(STR("arn:aws:iam::1:role/"), &s));
    ck_assert(!session_parse_role(STR("arn:aws:iam::1:role/app/"), &s));
    ck_assert(!session_parse_role(STR("arn:aws:iam::1:user/app"), &s));
    ck_assert(!session_parse_role(STR("arn:aws:sts::1:role/app"), &s));
    ck_assert(!session_parse_role(STR("arn:aws:iam:::role/app"), &s));
    ck_assert(!session_parse_role(STR("arn:aws:sts::1:assumed-role/app/x"), &s));
    ck_assert(!session_parse_role((struct str){0}, &s));
}
END_TEST

START_TEST(knows_instance_sessions)
{
    ck_assert(session_is_instance(STR("i-01234567")));
    ck_assert(session_is_instance(STR("i-0123456789abcdef0")));
    ck_assert(session_is_instance(STR("i-DDd6c7B0e18F0E35f")));
    ck_assert(session_is_instance(STR("i-zzzzzzzz")));
    ck_assert(!session_is_instance(STR("i-0123456")));
    ck_assert(!session_is_instance(STR("i-01234567-")));
    ck_assert(!session_is_instance(STR("i-0123 4567")));
    ck_assert(!session_is_instance(STR("I-01234567")));
    ck_assert(!session_is_instance(STR("mi-01234567")));
    ck_assert(!session_is_instance(STR("i-01234567\0")));
    ck_assert(!session_is_instance(STR("i-")));
    ck_assert(!session_is_instance((struct str){0}));
    ck_assert(!session_is_instance(STR("i-0123456\xc3\xa9")));
}
END_TEST

START_TEST(knows_accounts)
{
    ck_assert(session_is_account(STR("012345678901")));
    ck_assert(session_is_account(STR("999999999999")));
    ck_assert(!session_is_account(STR("01234567890")));
    ck_assert(!session_is_account(STR("0123456789012")));
    ck_assert(!session_is_account(STR("/12345678901")));
    ck_assert(!session_is_account(STR("12345678901:")));
    ck_assert(!session_is_account(STR("12345678901\0")));
    ck_assert(!session_is_account((struct str){0}));
}
END_TEST

/* Each byte, in each place of names of all usual lengths. */
START_TEST(each_byte_of_an_instance_counts)
{
    for (size_t n = 10; n < 40; n++)
        for (size_t at = 2; at < n; at++)
            for (int c = 0; c < 256; c++) {
                char *name = malloc(n); /* as long as it is: sanitizers watch */
                ck_assert_ptr_nonnull(name);
                memset(name, "0aZ9zAm5"[at % 8], n);
                memcpy(name, "i-", 2);
                name[at] = (char)c;
                bool want =
                    (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
                ck_assert_msg(session_is_instance((struct str){name, n}) == want, "%zu: %d", n, c);
                free(name);
            }
}
END_TEST

static bool parse_behind(const char *head, struct str tail, struct session_parts *out)
{
    static char room[2][128];
    char *p = room[strlen(head) % 2];

    memcpy(p, head, strlen(head));
    memcpy(p + strlen(head), tail.p, tail.n);
    return session_parse((struct str){p, strlen(head) + tail.n}, out);
}

/* A partition of another length takes the way without short cuts. */
START_TEST(both_ways_to_read_a_session_agree)
{
    static const char usual[] = "sts::123456789012:assumed-role/app/i-0123456789abcdef0";
    enum { N = sizeof usual - 1 };

    for (size_t n = 0; n <= N; n++)
        for (size_t at = 0; at < n; at++)
            for (int c = 0; c < 256; c++) {
                struct session_parts a = {0}, b = {0};
                char tail[N];
                memcpy(tail, usual, n);
                tail[at] = (char)c;
                bool a_is = parse_behind("arn:aws:", (struct str){tail, n}, &a);
                bool b_is = parse_behind("arn:awsx:", (struct str){tail, n}, &b);
                ck_assert_msg(a_is == b_is && str_eq(a.account, b.account) &&
                                  str_eq(a.role, b.role) && str_eq(a.session, b.session),
                              "%.*s", (int)n, tail);
                ck_assert(!a_is || str_eq(a.partition, STR("aws")));
            }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("session");
    TCase *tc = tcase_create("session");

    tcase_add_test(tc, reads_sessions);
    tcase_add_test(tc, refuses_other_sessions);
    tcase_add_test(tc, reads_roles);
    tcase_add_test(tc, both_ways_to_read_a_session_agree);
    tcase_add_test(tc, knows_instance_sessions);
    tcase_add_test(tc, knows_accounts);
    tcase_add_test(tc, each_byte_of_an_instance_counts);
    suite_add_tcase(suite, tc);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
