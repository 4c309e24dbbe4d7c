/* inflate and stream against zlib, which makes the streams: every way to compress, members and what
 * lies between and behind them, and damage, where zlib's own verdict is the measure. The same on
 * every run: the seed is fixed. */
#include "ctlock/buf.h"
#include "ctlock/stream.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include <zlib.h>

enum { N_PARTS = 10, N_STREAMS = 1000, N_DAMAGED = 500, TEXT_MAX = 200000, MEMBERS_MAX = 5 };

static uint64_t state;
static struct stream *s;
static FILE *file;
static char *text; /* what the stream was made of: TEXT_MAX for each member */
static size_t text_n;
static char *got;
static size_t got_n, n_problems;

enum { GOT_MAX = MEMBERS_MAX * TEXT_MAX };

static uint32_t any(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

static void set_up(void)
{
    s = stream_new(-1);
    file = tmpfile();
    text = malloc(GOT_MAX);
    got = malloc(GOT_MAX + 1);
    ck_assert(s && file && text && got);
}

static void tear_down(void)
{
    stream_free(s);
    ck_assert_int_eq(fclose(file), 0);
    free(text);
    free(got);
}

/* Mostly short; now and then longer than the window. */
static size_t any_length(void)
{
    switch (any(40)) {
    case 0:
        return any(TEXT_MAX);
    case 1:
    case 2:
        return 0;
    default:
        return any(2000);
    }
}

/* Random bytes, few letters, runs, or something like records, which repeat from far away. */
static void any_text(char *to, size_t n)
{
    static const char record[] =
        "{\"eventVersion\":\"1.08\",\"sourceIPAddress\":\"203.0.113.10\"},";
    unsigned kind = any(4);
    size_t run = 0;
    for (size_t i = 0; i < n; i++) {
        if (kind == 0)
            to[i] = (char)any(256);
        else if (kind == 1)
            to[i] = (char)('a' + any(5));
        else if (kind == 2 && i && run)
            run--, to[i] = to[i - 1];
        else if (kind == 2)
            run = any(600), to[i] = (char)any(256);
        else
            to[i] = any(50) ? record[i % (sizeof record - 1)] : (char)('0' + any(10));
    }
}

static void set_header(z_stream *z, gz_header *h)
{
    static Bytef extra[300], name[] = "111122223333_CloudTrail.json", comment[] = "\x1f\x8b\x08";
    *h = (gz_header){.os = 3, .time = any(1000000000), .text = (int)any(2), .hcrc = (int)any(2)};
    if (any(2)) {
        h->extra = extra;
        h->extra_len = any(sizeof extra);
    }
    if (any(2))
        h->name = name;
    if (any(2))
        h->comment = comment;
    ck_assert_int_eq(deflateSetHeader(z, h), Z_OK);
}

/* Append a member that holds the text, compressed in any of zlib's ways. */
static void add_member(struct buf *m, const char *in, size_t n)
{
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE,
                                     Z_FIXED};
    static const int flushes[] = {Z_NO_FLUSH,      Z_NO_FLUSH,   Z_NO_FLUSH, Z_SYNC_FLUSH,
                                  Z_PARTIAL_FLUSH, Z_FULL_FLUSH, Z_BLOCK};
    z_stream z = {.next_in = (Bytef *)(uintptr_t)in};
    gz_header h;
    ck_assert_int_eq(deflateInit2(&z, (int)any(10), Z_DEFLATED, 16 + 9 + (int)any(7),
                                  1 + (int)any(9), strategies[any(5)]),
                     Z_OK);
    if (any(3) == 0)
        set_header(&z, &h);
    for (int result = Z_OK; result != Z_STREAM_END;) {
        size_t left = (size_t)(in + n - (const char *)z.next_in);
        z.avail_in = (uInt)(any(3) ? left : any((uint32_t)left + 1));
        int flush = z.avail_in == left ? Z_FINISH : flushes[any(7)];
        do {
            Bytef out[4096];
            z.next_out = out;
            z.avail_out = sizeof out;
            result = deflate(&z, flush);
            ck_assert_int_ne(result, Z_STREAM_ERROR);
            buf_add(m, out, sizeof out - z.avail_out);
        } while (z.avail_out == 0 || (flush == Z_FINISH && result != Z_STREAM_END));
    }
    ck_assert_int_eq(deflateEnd(&z), Z_OK);
}

