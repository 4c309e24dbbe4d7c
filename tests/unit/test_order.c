#include "ctlock/order.h"

#include "made_event.h"

#include <check.h>
#include <stdio.h>

enum { MAX_SEEN = 4096 };

struct seen {
    size_t n;
    int64_t time_s[MAX_SEEN];
    char id[MAX_SEEN][24];
    bool late[MAX_SEEN];
    bool refuse;
};

static bool note(void *self, const struct event *e)
{
    struct seen *s = self;
    struct str id = event_str(e, EF_EVENT_ID);
    ck_assert_uint_lt(s->n, MAX_SEEN);
    s->time_s[s->n] = e->time_s;
    (void)snprintf(s->id[s->n], sizeof s->id[0], "%.*s", (int)id.n, id.p);
    s->late[s->n] = e->flags & EVENT_LATE;
    s->n++;
    return !s->refuse;
}

static struct order *full_order_of(struct seen *s, int64_t window_s, uint64_t max_waiting)
{
    struct order *o = order_new(&(struct order_options){
        .window_s = window_s, .max_waiting = max_waiting, .deliver = note, .self = s});
    ck_assert_ptr_nonnull(o);
    return o;
}

static struct order *order_of(struct seen *s, int64_t window_s)
{
    return full_order_of(s, window_s, 0);
}

static bool add(struct order *o, unsigned role, int64_t time_s, const char *id)
{
    struct event *e = make_event(role, time_s, (struct made_field[]){{EF_EVENT_ID, id}, {0, NULL}});
    bool ok = order_add(o, e);
    free(e);
    return ok;
}

static void expect(const struct seen *s, const char *const *ids)
{
    size_t n = 0;
    for (; ids[n]; n++) {
        ck_assert_uint_lt(n, s->n);
        ck_assert_str_eq(s->id[n], ids[n]);
    }
    ck_assert_uint_eq(s->n, n);
}

START_TEST(leaves_in_order_of_time_kind_and_id)
{
    struct seen s = {0};
    struct order *o = order_of(&s, 900);
    add(o, EVENT_CALL, 1000, "b");
    add(o, EVENT_CALL, 1000, "a");
    add(o, EVENT_ISSUE, 1000, "z");
    add(o, EVENT_CHANGE | EVENT_CALL, 1000, "y");
    add(o, EVENT_CALL, 999, "x");
    ck_assert_uint_eq(s.n, 0);
    ck_assert_uint_eq(order_counts(o).waiting, 5);
    ck_assert(order_finish(o));
    expect(&s, (const char *[]){"x", "y", "z", "a", "b", NULL});
    ck_assert_uint_eq(order_counts(o).waiting, 0);
    order_free(o);
}
END_TEST

/* However near the end of the window, the next one to come may be the first to leave. */
START_TEST(one_that_comes_just_before_its_turn_has_its_place)
{
    for (int64_t left_s = 0; left_s < 8; left_s++) {
        struct seen s = {0};
        struct order *o = order_of(&s, 900);
        add(o, EVENT_CALL, 1000, "d");
        add(o, EVENT_CALL, 1000, "c");
        add(o, EVENT_CALL, 1000, "e");
        for (int64_t t = 1890; t <= 1900 - left_s; t++) /* the clock comes near in steps */
            add(o, EVENT_CALL, t, "");
        add(o, EVENT_CALL, 1000, "a");
        add(o, EVENT_ISSUE, 1000, "z");
        add(o, EVENT_CALL, 1000, "da");
        add(o, EVENT_CALL, 1901, "");
        expect(&s, (const char *[]){"z", "a", "c", "d", "da", "e", NULL});
        order_free(o);
    }
}
END_TEST

START_TEST(waits_for_the_window_and_no_longer)
{
    struct seen s = {0};
    struct order *o = order_of(&s, 10);
    add(o, EVENT_CALL, 100, "a");
    add(o, EVENT_CALL, 110, "b");
    ck_assert_uint_eq(s.n, 0);
    add(o, EVENT_CALL, 100, "c"); /* just inside */
    ck_assert_uint_eq(order_counts(o).late, 0);
    ck_assert_int_eq(order_counts(o).late_behind_s, 0);
    add(o, EVENT_CALL, 111, "d");
    expect(&s, (const char *[]){"a", "c", NULL});
    add(o, EVENT_CALL, 100, "e");
    expect(&s, (const char *[]){"a", "c", "e", NULL});
    ck_assert(s.late[2] && !s.late[1]);
    ck_assert_uint_eq(order_counts(o).late, 1);
    ck_assert_int_eq(order_counts(o).late_behind_s, 11);
    add(o, EVENT_CALL, 50, "f");
    add(o, EVENT_CALL, 80, "g");
    ck_assert_int_eq(order_counts(o).late_behind_s, 61);
    order_free(o);
}
END_TEST

