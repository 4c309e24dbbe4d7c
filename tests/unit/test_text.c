/* text: nothing that can steer a terminal or break a line gets through, and nothing else is lost.
 */
#include "ctlock/text.h"

#include "../safe_text.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

typedef void writer(struct buf *, struct str);

static writer *const writers[] = {text_json, text_logfmt, text_plain};

static void check(writer *w, struct str in, const char *want)
{
    struct buf b = {0};
    w(&b, in);
    ck_assert(!b.failed);
    buf_putc(&b, '\0');
    ck_assert_str_eq(b.p, want);
    buf_free(&b);
}

/* A literal as a view, in a constant initializer. */
#define LIT(s)                                                                                     \
    {                                                                                              \
        (s), sizeof(s) - 1                                                                         \
    }

static const struct {
    struct str in;
    const char *json, *logfmt, *plain;
} rows[] = {
    {{NULL, 0}, "\"\"", "\"\"", ""},
    {LIT(""), "\"\"", "\"\"", ""},
    {LIT("i-0ab:/,;{}'"), "\"i-0ab:/,;{}'\"", "i-0ab:/,;{}'", "i-0ab:/,;{}'"},
    {LIT("a b"), "\"a b\"", "\"a b\"", "a b"},
    {LIT("a=b"), "\"a=b\"", "\"a=b\"", "a=b"},
    {LIT("\"q\""), "\"\\\"q\\\"\"", "\"\\\"q\\\"\"", "\"q\""},
    {LIT("c:\\x"), "\"c:\\\\x\"", "\"c:\\\\x\"", "c:\\\\x"},
    {LIT("a\nb\rc\td"), "\"a\\u000ab\\u000dc\\u0009d\"", "\"a\\nb\\rc\\td\"", "a\\nb\\rc\\td"},
    {LIT("\0"), "\"\\u0000\"", "\"\\u{0000}\"", "\\u{0000}"},
    {LIT("\x1b[31m"), "\"\\u001b[31m\"", "\"\\u{001b}[31m\"", "\\u{001b}[31m"},
    {LIT("\x7f"), "\"\\u007f\"", "\"\\u{007f}\"", "\\u{007f}"},
    {LIT("\xc2\x9b"), "\"\\u009b\"", "\"\\u{009b}\"", "\\u{009b}"},
    {LIT("\xe2\x80\xae"), "\"\\u202e\"", "\"\\u{202e}\"", "\\u{202e}"},
    {LIT("\xef\xbb\xbf"), "\"\\ufeff\"", "\"\\u{feff}\"", "\\u{feff}"},
    {LIT("\xc3\xa9"), "\"\xc3\xa9\"", "\"\xc3\xa9\"", "\xc3\xa9"},
    {LIT("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"", "\"\xf0\x9f\x98\x80\"", "\xf0\x9f\x98\x80"},
    {LIT("a\xff"), "\"a\\ufffd\"", "\"a\\xff\"", "a\\xff"},
    {LIT("\xc0\xaf"), "\"\\ufffd\\ufffd\"", "\"\\xc0\\xaf\"", "\\xc0\\xaf"},
    {LIT("\xe2\x80"), "\"\\ufffd\\ufffd\"", "\"\\xe2\\x80\"", "\\xe2\\x80"},
    {LIT("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"", "\"\\xed\\xa0\\x80\"", "\\xed\\xa0\\x80"},
    {LIT("\xe2\x80z"), "\"\\ufffd\\ufffdz\"", "\"\\xe2\\x80z\"", "\\xe2\\x80z"},
};

START_TEST(forms)
{
    check(text_json, rows[_i].in, rows[_i].json);
    check(text_logfmt, rows[_i].in, rows[_i].logfmt);
    check(text_plain, rows[_i].in, rows[_i].plain);
}
END_TEST

START_TEST(appends_behind_what_is_there)
{
    for (size_t i = 0; i < 3; i++) {
        struct buf b = {0};
        buf_puts(&b, "key=");
        writers[i](&b, STR("v"));
        ck_assert(str_starts(buf_view(&b), STR("key=")));
        ck_assert_uint_ge(b.n, 5);
        buf_free(&b);
    }
}
END_TEST

static void check_all_safe(struct str in, struct buf *b)
{
    for (size_t i = 0; i < 3; i++) {
        buf_clear(b);
        writers[i](b, in);
        if (!text_is_safe(buf_view(b)))
            ck_abort_msg("writer %zu: byte %02x …", i, (unsigned)(unsigned char)in.p[0]);
    }
}

/* The generalized encoding: surrogates and values beyond Unicode too. */
static size_t encode(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[len] | c);
    return len;
}

START_TEST(every_code_point)
{
    struct buf b = {0};
    for (uint32_t c = 0; c <= 0x110fff; c++) {
        char in[4];
        struct str s = {in, encode(c, in)};
        check_all_safe(s, &b);
        bool kept = str_eq(buf_view(&b), s);
        bool good = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) && !is_control(c) &&
                    !steers_direction_or_lines(c) && c != '\\';
        if (kept != good)
            ck_abort_msg("U+%04X", (unsigned)c);
    }
    buf_free(&b);
}
END_TEST

