#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "ctlock/inflate.h"
#include "gzmake.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROOM_NBYTES ((size_t)1 << 18)

/* What came of one member. */
struct outcome {
    enum inflate_result result; /* INFLATE_GO_ON: the input ended inside */
    const char *why;
    char *text;
    size_t n;
    size_t used;
};

/* n bytes of which the next byte cannot be touched. */
static void *wall_new(size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t whole = (n / page + 2) * page;
    char *m = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(m, MAP_FAILED);
    ck_assert_int_eq(mprotect(m + whole - page, page, PROT_NONE), 0);
    return m + whole - page - n;
}

static void wall_free(void *at, size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t whole = (n / page + 2) * page;
    ck_assert_int_eq(munmap((char *)at + n + page - whole, whole), 0);
}

/* Made anew for each test. */
static struct inflate *z;
static uint8_t *in_wall; /* ROOM_NBYTES */
static char *out_wall, *room;

static void set_up(void)
{
    z = inflate_new();
    ck_assert_ptr_nonnull(z);
    in_wall = wall_new(ROOM_NBYTES);
    out_wall = wall_new(ROOM_NBYTES);
    room = malloc(ROOM_NBYTES);
    ck_assert_ptr_nonnull(room);
}

static void tear_down(void)
{
    inflate_free(z);
    wall_free(in_wall, ROOM_NBYTES);
    wall_free(out_wall, ROOM_NBYTES);
    free(room);
}

/* Run one member with the input and the room in pieces of these sizes. to has ROOM_NBYTES. */
static struct outcome run(const uint8_t *in, size_t n, size_t in_step, size_t out_step, char *to)
{
    struct outcome o = {.text = to};
    inflate_reset(z);
    for (;;) {
        size_t give = n - o.used < in_step ? n - o.used : in_step;
        size_t cap = ROOM_NBYTES - o.n < out_step ? ROOM_NBYTES - o.n : out_step;
        size_t used = 99, nbytes = 99;
        ck_assert_uint_gt(cap, 0);
        o.result = inflate_run(z, in + o.used, give, &used, to + o.n, cap, &nbytes, &o.why);
        ck_assert_uint_le(used, give);
        ck_assert_uint_le(nbytes, cap);
        o.used += used;
        o.n += nbytes;
        ck_assert(!inflate_is_open(z) || o.result == INFLATE_GO_ON);
        if (o.result != INFLATE_GO_ON || (give == 0 && nbytes == 0))
            return o;
        ck_assert(used || nbytes); /* gets on */
    }
}

/* Everything at once, in buffers that nothing may reach beyond. */
static struct outcome run_whole(const uint8_t *in, size_t n)
{
    uint8_t *at = in_wall + ROOM_NBYTES - n;
    ck_assert_uint_le(n, ROOM_NBYTES);
    memcpy(at, in, n);
    return run(at, n, SIZE_MAX, SIZE_MAX, out_wall);
}

static void assert_same(const struct outcome *a, const struct outcome *b)
{
    ck_assert_int_eq(a->result, b->result);
    ck_assert_uint_eq(a->n, b->n);
    ck_assert_int_eq(memcmp(a->text, b->text, a->n), 0);
    ck_assert_uint_eq(a->used, b->used);
    if (a->result == INFLATE_DAMAGED)
        ck_assert_str_eq(a->why, b->why);
}

START_TEST(test_member_in_any_steps)
{
    static const size_t steps[][2] = {{1, SIZE_MAX}, {SIZE_MAX, 1}, {1, 1},    {7, 3},
                                      {100, 257},    {1000, 1},     {100, 40}, {SIZE_MAX, 40000}};
    static const size_t lengths[] = {0, 1, 5, 259, 2000, 70000, 200000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char *text = gz_letters(lengths[i], (uint32_t)i);
        struct gz m = {0};
        gz_member(&m, (enum gz_kind)_i, 0, text, lengths[i]);
        gz_byte(&m, 0x1f); /* what follows is not the member's */
        struct outcome whole = run_whole(m.p, m.n);
        ck_assert_int_eq(whole.result, INFLATE_MEMBER);
        ck_assert_uint_eq(whole.used, m.n - 1);
        ck_assert_uint_eq(whole.n, lengths[i]);
        ck_assert_int_eq(memcmp(whole.text, text, lengths[i]), 0);
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
            if (lengths[i] > 5000 && (steps[k][0] < 7 || steps[k][1] < 40))
                continue;
            struct outcome o = run(m.p, m.n, steps[k][0], steps[k][1], room);
            assert_same(&whole, &o);
        }
        free(m.p);
        free(text);
    }
}
END_TEST

