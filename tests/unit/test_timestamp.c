/* timestamp, duration: the forms of time that records, file names and options use. */
#include "ctlock/duration.h"
#include "ctlock/timestamp.h"

#include "../exact.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* One form after another, with the moment they mean. */
struct row {
    const char *text;
    int64_t time_s;
};

#define BAD TIME_NONE

static void check_row(bool (*parse)(struct str, int64_t *), const struct row *row)
{
    int64_t got = 4711;
    struct str text = exact_of(row->text);
    bool ok = parse(text, &got);
    exact_free(text);
    ck_assert_msg(ok == (row->time_s != BAD), "%s", row->text);
    ck_assert_msg(got == (ok ? row->time_s : 4711), "%s: %lld", row->text, (long long)got);
}

static const struct row timestamps[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1969-12-31T23:59:59Z", -1},
    {"2023-07-10T11:55:22Z", 1688990122},
    {"2023-07-10T11:55:22.1Z", 1688990122},
    {"2023-07-10T11:55:22.999Z", 1688990122},
    {"2023-07-10T11:55:22.999999999999999999999999Z", 1688990122},
    {"2023-07-10T11:55:22+00:00", 1688990122},
    {"2023-07-10T11:55:22-00:00", 1688990122},
    {"2023-07-10T13:55:22+02:00", 1688990122},
    {"2023-07-10T06:25:22.5-05:30", 1688990122},
    {"1969-12-31T23:59:59.999Z", -1},
    {"2000-02-29T12:00:00Z", 951825600},
    {"2024-02-29T00:00:00Z", 1709164800},
    {"2016-12-31T23:59:60Z", 1483228799},
    {"2016-12-31T23:59:59Z", 1483228799},
    {"2038-01-19T03:14:08Z", 2147483648},
    {"0001-01-01T00:00:00Z", -62135596800},
    {"9999-12-31T23:59:59Z", 253402300799},
    {"0001-01-01T00:00:00.5Z", -62135596800},
    {"9999-12-31T23:59:59.5Z", 253402300799},
    {"9999-12-31T23:59:59+00:01", 253402300739},
    {"9999-12-31T23:59:59-00:01", BAD},
    {"0001-01-01T00:00:00+00:01", BAD},
    {"0001-01-01T00:00:00-23:59", -62135596800 + 86340},
    {"0000-12-31T00:00:00Z", BAD},
    {"2023-02-29T00:00:00Z", BAD},
    {"1900-02-29T00:00:00Z", BAD},
    {"2023-02-30T00:00:00Z", BAD},
    {"2023-04-31T00:00:00Z", BAD},
    {"2023-00-10T00:00:00Z", BAD},
    {"2023-13-10T00:00:00Z", BAD},
    {"2023-07-00T00:00:00Z", BAD},
    {"2023-07-32T00:00:00Z", BAD},
    {"2023-07-10T24:00:00Z", BAD},
    {"2023-07-10T23:60:00Z", BAD},
    {"2023-07-10T23:59:61Z", BAD},
    {"2023-07-10T11:55:22", BAD},
    {"2023-07-10T11:55:22z", BAD},
    {"2023-07-10t11:55:22Z", BAD},
    {"2023-07-10 11:55:22Z", BAD},
    {"2023-07-10T11:55:22.Z", BAD},
    {"2023-07-10T11:55:22,5Z", BAD},
    {"2023-07-10T11:55:22.5", BAD},
    {"2023-07-10T11:55:22ZZ", BAD},
    {"2023-07-10T11:55:22Z ", BAD},
    {" 2023-07-10T11:55:22Z", BAD},
    {"2023-07-10T11:55:22+24:00", BAD},
    {"2023-07-10T11:55:22+00:60", BAD},
    {"2023-07-10T11:55:22+0000", BAD},
    {"2023-07-10T11:55:22+00:000", BAD},
    {"2023-07-10T11:55:22+00-00", BAD},
    {"2023-07-10T11:55:22x00:00", BAD},
    {"2023-07-10T11:55:22Z00:00", BAD},
    {"2023-07-10T11:55:22+00", BAD},
    {"2023-07-10T11:55:22+00:0x", BAD},
    {"2023-7-10T11:55:22Z", BAD},
    {"+023-07-10T11:55:22Z", BAD},
    {"2023-07-10T11:55:-2Z", BAD},
    {"2023/07/10T11:55:22Z", BAD},
    {"20230710T115522Z", BAD},
    {"2023-07-10T11:55Z", BAD},
    {"12023-07-10T11:55:22Z", BAD},
    {"1688990122", BAD},
    {"", BAD},
    {NULL, BAD},
};