START_TEST(every_one_two_and_three_bytes)
{
    struct buf b = {0};
    for (unsigned v = 0; v < 0x10000; v++) {
        /* The third byte stands for its class: ASCII, continuation low, high, lead. */
        static const unsigned char third[] = {'a', 0x80, 0xa8, 0xbf, 0xe2};
        char two[2] = {(char)(v >> 8), (char)v};
        check_all_safe((struct str){two, 1}, &b);
        check_all_safe((struct str){two, 2}, &b);
        for (size_t k = 0; k < sizeof third; k++) {
            char in[3] = {two[0], two[1], (char)third[k]};
            check_all_safe((struct str){in, 3}, &b);
        }
    }
    buf_free(&b);
}
END_TEST

/* What a logfmt or plain text was made of can be had back: escapes are not ambiguous. */
static void unescape(struct str s, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\\') {
            buf_putc(out, s.p[i]);
            continue;
        }
        char kind = s.p[++i];
        if (kind == 'x') {
            char hex[3] = {s.p[i + 1], s.p[i + 2], '\0'};
            buf_putc(out, (char)strtoul(hex, NULL, 16));
            i += 2;
        } else if (kind == 'u') {
            char hex[5] = {s.p[i + 2], s.p[i + 3], s.p[i + 4], s.p[i + 5], '\0'};
            char utf8[4];
            buf_add(out, utf8, encode((uint32_t)strtoul(hex, NULL, 16), utf8));
            i += 6;
        } else {
            buf_putc(out, (char)(kind == 'n'   ? '\n'
                                 : kind == 'r' ? '\r'
                                 : kind == 't' ? '\t'
                                               : kind));
        }
    }
}

START_TEST(plain_text_is_not_ambiguous)
{
    uint32_t state = 3;
    for (int round = 0; round < 20000; round++) {
        char in[24];
        for (size_t i = 0; i < sizeof in; i++) {
            static const char some[] = "\\\\nrtxu{}\"=a\n\t\xe2\x80\xae\xc2\x85\xff\xf0";
            state = state * 1664525 + 1013904223;
            in[i] = some[(state >> 16) % sizeof some];
        }
        struct str s = {in, (size_t)round % sizeof in};
        struct buf out = {0}, back = {0};
        text_plain(&out, s);
        unescape(buf_view(&out), &back);
        ck_assert(str_eq(buf_view(&back), s));
        buf_clear(&out);
        buf_clear(&back);
        text_logfmt(&out, s);
        struct str inner = buf_view(&out);
        if (inner.p[0] == '"')
            inner = (struct str){inner.p + 1, inner.n - 2};
        unescape(inner, &back);
        ck_assert(str_eq(buf_view(&back), s));
        buf_free(&out);
        buf_free(&back);
    }
}
END_TEST

START_TEST(nothing_is_written_once_memory_ran_out)
{
    struct buf b = {.failed = true};
    for (size_t i = 0; i < 3; i++)
        writers[i](&b, STR("a\n\xff"));
    ck_assert(b.failed);
    ck_assert_uint_eq(b.n, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *t = tcase_create("text");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, forms, 0, (int)(sizeof rows / sizeof *rows));
    tcase_add_test(t, appends_behind_what_is_there);
    tcase_add_test(t, every_code_point);
    tcase_add_test(t, every_one_two_and_three_bytes);
    tcase_add_test(t, plain_text_is_not_ambiguous);
    tcase_add_test(t, nothing_is_written_once_memory_ran_out);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
