#include "ctlock/list.h"

#include <check.h>
#include <stddef.h>

enum { N = 3 };

struct one {
    struct one *after, *before;
};

/* Is that what is in the list, up to a NULL, forwards and backwards? */
static void holds(const struct one *first, const struct one *const *expected)
{
    const struct one *before = NULL, *o = first;
    for (; *expected; before = o, o = o->after, expected++) {
        ck_assert_ptr_eq(o, *expected);
        ck_assert_ptr_eq(o->before, before);
    }
    ck_assert_ptr_null(o);
}

#define HOLDS(first, ...) holds(first, (const struct one *const[]){__VA_ARGS__})

START_TEST(the_latest_is_the_first)
{
    struct one *first = NULL, o[N];
    for (size_t i = 0; i < N; i++)
        LIST_PUT(first, &o[i], after, before);
    HOLDS(first, &o[2], &o[1], &o[0], NULL);
}
END_TEST

/* The last, the middle and the first one; and those that are left. */
START_TEST(any_can_be_taken_out)
{
    for (size_t out = 0; out < N; out++) {
        struct one *first = NULL, o[N];
        for (size_t i = 0; i < N; i++)
            LIST_PUT(first, &o[i], after, before);
        LIST_TAKE(first, &o[out], after, before);
        struct one *a = &o[out == 2 ? 1 : 2], *b = &o[out == 0 ? 1 : 0];
        HOLDS(first, a, b, NULL);
        HOLDS(&o[out], &o[out], NULL);
        LIST_TAKE(first, a, after, before);
        HOLDS(first, b, NULL);
        LIST_TAKE(first, b, after, before);
        HOLDS(first, NULL);
        LIST_PUT(first, &o[out], after, before);
        HOLDS(first, &o[out], NULL);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("list");
    TCase *t = tcase_create("list");
    tcase_add_test(t, the_latest_is_the_first);
    tcase_add_test(t, any_can_be_taken_out);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
