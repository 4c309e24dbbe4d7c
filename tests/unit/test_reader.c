/* Reading and the pipeline: the same events whatever the form, the cut and the number of jobs. */
#include "ctlock/pipeline.h"

#include "ctlock/cores.h"
#include "ctlock/readahead.h"
#include "ctlock/reader.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CALL                                                                                       \
    "{\"eventTime\":\"2023-07-10T12:00:%02dZ\",\"eventID\":\"e%d\",\"eventSource\":"               \
    "\"s3.amazonaws.com\",\"eventName\":\"ListBuckets\",\"sourceIPAddress\":\"%s\","               \
    "\"userIdentity\":{\"type\":\"AssumedRole\",\"arn\":"                                          \
    "\"arn:aws:sts::1:assumed-role/app/i-00000001\"}}"
#define ISSUE                                                                                      \
    "{\"eventTime\":\"2023-07-10T11:59:00Z\",\"eventID\":\"i\",\"eventSource\":"                   \
    "\"sts.amazonaws.com\",\"eventName\":\"AssumeRole\",\"sourceIPAddress\":"                      \
    "\"ec2.amazonaws.com\",\"requestParameters\":{\"roleArn\":\"arn:aws:iam::1:role/app\","        \
    "\"roleSessionName\":\"i-00000001\"}}"

