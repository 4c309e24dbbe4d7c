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

int main(void)
{
    Suite *suite = suite_create("session");
    TCase *tc = tcase_create("session");

    tcase_add_test(tc, reads_sessions);
    tcase_add_test(tc, refuses_other_sessions);
    tcase_add_test(tc, reads_roles);
    tcase_add_test(tc, knows_instance_sessions);
    suite_add_tcase(suite, tc);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