START_TEST(drops_what_the_window_has)
{
    struct seen s = {0};
    struct order *o = order_of(&s, 10);
    add(o, EVENT_CALL, 100, "a");
    add(o, EVENT_CALL, 105, "a");
    ck_assert_uint_eq(order_counts(o).repeated, 1);
    add(o, EVENT_CALL, 111, "b"); /* a leaves, and its name with it */
    add(o, EVENT_CALL, 111, "a");
    add(o, EVENT_CALL, 111, "");
    add(o, EVENT_CALL, 111, "");
    ck_assert_uint_eq(order_counts(o).repeated, 1);
    ck_assert(order_finish(o));
    expect(&s, (const char *[]){"a", "", "", "a", "b", NULL});
    order_free(o);
}
END_TEST

START_TEST(a_full_window_lets_its_oldest_fourth_go)
{
    struct seen s = {0};
    struct order *o = full_order_of(&s, 900, 4);
    add(o, EVENT_CALL, 1000, "d");
    add(o, EVENT_CALL, 998, "b");
    add(o, EVENT_ISSUE, 998, "c");
    add(o, EVENT_CALL, 997, "a");
    ck_assert_uint_eq(s.n, 0);
    add(o, EVENT_CALL, 1001, "e");
    expect(&s, (const char *[]){"a", "c", NULL}); /* a fourth of five */
    ck_assert_uint_eq(order_counts(o).early, 2);
    ck_assert_uint_eq(order_counts(o).waiting, 3);
    ck_assert(!s.late[0] && !s.late[1]);
    ck_assert(order_finish(o));
    expect(&s, (const char *[]){"a", "c", "b", "d", "e", NULL});
    ck_assert_uint_eq(order_counts(o).late, 0);
    ck_assert_uint_eq(order_counts(o).waiting, 0);
    order_free(o);
}
END_TEST

START_TEST(what_is_older_than_what_left_early_is_late)
{
    struct seen s = {0};
    struct order *o = full_order_of(&s, 900, 1);
    add(o, EVENT_CALL, 1000, "a");
    add(o, EVENT_CALL, 1001, "b");
    add(o, EVENT_CALL, 1002, "c");
    expect(&s, (const char *[]){"a", "b", NULL});
    add(o, EVENT_CALL, 1001, "d"); /* the same second is not older */
    add(o, EVENT_CALL, 999, "e");
    ck_assert_uint_eq(order_counts(o).late, 1);
    ck_assert(order_finish(o));
    expect(&s, (const char *[]){"a", "b", "d", "e", "c", NULL});
    ck_assert(!s.late[2] && s.late[3]);
    order_free(o);
}
END_TEST

START_TEST(what_left_early_is_not_judged_twice)
{
    struct seen s = {0};
    struct order *o = full_order_of(&s, 10, 2);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 3; i++)
            add(o, EVENT_CALL, 1000 + i, (const char *[]){"a", "b", "c"}[i]);
    add(o, EVENT_CALL, 995, "late");
    add(o, EVENT_CALL, 995, "late");
    ck_assert_uint_eq(order_counts(o).repeated, 7);
    add(o, EVENT_CALL, 1011, "d"); /* a leaves the window by now, and its name with it */
    add(o, EVENT_CALL, 1000, "a");
    ck_assert_uint_eq(order_counts(o).repeated, 7);
    ck_assert(order_finish(o));
    expect(&s, (const char *[]){"a", "late", "b", "a", "c", "d", NULL});
    order_free(o);
}
END_TEST

START_TEST(a_full_window_takes_in_what_is_ahead)
{
    struct seen s = {0};
    struct order *o = full_order_of(&s, 10, 2);
    add(o, EVENT_CALL, 0, "a");
    add(o, EVENT_CALL, 1, "b");
    for (int i = 1; i <= 3; i++)
        add(o, EVENT_CALL, 1000000 * i, (const char *[]){"", "c", "d", "e"}[i]);
    expect(&s, (const char *[]){"a", "b", "c", NULL});
    ck_assert_uint_eq(order_counts(o).waiting, 2);
    ck_assert(order_finish(o));
    expect(&s, (const char *[]){"a", "b", "c", "d", "e", NULL});
    ck_assert_uint_eq(order_counts(o).late, 0);
    order_free(o);
}
END_TEST

