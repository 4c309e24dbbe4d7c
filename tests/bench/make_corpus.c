/* make_corpus: CloudTrail-shaped data for benchmarks, the same for the same arguments.
 *
 *     make_corpus FILES RECORDS SESSIONS SEED DIR     documents of RECORDS records each, in DIR
 *     make_corpus DAYS RECORDS SESSIONS SEED -        RECORDS a day, one a line, on standard output
 *
 * 40 % of the records are calls of SESSIONS instance sessions, each issued when it first calls and
 * every six hours; the others are what an account's trail is full of. Times run over one day in
 * all files, or over that many days, 20 at most. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

/* xorshift64*, G. Marsaglia (2003) and S. Vigna (2016). */
static uint64_t draw(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1du;
}

static unsigned below(unsigned n)
{
    return (unsigned)(draw() >> 32) % n;
}

static const char *uuid(char out[37])
{
    uint64_t a = draw(), b = draw();
    (void)snprintf(out, 37, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(a >> 32),
                   (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xffff), (unsigned)(b >> 48),
                   (unsigned long long)(b & 0xffffffffffff));
    return out;
}

static const char *clock_text(char out[32], long second)
{
    (void)snprintf(out, 32, "2023-07-%02ldT%02ld:%02ld:%02ldZ", 10 + second / 86400 % 20,
                   second / 3600 % 24, second / 60 % 60, second % 60);
    return out;
}

static const char *const regions[] = {"us-east-1", "eu-central-1", "us-west-2"};

static const char tls[] =
    "\"readOnly\":true,\"eventType\":\"AwsApiCall\",\"managementEvent\":true,"
    "\"recipientAccountId\":\"111122223333\",\"eventCategory\":\"Management\",\"tlsDetails\":{"
    "\"tlsVersion\":\"TLSv1.2\",\"cipherSuite\":\"ECDHE-RSA-AES128-GCM-SHA256\","
    "\"clientProvidedHostHeader\":\"";

/* Opaque identifiers are what keeps gzip at about 8:1 on real trails. */
static const char *opaque(char out[77])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (unsigned i = 0; i < 76; i++)
        out[i] = digits[below(64)];
    out[76] = '\0';
    return out;
}

struct session {
    unsigned long long id;
    long issued; /* second, or -1 */
};

static void issue(FILE *f, struct session *s, unsigned number, long second)
{
    char t[32], a[37], b[37], c[37];
    s->issued = second;
    fprintf(
        f,
        "{\"eventVersion\":\"1.08\",\"userIdentity\":{\"type\":\"AWSService\",\"invokedBy\":"
        "\"ec2.amazonaws.com\"},\"eventTime\":\"%s\",\"eventSource\":\"sts.amazonaws.com\","
        "\"eventName\":\"AssumeRole\",\"awsRegion\":\"%s\",\"sourceIPAddress\":"
        "\"ec2.amazonaws.com\",\"userAgent\":\"ec2.amazonaws.com\",\"requestParameters\":{"
        "\"roleArn\":\"arn:aws:iam::111122223333:role/service/fleet-%u\",\"roleSessionName\":"
        "\"i-%017llx\"},\"responseElements\":{\"credentials\":{\"accessKeyId\":"
        "\"ASIAXAMPLE%010u\",\"sessionToken\":\"<stripped>\",\"expiration\":"
        "\"Jul 11, 2023, 6:30:22 AM\"}},\"requestID\":\"%s\",\"eventID\":\"%s\",\"readOnly\":"
        "true,\"resources\":[{\"accountId\":\"111122223333\",\"type\":\"AWS::IAM::Role\",\"ARN\":"
        "\"arn:aws:iam::111122223333:role/service/fleet-%u\"}],\"eventType\":\"AwsApiCall\","
        "\"managementEvent\":true,\"recipientAccountId\":\"111122223333\",\"sharedEventID\":"
        "\"%s\",\"eventCategory\":\"Management\"}",
        clock_text(t, second), regions[number % 3], number % 40, s->id, number, uuid(a), uuid(b),
        number % 40, uuid(c));
}

