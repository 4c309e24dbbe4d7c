/* batch: what a reader found, on its way from a worker to the engine. */
#ifndef CTLOCK_BATCH_H
#define CTLOCK_BATCH_H

#include "ctlock/buf.h"
#include "ctlock/event.h"
#include "ctlock/reader.h"
#include "ctlock/stats.h"

#include <stdbool.h>
#include <stddef.h>

struct batch_problem {
    struct reader_problem problem;
    size_t at; /* that of batch_next_event when its turn comes */
};

/* Zeroed is empty. Events stand one behind another in events, each nbytes long. */
struct batch {
    struct batch *next;
    struct buf events;
    struct batch_problem *problem;
    size_t n_problems, problems_cap;
    struct reading_stats so_far; /* of this input, by its reader, when the batch was put */
    struct reading_stats found;  /* by another worker, in a block of this input; besides so_far */
    bool nomem;                  /* that worker ran out of memory */
    bool open;                   /* for lanes alone: it is not done */
    size_t held_nbytes;          /* for lanes alone: what the batch counts for */
};

/* Append. False when memory ran out. */
bool batch_add_event(struct batch *b, const struct event *e);
bool batch_add_problem(struct batch *b, const struct reader_problem *p);

/* The memory that it holds, used or not. */
size_t batch_nbytes(const struct batch *b);

/* Walk the events: *at is 0 before the first; NULL after the last. */
struct event *batch_next_event(struct batch *b, size_t *at);

/* Forget the content; keep the memory, unless it is unusually much. */
void batch_clear(struct batch *b);

/* Release a chain of batches that came from malloc. */
void batch_free_chain(struct batch *b);

#endif
