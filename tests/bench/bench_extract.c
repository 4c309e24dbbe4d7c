/* Measures extract_record on records made in memory in the shape of a real trail. */
#include "ctlock/extract.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { N_RECORDS = 512, ROOM = 4096, N_ROUNDS = 500 };

static uint64_t random_state = 1;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static unsigned pick(unsigned n)
{
    return (unsigned)(next_random() >> 33) % n;
}

/* Text of n hexadecimal digits, in one of a few places that take turns. */
static const char *hex(unsigned n)
{
    static char room[16][40];
    static unsigned turn;
    char *p = room[turn++ % 16];

    for (unsigned i = 0; i < n; i++)
        p[i] = "0123456789abcdef"[pick(16)];
    p[n] = '\0';
    return p;
}

static const char *const regions[] = {"us-east-1", "eu-central-1", "ap-southeast-2"};
static const char *const agents[] = {
    "aws-sdk-go/1.41.4 (go1.18.3; linux; amd64) amazon-ssm-agent/",
    "Boto3/1.26.165 Python/3.9.16 Linux/5.10.179-171.711.amzn2.x86_64 Botocore/1.29.165",
    ("aws-cli/2.13.5 Python/3.11.4 Linux/5.15.0 exe/x86_64.ubuntu.22 prompt/off "
     "command/s3api.list-objects-v2"),
    "aws-sdk-java/2.18.21 Linux/5.10.0 OpenJDK_64-Bit_Server_VM/17.0.7+7-LTS Java/17.0.7",
};
static const struct {
    const char *source, *name, *request;
} instance_events[] = {
    {"ssm", "UpdateInstanceInformation",
     "{\"instanceId\":\"i-%s\",\"agentVersion\":\"3.1.1732.0\",\"agentStatus\":\"Active\","
     "\"platformType\":\"Linux\",\"platformName\":\"Amazon Linux\",\"platformVersion\":\"2\","
     "\"iPAddress\":\"10.0.1.10\",\"computerName\":\"ip-10-0-1-10.ec2.internal\"}"},
    {"s3", "GetObject",
     "{\"bucketName\":\"app-artifacts-prod\",\"Host\":\"app-artifacts-prod.s3.amazonaws.com\","
     "\"key\":\"releases/%s/bundle.tar.gz\"}"},
    {"kms", "Decrypt",
     "{\"encryptionContext\":{\"SecretARN\":\"arn:aws:secretsmanager:us-east-1:123837392027:"
     "secret:db-%s\"},\"encryptionAlgorithm\":\"SYMMETRIC_DEFAULT\"}"},
    {"ec2", "DescribeTags",
     "{\"maxResults\":1000,\"filterSet\":{\"items\":[{\"name\":\"resource-id\",\"valueSet\":{"
     "\"items\":[{\"value\":\"i-%s\"}]}}]}}"},
};
static const struct {
    const char *source, *name, *request;
} other_events[] = {
    {"ec2", "DescribeInstances",
     "{\"instancesSet\":{\"items\":[{\"instanceId\":\"i-%s\"}]},\"filterSet\":{\"items\":[{"
     "\"name\":\"instance-state-name\",\"valueSet\":{\"items\":[{\"value\":\"running\"},{\"value\":"
     "\"pending\"}]}}]}}"},
    {"s3", "GetBucketAcl",
     "{\"bucketName\":\"logs-%s\",\"Host\":\"s3.amazonaws.com\",\"acl\":\"\"}"},
    {"logs", "CreateLogStream",
     "{\"logStreamName\":\"2023/07/10/[$LATEST]%s\",\"logGroupName\":\"/aws/lambda/level1\"}"},
    {"sts", "AssumeRole",
     "{\"roleArn\":\"arn:aws:iam::123837392027:role/deploy\",\"roleSessionName\":\"build-%s\"}"},
    {"dynamodb", "DescribeTable", "{\"tableName\":\"orders-%s\"}"},
};

