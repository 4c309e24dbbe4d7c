/* batch: what a reader found, on its way from a worker to the engine. */
#ifndef CTLOCK_BATCH_H
#define CTLOCK_BATCH_H

#include "ctlock/buf.h"
#include "ctlock/event.h"
#include "ctlock/reader.h"
#include "ctlock/stats.h"

#include <stdbool.h>
#include <stddef.h>

/* Zeroed is empty. Events stand one behind another in events, each nbytes long. */
struct batch {
    struct batch *next;
    struct buf events;
    struct reader_problem *problem;
    size_t n_problems, problems_cap;
    struct reading_stats so_far; /* of this input, by its reader, when the batch was put */
    struct reading_stats found;  /* by another worker, in a block of this input; besides so_far */
    bool open;                   /* that worker is not done */
    bool nomem;                  /* it ran out of memory */
    size_t held_nbytes;          /* what it counts for in its lane */
};

/* Append. False when memory ran out. */
bool batch_add_event(struct batch *b, const struct event *e);
bool batch_add_problem(struct batch *b, const struct reader_problem *p);

/* Walk the events: *at is 0 before the first; NULL after the last. */
struct event *batch_next_event(struct batch *b, size_t *at);

/* Forget the content, keep the memory. */
void batch_clear(struct batch *b);

/* Release a chain of batches that came from malloc. */
void batch_free_chain(struct batch *b);

#endif
