/* readahead: a stream that inflates in a thread of its own, ahead of whoever reads it. */
#ifndef CTLOCK_READAHEAD_H
#define CTLOCK_READAHEAD_H

#include "ctlock/stream.h"

#include <stdbool.h>

struct readahead;

/* Start reading fd, which stays the caller's and must stay open until readahead_free. The thread
 * waits with *w, which is copied, but for pause: a bell gives up. NULL when memory or threads ran
 * out. */
struct readahead *readahead_new(int fd, const struct wait_how *w);

/* Stop; a wait for the input that is under way is ended by *w alone. NULL is allowed. */
void readahead_free(struct readahead *a);

/* Wait until readahead_read would give something, or the thread itself waits for the input: true
 * then. */
bool readahead_pauses(struct readahead *a);

/* As stream_read and stream_in_nbytes, from one thread. */
enum stream_result readahead_read(struct readahead *a, char *out, size_t cap, size_t *nbytes,
                                  struct stream_problem *problem);
uint64_t readahead_in_nbytes(struct readahead *a);

#endif
