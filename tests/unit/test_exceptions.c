/* exceptions: the two forms of rules, what they fit, and what is told about bad ones; with glob and
 * nearest, which they rest on. */
#include "ctlock/exceptions.h"

#include "../exact.h"
#include "ctlock/glob.h"
#include "ctlock/nearest.h"
#include "ctlock/textfile.h"
#include "ctlock/timestamp.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct exceptions *set_of(const char *text, bool json)
{
    struct exceptions *x = exceptions_new();
    ck_assert_ptr_nonnull(x);
    struct buf why = {0};
    struct str exact = exact_of(text);
    ck_assert_msg(exceptions_parse(x, "rules", exact, json, &why), "%.*s", (int)why.n, why.p);
    exact_free(exact);
    ck_assert_uint_eq(why.n, 0);
    return x;
}

/* A call that changes in one thing only. */
static struct exception_query usual(void)
{
    struct exception_query q = {
        .partition = STR("aws"),
        .account = STR("123456789012"),
        .role = STR("app-web"),
        .instance = STR("i-0123456789abcdef0"),
        .event_source = STR("ec2.amazonaws.com"),
        .event_name = STR("RunInstances"),
        .kind = KIND_IP_MISMATCH,
    };
    ck_assert(ip_parse(STR("10.1.2.3"), &q.ip));
    ck_assert(timestamp_parse(STR("2023-07-10T11:55:22Z"), &q.time_s));
    return q;
}

static long find_by(const char *rules, bool json, const struct exception_query *q)
{
    struct exceptions *x = set_of(rules, json);
    long found = exceptions_find(x, q);
    exceptions_free(x);
    return found;
}

static const struct {
    const char *rule;
    bool fits;
} lines[] = {
    {"10.1.2.3", true},
    {"10.1.2.4", false},
    {"10.0.0.0/8", true},
    {"0.0.0.0/0", true},
    {"::/0", false},
    {"::ffff:10.0.0.0/104", true},
    {"10.0.0.0/8 account=123456789012", true},
    {"10.0.0.0/8 account=123456789013", false},
    {"10.0.0.0/8 account=anonymous", false},
    {"10.0.0.0/8 account=account-1", false},
    {"10.0.0.0/8 role=app-web", true},
    {"10.0.0.0/8 role=app-*", true},
    {"10.0.0.0/8 role=app", false},
    {"10.0.0.0/8 role=APP-*", false},
    {"10.0.0.0/8 role=?pp-w?b", true},
    {"10.0.0.0/8 instance=i-0123456789abcdef0", true},
    {"10.0.0.0/8 instance=i-0123456789abcdef", false},
    {"10.0.0.0/8 event=RunInstances", true},
    {"10.0.0.0/8 event=ec2:RunInstances", true},
    {"10.0.0.0/8 event=ec2:Run*", true},
    {"10.0.0.0/8 event=ec2:*", true},
    {"10.0.0.0/8 event=ec2*", true},
    {"10.0.0.0/8 event=*2?Run*", true},
    {"10.0.0.0/8 event=s3:*", false},
    {"10.0.0.0/8 event=ec2", false},
    {"10.0.0.0/8 event=ec2:", false},
    {"10.0.0.0/8 event=runinstances", false},
    {"10.0.0.0/8 kind=ip-mismatch", true},
    {"10.0.0.0/8 kind=*-mismatch", true},
    {"10.0.0.0/8 kind=private-*", false},
    {"10.0.0.0/8 kind=console-use", false},
    {"10.0.0.0/8 exp=2023-07-10", true},
    {"10.0.0.0/8 exp=2023-07-09", false},
    {"10.0.0.0/8 exp=9999-12-31", true},
    {"10.0.0.0/8 exp=2023-07-10 kind=ip* event=Run* instance=i-0123456789abcdef0 role=* "
     "account=123456789012",
     true},
    {"10.0.0.0/8 exp=2023-07-10 kind=ip* event=Run* instance=i-0123456789abcdef0 role=x "
     "account=123456789012",
     false},
    {" \t10.1.2.3 \t  role=app-web\t", true},
    {"10.1.2.3 role=app-web # because", true},
    {"10.1.2.3\t#role=nobody", true},
    {"10.1.2.3 role=app#web", false},
    {"10.1.2.3\r\n", true},
    {"10.1.2.3 role=app-web\r\t\r\n", true},
    {"\xef\xbb\xbf"
     "10.1.2.3",
     true},
    {"# 10.1.2.3", false},
    {"   # 10.1.2.3", false},
    {"\n\r\n \t\n", false},
    {"", false},
};

