#include "ctlock/fetch.h"

#include <check.h>
#include <stdlib.h>
#include <uthash.h>

/* More than a table has that is passed over. */
enum { MANY = 5000 };

struct thing {
    UT_hash_handle hh;
    unsigned number;
};

static void fetch(const struct thing *head, unsigned hash)
{
    for (unsigned step = 0; step < FETCH_STEPS; step++)
        fetch_entry(head ? head->hh.tbl : NULL, hash, sizeof *head, step);
}

/* Chains of none, one, and up to four; what is there and what is not. That nothing is read that
 * must not be is for the address sanitizer to say. */
START_TEST(test_any_entry_can_be_fetched)
{
    struct thing *head = NULL, *t, *next;
    fetch(head, 7);
    for (unsigned i = 0; i < MANY; i++) {
        unsigned hash = i % 3 ? i * 2654435761u : i / 9;
        t = calloc(1, sizeof *t);
        ck_assert_ptr_nonnull(t);
        t->number = i;
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, head, &t->number, sizeof t->number, hash, t);
        fetch(head, hash);
        fetch(head, ~i);
    }
    HASH_ITER(hh, head, t, next)
    {
        unsigned hash = t->hh.hashv;
        HASH_DEL(head, t);
        free(t);
        fetch(head, hash);
    }
    ck_assert_ptr_null(head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fetch");
    TCase *t = tcase_create("fetch");
    tcase_add_test(t, test_any_entry_can_be_fetched);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
