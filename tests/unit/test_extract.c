/* extract, changename: one record → an event. */
#include "ctlock/extract.h"

#include "../exact.h"
#include "ctlock/buf.h"
#include "ctlock/changename.h"
#include "ctlock/eventhash.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define CALL_IDENTITY                                                                              \
    "\"userIdentity\":{\"type\":\"AssumedRole\",\"arn\":\"arn:aws:sts::1:assumed-role/app/"        \
    "i-0123456789abcdef0\"}"
#define TIME "\"eventTime\":\"2023-07-10T11:57:16Z\""

static const struct hash_key key = {7, 8};
static const struct extract_options plain = {.key = {7, 8}};
static const struct str issuers[] = {{"ecs-tasks.amazonaws.com", 23}, {"lambda.amazonaws.com", 20}};
static const struct extract_options with_issuers = {
    .key = {7, 8}, .issuers = issuers, .n_issuers = 2};

static const struct event *event_of(struct extractor *x, const struct extract_options *opt,
                                    const char *text)
{
    const struct event *e = NULL;
    const char *why = NULL;
    enum extract_result result = extract_record(x, opt, str_of(text), &e, &why);
    ck_assert_msg(result == EXTRACT_EVENT, "%d %s: %s", (int)result, why ? why : "", text);
    struct event again = *e; /* hashes are of the text behind it, so they are made in place */
    event_hash(key, x->mem);
    ck_assert_mem_eq(&again.hash, &e->hash, sizeof e->hash);
    return e;
}

static void check_text(const struct event *e, enum event_field field, const char *want)
{
    struct str got = event_str(e, field);
    ck_assert_msg((got.p != NULL) == (want != NULL), "field %d", (int)field);
    ck_assert_msg(str_eq(got, str_of(want)), "field %d is %.*s, not %s", (int)field, (int)got.n,
                  got.p, want);
}

static void check_result(const struct extract_options *opt, const char *text,
                         enum extract_result want, const char *want_why)
{
    struct extractor x = {0};

    for (int full = 0; full < 2; full++) {
        struct extract_options o = *opt;
        const struct event *e = NULL;
        const char *why = NULL;
        o.no_prefilter = full;
        enum extract_result got = extract_record(&x, &o, str_of(text), &e, &why);
        ck_assert_msg(got == want, "%d, not %d: %s", (int)got, (int)want, text);
        ck_assert_msg((e != NULL) == (want == EXTRACT_EVENT), "%s", text);
        if (want_why)
            ck_assert_str_eq(why, want_why);
        else
            ck_assert_msg(why == NULL, "%s", text);
    }
    extract_free(&x);
}

static const char call[] =
    "{\"eventVersion\":\"1.08\",\"userIdentity\":{\"type\":\"AssumedRole\",\"principalId\":"
    "\"AROAX:i-0dbc91f429e48eeed\",\"arn\":\"arn:aws:sts::123837392027:assumed-role/app/"
    "i-0dbc91f429e48eeed\",\"accountId\":\"123837392027\",\"accessKeyId\":\"ASIAX\","
    "\"sessionContext\":{\"sessionIssuer\":{\"type\":\"Role\",\"arn\":\"arn:aws:iam::123837392027:"
    "role/app\"},\"webIdFederationData\":{},\"attributes\":{\"creationDate\":"
    "\"2023-07-10T11:55:22Z\",\"mfaAuthenticated\":\"false\"},\"ec2RoleDelivery\":\"2.0\"},"
    "\"inScopeOf\":{\"credentialsIssuedTo\":\"arn:aws:ec2:us-east-1:123837392027:instance/"
    "i-0dbc91f429e48eeed\"}},\"eventTime\":\"2023-07-10T11:57:16Z\",\"eventSource\":"
    "\"ssm.amazonaws.com\",\"eventName\":\"UpdateInstanceInformation\",\"awsRegion\":\"us-east-1\","
    "\"sourceIPAddress\":\"3.225.16.109\",\"userAgent\":\"aws-sdk-go/1.41.4\",\"errorCode\":"
    "\"AccessDenied\",\"requestParameters\":{\"instanceId\":\"i-0dbc91f429e48eeed\"},"
    "\"responseElements\":null,\"additionalEventData\":{\"AuthenticationMethod\":\"QueryString\"},"
    "\"requestID\":\"1bad62b2\",\"eventID\":\"6bf8950b\",\"readOnly\":false,\"eventType\":"
    "\"AwsApiCall\",\"managementEvent\":true,\"recipientAccountId\":\"210987654321\","
    "\"sharedEventID\":\"9afb1ca1\",\"vpcEndpointId\":\"vpce-0d98\",\"vpcEndpointAccountId\":"
    "\"345678901234\",\"sessionCredentialFromConsole\":\"true\"}";

