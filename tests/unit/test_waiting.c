#include "made_event.h"

#include "ctlock/waiting.h"

#include <check.h>
#include <stdio.h>

static uint64_t drawn = 88172645463325252u;

static unsigned draw(unsigned below)
{
    drawn ^= drawn << 13;
    drawn ^= drawn >> 7;
    drawn ^= drawn << 17;
    return (unsigned)(drawn >> 33) % below;
}

static struct waiting_pool pool;

static struct waiting_place place_of(unsigned roles, int64_t time_s, const char *id, uint64_t seq)
{
    struct event *e =
        make_event(roles, time_s, (struct made_field[]){{EF_EVENT_ID, id}, {0, NULL}});
    e->seq = seq;
    struct waiting_place p = {time_s, waiting_turn(e), waiting_new(&pool, e)};
    ck_assert_ptr_nonnull(p.event);
    ck_assert_mem_eq(p.event, e, e->nbytes);
    free(e);
    return p;
}

/* DETECTION section 7, read plainly: time, then changes, issues, calls, then eventID, then input
 * order. */
static bool is_before(const struct waiting_place *a, const struct waiting_place *b)
{
    const struct event *x = a->event, *y = b->event;
    int rank[2];
    if (x->time_s != y->time_s)
        return x->time_s < y->time_s;
    for (int i = 0; i < 2; i++) {
        unsigned roles = (i ? y : x)->roles;
        rank[i] = roles & EVENT_CHANGE ? 0 : roles & EVENT_ISSUE ? 1 : 2;
    }
    if (rank[0] != rank[1])
        return rank[0] < rank[1];
    int c = str_cmp(event_str(x, EF_EVENT_ID), event_str(y, EF_EVENT_ID));
    return c ? c < 0 : x->seq < y->seq;
}

/* Few and many, in order, nearly, not at all; ids that differ late, early, or not. */
START_TEST(test_places_are_put_in_order)
{
    enum { MOST = 300 };
    static const unsigned roles[] = {EVENT_CALL, EVENT_ISSUE, EVENT_CHANGE,
                                     EVENT_CHANGE | EVENT_CALL};
    static struct waiting_place p[MOST];
    size_t n = _i < 130 ? (size_t)_i : draw(MOST);
    unsigned n_times = 1 + draw(4), n_ids = 1 + draw(400), shuffled = draw(3);
    for (size_t i = 0; i < n; i++) {
        char id[32];
        int64_t time_s = shuffled ? draw(n_times) : (int64_t)i;
        (void)snprintf(id, sizeof id, draw(2) ? "same-head-%u" : "%u", draw(n_ids));
        p[i] = place_of(roles[draw(4)], time_s, id, i);
    }
    waiting_sort(p, n);
    for (size_t i = 1; i < n; i++)
        ck_assert(is_before(&p[i - 1], &p[i]));
    for (size_t i = 0; i < n; i++)
        waiting_release(&pool, p[i].event);
    waiting_pool_free(&pool);
}
END_TEST

/* Copies of all sizes, released and made at random, keep what is in them; not much is kept of those
 * that are gone. */
START_TEST(test_memory_goes_to_the_next_event)
{
    enum { N = 600, ROUNDS = 10000, LONGEST = 2000 };
    static struct waiting_place there[N];
    static char text[LONGEST + 1];
    memset(there, 0, sizeof there);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct waiting_place *p = &there[draw(N)];
        if (p->event) {
            struct str id = event_str(p->event, EF_EVENT_ID);
            memset(text, 'a' + (int)(p->event->seq % 26), id.n);
            ck_assert_mem_eq(id.p, text, id.n);
            waiting_release(&pool, p->event);
            p->event = NULL;
            continue;
        }
        unsigned n = draw(draw(4) ? 200 : LONGEST);
        memset(text, 'a' + (int)(round % 26), n);
        text[n] = '\0';
        *p = place_of(EVENT_CALL, 5, text, round);
    }
    for (size_t i = 0; i < N; i++)
        if (there[i].event)
            waiting_release(&pool, there[i].event);
    for (size_t i = 0; i < WAITING_SIZES; i++)
        ck_assert_uint_le(pool.n[i], 256);
    waiting_pool_free(&pool);
}
END_TEST

static unsigned kept(void)
{
    unsigned n = 0;
    for (size_t i = 0; i < WAITING_SIZES; i++)
        n += pool.n[i];
    return n;
}

START_TEST(test_what_is_taken_is_no_more_kept)
{
    struct waiting_place p = place_of(EVENT_CALL, 5, "e", 0);
    for (unsigned i = 0; i < 3; i++) {
        waiting_release(&pool, p.event);
        ck_assert_uint_le(kept(), 1); /* none with sanitizers */
        p = place_of(EVENT_CALL, 5, "e", i);
        ck_assert_uint_eq(kept(), 0);
    }
    waiting_release(&pool, p.event);
    waiting_pool_free(&pool);
    ck_assert_uint_eq(kept(), 0);
}
END_TEST

/* What idset tells a copy by, and nothing else. */
START_TEST(test_names_are_what_tells_a_copy)
{
    static const struct made_field all[] = {
        {EF_PARTITION, "aws"},       {EF_ACCOUNT, "111122223333"}, {EF_ROLE, "app"},
        {EF_SESSION, "i-00000001"},  {EF_EVENT_ID, "e"},           {EF_SHARED_EVENT_ID, "s"},
        {EF_EVENT_NAME, "GetThing"}, {EF_USER_AGENT, "agent"},     {0, NULL}};
    for (unsigned with_shared = 0; with_shared < 2; with_shared++) {
        struct made_field fields[9];
        memcpy(fields, all, sizeof all);
        if (!with_shared)
            fields[5] = (struct made_field){EF_REGION, "r"};
        struct event *e = make_event(EVENT_CALL, 7, fields);
        struct event *names = waiting_names(&pool, e);
        ck_assert_ptr_nonnull(names);
        ck_assert_int_eq(names->time_s, 7);
        ck_assert_mem_eq(&names->hash, &e->hash, sizeof e->hash);
        for (int f = 0; f < EVENT_NFIELDS; f++) {
            bool is_session =
                f == EF_PARTITION || f == EF_ACCOUNT || f == EF_ROLE || f == EF_SESSION;
            bool is_kept =
                f == EF_EVENT_ID || (with_shared && (is_session || f == EF_SHARED_EVENT_ID));
            ck_assert(event_has(names, (enum event_field)f) == is_kept);
            if (is_kept)
                ck_assert(str_eq(event_str(names, (enum event_field)f),
                                 event_str(e, (enum event_field)f)));
        }
        waiting_release(&pool, names);
        free(e);
    }
    waiting_pool_free(&pool);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("waiting");
    TCase *t = tcase_create("waiting");
    tcase_add_loop_test(t, test_places_are_put_in_order, 0, 200);
    tcase_add_test(t, test_memory_goes_to_the_next_event);
    tcase_add_test(t, test_what_is_taken_is_no_more_kept);
    tcase_add_test(t, test_names_are_what_tells_a_copy);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
