/* Waiting, stopping, lingering; and reads and writes that are interrupted or come short. */
#undef _FORTIFY_SOURCE /* has its own read, inline */
#include "ctlock/linger.h"
#include "ctlock/output.h"
#include "ctlock/signals.h"
#include "ctlock/stream.h"

#include "gzmake.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* These stand before those of the C library. While troubled, each call fails with EINTR first and
 * then does one byte. */
static bool troubled;
static unsigned calls;

static bool is_interrupted(void)
{
    if (!troubled || ++calls % 2 == 0)
        return false;
    errno = EINTR;
    return true;
}

ssize_t read(int fd, void *to, size_t n)
{
    struct iovec part = {to, troubled && n ? 1 : n};
    return is_interrupted() ? -1 : readv(fd, &part, 1);
}

ssize_t write(int fd, const void *from, size_t n)
{
    struct iovec part = {(void *)(uintptr_t)from, troubled && n ? 1 : n};
    return is_interrupted() ? -1 : writev(fd, &part, 1);
}

static int pipe_end[2];

static void set_up(void)
{
    ck_assert_int_eq(pipe(pipe_end), 0);
}

static void tear_down(void)
{
    troubled = false;
    (void)close(pipe_end[0]);
    (void)close(pipe_end[1]);
}

struct paused {
    int n, give_up_at, timeout_ms;
    struct bell *bell;
    struct stop *ask;
};

static bool pause_here(void *self, int *timeout_ms)
{
    struct paused *p = self;
    ck_assert_int_eq(*timeout_ms, -1);
    *timeout_ms = p->timeout_ms;
    p->n++;
    if (p->bell)
        bell_hush(p->bell);
    if (p->ask)
        stop_ask(p->ask, SIGTERM);
    return p->n != p->give_up_at;
}

START_TEST(what_is_there_is_not_waited_for)
{
    struct paused p = {.give_up_at = 1};
    struct wait_how w = {.self = &p, .pause = pause_here};
    ck_assert_int_eq(write(pipe_end[1], "x", 1), 1);
    ck_assert_int_eq(wait_input(pipe_end[0], &w), WAIT_READY);
    ck_assert_int_eq(p.n, 0);
    char c;
    ck_assert_int_eq(read(pipe_end[0], &c, 1), 1);
    ck_assert_int_eq(wait_input(pipe_end[0], &w), WAIT_REFUSED);
    ck_assert_int_eq(p.n, 1);
    ck_assert_int_eq(close(pipe_end[1]), 0);
    ck_assert_int_eq(wait_input(pipe_end[0], &w), WAIT_READY); /* the end */
    ck_assert_int_eq(wait_input(-1, &(struct wait_how){.never = true}), WAIT_READY);
}
END_TEST

START_TEST(the_time_and_the_bell_call_again)
{
    struct bell bell;
    ck_assert(bell_open(&bell));
    struct paused p = {.give_up_at = 3, .timeout_ms = 1};
    struct wait_how w = {.self = &p, .pause = pause_here, .wake = &bell};
    ck_assert_int_eq(wait_input(pipe_end[0], &w), WAIT_REFUSED);
    ck_assert_int_eq(p.n, 3);
    bell_ring(&bell);
    bell_ring(&bell);
    p = (struct paused){.give_up_at = 2, .timeout_ms = -1, .bell = &bell};
    /* Hushed at the first pause, it would wait for ever if it were not rung. */
    bell_hush(&bell);
    bell_ring(&bell);
    ck_assert(bell_is_rung(&bell));
    struct wait_how deaf = {.wake = &bell};
    ck_assert_int_eq(wait_input(pipe_end[0], &deaf), WAIT_REFUSED);
    p.timeout_ms = 1;
    ck_assert_int_eq(wait_input(pipe_end[0], &w), WAIT_REFUSED);
    ck_assert_int_eq(p.n, 2);
    ck_assert(!bell_is_rung(&bell));
    bell_close(&bell);
}
END_TEST

START_TEST(a_bell_never_waits)
{
    struct bell bell;
    ck_assert(bell_open(&bell));
    errno = EDOM;
    for (int i = 0; i < 100000; i++)
        bell_ring(&bell);
    ck_assert_int_eq(errno, EDOM);
    bell_hush(&bell);
    bell_hush(&bell);
    bell_close(&bell);
}
END_TEST

