/* What extract_record has to say about a record, by way of cJSON's tree: for the unit test and the
 * fuzzer. */
#ifndef EXTRACT_ORACLE_H
#define EXTRACT_ORACLE_H

#include "ctlock/changename.h"
#include "ctlock/extract.h"

#include <cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct oracle {
    enum extract_result result;
    const char *why; /* of EXTRACT_MALFORMED */
    uint8_t roles;
    bool from_console;
    bool instance_session;
    int64_t time_s, creation_s, expiration_s;
    /* NULL or owned. What a number looks like cJSON does not keep: number[] says that it is one. */
    char *text[EVENT_NFIELDS];
    bool number[EVENT_NFIELDS];
    bool present[EVENT_NFIELDS]; /* of the values in raw JSON */
    bool unsure;                 /* a number decides, and cJSON has lost its text */
};

static const cJSON *oracle_get(const cJSON *object, const char *name)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;
}

/* The value as text, or NULL, as where it is empty; *number is set where it is a number. */
static const char *oracle_text(const cJSON *item, bool *number)
{
    *number = cJSON_IsNumber(item);
    if (cJSON_IsTrue(item))
        return "true";
    if (cJSON_IsFalse(item))
        return "false";
    if (*number)
        return "0";
    return cJSON_IsString(item) && *item->valuestring ? item->valuestring : NULL;
}

static void oracle_set(struct oracle *o, enum event_field field, const cJSON *item)
{
    const char *text = oracle_text(item, &o->number[field]);
    o->text[field] = text ? strdup(text) : NULL;
}

static void oracle_set_str(struct oracle *o, enum event_field field, struct str s)
{
    o->text[field] = s.p ? strndup(s.p, s.n) : NULL;
}

static bool oracle_is(const struct oracle *o, enum event_field field, const char *want)
{
    return o->text[field] && !o->number[field] && strcmp(o->text[field], want) == 0;
}

static bool oracle_is_issuer(const struct oracle *o, enum event_field field,
                             const struct extract_options *opt, bool instance)
{
    if (instance &&
        (oracle_is(o, field, "ec2.amazonaws.com") || oracle_is(o, field, "ec2.amazonaws.com.cn")))
        return true;
    for (size_t i = 0; i < opt->n_issuers; i++)
        if (o->text[field] && !o->number[field] && str_eq(str_of(o->text[field]), opt->issuers[i]))
            return true;
    return false;
}

static bool oracle_issue(struct oracle *o, const cJSON *rec, const struct extract_options *opt,
                         struct session_parts *session)
{
    const cJSON *request = oracle_get(rec, "requestParameters");
    bool number;

    if (!oracle_is(o, EF_EVENT_NAME, "AssumeRole") ||
        !oracle_is(o, EF_EVENT_SOURCE, "sts.amazonaws.com") || o->text[EF_ERROR_CODE])
        return false;
    struct str name = str_of(oracle_text(oracle_get(request, "roleSessionName"), &number));
    bool instance = !number && session_is_instance(name);
    o->unsure = number && opt->n_issuers > 0;
    if (name.n == 0 || number ||
        (!oracle_is_issuer(o, EF_SOURCE, opt, instance) &&
         !oracle_is_issuer(o, EF_INVOKED_BY, opt, instance)))
        return false;
    const char *arn = oracle_text(oracle_get(request, "roleArn"), &number);
    if (number || !session_parse_role(str_of(arn), session))
        return false;
    session->session = name;
    return true;
}

static bool oracle_call(const cJSON *identity, const struct extract_options *opt,
                        struct session_parts *session)
{
    const cJSON *type = oracle_get(identity, "type"), *arn = oracle_get(identity, "arn");

    return cJSON_IsString(type) && strcmp(type->valuestring, "AssumedRole") == 0 &&
           cJSON_IsString(arn) && session_parse(str_of(arn->valuestring), session) &&
           (opt->n_issuers > 0 || session_is_instance(session->session));
}