static int head(char *p, const char *identity, const char *source, const char *name)
{
    return snprintf(p, ROOM,
                    "{\"eventVersion\":\"1.08\",\"userIdentity\":{%s},\"eventTime\":\"2023-07-10T"
                    "11:57:16Z\",\"eventSource\":\"%s.amazonaws.com\",\"eventName\":\"%s\","
                    "\"awsRegion\":\"%s\",\"sourceIPAddress\":\"3.%u.%u.%u\",\"userAgent\":\"%s\","
                    "\"requestParameters\":",
                    identity, source, name, regions[pick(3)], pick(256), pick(256), pick(256),
                    agents[pick(4)]);
}

static int tail(char *p, const char *source)
{
    return snprintf(p, ROOM,
                    ",\"responseElements\":null,\"requestID\":\"%s-%s-%s-%s-%s\",\"eventID\":"
                    "\"%s-%s-%s-%s-%s\",\"readOnly\":true,\"eventType\":\"AwsApiCall\","
                    "\"managementEvent\":true,\"recipientAccountId\":\"123837392027\","
                    "\"eventCategory\":\"Management\",\"tlsDetails\":{\"tlsVersion\":\"TLSv1.2\","
                    "\"cipherSuite\":\"ECDHE-RSA-AES128-GCM-SHA256\",\"clientProvidedHostHeader\":"
                    "\"%s.us-east-1.amazonaws.com\"}}",
                    hex(8), hex(4), hex(4), hex(4), hex(12), hex(8), hex(4), hex(4), hex(4),
                    hex(12), source);
}

static size_t make_instance_call(char *p)
{
    const char *id = hex(17);
    unsigned which = pick(4);
    char identity[1024], request[512];
    int n;

    (void)snprintf(
        identity, sizeof identity,
        "\"type\":\"AssumedRole\",\"principalId\":\"AROATFQR7NSC6Q6YRQ2Q7:i-%s\",\"arn\":"
        "\"arn:aws:sts::123837392027:assumed-role/app-server-role/i-%s\",\"accountId\":"
        "\"123837392027\",\"accessKeyId\":\"ASIATFQR7NSCSHSEVYP5\",\"sessionContext\":{"
        "\"sessionIssuer\":{\"type\":\"Role\",\"principalId\":\"AROATFQR7NSC6Q6YRQ2Q7\","
        "\"arn\":\"arn:aws:iam::123837392027:role/app-server-role\",\"accountId\":"
        "\"123837392027\",\"userName\":\"app-server-role\"},\"webIdFederationData\":{},"
        "\"attributes\":{\"creationDate\":\"2023-07-10T11:55:22Z\",\"mfaAuthenticated\":"
        "\"false\"},\"ec2RoleDelivery\":\"2.0\"}",
        id, id);
    n = head(p, identity, instance_events[which].source, instance_events[which].name);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(request, sizeof request, instance_events[which].request, id);
#pragma GCC diagnostic pop
    n += snprintf(p + n, ROOM, "%s", request);
    n += tail(p + n, instance_events[which].source);
    return (size_t)n;
}

