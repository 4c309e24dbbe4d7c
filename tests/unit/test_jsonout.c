#include "ctlock/jsonout.h"

#include "ctlock/timestamp.h"

#include <check.h>
#include <stdlib.h>

static struct buf out;

static void setup(void)
{
    out = (struct buf){0};
}

static void teardown(void)
{
    buf_free(&out);
}

static void expect(const char *text)
{
    ck_assert(!out.failed);
    buf_putc(&out, '\0');
    ck_assert_str_eq(out.p, text);
}

START_TEST(each_kind_of_value)
{
    json_begin(&out);
    json_text(&out, "text", STR("a\"\033"));
    json_text(&out, "empty", STR(""));
    json_text(&out, "absent", (struct str){0});
    json_time(&out, "time", 1688990242);
    json_time(&out, "never", TIME_NONE);
    json_number(&out, "low", INT64_MIN);
    json_number(&out, "high", INT64_MAX);
    json_count(&out, "none", 0);
    json_count(&out, "most", UINT64_MAX);
    json_flag(&out, "yes", true);
    json_flag(&out, "no", false);
    json_hash(&out, "hash", UINT64_C(0x0123456789abcdef));
    json_name(&out, "own");
    buf_puts(&out, "1.5");
    json_end(&out);
    expect("{\"text\":\"a\\\"\\u001b\",\"empty\":\"\",\"absent\":null,"
           "\"time\":\"2023-07-10T11:57:22Z\",\"never\":null,\"low\":-9223372036854775808,"
           "\"high\":9223372036854775807,\"none\":0,\"most\":18446744073709551615,\"yes\":true,"
           "\"no\":false,\"hash\":\"0123456789abcdef\",\"own\":1.5}\n");
}
END_TEST

START_TEST(commas_stand_between)
{
    json_begin(&out);
    json_open(&out, "none", '[');
    json_close(&out, ']');
    json_open(&out, "list", '[');
    json_text(&out, NULL, STR("{"));
    json_count(&out, NULL, 1);
    json_open(&out, NULL, '{');
    json_close(&out, '}');
    json_open(&out, NULL, '{');
    json_text(&out, "in", STR("["));
    json_flag(&out, "too", true);
    json_close(&out, '}');
    json_close(&out, ']');
    json_count(&out, "last", 2);
    json_end(&out);
    expect("{\"none\":[],\"list\":[\"{\",1,{},{\"in\":\"[\",\"too\":true}],\"last\":2}\n");
}
END_TEST

START_TEST(lines_stand_behind_one_another)
{
    for (int i = 0; i < 2; i++) {
        json_begin(&out);
        json_count(&out, "n", 1);
        json_end(&out);
    }
    expect("{\"n\":1}\n{\"n\":1}\n");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("jsonout");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, each_kind_of_value);
    tcase_add_test(tc, commas_stand_between);
    tcase_add_test(tc, lines_stand_behind_one_another);
    Suite *s = suite_create("jsonout");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
