#include "ctlock/lanes.h"

#include "made_event.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { INPUTS = 40, BATCHES = 30 };

static struct batch *batch_of(struct lanes *l, int64_t number)
{
    struct batch *b = lanes_take_batch(l);
    struct event *e = make_event(EVENT_CALL, number, (struct made_field[]){{0, NULL}});
    ck_assert(batch_add_event(b, e));
    free(e);
    return b;
}

static void put_event(struct lanes *l, size_t input, int64_t number)
{
    (void)lanes_put(l, input, batch_of(l, number));
}

/* Each input gives its own number, BATCHES times, the last at its end, and some inputs fail. */
static bool give(struct lanes *l, size_t input, bool more)
{
    for (int i = 1; i < BATCHES; i++)
        put_event(l, input, (int64_t)input);
    return lanes_end(l, input,
                     &(struct lanes_end){.batch = batch_of(l, (int64_t)input),
                                         .result = input % 7 == 3 ? READER_NOMEM : READER_DONE,
                                         .stats = {.records = input},
                                         .more = more});
}

static void *work(void *self)
{
    struct lanes *l = self;
    for (struct work w; lanes_take_work(l, &w);)
        for (size_t i = 0; i < w.n; i++)
            (void)give(l, w.input + i, i + 1 < w.n);
    return NULL;
}

static void start(pthread_t *thread, size_t n, struct lanes *l)
{
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, work, l), 0);
}

static void join(pthread_t *thread, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
}

static void assert_input_comes(struct lanes *l, size_t input, size_t n_batches)
{
    enum reader_result result = READER_STOPPED;
    struct reading_stats stats = {0};
    size_t n = 0;
    for (struct batch *b; (b = lanes_get(l, input, &(struct wait_how){0}, &result, &stats));) {
        size_t at = 0;
        for (struct event *e; (e = batch_next_event(b, &at)); n++)
            ck_assert_int_eq(e->time_s, (int64_t)input);
        lanes_recycle(l, b);
    }
    ck_assert_uint_eq(n, n_batches);
    ck_assert_uint_eq(stats.records, input);
    ck_assert_int_eq(result, input % 7 == 3 ? READER_NOMEM : READER_DONE);
}

static void inputs_come_in_order(const struct lanes_inputs *inputs, size_t workers)
{
    struct lanes *l = lanes_new(inputs, (unsigned)workers);
    pthread_t thread[8];
    start(thread, workers, l);
    for (size_t input = 0; input < inputs->n; input++)
        assert_input_comes(l, input, BATCHES);
    join(thread, workers);
    lanes_free(l);
}

START_TEST(single_inputs_come_in_order)
{
    inputs_come_in_order(&(struct lanes_inputs){.n = INPUTS}, (size_t)_i);
}
END_TEST

static size_t some(const void *self, size_t input)
{
    ck_assert_ptr_null(self);
    return input % 3 ? LANES_RUN : 2;
}

START_TEST(runs_of_inputs_come_in_order)
{
    inputs_come_in_order(&(struct lanes_inputs){.n = (size_t)INPUTS * 50, .run = some}, (size_t)_i);
}
END_TEST

/* Runs are short near the end, and no longer than what is left. */
START_TEST(runs_are_shared_out)
{
    struct lanes *l = lanes_new(&(struct lanes_inputs){.n = 300, .run = some}, 1);
    struct work w;
    size_t taken = 0, longest = 0, n_works = 0;
    for (; taken < 300 && lanes_take_work(l, &w); taken += w.n, n_works++) {
        ck_assert_uint_eq(w.input, taken);
        ck_assert_uint_le(w.n, LANES_RUN);
        longest = w.n > longest ? w.n : longest;
        for (size_t i = 0; i < w.n; i++)
            ck_assert(lanes_end(
                l, w.input + i,
                &(struct lanes_end){.result = (w.input + i) % 7 == 3 ? READER_NOMEM : READER_DONE,
                                    .stats = {.records = w.input + i},
                                    .more = i + 1 < w.n}));
        for (size_t i = 0; i < w.n; i++)
            assert_input_comes(l, w.input + i, 0);
    }
    ck_assert_uint_eq(taken, 300);
    ck_assert_uint_eq(longest, LANES_RUN);
    ck_assert_uint_eq(w.n, 1);
    ck_assert_uint_gt(n_works, 8);
    ck_assert(!lanes_take_work(l, &w));
    lanes_free(l);
}
END_TEST

static void *take_all(void *self)
{
    for (size_t input = 0; input < LANES_RUN; input++)
        assert_input_comes(self, input, 1);
    return NULL;
}

static size_t all(const void *self, size_t input)
{
    (void)self;
    return LANES_RUN - input % LANES_RUN;
}

