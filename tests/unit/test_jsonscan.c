/* jsonscan, jsonstring: the skeleton of JSON text, and what its strings mean. */
#include "ctlock/jsonscan.h"

#include "ctlock/buf.h"
#include "ctlock/jsonstring.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const enum simd ways[] = {SIMD_PORTABLE, SIMD_AVX2, SIMD_AVX512, SIMD_NEON};

static uint64_t random_state = 1;

static unsigned pick(unsigned n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 33) % n;
}

static struct jsonscan scan_of(struct str text, struct buf *mem, enum simd simd)
{
    struct jsonscan j;

    buf_clear(mem);
    ck_assert(buf_reserve(mem, jsonscan_mem_nbytes(text.n)));
    memset(mem->p, 0xA5, jsonscan_mem_nbytes(text.n));
    jsonscan_index(&j, text, mem->p, simd);
    return j;
}

/* The skeleton the slow way. One assertion for all, for each writes a file. */
static void check_skeleton(const struct jsonscan *j)
{
    struct str text = j->text;
    bool inside = false, escaped = false, backslash = false, good = true;
    size_t mark = 0;

    for (size_t i = 0; i < text.n && good; i++) {
        char c = text.p[i];
        bool quote = c == '"' && !escaped;
        bool is_mark =
            !inside && (c == ':' || c == '{' || c == '}' || c == '[' || c == ']' || c == 0x1A);
        good = (j->quote[i / 64] >> i % 64 & 1) == quote;
        if (is_mark)
            good = good && mark < j->n_marks && j->mark[mark++] == i;
        inside ^= quote;
        escaped = c == '\\' && !escaped;
        backslash |= c == '\\';
    }
    ck_assert_msg(good && mark == j->n_marks && backslash == j->has_backslash, "mark %zu of %.*s",
                  mark, (int)text.n, text.p);
}

START_TEST(all_ways_see_the_same)
{
    static const char bytes[] = "{}[]:,\"\"\"\\ a\x1a\xe9\xfb\xba\x7f\x5f\0";
    struct buf mem = {0}, text = {0};

    for (int round = 0; round < 4000; round++) {
        unsigned n = pick(300), n_bytes = 2 + pick(sizeof bytes - 2);
        buf_clear(&text);
        for (unsigned i = 0; i < n; i++)
            buf_putc(&text, bytes[pick(n_bytes)]);
        /* As long as it is, for the sanitizers. */
        char *exact = malloc(n ? n : 1);
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, text.p ? text.p : "", n);
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            if (!simd_has(ways[w]))
                continue;
            struct jsonscan j = scan_of((struct str){exact, n}, &mem, ways[w]);
            check_skeleton(&j);
        }
        free(exact);
    }
    buf_free(&mem);
    buf_free(&text);
}
END_TEST

START_TEST(sees_backslashes_across_blocks)
{
    struct buf mem = {0};
    char text[200];

    for (size_t from = 50; from < 80; from++)
        for (size_t n = 0; n < 70; n++) {
            memset(text, 'x', sizeof text);
            text[0] = '"';
            memset(text + from, '\\', n);
            text[from + n] = '"';
            for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
                if (!simd_has(ways[w]))
                    continue;
                struct jsonscan j = scan_of((struct str){text, sizeof text}, &mem, ways[w]);
                check_skeleton(&j);
                ck_assert_uint_eq(jsonscan_string_end(&j, 0), n % 2 ? sizeof text : from + n);
            }
        }
    buf_free(&mem);
}
END_TEST