START_TEST(test_header_fields)
{
    struct gz m = {0};
    gz_member(&m, GZ_FIXED, (unsigned)_i, "{\"Records\":[]}", 14);
    for (size_t step = 1; step < 400; step += step / 4 + 1) {
        struct outcome o = run(m.p, m.n, step, SIZE_MAX, room);
        ck_assert_int_eq(o.result, INFLATE_MEMBER);
        ck_assert_uint_eq(o.used, m.n);
        ck_assert_uint_eq(o.n, 14);
        ck_assert_mem_eq(o.text, "{\"Records\":[]}", 14);
    }
    /* An empty piece in the middle of the header harms nothing. */
    for (size_t cut = 1; cut < m.n; cut += 5) {
        size_t used, n;
        const char *why = NULL;
        inflate_reset(z);
        ck_assert_int_eq(inflate_run(z, m.p, cut, &used, room, ROOM_NBYTES, &n, &why),
                         INFLATE_GO_ON);
        size_t at = used;
        ck_assert_int_eq(inflate_run(z, NULL, 0, &used, room, ROOM_NBYTES, &n, &why),
                         INFLATE_GO_ON);
        while (at < m.n) {
            enum inflate_result r =
                inflate_run(z, m.p + at, m.n - at, &used, room, ROOM_NBYTES, &n, &why);
            at += used;
            ck_assert_int_eq(r, at == m.n ? INFLATE_MEMBER : INFLATE_GO_ON);
        }
    }
    free(m.p);
}
END_TEST

START_TEST(test_members_follow_one_another)
{
    struct gz m = {0};
    gz_member(&m, GZ_FIXED, GZ_NAME, "one", 3);
    gz_member(&m, GZ_STORED, 0, "", 0);
    gz_member(&m, GZ_ABCD, GZ_HCRC, "abcd", 4);
    gz_member(&m, GZ_STORED, GZ_EXTRA | GZ_HCRC, "four", 4);
    for (size_t step = 1; step <= m.n; step++) {
        size_t at = 0, n = 0, members = 0;
        inflate_reset(z);
        while (at < m.n) {
            size_t used, nbytes, give = m.n - at < step ? m.n - at : step;
            const char *why;
            enum inflate_result r =
                inflate_run(z, m.p + at, give, &used, room + n, ROOM_NBYTES, &nbytes, &why);
            ck_assert_int_ne(r, INFLATE_DAMAGED);
            members += r == INFLATE_MEMBER;
            at += used;
            n += nbytes;
        }
        ck_assert_uint_eq(members, 4);
        ck_assert_uint_eq(n, 11);
        ck_assert_mem_eq(room, "oneabcdfour", 11);
        ck_assert(!inflate_is_open(z));
    }
    free(m.p);
}
END_TEST

static void assert_damage(const uint8_t *p, size_t n, const char *why, size_t used)
{
    struct outcome whole = run_whole(p, n);
    ck_assert_int_eq(whole.result, INFLATE_DAMAGED);
    ck_assert_str_eq(whole.why, why);
    ck_assert_uint_eq(whole.used, used);
    struct outcome bytes = run(p, n, 1, 1, room);
    assert_same(&whole, &bytes);
    /* It stays so until the reset. */
    size_t u, m;
    const char *again = NULL;
    ck_assert_int_eq(inflate_run(z, p, n, &u, room, ROOM_NBYTES, &m, &again), INFLATE_DAMAGED);
    ck_assert_str_eq(again, why);
    ck_assert_uint_eq(u, 0);
    ck_assert_uint_eq(m, 0);
}

START_TEST(test_bad_header)
{
    struct gz m = {0};
    gz_member(&m, GZ_FIXED, GZ_HCRC, "text", 4);
    m.p[10] ^= 1;
    assert_damage(m.p, m.n, "gzip header checksum is wrong", 12);
    m.p[10] ^= 1;
    m.p[5] ^= 1; /* the time, which only that checksum covers */
    assert_damage(m.p, m.n, "gzip header checksum is wrong", 12);
    for (unsigned bit = 0x20; bit <= 0x80; bit <<= 1) {
        m.p[3] = (uint8_t)bit;
        assert_damage(m.p, m.n, "reserved gzip flags are set", 3);
    }
    m.p[2] = 7;
    assert_damage(m.p, m.n, "unknown gzip compression method", 2);
    m.p[1] = 0x8c;
    assert_damage(m.p, m.n, "not a gzip header", 1);
    m.p[0] = '{';
    assert_damage(m.p, m.n, "not a gzip header", 0);
    free(m.p);
}
END_TEST

