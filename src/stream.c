#include "ctlock/stream.h"

#include "ctlock/inflate.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUF_NBYTES ((size_t)256 << 10)

/* How much of what was read stays, to look for a member in it after damage. */
#define KEEP_NBYTES ((size_t)64 << 10)

/* Below this much room at its end, the buffer is moved up. */
#define ROOM_NBYTES ((size_t)64 << 10)

/* What may be looked through again beyond once: keeps the work linear when the input is made of
 * beginnings of members. */
#define REREAD_NBYTES ((uint64_t)1 << 20)

#define READ_MAX_NBYTES ((size_t)1 << 30)

enum mode {
    MODE_START,
    MODE_PLAIN,
    MODE_MEMBER,
    MODE_BETWEEN, /* a member ended well */
    MODE_SEARCH,  /* for the beginning of a member */
    MODE_END
};

struct stream {
    int fd;
    enum mode mode;
    bool at_end;  /* read has said so, or has failed */
    int error;    /* of the failed read, not yet told */
    bool stopped; /* instead of the end */
    bool found;   /* the member was found by searching */
    bool has_text;
    uint64_t member_offset;
    uint64_t reread_nbytes;
    uint64_t in_nbytes;
    bool waits;
    struct wait_how how;
    size_t pos, end; /* buf[pos..end) is unread; the byte at end is in_nbytes of the file */
    struct inflate *inflate;
    uint8_t buf[BUF_NBYTES];
};

struct stream *stream_new(int fd)
{
    struct stream *s = malloc(sizeof *s);
    if (!s)
        return NULL;
    s->inflate = inflate_new();
    if (!s->inflate) {
        free(s);
        return NULL;
    }
    stream_reset(s, fd);
    return s;
}

void stream_reset(struct stream *s, int fd)
{
    s->fd = fd;
    s->mode = MODE_START;
    s->at_end = s->stopped = s->found = s->has_text = s->waits = false;
    s->error = 0;
    s->member_offset = s->reread_nbytes = s->in_nbytes = 0;
    s->pos = s->end = 0;
}

void stream_wait(struct stream *s, const struct wait_how *w)
{
    s->waits = true;
    s->how = *w;
}

void stream_free(struct stream *s)
{
    if (!s)
        return;
    inflate_free(s->inflate);
    free(s);
}

uint64_t stream_in_nbytes(const struct stream *s)
{
    return s->in_nbytes;
}

/* The place of the next unread byte in the file. */
static uint64_t offset_of(const struct stream *s)
{
    return s->in_nbytes - (s->end - s->pos);
}

/* read(2) until it gives something. 0 when there is nothing more, s->error or s->stopped saying
 * why. */
static size_t read_some(struct stream *s, void *to, size_t cap)
{
    while (!s->at_end) {
        if (s->waits && wait_input(s->fd, &s->how) != WAIT_READY) {
            s->at_end = s->stopped = true;
            break;
        }
        ssize_t n = read(s->fd, to, cap < READ_MAX_NBYTES ? cap : READ_MAX_NBYTES);
        if (n > 0) {
            s->in_nbytes += (uint64_t)n;
            return (size_t)n;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            struct pollfd p = {.fd = s->fd, .events = POLLIN};
            if (s->waits || poll(&p, 1, -1) >= 0 || errno == EINTR)
                continue;
        }
        s->error = n < 0 ? errno : 0;
        s->at_end = true;
    }
    return 0;
}

/* Add to the buffer. False when there is nothing more. */
static bool fill(struct stream *s)
{
    if (BUF_NBYTES - s->end < ROOM_NBYTES) {
        size_t drop = s->pos > KEEP_NBYTES ? s->pos - KEEP_NBYTES : 0;
        memmove(s->buf, s->buf + drop, s->end - drop);
        s->pos -= drop;
        s->end -= drop;
    }
    bool first = s->in_nbytes == 0;
    size_t n = read_some(s, s->buf + s->end, BUF_NBYTES - s->end);
    s->end += n;
    /* Not worth a system call for a small file. It is advice: a pipe may refuse it. */
    if (first && n == BUF_NBYTES)
        (void)posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return n > 0;
}

/* Try to have n bytes unread. Returns how many there are, more or less than n. */
static size_t have(struct stream *s, size_t n)
{
    while (s->end - s->pos < n && fill(s))
        ;
    return s->end - s->pos;
}

static void begin_member(struct stream *s, bool found)
{
    inflate_reset(s->inflate);
    s->mode = MODE_MEMBER;
    s->found = found;
    s->has_text = false;
    s->member_offset = offset_of(s);
}

static void tell(const struct stream *s, struct stream_problem *problem, const char *why)
{
    *problem =
        (struct stream_problem){.why = why, .in_offset = offset_of(s), .text_is_missing = true};
}

/* The end of the input, or the read that failed. */
static enum stream_result finish(struct stream *s, struct stream_problem *problem)
{
    if (s->stopped)
        return STREAM_STOPPED;
    s->mode = MODE_END;
    if (!s->error)
        return STREAM_END;
    tell(s, problem, "cannot be read");
    problem->error = s->error;
    s->error = 0;
    return STREAM_PROBLEM;
}

