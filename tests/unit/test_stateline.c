#include "ctlock/stateline.h"

#include "ctlock/timestamp.h"

#include <check.h>
#include <stdlib.h>

static struct buf out;
static struct stateline in;

static void setup(void)
{
    out = (struct buf){0};
    in = (struct stateline){0};
}

static void teardown(void)
{
    buf_free(&out);
    stateline_free(&in);
}

/* What was written, without its line feed, is the line being read. */
static struct str start(void)
{
    ck_assert(!out.failed && out.n > 0 && out.p[out.n - 1] == '\n');
    return stateline_start(&in, (struct str){out.p, out.n - 1});
}

static void read_line(const char *line)
{
    (void)stateline_start(&in, str_of(line));
}

static void assert_text(struct str got, const char *wanted)
{
    ck_assert(got.p != NULL);
    ck_assert(str_eq(got, str_of(wanted)));
}

START_TEST(test_all_kinds_come_back)
{
    struct ip v4, v6;
    uint64_t hash;
    int64_t n;
    ck_assert(ip_parse(STR("198.51.100.7"), &v4) && ip_parse(STR("2001:db8::1"), &v6));
    stateline_begin(&out, "row");
    stateline_text(&out, "name", STR("web"));
    stateline_text(&out, "empty", STR(""));
    stateline_number(&out, "low", -999999999999999999);
    stateline_time(&out, "when", 1688989904);
    stateline_flag(&out, "set", true);
    stateline_ip(&out, "v4", v4);
    stateline_ip(&out, "v6", v6);
    stateline_hash(&out, "mark", UINT64_C(0x0123456789abcdef));
    stateline_open(&out, "list", '[');
    stateline_text(&out, NULL, STR("a"));
    stateline_number(&out, NULL, 7);
    stateline_open(&out, NULL, '{');
    stateline_text(&out, "in", STR("b"));
    stateline_close(&out, '}');
    stateline_close(&out, ']');
    stateline_end(&out);
    ck_assert(str_eq(buf_view(&out),
                     STR("{\"type\":\"row\",\"name\":\"web\",\"empty\":\"\",\"low\":"
                         "-999999999999999999,\"when\":1688989904,\"set\":true,"
                         "\"v4\":\"198.51.100.7\",\"v6\":\"2001:db8::1\","
                         "\"mark\":\"0123456789abcdef\",\"list\":[\"a\",7,{\"in\":\"b\"}]}\n")));
    assert_text(start(), "row");
    assert_text(stateline_read_text(&in, "name"), "web");
    assert_text(stateline_read_text(&in, "empty"), "");
    ck_assert(stateline_read_number(&in, "low", &n) && n == -999999999999999999);
    ck_assert_int_eq(stateline_read_time(&in, "when"), 1688989904);
    ck_assert(stateline_read_flag(&in, "set"));
    ck_assert(ip_eq(stateline_read_ip(&in, "v4"), v4));
    ck_assert(ip_eq(stateline_read_ip(&in, "v6"), v6));
    ck_assert(stateline_read_hash(&in, "mark", &hash) && hash == UINT64_C(0x0123456789abcdef));
    ck_assert(stateline_enter(&in, "list", '['));
    ck_assert(stateline_more(&in, ']'));
    assert_text(stateline_read_text(&in, NULL), "a");
    ck_assert(stateline_more(&in, ']') && stateline_read_number(&in, NULL, &n) && n == 7);
    ck_assert(stateline_more(&in, ']') && stateline_enter(&in, NULL, '{'));
    assert_text(stateline_read_text(&in, "in"), "b");
    ck_assert(!stateline_more(&in, '}') && !stateline_more(&in, ']'));
    ck_assert(stateline_finish(&in));
}
END_TEST

START_TEST(test_nothing_to_say_is_left_out)
{
    int64_t n = 5;
    uint64_t hash = 6;
    stateline_begin(&out, "t");
    stateline_text(&out, "a", (struct str){0});
    stateline_time(&out, "b", TIME_NONE);
    stateline_flag(&out, "c", false);
    stateline_ip(&out, "d", (struct ip){0});
    stateline_number(&out, "e", 0);
    stateline_end(&out);
    ck_assert(str_eq(buf_view(&out), STR("{\"type\":\"t\",\"e\":0}\n")));
    assert_text(start(), "t");
    ck_assert(stateline_read_text(&in, "a").p == NULL);
    ck_assert(stateline_read_time(&in, "b") == TIME_NONE);
    ck_assert(!stateline_read_flag(&in, "c"));
    ck_assert(!stateline_read_ip(&in, "d").family);
    ck_assert(!stateline_read_hash(&in, "d", &hash) && hash == 6);
    ck_assert(!stateline_read_number(&in, "ee", &n) && n == 5);
    ck_assert(!stateline_enter(&in, "list", '['));
    ck_assert(stateline_read_number(&in, "e", &n) && n == 0);
    ck_assert(stateline_finish(&in));
}
END_TEST