static bool count_only(void *self, const struct event *e)
{
    (void)e;
    ++*(uint64_t *)self;
    return true;
}

/* However many come in one second, in whatever window: each is delivered once. */
START_TEST(a_flood_within_a_second_is_delivered_once)
{
    static const int64_t windows[] = {0, 1, 900, 100000};
    for (size_t w = 0; w < 4; w++) {
        uint64_t n = 0;
        struct order *o = order_new(&(struct order_options){
            .window_s = windows[w], .max_waiting = 100, .deliver = count_only, .self = &n});
        ck_assert_ptr_nonnull(o);
        for (int i = 0; i < 20000; i++) {
            char id[16];
            (void)snprintf(id, sizeof id, "%d", i);
            ck_assert(add(o, EVENT_CALL, 1000 - (i % 16 == 0), id));
            ck_assert(add(o, EVENT_CALL, 1000, id)); /* its copy */
            ck_assert_uint_le(order_counts(o).waiting, 100);
        }
        ck_assert(order_finish(o));
        /* Without a window all of the second before but the first is late, and judged again. */
        uint64_t again = windows[w] ? 0 : 20000 / 16 - 1;
        ck_assert_uint_eq(n, 20000 + again);
        ck_assert_uint_eq(order_counts(o).repeated, 20000 - again);
        order_free(o);
    }
}
END_TEST

START_TEST(a_million_equal_names_are_one_event)
{
    uint64_t n = 0;
    struct order *o = order_new(&(struct order_options){
        .window_s = 900, .max_waiting = 100, .deliver = count_only, .self = &n});
    ck_assert_ptr_nonnull(o);
    struct event *e =
        make_event(EVENT_CALL, 1000, (struct made_field[]){{EF_EVENT_ID, "e"}, {0, NULL}});
    bool ok = true; /* ck_assert is slow */
    for (int i = 0; i < 1000000; i++) {
        e->time_s = 1000 + i % 900;
        ok = ok && order_add(o, e) && order_counts(o).waiting == 1;
    }
    ck_assert(ok);
    free(e);
    ck_assert(order_finish(o));
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(order_counts(o).repeated, 999999);
    order_free(o);
}
END_TEST

/* Each far from the others. */
START_TEST(very_many_ahead_move_the_clock)
{
    uint64_t n = 0;
    struct order *o =
        order_new(&(struct order_options){.window_s = 900, .deliver = count_only, .self = &n});
    ck_assert_ptr_nonnull(o);
    add(o, EVENT_CALL, 0, "a");
    add(o, EVENT_CALL, 1, "b");
    for (int i = 0; i < ORDER_MAX_AHEAD; i++)
        add(o, EVENT_CALL, 2000000 + (int64_t)i * 100000, "");
    ck_assert_uint_eq(n, 0);
    add(o, EVENT_CALL, 1000000, "");
    ck_assert_uint_eq(n, 2);
    ck_assert_uint_eq(order_counts(o).waiting, ORDER_MAX_AHEAD + 1);
    ck_assert_uint_eq(order_counts(o).early, 0);
    ck_assert(order_finish(o));
    ck_assert_uint_eq(n, ORDER_MAX_AHEAD + 3);
    ck_assert_uint_eq(order_counts(o).late, 0);
    order_free(o);
}
END_TEST

/* Names are at most a record long; a window of them is bounded by bytes, too. */
START_TEST(long_names_are_forgotten_early)
{
    static const int64_t windows[] = {0, 900};
    static char id[100001];
    for (size_t w = 0; w < 2; w++) {
        uint64_t n = 0;
        struct order *o = order_new(&(struct order_options){
            .window_s = windows[w], .max_waiting = 10, .deliver = count_only, .self = &n});
        memset(id, 'x', sizeof id - 1);
        for (int i = 0; i < 1000; i++) {
            id[0] = (char)('a' + i % 26);
            id[1] = (char)('a' + i / 26);
            ck_assert(add(o, EVENT_CALL, 1000, id));
            ck_assert_uint_le(order_counts(o).bytes, UINT64_C(3) * 2 * 1024 * 2048);
        }
        ck_assert(order_finish(o));
        ck_assert_uint_eq(n, 1000);
        order_free(o);
    }
}
END_TEST

