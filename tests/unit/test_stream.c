#include "ctlock/stream.h"

#include "gzmake.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_PROBLEMS 128

/* All that a stream gave. */
struct got {
    char *text;
    size_t n, cap;
    struct stream_problem problem[MAX_PROBLEMS];
    size_t problem_at[MAX_PROBLEMS]; /* in the text */
    size_t n_problems;
};

static struct stream *s;
static struct got got;

static void set_up(void)
{
    s = stream_new(-1);
    ck_assert_ptr_nonnull(s);
}

static void tear_down(void)
{
    stream_free(s);
    free(got.text);
    got = (struct got){0};
}

/* An open file without a name that holds these bytes. */
static int file_of(const void *p, size_t n)
{
    const char *dir = getenv("TMPDIR");
    char name[4096];
    int len = snprintf(name, sizeof name, "%s/ctlock-stream-XXXXXX", dir ? dir : "/tmp");
    ck_assert(len > 0 && (size_t)len < sizeof name);
    int fd = mkstemp(name);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(unlink(name), 0);
    for (size_t done = 0; done < n;) {
        ssize_t m = write(fd, (const char *)p + done, n - done);
        ck_assert_int_gt(m, 0);
        done += (size_t)m;
    }
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* Read fd to its end, cap bytes at a time; into got. */
static void take_all(int fd, size_t cap)
{
    got.n = got.n_problems = 0;
    stream_reset(s, fd);
    for (;;) {
        if (got.cap - got.n < cap) {
            got.cap = 2 * got.cap + cap;
            got.text = realloc(got.text, got.cap);
            ck_assert_ptr_nonnull(got.text);
        }
        size_t n = 0;
        struct stream_problem p = {0};
        enum stream_result r = stream_read(s, got.text + got.n, cap, &n, &p);
        ck_assert_int_ne(r, STREAM_NOMEM);
        if (r == STREAM_END)
            break;
        if (r == STREAM_BYTES) {
            ck_assert_uint_ge(n, 1);
            ck_assert_uint_le(n, cap);
            got.n += n;
            continue;
        }
        ck_assert_uint_lt(got.n_problems, MAX_PROBLEMS);
        ck_assert_ptr_nonnull(p.why);
        got.problem_at[got.n_problems] = got.n;
        got.problem[got.n_problems++] = p;
    }
    size_t n;
    struct stream_problem p;
    ck_assert_int_eq(stream_read(s, got.text, cap, &n, &p), STREAM_END); /* and stays there */
}

static void take_bytes(const void *p, size_t n, size_t cap)
{
    int fd = file_of(p, n);
    take_all(fd, cap);
    ck_assert_uint_eq(stream_in_nbytes(s), n);
    ck_assert_int_eq(close(fd), 0);
}

static void assert_text(const char *text, size_t n)
{
    ck_assert_uint_eq(got.n, n);
    ck_assert_int_eq(memcmp(got.text, text, n), 0);
}

static void assert_problem(size_t i, const char *why, uint64_t from, uint64_t to)
{
    ck_assert_uint_lt(i, got.n_problems);
    ck_assert_str_eq(got.problem[i].why, why);
    ck_assert_uint_ge(got.problem[i].in_offset, from);
    ck_assert_uint_le(got.problem[i].in_offset, to);
    ck_assert_int_eq(got.problem[i].error, 0);
    ck_assert(got.problem[i].text_is_missing);
}

static const size_t caps[] = {1, 7, 4096, 1 << 20};
enum { N_CAPS = sizeof caps / sizeof *caps };

START_TEST(test_empty)
{
    take_bytes("", 0, 100);
    ck_assert_uint_eq(got.n, 0);
    ck_assert_uint_eq(got.n_problems, 0);
}
END_TEST

START_TEST(test_plain)
{
    size_t n = _i < 2 ? 3000 : 700000;
    char *text = gz_letters(n, 1);
    take_bytes(text, n, caps[_i]);
    assert_text(text, n);
    ck_assert_uint_eq(got.n_problems, 0);
    free(text);
}
END_TEST

START_TEST(test_gzip_is_known_by_its_first_two_bytes)
{
    take_bytes("{", 1, 10);
    assert_text("{", 1);
    take_bytes("\x1f\x8c{}", 4, 10);
    assert_text("\x1f\x8c{}", 4);
    take_bytes("{\x1f\x8b\x08", 4, 10);
    assert_text("{\x1f\x8b\x08", 4);
    ck_assert_uint_eq(got.n_problems, 0);
    take_bytes("\x1f", 1, 10);
    ck_assert_uint_eq(got.n, 0);
    ck_assert_uint_eq(got.n_problems, 1);
    assert_problem(0, "gzip member is cut short", 1, 1);
    take_bytes("\x1f\x8b{}", 4, 10);
    ck_assert_uint_eq(got.n, 0);
    ck_assert_uint_eq(got.n_problems, 1);
    assert_problem(0, "unknown gzip compression method", 2, 2);
}
END_TEST

/* Members of all kinds, with zeros between some. */
static struct gz some_members(const char *text, size_t n)
{
    struct gz m = {0};
    for (unsigned i = 0; i < 12; i++) {
        size_t from = n / 12 * i, to = i == 11 ? n : n / 12 * (i + 1);
        if (i == 5)
            to = from;
        if (i == 6)
            from = n / 12 * 5;
        gz_member(&m, (enum gz_kind)(i % GZ_N_KINDS), i & GZ_NAME, text + from, to - from);
        for (unsigned k = 0; i % 4 == 1 && k < i * 100; k++)
            gz_byte(&m, 0);
    }
    return m;
}

START_TEST(test_members_and_padding)
{
    size_t n = _i < 2 ? 3000 : 900000;
    char *text = gz_letters(n, 2);
    struct gz m = some_members(text, n);
    take_bytes(m.p, m.n, caps[_i]);
    assert_text(text, n);
    ck_assert_uint_eq(got.n_problems, 0);
    for (unsigned i = 0; i < 600; i++)
        gz_byte(&m, 0);
    take_bytes(m.p, m.n, caps[_i]);
    assert_text(text, n);
    ck_assert_uint_eq(got.n_problems, 0);
    free(m.p);
    free(text);
}
END_TEST

START_TEST(test_pipe_in_small_pieces)
{
    enum { N = 20000 };
    char *text = gz_letters(N, 3);
    struct gz m = some_members(text, N);
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    if (_i == 1) /* with nothing there yet, reading would fail */
        ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)close(ends[0]);
        for (size_t i = 0; i < m.n; i++)
            if (write(ends[1], m.p + i, 1) != 1)
                _exit(1);
        free(m.p); /* for checkers of memory, who look at children too */
        free(text);
        _exit(0);
    }
    ck_assert_int_eq(close(ends[1]), 0);
    take_all(ends[0], 4096);
    assert_text(text, N);
    ck_assert_uint_eq(got.n_problems, 0);
    ck_assert_uint_eq(stream_in_nbytes(s), m.n);
    ck_assert_int_eq(close(ends[0]), 0);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    free(m.p);
    free(text);
}
END_TEST