START_TEST(a_stop_goes_before_what_is_there)
{
    struct stop stop = {0};
    ck_assert_int_eq(stop_asked(NULL), 0);
    ck_assert(bell_open(&stop.bell));
    struct paused p = {.timeout_ms = -1, .ask = &stop};
    struct wait_how w = {.self = &p, .pause = pause_here, .stop = &stop};
    ck_assert_int_eq(wait_input(pipe_end[0], &w), WAIT_STOPPED);
    ck_assert_int_eq(write(pipe_end[1], "x", 1), 1);
    ck_assert_int_eq(wait_input(pipe_end[0], &w), WAIT_STOPPED);
    ck_assert_int_eq(p.n, 1);
    stop_ask(&stop, SIGINT);
    ck_assert_int_eq(stop_asked(&stop), SIGTERM);
    w.never = true;
    ck_assert_int_eq(wait_input(-1, &w), WAIT_STOPPED);
    bell_close(&stop.bell);
}
END_TEST

START_TEST(lingering_is_over_once)
{
    int timeout_ms = -1;
    struct linger off = {.nms = 0};
    linger_touch(&off);
    ck_assert(!linger_is_over(&off, &timeout_ms));
    struct linger none = {.on = true};
    ck_assert(!linger_is_over(&none, &timeout_ms)); /* nothing came */
    linger_touch(&none);
    ck_assert(linger_is_over(&none, &timeout_ms));
    ck_assert(!linger_is_over(&none, &timeout_ms));
    ck_assert_int_eq(timeout_ms, -1);
    struct linger day = {.on = true, .nms = 86400000};
    linger_touch(&day);
    ck_assert(!linger_is_over(&day, &timeout_ms));
    ck_assert_int_eq(timeout_ms, 86400000);
    day.since_ms -= 86399000;
    timeout_ms = 500;
    ck_assert(!linger_is_over(&day, &timeout_ms));
    ck_assert_int_eq(timeout_ms, 500);
    linger_touch(&day); /* begins anew */
    timeout_ms = -1;
    ck_assert(!linger_is_over(&day, &timeout_ms));
    ck_assert_int_eq(timeout_ms, 86400000);
    day.since_ms -= 86400000;
    ck_assert(linger_is_over(&day, &timeout_ms));
    struct linger ages = {.on = true, .nms = INT64_MAX / 2};
    linger_touch(&ages);
    timeout_ms = -1;
    ck_assert(!linger_is_over(&ages, &timeout_ms));
    ck_assert_int_eq(timeout_ms, INT_MAX);
}
END_TEST

/* Text of a stream that is read in trouble. */
static void read_in_trouble(const void *bytes, size_t n, const char *text)
{
    char got[256];
    size_t all = 0, part = 0;
    struct stream_problem p;
    ck_assert_int_eq(write(pipe_end[1], bytes, n), (ssize_t)n);
    ck_assert_int_eq(close(pipe_end[1]), 0);
    struct stream *s = stream_new(pipe_end[0]);
    stream_wait(s, &(struct wait_how){0});
    troubled = true;
    while (stream_read(s, got + all, sizeof got - all, &part, &p) == STREAM_BYTES)
        all += part;
    troubled = false;
    ck_assert_uint_gt(calls, 2 * n);
    ck_assert_uint_eq(all, strlen(text));
    ck_assert_mem_eq(got, text, all);
    ck_assert_uint_eq(stream_in_nbytes(s), n);
    stream_free(s);
}

START_TEST(reads_survive_trouble)
{
    static const char text[] = "{\"a\":1}\n{\"b\":[1,2,3]}\n";
    if (_i == 0) {
        read_in_trouble(text, sizeof text - 1, text);
        return;
    }
    struct gz z = {0};
    gz_member(&z, GZ_FIXED, GZ_NAME, text, sizeof text - 1);
    read_in_trouble(z.p, z.n, text);
    free(z.p);
}
END_TEST