START_TEST(few_large_events_fill_the_window_too)
{
    uint64_t n = 0;
    static char large[1 << 20];
    struct order *o = order_new(&(struct order_options){
        .window_s = 900, .max_waiting = 10, .deliver = count_only, .self = &n});
    ck_assert_ptr_nonnull(o);
    memset(large, 'x', sizeof large - 1);
    for (int i = 0; i < 9; i++) {
        large[0] = (char)('a' + i);
        ck_assert(add(o, EVENT_CALL, 1000 + i, large));
    }
    ck_assert_uint_gt(order_counts(o).early, 5);
    ck_assert(order_finish(o));
    ck_assert_uint_eq(n, 9);
    order_free(o);
}
END_TEST

START_TEST(knows_a_shared_event_by_its_session)
{
    struct seen s = {0};
    struct order *o = order_of(&s, 10);
    const char *sessions[] = {"i-00000001", "i-00000001", "i-00000002"};
    for (size_t i = 0; i < 3; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "%zu", i);
        struct event *e = make_event(EVENT_CALL, 100,
                                     (struct made_field[]){{EF_EVENT_ID, id},
                                                           {EF_SHARED_EVENT_ID, "s"},
                                                           {EF_SESSION, sessions[i]},
                                                           {0, NULL}});
        ck_assert(order_add(o, e));
        free(e);
    }
    ck_assert(order_finish(o));
    expect(&s, (const char *[]){"0", "2", NULL});
    ck_assert_uint_eq(order_counts(o).repeated, 1);
    order_free(o);
}
END_TEST

START_TEST(takes_window_zero_as_it_comes)
{
    struct seen s = {0};
    struct order *o = order_of(&s, 0);
    add(o, EVENT_CALL, 100, "b");
    add(o, EVENT_CHANGE, 100, "a");
    add(o, EVENT_CALL, 100, "b");
    expect(&s, (const char *[]){"b", "a", NULL});
    add(o, EVENT_CALL, 99, "c");
    ck_assert(s.late[2]);
    add(o, EVENT_CALL, 101, "d");
    add(o, EVENT_CALL, 101, "b");
    expect(&s, (const char *[]){"b", "a", "c", "d", "b", NULL});
    order_free(o);
}
END_TEST

START_TEST(lingering_delivers_what_waits_and_keeps_its_names)
{
    struct seen s = {0};
    struct order *o = order_of(&s, 10);
    ck_assert(order_linger(o)); /* nothing there */
    add(o, EVENT_CALL, 105, "b");
    add(o, EVENT_CALL, 100, "a");
    ck_assert(order_linger(o));
    expect(&s, (const char *[]){"a", "b", NULL});
    ck_assert_uint_eq(order_counts(o).waiting, 0);
    ck_assert(order_linger(o));
    add(o, EVENT_CALL, 105, "b"); /* once */
    add(o, EVENT_CALL, 107, "d");
    add(o, EVENT_CALL, 105, "c"); /* as old as the newest: in its turn */
    add(o, EVENT_CALL, 104, "late");
    expect(&s, (const char *[]){"a", "b", "late", NULL});
    ck_assert(s.late[2]);
    ck_assert_uint_eq(order_counts(o).late, 1);
    ck_assert_uint_eq(order_counts(o).repeated, 1);
    ck_assert_uint_eq(order_counts(o).waiting, 2);
    add(o, EVENT_CALL, 116, "e"); /* c leaves, and b's name with it */
    expect(&s, (const char *[]){"a", "b", "late", "c", NULL});
    ck_assert(order_linger(o));
    expect(&s, (const char *[]){"a", "b", "late", "c", "d", "e", NULL});
    ck_assert(!s.late[3]);
    add(o, EVENT_CALL, 127, "f");
    add(o, EVENT_CALL, 127, "e"); /* its name is gone by now */
    ck_assert_uint_eq(order_counts(o).repeated, 1);
    ck_assert(order_finish(o));
    ck_assert_uint_eq(s.n, 8);
    ck_assert_uint_eq(order_counts(o).waiting, 0);
    order_free(o);
}
END_TEST

