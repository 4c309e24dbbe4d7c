/* The rules of DETECTION section 3 on made events, through the engine: judge, effect, report. The
 * cases in tests/cases say the same on whole records; these say which module is wrong. */
#include "ctlock/engine.h"

#include "made_event.h"

#include <check.h>
#include <stdio.h>

#define HOUR 3600

struct seen {
    struct buf text; /* `kind severity source;` for each line */
    bool refuse;
};

static bool note(void *self, struct alert *a)
{
    struct seen *s = self;
    struct str source = event_str(a->event, EF_SOURCE);
    buf_printf(&s->text, "%s%s %s %.*s locked=%zu;", a->type == ALERT_SUPPRESSED ? "- " : "",
               alert_kind_name(a->kind), severity_name(a->severity), (int)source.n, source.p,
               a->n_locked);
    return !s->refuse;
}

struct bench {
    struct seen seen;
    struct engine_options opt;
    struct engine *engine;
};

static struct bench *bench_new(const struct engine_options *opt)
{
    struct bench *b = calloc(1, sizeof *b);
    ck_assert_ptr_nonnull(b);
    b->opt = *opt;
    b->opt.key = made_key;
    b->opt.judge.ttl_s = 6 * HOUR;
    b->opt.judge.grace_s = 600;
    b->opt.judge.settle_s = HOUR;
    b->opt.report.emit = note;
    b->opt.report.self = &b->seen;
    b->opt.report.info = true;
    if (b->opt.report.min_severity == SEVERITY_NONE)
        b->opt.report.min_severity = SEVERITY_LOW;
    b->engine = engine_new(&b->opt);
    ck_assert_ptr_nonnull(b->engine);
    return b;
}

static void bench_free(struct bench *b)
{
    engine_free(b->engine);
    buf_free(&b->seen.text);
    free(b);
}

/* What was seen since the last call. */
static void expect(struct bench *b, const char *text)
{
    buf_putc(&b->seen.text, '\0');
    ck_assert_str_eq(b->seen.text.p, text);
    buf_clear(&b->seen.text);
}

static void give(struct bench *b, unsigned role, int64_t time_s, const struct made_field *more)
{
    static int number;
    char id[16];
    struct made_field fields[16] = {{EF_PARTITION, "aws"},
                                    {EF_ACCOUNT, "111122223333"},
                                    {EF_ROLE, "app"},
                                    {EF_SESSION, "i-00000001"},
                                    {EF_REGION, "us-east-1"}};
    size_t n = 5;
    (void)snprintf(id, sizeof id, "e%d", number++);
    fields[n++] = (struct made_field){EF_EVENT_ID, id};
    for (; more->text; more++)
        fields[n++] = *more;
    struct event *e = make_event(role, time_s, fields);
    ck_assert(engine_add(b->engine, e));
    free(e);
}

static void issue(struct bench *b, int64_t time_s)
{
    give(b, EVENT_ISSUE, time_s, (struct made_field[]){{0, NULL}});
}

static void call(struct bench *b, int64_t time_s, const char *source)
{
    give(b, EVENT_CALL, time_s,
         (struct made_field[]){{EF_SOURCE, source},
                               {EF_EVENT_SOURCE, "s3.amazonaws.com"},
                               {EF_EVENT_NAME, "ListBuckets"},
                               {EF_USER_AGENT, "Boto3/1.26"},
                               {0, NULL}});
}

static void identity(struct bench *b, int64_t time_s, const char *source, const char *agent)
{
    give(b, EVENT_CALL, time_s,
         (struct made_field[]){{EF_SOURCE, source},
                               {EF_EVENT_SOURCE, "sts.amazonaws.com"},
                               {EF_EVENT_NAME, "GetCallerIdentity"},
                               {EF_USER_AGENT, agent},
                               {0, NULL}});
}

