/* A state with a right checksum is loaded or refused, whatever its lines say; one that was loaded
 * can be saved, loaded again and gone on from. The first byte chooses the window; a line that
 * begins with + is a record that comes after loading, the others are the state's between its first
 * and its last. */
#include "ctlock/checksum.h"
#include "ctlock/extract.h"
#include "ctlock/output.h"
#include "ctlock/state.h"
#include "ctlock/stateline.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define IN_MAX_NBYTES ((size_t)1 << 16)
#define ACCOUNT "111122223333"

static char folder[64], path[128];

/* What touches everything that a state of the corpus holds. */
#define HEAD(time, source, name)                                                                   \
    "{\"eventTime\":\"2024-03-0" time "Z\",\"eventSource\":\"" source                              \
    ".amazonaws.com\",\"eventName\":\"" name                                                       \
    "\",\"awsRegion\":\"us-east-1\",\"eventID\":\"" time name "\","
#define CHANGE(time, name, request, response)                                                      \
    HEAD(time, "ec2", name)                                                                        \
    "\"sourceIPAddress\":\"192.0.2.1\",\"requestParameters\":{" request                            \
    "},\"responseElements\":{" response "}}"
#define CALL(time, instance, source)                                                               \
    HEAD(time, "s3", "ListBuckets" source)                                                         \
    "\"sourceIPAddress\":\"" source "\",\"userAgent\":\"aws-cli/2\",\"userIdentity\":{\"type\":"   \
    "\"AssumedRole\",\"arn\":\"arn:aws:sts::" ACCOUNT ":assumed-role/web/" instance "\"}}"
#define ISSUE(time, instance)                                                                      \
    HEAD(time, "sts", "AssumeRole")                                                                \
    "\"sourceIPAddress\":\"ec2.amazonaws.com\",\"userIdentity\":{\"type\":\"AWSService\","         \
    "\"invokedBy\":\"ec2.amazonaws.com\"},\"requestParameters\":{\"roleArn\":"                     \
    "\"arn:aws:iam::" ACCOUNT ":role/web\",\"roleSessionName\":\"" instance "\"}}"

static const char *const records[] = {
    ISSUE("2T00:00:00", "i-00000000"),
    CALL("2T00:00:01", "i-00000000", "203.0.113.10"),
    CALL("2T00:00:02", "i-00000000", "10.0.3.16"),
    CALL("2T00:00:03", "i-00000000", "2001:db8::1"),
    CALL("2T00:00:04", "i-00000000", "no address"),
    CALL("2T00:00:05", "i-00000001", "203.0.113.11"),
    CHANGE("2T00:01:00", "AssociateAddress",
           "\"allocationId\":\"eipalloc-0\",\"instanceId\":\"i-00000000\"",
           "\"associationId\":\"eipassoc-new\""),
    CHANGE("2T00:01:01", "AssociateAddress",
           "\"publicIp\":\"203.0.113.11\",\"networkInterfaceId\":\"eni-1\"", ""),
    CHANGE("2T00:01:02", "AttachNetworkInterface",
           "\"networkInterfaceId\":\"eni-2\",\"instanceId\":\"i-00000001\"",
           "\"attachmentId\":\"eni-attach-1\""),
    CHANGE("2T00:01:03", "AssignPrivateIpAddresses",
           "\"networkInterfaceId\":\"eni-1\",\"privateIpAddressesSet\":{\"items\":[{"
           "\"privateIpAddress\":\"10.0.0.9\"}]}",
           ""),
    CHANGE("2T00:01:04", "CreateNatGateway", "\"allocationId\":\"eipalloc-1\"",
           "\"CreateNatGatewayResponse\":{\"natGateway\":{\"natGatewayId\":\"nat-1\",\"vpcId\":"
           "\"vpc-1\",\"natGatewayAddressSet\":{\"item\":{\"allocationId\":\"eipalloc-1\"}}}}"),
    CALL("2T00:01:05", "i-00000000", "203.0.113.12"),
    CHANGE("2T00:01:06", "StopInstances", "",
           "\"instancesSet\":{\"items\":[{\"instanceId\":\"i-00000001\"}]}"),
    CHANGE("2T00:01:07", "StartInstances", "",
           "\"instancesSet\":{\"items\":[{\"instanceId\":\"i-00000001\"}]}"),
    CALL("2T00:01:08", "i-00000001", "198.51.100.7"),
    CHANGE("2T00:02:00", "UnassignPrivateIpAddresses",
           "\"networkInterfaceId\":\"eni-1\",\"privateIpAddressesSet\":{\"items\":[{"
           "\"privateIpAddress\":\"10.0.0.9\"}]}",
           ""),
    CHANGE("2T00:02:01", "DisassociateAddress", "\"associationId\":\"eipassoc-1\"", ""),
    CHANGE("2T00:02:02", "DisassociateAddress", "\"publicIp\":\"203.0.113.11\"", ""),
    CHANGE("2T00:02:03", "ReleaseAddress", "\"allocationId\":\"eipalloc-0\"", ""),
    CHANGE("2T00:02:04", "DetachNetworkInterface", "\"attachmentId\":\"eni-attach-1\"", ""),
    CHANGE("2T00:02:05", "DeleteNetworkInterface", "\"networkInterfaceId\":\"eni-1\"", ""),
    CHANGE("2T00:02:06", "DeleteNatGateway", "\"natGatewayId\":\"nat-1\"", ""),
    CHANGE("2T00:02:07", "TerminateInstances", "",
           "\"instancesSet\":{\"items\":[{\"instanceId\":\"i-00000000\"},{\"instanceId\":\"i-"
           "00000001\"}]}"),
    CALL("3T00:00:00", "i-00000000", "203.0.113.10"),
};