/* Every byte, alone and behind others, every pair of bytes, and every character. */
START_TEST(test_any_text_comes_back)
{
    for (unsigned i = 0; i < 0x10000; i++) {
        char bytes[3] = {(char)(i & 0xff), (char)(i >> 8), 'x'};
        buf_clear(&out);
        stateline_begin(&out, "t");
        stateline_text(&out, "v", (struct str){bytes, sizeof bytes});
        stateline_text(&out, "w", STR("behind"));
        stateline_end(&out);
        (void)start();
        struct str got = stateline_read_text(&in, "v");
        ck_assert(str_eq(got, (struct str){bytes, sizeof bytes}));
        assert_text(stateline_read_text(&in, "w"), "behind");
        ck_assert(str_eq(got, (struct str){bytes, sizeof bytes}));
        ck_assert(stateline_finish(&in));
    }
    for (uint32_t c = 0x80; c < 0x110000; c++) {
        char utf8[4];
        size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        for (size_t i = n; i-- > 0;)
            utf8[i] = (char)((i        ? 0x80
                              : n == 2 ? 0xc0
                              : n == 3 ? 0xe0
                                       : 0xf0) |
                             (c >> 6 * (n - 1 - i) & (i ? 0x3f : 0x1f)));
        buf_clear(&out);
        stateline_begin(&out, "t");
        stateline_text(&out, "v", (struct str){utf8, n});
        stateline_end(&out);
        (void)start();
        ck_assert(str_eq(stateline_read_text(&in, "v"), (struct str){utf8, n}));
        ck_assert(stateline_finish(&in));
    }
}
END_TEST

START_TEST(test_wrong_lines_are_refused)
{
    static const char *const lines[] = {"",
                                        "x",
                                        "{",
                                        "{}",
                                        "{\"type\":7}",
                                        "{\"type\":\"t}",
                                        "[\"type\"]",
                                        "{\"type\":\"t\"",
                                        "{\"type\":\"t\"}x",
                                        "{\"type\":\"t\",}",
                                        "{\"type\":\"t\",\"v\":1}",
                                        "{\"type\":\"\\x\"}",
                                        "{\"type\":\"\\u12\"}",
                                        "{\"type\":\"\\"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        read_line(lines[i]);
        ck_assert_msg(!stateline_finish(&in), "%s", lines[i]);
        ck_assert(in.why != NULL && in.at <= strlen(lines[i]));
    }
}
END_TEST

START_TEST(test_wrong_values_are_refused)
{
    int64_t n;
    uint64_t hash;
    read_line("{\"type\":\"t\",\"v\":\"7\"}");
    ck_assert(!stateline_read_number(&in, "v", &n) && in.why);
    read_line("{\"type\":\"t\",\"v\":9223372036854775808}");
    ck_assert(!stateline_read_number(&in, "v", &n) && in.why);
    read_line("{\"type\":\"t\",\"v\":-9223372036854775809}");
    ck_assert(!stateline_read_number(&in, "v", &n) && in.why);
    read_line("{\"type\":\"t\",\"v\":99999999999999999999999999}");
    ck_assert(!stateline_read_number(&in, "v", &n) && in.why);
    read_line("{\"type\":\"t\",\"v\":9223372036854775807}");
    ck_assert(stateline_read_number(&in, "v", &n) && n == INT64_MAX && !in.why);
    read_line("{\"type\":\"t\",\"v\":-9223372036854775808}");
    ck_assert(stateline_read_number(&in, "v", &n) && n == INT64_MIN && !in.why);
    read_line("{\"type\":\"t\",\"v\":-}");
    ck_assert(!stateline_read_number(&in, "v", &n) && in.why);
    read_line("{\"type\":\"t\",\"v\":999999999999999999}");
    ck_assert(stateline_read_time(&in, "v") == TIME_NONE && in.why);
    read_line("{\"type\":\"t\",\"v\":false}");
    ck_assert(!stateline_read_flag(&in, "v") && in.why);
    read_line("{\"type\":\"t\",\"v\":\"1.2.3\"}");
    ck_assert(!stateline_read_ip(&in, "v").family && in.why);
    read_line("{\"type\":\"t\",\"v\":\"0123456789abcde\"}");
    ck_assert(!stateline_read_hash(&in, "v", &hash) && in.why);
    read_line("{\"type\":\"t\",\"v\":\"0123456789ABCDEF\"}");
    ck_assert(!stateline_read_hash(&in, "v", &hash) && in.why);
    read_line("{\"type\":\"t\",\"v\":7}");
    ck_assert(!stateline_enter(&in, "v", '[') && in.why);
}
END_TEST

/* A list that is cut, or lacks a comma, must not be read for ever. */
START_TEST(test_wrong_lists_end)
{
    static const char *const lines[] = {"{\"type\":\"t\",\"v\":[", "{\"type\":\"t\",\"v\":[\"a\"",
                                        "{\"type\":\"t\",\"v\":[\"a\"\"b\"]}",
                                        "{\"type\":\"t\",\"v\":[7]}",
                                        "{\"type\":\"t\",\"v\":[\"a\",]}"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        size_t n = 0;
        read_line(lines[i]);
        ck_assert(stateline_enter(&in, "v", '['));
        while (stateline_more(&in, ']')) {
            (void)stateline_read_text(&in, NULL);
            ck_assert_uint_lt(n++, 5);
        }
        ck_assert_msg(!stateline_finish(&in), "%s", lines[i]);
    }
}
END_TEST

/* The first fault is told, and where. */
START_TEST(test_first_fault_stays)
{
    read_line("{\"type\":\"t\",\"v\":7,\"w\":\"x\"}");
    stateline_reject(&in, "one");
    stateline_reject(&in, "two");
    ck_assert_str_eq(in.why, "one");
    ck_assert(stateline_read_text(&in, "w").p == NULL);
    ck_assert(!stateline_finish(&in));
    ck_assert_str_eq(in.why, "one");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("stateline");
    TCase *c = tcase_create("core");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_all_kinds_come_back);
    tcase_add_test(c, test_nothing_to_say_is_left_out);
    tcase_add_test(c, test_any_text_comes_back);
    tcase_add_test(c, test_wrong_lines_are_refused);
    tcase_add_test(c, test_wrong_values_are_refused);
    tcase_add_test(c, test_wrong_lists_end);
    tcase_add_test(c, test_first_fault_stays);
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