START_TEST(test_text_is_given_before_more_is_waited_for)
{
    struct gz m = {0};
    gz_member(&m, GZ_FIXED, 0, "{\"a\":1}", 7);
    if (_i == 1) { /* plain */
        m.n = 0;
        gz_bytes(&m, "{\"a\":1}", 7);
    }
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], m.p, m.n), (ssize_t)m.n);
    stream_reset(s, ends[0]);
    char out[100];
    size_t n = 0;
    struct stream_problem p;
    ck_assert_int_eq(stream_read(s, out, sizeof out, &n, &p), STREAM_BYTES);
    ck_assert_uint_eq(n, 7);
    ck_assert_mem_eq(out, "{\"a\":1}", 7);
    ck_assert_int_eq(close(ends[1]), 0);
    ck_assert_int_eq(stream_read(s, out, sizeof out, &n, &p), STREAM_END);
    ck_assert_int_eq(close(ends[0]), 0);
    free(m.p);
}
END_TEST

START_TEST(test_trailing_junk_is_told_once)
{
    struct gz m = {0};
    gz_member(&m, GZ_FIXED, 0, "text", 4);
    size_t member = m.n;
    gz_le(&m, 0, 3);
    for (unsigned i = 0; i < 300000; i++)
        gz_byte(&m, i % 5 ? 'j' : 0x1f);
    m.p[m.n - 1] = 0x1f;
    take_bytes(m.p, m.n, 4096);
    assert_text("text", 4);
    ck_assert_uint_eq(got.n_problems, 1);
    assert_problem(0, "not a gzip header", member + 4, member + 4);
    m.p[member + 3] = '{';
    take_bytes(m.p, m.n, 4096);
    assert_text("text", 4);
    ck_assert_uint_eq(got.n_problems, 1);
    assert_problem(0, "junk after gzip data", member + 3, member + 3);
    free(m.p);
}
END_TEST