START_TEST(test_bad_trailer)
{
    char *text = gz_letters(1000, 1);
    struct gz m = {0};
    gz_member(&m, (enum gz_kind)_i, 0, text, 1000);
    for (size_t i = 1; i <= 8; i++) {
        m.p[m.n - i] ^= 0x10;
        assert_damage(m.p, m.n, "gzip checksum or length is wrong", m.n);
        m.p[m.n - i] ^= 0x10;
    }
    free(m.p);
    free(text);
}
END_TEST

/* n letters of the fixed code, then something wrong, then enough for the library's fast ways. */
static struct gz fault_after(const char *text, size_t n, unsigned length_symbol, unsigned distance)
{
    struct gz m = {0};
    gz_header(&m, 0);
    gz_put(&m, 1, 1);
    gz_put(&m, 1, 2);
    for (size_t i = 0; i < n; i++)
        gz_fixed_symbol(&m, (uint8_t)text[i]);
    gz_fixed_symbol(&m, length_symbol);
    gz_code(&m, distance, 5);
    gz_put(&m, 0, distance >= 28 && distance < 30 ? 13 : 0);
    for (size_t i = 0; i < 1000; i++)
        gz_fixed_symbol(&m, 'z');
    gz_align(&m);
    return m;
}

START_TEST(test_text_before_the_fault_and_no_more)
{
    static const struct {
        unsigned symbol, distance;
    } faults[] = {
        {285, 28}, /* 258 bytes from 16385 before: nothing is there */
        {285, 30}, /* no such distance */
        {286, 0},  /* no such symbol */
    };
    static const size_t lengths[] = {0, 1, 3, 500, 5000, 150000};
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        if (_i == 0 && lengths[k] > 16384)
            continue; /* there would be something */
        char *text = gz_letters(lengths[k], (uint32_t)k);
        struct gz m = fault_after(text, lengths[k], faults[_i].symbol, faults[_i].distance);
        struct outcome whole = run_whole(m.p, m.n);
        ck_assert_int_eq(whole.result, INFLATE_DAMAGED);
        ck_assert_str_eq(whole.why, "gzip data is damaged");
        ck_assert_uint_eq(whole.n, lengths[k]);
        ck_assert_mem_eq(whole.text, text, lengths[k]);
        /* Of the 3 bits and 8 each, and the fault's 26 at most. */
        ck_assert_uint_ge(whole.used, 10 + (3 + 8 * lengths[k]) / 8);
        ck_assert_uint_le(whole.used, 10 + (3 + 8 * lengths[k] + 26) / 8 + 2);
        for (size_t step = lengths[k] > 5000 ? 1000 : 1; step < 60000; step = step * 3 + 1) {
            struct outcome o = run(m.p, m.n, step, SIZE_MAX, room);
            assert_same(&whole, &o);
            o = run(m.p, m.n, SIZE_MAX, step, room);
            assert_same(&whole, &o);
            o = run(m.p, m.n, step, step, room);
            assert_same(&whole, &o);
        }
        /* Little room, which leaves text inside, then much. */
        for (size_t first = 1; first < 40000; first = first * 3 + 1) {
            size_t used, n, more_used, more;
            const char *why = NULL;
            inflate_reset(z);
            (void)inflate_run(z, m.p, m.n, &used, room, first, &n, &why);
            (void)inflate_run(z, m.p + used, m.n - used, &more_used, room + n, ROOM_NBYTES - n,
                              &more, &why);
            ck_assert_uint_eq(n + more, lengths[k]);
            ck_assert_int_eq(memcmp(room, text, lengths[k]), 0);
            ck_assert_str_eq(why, "gzip data is damaged");
        }
        free(m.p);
        free(text);
    }
}
END_TEST

/* The input ends: what is still given, and the verdict. */
static void end_member(struct outcome *o)
{
    if (o->result != INFLATE_GO_ON)
        return;
    inflate_end(z);
    do {
        size_t used, n;
        o->result = inflate_run(z, NULL, 0, &used, o->text + o->n, 1, &n, &o->why);
        o->n += n;
    } while (o->result == INFLATE_GO_ON);
}

