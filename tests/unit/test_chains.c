#include "ctlock/chains.h"

#include <check.h>
#include <stdlib.h>
#include <uthash.h>

/* More than a table has that is passed over. */
enum { MANY = 10000 };

struct thing {
    UT_hash_handle hh;
    unsigned number;
};

static struct thing *add(struct thing **head, unsigned number, unsigned hash)
{
    struct thing *t = calloc(1, sizeof *t);
    ck_assert_ptr_nonnull(t);
    t->number = number;
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, *head, &t->number, sizeof t->number, hash, t);
    return t;
}

static struct thing *find(struct thing *head, unsigned number, unsigned hash)
{
    struct thing *t;
    HASH_FIND_BYHASHVALUE(hh, head, &number, sizeof number, hash, t);
    return t;
}

static void fetch(const struct thing *head, unsigned hash)
{
    for (unsigned step = 0; step < CHAINS_STEPS; step++)
        chains_fetch(head ? head->hh.tbl : NULL, hash, sizeof *head, step);
}

/* Chains of none, one, and up to four; what is there and what is not. That nothing is read that
 * must not be is for the address sanitizer to say. */
START_TEST(test_any_entry_can_be_fetched)
{
    struct thing *head = NULL, *t, *next;
    fetch(head, 7);
    for (unsigned i = 0; i < MANY; i++) {
        unsigned hash = i % 3 ? i * 2654435761u : i / 9;
        (void)add(&head, i, hash);
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

static unsigned spread(unsigned number)
{
    return number * 2654435761u;
}

/* Two entries for each bucket at most, which uthash by itself does not see to; and not many more
 * buckets than entries. */
START_TEST(test_chains_stay_short)
{
    struct thing *head = NULL, *t, *next;
    for (unsigned i = 0; i < MANY; i++) {
        chains_shorten(add(&head, i, spread(i))->hh.tbl);
        ck_assert_uint_le(head->hh.tbl->num_items, 2 * head->hh.tbl->num_buckets);
    }
    ck_assert_uint_ge(4 * head->hh.tbl->num_items, head->hh.tbl->num_buckets);
    for (unsigned i = 0; i < MANY; i++) {
        t = find(head, i, spread(i));
        ck_assert_ptr_nonnull(t);
        ck_assert_uint_eq(t->number, i);
    }
    ck_assert_ptr_null(find(head, MANY, spread(MANY)));
    HASH_ITER(hh, head, t, next)
    {
        HASH_DEL(head, t);
        free(t);
    }
    ck_assert_ptr_null(head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chains");
    TCase *t = tcase_create("chains");
    tcase_add_test(t, test_any_entry_can_be_fetched);
    tcase_add_test(t, test_chains_stay_short);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
