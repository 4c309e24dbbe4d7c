#include "ctlock/summary.h"

#include "ctlock/agents.h"
#include "ctlock/coverage.h"
#include "ctlock/duration.h"

#include <cJSON.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static double number(const cJSON *o, const char *name)
{
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(o, name);
    ck_assert_msg(cJSON_IsNumber(n), "%s is no number", name);
    return n->valuedouble;
}

static cJSON *parse(struct buf *out)
{
    cJSON *o = cJSON_ParseWithLength(out->p, out->n);
    ck_assert_ptr_nonnull(o);
    ck_assert_int_eq(out->p[out->n - 1], '\n');
    return o;
}

START_TEST(json_tells_all_counts)
{
    struct reading_stats reading = {.files = 2, .records = 7, .problems = 1, .malformed = 1};
    struct judging_stats judging = {.calls = 5,
                                    .unknown = 1,
                                    .first_s = 0,
                                    .last_s = 10,
                                    .alerts = {[KIND_IP_MISMATCH] = 3, [KIND_NEW_PATH] = 1},
                                    .severities = {[SEVERITY_HIGH] = 4},
                                    .same_uid = 6,
                                    .once = 7,
                                    .below = 8,
                                    .info = {[KIND_RELOCK] = 2}};
    ck_assert(coverage_add(&judging.coverage, STR("1\""), STR("eu"), COVERAGE_CALLS));
    struct summary s = {.reading = &reading, .judging = &judging, .elapsed_ms = 12};
    struct buf out = {0};
    ck_assert(summary_json(&s, &out));
    cJSON *o = parse(&out);
    ck_assert_double_eq(number(o, "files"), 2);
    ck_assert_double_eq(number(o, "alerts"), 4);
    ck_assert_double_eq(number(cJSON_GetObjectItem(o, "alerts_by_kind"), "ip-mismatch"), 3);
    ck_assert_double_eq(number(cJSON_GetObjectItem(o, "alerts_by_severity"), "high"), 4);
    ck_assert_double_eq(number(o, "alerts_with_known_uid"), 6);
    ck_assert_double_eq(number(o, "alerts_left_out_by_once"), 7);
    ck_assert_double_eq(number(o, "alerts_below_min_severity"), 8);
    ck_assert_double_eq(number(cJSON_GetObjectItem(o, "info_by_kind"), "relock"), 2);
    ck_assert_str_eq(cJSON_GetObjectItem(o, "last")->valuestring, "1970-01-01T00:00:10Z");
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(o, "stopped_by")));
    const cJSON *place = cJSON_GetArrayItem(cJSON_GetObjectItem(o, "places"), 0);
    ck_assert_str_eq(cJSON_GetObjectItem(place, "account")->valuestring, "1\"");
    ck_assert_double_eq(number(place, "calls"), 1);
    cJSON_Delete(o);
    buf_free(&out);
    coverage_free(&judging.coverage);
}
END_TEST

static void expect_text(const struct summary *s, const char *part, bool there)
{
    struct buf out = {0};
    ck_assert(summary_text(s, &out));
    buf_putc(&out, '\0');
    ck_assert_msg((strstr(out.p, part) != NULL) == there, "%s: %s", part, out.p);
    buf_free(&out);
}

START_TEST(text_hints_at_what_is_missing)
{
    struct reading_stats reading = {.files = 1, .records = 100};
    struct judging_stats judging = {.first_s = TIME_NONE, .last_s = TIME_NONE};
    struct summary s = {.reading = &reading, .judging = &judging};
    expect_text(&s, "no record is an issue", true);
    expect_text(&s, "event time", false);
    judging.unknown = 2;
    expect_text(&s, "no record is an issue", false);
    expect_text(&s, "--adopt", true);
    s.adopt = true;
    expect_text(&s, "--adopt", false);
    s.adopt = false;
    judging.table.made = 1;
    judging.calls = 3;
    expect_text(&s, "--adopt", false);
    judging.calls = 2;
    expect_text(&s, "hint        2 of 4 calls are unknown: ", true);
    expect_text(&s, "--adopt learns sessions", true);
    expect_text(&s, "no row was ever made", false);
    s.adopt = true;
    expect_text(&s, "--adopt", false);
    s.adopt = false;
    judging.unknown = judging.calls = 0;
    expect_text(&s, "--adopt", false);
}
END_TEST