START_TEST(reads_a_call)
{
    struct extractor x = {0};
    const struct event *e = event_of(&x, &plain, call);

    ck_assert_uint_eq(e->roles, EVENT_CALL);
    ck_assert_uint_eq(e->flags, EVENT_FROM_CONSOLE);
    ck_assert(e->instance_session);
    ck_assert_int_eq(e->time_s, 1688990236);
    ck_assert_int_eq(e->creation_s, 1688990122);
    ck_assert(e->expiration_s == TIME_NONE);
    ck_assert_int_eq(e->source.class, SOURCE_ADDRESS);
    ck_assert_int_eq(e->source.slot, SLOT_PRIVATE);
    ck_assert_uint_eq(e->nbytes % 8, 0);
    check_text(e, EF_EVENT_ID, "6bf8950b");
    check_text(e, EF_SHARED_EVENT_ID, "9afb1ca1");
    check_text(e, EF_EVENT_SOURCE, "ssm.amazonaws.com");
    check_text(e, EF_EVENT_NAME, "UpdateInstanceInformation");
    check_text(e, EF_REGION, "us-east-1");
    check_text(e, EF_SOURCE, "3.225.16.109");
    check_text(e, EF_USER_AGENT, "aws-sdk-go/1.41.4");
    check_text(e, EF_ERROR_CODE, "AccessDenied");
    check_text(e, EF_PARTITION, "aws");
    check_text(e, EF_ACCOUNT, "123837392027");
    check_text(e, EF_ROLE, "app");
    check_text(e, EF_SESSION, "i-0dbc91f429e48eeed");
    check_text(e, EF_ACCESS_KEY_ID, "ASIAX");
    check_text(e, EF_INVOKED_BY, NULL);
    check_text(e, EF_VPC_ENDPOINT_ID, "vpce-0d98");
    check_text(e, EF_VPC_ENDPOINT_ACCOUNT, "345678901234");
    check_text(e, EF_EC2_ROLE_DELIVERY, "2.0");
    check_text(e, EF_ISSUED_TO, "arn:aws:ec2:us-east-1:123837392027:instance/i-0dbc91f429e48eeed");
    check_text(e, EF_AUTH_METHOD, "QueryString");
    check_text(e, EF_RECIPIENT_ACCOUNT, "210987654321");
    check_text(e, EF_REQUEST, NULL);
    extract_free(&x);
}
END_TEST

#define ISSUE(SOURCE, INVOKED, ARN, SESSION, REST)                                                 \
    "{\"requestParameters\":{\"roleSessionName\":\"" SESSION "\",\"roleArn\":\"" ARN "\"},"        \
    "\"userIdentity\":{\"invokedBy\":\"" INVOKED "\",\"type\":\"AWSService\"},"                    \
    "\"responseElements\":{\"credentials\":{\"expiration\":\"Sep 14, 2020, 6:57:19 AM\","          \
    "\"accessKeyId\":\"ASIAY\"}},\"eventName\":\"AssumeRole\",\"sourceIPAddress\":\"" SOURCE "\"," \
    "\"eventSource\":\"sts.amazonaws.com\"," REST                                                  \
    "\"@timestamp\":\"2020-09-14T00:48:30.000Z\",\"eventID\":\"1da\"}"
#define ROLE "arn:aws:iam::123456789123:role/service-role/app"