static void instance_call(FILE *f, const struct session *s, unsigned number, long second)
{
    static const struct {
        const char *source, *name, *agent, *request;
    } calls[] = {
        {"ssm", "UpdateInstanceInformation",
         "aws-sdk-go/1.41.4 (go1.18.3; linux; amd64) amazon-ssm-agent/",
         "{\"agentVersion\":\"3.1.1732.0\",\"agentStatus\":\"Active\",\"platformType\":\"Linux\","
         "\"platformName\":\"Amazon Linux\",\"agentName\":\"amazon-ssm-agent\"}"},
        {"s3", "GetObject", "[Boto3/1.26.165 Python/3.9.16 Linux/5.10.0 Botocore/1.29.165]",
         "{\"bucketName\":\"application-data-eu\",\"Host\":\"application-data-eu.s3.amazonaws."
         "com\","
         "\"key\":\"incoming/2023/07/10/part-00017.parquet\"}"},
        {"dynamodb", "DescribeTable", "aws-sdk-java/2.18.21 Linux/5.10.0 OpenJDK_64-Bit_Server_VM",
         "{\"tableName\":\"orders\"}"},
        {"monitoring", "PutMetricData",
         "CWAgent/1.247358 (go1.20.4; linux; amd64) aws-sdk-go/1.44.24", "null"},
    };
    char t[32], created[32], a[37], b[37], id2[77];
    unsigned k = below(4);
    fprintf(f,
            "{\"eventVersion\":\"1.08\",\"userIdentity\":{\"type\":\"AssumedRole\",\"principalId\":"
            "\"AROAXAMPLEQ6YRQ2Q%03u:i-%017llx\",\"arn\":\"arn:aws:sts::111122223333:assumed-role/"
            "fleet-%u/i-%017llx\",\"accountId\":\"111122223333\",\"accessKeyId\":"
            "\"ASIAXAMPLE%010u\",\"sessionContext\":{\"sessionIssuer\":{\"type\":\"Role\","
            "\"principalId\":\"AROAXAMPLEQ6YRQ2Q%03u\",\"arn\":"
            "\"arn:aws:iam::111122223333:role/service/fleet-%u\",\"accountId\":\"111122223333\","
            "\"userName\":\"fleet-%u\"},\"webIdFederationData\":{},\"attributes\":{"
            "\"creationDate\":\"%s\",\"mfaAuthenticated\":\"false\"},\"ec2RoleDelivery\":\"2.0\"}},"
            "\"eventTime\":\"%s\",\"eventSource\":\"%s.amazonaws.com\",\"eventName\":\"%s\","
            "\"awsRegion\":\"%s\",\"sourceIPAddress\":\"52.%u.%u.%u\",\"userAgent\":\"%s\","
            "\"requestParameters\":%s,\"responseElements\":null,\"additionalEventData\":{"
            "\"SignatureVersion\":\"SigV4\",\"AuthenticationMethod\":\"AuthHeader\",\"x-amz-id-2\":"
            "\"%s\"},\"requestID\":\"%s\",\"eventID\":\"%s\",%s%s.%s.amazonaws.com\"}}",
            number % 40, s->id, number % 40, s->id, number, number % 40, number % 40, number % 40,
            clock_text(created, s->issued), clock_text(t, second), calls[k].source, calls[k].name,
            regions[number % 3], number >> 16 & 255, number >> 8 & 255, number & 255,
            calls[k].agent, calls[k].request, opaque(id2), uuid(a), uuid(b), tls, calls[k].source,
            regions[number % 3]);
}

