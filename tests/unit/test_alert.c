#include "ctlock/alert.h"

#include "made_event.h"

#include <check.h>

static struct event *call(const char *session, const char *agent)
{
    return make_event(EVENT_CALL, 1688990242,
                      (struct made_field[]){{EF_PARTITION, "aws"},
                                            {EF_ACCOUNT, "111122223333"},
                                            {EF_ROLE, "app"},
                                            {EF_SESSION, session},
                                            {EF_SOURCE, "198.51.100.7"},
                                            {EF_EVENT_SOURCE, "sts.amazonaws.com"},
                                            {EF_EVENT_NAME, "GetCallerIdentity"},
                                            {EF_REGION, "us-east-1"},
                                            {EF_EVENT_ID, "e2"},
                                            {EF_ERROR_CODE, "AccessDenied"},
                                            {EF_USER_AGENT, agent},
                                            {0, NULL}});
}

static const struct lock_source home = {.ip = {{203, 0, 113, 10}, 4}, .slot = SLOT_PUBLIC};

static struct alert alert_of(const struct event *e, const struct alert_lock *l, size_t n)
{
    return (struct alert){.kind = KIND_IP_MISMATCH,
                          .severity = SEVERITY_HIGH,
                          .event = e,
                          .ended_s = TIME_NONE,
                          .locked = l,
                          .n_locked = n,
                          .file = STR("a b.json"),
                          .uid = 0xab};
}

static void expect(struct buf *out, const char *text)
{
    ck_assert(!out->failed);
    buf_putc(out, '\0');
    ck_assert_str_eq(out->p, text);
    buf_free(out);
}

START_TEST(text_has_fixed_order_and_leaves_empty_out)
{
    struct buf out = {0};
    struct event *e = call("i-00000001", "curl/8 \033[2J");
    struct lock l;
    ck_assert(lock_init(&l, &home, 1, STR("e1"), false));
    struct alert_lock locks[] = {{.lock = &l}, {.lock = &l}};
    struct alert a = alert_of(e, locks, 2);
    alert_format_text(&a, false, &out);
    expect(&out, "2023-07-10T11:57:22Z ALERT kind=ip-mismatch severity=high account=111122223333 "
                 "role=app instance=i-00000001 source=198.51.100.7 "
                 "locked=203.0.113.10,203.0.113.10 event=sts:GetCallerIdentity region=us-east-1 "
                 "event_id=e2 error=AccessDenied file=\"a b.json\" "
                 "user_agent=\"curl/8 \\u{001b}[2J\" "
                 "locked_since=1970-01-01T00:00:01Z,1970-01-01T00:00:01Z locked_by=e1,e1\n");
    lock_release(&l);
    free(e);
}
END_TEST

START_TEST(text_names_both_sides)
{
    struct buf out = {0};
    struct event *e = call("i-00000001", "x");
    struct lock l, bare;
    ck_assert(lock_init(&l, &home, 1, STR("e 1"), false));
    ck_assert(lock_init(&bare, &home, 2, STR(""), false));
    lock_use(&bare, 9);
    struct alert_lock locks[] = {{.lock = &bare, .sessions = 4}, {.lock = &l, .known = STR("i-9")}};
    struct alert a = alert_of(e, locks, 2);
    a.source_sessions = 3;
    a.source_known = STR("i-8");
    alert_format_text(&a, false, &out);
    buf_putc(&out, '\0');
    ck_assert_ptr_nonnull(strstr(out.p, " known=i-8 "));
    ck_assert_str_eq(strstr(out.p, " user_agent="),
                     " user_agent=x locked_since=1970-01-01T00:00:02Z,1970-01-01T00:00:01Z "
                     "locked_by=\"-,e 1\" locked_sessions=4,- locked_known=-,i-9 "
                     "source_sessions=3\n");
    buf_free(&out);
    lock_release(&l);
    lock_release(&bare);
    free(e);
}
END_TEST

/* An eventID is chosen by a stranger, and must not read as two, or as none. */
START_TEST(a_list_reads_in_one_way)
{
    static const char *const ids[] = {"e1,e2", "-", "", "e%2cx", ",", "--", "e-1"};
    enum { N = sizeof ids / sizeof *ids };
    struct buf out = {0};
    struct event *e = call("i-00000001", "x");
    struct lock l[N];
    struct alert_lock locks[N] = {{.lock = NULL}};
    for (size_t i = 0; i < N; i++) {
        ck_assert(lock_init(&l[i], &home, 1, str_of(ids[i]), false));
        locks[i].lock = &l[i];
    }
    locks[1].known = STR("-");
    struct alert a = alert_of(e, locks, N);
    alert_format_text(&a, false, &out);
    buf_putc(&out, '\0');
    ck_assert_ptr_nonnull(strstr(out.p, " locked_by=e1%2ce2,%2d,-,e%252cx,%2c,--,e-1 "));
    ck_assert_ptr_nonnull(strstr(out.p, " locked_known=-,%2d,-,-,-,-,-\n"));
    buf_clear(&out);
    alert_format_json(&a, &out);
    buf_putc(&out, '\0');
    ck_assert_ptr_nonnull(strstr(out.p, "\"event_id\":\"e1,e2\""));
    ck_assert_ptr_nonnull(strstr(out.p, "\"event_id\":\"-\""));
    ck_assert_ptr_nonnull(strstr(out.p, "\"event_id\":\"e%2cx\""));
    buf_free(&out);
    for (size_t i = 0; i < N; i++)
        lock_release(&l[i]);
    free(e);
}
END_TEST