START_TEST(reads_an_issue)
{
    static const char issue[] = ISSUE("ec2.amazonaws.com", "x", ROLE, "i-0317f6c6b66ae9c40", "");
    struct extractor x = {0};
    const struct event *e = event_of(&x, &plain, issue);

    ck_assert_uint_eq(e->roles, EVENT_ISSUE);
    ck_assert(e->instance_session);
    ck_assert_int_eq(e->time_s, 1600044510);
    ck_assert_int_eq(e->expiration_s, 1600066639);
    ck_assert_int_eq(e->source.class, SOURCE_SERVICE);
    check_text(e, EF_PARTITION, "aws");
    check_text(e, EF_ACCOUNT, "123456789123");
    check_text(e, EF_ROLE, "app");
    check_text(e, EF_SESSION, "i-0317f6c6b66ae9c40");
    check_text(e, EF_ACCESS_KEY_ID, "ASIAY");
    check_text(e, EF_REQUEST, NULL);
    extract_free(&x);
}
END_TEST

START_TEST(knows_issues)
{
    const char *ec2_by_invoker = ISSUE("1.2.3.4", "ec2.amazonaws.com.cn", ROLE, "i-01234567", "");
    const char *level1 = ISSUE("lambda.amazonaws.com", "x", ROLE, "level1", "");

    check_result(&plain, ec2_by_invoker, EXTRACT_EVENT, NULL);
    check_result(&plain, level1, EXTRACT_IRRELEVANT, NULL);
    check_result(&with_issuers, level1, EXTRACT_EVENT, NULL);
    check_result(&with_issuers, ISSUE("lambda.amazonaws.com", "x", ROLE, "", ""),
                 EXTRACT_IRRELEVANT, NULL);
    check_result(&with_issuers, ISSUE("ec2.amazonaws.com", "x", ROLE, "level1", ""),
                 EXTRACT_IRRELEVANT, NULL);
    check_result(&plain, ISSUE("ec2.amazonaws.com", "x", ROLE, "i-0123456", ""), EXTRACT_IRRELEVANT,
                 NULL);
    check_result(&plain, ISSUE("ec2.amazonaws.com", "x", "arn:aws:iam::1:user/x", "i-01234567", ""),
                 EXTRACT_IRRELEVANT, NULL);
    check_result(&plain,
                 ISSUE("ec2.amazonaws.com", "x", ROLE, "i-01234567", "\"errorCode\":\"E\","),
                 EXTRACT_IRRELEVANT, NULL);
    check_result(&plain, ISSUE("ec2.amazonaws.com", "x", ROLE, "i-01234567", "\"errorCode\":0,"),
                 EXTRACT_IRRELEVANT, NULL);
    check_result(&plain, ISSUE("ec2.amazonaws.com", "x", ROLE, "i-01234567", "\"errorCode\":\"\","),
                 EXTRACT_EVENT, NULL);
    check_result(&plain, ISSUE("ec2.amazonaws.com", "x", ROLE, "i-01234567", "\"errorCode\":{},"),
                 EXTRACT_EVENT, NULL);
    check_result(&plain, ISSUE("ec2.amazonaws.com.", "", ROLE, "i-01234567", ""),
                 EXTRACT_IRRELEVANT, NULL);
}
END_TEST

START_TEST(knows_calls)
{
    check_result(&plain, "{" CALL_IDENTITY "," TIME "}", EXTRACT_EVENT, NULL);
    const char *other = "{\"userIdentity\":{\"type\":\"AssumedRole\",\"arn\":\"arn:aws:sts::1:"
                        "assumed-role/app/build-7\"}," TIME "}";
    check_result(&plain, other, EXTRACT_IRRELEVANT, NULL);
    check_result(&with_issuers, other, EXTRACT_EVENT, NULL);
    check_result(&plain,
                 "{\"userIdentity\":{\"type\":\"IAMUser\",\"arn\":\"arn:aws:sts::1:assumed-role/"
                 "app/i-0123456789abcdef0\"}," TIME "}",
                 EXTRACT_IRRELEVANT, NULL);
}
END_TEST