static bool count(void *self, const struct event *e)
{
    (void)e;
    ++*(uint64_t *)self;
    return true;
}

/* All names that are kept are known, and nothing that leaves early walks them: this does not end in
 * time if it did. */
START_TEST(names_are_kept_in_any_number)
{
    enum { N = 100000 };
    uint64_t n = 0;
    struct order *o =
        order_new(&(struct order_options){.window_s = 60, .deliver = count, .self = &n});
    ck_assert_ptr_nonnull(o);
    for (int again = 0; again < 2; again++)
        for (int i = 0; i < N; i++) {
            char id[16];
            (void)snprintf(id, sizeof id, "%d", i);
            ck_assert(add(o, EVENT_CALL, 1000, id));
            ck_assert(order_linger(o));
        }
    ck_assert_uint_eq(n, N);
    ck_assert_uint_eq(order_counts(o).repeated, N);
    order_free(o);
}
END_TEST

START_TEST(lingering_lets_the_first_go_and_no_wrong_clock)
{
    struct seen s = {0};
    struct order *o = order_of(&s, _i ? 900 : 0);
    add(o, EVENT_CALL, 100, "a");
    ck_assert_uint_eq(s.n, 0);
    ck_assert(order_linger(o));
    expect(&s, (const char *[]){"a", NULL});
    add(o, EVENT_CALL, 253370764800, "year 9999");
    ck_assert(order_linger(o));
    expect(&s, (const char *[]){"a", NULL});
    ck_assert_uint_eq(order_counts(o).waiting, 1);
    add(o, EVENT_CALL, 101, "b");
    ck_assert(order_linger(o));
    expect(&s, (const char *[]){"a", "b", NULL});
    ck_assert_uint_eq(order_counts(o).late, 0);
    ck_assert(order_finish(o));
    expect(&s, (const char *[]){"a", "b", "year 9999", NULL});
    order_free(o);
}
END_TEST

START_TEST(lingering_ends_when_a_turn_fails)
{
    struct seen s = {0};
    struct order *o = order_of(&s, 10);
    add(o, EVENT_CALL, 100, "a");
    add(o, EVENT_CALL, 101, "b");
    s.refuse = true;
    ck_assert(!order_linger(o));
    ck_assert_uint_eq(s.n, 1);
    order_free(o);
}
END_TEST

START_TEST(one_wrong_clock_waits)
{
    struct seen s = {0};
    struct order *o = order_of(&s, 10);
    add(o, EVENT_CALL, 100, "a");
    add(o, EVENT_CALL, 100 + 86401, "far");
    add(o, EVENT_CALL, 100 + 86401, "far"); /* the same event is no second one */
    ck_assert_uint_eq(order_counts(o).repeated, 1);
    add(o, EVENT_CALL, 105, "b");
    ck_assert_uint_eq(order_counts(o).late, 0);
    ck_assert_uint_eq(s.n, 0);
    add(o, EVENT_CALL, 100 + 86401 - 10, "near");
    expect(&s, (const char *[]){"a", "b", NULL});
    ck_assert(order_finish(o));
    expect(&s, (const char *[]){"a", "b", "near", "far", NULL});
    order_free(o);
}
END_TEST

START_TEST(a_wrong_clock_comes_last)
{
    struct seen s = {0};
    struct order *o = order_of(&s, 10);
    add(o, EVENT_CALL, 100, "a");
    add(o, EVENT_CALL, 253370764800, "year 9999");
    add(o, EVENT_CALL, 100 + 86400, "a day on");
    ck_assert(order_finish(o));
    expect(&s, (const char *[]){"a", "a day on", "year 9999", NULL});
    order_free(o);
}
END_TEST

START_TEST(the_first_clock_can_be_the_wrong_one)
{
    struct seen s = {0};
    struct order *o = order_of(&s, 10);
    add(o, EVENT_CALL, 253370764800, "year 9999");
    add(o, EVENT_CALL, 100, "a");
    add(o, EVENT_CALL, 105, "b");
    add(o, EVENT_CALL, 120, "c");
    ck_assert_uint_eq(order_counts(o).late, 0);
    ck_assert(order_finish(o));
    expect(&s, (const char *[]){"a", "b", "c", "year 9999", NULL});
    order_free(o);
}
END_TEST

