/* Makes CloudTrail records that are awkward but valid JSON, each from a number. */
#ifndef MADE_RECORD_H
#define MADE_RECORD_H

#include "ctlock/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct maker {
    uint64_t state;
    bool spaces;  /* white space between tokens */
    bool escapes; /* in names and values */
    bool odd;     /* wrong types, look-alikes, equal names */
    struct buf out;
};

static unsigned make_pick(struct maker *m, unsigned n)
{
    m->state ^= m->state << 13;
    m->state ^= m->state >> 7;
    m->state ^= m->state << 17;
    return (unsigned)(m->state >> 33) % n;
}

static void make_space(struct maker *m)
{
    while (m->spaces && make_pick(m, 3) == 0)
        buf_putc(&m->out, " \n\r\t"[make_pick(m, 4)]);
}

static void make_token(struct maker *m, const char *token)
{
    make_space(m);
    buf_puts(&m->out, token);
    make_space(m);
}

/* A string; text has no characters but ASCII and no control characters. */
static void make_string(struct maker *m, const char *text)
{
    static const char *const extra[] = {
        "\\ud83d\\ude00", "\\u00e9", "\xc3\xa9",   "\\n", "\\\"",
        "\\\\",           "\\/",     "\\uFFFD\\t", "{",   "\\\\\\\"}"};
    bool escapes = m->escapes && make_pick(m, 3) == 0;

    make_space(m);
    buf_putc(&m->out, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\')
            buf_printf(&m->out, "\\%c", *p);
        else if (*p == '/' && m->escapes && make_pick(m, 2))
            buf_puts(&m->out, "\\/");
        else if (escapes && make_pick(m, 6) == 0)
            buf_printf(&m->out, make_pick(m, 2) ? "\\u%04x" : "\\u%04X", (unsigned)*p);
        else
            buf_putc(&m->out, *p);
    }
    if (m->escapes && make_pick(m, 40) == 0)
        buf_puts(&m->out, extra[make_pick(m, sizeof extra / sizeof *extra)]);
    buf_putc(&m->out, '"');
    make_space(m);
}

/* Any value, in which every name that matters can stand where it does not. */
static void make_noise(struct maker *m, int depth)
{
    static const char *const texts[] = {
        "",
        "x",
        "i-0123456789abcdef0",
        "RunInstances",
        "AssumedRole",
        "}]",
        "\"}",
        "\"eventName\":\"RunInstances\"",
        "{[",
        ":",
        "ec2.amazonaws.com",
        "arn:aws:sts::1:assumed-role/app/i-0123456789abcdef0",
        "\\",
        "a long text that goes on for more than sixty-four bytes, so that it has a middle: ok",
        "2023-07-10T11:55:22Z",
        "sts.amazonaws.com"};
    static const char *const names[] = {
        "userIdentity", "eventTime", "eventName",   "arn",       "type",     "eventSource",
        "errorCode",    "",          "a",           "EventName", "eventNam", "eventName ",
        "credentials",  "roleArn",   "\\eventName", "x\"eventID"};
    static const char *const words[] = {"null", "true", "false", "0", "-1", "12.5e3", "1E-2"};
    unsigned n = make_pick(m, 4);

    switch (depth > 0 ? make_pick(m, 4) : make_pick(m, 2)) {
    case 0:
        make_string(m, texts[make_pick(m, sizeof texts / sizeof *texts)]);
        break;
    case 1:
        make_token(m, words[make_pick(m, sizeof words / sizeof *words)]);
        break;
    case 2:
        make_token(m, "[");
        for (unsigned i = 0; i < n; i++) {
            buf_puts(&m->out, i ? "," : "");
            make_noise(m, depth - 1);
        }
        make_token(m, "]");
        break;
    default:
        make_token(m, "{");
        for (unsigned i = 0; i < n; i++) {
            buf_puts(&m->out, i ? "," : "");
            make_string(m, names[make_pick(m, sizeof names / sizeof *names)]);
            make_token(m, ":");
            make_noise(m, depth - 1);
        }
        make_token(m, "}");
    }
}

