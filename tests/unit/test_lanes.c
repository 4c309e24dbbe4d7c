#include "ctlock/lanes.h"

#include "made_event.h"

#include <check.h>
#include <pthread.h>

enum { INPUTS = 40, BATCHES = 30 };

static void put_event(struct lanes *l, size_t input, int64_t number)
{
    struct batch *b = lanes_take_batch(l);
    struct event *e = make_event(EVENT_CALL, number, (struct made_field[]){{0, NULL}});
    ck_assert(batch_add_event(b, e));
    free(e);
    (void)lanes_put(l, input, b);
}

/* Each input gives its own number, BATCHES times, and some inputs fail. */
static void *work(void *self)
{
    struct lanes *l = self;
    for (struct work w; lanes_take_work(l, &w);) {
        for (int i = 0; i < BATCHES; i++)
            put_event(l, w.input, (int64_t)w.input);
        lanes_end(l, w.input, w.input % 7 == 3 ? READER_NOMEM : READER_DONE,
                  &(struct reading_stats){.records = w.input});
    }
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

START_TEST(inputs_come_in_order)
{
    size_t workers = (size_t)_i;
    struct lanes *l = lanes_new(INPUTS, (unsigned)workers);
    pthread_t thread[8];
    start(thread, workers, l);
    for (size_t input = 0; input < INPUTS; input++) {
        enum reader_result result = READER_DONE;
        struct reading_stats stats = {0};
        size_t n = 0;
        for (struct batch *b; (b = lanes_get(l, input, &(struct wait_how){0}, &result, &stats));) {
            size_t at = 0;
            for (struct event *e; (e = batch_next_event(b, &at)); n++)
                ck_assert_int_eq(e->time_s, (int64_t)input);
            lanes_recycle(l, b);
        }
        ck_assert_uint_eq(n, BATCHES);
        ck_assert_uint_eq(stats.records, input);
        ck_assert_int_eq(result, input % 7 == 3 ? READER_NOMEM : READER_DONE);
    }
    join(thread, workers);
    lanes_free(l);
}
END_TEST

START_TEST(stopping_frees_whoever_waits)
{
    struct lanes *l = lanes_new(INPUTS, 2);
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
    struct lanes *l = lanes_new(2, 1);
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
    tcase_add_loop_test(t, inputs_come_in_order, 1, 9);
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