/* Who has no room left in the middle of a run tells the engine, which waits for its end. */
START_TEST(a_run_may_be_more_than_there_is_room_for)
{
    struct lanes *l = lanes_new(&(struct lanes_inputs){.n = (size_t)LANES_RUN * 4, .run = all}, 1);
    pthread_t engine;
    struct work w;
    ck_assert_int_eq(pthread_create(&engine, NULL, take_all, l), 0);
    ck_assert(lanes_take_work(l, &w));
    ck_assert_uint_eq(w.n, LANES_RUN);
    for (size_t i = 0; i < w.n; i++) {
        struct batch *b = batch_of(l, (int64_t)i);
        ck_assert(buf_reserve(&b->events, (size_t)1 << 20));
        ck_assert(lanes_end(l, i,
                            &(struct lanes_end){.batch = b,
                                                .result = i % 7 == 3 ? READER_NOMEM : READER_DONE,
                                                .stats = {.records = i},
                                                .more = i + 1 < w.n}));
    }
    ck_assert_int_eq(pthread_join(engine, NULL), 0);
    lanes_free(l);
}
END_TEST

/* Fills the lane of an input, a mebibyte at a time, as long as it may. */
struct filling {
    struct lanes *lanes;
    size_t input;
    atomic_size_t n;
};

static void *fill(void *self)
{
    struct filling *f = self;
    struct batch *b;
    do {
        b = batch_of(f->lanes, 1);
        ck_assert(buf_reserve(&b->events, (size_t)1 << 20));
    } while (lanes_put(f->lanes, f->input, b) && ++f->n < 100);
    return NULL;
}

/* By all that there is room for, or, where the engine is at, by one worker's share. */
START_TEST(who_is_ahead_waits)
{
    struct filling f = {.lanes = lanes_new(&(struct lanes_inputs){.n = INPUTS}, 2),
                        .input = (size_t)_i};
    struct work w;
    pthread_t thread;
    ck_assert(lanes_take_work(f.lanes, &w) && lanes_take_work(f.lanes, &w));
    ck_assert_int_eq(pthread_create(&thread, NULL, fill, &f), 0);
    /* There is no telling that it waits, but long enough to get far if it does not. */
    for (int i = 0; i < 100000 && f.n < 100; i++)
        (void)sched_yield();
    lanes_stop(f.lanes);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_le(f.n, _i ? 24 : 12);
    lanes_free(f.lanes);
}
END_TEST

static struct batch *large_batch_of(struct lanes *l, int64_t number)
{
    struct batch *b = batch_of(l, number);
    ck_assert(buf_reserve(&b->events, (size_t)1 << 20));
    return b;
}

static void *fill_first(void *self)
{
    struct lanes *l = self;
    for (int i = 0; i < 40; i++)
        ck_assert(lanes_put(l, 0, large_batch_of(l, 0)));
    ck_assert(lanes_end(l, 0, &(struct lanes_end){.result = READER_DONE}));
    return NULL;
}

/* What others hold takes nothing from who fills the lane that the engine is at, and keeps nobody
 * from waking him. */
START_TEST(the_lane_of_the_engine_goes_on)
{
    struct lanes *l = lanes_new(&(struct lanes_inputs){.n = INPUTS}, 2);
    struct work w;
    pthread_t thread;
    ck_assert(lanes_take_work(l, &w) && lanes_take_work(l, &w));
    struct batch *b = large_batch_of(l, 1);
    size_t nbytes = batch_nbytes(b), held = nbytes;
    ck_assert(lanes_put(l, 1, b));
    for (; held + nbytes <= (size_t)24 << 20; held += nbytes)
        ck_assert(lanes_put(l, 1, large_batch_of(l, 1)));
    ck_assert_int_eq(pthread_create(&thread, NULL, fill_first, l), 0);
    for (int i = 0; i < 100000; i++) /* it fills its share, and waits */
        (void)sched_yield();
    assert_input_comes(l, 0, 40);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    lanes_stop(l);
    lanes_free(l);
}
END_TEST

static void *take_first(void *self)
{
    assert_input_comes(self, 0, 1);
    return NULL;
}

/* What was small when it was listed can be a pipe by now. */
START_TEST(a_pause_within_a_run_is_told)
{
    struct lanes *l = lanes_new(&(struct lanes_inputs){.n = (size_t)LANES_RUN * 4, .run = all}, 1);
    pthread_t engine;
    struct work w;
    ck_assert_int_eq(pthread_create(&engine, NULL, take_first, l), 0);
    ck_assert(lanes_take_work(l, &w));
    ck_assert(lanes_end(l, 0, &(struct lanes_end){.batch = batch_of(l, 0), .more = true}));
    ck_assert(lanes_note(l, 1, &(struct reading_stats){0}, true));
    ck_assert_int_eq(pthread_join(engine, NULL), 0);
    lanes_stop(l);
    lanes_free(l);
}
END_TEST