START_TEST(line_form)
{
    struct exception_query q = usual();
    ck_assert_msg((find_by(lines[_i].rule, false, &q) >= 0) == lines[_i].fits, "%s",
                  lines[_i].rule);
}
END_TEST

START_TEST(kinds_covered_without_a_selector)
{
    static const struct {
        const char *name;
        enum alert_kind kind;
        bool plain;
    } kinds[] = {
        {"ip-mismatch", KIND_IP_MISMATCH, true},
        {"private-ip-mismatch", KIND_PRIVATE_IP_MISMATCH, true},
        {"new-path", KIND_NEW_PATH, true},
        {"user-agent", KIND_USER_AGENT, true},
        {"console-use", KIND_CONSOLE_USE, false},
        {"use-after-terminate", KIND_USE_AFTER_TERMINATE, false},
        {"use-while-stopped", KIND_USE_WHILE_STOPPED, false},
        {"foreign-vpc-endpoint", KIND_FOREIGN_VPC_ENDPOINT, false},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct exception_query q = usual();
        q.kind = kinds[i].kind;
        ck_assert_msg((find_by("10.0.0.0/8", false, &q) == 0) == kinds[i].plain, "%s",
                      kinds[i].name);
        ck_assert_int_eq(find_by("10.0.0.0/8 kind=*", false, &q), 0);
        char named[64];
        (void)snprintf(named, sizeof named, "10.0.0.0/8 kind=%s", kinds[i].name);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            q.kind = kinds[k].kind;
            ck_assert_int_eq(find_by(named, false, &q), k == i ? 0 : -1);
        }
    }
}
END_TEST

START_TEST(the_last_day_ends_at_midnight)
{
    struct exception_query q = usual();
    ck_assert(timestamp_parse(STR("2023-07-10T23:59:59Z"), &q.time_s));
    ck_assert_int_eq(find_by("10.1.2.3 exp=2023-07-10", false, &q), 0);
    q.time_s++;
    ck_assert_int_eq(find_by("10.1.2.3 exp=2023-07-10", false, &q), -1);
}
END_TEST

START_TEST(no_address_fits_nothing)
{
    struct exception_query q = usual();
    q.ip = (struct ip){0};
    ck_assert_int_eq(find_by("0.0.0.0/0\n::/0", false, &q), -1);
}
END_TEST

START_TEST(the_first_rule_in_the_file_wins)
{
    struct exception_query q = usual();
    ck_assert_int_eq(find_by("9.0.0.0/8\n10.0.0.0/8\n10.1.2.3", false, &q), 1);
    ck_assert_int_eq(find_by("9.0.0.0/8\n10.1.2.3\n10.0.0.0/8", false, &q), 1);
    ck_assert_int_eq(find_by("10.1.2.3 role=x\n10.0.0.0/8\n10.1.2.3\n0.0.0.0/0", false, &q), 1);
    ck_assert_int_eq(find_by("10.1.2.3 role=x\n10.1.2.3 role=y\n10.1.2.3", false, &q), 2);
    ck_assert_int_eq(find_by("10.1.2.3\n10.1.2.3", false, &q), 0);
}
END_TEST

