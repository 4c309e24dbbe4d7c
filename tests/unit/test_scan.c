/* Every scanner against one that goes byte by byte, on every cut, and against unreadable memory. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "ctlock/scan.h"
#include "ctlock/simd.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The contract of scan_fn, in the plainest form. */
static size_t plain_scan(struct scan *s, const char *p, size_t nbytes, enum scan_stop *stop)
{
    for (size_t i = 0; i < nbytes; i++) {
        char c = p[i];
        bool escaped = s->escaped, after_newline = s->newline;
        s->escaped = !escaped && c == '\\';
        s->newline = c == '\n';
        if (c == '"' && !escaped)
            s->quoted = !s->quoted;
        if (s->quoted && c != '\n')
            continue;
        if (s->quoted)
            *stop = SCAN_NEWLINE;
        else if (c == s->open && ++s->depth && after_newline)
            *stop = SCAN_LINE_OPEN;
        else if (c == s->close && --s->depth == 0)
            *stop = SCAN_CLOSED;
        else if (c == '[' && s->arrays && s->depth == 1)
            *stop = SCAN_ARRAY;
        else
            continue;
        return i + 1;
    }
    *stop = SCAN_END;
    return nbytes;
}

static uint32_t random_u32(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static scan_fn *engine(int i)
{
    static const struct {
        enum simd simd;
        scan_fn *(*scan)(void);
    } ways[] = {{SIMD_PORTABLE, scan_portable},
                {SIMD_AVX2, scan_avx2},
                {SIMD_AVX512, scan_avx512},
                {SIMD_NEON, scan_neon}};
    return simd_has(ways[i].simd) ? ways[i].scan() : NULL;
}

/* Both must stop at the same place for the same reason and stand alike behind it. */
static void hold(scan_fn *run, struct scan s, const char *p, size_t nbytes, size_t cut)
{
    struct scan want = s;
    enum scan_stop want_stop, stop;
    size_t want_n = plain_scan(&want, p, nbytes, &want_stop);
    size_t n = run(&s, p, cut, &stop);
    if (stop == SCAN_END)
        n += run(&s, p + cut, nbytes - cut, &stop);
    ck_assert_int_eq(stop, want_stop);
    ck_assert_uint_eq(n, want_n);
    ck_assert_uint_eq(s.depth, want.depth);
    if (stop == SCAN_CLOSED || stop == SCAN_NEWLINE)
        return;
    ck_assert_int_eq(s.quoted, want.quoted);
    if (stop == SCAN_END) {
        ck_assert_int_eq(s.escaped, want.escaped);
        ck_assert_int_eq(s.newline, want.newline);
    }
}

START_TEST(scan_equals_plain_scan)
{
    static const char *const alphabet[] = {"ab{}\"",
                                           "a\\\"{",
                                           "\\\\\\\"",
                                           "a{}[]\":,\n ",
                                           "ab\n{",
                                           "ab{[{}]}\"\"",
                                           "\x0b\x8b\xfb\xfd\xdb\xdc{}\"\xa2\x61"};
    scan_fn *run = engine(_i);
    if (!run)
        return;
    uint32_t state = 7;
    for (int round = 0; round < 4000; round++) {
        const char *letters = alphabet[(size_t)round % (sizeof alphabet / sizeof *alphabet)];
        char p[200];
        size_t n = 1 + random_u32(&state) % sizeof p;
        for (size_t i = 0; i < n; i++)
            p[i] = letters[random_u32(&state) % strlen(letters)];
        bool list = random_u32(&state) % 4 == 0;
        struct scan s = list ? scan_begin('[', ']') : scan_begin('{', '}');
        s.depth += random_u32(&state) % 8;
        s.quoted = random_u32(&state) % 2;
        s.escaped = random_u32(&state) % 2;
        s.newline = random_u32(&state) % 2;
        s.arrays = !list && random_u32(&state) % 2;
        for (size_t cut = 0; cut <= n; cut += 1 + n / 16)
            hold(run, s, p, n, cut);
    }
}
END_TEST

START_TEST(long_text_and_every_cut)
{
    scan_fn *run = engine(_i);
    if (!run)
        return;
    char p[700];
    size_t n = 0;
    while (n < 600)
        n += (size_t)sprintf(p + n, "\"k%zu\":{\"v\\\\\":\"a\\\"}{\",\"w\":[{},{}]},\n", n);
    p[n++] = '}';
    struct scan s = scan_begin('{', '}');
    for (size_t cut = 0; cut <= n; cut++)
        hold(run, s, p, n, cut);
}
END_TEST

START_TEST(reads_only_what_it_was_given)
{
    scan_fn *run = engine(_i);
    if (!run)
        return;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *map = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(map != MAP_FAILED);
    ck_assert_int_eq(mprotect(map + page, page, PROT_READ | PROT_WRITE), 0);
    memset(map + page, 'a', page);
    for (size_t n = 0; n <= 200; n++) {
        enum scan_stop stop;
        struct scan s = scan_begin('{', '}');
        ck_assert_uint_eq(run(&s, map + page, n, &stop), n);
        ck_assert_uint_eq(run(&s, map + 2 * page - n, n, &stop), n);
        ck_assert_int_eq(stop, SCAN_END);
    }
    ck_assert_int_eq(munmap(map, 3 * page), 0);
}
END_TEST

START_TEST(depth_of_a_million)
{
    scan_fn *run = engine(_i);
    if (!run)
        return;
    size_t n = (size_t)1 << 20;
    char *p = malloc(2 * n + 1);
    ck_assert_ptr_nonnull(p);
    memset(p, '{', n);
    memset(p + n, '}', n + 1);
    enum scan_stop stop;
    struct scan s = scan_begin('{', '}');
    ck_assert_uint_eq(run(&s, p, 2 * n, &stop), 2 * n);
    ck_assert_int_eq(stop, SCAN_END);
    ck_assert_uint_eq(s.depth, 1);
    ck_assert_uint_eq(run(&s, p + 2 * n, 1, &stop), 1);
    ck_assert_int_eq(stop, SCAN_CLOSED);
    free(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan");
    TCase *tc = tcase_create("engines");
    tcase_add_loop_test(tc, scan_equals_plain_scan, 0, 4);
    tcase_add_loop_test(tc, long_text_and_every_cut, 0, 4);
    tcase_add_loop_test(tc, reads_only_what_it_was_given, 0, 4);
    tcase_add_loop_test(tc, depth_of_a_million, 0, 4);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