START_TEST(event_time)
{
    check_row(timestamp_parse, &timestamps[_i]);
}
END_TEST

static const struct row expirations[] = {
    {"Jul 10, 2023, 6:30:22 PM", 1689013822},
    {"Jul 10, 2023, 6:30:22\xe2\x80\xafPM", 1689013822},
    {"Nov 29, 2018 4:31:59 AM", 1543465919},
    {"Nov 29, 2018 12:00:00 AM", 1543449600},
    {"Nov 29, 2018, 12:00:00 PM", 1543492800},
    {"Jan 1, 1970, 12:00:00 AM", 0},
    {"Jan 01, 1970, 01:00:00 AM", 3600},
    {"Feb 29, 2024, 11:59:59 PM", 1709251199},
    {"Feb 29, 2023, 11:59:59 PM", BAD},
    {"Mar 1, 2023, 1:00:00 AM", 1677632400},
    {"Apr 1, 2023, 1:00:00 AM", 1680310800},
    {"May 1, 2023, 1:00:00 AM", 1682902800},
    {"Jun 1, 2023, 1:00:00 AM", 1685581200},
    {"Aug 1, 2023, 1:00:00 AM", 1690851600},
    {"Sep 1, 2023, 1:00:00 AM", 1693530000},
    {"Oct 1, 2023, 1:00:00 AM", 1696122000},
    {"Dec 1, 2023, 1:00:00 AM", 1701392400},
    {"2023-07-10T18:30:22Z", 1689013822},
    {"2023-07-10T18:30:22.000Z", 1689013822},
    {"Jul 10, 2023, 0:30:22 PM", BAD},
    {"Jul 10, 2023, 13:30:22 PM", BAD},
    {"Jul 10, 2023, 18:30:22", BAD},
    {"Jul 10, 2023, 6:30:22 pm", BAD},
    {"Jul 10, 2023, 6:30:22 PM ", BAD},
    {"Jul 10, 2023, 6:30:22 XM", BAD},
    {"Jul 10, 2023, 6:30:22PM", BAD},
    {"Jul 10, 2023, 6:30:22", BAD},
    {"Jul 10, 2023, 6:3:22 PM", BAD},
    {"Jul 10, 2023, 6:60:22 PM", BAD},
    {"Jul 10, 2023,6:30:22 PM", BAD},
    {"Jul 10,2023, 6:30:22 PM", BAD},
    {"Jul 10 2023, 6:30:22 PM", BAD},
    {"Jul 100, 2023, 6:30:22 PM", BAD},
    {"Jul , 2023, 6:30:22 PM", BAD},
    {"Jul 10, 23, 6:30:22 PM", BAD},
    {"jul 10, 2023, 6:30:22 PM", BAD},
    {"Juli 10, 2023, 6:30:22 PM", BAD},
    {"10 Jul, 2023, 6:30:22 PM", BAD},
    {"Jul", BAD},
    {"", BAD},
    {NULL, BAD},
};

START_TEST(expiration)
{
    check_row(timestamp_parse_expiration, &expirations[_i]);
}
END_TEST

static const struct row names[] = {
    {"123456789012_CloudTrail_us-east-1_20230710T1155Z_AbCdEfGhIjKlMnOp.json.gz", 1688990100},
    {"1_CloudTrail_us-gov-west-1_20230710T1155Z_x", 1688990100},
    {"copy_of_1_CloudTrail_eu-west-1_20230710T1155Z_x.json", 1688990100},
    {"a_CloudTrail_b_CloudTrail_eu-west-1_20230710T1155Z_x", 1688990100},
    {"123456789012_CloudTrail-Digest_us-east-1_trail_us-east-1_20230710T1155Z.json.gz", BAD},
    {"123456789012_CloudTrail-Insight_us-east-1_20230710T1155Z_x.json.gz", BAD},
    {"1_CloudTrail_us-east-1_20230710T1155Z", BAD},
    {"1_CloudTrail_us-east-1_20230710T1155_x", BAD},
    {"1_CloudTrail_us-east-1_20230710T115522Z_x", BAD},
    {"1_CloudTrail_us-east-1_20230732T1155Z_x", BAD},
    {"1_CloudTrail_us-east-1_20230710T2455Z_x", BAD},
    {"1_CloudTrail__20230710T1155Z_x", BAD},
    {"1_CloudTrail_us-east-1_", BAD},
    {"1_CloudTrail_us-east-1", BAD},
    {"_CloudTrail_", BAD},
    {"records.json.gz", BAD},
    {"", BAD},
    {NULL, BAD},
};

