#include "ctlock/pages.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_all_of_it_can_be_written)
{
    static const size_t sizes[] = {1,
                                   63,
                                   64,
                                   65,
                                   4096,
                                   PAGES_HUGE_NBYTES - 1,
                                   PAGES_HUGE_NBYTES,
                                   PAGES_HUGE_NBYTES + 1,
                                   5 * PAGES_HUGE_NBYTES};
    size_t n = sizes[_i];
    unsigned char *p = pages_new(n);
    ck_assert_ptr_nonnull(p);
    ck_assert_uint_eq((uintptr_t)p % PAGES_LINE_NBYTES, 0);
    if (n >= PAGES_HUGE_NBYTES)
        ck_assert_uint_eq((uintptr_t)p % PAGES_HUGE_NBYTES, 0);
    memset(p, 0x5a, n);
    ck_assert_uint_eq(p[0], 0x5a);
    ck_assert_uint_eq(p[n - 1], 0x5a);
    free(p);
}
END_TEST

START_TEST(test_a_size_that_cannot_be_is_refused)
{
    for (size_t less = 0; less < PAGES_HUGE_NBYTES; less += 4095)
        ck_assert_ptr_null(pages_new(SIZE_MAX - less));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pages");
    TCase *t = tcase_create("pages");
    tcase_add_loop_test(t, test_all_of_it_can_be_written, 0, 9);
    tcase_add_test(t, test_a_size_that_cannot_be_is_refused);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
