/* A trail, read with one job, with several, and without the quick look at records: the same alerts,
 * messages, table and summary.
 *
 * The input is a list of steps of six bytes: an issue, a call or an address change, each with a few
 * values that its bytes choose, so that mutation meets the rules and not the syntax; and raw bytes,
 * brackets, and cuts between files, which may be gzip. */
#define _GNU_SOURCE /* memfd_create */

#include "ctlock/pipeline.h"
#include "ctlock/summary.h"
#include "ctlock/tableview.h"

#include "../unit/gzmake.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { STEP_NBYTES = 6, MAX_NBYTES = 6000, MAX_FILES = 5 };

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

/* The files as they are being written. */
struct trail {
    struct buf text; /* of the file at hand */
    bool gzip;
    int64_t time_s;
    unsigned records;
    struct input_file file[MAX_FILES];
    int fd[MAX_FILES];
    char path[MAX_FILES][32];
    size_t n;
};

static void end_file(struct trail *t)
{
    struct gz z = {0};
    CHECK(!t->text.failed);
    if (t->gzip)
        gz_member(&z, GZ_STORED, 0, t->text.p ? t->text.p : "", t->text.n);
    else
        gz_bytes(&z, t->text.p, t->text.n);
    int fd = memfd_create("trail", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, z.p, z.n) == (ssize_t)z.n);
    (void)snprintf(t->path[t->n], sizeof t->path[0], "/proc/self/fd/%d", fd);
    t->fd[t->n] = fd;
    t->file[t->n] = (struct input_file){.path = t->path[t->n], .regular = true};
    t->n++;
    buf_clear(&t->text);
    free(z.p);
}

static void begin_record(struct trail *t, const char *source, const char *name, uint8_t id)
{
    buf_puts(&t->text, "{\"eventTime\":\"");
    timestamp_format(t->time_s, &t->text);
    /* Some records are repeated, some without eventID. */
    buf_printf(&t->text, "\",\"awsRegion\":\"r%u\",\"eventSource\":\"%s\",\"eventName\":\"%s\"",
               id % 2u, source, name);
    if (id % 16 != 15)
        buf_printf(&t->text, ",\"eventID\":\"e%u\"", id % 16 == 14 ? id / 16u : 100 + t->records++);
}

static void issue(struct trail *t, const uint8_t *b)
{
    begin_record(t, "sts.amazonaws.com", "AssumeRole", b[5]);
    buf_printf(
        &t->text,
        ",\"sourceIPAddress\":\"ec2.amazonaws.com\",\"userIdentity\":{\"type\":\"AWSService\","
        "\"invokedBy\":\"ec2.amazonaws.com\"},\"requestParameters\":{\"roleArn\":"
        "\"arn:aws:iam::111122223333:role/w%u\",\"roleSessionName\":\"i-0000000%u\"}}\n",
        b[3] % 2u, b[3] / 2 % 4u);
}

static void call(struct trail *t, const uint8_t *b)
{
    static const char *const names[] = {"DescribeInstances", "GetCallerIdentity", "GetObject",
                                        "AssociateAddress"};
    static const char *const services[] = {"ec2.amazonaws.com", "sts.amazonaws.com",
                                           "s3.amazonaws.com", "ec2.amazonaws.com"};
    static const char *const sources[] = {
        "203.0.113.1", "203.0.113.2",       "198.51.100.7", "10.0.0.5",
        "2001:db8::1", "ec2.amazonaws.com", "text\\u001b",  ""};
    static const char *const agents[] = {"Boto3/1.26", "curl/8", "", "aws-cli/2 \\\"x\\\""};
    begin_record(t, services[b[4] % 4], names[b[4] % 4], b[5]);
    buf_printf(&t->text, ",\"sourceIPAddress\":\"%s\",\"userAgent\":\"%s\"", sources[b[2] / 4 % 8],
               agents[b[4] / 4 % 4]);
    if (b[4] & 16)
        buf_printf(&t->text, ",\"vpcEndpointId\":\"vpce-%u\"", b[4] >> 7);
    if (b[4] & 32)
        buf_printf(&t->text, ",\"vpcEndpointAccountId\":\"%s\"",
                   b[4] >> 7 ? "111122223333" : "444455556666");
    if (b[4] & 64)
        buf_puts(&t->text, ",\"additionalEventData\":{\"AuthenticationMethod\":\"QueryString\"}");
    buf_printf(&t->text,
               ",\"userIdentity\":{\"type\":\"AssumedRole\",\"arn\":"
               "\"arn:aws:sts::111122223333:assumed-role/w%u/i-0000000%u\"}}\n",
               b[3] % 2u, b[3] / 2 % 4u);
}