START_TEST(closes_brackets)
{
    struct buf mem = {0};
    struct jsonscan j = scan_of(STR("{\"a\":[{}, \"]\"],\"b\":{\"c\":[]}}[{"), &mem, SIMD_BEST);

    ck_assert_uint_eq(j.n_marks, 15);
    ck_assert_uint_eq(jsonscan_close(&j, 0), 12);
    ck_assert_uint_eq(jsonscan_close(&j, 1), 1);
    ck_assert_uint_eq(jsonscan_close(&j, 2), 5);
    ck_assert_uint_eq(jsonscan_close(&j, 3), 4);
    ck_assert_uint_eq(jsonscan_close(&j, 7), 11);
    ck_assert_uint_eq(jsonscan_close(&j, 13), j.n_marks);
    ck_assert_uint_eq(jsonscan_close(&j, 14), j.n_marks);
    buf_free(&mem);
}
END_TEST

START_TEST(reads_members)
{
    static const struct {
        const char *text, *name, *value;
    } members[] = {
        {"{\"a\":1}", "a", "1"},
        {"{\"\":\"\"}", "", "\"\""},
        {"{\"a\" \n\t\r: \r\n\t [1,{\"x\":2}] }", "a", "[1,{\"x\":2}]"},
        {"{\"a\\\"b\":\"c\\\\\"}", "a\\\"b", "\"c\\\\\""},
        {"{\"a\":true,", "a", "true"},
        {"{\"a\":-1.5e3 ,", "a", "-1.5e3"},
        {"{\"a\":{\"b\":\"}\"}}", "a", "{\"b\":\"}\"}"},
        {"{a:1}", NULL, "1"},
        {"{:1}", NULL, "1"},
        {":1", NULL, "1"},
        {"{\"a\":}", "a", NULL},
        {"{\"a\":", "a", NULL},
        {"{\"a\":  ", "a", NULL},
        {"{\"a\":\"b", "a", NULL},
        {"{\"a\":\"b\\\"", "a", NULL},
        {"{\"a\":\"", "a", NULL},
        {"{\"a\":[1", "a", NULL},
        {"{\"a\":1", "a", "1"},
    };
    struct buf mem = {0};

    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        struct jsonscan j = scan_of(str_of(members[i].text), &mem, SIMD_BEST);
        size_t colon = 0;
        while (j.text.p[j.mark[colon]] != ':')
            colon++;
        struct str name = jsonscan_name(&j, colon), value = jsonscan_value(&j, colon);
        ck_assert_msg((name.p == NULL) == (members[i].name == NULL), "%s", members[i].text);
        ck_assert_msg(str_eq(name, str_of(members[i].name)), "%s", members[i].text);
        ck_assert_msg((value.p == NULL) == (members[i].value == NULL), "%s", members[i].text);
        ck_assert_msg(str_eq(value, str_of(members[i].value)), "%s", members[i].text);
    }
    buf_free(&mem);
}
END_TEST

START_TEST(reads_long_names)
{
    struct buf mem = {0}, text = {0};

    for (unsigned n = 0; n < 200; n++)
        for (int before = 0; before < 70; before += 3) {
            buf_clear(&text);
            buf_printf(&text, "{%*s\"%*s\"%*s:\"%*s\"}", before, "", (int)n, "", before, "", (int)n,
                       "");
            for (char *p = strchr(text.p, '"') + 1; *p != '"'; p++)
                *p = 'k';
            struct jsonscan j = scan_of(buf_view(&text), &mem, SIMD_BEST);
            ck_assert_uint_eq(j.n_marks, 3);
            ck_assert_uint_eq(jsonscan_name(&j, 1).n, n);
            ck_assert_uint_eq(jsonscan_value(&j, 1).n, n + 2);
        }
    buf_free(&mem);
    buf_free(&text);
}
END_TEST