START_TEST(test_member_behind_junk_is_read)
{
    for (unsigned len = 1; len < 70000; len = len * 5 + 1) {
        struct gz m = {0};
        gz_member(&m, GZ_FIXED, 0, "one", 3);
        size_t at = m.n;
        for (unsigned i = 0; i < len; i++)
            gz_byte(&m, (uint8_t) "junk\x1f\x8b\x08\xff"[i % 8]);
        gz_member(&m, GZ_FIXED, 0, "two", 3);
        take_bytes(m.p, m.n, 4096);
        assert_text("onetwo", 6);
        ck_assert_uint_eq(got.n_problems, 1);
        ck_assert_uint_eq(got.problem_at[0], 3);
        assert_problem(0, "junk after gzip data", at, at);
        free(m.p);
    }
}
END_TEST

START_TEST(test_cut_at_every_byte)
{
    enum { N = 500 };
    char *text = gz_letters(N, 4);
    struct gz m = {0};
    gz_member(&m, GZ_FIXED, GZ_NAME, "first", 5);
    size_t first = m.n;
    gz_member(&m, (enum gz_kind)_i, GZ_NAME, text, N);
    for (size_t cut = 1; cut < m.n; cut++) {
        take_bytes(m.p, cut, 100);
        ck_assert_uint_eq(got.n_problems, cut != first);
        if (got.n_problems)
            assert_problem(0, "gzip member is cut short", cut, cut);
        if (cut < first) {
            ck_assert_uint_le(got.n, 5);
            ck_assert_int_eq(memcmp(got.text, "first", got.n), 0);
            continue;
        }
        ck_assert_uint_ge(got.n, 5);
        ck_assert_uint_le(got.n, 5 + N);
        ck_assert_int_eq(memcmp(got.text, "first", 5), 0);
        ck_assert_int_eq(memcmp(got.text + 5, text, got.n - 5), 0);
        if (cut + 8 >= m.n)
            ck_assert_uint_eq(got.n, 5 + N);
    }
    free(m.p);
    free(text);
}
END_TEST

/* Three members, the middle one large and damaged at many places. */
START_TEST(test_before_and_after_damage)
{
    enum { N = 300000 };
    char *text = gz_letters(N, 6);
    struct gz m = {0};
    gz_member(&m, GZ_FIXED, GZ_NAME, "<first>", 7);
    size_t from = m.n;
    gz_member(&m, (enum gz_kind)_i, 0, text, N);
    size_t to = m.n;
    gz_member(&m, GZ_FIXED, GZ_NAME, "<last>", 6);
    for (size_t at = from + 2; at < to; at += at < from + 30 ? 1 : (to - from) / 50) {
        if (at >= from + 4 && at < from + 10)
            continue; /* time, flags, system */
        m.p[at] ^= 0x41;
        take_bytes(m.p, m.n, 65536);
        m.p[at] ^= 0x41;
        ck_assert_uint_ge(got.n_problems, 1);
        ck_assert_uint_gt(got.problem[0].in_offset, from);
        ck_assert_uint_le(got.problem[0].in_offset, to);
        ck_assert_uint_ge(got.n, 13);
        ck_assert_mem_eq(got.text, "<first>", 7);
        ck_assert_mem_eq(got.text + got.n - 6, "<last>", 6);
        ck_assert_uint_ge(got.problem_at[0], 7);
        ck_assert_uint_le(got.problem_at[got.n_problems - 1], got.n - 6);
    }
    free(m.p);
    free(text);
}
END_TEST