static void change(struct trail *t, const uint8_t *b)
{
    static const char *const names[] = {
        "AssociateAddress", "DisassociateAddress", "StopInstances",  "TerminateInstances",
        "StartInstances",   "AllocateAddress",     "ReleaseAddress", "AttachNetworkInterface"};
    begin_record(t, "ec2.amazonaws.com", names[b[4] % 8], b[5]);
    buf_printf(
        &t->text,
        ",\"requestParameters\":{\"publicIp\":\"203.0.113.%u\",\"instanceId\":\"i-0000000%u\","
        "\"networkInterfaceId\":\"eni-%u\",\"instancesSet\":{\"items\":[{\"instanceId\":"
        "\"i-0000000%u\"}]}},\"responseElements\":{\"associationId\":\"a%u\",\"publicIp\":"
        "\"203.0.113.%u\"}}\n",
        b[2] / 4 % 4u, b[3] / 2 % 4u, b[3] % 2u, b[3] / 2 % 4u, b[4] / 8 % 4u, b[2] / 4 % 4u);
}

/* Returns how many bytes of raw text the step took besides its own. */
static size_t step(struct trail *t, const uint8_t *b, const uint8_t *rest, size_t n_rest)
{
    static const int64_t units[] = {0, 1, 60, 3600};
    t->time_s += (int64_t)(int8_t)b[1] * units[b[2] % 4];
    switch (b[0] % 16) {
    case 0:
    case 1:
        issue(t, b);
        return 0;
    case 2:
    case 3:
    case 4:
        change(t, b);
        return 0;
    case 5:
        if (t->n + 1 < MAX_FILES)
            end_file(t);
        t->gzip = b[1] % 2;
        return 0;
    case 6:
        buf_puts(&t->text, b[1] % 2 ? "{\"Records\":[" : "]}\n");
        return 0;
    case 7: {
        size_t n = b[1] < n_rest ? b[1] : n_rest;
        buf_add(&t->text, rest, n);
        return n;
    }
    default:
        call(t, b);
        return 0;
    }
}

struct result {
    struct buf text; /* alerts, table, summary */
    const struct trail *trail;
};

static bool emit(void *self, struct alert *a)
{
    struct result *r = self;
    a->file = str_of(r->trail->path[a->event->file]);
    alert_format_json(a, &r->text);
    alert_format_text(a, false, &r->text);
    return !r->text.failed;
}

static void no_progress(void *self, const struct reading_stats *so_far)
{
    (void)self;
    (void)so_far;
}

static void tell_all(struct engine *g, const struct reading_stats *reading, struct buf *out)
{
    struct row **rows;
    size_t n;
    CHECK(table_sorted(engine_table(g), &rows, &n));
    for (size_t i = 0; i < n; i++)
        tableview_row(engine_table(g), engine_book(g), rows[i], true, out);
    free(rows);
    struct summary s = {.reading = reading, .judging = engine_stats(g)};
    CHECK(summary_json(&s, out) && summary_text(&s, out));
    CHECK(agents_format(engine_agents(g), true, out));
}

static void run(const struct trail *t, const uint8_t *options, unsigned jobs, bool no_prefilter,
                struct result *r)
{
    struct input_list inputs = {.file = (struct input_file *)(uintptr_t)t->file, .n = t->n};
    struct extract_options extract = {.key = {jobs, no_prefilter}, .no_prefilter = no_prefilter};
    struct engine_options e = {
        .key = extract.key,
        .window_s = options[0] & 1 ? 900 : 0,
        .adopt = options[0] & 2,
        .list_agents = true,
        .judge = {.ttl_s = 6 * 3600,
                  .grace_s = 600,
                  .settle_s = 3600,
                  .private_ip_any = options[0] & 4,
                  .presigned_alert = options[0] & 8},
        .report = {.once = options[0] & 16, .info = true, .emit = emit, .self = r}};
    struct log log = {.fd = memfd_create("log", MFD_CLOEXEC)};
    struct reading_stats reading = {0};
    r->trail = t;
    struct engine *g = engine_new(&e);
    CHECK(g && log.fd >= 0);
    struct pipeline_options p = {.extract = &extract,
                                 .inputs = &inputs,
                                 .engine = g,
                                 .log = &log,
                                 .jobs = jobs,
                                 .progress = no_progress};
    CHECK(pipeline_run(&p, &reading) == PIPELINE_DONE && engine_finish(g));
    tell_all(g, &reading, &r->text);
    char told[4096];
    ssize_t n = pread(log.fd, told, sizeof told, 0);
    CHECK(n >= 0);
    buf_add(&r->text, told, (size_t)n);
    CHECK(!r->text.failed);
    (void)close(log.fd);
    log_free(&log);
    engine_free(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    if (nbytes < 1 || nbytes > MAX_NBYTES)
        return 0;
    struct trail t = {.time_s = 1688990242};
    for (size_t at = 1; at + STEP_NBYTES <= nbytes; at += STEP_NBYTES)
        at += step(&t, data + at, data + at + STEP_NBYTES, nbytes - at - STEP_NBYTES);
    end_file(&t);
    struct result one = {0}, several = {0}, slow = {0};
    run(&t, data, 1, false, &one);
    run(&t, data, 3, false, &several);
    run(&t, data, 1, true, &slow);
    CHECK(str_eq(buf_view(&one.text), buf_view(&several.text)));
    CHECK(str_eq(buf_view(&one.text), buf_view(&slow.text)));
    buf_free(&one.text);
    buf_free(&several.text);
    buf_free(&slow.text);
    for (size_t i = 0; i < t.n; i++)
        (void)close(t.fd[i]);
    buf_free(&t.text);
    return 0;
}
