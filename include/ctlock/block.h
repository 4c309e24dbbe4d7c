/* block: records that were sliced, with the text that they stand in, on their way to a worker that
 * extracts them. */
#ifndef CTLOCK_BLOCK_H
#define CTLOCK_BLOCK_H

#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch;

/* A record, or, where rec is absent, something that the slicer stepped over: why says what. */
struct block_item {
    struct str rec;
    const char *why; /* a constant */
    uint64_t offset; /* in the stream, of its first byte */
};

/* Zeroed is empty. Whoever holds it may change it; one thread at a time. */
struct block {
    struct block *next;
    size_t input;        /* whose records these are */
    struct batch *batch; /* gets what they hold; not the block's to free */
    char *text;          /* from malloc; once filled, what the records stand in */
    size_t text_cap;
    struct block_item *item;
    size_t n, cap;
};

/* Append. False when memory ran out. */
bool block_add(struct block *b, struct block_item item);

/* Have room for nbytes of text; what was there is lost. False when memory ran out. */
bool block_reserve(struct block *b, size_t nbytes);

/* The memory that it holds and may come to hold in its batch, of problems at least: every item may
 * be one. */
size_t block_nbytes(const struct block *b);

/* Forget all but the memory, and that, too, if it is unusually much. */
void block_clear(struct block *b);

/* Release a chain of blocks that came from malloc. */
void block_free_chain(struct block *b);

#endif