/* A member that a shape names: its values separated by `|`; `{` for the object of the next level,
 * `*` for anything, true and null for themselves, `=` before a string that looks like one of these.
 */
struct made_member {
    const char *name;
    const char *values;
    const struct made_member *inside; /* ends with a NULL name */
};

static void make_object(struct maker *m, const struct made_member *shape);

static void make_value(struct maker *m, const struct made_member *member)
{
    const char *p = member->values;
    unsigned n = 1;
    char text[256];

    if (m->odd && make_pick(m, 12) == 0) {
        make_noise(m, 2);
        return;
    }
    for (const char *q = p; *q; q++)
        n += *q == '|';
    for (unsigned i = make_pick(m, n); i > 0; i--)
        p = strchr(p, '|') + 1;
    (void)snprintf(text, sizeof text, "%.*s", (int)strcspn(p, "|"), p);
    if (strcmp(text, "{") == 0)
        make_object(m, member->inside);
    else if (strcmp(text, "*") == 0)
        make_noise(m, 3);
    else if (strcmp(text, "true") == 0 || strcmp(text, "null") == 0)
        make_token(m, text);
    else
        make_string(m, text + (text[0] == '='));
}

/* Most members once, in order or not, and other things between them. */
static void make_object(struct maker *m, const struct made_member *shape)
{
    static const char *const between[] = {"noise", "EventTime", "x\"eventID", "x\"type\"arn",
                                          "\\awsRegion"};
    size_t n = 0, start = 0;
    const char *comma = "";

    while (shape[n].name)
        n++;
    if (make_pick(m, 4) == 0)
        start = make_pick(m, (unsigned)n);
    make_token(m, "{");
    for (size_t i = 0; i < n; i++) {
        const struct made_member *member = &shape[(start + i) % n];
        unsigned times = make_pick(m, 8) == 0 ? 0 : 1;
        times += m->odd && make_pick(m, 10) == 0;
        for (; times; times--) {
            buf_puts(&m->out, comma);
            make_string(m, member->name);
            make_token(m, ":");
            make_value(m, member);
            comma = ",";
        }
        if (m->odd && make_pick(m, 10) == 0) {
            buf_puts(&m->out, comma);
            make_string(m, between[make_pick(m, sizeof between / sizeof *between)]);
            make_token(m, ":");
            make_noise(m, 3);
            comma = ",";
        }
    }
    make_token(m, "}");
}

static const struct made_member made_attributes[] = {
    {"mfaAuthenticated", "false", NULL},
    {"creationDate", "2023-07-10T11:55:22Z|2023-07-10T11:55:2|", NULL},
    {NULL, NULL, NULL}};
static const struct made_member made_context[] = {{"sessionIssuer", "*", NULL},
                                                  {"webIdFederationData", "*", NULL},
                                                  {"attributes", "{", made_attributes},
                                                  {"ec2RoleDelivery", "1.0|2.0", NULL},
                                                  {NULL, NULL, NULL}};
static const struct made_member made_scope[] = {
    {"issuerType", "AWS::EC2::Instance", NULL},
    {"credentialsIssuedTo", "arn:aws:ec2:eu-west-1:1:instance/i-0123456789abcdef0", NULL},
    {NULL, NULL, NULL}};
static const struct made_member made_identity[] = {
    {"type", "AssumedRole|AssumedRole|AssumedRole|IAMUser|AWSService", NULL},
    {"principalId", "AROAX:i-0123456789abcdef0", NULL},
    {"arn",
     "arn:aws:sts::123456789012:assumed-role/app/i-0123456789abcdef0|"
     "arn:aws:sts::123456789012:assumed-role/path/app/i-01234567|"
     "arn:aws-cn:iam::123456789012:assumed-role/app/i-DDd6c7B0e18F0E35f|"
     "arn:aws:sts::123456789012:assumed-role/app/build-7|arn:aws:iam::1:user/i-0123456789abcdef0",
     NULL},
    {"accountId", "123456789012", NULL},
    {"accessKeyId", "ASIAX", NULL},
    {"sessionContext", "{", made_context},
    {"invokedBy", "ec2.amazonaws.com|ecs-tasks.amazonaws.com|null", NULL},
    {"inScopeOf", "{|null", made_scope},
    {NULL, NULL, NULL}};