static void other_call(FILE *f, struct session *sessions, unsigned n_sessions, long second)
{
    static const char *const names[] = {"DescribeInstances", "DescribeInstanceStatus",
                                        "DescribeVolumes", "DescribeTags", "DescribeSubnets"};
    char t[32], a[37], b[37], id2[77];
    unsigned kind = below(4), user = below(50);
    fprintf(f, "{\"eventVersion\":\"1.08\",\"userIdentity\":{");
    if (kind < 2)
        fprintf(f,
                "\"type\":\"IAMUser\",\"principalId\":\"AIDAXAMPLE5NSC5AU2Z%02u\",\"arn\":"
                "\"arn:aws:iam::111122223333:user/user-%u\",\"accountId\":\"111122223333\","
                "\"accessKeyId\":\"AKIAXAMPLE7NSC8Q4X%02u\",\"userName\":\"user-%u\"}",
                user, user, user, user);
    else
        fprintf(f,
                "\"type\":\"AssumedRole\",\"principalId\":\"AROAXAMPLESC3K2SEQ%02u:worker-%u\","
                "\"arn\":\"arn:aws:sts::111122223333:assumed-role/batch-%u/worker-%u\","
                "\"accountId\":\"111122223333\",\"accessKeyId\":\"ASIAXAMPLEBATCH%05u\","
                "\"sessionContext\":{\"sessionIssuer\":{\"type\":\"Role\",\"principalId\":"
                "\"AROAXAMPLESC3K2SEQ%02u\",\"arn\":\"arn:aws:iam::111122223333:role/batch-%u\","
                "\"accountId\":\"111122223333\",\"userName\":\"batch-%u\"},\"webIdFederationData\":"
                "{},\"attributes\":{\"creationDate\":\"%s\",\"mfaAuthenticated\":\"false\"}}}",
                user, user, user, user, user, user, user, user,
                clock_text(t, second / 3600 * 3600));
    fprintf(
        f,
        ",\"eventTime\":\"%s\",\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":\"%s\","
        "\"awsRegion\":\"%s\",\"sourceIPAddress\":\"203.0.113.%u\",\"userAgent\":\"APN/1.0 "
        "HashiCorp/1.0 Terraform/1.1.2 (+https://www.terraform.io) terraform-provider-aws/3.76.1 "
        "(+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go/1.44.157 (go1.19.3; "
        "linux; amd64) HashiCorp-terraform-exec/0.17.3\",\"requestParameters\":{\"instancesSet\":"
        "{\"items\":[{\"instanceId\":\"i-%017llx\"}]},\"filterSet\":{\"items\":[{\"name\":"
        "\"instance-state-name\",\"valueSet\":{\"items\":[{\"value\":\"running\"},{\"value\":"
        "\"pending\"}]}}]},\"nextToken\":\"%s\"},\"responseElements\":null,\"requestID\":\"%s\","
        "\"eventID\":\"%s\","
        "%sec2.%s.amazonaws.com\"}}",
        clock_text(t, second), names[below(5)], regions[user % 3], user,
        sessions[below(n_sessions)].id, opaque(id2), uuid(a), uuid(b), tls, regions[user % 3]);
}

/* Record number i of n; an issue replaces a call where the session needs one. */
static void record(FILE *f, struct session *sessions, unsigned n_sessions, unsigned long i,
                   unsigned long n)
{
    long second = (long)((double)i / (double)n * 86399.0);
    if (below(100) >= 40) {
        other_call(f, sessions, n_sessions, second);
        return;
    }
    unsigned number = below(n_sessions);
    struct session *s = &sessions[number];
    if (s->issued < 0 || second - s->issued > 6 * 3600)
        issue(f, s, number, second);
    else
        instance_call(f, s, number, second);
}

static FILE *open_file(const char *dir, unsigned number, unsigned files)
{
    char path[4096];
    unsigned minute = (unsigned)((double)(number + 1) / files * 1439.0);
    if (strcmp(dir, "-") == 0)
        return stdout;
    (void)snprintf(path, sizeof path,
                   "%s/111122223333_CloudTrail_us-east-1_20230710T%02u%02uZ_%016u.json", dir,
                   minute / 60, minute % 60, number);
    return fopen(path, "w");
}

static bool write_file(const char *dir, unsigned number, unsigned files, unsigned long records,
                       struct session *sessions, unsigned n_sessions)
{
    bool lines = strcmp(dir, "-") == 0;
    FILE *f = open_file(dir, number, files);
    if (!f)
        return false;
    if (!lines)
        fputs("{\"Records\":[", f);
    for (unsigned long i = 0; i < records; i++) {
        if (!lines && i)
            putc(',', f);
        record(f, sessions, n_sessions, number * records + i, lines ? records : files * records);
        if (lines)
            putc('\n', f);
    }
    if (!lines)
        fputs("]}", f);
    bool written = !ferror(f);
    return (lines ? fflush(f) : fclose(f)) == 0 && written;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: make_corpus FILES|DAYS RECORDS SESSIONS SEED DIR|-\n");
        return 2;
    }
    unsigned files = (unsigned)strtoul(argv[1], NULL, 10);
    unsigned long records = strtoul(argv[2], NULL, 10);
    unsigned n_sessions = (unsigned)strtoul(argv[3], NULL, 10);
    state = strtoull(argv[4], NULL, 10) * 2 + 1;
    struct session *sessions = calloc(n_sessions + 1, sizeof *sessions);
    if (!sessions || !files || !records || !n_sessions)
        return 2;
    for (unsigned i = 0; i < n_sessions; i++)
        sessions[i] = (struct session){.id = draw() >> 1 | 1ull << 60, .issued = -1};
    for (unsigned i = 0; i < files; i++)
        if (!write_file(argv[5], i, files, records, sessions, n_sessions)) {
            fprintf(stderr, "make_corpus: %s: %s\n", argv[5], strerror(errno));
            return 1;
        }
    free(sessions);
    return 0;
}