START_TEST(the_first_address_locks_and_another_alerts)
{
    struct bench *b = bench_new(&(struct engine_options){0});
    call(b, 5, "203.0.113.10");
    issue(b, 10);
    call(b, 11, "203.0.113.10");
    call(b, 12, "198.51.100.7");
    call(b, 13, "203.0.113.10");
    expect(b, "ip-mismatch high 198.51.100.7 locked=1;");
    const struct judging_stats *s = engine_stats(b->engine);
    ck_assert_uint_eq(s->unknown, 1);
    ck_assert_uint_eq(s->calls, 3);
    ck_assert_uint_eq(s->issues, 1);
    ck_assert_uint_eq(s->alerts[KIND_IP_MISMATCH], 1);
    ck_assert_uint_eq(s->severities[SEVERITY_HIGH], 1);
    ck_assert_uint_eq(s->reported, 1);
    bench_free(b);
}
END_TEST

START_TEST(services_never_lock)
{
    struct bench *b = bench_new(&(struct engine_options){0});
    issue(b, 10);
    call(b, 11, "AWS Internal");
    call(b, 12, "203.0.113.10");
    expect(b, "service-call none AWS Internal locked=0;");
    bench_free(b);
}
END_TEST

START_TEST(a_private_source_needs_an_endpoint)
{
    struct bench *b = bench_new(&(struct engine_options){0});
    issue(b, 10);
    call(b, 11, "10.0.0.5");
    expect(b, "private-ip-mismatch medium 10.0.0.5 locked=0;");
    bench_free(b);
    b = bench_new(&(struct engine_options){.judge.private_ip_any = true});
    issue(b, 10);
    call(b, 11, "10.0.0.5");
    call(b, 12, "10.0.0.6");
    expect(b, "private-ip-mismatch medium 10.0.0.6 locked=1;");
    bench_free(b);
}
END_TEST

START_TEST(a_slot_that_opens_late_is_told)
{
    struct bench *b = bench_new(&(struct engine_options){0});
    issue(b, 10);
    call(b, 11, "203.0.113.10");
    call(b, 11 + HOUR, "2001:db8::1"); /* settled for no longer than an hour */
    expect(b, "");
    bench_free(b);
    b = bench_new(&(struct engine_options){0});
    issue(b, 10);
    call(b, 11, "203.0.113.10");
    call(b, 12 + HOUR, "2001:db8::1");
    call(b, 13 + HOUR, "2001:db8::1");
    expect(b, "new-path medium 2001:db8::1 locked=1;");
    bench_free(b);
}
END_TEST

START_TEST(an_identity_call_locks_for_the_time_being)
{
    struct bench *b = bench_new(&(struct engine_options){0});
    issue(b, 10);
    identity(b, 11, "198.51.100.7", "curl/8");
    identity(b, 12, "198.51.100.7", "Boto3/1");
    call(b, 13, "203.0.113.10");
    identity(b, 14, "198.51.100.7", "Boto3/1");
    identity(b, 15, "198.51.100.7", "curl/8");
    expect(b, "forwarded none 198.51.100.7 locked=0;relock none 203.0.113.10 locked=1;"
              "ip-mismatch medium 198.51.100.7 locked=1;ip-mismatch low 198.51.100.7 locked=1;");
    bench_free(b);
}
END_TEST

START_TEST(any_other_call_makes_it_firm)
{
    struct bench *b = bench_new(&(struct engine_options){0});
    issue(b, 10);
    identity(b, 11, "203.0.113.10", "Boto3/1");
    identity(b, 12, "203.0.113.10", "Boto3/1");
    call(b, 13, "203.0.113.10");
    call(b, 14, "198.51.100.7");
    expect(b, "ip-mismatch high 198.51.100.7 locked=1;");
    bench_free(b);
}
END_TEST

START_TEST(late_calls_change_nothing)
{
    struct bench *b = bench_new(&(struct engine_options){.window_s = 10});
    issue(b, 10);
    call(b, 500, "AWS Internal");
    call(b, 1000, "AWS Internal");
    call(b, 20, "203.0.113.10"); /* late: fine, but no lock */
    call(b, 1001, "198.51.100.7");
    ck_assert(engine_finish(b->engine));
    expect(b, "service-call none AWS Internal locked=0;service-call none AWS Internal locked=0;");
    ck_assert_uint_eq(engine_stats(b->engine)->order.late, 1);
    bench_free(b);
}
END_TEST