START_TEST(object_name)
{
    check_row(timestamp_parse_object_name, &names[_i]);
}
END_TEST

static const struct row dates[] = {
    {"1970-01-01", 0},
    {"2024-02-29", 1709164800},
    {"9999-12-31", 253402214400},
    {"2023-02-29", BAD},
    {"2023-2-09", BAD},
    {"2023-02-09 ", BAD},
    {"20230209", BAD},
    {"2023-02-09T", BAD},
    {"2023-02-0x", BAD},
    {"0000-01-01", BAD},
    {"2023-13-01", BAD},
    {"2023/02/09", BAD},
    {"", BAD},
    {NULL, BAD},
};

START_TEST(date)
{
    check_row(timestamp_parse_date, &dates[_i]);
}
END_TEST

static const struct row durations[] = {
    {"0", 0},
    {"0s", 0},
    {"00", 0},
    {"90s", 90},
    {"15m", 900},
    {"6h", 21600},
    {"2d", 172800},
    {"36525d", 3155760000},
    {"3155760000s", 3155760000},
    {"1h30m", 5400},
    {"1d2h3m4s", 93784},
    {"2d5s", 172805},
    {"1h90m", 9000},
    {"1h0m", 3600},
    {"0h0m", 0},
    {"36524d24h", 3155760000},
    {"36525d1s", BAD},
    {"36524d86401s", BAD},
    {"30m1h", BAD},
    {"1h1h", BAD},
    {"1h30", BAD},
    {"1h0", BAD},
    {"1hm", BAD},
    {"h30m", BAD},
    {"1h 30m", BAD},
    {"1.5h30m", BAD},
    {"36526d", BAD},
    {"3155760001s", BAD},
    {"876601h", BAD},
    {"99999999999999999999999s", BAD},
    {"18446744073709551616s", BAD},
    {"6", BAD},
    {"h", BAD},
    {"", BAD},
    {"-1h", BAD},
    {"+1h", BAD},
    {" 1h", BAD},
    {"1h ", BAD},
    {"1 h", BAD},
    {"1.5h", BAD},
    {"1H", BAD},
    {"1w", BAD},
    {"1hh", BAD},
    {"0x1s", BAD},
    {NULL, BAD},
};

START_TEST(duration)
{
    check_row(duration_parse, &durations[_i]);
}
END_TEST

START_TEST(duration_is_written_as_it_is_read)
{
    static const struct {
        int64_t duration_s;
        const char *text;
    } rows[] = {{0, "0"},       {1, "1s"},       {90, "1m30s"}, {900, "15m"},     {5400, "1h30m"},
                {43200, "12h"}, {90000, "1d1h"}, {86400, "1d"}, {86461, "1d1m1s"}};
    struct buf b = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t back;
        buf_clear(&b);
        duration_format(rows[i].duration_s, &b);
        ck_assert(str_eq(buf_view(&b), str_of(rows[i].text)));
        ck_assert(duration_parse(buf_view(&b), &back));
        ck_assert_int_eq(back, rows[i].duration_s);
    }
    buf_free(&b);
}
END_TEST

static void check_format(int64_t time_s, const char *want)
{
    struct buf b = {0};
    timestamp_format(time_s, &b);
    buf_putc(&b, '\0');
    ck_assert_str_eq(b.p, want);
    buf_free(&b);
}

START_TEST(format)
{
    check_format(0, "1970-01-01T00:00:00Z");
    check_format(-1, "1969-12-31T23:59:59Z");
    check_format(1688990122, "2023-07-10T11:55:22Z");
    check_format(951825600, "2000-02-29T12:00:00Z");
    check_format(951868800, "2000-03-01T00:00:00Z");
    check_format(-62135596800, "0001-01-01T00:00:00Z");
    check_format(253402300799, "9999-12-31T23:59:59Z");
    check_format(253402300800, "10000-01-01T00:00:00Z");
    check_format(-62135596801, "0000-12-31T23:59:59Z");
    check_format(INT64_MAX, "292277026596-12-04T15:30:07Z");
    check_format(INT64_MIN, "-292277022657-01-27T08:29:52Z");
}
END_TEST