static size_t make_other(char *p)
{
    unsigned which = pick(5), who = pick(3);
    char identity[1024], request[512];
    int n;

    if (who == 0)
        (void)snprintf(identity, sizeof identity,
                       "\"type\":\"IAMUser\",\"principalId\":\"AIDATFQR7NSC5AU2ZV3IE\",\"arn\":"
                       "\"arn:aws:iam::123837392027:user/bert-jan\",\"accountId\":\"123837392027\","
                       "\"accessKeyId\":\"AKIATFQR7NSC8Q4X20BJ\",\"userName\":\"bert-jan\"");
    else if (who == 1)
        (void)snprintf(identity, sizeof identity,
                       "\"type\":\"AWSService\",\"invokedBy\":\"ecs-tasks.amazonaws.com\"");
    else
        (void)snprintf(
            identity, sizeof identity,
            "\"type\":\"AssumedRole\",\"principalId\":\"AROATFQR7NSC3K2SEQDM2:level1\",\"arn\":"
            "\"arn:aws:sts::123837392027:assumed-role/level1/level1\",\"accountId\":"
            "\"123837392027\",\"accessKeyId\":\"ASIAZQNB3KHGIGYQXVVG\",\"sessionContext\":{"
            "\"sessionIssuer\":{\"type\":\"Role\",\"principalId\":\"AROATFQR7NSC3K2SEQDM2\","
            "\"arn\":"
            "\"arn:aws:iam::123837392027:role/service-role/level1\",\"accountId\":\"123837392027\","
            "\"userName\":\"level1\"},\"webIdFederationData\":{},\"attributes\":{\"creationDate\":"
            "\"2023-07-10T11:55:24Z\",\"mfaAuthenticated\":\"false\"}}");
    n = head(p, identity, other_events[which].source, other_events[which].name);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(request, sizeof request, other_events[which].request, hex(17));
#pragma GCC diagnostic pop
    n += snprintf(p + n, ROOM, "%s", request);
    n += tail(p + n, other_events[which].source);
    return (size_t)n;
}

static double now_s(void)
{
    struct timespec t;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
        exit(EXIT_FAILURE);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Prints the best of some rounds, for others use the machine as well. */
static void run(const char *name, const struct extract_options *opt, const struct str *rec)
{
    struct extractor x = {0};
    size_t nbytes = 0, n_events = 0;
    double best_s = 1e9;

    for (int round = 0; round < N_ROUNDS; round++) {
        double start_s = now_s();
        nbytes = n_events = 0;
        for (size_t i = 0; i < N_RECORDS; i++) {
            const struct event *event;
            const char *why;
            n_events += extract_record(&x, opt, rec[i], &event, &why) == EXTRACT_EVENT;
            nbytes += rec[i].n;
        }
        double elapsed_s = now_s() - start_s;
        best_s = elapsed_s < best_s ? elapsed_s : best_s;
    }
    printf("%-32s %7.1f ns/record %6.2f GB/s  %4zu bytes/record, %3zu%% events\n", name,
           best_s * 1e9 / N_RECORDS, (double)nbytes / best_s / 1e9, nbytes / N_RECORDS,
           100 * n_events / N_RECORDS);
    extract_free(&x);
}

int main(void)
{
    static const struct {
        enum simd simd;
        const char *name;
    } ways[] = {{SIMD_AVX512, "avx512"},
                {SIMD_AVX2, "avx2"},
                {SIMD_NEON, "neon"},
                {SIMD_PORTABLE, "portable"}};
    char *text = malloc((size_t)N_RECORDS * ROOM * 3);
    struct str rec[3][N_RECORDS];
    char *p = text;

    if (text == NULL)
        return EXIT_FAILURE;
    for (size_t i = 0; i < N_RECORDS; i++)
        for (size_t kind = 0; kind < 3; kind++) {
            bool is_call = kind == 1 || (kind == 0 && pick(10) < 4);
            size_t n = is_call ? make_instance_call(p) : make_other(p);
            rec[kind][i] = (struct str){p, n};
            p += n;
        }
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        static const char *const kinds[] = {"mixed", "calls", "irrelevant"};
        if (!simd_has(ways[i].simd))
            continue;
        for (size_t kind = 0; kind < 3; kind++)
            for (int full = 0; full < 2; full++) {
                struct extract_options opt = {.no_prefilter = full, .simd = ways[i].simd};
                char name[64];
                (void)snprintf(name, sizeof name, "%s %s%s", ways[i].name, kinds[kind],
                               full ? ", no prefilter" : "");
                run(name, &opt, rec[kind]);
            }
    }
    free(text);
    return EXIT_SUCCESS;
}