/* Go back to where a member may have begun in what the damaged one has swallowed. */
static void go_back(struct stream *s)
{
    uint64_t at = offset_of(s);
    uint64_t since = at > s->member_offset ? at - s->member_offset - 1 : 0;
    size_t n = s->pos < KEEP_NBYTES ? s->pos : KEEP_NBYTES;
    if (n > since)
        n = (size_t)since;
    if (s->reread_nbytes + n > at + REREAD_NBYTES)
        return;
    s->reread_nbytes += n;
    s->pos -= n;
}

/* The steps below return true with *result set, or false when the mode has changed. */

static bool step_start(struct stream *s)
{
    size_t n = have(s, 1);
    if (n && s->buf[s->pos] == 0x1f)
        n = have(s, 2);
    if (n == 0)
        s->mode = MODE_SEARCH; /* finds nothing */
    else if (s->buf[s->pos] == 0x1f && (n < 2 || s->buf[s->pos + 1] == 0x8b))
        begin_member(s, false);
    else
        s->mode = MODE_PLAIN;
    return false;
}

static bool step_plain(struct stream *s, char *out, size_t cap, size_t *nbytes,
                       struct stream_problem *problem, enum stream_result *result)
{
    size_t n = s->end - s->pos;
    if (n) {
        *nbytes = n < cap ? n : cap;
        memcpy(out, s->buf + s->pos, *nbytes);
        s->pos += *nbytes;
    } else {
        *nbytes = read_some(s, out, cap);
    }
    *result = *nbytes ? STREAM_BYTES : finish(s, problem);
    return true;
}

static bool step_damage(struct stream *s, const char *why, struct stream_problem *problem,
                        enum stream_result *result)
{
    if (s->error) {
        *result = finish(s, problem);
        return true;
    }
    /* Bytes that only looked like a member are nothing new after what was told before. */
    bool news = !s->found || s->has_text;
    if (news)
        tell(s, problem, why);
    go_back(s);
    s->mode = MODE_SEARCH;
    *result = STREAM_PROBLEM;
    return news;
}

static bool step_member(struct stream *s, char *out, size_t cap, size_t *nbytes,
                        struct stream_problem *problem, enum stream_result *result)
{
    for (;;) {
        const char *why = NULL;
        size_t used = 0;
        enum inflate_result r = inflate_run(s->inflate, s->buf + s->pos, s->end - s->pos, &used,
                                            out, cap, nbytes, &why);
        s->pos += used;
        if (r == INFLATE_MEMBER)
            s->mode = MODE_BETWEEN;
        if (*nbytes) {
            s->has_text = true;
            *result = STREAM_BYTES;
            return true; /* damage is told again by the next call */
        }
        if (r == INFLATE_MEMBER)
            return false;
        if (r == INFLATE_DAMAGED)
            return step_damage(s, why, problem, result);
        if (s->pos < s->end || fill(s))
            continue;
        if (s->stopped) {
            *result = STREAM_STOPPED;
            return true;
        }
        inflate_end(s->inflate);
    }
}

static bool step_between(struct stream *s, struct stream_problem *problem,
                         enum stream_result *result)
{
    while (have(s, 1) && s->buf[s->pos] == 0)
        s->pos++;
    if (s->pos == s->end) {
        *result = finish(s, problem);
        return true;
    }
    if (s->buf[s->pos] == 0x1f) {
        begin_member(s, false);
        return false;
    }
    tell(s, problem, "junk after gzip data");
    s->mode = MODE_SEARCH;
    *result = STREAM_PROBLEM;
    return true;
}

static bool step_search(struct stream *s, struct stream_problem *problem,
                        enum stream_result *result)
{
    while (have(s, 4) >= 4) {
        const uint8_t *from = s->buf + s->pos, *last = s->buf + s->end - 4;
        const uint8_t *p = from;
        while (p <= last && (p = memchr(p, 0x1f, (size_t)(last - p) + 1)) != NULL) {
            if (p[1] == 0x8b && p[2] == 8 && !(p[3] & 0xe0)) {
                s->pos += (size_t)(p - from);
                begin_member(s, true);
                return false;
            }
            p++;
        }
        s->pos = s->end - 3;
    }
    *result = finish(s, problem);
    return true;
}

enum stream_result stream_read(struct stream *s, char *out, size_t cap, size_t *nbytes,
                               struct stream_problem *problem)
{
    enum stream_result result = STREAM_END;
    bool ready = false;
    while (!ready) {
        switch (s->mode) {
        case MODE_START:
            ready = step_start(s);
            break;
        case MODE_PLAIN:
            ready = step_plain(s, out, cap, nbytes, problem, &result);
            break;
        case MODE_MEMBER:
            ready = step_member(s, out, cap, nbytes, problem, &result);
            break;
        case MODE_BETWEEN:
            ready = step_between(s, problem, &result);
            break;
        case MODE_SEARCH:
            ready = step_search(s, problem, &result);
            break;
        case MODE_END:
            ready = true;
            break;
        }
    }
    return result;
}