START_TEST(reads_a_change)
{
    static const char change[] =
        "{" TIME ",\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":\"BidEvictedEvent\","
        "\"requestParameters\" : null ,\"responseElements\":[ {\"a\\n\":\"}\"} ],"
        "\"serviceEventDetails\":{ \"x\": 1},\"userIdentity\":{\"accessKeyId\":\"AKIAX\"}}";
    struct extractor x = {0};
    const struct event *e = event_of(&x, &plain, change);

    ck_assert_uint_eq(e->roles, EVENT_CHANGE);
    ck_assert(!e->instance_session);
    check_text(e, EF_REQUEST, "null");
    check_text(e, EF_RESPONSE, "[ {\"a\\n\":\"}\"} ]");
    check_text(e, EF_SERVICE_DETAILS, "{ \"x\": 1}");
    check_text(e, EF_ACCESS_KEY_ID, "AKIAX");
    check_text(e, EF_SESSION, NULL);
    check_text(e, EF_ACCOUNT, NULL);

    e = event_of(&x, &plain,
                 "{" TIME "," CALL_IDENTITY ",\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":"
                 "\"AssociateAddress\"}");
    ck_assert_uint_eq(e->roles, EVENT_CHANGE | EVENT_CALL);
    check_text(e, EF_SESSION, "i-0123456789abcdef0");
    check_text(e, EF_REQUEST, NULL);
    extract_free(&x);

    check_result(&plain,
                 "{" TIME ",\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":\"RunInstances\","
                 "\"errorCode\":\"Client.X\"}",
                 EXTRACT_IRRELEVANT, NULL);
    check_result(&plain,
                 "{" TIME ",\"eventSource\":\"x.amazonaws.com\",\"eventName\":\"RunInstances\"}",
                 EXTRACT_IRRELEVANT, NULL);
}
END_TEST

START_TEST(knows_the_changes)
{
    static const char *const names[] = {"AllocateAddress",
                                        "ReleaseAddress",
                                        "AssociateAddress",
                                        "DisassociateAddress",
                                        "RunInstances",
                                        "CreateNetworkInterface",
                                        "AttachNetworkInterface",
                                        "DetachNetworkInterface",
                                        "DeleteNetworkInterface",
                                        "AssignPrivateIpAddresses",
                                        "AssignIpv6Addresses",
                                        "UnassignPrivateIpAddresses",
                                        "UnassignIpv6Addresses",
                                        "CreateNatGateway",
                                        "AssociateNatGatewayAddress",
                                        "DisassociateNatGatewayAddress",
                                        "DeleteNatGateway",
                                        "StartInstances",
                                        "StopInstances",
                                        "TerminateInstances",
                                        "BidEvictedEvent"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[256];
        (void)snprintf(text, sizeof text,
                       "{%s,\"eventName\":\"%s\",\"eventSource\":\"ec2.amazonaws.com\"}", TIME,
                       names[i]);
        check_result(&plain, text, EXTRACT_EVENT, NULL);
        ck_assert(changename_is(str_of(names[i])));
        for (size_t n = 0; n < strlen(names[i]); n++)
            ck_assert(!changename_is((struct str){names[i], n}));
    }
    ck_assert(!changename_is(STR("DescribeInstances")));
    ck_assert(!changename_is(STR("runInstances")));
    ck_assert(!changename_is(STR("RunInstances ")));
    ck_assert(!changename_is((struct str){0}));
}
END_TEST

static int64_t time_of(struct extractor *x, struct str rec)
{
    int64_t time_s;
    ck_assert(extract_time(x, rec, &time_s));
    return time_s;
}