START_TEST(stop_is_told)
{
    struct reading_stats reading = {.files = 1, .records = 1};
    struct judging_stats judging = {.first_s = TIME_NONE, .last_s = TIME_NONE};
    struct summary s = {.reading = &reading, .judging = &judging};
    expect_text(&s, "stopped", false);
    s.stopped_by = "SIGINT";
    expect_text(&s, "\nstopped     by SIGINT: the rest of the input was not read\n", true);
    struct buf out = {0};
    ck_assert(summary_json(&s, &out));
    cJSON *o = parse(&out);
    ck_assert_str_eq(cJSON_GetObjectItem(o, "stopped_by")->valuestring, "SIGINT");
    cJSON_Delete(o);
    buf_free(&out);
}
END_TEST

static void expect_warning(const struct summary *s, const char *want)
{
    struct buf out = {0};
    ck_assert(summary_warning(s, &out));
    buf_putc(&out, '\0');
    ck_assert_str_eq(out.p, want);
    buf_free(&out);
}

#define MISSING ": they lock nothing, so alerts may be missing"

START_TEST(warns_of_more_than_one_in_a_hundred_late)
{
    struct reading_stats reading = {.files = 1, .records = 100};
    struct judging_stats judging = {
        .unknown = 2, .calls = 98, .order = {.late = 1, .late_behind_s = 42900}};
    struct summary s = {.reading = &reading, .judging = &judging, .window_s = 900};
    expect_text(&s, "order       1 late, up to 11h55m behind the newest, 0 repeated\n", true);
    expect_warning(&s, "");
    judging.order.late = 2;
    expect_warning(&s,
                   "ctlock: warning: 2 of 100 events came too late for --window 15m, up to 11h55m "
                   "behind the newest" MISSING "; --window 12h judges them in their place\n");
    judging.order.waiting = 100; /* they are events, too, but not judged yet */
    expect_warning(&s, "");
    judging.order.waiting = 0;
    s.window_s = 0;
    expect_warning(&s, "");
}
END_TEST

START_TEST(warning_says_what_would_help)
{
    struct reading_stats reading = {.files = 1, .records = 1};
    struct judging_stats judging = {.calls = 1, .order = {.late = 1, .late_behind_s = 5401}};
    struct summary s = {.reading = &reading, .judging = &judging, .window_s = 5400};
    expect_warning(
        &s, "ctlock: warning: 1 of 1 event came too late for --window 1h30m, up to 1h30m1s behind "
            "the newest" MISSING "; --window 1h31m judges them in their place\n");
    judging.order.early = 1;
    expect_warning(
        &s, "ctlock: warning: 1 of 1 event came too late for --window 1h30m, up to 1h30m1s behind "
            "the newest" MISSING
            "; --window 1h31m with a greater --max-window judges them in their place\n");
    judging.order.late_behind_s = 60;
    expect_warning(&s,
                   "ctlock: warning: 1 of 1 event came too late, up to 1m behind the newest" MISSING
                   "; a greater --max-window judges them in their place\n");
    judging.order.early = 0;
    expect_warning(&s,
                   "ctlock: warning: 1 of 1 event came too late, up to 1m behind the newest" MISSING
                   "; a longer --linger judges them in their place\n");
    judging.order.late_behind_s = DURATION_MAX_S + 1; /* no option can say that */
    expect_warning(&s,
                   "ctlock: warning: 1 of 1 event came too late for --window 1h30m, up to 36525d1s "
                   "behind the newest" MISSING "\n");
}
END_TEST