static bool take_alert(void *self, struct alert *a)
{
    struct buf line = {0};
    (void)self;
    a->file = STR("file");
    alert_format_json(a, &line);
    alert_format_text(a, false, &line);
    buf_free(&line);
    return true;
}

static void leave(void)
{
    static const char *const suffixes[] = {"", ".prev", ".new", ".lock"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char name[sizeof path + 8];
        (void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        (void)unlink(name);
    }
    (void)rmdir(folder);
}

static void settle(void)
{
    if (*folder)
        return;
    /* Where flushing costs nothing. */
    (void)snprintf(folder, sizeof folder, "%s/ctlock-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder) || atexit(leave) != 0)
        abort();
    (void)snprintf(path, sizeof path, "%s/state", folder);
}

static bool next_line(struct str *rest, struct str *line)
{
    if (rest->n == 0)
        return false;
    const char *lf = memchr(rest->p, '\n', rest->n);
    *line = (struct str){rest->p, lf ? (size_t)(lf - rest->p) : rest->n};
    *rest = str_skip(*rest, lf ? line->n + 1 : line->n);
    return true;
}

static void write_state(struct str lines)
{
    struct buf text = {0};
    stateline_begin(&text, "ctlock-state");
    stateline_number(&text, "version", 1);
    stateline_end(&text);
    int64_t n = 0;
    for (struct str line; next_line(&lines, &line);)
        if (!str_starts(line, STR("+"))) {
            buf_str(&text, line);
            buf_putc(&text, '\n');
            n++;
        }
    uint64_t crc = checksum_crc64(0, buf_view(&text));
    stateline_begin(&text, "end");
    stateline_number(&text, "lines", n);
    stateline_hash(&text, "crc64", crc);
    stateline_end(&text);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || text.failed || output_all(fd, buf_view(&text)) != 0 || close(fd) != 0)
        abort();
    buf_free(&text);
}

static struct buf read_state(void)
{
    struct buf text = {0};
    int fd = open(path, O_RDONLY);
    ssize_t n = 1;
    while (fd >= 0 && n > 0 && buf_reserve(&text, 1 << 16)) {
        n = read(fd, text.p + text.n, 1 << 16);
        text.n += n > 0 ? (size_t)n : 0;
    }
    (void)close(fd);
    return text;
}

struct going {
    struct engine *engine;
    struct state *state;
};

static bool load(struct going *g, const struct engine_options *opt)
{
    struct buf why = {0};
    g->engine = engine_new(opt);
    g->state = state_open(path, opt->key, &why);
    if (!g->engine || !g->state)
        abort();
    bool ok = state_load(g->state, g->engine, &why);
    if (!ok && why.n == 0)
        abort();
    buf_free(&why);
    return ok;
}

static void save(struct going *g)
{
    struct buf why = {0};
    static char name[] = "in";
    struct input_file file = {.path = name};
    struct input_list list = {.file = &file, .n = 1};
    if (state_save(g->state, g->engine, &list, &why) != STATEFILE_SAVED)
        abort();
}

static void release(struct going *g)
{
    engine_free(g->engine);
    state_free(g->state);
}

static void add(struct going *g, struct str record)
{
    static const struct extract_options plain = {0};
    struct extractor x = {0};
    const struct event *made;
    const char *why;
    if (extract_record(&x, &plain, record, &made, &why) == EXTRACT_EVENT) {
        struct event *e = x.mem;
        e->file = 0;
        if (!engine_add(g->engine, e))
            abort();
    }
    extract_free(&x);
}

static void go_on(struct going *g, struct str lines)
{
    for (struct str line; next_line(&lines, &line);)
        if (str_starts(line, STR("+")))
            add(g, str_skip(line, 1));
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++)
        add(g, str_of(records[i]));
    if (!engine_finish(g->engine))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    static const int64_t windows[] = {900, 0, 1, 7200, 86400, 31 * 86400};
    if (nbytes < 1 || nbytes > IN_MAX_NBYTES)
        return 0;
    settle();
    struct engine_options opt = {
        .key = {1, 2},
        .window_s = windows[data[0] % (sizeof windows / sizeof windows[0])],
        .adopt = data[0] & 64,
        .judge = {.ttl_s = 21600, .grace_s = 21600, .settle_s = 300},
        .report = {.once = data[0] & 128, .info = true, .emit = take_alert},
    };
    struct str lines = {(const char *)data + 1, nbytes - 1};
    struct going first = {0}, second = {0};
    write_state(lines);
    if (load(&first, &opt)) {
        save(&first);
        struct buf saved = read_state();
        if (!load(&second, &opt))
            abort();
        save(&second);
        struct buf again = read_state();
        if (!str_eq(buf_view(&saved), buf_view(&again)))
            abort();
        buf_free(&saved);
        buf_free(&again);
        go_on(&second, lines);
        save(&second);
    }
    release(&second);
    release(&first);
    return 0;
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t nbytes, size_t max_nbytes);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t nbytes, size_t max_nbytes, unsigned seed);