static void oracle_details(struct oracle *o, const cJSON *rec, const struct session_parts *session)
{
    static const struct {
        enum event_field field;
        const char *path[3];
    } plain[] = {
        {EF_EVENT_ID, {"eventID"}},
        {EF_SHARED_EVENT_ID, {"sharedEventID"}},
        {EF_REGION, {"awsRegion"}},
        {EF_USER_AGENT, {"userAgent"}},
        {EF_VPC_ENDPOINT_ID, {"vpcEndpointId"}},
        {EF_VPC_ENDPOINT_ACCOUNT, {"vpcEndpointAccountId"}},
        {EF_RECIPIENT_ACCOUNT, {"recipientAccountId"}},
        {EF_EC2_ROLE_DELIVERY, {"userIdentity", "sessionContext", "ec2RoleDelivery"}},
        {EF_ISSUED_TO, {"userIdentity", "inScopeOf", "credentialsIssuedTo"}},
        {EF_AUTH_METHOD, {"additionalEventData", "AuthenticationMethod"}},
        {EF_ACCESS_KEY_ID, {"userIdentity", "accessKeyId"}},
    };
    static const char *const issued[] = {"responseElements", "credentials", "accessKeyId"};

    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        bool is_issued = plain[i].field == EF_ACCESS_KEY_ID && (o->roles & EVENT_ISSUE);
        const char *const *path = is_issued ? issued : plain[i].path;
        const cJSON *item = rec;
        for (size_t k = 0; k < 3 && path[k]; k++)
            item = oracle_get(item, path[k]);
        oracle_set(o, plain[i].field, item);
    }
    oracle_set_str(o, EF_PARTITION, session->partition);
    oracle_set_str(o, EF_ACCOUNT, session->account);
    oracle_set_str(o, EF_ROLE, session->role);
    oracle_set_str(o, EF_SESSION, session->session);
    o->instance_session = session_is_instance(session->session);
    if (o->roles & EVENT_CHANGE) {
        o->present[EF_REQUEST] = oracle_get(rec, "requestParameters") != NULL;
        o->present[EF_RESPONSE] = oracle_get(rec, "responseElements") != NULL;
        o->present[EF_SERVICE_DETAILS] = oracle_get(rec, "serviceEventDetails") != NULL;
    }
}

static int64_t oracle_time(const cJSON *item, bool (*parse)(struct str, int64_t *))
{
    int64_t time_s;
    return cJSON_IsString(item) && parse(str_of(item->valuestring), &time_s) ? time_s : TIME_NONE;
}

static bool oracle_has(const char *text, size_t n, const char *word)
{
    for (size_t i = 0; i + strlen(word) <= n; i++)
        if (memcmp(text + i, word, strlen(word)) == 0)
            return true;
    return false;
}

/* True for texts that cJSON understands as JSON does: it takes all control characters for white
 * space, cuts strings at a NUL and makes one of a bad escape. */
static bool oracle_applies(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < ' ' && c != '\t' && c != '\n' && c != '\r')
            return false;
        if (c != '\\' || i + 1 == n || text[i + 1] != 'u')
            continue;
        unsigned value = 0;
        for (size_t k = i + 2; k < i + 6; k++) {
            const char *digit = k < n ? memchr("0123456789abcdefABCDEF", text[k], 22) : NULL;
            if (digit == NULL)
                return false;
            value = value * 16 + (*digit != '0');
        }
        if (value == 0)
            return false;
    }
    return true;
}