START_TEST(reads_the_time)
{
    struct extractor x = {0};

    check_result(&plain, "{" CALL_IDENTITY "}", EXTRACT_MALFORMED, "no eventTime");
    check_result(&plain, "{" CALL_IDENTITY ",\"eventTime\":null}", EXTRACT_MALFORMED,
                 "no eventTime");
    check_result(&plain, "{" CALL_IDENTITY ",\"eventTime\":{},\"x\":1}", EXTRACT_MALFORMED,
                 "no eventTime");
    check_result(&plain, "{" CALL_IDENTITY ",\"eventTime\":1688990236}", EXTRACT_MALFORMED,
                 "bad eventTime");
    check_result(&plain, "{" CALL_IDENTITY ",\"eventTime\":\"\",\"x\":1}", EXTRACT_MALFORMED,
                 "no eventTime");
    ck_assert_int_eq(event_of(&x, &plain,
                              "{" CALL_IDENTITY
                              ",\"eventTime\":\"\",\"@timestamp\":\"2020-09-14T00:48:30.000Z\"}")
                         ->time_s,
                     1600044510);
    check_result(&plain, "{" CALL_IDENTITY ",\"eventTime\":null," TIME "}", EXTRACT_MALFORMED,
                 "no eventTime");
    ck_assert_int_eq(event_of(&x, &plain,
                              "{" CALL_IDENTITY
                              ",\"eventTime\":null,\"@timestamp\":\"2020-09-14T00:48:30.000Z\"}")
                         ->time_s,
                     1600044510);
    ck_assert_int_eq(time_of(&x, STR("{" TIME "}")), 1688990236);
    ck_assert_int_eq(time_of(&x, STR("{\"event\\u0054ime\":\"2023-07-10T11:57:16Z\"}")),
                     1688990236);
    ck_assert(time_of(&x, STR("{\"a\":{" TIME "}}")) == TIME_NONE);
    ck_assert(time_of(&x, STR("[" TIME "]")) == TIME_NONE);
    ck_assert(time_of(&x, STR("{\"eventTime\":\"x\"}")) == TIME_NONE);
    ck_assert(time_of(&x, (struct str){0}) == TIME_NONE);
    extract_free(&x);
}
END_TEST

START_TEST(refuses_what_is_no_record)
{
    check_result(&plain, "", EXTRACT_MALFORMED, "not an object");
    check_result(&plain, "[{}]", EXTRACT_MALFORMED, "not an object");
    check_result(&plain, "\"x\"", EXTRACT_MALFORMED, "not an object");
    check_result(&plain, "{}", EXTRACT_MALFORMED, "no eventTime");
    check_result(&plain, "{\"a\":1}", EXTRACT_MALFORMED, "no eventTime");
    check_result(&plain, "{\"eventtime\":1}", EXTRACT_MALFORMED, "no eventTime");
    check_result(&plain, "{\"eventTime\":null}", EXTRACT_IRRELEVANT, NULL);
    check_result(&plain, "{\"@timestamp\":1}", EXTRACT_IRRELEVANT, NULL);
    check_result(&plain, "{\"event\\u0054ime\":1}", EXTRACT_IRRELEVANT, NULL);
    check_result(&plain, "{\"event\\u0055ime\":1}", EXTRACT_MALFORMED, "no eventTime");
    check_result(&plain, "{\"a\":{\"eventTime\":1}}", EXTRACT_IRRELEVANT, NULL);
}
END_TEST

/* want is the reason or a part of it; NULL where nothing is wrong. */
static void check_first(const char *text, const char *want)
{
    struct extractor x = {0};
    struct str exact = exact_of(text);
    const char *why = "";

    ck_assert(extract_first(&x, exact, &why));
    ck_assert_msg(!why == !want && (!want || strstr(why, want)), "%s: %s", text, why ? why : "-");
    exact_free(exact);
    extract_free(&x);
}

START_TEST(looks_at_a_first_record)
{
    check_first("{\"eventTime\":\"x\",\"detail\":{}}", NULL);
    check_first("{\"eventTime\":null}", NULL);
    check_first("{\"eventTime\":\"x\",\"userIdentity\":\"{\\\"type\\\":1}\"}", "userIdentity");
    check_first("{\"eventTime\":\"x\",\"userIdentity\":\"x\"}", NULL);
    check_first("{\"eventTime\":\"x\",\"userIdentity\":{\"a\":\"{\"}}", NULL);
    check_first("{\"event\\u0054ime\":1,\"records\":[]}", NULL);
    check_first("{\"@timestamp\":1,\"eventName\":\"x\",\"event\":{\"original\":\"{}\"}}", NULL);
    check_first("{\"@timestamp\":1,\"eventName\":\"x\"}", NULL);
    check_first("{\"@timestamp\":1}", "no eventTime and no eventName");
    check_first("{\"@timestamp\":1,\"message\":\"{}\"}", "Logstash");
    check_first("{\"@timestamp\":1,\"event\":{\"original\":\"{}\"}}", "Beats");
    check_first("{\"detail\":{" TIME "}}", "EventBridge");
    check_first("{\"records\":[{" TIME "}]}", "Records");
    check_first("{\"a\":{" TIME "}}", "no eventTime");
    check_first("{}", "no eventTime");
    check_first("[]", NULL); /* told of by extract_record */
    check_first("", NULL);
}
END_TEST