/* The decoder of a cut member runs on into the next ones. */
START_TEST(test_cut_member_hides_no_other)
{
    enum { N = 3000 };
    char *text = gz_letters(N, 8);
    struct gz whole = {0};
    gz_member(&whole, (enum gz_kind)_i, 0, text, N);
    for (size_t cut = 11; cut < whole.n; cut += 13) {
        struct gz m = {0};
        gz_bytes(&m, whole.p, cut);
        gz_member(&m, GZ_FIXED, 0, "<next member>", 13);
        gz_member(&m, GZ_STORED, 0, "<last member>", 13);
        take_bytes(m.p, m.n, 1000);
        ck_assert_uint_ge(got.n_problems, 1);
        ck_assert_uint_gt(got.problem[0].in_offset, cut);
        ck_assert_uint_ge(got.n, 26);
        ck_assert_mem_eq(got.text + got.n - 26, "<next member><last member>", 26);
        ck_assert(got.problem_at[got.n_problems - 1] <= got.n - 26);
        free(m.p);
    }
    free(whole.p);
    free(text);
}
END_TEST

START_TEST(test_damage_far_from_the_start)
{
    /* Beyond several fills of any buffer, in pieces that no room fits. */
    enum { N = 3000000 };
    char *text = gz_letters(N, 9);
    struct gz m = {0};
    gz_header(&m, 0);
    gz_stored(&m, text, N);
    gz_trailer(&m, text, N);
    size_t end = m.n;
    gz_member(&m, GZ_ABCD, 0, "abc", 3);
    m.p[end - 8] ^= 1;
    take_bytes(m.p, m.n, 99991);
    ck_assert_uint_eq(got.n, N + 3);
    ck_assert_int_eq(memcmp(got.text, text, N), 0);
    ck_assert_mem_eq(got.text + N, "abc", 3);
    ck_assert_uint_eq(got.n_problems, 1);
    ck_assert_uint_eq(got.problem_at[0], N);
    assert_problem(0, "gzip checksum or length is wrong", end, end);
    free(m.p);
    free(text);
}
END_TEST

START_TEST(test_false_beginnings_are_not_told)
{
    struct gz m = {0};
    gz_member(&m, GZ_FIXED, 0, "one", 3);
    m.p[m.n - 1] ^= 1;
    size_t end = m.n;
    /* A plausible header before nothing of the kind. */
    for (unsigned i = 0; i < 3; i++)
        gz_bytes(&m, "\x1f\x8b\x08\0aaaaaa\xff\xff\xff\xff", 14);
    gz_member(&m, GZ_FIXED, 0, "two", 3);
    take_bytes(m.p, m.n, 4096);
    assert_text("onetwo", 6);
    ck_assert_uint_eq(got.n_problems, 1);
    assert_problem(0, "gzip checksum or length is wrong", end, end);
    free(m.p);
}
END_TEST

/* Beginnings of members within members: time must not grow with the square. */
START_TEST(test_nothing_but_beginnings)
{
    static const unsigned flags[] = {0, GZ_NAME, GZ_EXTRA, GZ_NAME | GZ_COMMENT};
    struct gz m = {0};
    gz_member(&m, GZ_FIXED, 0, "one", 3);
    while (m.n < 2000000) {
        gz_bytes(&m, "\x1f\x8b\x08", 3);
        gz_byte(&m, flags[_i]);
    }
    take_bytes(m.p, m.n, 4096);
    ck_assert_uint_ge(got.n, 3);
    ck_assert_mem_eq(got.text, "one", 3);
    ck_assert_uint_eq(got.n_problems, 1);
    free(m.p);
}
END_TEST