static char *make_file(const char *text, size_t n)
{
    static char path[64];
    (void)snprintf(path, sizeof path, "/tmp/ctlock-test-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, n), (ssize_t)n);
    ck_assert_int_eq(close(fd), 0);
    return path;
}

struct seen {
    size_t events, problems, pieces, pauses;
    size_t stop_after;
    int writer; /* closed at a pause, or -1 */
    bool refuse;
    struct stop *ask; /* at a pause */
    const struct stop *stop;
    struct reader_problem last;
};

static bool see_event(void *self, struct event *e)
{
    struct seen *s = self;
    (void)e;
    return ++s->events != s->stop_after;
}

static bool see_problem(void *self, const struct reader_problem *p)
{
    struct seen *s = self;
    s->last = *p;
    s->problems++;
    return true;
}

static bool see_piece(void *self)
{
    ((struct seen *)self)->pieces++;
    return true;
}

static bool see_pause(void *self, int *timeout_ms)
{
    struct seen *s = self;
    (void)timeout_ms;
    if (s->events == 0)
        return true; /* with overlap the other thread may not have begun */
    s->pauses++;
    if (s->ask)
        stop_ask(s->ask, 15);
    else if (!s->refuse)
        ck_assert_int_eq(close(s->writer), 0);
    return !s->refuse;
}

static enum reader_result read_file(const char *path, bool overlap, struct seen *s,
                                    struct reading_stats *stats)
{
    struct extract_options opt = {0};
    struct reader *r = reader_new(&opt, overlap);
    struct reader_sink sink = {.self = s,
                               .event = see_event,
                               .problem = see_problem,
                               .piece = see_piece,
                               .pause = see_pause,
                               .stop = s->stop};
    enum reader_result got = reader_run(r, path, 0, &sink, stats);
    reader_free(r);
    return got;
}

START_TEST(reads_with_and_without_overlap)
{
    struct buf text = {0};
    for (int i = 0; i < 5000; i++)
        buf_printf(&text, CALL "\n", i % 60, i, "203.0.113.10");
    buf_puts(&text, "{\"eventName\":\"nothing\"}\n");
    char *path = make_file(text.p, text.n);
    struct seen s = {0};
    struct reading_stats stats = {0};
    ck_assert_int_eq(read_file(path, _i == 1, &s, &stats), READER_DONE);
    ck_assert_uint_eq(s.events, 5000);
    ck_assert_uint_eq(s.problems, 1);
    ck_assert_str_eq(s.last.why, "no eventTime");
    ck_assert_uint_eq(s.last.offset, text.n - 24);
    ck_assert_uint_eq(stats.records, 5001);
    ck_assert_uint_eq(stats.malformed, 1);
    ck_assert_uint_eq(stats.in_nbytes, text.n);
    ck_assert_uint_eq(stats.text_nbytes, text.n);
    ck_assert_uint_ge(s.pieces, text.n / (256 * 1024));
    ck_assert_uint_eq(s.pauses, 0);
    s = (struct seen){.stop_after = 7};
    ck_assert_int_eq(read_file(path, _i == 1, &s, &stats), READER_STOPPED);
    ck_assert_uint_eq(s.events, 7);
    ck_assert_int_eq(unlink(path), 0);
    buf_free(&text);
}
END_TEST

START_TEST(a_missing_file_is_a_problem)
{
    struct seen s = {0};
    struct reading_stats stats = {0};
    ck_assert_int_eq(read_file("/nonexistent/x", false, &s, &stats), READER_DONE);
    ck_assert_uint_eq(s.problems, 1);
    ck_assert_int_eq(s.last.error, ENOENT);
    ck_assert(!s.last.has_offset);
    ck_assert_int_eq(read_file("/", false, &s, &stats), READER_DONE);
    ck_assert_int_eq(s.last.error, EISDIR);
}
END_TEST

/* What comes of an empty file of that name. */
static struct seen read_empty(const char *name, bool overlap, struct reading_stats *stats)
{
    struct seen s = {0};
    char folder[] = "/tmp/ctlock-test-XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(read_file(path, overlap, &s, stats), READER_DONE);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    return s;
}

START_TEST(an_empty_file_named_gz_is_a_problem)
{
    static const char *const names[] = {"x.json.gz", "X.JSON.GZ", ".gz"};
    struct reading_stats stats = {0};
    for (size_t i = 0; i < 3; i++) {
        struct seen s = read_empty(names[i], _i == 1, &stats);
        ck_assert_uint_eq(s.problems, 1);
        ck_assert_str_eq(s.last.why, "empty, not gzip: a download that failed?");
        ck_assert(s.last.is_of_file && !s.last.has_offset && !s.last.error);
    }
    ck_assert_uint_eq(stats.problems, 3);
    ck_assert_uint_eq(stats.failed, 3);
    ck_assert_uint_eq(stats.malformed, 0);
}
END_TEST

START_TEST(another_empty_file_is_none)
{
    static const char *const names[] = {"x.json", "gz", "x.gz.json"};
    struct reading_stats stats = {0};
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(read_empty(names[i], _i == 1, &stats).problems, 0);
    ck_assert_uint_eq(stats.problems, 0);
    ck_assert_uint_eq(stats.failed, 0);
}
END_TEST

/* It has given no bytes either, but that is told as what it is. */
START_TEST(a_directory_named_gz_is_one_problem)
{
    struct seen s = {0};
    struct reading_stats stats = {0};
    char folder[] = "/tmp/ctlock-test-XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/x.gz", folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(read_file(path, _i == 1, &s, &stats), READER_DONE);
    ck_assert_int_eq(s.last.error, EISDIR);
    ck_assert_uint_eq(s.problems, 1);
    ck_assert_uint_eq(stats.failed, 1);
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(tells_the_time_of_the_first_record)
{
    struct extract_options opt = {0};
    struct reader *r = reader_new(&opt, false);
    static const char text[] =
        "junk\n{\"a\":1}\n{\"eventTime\":\"2023-07-10T12:00:07Z\"}{\"eventTime\":\"x\"}";
    char *path = make_file(text, sizeof text - 1);
    int64_t time_s;
    ck_assert_int_eq(reader_first_time(r, path, &time_s), 0);
    ck_assert_int_eq(time_s, 1688990407);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(reader_first_time(r, path, &time_s), ENOENT);
    ck_assert_int_eq(time_s, TIME_NONE);
    ck_assert_int_eq(reader_first_time(r, "/", &time_s), EISDIR);
    reader_free(r);
}
END_TEST

/* Standard input becomes a pipe with a call and a half in it; returns its writer. */
static int pipe_in(void)
{
    int fd[2];
    char text[400];
    int n = snprintf(text, sizeof text, CALL "\n{\"eventTime\":", 1, 1, "203.0.113.10");
    ck_assert_int_eq(pipe(fd), 0);
    ck_assert_int_eq(write(fd[1], text, (size_t)n), n);
    ck_assert_int_eq(dup2(fd[0], STDIN_FILENO), STDIN_FILENO);
    ck_assert_int_eq(close(fd[0]), 0);
    return fd[1];
}

START_TEST(a_pipe_pauses_when_it_is_empty)
{
    struct seen s = {.writer = pipe_in()};
    struct reading_stats stats = {0};
    ck_assert_int_eq(read_file("-", _i == 1, &s, &stats), READER_DONE);
    ck_assert_uint_eq(s.events, 1);
    ck_assert_uint_eq(s.pauses, 1);
    ck_assert_str_eq(s.last.why, "cut in the middle of a record");
}
END_TEST

START_TEST(a_pause_can_be_refused)
{
    struct seen s = {.writer = pipe_in(), .refuse = true};
    struct reading_stats stats = {0};
    ck_assert_int_eq(read_file("-", false, &s, &stats), READER_STOPPED);
    ck_assert_uint_eq(s.events, 1);
}
END_TEST

START_TEST(asked_to_stop_a_pipe_is_cut_behind_a_record)
{
    struct stop stop = {0};
    ck_assert(bell_open(&stop.bell));
    struct seen s = {.writer = pipe_in(), .ask = &stop, .stop = &stop};
    struct reading_stats stats = {0};
    ck_assert_int_eq(read_file("-", _i == 1, &s, &stats), READER_CUT);
    ck_assert_uint_eq(s.events, 1);
    ck_assert_uint_eq(s.problems, 0);
    ck_assert_uint_eq(stats.files, 1);
    /* The next input is not begun. */
    ck_assert_int_eq(read_file("-", _i == 1, &s, &stats), READER_CUT);
    ck_assert_int_eq(read_file("/nonexistent", _i == 1, &s, &stats), READER_CUT);
    ck_assert_uint_eq(stats.files, 1);
    ck_assert_uint_eq(s.problems, 0);
    bell_close(&stop.bell);
}
END_TEST

START_TEST(reading_ahead_gives_the_same_text)
{
    struct buf text = {0}, got = {0};
    for (int i = 0; i < 400000; i++)
        buf_printf(&text, "%d ", i);
    char *path = make_file(text.p, text.n);
    int fd = open(path, O_RDONLY);
    struct wait_how never = {.never = true};
    struct readahead *a = readahead_new(fd, &never);
    char part[777];
    struct stream_problem p;
    for (size_t n; readahead_read(a, part, sizeof part, &n, &p) == STREAM_BYTES;)
        buf_add(&got, part, n);
    ck_assert(str_eq(buf_view(&text), buf_view(&got)));
    ck_assert_uint_eq(readahead_in_nbytes(a), text.n);
    readahead_free(a);
    /* Giving up early must not hang. */
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    readahead_free(readahead_new(fd, &never));
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(unlink(path), 0);
    buf_free(&text);
    buf_free(&got);
}
END_TEST

struct judged {
    struct buf lines;
};

static bool keep(void *self, struct alert *a)
{
    struct judged *j = self;
    struct str id = event_str(a->event, EF_EVENT_ID);
    buf_printf(&j->lines, "%u %.*s\n", (unsigned)a->event->file, (int)id.n, id.p);
    return true;
}

static void no_progress(void *self, const struct reading_stats *so_far)
{
    (void)self;
    (void)so_far;
}

static void judge_with(unsigned jobs, struct input_file *files, size_t n, struct judged *j,
                       struct reading_stats *stats)
{
    struct extract_options extract = {0};
    struct input_list inputs = {.file = files, .n = n};
    struct log log = {.fd = open("/dev/null", O_WRONLY)};
    struct engine_options opt = {.judge = {.ttl_s = 36000},
                                 .report = {.min_severity = SEVERITY_LOW, .emit = keep, .self = j}};
    struct engine *engine = engine_new(&opt);
    struct pipeline_options p = {.extract = &extract,
                                 .inputs = &inputs,
                                 .engine = engine,
                                 .log = &log,
                                 .jobs = jobs,
                                 .progress = no_progress};
    ck_assert_int_eq(pipeline_run(&p, stats), PIPELINE_DONE);
    ck_assert(engine_finish(engine));
    engine_free(engine);
    log_free(&log);
    ck_assert_int_eq(close(log.fd), 0);
}

START_TEST(jobs_change_nothing)
{
    enum { FILES = 23 };
    struct input_file files[FILES];
    struct buf text = {0};
    for (int f = 0; f < FILES; f++) {
        buf_clear(&text);
        if (f == 0)
            buf_puts(&text, ISSUE "\n");
        for (int i = 0; i < 3000; i++)
            buf_printf(&text, CALL "\n", i / 50, f * 3000 + i,
                       i % 100 == 99 ? "198.51.100.7" : "203.0.113.10");
        if (f % 5 == 2)
            buf_puts(&text, "{\"eventTime\":");
        files[f] = (struct input_file){.path = strdup(make_file(text.p, text.n)), .regular = true};
    }
    struct judged alone = {0};
    struct reading_stats alone_stats = {0};
    judge_with(1, files, FILES, &alone, &alone_stats);
    ck_assert_uint_gt(alone.lines.n, 0);
    ck_assert_uint_eq(alone_stats.problems, 5);
    for (unsigned jobs = 2; jobs < 40; jobs = jobs * 2 + 1) {
        struct judged many = {0};
        struct reading_stats stats = {0};
        judge_with(jobs, files, FILES, &many, &stats);
        ck_assert(str_eq(buf_view(&alone.lines), buf_view(&many.lines)));
        ck_assert_mem_eq(&stats, &alone_stats, sizeof stats);
        buf_free(&many.lines);
    }
    /* A single one, whose blocks go to others: one with alerts, and one with a problem. */
    for (int f = 0; f < 4; f += 2) {
        struct judged one = {0};
        struct reading_stats one_stats = {0};
        judge_with(1, &files[f], 1, &one, &one_stats);
        for (unsigned jobs = 2; jobs < 8; jobs++) {
            struct judged shared = {0};
            struct reading_stats stats = {0};
            judge_with(jobs, &files[f], 1, &shared, &stats);
            ck_assert(str_eq(buf_view(&one.lines), buf_view(&shared.lines)));
            ck_assert_mem_eq(&one_stats, &stats, sizeof stats);
            buf_free(&shared.lines);
        }
        buf_free(&one.lines);
    }
    buf_free(&alone.lines);
    for (int f = 0; f < FILES; f++) {
        ck_assert_int_eq(unlink(files[f].path), 0);
        free(files[f].path);
    }
    buf_free(&text);
}
END_TEST

START_TEST(there_is_a_core)
{
    ck_assert_uint_ge(cores_available(), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reader");
    TCase *t = tcase_create("reader");
    tcase_set_timeout(t, 120); /* under valgrind */
    tcase_add_loop_test(t, reads_with_and_without_overlap, 0, 2);
    tcase_add_test(t, a_missing_file_is_a_problem);
    tcase_add_loop_test(t, an_empty_file_named_gz_is_a_problem, 0, 2);
    tcase_add_loop_test(t, another_empty_file_is_none, 0, 2);
    tcase_add_loop_test(t, a_directory_named_gz_is_one_problem, 0, 2);
    tcase_add_test(t, tells_the_time_of_the_first_record);
    tcase_add_loop_test(t, a_pipe_pauses_when_it_is_empty, 0, 2);
    tcase_add_test(t, a_pause_can_be_refused);
    tcase_add_loop_test(t, asked_to_stop_a_pipe_is_cut_behind_a_record, 0, 2);
    tcase_add_test(t, reading_ahead_gives_the_same_text);
    tcase_add_test(t, jobs_change_nothing);
    tcase_add_test(t, there_is_a_core);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