START_TEST(writes_survive_trouble)
{
    char got[32] = "";
    troubled = true;
    ck_assert_int_eq(output_all(pipe_end[1], STR("one line\n")), 0);
    struct bell b;
    ck_assert(bell_open(&b));
    bell_ring(&b);
    bell_hush(&b);
    troubled = false;
    ck_assert(!bell_is_rung(&b));
    bell_close(&b);
    ck_assert_int_eq(read(pipe_end[0], got, sizeof got), 9);
    ck_assert_str_eq(got, "one line\n");
}
END_TEST

/* A reader that comes later, for a pipe that does not block. */
START_TEST(a_full_pipe_is_waited_for)
{
    enum { N = 300000 };
    static char much[N];
    ck_assert_int_eq(fcntl(pipe_end[1], F_SETFL, O_NONBLOCK), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        size_t all = 0;
        (void)close(pipe_end[1]);
        for (ssize_t n; (n = read(pipe_end[0], much, sizeof much)) > 0;)
            all += (size_t)n;
        _exit(all != N);
    }
    int status;
    ck_assert_int_eq(output_all(pipe_end[1], (struct str){much, N}), 0);
    ck_assert_int_eq(close(pipe_end[1]), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_stopped_stream_tells_no_problem)
{
    static const char text[] = "{\"a\":1}\n";
    struct stop stop = {0};
    ck_assert(bell_open(&stop.bell));
    struct paused p = {.timeout_ms = -1, .ask = &stop};
    struct wait_how w = {.self = &p, .pause = pause_here, .stop = &stop};
    char got[64];
    size_t all = 0, part;
    struct gz z = {0};
    gz_member(&z, GZ_STORED, 0, text, sizeof text - 1);
    struct stream_problem problem;
    enum stream_result r;
    /* At each of its bytes. */
    ck_assert_uint_le((size_t)_i, z.n);
    ck_assert_int_eq(write(pipe_end[1], z.p, (size_t)_i), _i);
    struct stream *s = stream_new(pipe_end[0]);
    stream_wait(s, &w);
    while ((r = stream_read(s, got + all, sizeof got - all, &part, &problem)) == STREAM_BYTES)
        all += part;
    ck_assert_int_eq(r, STREAM_STOPPED);
    ck_assert_int_eq(stream_read(s, got, sizeof got, &part, &problem), STREAM_STOPPED);
    ck_assert_uint_le(all, sizeof text - 1);
    ck_assert_mem_eq(got, text, all);
    stream_free(s);
    free(z.p);
    bell_close(&stop.bell);
}
END_TEST

START_TEST(signals_ask_and_a_second_ends)
{
    struct signals *s = signals_open();
    ck_assert_ptr_nonnull(s);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    ck_assert(signals_take_summary(s));
    ck_assert(!signals_take_summary(s));
    ck_assert(signal(SIGHUP, SIG_IGN) == SIG_DFL);
    signals_catch_stops(s);
    ck_assert_int_eq(raise(SIGHUP), 0);
    ck_assert_int_eq(stop_asked(&s->stop), 0);
    ck_assert_int_eq(raise(SIGINT), 0);
    s->asked_ms += 1000000; /* so the next comes soon behind it */
    ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert_int_eq(stop_asked(&s->stop), SIGINT);
    ck_assert(bell_is_rung(&s->stop.bell));
    s->asked_ms -= 1001000;
    (void)raise(SIGTERM);
    ck_abort_msg("still here");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wait");
    TCase *t = tcase_create("wait");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, what_is_there_is_not_waited_for);
    tcase_add_test(t, the_time_and_the_bell_call_again);
    tcase_add_test(t, a_bell_never_waits);
    tcase_add_test(t, a_stop_goes_before_what_is_there);
    tcase_add_test(t, lingering_is_over_once);
    tcase_add_loop_test(t, reads_survive_trouble, 0, 2);
    tcase_add_test(t, writes_survive_trouble);
    tcase_add_test(t, a_full_pipe_is_waited_for);
    tcase_add_loop_test(t, a_stopped_stream_tells_no_problem, 0, 30);
    if (!getenv("CK_FORK") || strcmp(getenv("CK_FORK"), "no") != 0)
        tcase_add_test_raise_signal(t, signals_ask_and_a_second_ends, SIGTERM);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
