/* stream: a file descriptor → its text, inflated if it is gzip. */
#ifndef CTLOCK_STREAM_H
#define CTLOCK_STREAM_H

#include "ctlock/wait.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stream_result {
    STREAM_BYTES,   /* *nbytes of text (at least 1) were written */
    STREAM_END,     /* nothing more */
    STREAM_PROBLEM, /* *problem; call again to go on behind it */
    STREAM_STOPPED, /* a wait was given up: all text that was read has been given, and no more is */
    STREAM_NOMEM
};

struct stream_problem {
    const char *why;    /* a constant, such as "gzip data is damaged", "gzip member is cut short" */
    int error;          /* errno of a failed read, else 0; STREAM_END follows it */
    uint64_t in_offset; /* in the bytes of the file, compressed: where it showed */
    bool text_is_missing; /* the text before and after this does not join */
};

struct stream;

/* Read fd from where it stands. fd stays the caller's. NULL when memory ran out. One thread at a
 * time. */
struct stream *stream_new(int fd);

/* Begin anew with another fd; keeps memory. */
void stream_reset(struct stream *s, int fd);

/* Wait for bytes with *w, which is copied, from now on to the next reset. Without it a read just
 * waits. */
void stream_wait(struct stream *s, const struct wait_how *w);
void stream_free(struct stream *s); /* NULL is allowed */

/* Write text to out, at most cap bytes (cap > 0); a large out, 256 KiB and more, is what makes it
 * fast. Gzip is known by its first bytes, not by a name; members follow one another; trailing zeros
 * are quiet and trailing junk is one problem. After damage or junk the next member is searched for:
 * in what was read before the damage showed (up to 64 KiB, for a cut member runs on into the next
 * one), then behind it; a find that gives no text is no member and no problem. Reads are repeated
 * on EINTR, and never waited for while there is text to give. */
enum stream_result stream_read(struct stream *s, char *out, size_t cap, size_t *nbytes,
                               struct stream_problem *problem);

/* Bytes read from fd so far, compressed. */
uint64_t stream_in_nbytes(const struct stream *s);

#endif