/* After a day of quiet: what waits goes on when the clock comes to it, not only beside a second. */
START_TEST(a_quiet_day_loses_nothing)
{
    struct seen s = {0};
    struct order *o = order_of(&s, _i ? 900 : 0);
    int64_t day_s = 3 * 86400;
    add(o, EVENT_CALL, 100, "a");
    add(o, EVENT_CALL, 110, "b");
    add(o, EVENT_ISSUE, day_s, "issue");
    add(o, EVENT_CALL, day_s + 1200, "c");
    add(o, EVENT_CALL, day_s + 1210, "d");
    add(o, EVENT_CALL, day_s + 1220, "e");
    ck_assert_uint_eq(order_counts(o).late, 0);
    ck_assert(order_finish(o));
    expect(&s, (const char *[]){"a", "b", "issue", "c", "d", "e", NULL});
    ck_assert_uint_eq(order_counts(o).late, 0);
    order_free(o);
}
END_TEST

START_TEST(stops_when_told)
{
    struct seen s = {.refuse = true};
    struct order *o = order_of(&s, 10);
    ck_assert(add(o, EVENT_CALL, 100, "a"));
    ck_assert(!add(o, EVENT_CALL, 200, "b"));
    order_free(o);
}
END_TEST

static uint64_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* Whatever the width of a bucket: shuffled within the window, the events leave sorted. */
START_TEST(shuffling_within_the_window_changes_nothing)
{
    static const int64_t windows[] = {1, 7, 900, 5000, 100000};
    int64_t window_s = windows[_i];
    struct seen s = {0};
    struct order *o = order_of(&s, window_s);
    uint64_t state = (uint64_t)_i + 1;
    int64_t newest_s = -62135596800; /* year 1: times below zero */
    for (int i = 0; i < 3000; i++) {
        char id[24];
        (void)snprintf(id, sizeof id, "%d", i);
        newest_s += (int64_t)(draw(&state) % (uint64_t)(window_s / 50 + 2));
        int64_t back_s = (int64_t)(draw(&state) % (uint64_t)(window_s + 1));
        ck_assert(add(o, EVENT_CALL, newest_s - back_s, id));
    }
    ck_assert(order_finish(o));
    ck_assert_uint_eq(order_counts(o).late, 0);
    ck_assert_uint_eq(s.n, 3000);
    for (size_t i = 1; i < s.n; i++) {
        ck_assert_int_le(s.time_s[i - 1], s.time_s[i]);
        if (s.time_s[i - 1] == s.time_s[i])
            ck_assert_int_lt(strcmp(s.id[i - 1], s.id[i]), 0);
    }
    order_free(o);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("order");
    TCase *t = tcase_create("order");
    tcase_add_test(t, a_full_window_lets_its_oldest_fourth_go);
    tcase_add_test(t, what_is_older_than_what_left_early_is_late);
    tcase_add_test(t, what_left_early_is_not_judged_twice);
    tcase_add_test(t, a_full_window_takes_in_what_is_ahead);
    tcase_add_test(t, a_flood_within_a_second_is_delivered_once);
    tcase_add_test(t, a_million_equal_names_are_one_event);
    tcase_add_test(t, very_many_ahead_move_the_clock);
    tcase_add_test(t, long_names_are_forgotten_early);
    tcase_add_test(t, few_large_events_fill_the_window_too);
    tcase_add_test(t, leaves_in_order_of_time_kind_and_id);
    tcase_add_test(t, one_that_comes_just_before_its_turn_has_its_place);
    tcase_add_test(t, waits_for_the_window_and_no_longer);
    tcase_add_test(t, drops_what_the_window_has);
    tcase_add_test(t, knows_a_shared_event_by_its_session);
    tcase_add_test(t, takes_window_zero_as_it_comes);
    tcase_add_test(t, lingering_delivers_what_waits_and_keeps_its_names);
    tcase_add_test(t, names_are_kept_in_any_number);
    tcase_add_loop_test(t, lingering_lets_the_first_go_and_no_wrong_clock, 0, 2);
    tcase_add_test(t, lingering_ends_when_a_turn_fails);
    tcase_add_test(t, one_wrong_clock_waits);
    tcase_add_test(t, a_wrong_clock_comes_last);
    tcase_add_test(t, the_first_clock_can_be_the_wrong_one);
    tcase_add_loop_test(t, a_quiet_day_loses_nothing, 0, 2);
    tcase_add_test(t, stops_when_told);
    tcase_add_loop_test(t, shuffling_within_the_window_changes_nothing, 0, 5);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