static const char *const bad_lines[][2] = {
    {"10.0.0.1/8", "f:1: 10.0.0.1/8: host bits are set"},
    {"10.0.0.0/33", "f:1: 10.0.0.0/33: the prefix length is not a number from 0 to 32"},
    {"1.2.3.4\n\n  frog", "f:3: frog: not an address"},
    {"role=x", "f:1: \"role=x\": not an address"},
    {"10.0.0.0/8,11.0.0.0/8", "f:1: 10.0.0.0/8,11.0.0.0/8: the prefix length is not a number "
                              "from 0 to 32"},
    {"1.2.3.4#5", "f:1: 1.2.3.4#5: not an address"},
    {"1.2.3.4 rol=x", "f:1: unknown selector rol; did you mean role?"},
    {"1.2.3.4 Account=x", "f:1: unknown selector Account; did you mean account?"},
    {"1.2.3.4 expires=2023-01-01",
     "f:1: unknown selector expires; known are account, role, instance, event, kind, exp"},
    {"1.2.3.4 =x",
     "f:1: unknown selector \"\"; known are account, role, instance, event, kind, exp"},
    {"1.2.3.4 partition=aws",
     "f:1: unknown selector partition; known are account, role, instance, event, kind, exp"},
    {"1.2.3.4 frog", "f:1: frog is not a selector (NAME=VALUE)"},
    {"1.2.3.4 5.6.7.8", "f:1: 5.6.7.8 is not a selector (NAME=VALUE)"},
    {"1.2.3.4 role = web", "f:1: role has no value (NAME=VALUE, without spaces)"},
    {"1.2.3.4 role=\"web\"", "f:1: \"\\\"web\\\"\": a value is written without quotation marks"},
    {"1.2.3.4 event=s3.amazonaws.com:*",
     "f:1: s3.amazonaws.com:*: a service is written like s3, in s3:ListBuckets"},
    {"1.2.3.4 event=S3:List*", "f:1: S3:List*: a service is written like s3, in s3:ListBuckets"},
    {"1.2.3.4 event=s3:*,ec2:*",
     "f:1: s3:*,ec2:*: event= takes one pattern; give each a rule of its own"},
    {"1.2.3.4 event=Get*,", "f:1: Get*,: event= takes one pattern; give each a rule of its own"},
    {"1.2.3.4 event=s3/Get*", "f:1: s3/Get*: an event is written like s3:ListBuckets, without a /"},
    {"1.2.3.4 event=s3:* ec2:*", "f:1: ec2:* is not a selector (NAME=VALUE)"},
    {"1.2.3.4 role=", "f:1: role= has no value"},
    {"1.2.3.4 role= x", "f:1: role= has no value"},
    {"1.2.3.4 role=x role=x", "f:1: role= is given twice"},
    {"1.2.3.4 role=arn:aws:iam::111122223333:role/a/b/web",
     "f:1: arn:aws:iam::111122223333:role/a/b/web: a role is a name, not an ARN; did you mean "
     "web?"},
    {"1.2.3.4 role=arn:aws:sts::1:assumed-role/web/i-0a",
     "f:1: arn:aws:sts::1:assumed-role/web/i-0a: a role is a name, not an ARN; did you mean web?"},
    {"1.2.3.4 role=arn:aws:sts::1:assumed-role/web",
     "f:1: arn:aws:sts::1:assumed-role/web: a role is a name, not an ARN; did you mean web?"},
    {"1.2.3.4 role=arn:aws:iam::111122223333:role",
     "f:1: arn:aws:iam::111122223333:role: a role is a name, not an ARN"},
    {"1.2.3.4 role=arn:aws:iam::111122223333:role/",
     "f:1: arn:aws:iam::111122223333:role/: a role is a name, not an ARN"},
    {"1.2.3.4 role=a/b:c", "f:1: a/b:c: a role is a name, without its path; did you mean b:c?"},
    {"1.2.3.4 role=service-role/web-*",
     "f:1: service-role/web-*: a role is a name, without its path; did you mean web-*?"},
    {"1.2.3.4 role=/", "f:1: /: a role is a name, without its path"},
    {"1.2.3.4 instance=i-*", "f:1: i-*: instance= takes no * or ?"},
    {"1.2.3.4 instance=i-0a?", "f:1: i-0a?: instance= takes no * or ?"},
    {"1.2.3.4 account=12345678901", "f:1: 12345678901 is not an account id of 12 digits"},
    {"1.2.3.4 account=1234567890123", "f:1: 1234567890123 is not an account id of 12 digits"},
    {"1.2.3.4 account=1111-2222-3333",
     "f:1: 1111-2222-3333 is not an account id of 12 digits; did you mean 111122223333?"},
    {"1.2.3.4 account=1111-2222-333", "f:1: 1111-2222-333 is not an account id of 12 digits"},
    {"1.2.3.4 account=111122223-33", "f:1: 111122223-33 is not an account id of 12 digits"},
    {"1.2.3.4 account=111122223333,444455556666",
     "f:1: 111122223333,444455556666 is not an account id of 12 digits"},
    {"1.2.3.4 account=-", "f:1: - is not an account id of 12 digits"},
    {"1.2.3.4 account=1234*", "f:1: 1234*: an account takes no * or ?"},
    {"1.2.3.4 exp=2023-02-30", "f:1: 2023-02-30 is not a date (YYYY-MM-DD)"},
    {"1.2.3.4 exp=2023-1-1", "f:1: 2023-1-1 is not a date (YYYY-MM-DD)"},
    {"1.2.3.4 exp=never", "f:1: never is not a date (YYYY-MM-DD)"},
    {"1.2.3.4 kind=ip-mismach", "f:1: unknown kind ip-mismach; did you mean ip-mismatch?"},
    {"1.2.3.4 kind=frog", "f:1: unknown kind frog; known are ip-mismatch, private-ip-mismatch, "
                          "new-path, user-agent, console-use, use-after-terminate, "
                          "use-while-stopped, foreign-vpc-endpoint"},
    {"1.2.3.4\r\n\x1b[2J\xe2\x80\xae\r\n", "f:2: \"\\u{001b}[2J\\u{202e}\": not an address"},
};

