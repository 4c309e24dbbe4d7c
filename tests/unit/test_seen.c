#include "ctlock/seen.h"

#include "ctlock/timestamp.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[80], other[80];
static struct seen *seen;
static struct seen_found found;

static void set_up(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/ctlock-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/x", folder);
    (void)snprintf(other, sizeof other, "%s/y", folder);
    seen = seen_new((struct hash_key){1, 2});
    ck_assert_ptr_nonnull(seen);
}

static void tear_down(void)
{
    seen_free(seen);
    (void)unlink(path);
    (void)unlink(other);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void make(const char *content, time_t mtime_s)
{
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(content, f), 0);
    ck_assert_int_eq(fclose(f), 0);
    struct timespec times[2] = {{.tv_sec = mtime_s}, {.tv_sec = mtime_s, .tv_nsec = 5}};
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool put(void *self, struct str text)
{
    buf_str(self, text);
    return true;
}

static bool put_none(void *self, struct str text)
{
    (void)self;
    (void)text;
    return false;
}

/* The lines, and from now on a run that knows no more than they say. */
static size_t next_run(int64_t clock_s)
{
    struct buf out = {0};
    struct stateline line = {0};
    size_t n = 0;
    ck_assert(seen_write(seen, clock_s, put, &out));
    seen_free(seen);
    seen = seen_new((struct hash_key){3, 4});
    for (struct str rest = buf_view(&out); rest.n; n++) {
        size_t length = (size_t)((const char *)memchr(rest.p, '\n', rest.n) - rest.p);
        (void)stateline_start(&line, (struct str){rest.p, length});
        ck_assert(seen_read(seen, &line));
        ck_assert(stateline_finish(&line));
        rest = str_skip(rest, length + 1);
    }
    stateline_free(&line);
    buf_free(&out);
    return n;
}

/* What is found where stat tells this of the name. */
static enum seen_result look_with(const char *name, const struct stat *st)
{
    struct file_status status = {.st = *st, .is_link = strcmp(name, other) == 0};
    return seen_look(seen, name, &status, &found);
}

static enum seen_result look(const char *name)
{
    struct stat st;
    ck_assert_int_eq(stat(name, &st), 0);
    return look_with(name, &st);
}

/* A run that took so many records of the file. */
static void took(uint64_t records, bool is_done, int64_t clock_s)
{
    ck_assert_int_eq(look(path), SEEN_READ);
    ck_assert_ptr_nonnull(found.file);
    seen_took(found.file,
              &(struct seen_taken){.records = records, .is_done = is_done, .clock_s = clock_s});
    ck_assert_uint_eq(next_run(clock_s), 1);
}

static void assert_read(uint64_t skip)
{
    ck_assert_int_eq(look(path), SEEN_READ);
    ck_assert_uint_eq(found.skip, skip);
}

START_TEST(test_unchanged)
{
    make("abc", 100);
    took(7, true, 50);
    ck_assert_int_eq(look(path), SEEN_KNOWN);
    ck_assert_ptr_null(found.file);
    ck_assert_uint_eq(seen_known(seen), 1);
}
END_TEST

/* What needs no reading is not opened. */
START_TEST(test_unchanged_is_not_opened)
{
    struct stat st;
    make("abc", 100);
    took(7, true, 50);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(look_with(path, &st), SEEN_KNOWN);
}
END_TEST

/* What was found by its name changes before it is opened. */
START_TEST(test_changed_when_opened)
{
    struct stat st;
    make("abc", 100);
    took(7, true, 50);
    make("abcd", 101);
    ck_assert_int_eq(stat(path, &st), 0);
    make("xyz", 102);
    ck_assert_int_eq(look_with(path, &st), SEEN_READ);
    ck_assert_uint_eq(found.skip, 0);
}
END_TEST

/* Nothing is known of a file that could not be opened. */
START_TEST(test_not_opened)
{
    ck_assert_int_eq(look_with(path, &(struct stat){0}), SEEN_FAILED);
    ck_assert_uint_eq(next_run(TIME_NONE), 0);
}
END_TEST

START_TEST(test_asked_twice)
{
    make("abc", 100);
    assert_read(0);
    ck_assert_int_eq(symlink(path, other), 0);
    ck_assert_int_eq(look(other), SEEN_KNOWN);
    ck_assert_uint_eq(seen_known(seen), 1);
}
END_TEST

START_TEST(test_unchanged_but_not_done)
{
    make("abc", 100);
    took(7, false, 50);
    assert_read(7);
}
END_TEST

START_TEST(test_touched)
{
    make("abc", 100);
    took(7, true, 50);
    make("abc", 101);
    assert_read(7);
}
END_TEST

START_TEST(test_grown)
{
    make("abc", 100);
    took(7, true, 50);
    make("abcd", 101);
    assert_read(7);
    /* Fewer are no news: those that were skipped count. */
    seen_took(found.file, &(struct seen_taken){.records = 5, .is_done = true, .clock_s = 50});
    (void)next_run(50);
    make("abcde", 102);
    assert_read(7);
}
END_TEST

START_TEST(test_shrunk)
{
    make("abc", 100);
    took(7, true, 50);
    make("ab", 101);
    assert_read(0);
}
END_TEST

START_TEST(test_replaced)
{
    make("abc", 100);
    took(7, true, 50);
    make("abx", 101);
    assert_read(0);
}
END_TEST

START_TEST(test_only_the_beginning_is_compared)
{
    char text[5002];
    memset(text, 'a', sizeof text);
    text[5001] = '\0';
    text[5000] = '\0';
    make(text, 100);
    took(7, true, 50);
    text[4096] = 'b';
    make(text, 101);
    assert_read(7);
    (void)next_run(50);
    text[4095] = 'b';
    make(text, 102);
    assert_read(0);
}
END_TEST

START_TEST(test_gone)
{
    make("abc", 100);
    took(7, true, 1000);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(look_with(path, &(struct stat){0}), SEEN_FAILED);
    ck_assert_int_eq(found.error, ENOENT);
    ck_assert_uint_eq(next_run(TIME_NONE), 1);
    ck_assert_uint_eq(next_run(1000 + SEEN_KEEP_S), 1);
    ck_assert_uint_eq(next_run(1001 + SEEN_KEEP_S), 0);
}
END_TEST

START_TEST(test_old_but_there)
{
    make("abc", 100);
    took(7, true, 1000);
    ck_assert_uint_eq(next_run(1001 + SEEN_KEEP_S), 1);
    ck_assert_int_eq(look(path), SEEN_KNOWN);
}
END_TEST

START_TEST(test_no_event_yet)
{
    /* Its own time stands for that of its events. */
    make("abc", 1000);
    took(7, true, TIME_NONE);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_uint_eq(next_run(1000 + SEEN_KEEP_S), 1);
    ck_assert_uint_eq(next_run(1001 + SEEN_KEEP_S), 0);
}
END_TEST

START_TEST(test_writing_can_be_stopped)
{
    make("abc", 100);
    assert_read(0);
    ck_assert(!seen_write(seen, 0, put_none, NULL));
}
END_TEST

#define TIMES "\"size\":3,\"mtime\":1,\"mtime_ns\":2"
#define CRC "\"head_crc64\":\"0000000000000001\""

static const char *const refused[] = {
    "{\"type\":\"file\"}",
    "{\"type\":\"file\",\"path\":\"\"," TIMES ",\"head\":3," CRC ",\"records\":1}",
    "{\"type\":\"file\",\"path\":\"a\\u0000b\"," TIMES ",\"head\":3," CRC ",\"records\":1}",
    "{\"type\":\"file\",\"path\":\"a\",\"mtime\":1,\"mtime_ns\":2,\"head\":3," CRC
    ",\"records\":1}",
    "{\"type\":\"file\",\"path\":\"a\",\"size\":3,\"mtime_ns\":2,\"head\":3," CRC ",\"records\":1}",
    "{\"type\":\"file\",\"path\":\"a\",\"size\":3,\"mtime\":1,\"head\":3," CRC ",\"records\":1}",
    "{\"type\":\"file\",\"path\":\"a\"," TIMES "," CRC ",\"records\":1}",
    "{\"type\":\"file\",\"path\":\"a\"," TIMES ",\"head\":3,\"records\":1}",
    "{\"type\":\"file\",\"path\":\"a\"," TIMES ",\"head\":3," CRC "}",
    "{\"type\":\"file\",\"path\":\"a\"," TIMES ",\"head\":3," CRC ",\"records\":-1}",
    "{\"type\":\"file\",\"path\":\"a\"," TIMES ",\"head\":-1," CRC ",\"records\":1}",
    "{\"type\":\"file\",\"path\":\"a\"," TIMES ",\"head\":4097," CRC ",\"records\":1}",
};

START_TEST(test_what_no_file_says_is_refused)
{
    struct stateline line = {0};
    (void)stateline_start(&line, str_of(refused[_i]));
    ck_assert(seen_read(seen, &line));
    ck_assert_str_eq(line.why, "not a file");
    stateline_free(&line);
    ck_assert_uint_eq(next_run(0), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("seen");
    TCase *t = tcase_create("seen");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, test_unchanged);
    tcase_add_test(t, test_unchanged_is_not_opened);
    tcase_add_test(t, test_changed_when_opened);
    tcase_add_test(t, test_not_opened);
    tcase_add_test(t, test_asked_twice);
    tcase_add_test(t, test_unchanged_but_not_done);
    tcase_add_test(t, test_touched);
    tcase_add_test(t, test_grown);
    tcase_add_test(t, test_shrunk);
    tcase_add_test(t, test_replaced);
    tcase_add_test(t, test_only_the_beginning_is_compared);
    tcase_add_test(t, test_gone);
    tcase_add_test(t, test_old_but_there);
    tcase_add_test(t, test_no_event_yet);
    tcase_add_test(t, test_writing_can_be_stopped);
    tcase_add_loop_test(t, test_what_no_file_says_is_refused, 0,
                        sizeof refused / sizeof refused[0]);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