/* The same with text behind the beginnings that each of them would give again. */
START_TEST(test_beginnings_that_share_text)
{
    enum { BEGINNINGS = 4000, N = 258 * 50 };
    char *text = malloc(N);
    ck_assert_ptr_nonnull(text);
    memset(text, 'a', N);
    struct gz m = {0};
    for (unsigned i = 0; i < BEGINNINGS; i++)
        gz_bytes(&m, "\x1f\x8b\x08\x08", 4);
    gz_byte(&m, 0);
    gz_fixed(&m, text, N);
    gz_le(&m, 0, 8);
    take_bytes(m.p, m.n, 1 << 20);
    /* The whole is 16 KB, and a mebibyte may be read again. */
    ck_assert_uint_ge(got.n_problems, 2);
    ck_assert_uint_le(got.n_problems, 2 + (1 << 20) / BEGINNINGS / 4);
    ck_assert_uint_eq(got.n, N * got.n_problems);
    free(m.p);
    free(text);
}
END_TEST

/* A member, and two more of which the first begins at this place; between them junk, or so little
 * missing of the member that it goes on into the next one. */
static struct gz next_at(size_t place, const struct gz *cut)
{
    struct gz m = {0};
    size_t end = place - (cut ? cut->n - 40 : 10);
    gz_header(&m, 0);
    while (m.n + 30 < end) { /* blocks that are not the last */
        size_t n = end - m.n - 23 < 60000 ? end - m.n - 23 : 60000;
        gz_byte(&m, 0);
        gz_le(&m, (uint32_t)n, 2);
        gz_le(&m, ~(uint32_t)n & 0xffff, 2);
        for (size_t i = 0; i < n; i++)
            gz_byte(&m, 'x');
    }
    gz_stored(&m, "", 0);
    gz_le(&m, 0, 8); /* wrong, and told of */
    while (m.n < end)
        gz_byte(&m, 0);
    if (cut)
        gz_bytes(&m, cut->p, cut->n - 40);
    while (m.n < place)
        gz_byte(&m, 0xff);
    gz_member(&m, GZ_FIXED, 0, "<next>", 6);
    gz_member(&m, GZ_FIXED, 0, "<last>", 6);
    return m;
}

/* Wherever the buffers of the stream end. */
START_TEST(test_member_across_the_end_of_a_buffer)
{
    char *text = gz_letters(2000, 13);
    struct gz cut = {0};
    gz_member(&cut, (enum gz_kind)(_i % GZ_N_KINDS), 0, text, 2000);
    for (size_t border = 1; border <= 8; border++)
        for (size_t before = 0; before < 32; before += before < 5 ? 1 : 3) {
            struct gz m = next_at(border * 65536 - before, _i == GZ_N_KINDS ? NULL : &cut);
            take_bytes(m.p, m.n, 1 << 20);
            ck_assert_uint_ge(got.n_problems, 1);
            ck_assert_uint_ge(got.n, 12);
            ck_assert_mem_eq(got.text + got.n - 12, "<next><last>", 12);
            free(m.p);
        }
    free(cut.p);
    free(text);
}
END_TEST

START_TEST(test_failed_reads)
{
    take_all(-1, 10);
    ck_assert_uint_eq(got.n, 0);
    ck_assert_uint_eq(got.n_problems, 1);
    ck_assert_int_eq(got.problem[0].error, EBADF);
    ck_assert_uint_eq(got.problem[0].in_offset, 0);
    int fd = open("/", O_RDONLY);
    ck_assert_int_ge(fd, 0);
    take_all(fd, 10);
    ck_assert_uint_eq(got.n_problems, 1);
    ck_assert_int_eq(got.problem[0].error, EISDIR);
    ck_assert_int_eq(close(fd), 0);
}
END_TEST