START_TEST(bad_line)
{
    struct exceptions *x = set_of("9.9.9.9", false);
    struct buf why = {0};
    struct str text = exact_of(bad_lines[_i][0]);
    ck_assert(!exceptions_parse(x, "f", text, false, &why));
    exact_free(text);
    buf_putc(&why, '\0');
    ck_assert_str_eq(why.p, bad_lines[_i][1]);
    buf_free(&why);
    /* What was there stays, and nothing of the bad file. */
    ck_assert_uint_eq(exceptions_count(x), 1);
    struct exception_query q = usual();
    ck_assert(ip_parse(STR("1.2.3.4"), &q.ip));
    ck_assert_int_eq(exceptions_find(x, &q), -1);
    ck_assert(ip_parse(STR("9.9.9.9"), &q.ip));
    ck_assert_int_eq(exceptions_find(x, &q), 0);
    exceptions_free(x);
}
END_TEST

START_TEST(long_texts_are_cut_in_messages)
{
    struct buf text = {0}, why = {0};
    for (int i = 0; i < 100000; i++)
        buf_putc(&text, 'x');
    struct exceptions *x = exceptions_new();
    ck_assert(!exceptions_parse(x, "f", buf_view(&text), false, &why));
    ck_assert_uint_lt(why.n, 200);
    ck_assert(str_ends(buf_view(&why), STR("xxx...: not an address")));
    exceptions_free(x);
    buf_free(&text);
    buf_free(&why);
}
END_TEST

static const struct {
    const char *text;
    bool fits;
} jsons[] = {
    {"{}", false},
    {" {\n}\n \r\n", false},
    {"{\"arn:aws:iam::123456789012:role/app-web\":[]}", false},
    {"{\"arn:aws:iam::123456789012:role/app-web\":[\"10.0.0.0/8\"]}", true},
    {"{\"arn:aws:iam::123456789012:role/app-web\":[\"1.1.1.1\", \"10.1.2.3\"]}", true},
    {"{\"arn:aws:iam::123456789012:role/service-role/a/app-web\":[\"10.0.0.0/8\"]}", true},
    {"{\"arn:aws:iam::123456789012:role//app-web\":[\"10.0.0.0/8\"]}", true},
    {"{\"arn:aws:iam::123456789012:role/app-*\":[\"10.0.0.0/8\"]}", true},
    {"{\"arn:aws:iam::123456789012:role/app-web/x\":[\"10.0.0.0/8\"]}", false},
    {"{\"arn:aws-cn:iam::123456789012:role/app-web\":[\"10.0.0.0/8\"]}", false},
    {"{\"arn:aws:iam::123456789013:role/app-web\":[\"10.0.0.0/8\"]}", false},
    {"{\"arn:aws:iam::123456789012:role/app\":[\"10.0.0.0/8\"]}", false},
    {"{\"arn:aws:iam::111122223333:role/x\":[\"10.0.0.0/8\"],"
     "\"arn:aws:iam::123456789012:role/app-web\":[\"10.0.0.0/8\"]}",
     true},
    {"{\"arn:aws:iam::123456789012:role/app-web\":[\"1.1.1.1\"],"
     "\"arn:aws:iam::123456789012:role/app-web\":[\"10.0.0.0/8\"]}",
     true},
    {"\xef\xbb\xbf{\"arn:aws:iam::123456789012:role\\/app-web\":[\"10.0.0.0\\/8\"]}", true},
};