START_TEST(a_row_ends_with_its_time)
{
    struct bench *b = bench_new(&(struct engine_options){0});
    issue(b, 10);
    call(b, 11, "203.0.113.10");
    call(b, 10 + 6 * HOUR, "198.51.100.7");
    expect(b, "ip-mismatch high 198.51.100.7 locked=1;");
    call(b, 11 + 6 * HOUR, "198.51.100.7");
    expect(b, "");
    ck_assert_uint_eq(engine_stats(b->engine)->table.live, 0);
    bench_free(b);
}
END_TEST

START_TEST(once_and_severity_hold_back)
{
    struct bench *b = bench_new(&(struct engine_options){.report.once = true});
    issue(b, 10);
    call(b, 11, "203.0.113.10");
    call(b, 12, "198.51.100.7");
    call(b, 13, "198.51.100.7");
    call(b, 14, "198.51.100.8");
    expect(b, "ip-mismatch high 198.51.100.7 locked=1;ip-mismatch high 198.51.100.8 locked=1;");
    ck_assert_uint_eq(engine_stats(b->engine)->alerts[KIND_IP_MISMATCH], 3);
    ck_assert_uint_eq(engine_stats(b->engine)->once, 1);
    ck_assert_uint_eq(engine_stats(b->engine)->reported, 2);
    bench_free(b);
    b = bench_new(&(struct engine_options){.report.min_severity = SEVERITY_CRITICAL});
    issue(b, 10);
    call(b, 11, "203.0.113.10");
    call(b, 12, "198.51.100.7");
    expect(b, "");
    ck_assert_uint_eq(engine_stats(b->engine)->alerts[KIND_IP_MISMATCH], 1);
    ck_assert_uint_eq(engine_stats(b->engine)->reported, 0);
    bench_free(b);
}
END_TEST

START_TEST(adopts_only_what_proves_itself)
{
    struct bench *b = bench_new(&(struct engine_options){.adopt = true});
    static const struct made_field base[] = {{EF_SOURCE, "203.0.113.10"},
                                             {EF_EVENT_SOURCE, "s3.amazonaws.com"},
                                             {EF_EVENT_NAME, "ListBuckets"}};
    static const char *const scopes[] = {"arn:aws:ec2:us-east-1:1:instance/i-00000002",
                                         "arn:aws:ec2:us-east-1:1:volume/i-00000001", "i-00000001",
                                         "arn:aws:ec2:us-east-1:1:instance/i-00000001"};
    for (size_t i = 0; i < 4; i++) {
        give(
            b, EVENT_CALL, 10 + (int64_t)i,
            (struct made_field[]){base[0], base[1], base[2], {EF_ISSUED_TO, scopes[i]}, {0, NULL}});
        ck_assert_uint_eq(engine_stats(b->engine)->table.made, i == 3);
    }
    call(b, 20, "198.51.100.7");
    expect(b, "ip-mismatch high 198.51.100.7 locked=1;");
    bench_free(b);
}
END_TEST

START_TEST(an_alert_that_cannot_be_given_ends_the_run)
{
    struct bench *b = bench_new(&(struct engine_options){0});
    issue(b, 10);
    call(b, 11, "203.0.113.10");
    b->seen.refuse = true;
    struct event *e = make_event(EVENT_CALL, 12,
                                 (struct made_field[]){{EF_PARTITION, "aws"},
                                                       {EF_ACCOUNT, "111122223333"},
                                                       {EF_ROLE, "app"},
                                                       {EF_SESSION, "i-00000001"},
                                                       {EF_SOURCE, "198.51.100.7"},
                                                       {0, NULL}});
    ck_assert(!engine_add(b->engine, e));
    free(e);
    bench_free(b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine");
    TCase *t = tcase_create("engine");
    tcase_add_test(t, the_first_address_locks_and_another_alerts);
    tcase_add_test(t, services_never_lock);
    tcase_add_test(t, a_private_source_needs_an_endpoint);
    tcase_add_test(t, a_slot_that_opens_late_is_told);
    tcase_add_test(t, an_identity_call_locks_for_the_time_being);
    tcase_add_test(t, any_other_call_makes_it_firm);
    tcase_add_test(t, late_calls_change_nothing);
    tcase_add_test(t, a_row_ends_with_its_time);
    tcase_add_test(t, once_and_severity_hold_back);
    tcase_add_test(t, adopts_only_what_proves_itself);
    tcase_add_test(t, an_alert_that_cannot_be_given_ends_the_run);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
