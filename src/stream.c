#include "ctlock/stream.h"

#include "ctlock/inflate.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IN_NBYTES = 128 * 1024, MARK_NBYTES = 4 };

/* What the bytes that come next are. */
enum phase {
    PHASE_START,   /* nothing is known yet */
    PHASE_PLAIN,   /* text as it is */
    PHASE_MEMBER,  /* in a gzip member, or where one may begin */
    PHASE_PADDING, /* behind a member: another one, zeros, or junk */
    PHASE_JUNK,    /* told of; skipped to the end */
    PHASE_SEARCH   /* behind damage: looking for the next member */
};

struct stream {
    int fd;
    enum phase phase;
    bool at_end;            /* of the file */
    bool searching;         /* damage was told of, and nothing good has come since */
    const char *fault;      /* of the member at hand; its text comes first */
    uint64_t member_offset; /* where a search found the member at hand */
    struct inflate *inflate;
    uint64_t in_nbytes;
    size_t from, to; /* what is left in in */
    uint8_t in[IN_NBYTES];
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
    s->phase = PHASE_START;
    s->at_end = s->searching = false;
    s->fault = NULL;
    s->in_nbytes = s->from = s->to = 0;
    inflate_reset(s->inflate);
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

static enum stream_result problem(const struct stream *s, struct stream_problem *p, const char *why,
                                  int error, bool text_is_missing)
{
    *p = (struct stream_problem){.why = why,
                                 .error = error,
                                 .in_offset = s->in_nbytes - (s->to - s->from),
                                 .text_is_missing = text_is_missing};
    return STREAM_PROBLEM;
}

static ssize_t read_some(int fd, void *p, size_t n)
{
    ssize_t got;
    do
        got = read(fd, p, n);
    while (got < 0 && errno == EINTR);
    return got;
}

/* More input behind what is left. False on a failed read, which ends the input. */
static bool fill(struct stream *s)
{
    memmove(s->in, s->in + s->from, s->to - s->from);
    s->to -= s->from;
    s->from = 0;
    ssize_t got = read_some(s->fd, s->in + s->to, IN_NBYTES - s->to);
    if (got <= 0) {
        s->at_end = true;
        return got == 0;
    }
    s->to += (size_t)got;
    s->in_nbytes += (size_t)got;
    return true;
}

static enum stream_result failed_read(struct stream *s, struct stream_problem *p)
{
    return problem(s, p, "cannot be read further", errno, true);
}

static size_t left(const struct stream *s)
{
    return s->to - s->from;
}

static bool is_magic(const uint8_t *p)
{
    return p[0] == 0x1f && p[1] == 0x8b;
}

/* Plain input goes straight to the caller, but for what was looked at. */
static enum stream_result read_plain(struct stream *s, char *out, size_t cap, size_t *nbytes,
                                     struct stream_problem *p)
{
    if (left(s) > 0) {
        *nbytes = left(s) < cap ? left(s) : cap;
        memcpy(out, s->in + s->from, *nbytes);
        s->from += *nbytes;
        return STREAM_BYTES;
    }
    ssize_t got = s->at_end ? 0 : read_some(s->fd, out, cap);
    if (got > 0) {
        s->in_nbytes += (uint64_t)got;
        *nbytes = (size_t)got;
        return STREAM_BYTES;
    }
    s->at_end = true;
    return got == 0 ? STREAM_END : failed_read(s, p);
}

/* The step of a phase: STREAM_MORE means that another step is due. */
enum { STREAM_MORE = -1 };

static int step_start(struct stream *s, struct stream_problem *p)
{
    while (left(s) < 2 && !s->at_end && (left(s) == 0 || s->in[s->from] == 0x1f))
        if (!fill(s))
            return (int)failed_read(s, p);
    if (left(s) == 0)
        return STREAM_END;
    s->phase = left(s) >= 2 && is_magic(s->in + s->from) ? PHASE_MEMBER : PHASE_PLAIN;
    return STREAM_MORE;
}

static int damaged(struct stream *s, struct stream_problem *p, const char *why)
{
    bool told = s->searching;
    /* Whatever the fault is, the search gets on. */
    if (s->in_nbytes - left(s) == s->member_offset && left(s) > 0)
        s->from++;
    s->searching = true;
    s->phase = PHASE_SEARCH;
    inflate_reset(s->inflate);
    return told ? STREAM_MORE : (int)problem(s, p, why, 0, true);
}

static int input_ended(struct stream *s, struct stream_problem *p)
{
    bool open = inflate_is_open(s->inflate);
    inflate_reset(s->inflate);
    s->phase = PHASE_JUNK;
    if (!open || s->searching)
        return STREAM_END;
    return (int)problem(s, p, "gzip member is cut short", 0, true);
}

static int step_member(struct stream *s, char *out, size_t cap, size_t *nbytes,
                       struct stream_problem *p)
{
    size_t used;
    const char *why = NULL;
    enum inflate_result got =
        inflate_run(s->inflate, s->in + s->from, left(s), &used, out, cap, nbytes, &why);
    s->from += used;
    if (got == INFLATE_MEMBER)
        s->phase = PHASE_PADDING;
    if (got == INFLATE_DAMAGED)
        s->fault = why;
    if (*nbytes > 0) {
        s->searching = false;
        return STREAM_BYTES;
    }
    if (got != INFLATE_GO_ON || used > 0)
        return STREAM_MORE;
    if (s->at_end)
        return input_ended(s, p);
    return fill(s) ? STREAM_MORE : (int)failed_read(s, p);
}

static int step_padding(struct stream *s, struct stream_problem *p)
{
    while (left(s) > 0 && s->in[s->from] == 0)
        s->from++;
    if (left(s) < 2 && !s->at_end && (left(s) == 0 || s->in[s->from] == 0x1f))
        return fill(s) ? STREAM_MORE : (int)failed_read(s, p);
    if (left(s) == 0)
        return STREAM_END;
    if (left(s) >= 2 && is_magic(s->in + s->from)) {
        s->phase = PHASE_MEMBER;
        return STREAM_MORE;
    }
    s->phase = PHASE_JUNK;
    return (int)problem(s, p, "junk behind gzip data", 0, false);
}

/* To the end, so that whoever writes into a pipe is not cut off. */
static int step_junk(struct stream *s, struct stream_problem *p)
{
    s->from = s->to;
    if (s->at_end)
        return STREAM_END;
    return fill(s) ? STREAM_MORE : (int)failed_read(s, p);
}

static bool may_begin_member(const uint8_t *p)
{
    return is_magic(p) && p[2] == 8 && (p[3] & 0xe0) == 0;
}

static int step_search(struct stream *s, struct stream_problem *p)
{
    for (; left(s) >= MARK_NBYTES; s->from++)
        if (may_begin_member(s->in + s->from)) {
            s->phase = PHASE_MEMBER;
            s->member_offset = s->in_nbytes - left(s);
            return STREAM_MORE;
        }
    if (s->at_end)
        return STREAM_END;
    return fill(s) ? STREAM_MORE : (int)failed_read(s, p);
}

enum stream_result stream_read(struct stream *s, char *out, size_t cap, size_t *nbytes,
                               struct stream_problem *p)
{
    int got = STREAM_MORE;
    while (got == STREAM_MORE) {
        if (s->fault) {
            const char *why = s->fault;
            s->fault = NULL;
            got = damaged(s, p, why);
        } else if (s->phase == PHASE_START) {
            got = step_start(s, p);
        } else if (s->phase == PHASE_PLAIN) {
            got = (int)read_plain(s, out, cap, nbytes, p);
        } else if (s->phase == PHASE_MEMBER) {
            got = step_member(s, out, cap, nbytes, p);
        } else if (s->phase == PHASE_PADDING) {
            got = step_padding(s, p);
        } else if (s->phase == PHASE_JUNK) {
            got = step_junk(s, p);
        } else {
            got = step_search(s, p);
        }
    }
    return (enum stream_result)got;
}
