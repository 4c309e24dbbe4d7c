/* buf: growth, views, and the error that sticks. */
#include "ctlock/buf.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

START_TEST(appends_follow_one_another)
{
    struct buf b = {0};
    buf_add(&b, "ab", 2);
    buf_str(&b, STR("cd"));
    buf_puts(&b, "ef");
    buf_putc(&b, '\0');
    buf_printf(&b, "%d-%s", 42, "x");
    ck_assert(!b.failed);
    ck_assert(str_eq(buf_view(&b), STR("abcdef\0"
                                       "42-x")));
    buf_free(&b);
    ck_assert_ptr_null(b.p);
    ck_assert_uint_eq(b.n, 0);
}
END_TEST

START_TEST(nothing_may_be_appended_from_null)
{
    struct buf b = {0};
    buf_add(&b, NULL, 0);
    buf_str(&b, (struct str){0});
    buf_puts(&b, "");
    ck_assert(!b.failed);
    ck_assert_uint_eq(b.n, 0);
    buf_free(&b);
}
END_TEST

START_TEST(growth_keeps_the_content)
{
    struct buf b = {0};
    for (size_t i = 0; i < 100000; i++)
        buf_putc(&b, (char)('a' + i % 26));
    ck_assert(!b.failed);
    ck_assert_uint_eq(b.n, 100000);
    for (size_t i = 0; i < b.n; i++)
        ck_assert_int_eq(b.p[i], 'a' + (int)(i % 26));
    buf_free(&b);
}
END_TEST

START_TEST(printf_longer_than_the_room)
{
    struct buf b = {0};
    buf_printf(&b, "%0500d|", 7);
    buf_printf(&b, "%s", "end");
    ck_assert_uint_eq(b.n, 504);
    ck_assert(str_ends(buf_view(&b), STR("007|end")));
    buf_free(&b);
}
END_TEST

START_TEST(one_alone_has_no_plural)
{
    ck_assert_str_eq(buf_plural(0), "s");
    ck_assert_str_eq(buf_plural(1), "");
    ck_assert_str_eq(buf_plural(2), "s");
    ck_assert_str_eq(buf_plural(UINT64_C(1) << 32 | 1), "s");
}
END_TEST

START_TEST(a_size_beyond_all_memory_fails_and_sticks)
{
    struct buf b = {0};
    buf_puts(&b, "kept");
    ck_assert(!buf_reserve(&b, SIZE_MAX - 8));
    ck_assert(b.failed);
    buf_puts(&b, "ignored");
    buf_printf(&b, "%d", 1);
    ck_assert(!buf_reserve(&b, 1));
    ck_assert(str_eq(buf_view(&b), STR("kept")));
    buf_clear(&b);
    ck_assert(!b.failed);
    buf_puts(&b, "again");
    ck_assert(str_eq(buf_view(&b), STR("again")));
    buf_free(&b);
}
END_TEST

START_TEST(reserve_makes_room_once)
{
    struct buf b = {0};
    ck_assert(buf_reserve(&b, 1000));
    ck_assert_uint_ge(b.cap, 1000);
    const char *p = b.p;
    for (int i = 0; i < 1000; i++)
        buf_putc(&b, 'x');
    ck_assert_ptr_eq(b.p, p);
    buf_free(&b);
}
END_TEST

START_TEST(strings_compare_by_bytes)
{
    ck_assert(str_eq((struct str){0}, STR("")));
    ck_assert(!str_eq(STR("a"), STR("b")));
    ck_assert_int_lt(str_cmp(STR("a"), STR("ab")), 0);
    ck_assert_int_gt(str_cmp(STR("\xff"), STR("a")), 0);
    ck_assert_int_eq(str_cmp(STR("a"), STR("a")), 0);
    ck_assert(str_starts(STR("abc"), STR("ab")) && !str_starts(STR("a"), STR("ab")));
    ck_assert(str_ends(STR("abc"), STR("bc")) && !str_ends(STR("c"), STR("bc")));
    ck_assert(str_starts((struct str){0}, STR("")) && str_ends((struct str){0}, STR("")));
    ck_assert(str_eq(str_skip(STR("abc"), 2), STR("c")));
    ck_assert_ptr_null(str_of(NULL).p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("buf");
    TCase *t = tcase_create("buf");
    tcase_add_test(t, appends_follow_one_another);
    tcase_add_test(t, nothing_may_be_appended_from_null);
    tcase_add_test(t, growth_keeps_the_content);
    tcase_add_test(t, printf_longer_than_the_room);
    tcase_add_test(t, one_alone_has_no_plural);
    tcase_add_test(t, a_size_beyond_all_memory_fails_and_sticks);
    tcase_add_test(t, reserve_makes_room_once);
    tcase_add_test(t, strings_compare_by_bytes);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