#define ELSEWHERE "; a run over the whole trail without --state"

START_TEST(warning_with_a_state_says_what_would_help)
{
    struct reading_stats reading = {.files = 1, .records = 1};
    struct judging_stats judging = {.calls = 1, .order = {.late = 1, .late_behind_s = 5401}};
    struct summary s = {
        .reading = &reading, .judging = &judging, .window_s = 5400, .has_state = true};
    expect_warning(
        &s, "ctlock: warning: 1 of 1 event came too late for --window 1h30m, up to 1h30m1s behind "
            "the newest" MISSING ELSEWHERE " and with --window 1h31m judges them in their place\n");
    judging.order.early = 1;
    expect_warning(
        &s, "ctlock: warning: 1 of 1 event came too late for --window 1h30m, up to 1h30m1s behind "
            "the newest" MISSING ELSEWHERE
            " and with --window 1h31m and a greater --max-window judges them in their place\n");
    judging.order.late_behind_s = 60;
    expect_warning(
        &s,
        "ctlock: warning: 1 of 1 event came too late, up to 1m behind the newest" MISSING ELSEWHERE
        " and with a greater --max-window judges them in their place\n");
    judging.order.early = 0;
    expect_warning(
        &s,
        "ctlock: warning: 1 of 1 event came too late, up to 1m behind the newest" MISSING ELSEWHERE
        " judges them in their place\n");
    judging.order.late_behind_s = DURATION_MAX_S + 1; /* no option can say that */
    expect_warning(&s,
                   "ctlock: warning: 1 of 1 event came too late for --window 1h30m, up to 36525d1s "
                   "behind the newest" MISSING "\n");
}
END_TEST

START_TEST(places_are_counted_and_sorted)
{
    struct coverage c = {0};
    for (int i = 0; i < 3000; i++) {
        char account[] = {(char)('a' + i % 26), (char)('a' + i % 7), '\0'};
        ck_assert(coverage_add(&c, str_of(account), STR("eu"), COVERAGE_ISSUES));
        ck_assert(coverage_add(&c, str_of(account), (struct str){0}, COVERAGE_UNKNOWN));
    }
    struct coverage_place **p;
    size_t n;
    uint64_t issues = 0, unknown = 0;
    ck_assert(coverage_sorted(&c, &p, &n));
    ck_assert_uint_eq(n, 2 * 26 * 7);
    for (size_t i = 0; i < n; i++) {
        issues += p[i]->count[COVERAGE_ISSUES];
        unknown += p[i]->count[COVERAGE_UNKNOWN];
        if (i) {
            int order = str_cmp(p[i - 1]->account, p[i]->account);
            ck_assert(order < 0 || (order == 0 && str_cmp(p[i - 1]->region, p[i]->region) < 0));
        }
    }
    ck_assert_uint_eq(issues, 3000);
    ck_assert_uint_eq(unknown, 3000);
    free(p);
    coverage_free(&c);
}
END_TEST

static struct str numbered(const char *what, int n)
{
    static char text[64];
    (void)snprintf(text, sizeof text, "%s%d/1", what, n);
    return str_of(text);
}

