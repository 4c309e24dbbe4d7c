#include "ctlock/wordset.h"

#include "ctlock/siphash.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { N = 4000 };

static bool has(const struct wordset *s, uint64_t word)
{
    struct wordset_walk w = wordset_walk(s, (uint32_t)(word >> 32));
    for (uint64_t seen; (seen = wordset_next(&w)) != 0;)
        if (seen == word)
            return true;
    return false;
}

static uint64_t hash(uint64_t i)
{
    return siphash13((struct hash_key){5, 6}, &i, sizeof i);
}

static size_t words_in(const struct wordset *s, size_t *cap)
{
    size_t n = 0;
    *cap = 0;
    for (size_t i = 0; i < WORDSET_PARTS; i++) {
        n += s->part[i].n;
        *cap += s->part[i].cap;
    }
    return n;
}

/* Puts in and takes out at random, and looks for all of them again and again. */
static void go_through(const uint64_t *word, size_t n)
{
    struct wordset s = {0};
    static bool there[N];
    size_t n_there = 0, cap;
    memset(there, 0, sizeof there);
    for (uint64_t step = 0; step < 6 * n; step++) {
        uint64_t h = hash(step);
        size_t i = (size_t)(h % n);
        /* More of them come at first, more go at the end. */
        bool add = (h >> 32) % 6 >= step / n;
        ck_assert_int_eq(has(&s, word[i]), there[i]);
        if (add && !there[i]) {
            ck_assert(wordset_add(&s, word[i]));
            n_there++;
        } else if (!add) {
            ck_assert_int_eq(wordset_remove(&s, word[i]), there[i]);
            n_there -= there[i];
        }
        there[i] = add;
        for (size_t k = 0; step % (n / 4) == 0 && k < n; k++)
            ck_assert_int_eq(has(&s, word[k]), there[k]);
        ck_assert_uint_eq(words_in(&s, &cap), n_there);
    }
    wordset_free(&s);
    ck_assert(!has(&s, word[0]) && !wordset_remove(&s, word[0]));
}

START_TEST(knows_what_is_in_it)
{
    static uint64_t word[N];
    for (size_t i = 0; i < N; i++)
        word[i] = hash(i) | 1;
    go_through(word, N);
}
END_TEST

/* The last places of a part are full, and words go on at its first. */
START_TEST(words_with_homes_at_the_end_of_a_part)
{
    static uint64_t word[40];
    for (uint32_t i = 0; i < 40; i++)
        word[i] = (uint64_t)(0xfbffffffu - (i % 5 << 22)) << 32 | (i + 1);
    go_through(word, 40);
}
END_TEST

START_TEST(words_with_the_same_upper_half)
{
    static uint64_t word[100];
    for (uint32_t i = 0; i < 100; i++)
        word[i] = (uint64_t)0xffffffffu << 32 | (i + 1);
    go_through(word, 100);
}
END_TEST

START_TEST(takes_little_more_than_it_needs)
{
    struct wordset s = {0};
    size_t cap;
    for (uint64_t i = 1; i <= 300000; i++) {
        ck_assert(wordset_add(&s, hash(i)));
        if (i % 1000 == 0 && i >= 20000) {
            ck_assert_uint_eq(words_in(&s, &cap), i);
            ck_assert_uint_le(cap * 100, i * 175);
        }
    }
    wordset_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wordset");
    TCase *t = tcase_create("wordset");
    tcase_add_test(t, knows_what_is_in_it);
    tcase_add_test(t, words_with_homes_at_the_end_of_a_part);
    tcase_add_test(t, words_with_the_same_upper_half);
    tcase_add_test(t, takes_little_more_than_it_needs);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
