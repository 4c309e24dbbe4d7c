#include "ctlock/array.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

START_TEST(doubles_and_keeps_what_is_there)
{
    size_t *item = NULL, cap = 0, n_grown = 0;
    for (size_t n = 0; n < 100; n++) {
        if (n == cap) {
            size_t *more = array_grow(item, &cap, sizeof *more);
            ck_assert_ptr_nonnull(more);
            ck_assert_uint_eq(cap, n ? 2 * n : 8);
            item = more;
            n_grown++;
        }
        item[n] = n;
    }
    ck_assert_uint_eq(n_grown, 5);
    for (size_t n = 0; n < 100; n++)
        ck_assert_uint_eq(item[n], n);
    free(item);
}
END_TEST

/* Each a little more than a size_t holds, so that what is left of the product would be had. */
START_TEST(no_more_than_a_size_holds)
{
    static const struct {
        size_t cap, elem_nbytes;
    } too_much[] = {{0, SIZE_MAX / 8 + 1},
                    {8, SIZE_MAX / 16 + 2},
                    {SIZE_MAX / 2 + 1, 1},
                    {SIZE_MAX / 16 + 1, 8}};
    char *p = malloc(1);
    ck_assert_ptr_nonnull(p);
    size_t cap = too_much[_i].cap;
    ck_assert_ptr_null(array_grow(cap ? p : NULL, &cap, too_much[_i].elem_nbytes));
    ck_assert_uint_eq(cap, too_much[_i].cap);
    p[0] = 'x';
    free(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("array");
    TCase *t = tcase_create("array");
    tcase_add_test(t, doubles_and_keeps_what_is_there);
    tcase_add_loop_test(t, no_more_than_a_size_holds, 0, 4);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
