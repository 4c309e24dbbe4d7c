/* GB/s of each slicing engine over CloudTrail-shaped text made in memory. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#endif
#include "ctlock/slice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CORPUS_NBYTES ((size_t)4 << 20)
#define CHUNK_NBYTES ((size_t)128 << 10)
#define ROUNDS 60 /* short ones, the best counts: other programs come and go */

enum shape { SHAPE_DOCUMENT, SHAPE_LINES, SHAPE_PRETTY };

struct corpus {
    char *p;
    size_t n;
    size_t nrecords;
};

static double now_s(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
        return 0;
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint32_t random_u32(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* One record of about 1260 bytes; some have escapes and longer requests. */
static int put_record(char *p, size_t cap, uint32_t *state)
{
    uint32_t a = random_u32(state), b = random_u32(state);
    int pad = (int)(b % 400);
    return snprintf(
        p, cap,
        "{\"eventVersion\":\"1.08\",\"userIdentity\":{\"type\":\"AssumedRole\",\"principalId\":"
        "\"AROAEXAMPLE%08X:i-0%08x\",\"arn\":\"arn:aws:sts::123456789012:assumed-role/app/"
        "i-0%08x\",\"accountId\":\"123456789012\",\"accessKeyId\":\"ASIAEXAMPLE%08X\","
        "\"sessionContext\":{\"sessionIssuer\":{\"type\":\"Role\",\"principalId\":\"AROAEXAMPLE\","
        "\"arn\":\"arn:aws:iam::123456789012:role/app\",\"accountId\":\"123456789012\","
        "\"userName\":\"app\"},\"webIdFederationData\":{},\"attributes\":{\"creationDate\":"
        "\"2023-07-10T11:55:22Z\",\"mfaAuthenticated\":\"false\"},\"ec2RoleDelivery\":\"2.0\"}},"
        "\"eventTime\":\"2023-07-10T12:%02u:22Z\",\"eventSource\":\"s3.amazonaws.com\","
        "\"eventName\":\"GetObject\",\"awsRegion\":\"eu-west-1\",\"sourceIPAddress\":"
        "\"10.%u.3.4\",\"userAgent\":\"[aws-cli/1.18.136 Python/3.8.5%s]\","
        "\"requestParameters\":{\"bucketName\":\"b-%u\",\"key\":\"%.*s\"},"
        "\"responseElements\":null,\"additionalEventData\":{\"bytesTransferredIn\":0},"
        "\"requestID\":\"%08x\",\"eventID\":\"%08x-1111-2222-3333-%08x\",\"readOnly\":true,"
        "\"resources\":[{\"type\":\"AWS::S3::Object\",\"ARN\":\"arn:aws:s3:::b/k\"}],"
        "\"eventType\":\"AwsApiCall\",\"managementEvent\":false,"
        "\"recipientAccountId\":\"123456789012\",\"eventCategory\":\"Data\"}",
        a, b, b, a, a % 60, b % 256, a % 8 ? "" : " \\\"x\\\" \\u0026", a % 10, pad,
        "a/key/as/long/as/keys/are/a/key/as/long/as/keys/are/a/key/as/long/as/keys/are/a/key/as/"
        "long/as/keys/are/a/key/as/long/as/keys/are/a/key/as/long/as/keys/are/a/key/as/long/as/"
        "keys/are/a/key/as/long/as/keys/are/a/key/as/long/as/keys/are/a/key/as/long/as/keys/are/"
        "a/key/as/long/as/keys/are/a/key/as/long/as/keys/are/a/key/as/long/as/keys/are/a/key/as/"
        "long/as/keys/are/a/key/as/long/as/keys/are/a/key/as/long/as/keys/are/end",
        b, a, b);
}

/* Put line breaks and blanks where a printer would. */
static size_t prettify(char *out, const char *p, size_t n)
{
    size_t o = 0, depth = 2;
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        quoted ^= p[i] == '"' && p[i - 1] != '\\';
        bool opens = !quoted && (p[i] == '{' || p[i] == '[');
        bool closes = !quoted && (p[i] == '}' || p[i] == ']');
        depth -= closes;
        if (closes)
            o += (size_t)sprintf(out + o, "\n%*s", (int)(4 * depth), "");
        out[o++] = p[i];
        depth += opens;
        if (opens || (!quoted && p[i] == ','))
            o += (size_t)sprintf(out + o, "\n%*s", (int)(4 * depth), "");
    }
    return o;
}

static struct corpus make(enum shape shape)
{
    struct corpus c = {malloc(CORPUS_NBYTES), 0, 0};
    uint32_t state = 1;
    if (!c.p)
        return c;
    bool open = false;
    while (CORPUS_NBYTES - c.n > 16384) {
        char rec[4096];
        int n = put_record(rec, sizeof rec, &state);
        if (n < 0)
            break;
        if (shape != SHAPE_LINES && !open)
            c.n += (size_t)sprintf(c.p + c.n, "{\"Records\":[");
        open = true;
        if (shape == SHAPE_PRETTY) {
            c.n += prettify(c.p + c.n, rec, (size_t)n);
        } else {
            memcpy(c.p + c.n, rec, (size_t)n);
            c.n += (size_t)n;
        }
        if (shape == SHAPE_LINES) {
            c.p[c.n++] = '\n';
        } else if (++c.nrecords % 5000 == 0) {
            c.n += (size_t)sprintf(c.p + c.n, "]}\n");
            open = false;
        } else {
            c.p[c.n++] = ',';
        }
        c.nrecords += shape == SHAPE_LINES;
    }
    return c;
}

/* Slice it once; the seconds that slicing took, without the copy into the slicer's memory. */
static double slice_once(struct slicer *s, const struct corpus *c, size_t *nrecords)
{
    double spent = 0;
    slice_reset(s);
    for (size_t at = 0; at < c->n;) {
        size_t n = c->n - at < CHUNK_NBYTES ? c->n - at : CHUNK_NBYTES, cap;
        char *room = slice_space(s, n, &cap);
        if (!room)
            exit(1);
        memcpy(room, c->p + at, n);
        slice_commit(s, n);
        at += n;
        struct str rec;
        uint64_t offset;
        struct slice_problem problem;
        double start = now_s();
        enum slice_result r;
        while ((r = slice_next(s, &rec, &offset, &problem)) != SLICE_MORE)
            *nrecords += r == SLICE_RECORD;
        spent += now_s() - start;
    }
    return spent;
}

static void bench(enum simd simd, const char *name, const struct corpus *c, const char *shape)
{
    struct slicer *s = slice_new(simd);
    if (!s) {
        printf("%-9s %-9s not on this machine\n", name, shape);
        return;
    }
    double best = 1e9, best_all = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        size_t nrecords = 0;
        double start = now_s();
        double t = slice_once(s, c, &nrecords);
        double all = now_s() - start;
        if (nrecords != c->nrecords) {
            printf("%s: %zu records of %zu\n", name, nrecords, c->nrecords);
            exit(1);
        }
        best = t < best ? t : best;
        best_all = all < best_all ? all : best_all;
    }
    printf("%-9s %-9s %6.2f GB/s  with copy %6.2f GB/s  %zu records of %zu bytes\n", name, shape,
           (double)c->n / best * 1e-9, (double)c->n / best_all * 1e-9, c->nrecords,
           c->n / c->nrecords);
    slice_free(s);
}

int main(void)
{
    static const char *const shape[] = {"document", "lines", "pretty"};
    for (int i = 0; i < 3; i++) {
        struct corpus c = make((enum shape)i);
        if (!c.p)
            return 1;
        bench(SIMD_AVX512, "avx512", &c, shape[i]);
        bench(SIMD_AVX2, "avx2", &c, shape[i]);
        bench(SIMD_NEON, "neon", &c, shape[i]);
        bench(SIMD_PORTABLE, "portable", &c, shape[i]);
        free(c.p);
    }
    return 0;
}