/* What is to be said of a text that oracle_applies to, whose tree is rec. */
static void oracle_read(struct oracle *o, const cJSON *rec, const char *text, size_t n,
                        const struct extract_options *opt)
{
    const cJSON *identity = oracle_get(rec, "userIdentity");
    struct session_parts session = {0};
    bool number;

    memset(o, 0, sizeof *o);
    o->creation_s = o->expiration_s = TIME_NONE;
    oracle_set(o, EF_EVENT_SOURCE, oracle_get(rec, "eventSource"));
    oracle_set(o, EF_EVENT_NAME, oracle_get(rec, "eventName"));
    oracle_set(o, EF_SOURCE, oracle_get(rec, "sourceIPAddress"));
    oracle_set(o, EF_INVOKED_BY, oracle_get(identity, "invokedBy"));
    oracle_set(o, EF_ERROR_CODE, oracle_get(rec, "errorCode"));
    if (oracle_is(o, EF_ERROR_CODE, "")) {
        free(o->text[EF_ERROR_CODE]);
        o->text[EF_ERROR_CODE] = NULL;
    }
    if (oracle_issue(o, rec, opt, &session)) {
        o->roles = EVENT_ISSUE;
    } else {
        session = (struct session_parts){0};
        o->roles = oracle_call(identity, opt, &session) ? EVENT_CALL : 0;
        if (o->roles == 0)
            session = (struct session_parts){0};
        if (oracle_is(o, EF_EVENT_SOURCE, "ec2.amazonaws.com") && !o->text[EF_ERROR_CODE] &&
            !o->number[EF_EVENT_NAME] && changename_is(str_of(o->text[EF_EVENT_NAME])))
            o->roles |= EVENT_CHANGE;
    }
    const cJSON *event_time = oracle_get(rec, "eventTime"), *when = event_time;
    if (oracle_text(event_time, &number) == NULL)
        when = oracle_get(rec, "@timestamp");
    bool has_time = oracle_text(when, &number) != NULL;
    o->time_s = oracle_time(when, timestamp_parse);
    if (o->roles == 0) {
        bool some_time = event_time || oracle_get(rec, "@timestamp") ||
                         oracle_has(text, n, "\"eventTime\"") ||
                         oracle_has(text, n, "\"@timestamp\"");
        o->result = some_time ? EXTRACT_IRRELEVANT : EXTRACT_MALFORMED;
        o->why = "no eventTime";
        return;
    }
    o->result = o->time_s == TIME_NONE ? EXTRACT_MALFORMED : EXTRACT_EVENT;
    o->why = has_time ? "bad eventTime" : "no eventTime";
    oracle_details(o, rec, &session);
    const cJSON *context = oracle_get(identity, "sessionContext");
    o->creation_s =
        oracle_time(oracle_get(oracle_get(context, "attributes"), "creationDate"), timestamp_parse);
    const cJSON *credentials = oracle_get(oracle_get(rec, "responseElements"), "credentials");
    if (o->roles & EVENT_ISSUE)
        o->expiration_s =
            oracle_time(oracle_get(credentials, "expiration"), timestamp_parse_expiration);
    const cJSON *console = oracle_get(rec, "sessionCredentialFromConsole");
    const char *from_console = oracle_text(console, &number);
    o->from_console = from_console && strcmp(from_console, "true") == 0;
}

static void oracle_free(struct oracle *o)
{
    for (int field = 0; field < EVENT_NFIELDS; field++)
        free(o->text[field]);
}

/* NULL, or the first thing in which an event differs. */
static const char *oracle_compare(const struct oracle *o, const struct event *e)
{
    struct source source =
        source_classify(event_str(e, EF_SOURCE), event_str(e, EF_VPC_ENDPOINT_ID));

    if (e->roles != o->roles)
        return "roles";
    if (e->flags != (o->from_console ? EVENT_FROM_CONSOLE : 0))
        return "flags";
    if (e->instance_session != o->instance_session)
        return "instance_session";
    if (e->time_s != o->time_s || e->creation_s != o->creation_s ||
        e->expiration_s != o->expiration_s)
        return "a time";
    if (e->source.class != source.class || e->source.slot != source.slot ||
        !ip_eq(e->source.ip, source.ip))
        return "source";
    if (e->offset != 0 || e->seq != 0 || e->file != 0 || e->nbytes % 8 != 0)
        return "the frame";
    for (int field = 0; field < EVENT_NFIELDS; field++) {
        struct str got = event_str(e, (enum event_field)field);
        if (field >= EF_REQUEST) {
            if (o->present[field] != (got.p != NULL))
                return "presence of a raw value";
        } else if ((got.p != NULL) != (o->text[field] != NULL)) {
            return "presence of a text";
        } else if (!o->number[field] && !str_eq(got, str_of(o->text[field]))) {
            return "a text";
        }
    }
    return NULL;
}

#endif