/* A calendar that only counts: each day of the years 0001 to 9999 has its number. */
START_TEST(every_day_has_its_number)
{
    static const unsigned days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t want = -62135596800;
    for (unsigned y = 1; y <= 9999; y++) {
        bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
        for (unsigned m = 1; m <= 12; m++) {
            unsigned n = days[m - 1] + (m == 2 && leap);
            for (unsigned d = 1; d <= n; d++, want += 86400) {
                char text[11] = {
                    (char)('0' + y / 1000),
                    (char)('0' + y / 100 % 10),
                    (char)('0' + y / 10 % 10),
                    (char)('0' + y % 10),
                    '-',
                    (char)('0' + m / 10),
                    (char)('0' + m % 10),
                    '-',
                    (char)('0' + d / 10),
                    (char)('0' + d % 10),
                };
                int64_t got = TIME_NONE;
                if (!timestamp_parse_date((struct str){text, 10}, &got) || got != want)
                    ck_abort_msg("%s", text);
            }
        }
    }
    ck_assert_int_eq(want, 253402300800);
}
END_TEST

START_TEST(text_and_number_agree_with_the_c_library)
{
    for (int64_t t = -62135596800; t <= 253402300799; t += 1500450271) {
        struct buf b = {0};
        timestamp_format(t, &b);
        int64_t again;
        ck_assert(timestamp_parse(buf_view(&b), &again));
        ck_assert_int_eq(again, t);
        time_t when = (time_t)t;
        struct tm tm;
        ck_assert_ptr_nonnull(gmtime_r(&when, &tm));
        char want[64];
        (void)snprintf(want, sizeof want, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
                       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        ck_assert(str_eq(buf_view(&b), str_of(want)));
        buf_free(&b);
    }
}
END_TEST

START_TEST(each_changed_byte_is_seen)
{
    static const char good[] = "2023-07-10T11:55:22Z";
    for (size_t i = 0; i < 20; i++) {
        for (int c = 0; c < 256; c++) {
            char text[20];
            memcpy(text, good, 20);
            text[i] = (char)c;
            int64_t got;
            bool ok = timestamp_parse((struct str){text, 20}, &got);
            if (!ok)
                continue;
            struct buf b = {0};
            timestamp_format(got, &b);
            ck_assert_msg(str_eq(buf_view(&b), (struct str){text, 20}), "%.20s", text);
            buf_free(&b);
        }
    }
}
END_TEST

/* timestamp_parse, one byte after another. */
static bool plainly_good(const char *p)
{
    static const char form[] = "0000-00-00T00:00:00Z";
    static const char *const highest[6] = {"9999", "12", "31", "23", "59", "60"};
    static const size_t at[6] = {0, 5, 8, 11, 14, 17};
    for (size_t i = 0; i < 20; i++)
        if (form[i] == '0' ? p[i] < '0' || p[i] > '9' : p[i] != form[i])
            return false;
    for (size_t k = 0; k < 6; k++)
        if (memcmp(p + at[k], highest[k], strlen(highest[k])) > 0)
            return false;
    return memcmp(p, "0000", 4) != 0 && memcmp(p + 5, "00", 2) != 0 && memcmp(p + 8, "00", 2) != 0;
}

/* Any two bytes may be anything. No bad byte is made up for by its neighbour. */
START_TEST(each_two_changed_bytes_are_seen)
{
    for (size_t i = 0; i < 20; i++)
        for (size_t k = i + 1; k < 20; k++)
            for (unsigned v = 0; v < 65536; v++) {
                char text[] = "2023-07-10T11:55:22Z";
                int64_t got;
                text[i] = (char)(v & 0xff);
                text[k] = (char)(v >> 8);
                /* Months of 31 days, so that no date but of the others is wrong. */
                if (strchr("02469", text[6]) || text[5] == '1')
                    text[5] = '0', text[6] = '7';
                if (timestamp_parse((struct str){text, 20}, &got) != plainly_good(text))
                    ck_abort_msg("%.20s", text);
            }
}
END_TEST

#define ROWS(a) ((int)(sizeof(a) / sizeof *(a)))

int main(void)
{
    Suite *suite = suite_create("timestamp");
    TCase *t = tcase_create("timestamp");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, event_time, 0, ROWS(timestamps));
    tcase_add_loop_test(t, expiration, 0, ROWS(expirations));
    tcase_add_loop_test(t, object_name, 0, ROWS(names));
    tcase_add_loop_test(t, date, 0, ROWS(dates));
    tcase_add_loop_test(t, duration, 0, ROWS(durations));
    tcase_add_test(t, duration_is_written_as_it_is_read);
    tcase_add_test(t, format);
    tcase_add_test(t, every_day_has_its_number);
    tcase_add_test(t, text_and_number_agree_with_the_c_library);
    tcase_add_test(t, each_changed_byte_is_seen);
    tcase_add_test(t, each_two_changed_bytes_are_seen);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