static const struct made_member made_additional[] = {
    {"AuthenticationMethod", "QueryString|AuthHeader", NULL},
    {"bytesTransferredIn", "*", NULL},
    {NULL, NULL, NULL}};
static const struct made_member made_request[] = {
    {"roleSessionName", "i-0123456789abcdef0|i-01234567|i-0123456|level1|", NULL},
    {"roleArn",
     "arn:aws:iam::1:role/app|arn:aws:iam::1:role/service-role/app|arn:aws:iam::1:user/x", NULL},
    {"instancesSet", "*", NULL},
    {NULL, NULL, NULL}};
static const struct made_member made_credentials[] = {
    {"accessKeyId", "ASIAY", NULL},
    {"sessionToken", "x", NULL},
    {"expiration", "Jul 10, 2023, 6:30:22 PM|Nov 29, 2018 4:31:59 AM|soon", NULL},
    {NULL, NULL, NULL}};
static const struct made_member made_response[] = {{"credentials", "{|null", made_credentials},
                                                   {NULL, NULL, NULL}};
static const struct made_member made_record[] = {
    {"eventVersion", "1.08", NULL},
    {"userIdentity", "{", made_identity},
    {"eventTime", "2023-07-10T11:55:22Z|2023-07-10T11:55:22Z|2023-07-10T11:55:22Z|x|null", NULL},
    {"@timestamp", "2020-09-14T00:48:30.000Z", NULL},
    {"eventSource", "ec2.amazonaws.com|sts.amazonaws.com|ssm.amazonaws.com", NULL},
    {"eventName", "AssumeRole|AssumeRole|RunInstances|DescribeInstances|BidEvictedEvent|GetObject",
     NULL},
    {"awsRegion", "us-east-1", NULL},
    {"sourceIPAddress",
     "ec2.amazonaws.com|ec2.amazonaws.com.cn|ecs-tasks.amazonaws.com|1.2.3.4|10.1.2.3|2001:db8::1|"
     "AWS Internal|253.252.51.07|",
     NULL},
    {"userAgent", "[aws-cli/1.18.136 Python/3.8.5 Darwin/19.5.0 botocore/1.17.59]|x|", NULL},
    {"errorCode", "AccessDenied||null|null|null|null", NULL},
    {"requestParameters", "{|null|*", made_request},
    {"responseElements", "{|null|*", made_response},
    {"additionalEventData", "{", made_additional},
    {"requestID", "b", NULL},
    {"eventID", "a4ff516f-8f9a-4c36-9700-b31a883c1a6e", NULL},
    {"sharedEventID", "9afb1ca1-b70a-480d-8475-233f825f865e", NULL},
    {"readOnly", "true", NULL},
    {"recipientAccountId", "123456789012", NULL},
    {"vpcEndpointId", "vpce-1|x.amazonaws.com", NULL},
    {"vpcEndpointAccountId", "210987654321", NULL},
    {"sessionCredentialFromConsole", "true|=true|=TRUE|=false", NULL},
    {"serviceEventDetails", "*", NULL},
    {"tlsDetails", "*", NULL},
    {NULL, NULL, NULL}};

/* The record of this number is in m->out, which the caller frees. */
static void make_record(struct maker *m, uint64_t number)
{
    buf_clear(&m->out);
    m->state = number * 0x9E3779B97F4A7C15U + 0x1234567;
    for (int i = 0; i < 8; i++)
        (void)make_pick(m, 2);
    m->spaces = make_pick(m, 3) == 0;
    m->escapes = make_pick(m, 3) == 0;
    m->odd = make_pick(m, 2) == 0;
    make_object(m, made_record);
    /* An object and nothing around it. */
    while (m->out.p[0] != '{') {
        memmove(m->out.p, m->out.p + 1, m->out.n - 1);
        m->out.n--;
    }
    while (m->out.p[m->out.n - 1] != '}')
        m->out.n--;
}

#endif
