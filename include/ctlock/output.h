/* output: writes lines to a file descriptor, with one sticky error. */
#ifndef CTLOCK_OUTPUT_H
#define CTLOCK_OUTPUT_H

#include "ctlock/buf.h"

#include <stdbool.h>

struct output {
    int fd;
    bool at_once; /* one write a line; else lines are gathered */
    int error;    /* errno of the first failed write, or 0 */
    struct buf pending;
    void (*before)(void *self); /* called ahead of what a terminal gets, or NULL */
    void *self;
};

/* Write to fd, which stays the caller's: each line at once if it is a terminal, a pipe or a socket.
 */
void output_init(struct output *o, int fd);

/* Where fd is a terminal, have before called ahead of each write: others may have something on the
 * screen. */
void output_share_terminal(struct output *o, void (*before)(void *self), void *self);

/* Write whole lines. False once anything failed (o->error says why); nothing is written after
 * that. */
bool output_write(struct output *o, struct str lines);

/* Write what was gathered. False as output_write. */
bool output_flush(struct output *o);

/* Have the disk keep what was written to a file. False as output_write. */
bool output_sync(struct output *o);
void output_free(struct output *o);

/* Write all of it to fd, repeated on EINTR, EAGAIN and short writes. 0, or errno. */
int output_all(int fd, struct str text);

#endif