START_TEST(test_cut_at_every_byte)
{
    enum { N = 300 };
    char *text = gz_letters(N, 77);
    struct gz m = {0};
    gz_member(&m, (enum gz_kind)_i, GZ_NAME | GZ_HCRC, text, N);
    for (size_t cut = 1; cut < m.n; cut++) {
        struct outcome whole = run_whole(m.p, cut);
        ck_assert_int_eq(whole.result, INFLATE_GO_ON);
        ck_assert_uint_eq(whole.used, cut);
        end_member(&whole);
        ck_assert_int_eq(whole.result, INFLATE_DAMAGED);
        ck_assert_str_eq(whole.why, "gzip member is cut short");
        ck_assert(!inflate_is_open(z));
        ck_assert_uint_le(whole.n, N);
        ck_assert_int_eq(memcmp(whole.text, text, whole.n), 0);
        struct outcome bytes = run(m.p, cut, 1, 1, room);
        end_member(&bytes);
        assert_same(&whole, &bytes);
    }
    free(m.p);
    free(text);
}
END_TEST

START_TEST(test_cut_gives_every_whole_letter)
{
    enum { N = 6000 };
    char *text = gz_letters(N, 5);
    size_t *at = malloc(N * sizeof *at);
    struct gz m = {0};
    gz_header(&m, 0);
    gz_abcd(&m, text, N, at);
    gz_stored(&m, "", 0);
    gz_trailer(&m, text, N);
    for (size_t cut = m.n - 1; cut > 100; cut -= cut > 1500 ? 97 : 1) {
        size_t whole_letters = 0;
        while (whole_letters < N && at[whole_letters] <= 8 * cut)
            whole_letters++;
        struct outcome o = run_whole(m.p, cut);
        end_member(&o);
        ck_assert_uint_ge(o.n, whole_letters);
        ck_assert_uint_le(o.n, N);
        ck_assert_int_eq(memcmp(o.text, text, o.n), 0);
    }
    free(m.p);
    free(at);
    free(text);
}
END_TEST

START_TEST(test_end_between_members_is_none)
{
    struct gz m = {0};
    gz_member(&m, GZ_FIXED, 0, "text", 4);
    inflate_end(z);
    struct outcome o = run(m.p, m.n, SIZE_MAX, SIZE_MAX, room);
    ck_assert_int_eq(o.result, INFLATE_MEMBER);
    inflate_end(z);
    size_t used, n;
    const char *why = NULL;
    ck_assert_int_eq(inflate_run(z, m.p, m.n, &used, room, ROOM_NBYTES, &n, &why), INFLATE_MEMBER);
    ck_assert_uint_eq(n, 4);
    free(m.p);
}
END_TEST

/* The bytes that no checksum covers: time, extra flags, system; and FTEXT. */
static bool is_free_bit(size_t byte, unsigned bit)
{
    return (byte >= 4 && byte <= 9) || (byte == 3 && bit == 0);
}

START_TEST(test_every_bit_flipped)
{
    enum { N = 150 };
    char *text = gz_letters(N, 3);
    struct gz m = {0};
    gz_member(&m, (enum gz_kind)_i, 0, text, N);
    for (size_t i = 0; i < m.n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            m.p[i] ^= (uint8_t)(1u << bit);
            struct outcome whole = run_whole(m.p, m.n);
            if (whole.result == INFLATE_MEMBER) {
                ck_assert_uint_eq(whole.n, N);
                ck_assert_mem_eq(whole.text, text, N);
            }
            ck_assert(!is_free_bit(i, bit) || whole.result == INFLATE_MEMBER);
            end_member(&whole);
            struct outcome bytes = run(m.p, m.n, 1, SIZE_MAX, room);
            end_member(&bytes);
            assert_same(&whole, &bytes);
            bytes = run(m.p, m.n, 3, 1, room);
            end_member(&bytes);
            assert_same(&whole, &bytes);
            m.p[i] ^= (uint8_t)(1u << bit);
        }
    }
    free(m.p);
    free(text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("inflate");
    TCase *t = tcase_create("inflate");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, test_member_in_any_steps, 0, GZ_N_KINDS);
    tcase_add_loop_test(t, test_header_fields, 0, 32);
    tcase_add_test(t, test_members_follow_one_another);
    tcase_add_test(t, test_bad_header);
    tcase_add_loop_test(t, test_bad_trailer, 0, GZ_N_KINDS);
    tcase_add_loop_test(t, test_text_before_the_fault_and_no_more, 0, 3);
    tcase_add_loop_test(t, test_cut_at_every_byte, 0, GZ_N_KINDS);
    tcase_add_test(t, test_cut_gives_every_whole_letter);
    tcase_add_test(t, test_end_between_members_is_none);
    tcase_add_loop_test(t, test_every_bit_flipped, 0, GZ_N_KINDS);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