/* Nothing that a member could begin with. */
static void add_junk(struct buf *m)
{
    for (uint32_t n = 1 + any(300); n; n--)
        buf_putc(m, (char)(n == 1 ? 'j' : any(2) ? 0x8b : 0x20 + any(64)));
}

static void add_zeros(struct buf *m)
{
    for (uint32_t n = any(600); n; n--)
        buf_putc(m, '\0');
}

/* What the stream makes of the bytes, read with room for cap. */
static void read_stream(const struct buf *m, size_t cap)
{
    int fd = fileno(file);
    ck_assert_int_eq(ftruncate(fd, 0), 0);
    ck_assert_int_eq(pwrite(fd, m->p, m->n, 0), (ssize_t)m->n);
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    stream_reset(s, fd);
    got_n = n_problems = 0;
    for (;;) {
        struct stream_problem p;
        size_t n = 0, room = GOT_MAX + 1 - got_n;
        ck_assert_uint_gt(room, 0);
        enum stream_result r = stream_read(s, got + got_n, room < cap ? room : cap, &n, &p);
        ck_assert_int_ne(r, STREAM_NOMEM);
        if (r == STREAM_END)
            return;
        got_n += r == STREAM_BYTES ? n : 0;
        n_problems += r == STREAM_PROBLEM;
    }
}

static size_t any_room(void)
{
    return any(4) ? (size_t)1 << 18 : 300 + any(5000);
}

START_TEST(test_streams)
{
    state = (uint64_t)_i;
    for (int k = 0; k < N_STREAMS; k++) {
        struct buf m = {0};
        text_n = 0;
        for (uint32_t members = any(3) ? 1 : 1 + any(MEMBERS_MAX); members; members--) {
            size_t n = any_length();
            any_text(text + text_n, n);
            add_member(&m, text + text_n, n);
            text_n += n;
            if (any(8) == 0)
                add_zeros(&m);
        }
        bool junk = any(5) == 0;
        if (junk)
            add_junk(&m);
        read_stream(&m, any_room());
        ck_assert_uint_eq(n_problems, junk);
        ck_assert_uint_eq(got_n, text_n);
        ck_assert_int_eq(memcmp(got, text, got_n), 0);
        ck_assert(!m.failed);
        buf_free(&m);
    }
}
END_TEST

/* zlib's verdict on one member. *n is how much text it gave, good or not. */
static bool zlib_accepts(const struct buf *m, char *out, size_t cap, size_t *n)
{
    z_stream z = {.next_in = (Bytef *)m->p, .avail_in = (uInt)m->n};
    ck_assert_int_eq(inflateInit2(&z, 16 + 15), Z_OK);
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)cap;
    int result = inflate(&z, Z_FINISH);
    *n = cap - z.avail_out;
    ck_assert_int_eq(inflateEnd(&z), Z_OK);
    return result == Z_STREAM_END && z.avail_in == 0;
}

/* A bit turned, or bytes lost, behind the two that tell gzip. */
static void damage(struct buf *m)
{
    if (any(3)) {
        size_t at = 2 + any((uint32_t)m->n - 2);
        m->p[at] = (char)((unsigned char)m->p[at] ^ 1u << any(8));
    } else {
        m->n = 2 + any((uint32_t)m->n - 2);
    }
}

START_TEST(test_damage)
{
    char *reference = malloc(GOT_MAX);
    ck_assert_ptr_nonnull(reference);
    state = (uint64_t)_i + 1000;
    for (int k = 0; k < N_DAMAGED; k++) {
        struct buf m = {0};
        text_n = 1 + any_length();
        any_text(text, text_n);
        add_member(&m, text, text_n);
        damage(&m);
        size_t reference_n;
        bool good = zlib_accepts(&m, reference, GOT_MAX, &reference_n);
        read_stream(&m, any_room());
        /* What zlib takes is taken. ISA-L also takes a code with words to spare, which zlib does
         * not; then the checksum holds, and nothing is wrong with the text. */
        bool taken = n_problems == 0;
        ck_assert(taken || !good);
        ck_assert(!taken || (got_n == text_n && memcmp(got, text, text_n) == 0));
        /* Before the damage shows both tell the same; where it shows is theirs to say. */
        size_t n = got_n < reference_n ? got_n : reference_n;
        ck_assert_int_eq(memcmp(got, reference, n), 0);
        ck_assert(!m.failed);
        buf_free(&m);
    }
    free(reference);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inflate_zlib");
    TCase *t = tcase_create("inflate_zlib");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, test_streams, 0, N_PARTS);
    tcase_add_loop_test(t, test_damage, 0, N_PARTS);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