START_TEST(a_run_ends_when_the_engine_stops)
{
    struct lanes *l = lanes_new(&(struct lanes_inputs){.n = (size_t)LANES_RUN * 4, .run = all}, 1);
    struct work w;
    ck_assert(lanes_take_work(l, &w));
    ck_assert(give(l, 0, true));
    lanes_stop(l);
    ck_assert(!give(l, 1, true));
    ck_assert(!lanes_take_work(l, &w));
    lanes_free(l);
}
END_TEST

START_TEST(stopping_frees_whoever_waits)
{
    struct lanes *l = lanes_new(&(struct lanes_inputs){.n = INPUTS}, 2);
    pthread_t thread[2];
    enum reader_result result;
    struct reading_stats stats;
    start(thread, 2, l);
    lanes_recycle(l, lanes_get(l, 0, &(struct wait_how){0}, &result, &stats));
    lanes_stop(l);
    join(thread, 2);
    lanes_free(l);
}
END_TEST

static bool give_up(void *self, int *timeout_ms)
{
    *timeout_ms = 1;
    return ++*(int *)self < 3;
}

START_TEST(waiting_for_a_worker_can_be_given_up)
{
    struct lanes *l = lanes_new(&(struct lanes_inputs){.n = 2}, 1);
    int asked = 0;
    struct wait_how w = {.self = &asked, .pause = give_up};
    enum reader_result result = READER_DONE;
    struct reading_stats stats = {0};
    struct work work;
    ck_assert(lanes_take_work(l, &work));
    size_t input = work.input;
    bool pauses = false;
    ck_assert(lanes_note(l, input, &(struct reading_stats){.records = 7}, true));
    ck_assert_uint_eq(lanes_so_far(l, input, &pauses).records, 7);
    ck_assert(pauses);
    ck_assert_ptr_null(lanes_get(l, input, &w, &result, &stats));
    ck_assert_int_eq(asked, 3);
    ck_assert_int_eq(result, READER_STOPPED);
    ck_assert_uint_eq(stats.records, 7);
    put_event(l, input, 1);
    (void)lanes_so_far(l, input, &pauses);
    ck_assert(!pauses);
    struct batch *b = lanes_get(l, input, &w, &result, &stats);
    ck_assert_ptr_nonnull(b);
    lanes_recycle(l, b);
    lanes_stop(l);
    ck_assert(!lanes_note(l, input, &stats, false));
    struct wait_how stopped = {.wake = lanes_stopped(l)};
    struct bell silent;
    ck_assert(bell_open(&silent));
    ck_assert_int_eq(wait_input(silent.end[0], &stopped), WAIT_REFUSED);
    bell_close(&silent);
    lanes_free(l);
}
END_TEST

START_TEST(a_batch_holds_events_and_problems)
{
    struct batch *b = calloc(1, sizeof *b);
    ck_assert_ptr_nonnull(b);
    for (uint64_t i = 0; i < 100; i++) {
        struct event *e =
            make_event(EVENT_CALL, (int64_t)i,
                       (struct made_field[]){{EF_EVENT_ID, &"abcdefgh"[i % 8]}, {0, NULL}});
        ck_assert(batch_add_event(b, e));
        ck_assert(batch_add_problem(b, &(struct reader_problem){.offset = i}));
        free(e);
    }
    size_t at = 0;
    for (uint64_t i = 0; i < 100; i++) {
        struct event *e = batch_next_event(b, &at);
        ck_assert_int_eq(e->time_s, (int64_t)i);
        ck_assert(str_eq(event_str(e, EF_EVENT_ID), str_of(&"abcdefgh"[i % 8])));
        ck_assert_uint_eq(b->problem[i].problem.offset, i);
        ck_assert_uint_eq(b->problem[i].at, at);
    }
    ck_assert_ptr_null(batch_next_event(b, &at));
    batch_clear(b);
    at = 0;
    ck_assert_ptr_null(batch_next_event(b, &at));
    batch_free_chain(b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lanes");
    TCase *t = tcase_create("lanes");
    tcase_add_loop_test(t, single_inputs_come_in_order, 1, 9);
    tcase_add_loop_test(t, runs_of_inputs_come_in_order, 1, 9);
    tcase_add_test(t, runs_are_shared_out);
    tcase_add_test(t, a_run_may_be_more_than_there_is_room_for);
    tcase_add_loop_test(t, who_is_ahead_waits, 0, 2);
    tcase_add_test(t, the_lane_of_the_engine_goes_on);
    tcase_add_test(t, a_pause_within_a_run_is_told);
    tcase_add_test(t, a_run_ends_when_the_engine_stops);
    tcase_add_test(t, stopping_frees_whoever_waits);
    tcase_add_test(t, waiting_for_a_worker_can_be_given_up);
    tcase_add_test(t, a_batch_holds_events_and_problems);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