START_TEST(json_form)
{
    struct exception_query q = usual();
    ck_assert_msg((find_by(jsons[_i].text, true, &q) >= 0) == jsons[_i].fits, "%s", jsons[_i].text);
}
END_TEST

#define NOT_ARN ": not a role ARN (arn:PARTITION:iam::ACCOUNT:role/NAME)"

static const char *const bad_jsons[][2] = {
    {"", "f:1: not JSON"},
    {"\n\n", "f:2: not JSON"},
    {"{\n\"a\"\n}", "f:3: not JSON"},
    {"{\n\n", "f:2: not JSON"},
    {"{} x", "f:1: something follows the object"},
    {"{}\n\n{}", "f:3: something follows the object"},
    {"\n[]", "f:2: not an object of role ARNs"},
    {"\"10.0.0.0/8\"", "f:1: not an object of role ARNs"},
    {"{\n\"x\":[]}", "f:2: x" NOT_ARN},
    {"{\"\":[]}", "f:1: \"\"" NOT_ARN},
    {"{\"arn:aws:iam::111122223333:role\":[]}", "f:1: arn:aws:iam::111122223333:role" NOT_ARN},
    {"{\"arn:aws:iam::111122223333:role/\":[]}", "f:1: arn:aws:iam::111122223333:role/" NOT_ARN},
    {"{\"arn:aws:iam::111122223333:role/p/\":[]}",
     "f:1: arn:aws:iam::111122223333:role/p/" NOT_ARN},
    {"{\"arn:aws:iam:::role/x\":[]}", "f:1: arn:aws:iam:::role/x" NOT_ARN},
    {"{\"arn::iam::111122223333:role/x\":[]}", "f:1: arn::iam::111122223333:role/x" NOT_ARN},
    {"{\"arn:aws:iam:r:1:role/x\":[]}", "f:1: arn:aws:iam:r:1:role/x" NOT_ARN},
    {"{\"arn:aws:sts::1:role/x\":[]}", "f:1: arn:aws:sts::1:role/x" NOT_ARN},
    {"{\"arn:aws:::1:role/x\":[]}", "f:1: arn:aws:::1:role/x" NOT_ARN},
    {"{\"arn:aws:iam::123456789012:/x\":[]}", "f:1: arn:aws:iam::123456789012:/x" NOT_ARN},
    {"{\"arn:aws:sts::123456789012:role/x\":[]}", "f:1: arn:aws:sts::123456789012:role/x" NOT_ARN},
    {"{\"arn:aws:iam::1:user/x\":[]}", "f:1: arn:aws:iam::1:user/x" NOT_ARN},
    {"{\"ARN:aws:iam::111122223333:role/x\":[]}", "f:1: ARN:aws:iam::111122223333:role/x" NOT_ARN},
    {"{\n \"arn:aws:iam::111122223333:role/x\":\n \"1.1.1.1\"}",
     "f:3: arn:aws:iam::111122223333:role/x: must have a list of ranges"},
    {"{\"arn:aws:iam::111122223333:role/x\": [\n\"1.1.1.1\",\n\"1.1.1.1/8\"]}",
     "f:3: 1.1.1.1/8: host bits are set"},
    {"{\"arn:aws:iam::111122223333:role/x\": [\n\"1.1.1.1\", \"1\\n1\\\"\"\n,\n\"1.1.1.1/8\"]}",
     "f:2: \"1\\n1\\\"\": not an address"},
    {"{\"arn:aws:iam::111122223333:role/x\": [\"1.1.1.1\",\n\n12]}",
     "f:3: a range must be a string"},
    {"{\"arn:aws:iam::111122223333:role/x\": "
     "[\"1.1.1.1\"\n],\n\"arn:aws:iam::111122223333:role/y\\\"\":\n[[]]}",
     "f:4: a range must be a string"},
    {"{\n\"arn:aws:iam::111122223333:role/x\\u0000y\": []}", "f:2: NUL is not allowed"},
    {"{\"\\\\u0000\":[]}", "f:1: \"\\\\u0000\"" NOT_ARN},
    {"{\"\x1b\":[]}", "f:1: \"\\u{001b}\"" NOT_ARN},
};