START_TEST(resolves_escapes)
{
    struct extractor x = {0};
    const struct event *e = event_of(
        &x, &plain,
        "{\"userIdent\\u0069ty\":{\"t\\u0079pe\":\"Assumed\\u0052ole\",\"\\u0061rn\":\"arn:aws:"
        "sts::1:assumed-role\\/app\\u002f\\u0069\\u002D0123456789abcdef0\"},\"event\\u0054ime\":"
        "\"2023-07-10T11:57:16\\u005a\",\"userAgent\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"
        "\\ud83d\\ude00\\ud800\\ud83dx\\udc00\\u0000|\\q\\u12g4\"}");

    check_text(e, EF_SESSION, "i-0123456789abcdef0");
    struct str agent = event_str(e, EF_USER_AGENT);
    ck_assert(str_eq(agent, STR("\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbdx"
                                "\xef\xbf\xbd\0|\\q\\u12g4")));
    extract_free(&x);
    /* Each letter of what decides relevance, one at a time. */
    static const char *const decisive[] = {
        "{" CALL_IDENTITY "," TIME "}",
        "{" TIME ",\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":\"RunInstances\"}",
        ISSUE("ec2.amazonaws.com", "x", ROLE, "i-0317f6c6b66ae9c40", "")};
    for (size_t i = 0; i < sizeof decisive / sizeof *decisive; i++)
        for (size_t at = 0; at < strlen(decisive[i]); at++) {
            char text[1024];
            if (strchr("{}\":, ", decisive[i][at]))
                continue;
            (void)snprintf(text, sizeof text, "%.*s\\u%04x%s", (int)at, decisive[i],
                           (unsigned)decisive[i][at], decisive[i] + at + 1);
            check_result(&plain, text, EXTRACT_EVENT, NULL);
        }
}
END_TEST

START_TEST(is_not_taken_in)
{
    /* Look-alikes in other objects and in strings, equal names, names in another case. */
    static const char *const irrelevant[] = {
        "{" TIME ",\"requestParameters\":{" CALL_IDENTITY "}}",
        "{" TIME ",\"x\":[{" CALL_IDENTITY "}]}",
        "{" TIME ",\"x\":\"\\\"userIdentity\\\":{\\\"type\\\":\\\"AssumedRole\\\"\"}",
        "{" TIME ",\"userIdentity\":{}," CALL_IDENTITY "}",
        "{" TIME ",\"userIdentity\":null," CALL_IDENTITY "}",
        "{" TIME ",\"userIdentity\":\"x\"," CALL_IDENTITY "}",
        "{" TIME ",\"userIdentity\":["
        "{\"type\":\"AssumedRole\"}"
        "]," CALL_IDENTITY "}",
        "{" TIME
        ",\"UserIdentity\":{\"type\":\"AssumedRole\",\"arn\":\"arn:aws:sts::1:assumed-role/"
        "app/i-0123456789abcdef0\"}}",
        "{" TIME
        ",\"userIdentity\":{\"type\":null,\"type\":\"AssumedRole\",\"arn\":\"arn:aws:sts::1:"
        "assumed-role/app/i-0123456789abcdef0\"}}",
        "{" TIME
        ",\"userIdentity\":{\"sessionContext\":{\"type\":\"AssumedRole\",\"arn\":\"arn:aws:"
        "sts::1:assumed-role/app/i-0123456789abcdef0\"}}}",
        "{" TIME ",\"type\":\"AssumedRole\",\"arn\":\"arn:aws:sts::1:assumed-role/app/"
        "i-0123456789abcdef0\"}",
        "{" TIME ",\"requestParameters\":{\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":"
        "\"RunInstances\"}}",
        "{" TIME ",\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":\"x\",\"eventName\":"
        "\"RunInstances\"}",
    };

    for (size_t i = 0; i < sizeof irrelevant / sizeof *irrelevant; i++)
        check_result(&plain, irrelevant[i], EXTRACT_IRRELEVANT, NULL);
}
END_TEST