/* The start of line number n, modulo how many there are. */
static size_t line_at(const uint8_t *data, size_t nbytes, size_t n)
{
    size_t lines = 0, at = 1;
    for (size_t i = 1; i < nbytes; i++)
        lines += data[i] == '\n';
    for (n = lines ? n % lines : 0; n > 0; n--)
        at = (size_t)((const uint8_t *)memchr(data + at, '\n', nbytes - at) - data) + 1;
    return at;
}

static size_t line_length(const uint8_t *data, size_t nbytes, size_t at)
{
    const uint8_t *lf = memchr(data + at, '\n', nbytes - at);
    return lf ? (size_t)(lf - data) + 1 - at : nbytes - at;
}

/* The member behind comma number n of the line; where, and *length of it, comma included. */
static size_t member_at(const uint8_t *data, size_t at, size_t n, size_t *length)
{
    size_t commas = 0, end = at + *length, i = at;
    for (size_t k = at; k < end; k++)
        commas += data[k] == ',';
    for (n = commas ? n % commas + 1 : 0; n > 0 && i < end; i++)
        n -= data[i] == ',';
    if (i == at)
        return *length = 0, at;
    size_t start = i - 1;
    while (i < end && data[i] != ',' && data[i] != '}' && data[i] != ']' && data[i] != '\n')
        i++;
    *length = i - start;
    return start;
}

/* Put a copy of text over what stands at, or in between. */
static size_t put(uint8_t *data, size_t nbytes, size_t max, size_t at, size_t over, size_t from,
                  size_t n)
{
    uint8_t *copy = malloc(n + 1);
    if (!copy || nbytes - over + n > max) {
        free(copy);
        return nbytes;
    }
    memcpy(copy, data + from, n);
    memmove(data + at + n, data + at + over, nbytes - at - over);
    memcpy(data + at, copy, n);
    free(copy);
    return nbytes - over + n;
}

/* Lines and members leave, come twice, come elsewhere and take the place of others, which mutation
 * by bytes hardly ever does without breaking the line. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t nbytes, size_t max_nbytes, unsigned seed)
{
    if (seed % 4 == 0 || nbytes < 3 || !memchr(data + 1, '\n', nbytes - 1))
        return LLVMFuzzerMutate(data, nbytes, max_nbytes);
    size_t a = line_at(data, nbytes, seed >> 4 & 127), b = line_at(data, nbytes, seed >> 11 & 127);
    size_t n = line_length(data, nbytes, a), m = line_length(data, nbytes, b), over = n, more = m;
    size_t from = member_at(data, b, seed >> 18, &more), to = member_at(data, a, seed >> 25, &over);
    switch (seed / 4 % 6) {
    case 0:
        return put(data, nbytes, max_nbytes, a, n, a, 0);
    case 1:
        return put(data, nbytes, max_nbytes, a, 0, b, m);
    case 2:
        return put(data, nbytes, max_nbytes, a, n, b, m);
    case 3:
        return put(data, nbytes, max_nbytes, to, over, a, 0);
    case 4:
        return put(data, nbytes, max_nbytes, to, 0, from, more);
    default:
        return put(data, nbytes, max_nbytes, to, over, from, more);
    }
}