START_TEST(bad_json)
{
    struct exceptions *x = exceptions_new();
    struct buf why = {0};
    struct str text = exact_of(bad_jsons[_i][0]);
    ck_assert(!exceptions_parse(x, "f", text, true, &why));
    exact_free(text);
    buf_putc(&why, '\0');
    ck_assert_str_eq(why.p, bad_jsons[_i][1]);
    ck_assert_uint_eq(exceptions_count(x), 0);
    buf_free(&why);
    exceptions_free(x);
}
END_TEST

START_TEST(nul_bytes_are_no_json)
{
    struct exceptions *x = exceptions_new();
    struct buf why = {0};
    ck_assert(!exceptions_parse(x, "f", STR("\0{}"), true, &why));
    ck_assert(str_eq(buf_view(&why), STR("f:1: NUL is not allowed")));
    buf_clear(&why);
    ck_assert(!exceptions_parse(x, "f", STR("{}\n\0"), true, &why));
    ck_assert(str_eq(buf_view(&why), STR("f:2: NUL is not allowed")));
    buf_free(&why);
    exceptions_free(x);
}
END_TEST

START_TEST(rules_tell_where_they_are_from)
{
    struct exceptions *x =
        set_of("# list\n 1.2.3.4\trole=a # why\r\n\n5.6.0.0/16 exp=2023-07-10 \t", false);
    struct buf why = {0};
    ck_assert(exceptions_parse(
        x, "more.json",
        STR("{\n\"arn:aws:iam::111122223333:role/p/x\": [\n\"1.1.1.1\",\n\"::/0\"]}"), true, &why));
    static const struct {
        const char *file, *text;
        unsigned line;
        int64_t expires_s;
    } want[] = {
        {"rules", "1.2.3.4\trole=a", 2, TIME_NONE},
        {"rules", "5.6.0.0/16 exp=2023-07-10", 4, 1689033600},
        {"more.json", "arn:aws:iam::111122223333:role/p/x 1.1.1.1", 3, TIME_NONE},
        {"more.json", "arn:aws:iam::111122223333:role/p/x ::/0", 4, TIME_NONE},
    };
    ck_assert_uint_eq(exceptions_count(x), 4);
    exceptions_count_match(x, 1);
    exceptions_count_match(x, 1);
    exceptions_count_match(x, 0);
    exceptions_count_match(x, -1);
    exceptions_count_match(x, 4);
    for (size_t i = 0; i < 4; i++) {
        struct exception_info info;
        exceptions_get(x, i, &info);
        ck_assert_str_eq(info.file, want[i].file);
        ck_assert(str_eq(info.text, str_of(want[i].text)));
        ck_assert_uint_eq(info.line, want[i].line);
        ck_assert_int_eq(info.expires_s, want[i].expires_s);
        ck_assert_uint_eq(info.matches, i == 1 ? 2 : i == 0);
    }
    exceptions_free(x);
    exceptions_free(NULL);
}
END_TEST

/* Write text to a new file; the path is freed by the caller. */
static char *file_of(const char *suffix, const char *text)
{
    char dir[] = "/tmp/ctlock-test-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(dir));
    char *path = malloc(strlen(dir) + strlen(suffix) + 3);
    ck_assert_ptr_nonnull(path);
    (void)sprintf(path, "%s/x%s", dir, suffix);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
    return path;
}

static void remove_file(char *path)
{
    ck_assert_int_eq(unlink(path), 0);
    *strrchr(path, '/') = '\0';
    ck_assert_int_eq(rmdir(path), 0);
    free(path);
}