START_TEST(takes_scalars_as_they_are_written)
{
    struct extractor x = {0};
    const struct event *e = event_of(
        &x, &plain,
        "{" CALL_IDENTITY "," TIME ",\"errorCode\": -12.50e+3 ,\"userAgent\":true,"
        "\"awsRegion\":null,\"eventID\":[\"x\"],\"sourceIPAddress\":{\"a\":1},\"sharedEventID\""
        ":\"\",\"sessionCredentialFromConsole\":true}");

    check_text(e, EF_ERROR_CODE, "-12.50e+3");
    check_text(e, EF_USER_AGENT, "true");
    check_text(e, EF_REGION, NULL);
    check_text(e, EF_EVENT_ID, NULL);
    check_text(e, EF_SOURCE, NULL);
    check_text(e, EF_SHARED_EVENT_ID, NULL);
    ck_assert_uint_eq(e->flags, EVENT_FROM_CONSOLE);
    ck_assert_int_eq(e->source.class, SOURCE_SERVICE);
    e = event_of(&x, &plain,
                 "{" CALL_IDENTITY "," TIME ",\"sessionCredentialFromConsole\":\"false\"}");
    ck_assert_uint_eq(e->flags, 0);
    extract_free(&x);
}
END_TEST

START_TEST(survives_depth_and_nul)
{
    enum { DEPTH = 100000 };
    struct extractor x = {0};
    struct buf b = {0};

    buf_puts(&b, "{\"x\":");
    for (int i = 0; i < DEPTH; i++)
        buf_puts(&b, i % 2 ? "{\"a\":" : "[");
    for (int i = DEPTH; i > 0; i--)
        buf_putc(&b, i % 2 ? ']' : '}');
    buf_puts(&b, "," CALL_IDENTITY "," TIME "}");
    buf_putc(&b, '\0');
    ck_assert(!b.failed);
    check_text(event_of(&x, &plain, b.p), EF_SESSION, "i-0123456789abcdef0");
    /* Opened and never closed. */
    buf_clear(&b);
    buf_puts(&b, "{" CALL_IDENTITY "," TIME ",\"x\":");
    for (int i = 0; i < DEPTH; i++)
        buf_puts(&b, "[");
    buf_putc(&b, '\0');
    check_text(event_of(&x, &plain, b.p), EF_SESSION, "i-0123456789abcdef0");
    buf_free(&b);

    static const char nul[] =
        "{" CALL_IDENTITY ",\0" TIME ",\"user\0Agent\":\"a\0b\",\"awsRegion\":"
        "\"c\0d\"}";
    const struct event *e = NULL;
    const char *why = NULL;
    ck_assert_int_eq(extract_record(&x, &plain, (struct str){nul, sizeof nul - 1}, &e, &why),
                     EXTRACT_EVENT);
    check_text(e, EF_USER_AGENT, NULL);
    ck_assert(str_eq(event_str(e, EF_REGION), STR("c\0d")));
    extract_free(&x);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("extract");
    TCase *tc = tcase_create("extract");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, reads_a_call);
    tcase_add_test(tc, reads_an_issue);
    tcase_add_test(tc, knows_issues);
    tcase_add_test(tc, knows_calls);
    tcase_add_test(tc, reads_a_change);
    tcase_add_test(tc, knows_the_changes);
    tcase_add_test(tc, reads_the_time);
    tcase_add_test(tc, refuses_what_is_no_record);
    tcase_add_test(tc, looks_at_a_first_record);
    tcase_add_test(tc, resolves_escapes);
    tcase_add_test(tc, is_not_taken_in);
    tcase_add_test(tc, takes_scalars_as_they_are_written);
    tcase_add_test(tc, survives_depth_and_nul);
    suite_add_tcase(suite, tc);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