/* A read that fails on the way: what was read is given first, and nothing else is told. */
START_TEST(test_read_fails_on_the_way)
{
    enum { N = 20000 };
    char *text = gz_letters(N, 11);
    struct gz m = {0};
    if (_i == GZ_N_KINDS)
        gz_bytes(&m, text, N);
    else
        gz_member(&m, (enum gz_kind)_i, 0, text, N);
    m.n -= m.n / 8; /* it would be cut short, too */
    int fd = file_of(m.p, m.n);
    stream_reset(s, fd);
    char *out = malloc(N + 1);
    size_t n = 0, all = 0;
    struct stream_problem p = {0};
    /* A little, so that the whole file is in the buffer; then the descriptor is gone. */
    ck_assert_int_eq(stream_read(s, out, 10, &n, &p), STREAM_BYTES);
    ck_assert_int_eq(close(fd), 0);
    enum stream_result r = STREAM_BYTES;
    for (; r == STREAM_BYTES; r = stream_read(s, out + all, N + 1 - all, &n, &p))
        all += n, n = 0;
    ck_assert_int_eq(r, STREAM_PROBLEM);
    ck_assert_int_eq(p.error, EBADF);
    ck_assert_uint_eq(p.in_offset, m.n);
    ck_assert_uint_ge(all, N / 2);
    ck_assert_uint_le(all, N);
    ck_assert_int_eq(memcmp(out, text, all), 0);
    ck_assert_int_eq(stream_read(s, out, N, &n, &p), STREAM_END);
    free(out);
    free(m.p);
    free(text);
}
END_TEST

START_TEST(test_reset_in_the_middle)
{
    enum { N = 50000 };
    char *text = gz_letters(N, 12);
    struct gz m = {0};
    gz_member(&m, GZ_ABCD, 0, text, N);
    int fd = file_of(m.p, m.n);
    stream_reset(s, fd);
    char out[100];
    size_t n;
    struct stream_problem p;
    ck_assert_int_eq(stream_read(s, out, sizeof out, &n, &p), STREAM_BYTES);
    ck_assert_int_eq(close(fd), 0);
    take_bytes(m.p, m.n, 1000);
    assert_text(text, N);
    take_bytes(text, N, 1000);
    assert_text(text, N);
    ck_assert_uint_eq(got.n_problems, 0);
    /* From where the descriptor stands. */
    fd = file_of("skipped{}", 9);
    ck_assert_int_eq(lseek(fd, 7, SEEK_SET), 7);
    take_all(fd, 100);
    assert_text("{}", 2);
    ck_assert_int_eq(close(fd), 0);
    stream_free(NULL);
    free(m.p);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stream");
    TCase *t = tcase_create("stream");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, test_empty);
    tcase_add_loop_test(t, test_plain, 0, N_CAPS);
    tcase_add_test(t, test_gzip_is_known_by_its_first_two_bytes);
    tcase_add_loop_test(t, test_members_and_padding, 0, N_CAPS);
    tcase_add_loop_test(t, test_pipe_in_small_pieces, 0, 2);
    tcase_add_loop_test(t, test_text_is_given_before_more_is_waited_for, 0, 2);
    tcase_add_test(t, test_trailing_junk_is_told_once);
    tcase_add_test(t, test_member_behind_junk_is_read);
    tcase_add_loop_test(t, test_cut_at_every_byte, 0, GZ_N_KINDS);
    tcase_add_loop_test(t, test_before_and_after_damage, 0, GZ_N_KINDS);
    tcase_add_loop_test(t, test_cut_member_hides_no_other, 0, GZ_N_KINDS);
    tcase_add_test(t, test_damage_far_from_the_start);
    tcase_add_test(t, test_false_beginnings_are_not_told);
    tcase_add_loop_test(t, test_nothing_but_beginnings, 0, 4);
    tcase_add_test(t, test_beginnings_that_share_text);
    tcase_add_loop_test(t, test_member_across_the_end_of_a_buffer, 0, GZ_N_KINDS + 1);
    tcase_add_test(t, test_failed_reads);
    tcase_add_loop_test(t, test_read_fails_on_the_way, 0, GZ_N_KINDS + 1);
    tcase_add_test(t, test_reset_in_the_middle);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