START_TEST(files_are_loaded_by_their_name)
{
    struct exceptions *x = exceptions_new();
    struct buf why = {0};
    char *text = file_of(".txt", "10.0.0.0/8\n");
    char *json = file_of(".json", "{\"arn:aws:iam::111122223333:role/x\":[\"1.1.1.1\"]}");
    ck_assert(exceptions_load(x, text, &why));
    ck_assert(exceptions_load(x, json, &why));
    ck_assert_uint_eq(exceptions_count(x), 2);
    struct exception_info info;
    exceptions_get(x, 1, &info);
    ck_assert_str_eq(info.file, json);

    ck_assert(!exceptions_load(x, "/nonexistent/x\n", &why));
    ck_assert(str_eq(buf_view(&why), STR("/nonexistent/x\\n: No such file or directory")));
    buf_clear(&why);
    ck_assert(!exceptions_load(x, "/", &why));
    ck_assert(str_eq(buf_view(&why), STR("/: Is a directory")));
    ck_assert_uint_eq(exceptions_count(x), 2);
    buf_free(&why);
    exceptions_free(x);
    remove_file(text);
    remove_file(json);
}
END_TEST

START_TEST(endless_files_are_refused)
{
    struct exceptions *x = exceptions_new();
    struct buf why = {0};
    char *path = file_of(".txt", "10.0.0.0/8\n");
    ck_assert_int_eq(truncate(path, (off_t)TEXTFILE_MAX_NBYTES + 1), 0);
    ck_assert(!exceptions_load(x, path, &why));
    ck_assert(str_ends(buf_view(&why), STR("x.txt: larger than 64 MiB")));
    buf_free(&why);
    exceptions_free(x);
    remove_file(path);
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* Thousands of rules give what trying one after another gives. */
START_TEST(the_index_agrees_with_a_scan)
{
    enum { RULES = 3000 };
    static struct cidr range[RULES];
    static unsigned role[RULES];
    uint32_t state = 5;
    struct buf text = {0}, why = {0};
    for (size_t i = 0; i < RULES; i++) {
        struct ip ip = {.family = next_random(&state) % 4 ? 4 : 6};
        unsigned max = ip_bits(ip);
        for (size_t k = 0; k < max / 8; k++)
            ip.b[k] = (uint8_t)(next_random(&state) % 3 << (next_random(&state) % 7));
        unsigned bits = max - next_random(&state) % 20;
        range[i] = (struct cidr){cidr_network(ip, bits), (uint8_t)bits};
        role[i] = next_random(&state) % 4;
        ip_format(range[i].ip, &text);
        buf_printf(&text, "/%u", bits);
        if (role[i])
            buf_printf(&text, " role=r%u", role[i]);
        buf_putc(&text, '\n');
    }
    struct exceptions *x = exceptions_new();
    ck_assert_msg(exceptions_parse(x, "f", buf_view(&text), false, &why), "%.*s", (int)why.n,
                  why.p);
    unsigned found = 0;
    for (int round = 0; round < 3000; round++) {
        struct exception_query q = usual();
        q.ip = range[next_random(&state) % RULES].ip;
        q.ip.b[q.ip.family == 4 ? 3 : 15] |= (uint8_t)(next_random(&state) % 16);
        unsigned r = 1 + next_random(&state) % 3;
        char name[2] = {'r', (char)('0' + r)};
        q.role = (struct str){name, 2};
        long want = -1;
        for (size_t i = 0; i < RULES && want < 0; i++) {
            if (cidr_has(range[i], q.ip) && (role[i] == 0 || role[i] == r))
                want = (long)i;
        }
        ck_assert_int_eq(exceptions_find(x, &q), want);
        found += want >= 0;
    }
    ck_assert_uint_gt(found, 1000);
    ck_assert_uint_lt(found, 3000);
    exceptions_free(x);
    buf_free(&text);
}
END_TEST

/* The plain meaning, by recursion. */
static bool glob_by_recursion(struct str p, struct str t)
{
    if (p.n == 0)
        return t.n == 0;
    if (p.p[0] == '*')
        return glob_by_recursion(str_skip(p, 1), t) ||
               (t.n > 0 && glob_by_recursion(p, str_skip(t, 1)));
    return t.n > 0 && (p.p[0] == '?' || p.p[0] == t.p[0]) &&
           glob_by_recursion(str_skip(p, 1), str_skip(t, 1));
}

START_TEST(globs_agree_with_their_meaning)
{
    uint32_t state = 9;
    unsigned matched = 0;
    for (int round = 0; round < 200000; round++) {
        char pattern[7], text[9];
        struct str p = {pattern, next_random(&state) % sizeof pattern};
        struct str t = {text, next_random(&state) % sizeof text};
        for (size_t i = 0; i < p.n; i++)
            pattern[i] = "ab:?**"[next_random(&state) % 6];
        for (size_t i = 0; i < t.n; i++)
            text[i] = "ab:"[next_random(&state) % 3];
        bool want = glob_by_recursion(p, t);
        ck_assert_msg(glob_match(p, t) == want, "%.*s %.*s", (int)p.n, pattern, (int)t.n, text);
        matched += want;
        for (size_t i = 0; i < t.n; i++) {
            if (text[i] == ':')
                ck_assert(glob_match_pair(p, (struct str){text, i}, str_skip(t, i + 1)) == want);
        }
    }
    ck_assert_uint_gt(matched, 10000);
}
END_TEST

START_TEST(globs_do_not_explode)
{
    struct buf pattern = {0}, text = {0};
    for (int i = 0; i < 1000; i++)
        buf_puts(&pattern, "*a");
    buf_putc(&pattern, 'b');
    for (int i = 0; i < 5000; i++)
        buf_putc(&text, 'a');
    ck_assert(!glob_match(buf_view(&pattern), buf_view(&text)));
    ck_assert(glob_match((struct str){pattern.p, pattern.n - 1}, buf_view(&text)));
    buf_free(&pattern);
    buf_free(&text);
    ck_assert(glob_match((struct str){0}, (struct str){0}));
    ck_assert(glob_match(STR("*"), (struct str){0}));
    ck_assert(!glob_match(STR("?"), (struct str){0}));
    ck_assert(glob_is_wild(STR("a?")) && glob_is_wild(STR("*")) && !glob_is_wild(STR("a[b]\\")) &&
              !glob_is_wild((struct str){0}));
}
END_TEST

START_TEST(nearest_names)
{
    static const char *const names[] = {"account", "role", "kind", "exp"};
    ck_assert_pstr_eq(nearest_name(STR("acount"), names, 4), "account");
    ck_assert_pstr_eq(nearest_name(STR("ACCOUNT"), names, 4), "account");
    ck_assert_pstr_eq(nearest_name(STR("acccounts"), names, 4), "account");
    ck_assert_pstr_eq(nearest_name(STR("knid"), names, 4), "kind");
    ck_assert_pstr_eq(nearest_name(STR("roles"), names, 4), "role");
    ck_assert_ptr_null(nearest_name(STR("frog"), names, 4));
    ck_assert_ptr_null(nearest_name((struct str){0}, names, 4));
    ck_assert_ptr_null(
        nearest_name(STR("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), names, 4));
}
END_TEST

#define ROWS(a) ((int)(sizeof(a) / sizeof *(a)))

int main(void)
{
    Suite *suite = suite_create("exceptions");
    TCase *t = tcase_create("exceptions");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, line_form, 0, ROWS(lines));
    tcase_add_test(t, kinds_covered_without_a_selector);
    tcase_add_test(t, the_last_day_ends_at_midnight);
    tcase_add_test(t, no_address_fits_nothing);
    tcase_add_test(t, the_first_rule_in_the_file_wins);
    tcase_add_loop_test(t, bad_line, 0, ROWS(bad_lines));
    tcase_add_test(t, long_texts_are_cut_in_messages);
    tcase_add_loop_test(t, json_form, 0, ROWS(jsons));
    tcase_add_loop_test(t, bad_json, 0, ROWS(bad_jsons));
    tcase_add_test(t, nul_bytes_are_no_json);
    tcase_add_test(t, rules_tell_where_they_are_from);
    tcase_add_test(t, files_are_loaded_by_their_name);
    tcase_add_test(t, endless_files_are_refused);
    tcase_add_test(t, the_index_agrees_with_a_scan);
    tcase_add_test(t, globs_agree_with_their_meaning);
    tcase_add_test(t, globs_do_not_explode);
    tcase_add_test(t, nearest_names);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