START_TEST(too_many_families_are_others)
{
    struct agents *a = agents_new();
    struct buf out = {0};
    static char large[5000];
    memset(large, 'x', sizeof large - 1);
    ck_assert(agents_add(a, str_of(large), 5)); /* its name is too long */
    for (int i = 0; i < AGENTS_MAX_FAMILIES + 2; i++)
        ck_assert(agents_add(a, numbered("product", i), 10));
    ck_assert(agents_add(a, STR("product1/1"), 20)); /* known ones are told apart still */
    ck_assert(agents_format(a, false, &out));
    size_t lines = 0;
    for (size_t i = 0; i < out.n; i++)
        lines += out.p[i] == '\n';
    ck_assert_uint_eq(lines, AGENTS_MAX_FAMILIES + 1);
    buf_putc(&out, '\0');
    ck_assert_ptr_nonnull(strstr(out.p, "\nproduct1/1\t2 "));
    char *others = strstr(out.p, "\n# others\t3 1970-01-01T00:00:05Z 1970-01-01T00:00:10Z xxx");
    ck_assert_ptr_nonnull(others);
    ck_assert_uint_lt(strlen(others), 1200);
    buf_clear(&out);
    ck_assert(agents_format(a, true, &out));
    buf_putc(&out, '\0');
    ck_assert_ptr_nonnull(strstr(out.p, "{\"family\":null,\"count\":3,"));
    buf_free(&out);
    agents_free(a);
}
END_TEST

START_TEST(too_many_places_are_others)
{
    struct reading_stats reading = {0};
    static struct judging_stats judging;
    struct coverage *c = &judging.coverage;
    static char large[COVERAGE_MAX_NAME + 2];
    memset(large, 'r', sizeof large - 1);
    ck_assert(coverage_add(c, STR("1"), str_of(large), COVERAGE_UNKNOWN));
    for (int i = 0; i < COVERAGE_MAX_PLACES + 5; i++)
        ck_assert(coverage_add(c, numbered("", i), STR("eu"), COVERAGE_CALLS));
    ck_assert(coverage_add(c, numbered("", 7), STR("eu"), COVERAGE_CALLS));
    ck_assert_uint_eq(c->n, COVERAGE_MAX_PLACES);
    struct summary s = {.reading = &reading, .judging = &judging};
    expect_text(&s, "others, beyond what is told apart: 0 issues, 5 calls judged, 1 unknown", true);
    struct buf out = {0};
    ck_assert(summary_json(&s, &out));
    cJSON *o = parse(&out);
    const cJSON *others = cJSON_GetObjectItem(o, "other_places");
    ck_assert_double_eq(number(others, "calls"), 5);
    ck_assert_double_eq(number(others, "unknown"), 1);
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(o, "places")), COVERAGE_MAX_PLACES);
    cJSON_Delete(o);
    buf_free(&out);
    coverage_free(c);
}
END_TEST

START_TEST(agents_are_listed_by_family)
{
    struct agents *a = agents_new();
    struct buf out = {0};
    ck_assert(agents_add(a, STR("curl/8.1 x\ty"), 20));
    ck_assert(agents_add(a, STR("Boto3/1.26"), 30));
    ck_assert(agents_add(a, STR("Boto3/1.2"), 10));
    ck_assert(agents_format(a, false, &out));
    buf_putc(&out, '\0');
    ck_assert_str_eq(out.p, "Boto3/1\t2 1970-01-01T00:00:10Z 1970-01-01T00:00:30Z Boto3/1.26\n"
                            "curl/8\t1 1970-01-01T00:00:20Z 1970-01-01T00:00:20Z curl/8.1 x\\ty\n");
    buf_clear(&out);
    ck_assert(agents_format(a, true, &out));
    buf_putc(&out, '\0');
    ck_assert_ptr_nonnull(strstr(out.p, "{\"family\":\"Boto3/1\",\"count\":2,"));
    agents_free(a);
    buf_free(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("summary");
    TCase *t = tcase_create("summary");
    tcase_add_test(t, json_tells_all_counts);
    tcase_add_test(t, text_hints_at_what_is_missing);
    tcase_add_test(t, stop_is_told);
    tcase_add_test(t, warns_of_more_than_one_in_a_hundred_late);
    tcase_add_test(t, warning_says_what_would_help);
    tcase_add_test(t, warning_with_a_state_says_what_would_help);
    tcase_add_test(t, places_are_counted_and_sorted);
    tcase_add_test(t, too_many_families_are_others);
    tcase_add_test(t, too_many_places_are_others);
    tcase_add_test(t, agents_are_listed_by_family);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