START_TEST(json_has_every_key)
{
    struct buf out = {0};
    struct event *e = call("worker", "");
    struct lock l;
    ck_assert(lock_init(&l, &home, 1, STR("e1"), false));
    struct alert_lock lock = {.lock = &l, .sessions = 4, .known = STR("i-9")};
    struct alert a = alert_of(e, &lock, 1);
    a.type = ALERT_SUPPRESSED;
    a.ended_s = 60;
    a.exception = STR("x:3");
    alert_format_json(&a, &out);
    expect(&out,
           "{\"type\":\"suppressed\",\"time\":\"2023-07-10T11:57:22Z\",\"kind\":\"ip-mismatch\","
           "\"severity\":\"high\",\"account\":\"111122223333\",\"role\":\"app\",\"instance\":null,"
           "\"session\":\"arn:aws:sts::111122223333:assumed-role/app/worker\",\"source\":"
           "\"198.51.100.7\",\"locked\":[{\"address\":\"203.0.113.10\",\"slot\":\"public\","
           "\"since\":\"1970-01-01T00:00:01Z\",\"last\":\"1970-01-01T00:00:01Z\",\"event_id\":"
           "\"e1\",\"sessions\":4,\"known\":\"i-9\"}],\"source_sessions\":0,\"source_known\":null,"
           "\"event_id\":\"e2\",\"event_name\":\"GetCallerIdentity\",\"event_source\":"
           "\"sts.amazonaws.com\",\"region\":\"us-east-1\",\"user_agent\":\"\",\"access_key_id\":"
           "null,\"error_code\":\"AccessDenied\",\"vpc_endpoint\":null,\"vpc_endpoint_account\":"
           "null,\"ec2_role_delivery\":null,\"ended\":\"1970-01-01T00:01:00Z\",\"late\":false,"
           "\"exception\":\"x:3\",\"file\":"
           "\"a b.json\",\"uid\":\"00000000000000ab\"}\n");
    lock_release(&l);
    free(e);
}
END_TEST

START_TEST(a_session_that_is_no_instance_s_is_named)
{
    struct buf out = {0};
    struct event *e = call("worker", "x");
    struct alert a = alert_of(e, NULL, 0);
    a.type = ALERT_INFO;
    a.kind = KIND_PRESIGNED;
    a.severity = SEVERITY_NONE;
    a.file = STR("-");
    e->flags = EVENT_LATE;
    alert_format_text(&a, false, &out);
    expect(&out, "2023-07-10T11:57:22Z INFO kind=presigned account=111122223333 role=app "
                 "session=worker source=198.51.100.7 event=sts:GetCallerIdentity region=us-east-1 "
                 "event_id=e2 error=AccessDenied late=true file=- user_agent=x\n");
    free(e);
}
END_TEST

START_TEST(colour_surrounds_only_the_type)
{
    struct buf plain = {0}, coloured = {0};
    struct event *e = call("i-00000001", "x");
    struct alert a = alert_of(e, NULL, 0);
    alert_format_text(&a, false, &plain);
    alert_format_text(&a, true, &coloured);
    buf_putc(&coloured, 0);
    ck_assert_ptr_nonnull(strstr(coloured.p, " \033[1;31mALERT\033[0m kind="));
    ck_assert_uint_eq(coloured.n, plain.n + 12);
    buf_free(&plain);
    buf_free(&coloured);
    free(e);
}
END_TEST

START_TEST(severities_have_names)
{
    enum severity s;
    ck_assert(severity_parse(STR("critical"), &s) && s == SEVERITY_CRITICAL);
    ck_assert(!severity_parse(STR("none"), &s));
    ck_assert(!severity_parse(STR(""), &s));
    for (int k = 0; k < KIND_COUNT; k++)
        ck_assert_ptr_nonnull(alert_kind_name((enum alert_kind)k));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alert");
    TCase *t = tcase_create("alert");
    tcase_add_test(t, text_has_fixed_order_and_leaves_empty_out);
    tcase_add_test(t, text_names_both_sides);
    tcase_add_test(t, a_list_reads_in_one_way);
    tcase_add_test(t, json_has_every_key);
    tcase_add_test(t, a_session_that_is_no_instance_s_is_named);
    tcase_add_test(t, colour_surrounds_only_the_type);
    tcase_add_test(t, severities_have_names);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