START_TEST(skips_as_it_closes)
{
    static const char bytes[] = "{{}}[]:,\"\" ax\\";
    struct buf mem = {0}, text = {0};
    size_t n_skipped = 0;

    for (int round = 0; round < 20000; round++) {
        unsigned n = pick(200), n_bytes = 4 + pick(sizeof bytes - 4);
        buf_clear(&text);
        buf_putc(&text, "{["[pick(2)]);
        for (unsigned i = 0; i < n; i++)
            buf_putc(&text, pick(4) ? 'x' : bytes[pick(n_bytes)]);
        struct jsonscan j = scan_of(buf_view(&text), &mem, SIMD_PORTABLE);
        size_t mark = jsonscan_close(&j, 0);
        size_t want = mark < j.n_marks ? j.mark[mark] + 1 : 0;
        /* As long as it is, for the sanitizers, and behind other text. */
        size_t n_before = pick(3) ? pick(100) : 0;
        char *exact = malloc(n_before + text.n);
        ck_assert_ptr_nonnull(exact);
        memset(exact, '}', n_before);
        memcpy(exact + n_before, text.p, text.n);
        want += want ? n_before : 0;
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            if (!simd_has(ways[w]))
                continue;
            size_t got = jsonscan_skip((struct str){exact, n_before + text.n}, n_before, ways[w]);
            ck_assert_msg(got == want || (got == 0 && j.has_backslash), "%zu, not %zu: %.*s", got,
                          want, (int)text.n, text.p);
            n_skipped += got > n_before + 64;
        }
        free(exact);
    }
    ck_assert_uint_gt(n_skipped, 100);
    buf_free(&mem);
    buf_free(&text);
}
END_TEST

START_TEST(decodes_strings)
{
    const struct {
        struct str raw, text;
    } strings[] = {
        {STR(""), STR("")},
        {STR("plain \xff\0 text"), STR("plain \xff\0 text")},
        {STR("\\\"\\\\\\/\\b\\f\\n\\r\\t"), STR("\"\\/\b\f\n\r\t")},
        {STR("\\u0041\\u00e9\\u20AC\\uFFFF\\u0000."), STR("A\xc3\xa9\xe2\x82\xac\xef\xbf\xbf\0.")},
        {STR("\\u007f\\u0080\\u07ff\\u0800"), STR("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80")},
        {STR("\\ud83d\\ude00\\uD800\\uDC00\\uDBFF\\uDFFF"),
         STR("\xf0\x9f\x98\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")},
        {STR("\\ud800"), STR("\xef\xbf\xbd")},
        {STR("\\udc00\\ud800"), STR("\xef\xbf\xbd\xef\xbf\xbd")},
        {STR("\\ud800\\ud83d\\ude00"), STR("\xef\xbf\xbd\xf0\x9f\x98\x80")},
        {STR("\\ud800\\u0041"), STR("\xef\xbf\xbd"
                                    "A")},
        {STR("\\ud800\\n\\ud800x"), STR("\xef\xbf\xbd\n\xef\xbf\xbdx")},
        {STR("\\ud800\\udc0"), STR("\xef\xbf\xbd\\udc0")},
        {STR("\\q\\u12\\u12g4\\U0041\\"), STR("\\q\\u12\\u12g4\\U0041\\")},
        {STR("\\\\u0041"), STR("\\u0041")},
    };

    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        struct str raw = strings[i].raw;
        char *in = malloc(raw.n + 1), *out = malloc(raw.n + 1);
        ck_assert(in != NULL && out != NULL);
        memcpy(in, raw.p, raw.n);
        out[raw.n] = '#';
        size_t n = jsonstring_decode((struct str){in, raw.n}, out);
        ck_assert_msg(str_eq((struct str){out, n}, strings[i].text), "%s", raw.p);
        ck_assert_int_eq(out[raw.n], '#');
        free(in);
        free(out);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jsonscan");
    TCase *tc = tcase_create("jsonscan");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, all_ways_see_the_same);
    tcase_add_test(tc, sees_backslashes_across_blocks);
    tcase_add_test(tc, closes_brackets);
    tcase_add_test(tc, reads_members);
    tcase_add_test(tc, reads_long_names);
    tcase_add_test(tc, skips_as_it_closes);
    tcase_add_test(tc, decodes_strings);
    suite_add_tcase(suite, tc);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
