/* lanes: hands batches from workers to the engine in input order. */
#ifndef CTLOCK_LANES_H
#define CTLOCK_LANES_H

#include "ctlock/batch.h"
#include "ctlock/block.h"
#include "ctlock/stats.h"
#include "ctlock/wait.h"

#include <stdbool.h>
#include <stddef.h>

/* Inputs are numbered in their order. Workers take them in turn, each fills the lane of its input;
 * the engine empties lane after lane. What lanes hold is bounded, so a worker that is ahead waits;
 * the worker of the lane that the engine is at never waits for another's. A worker for which no
 * input is left extracts blocks of records that others have sliced. */
struct lanes;

/* Most inputs that one worker takes at once. */
enum { LANES_RUN = 64 };

struct lanes_inputs {
    size_t n;
    const void *self;
    /* How many from this one on are so small that they are best read one after the other by one
     * worker, and the engine woken for all of them: 1 to LANES_RUN. Called with a lock held. NULL:
     * none are. */
    size_t (*run)(const void *self, size_t input);
};

/* What a worker is to do: extract the block, or, where that is NULL, read n inputs from this one
 * on. */
struct work {
    struct block *block;
    size_t input, n;
};

/* For so many workers. NULL when memory, threads or descriptors ran out. */
struct lanes *lanes_new(const struct lanes_inputs *inputs, unsigned workers);
void lanes_free(struct lanes *l); /* NULL is allowed */

/* Worker: what to do next; waits for it. False when nothing is left and nothing can come, or the
 * engine stopped. */
bool lanes_take_work(struct lanes *l, struct work *w);

/* Worker: an empty batch. NULL when memory ran out. */
struct batch *lanes_take_batch(struct lanes *l);

/* Worker: put a batch, which is given away, into the lane of its input; may wait. False when the
 * engine stopped. */
bool lanes_put(struct lanes *l, size_t input, struct batch *b);

/* Worker: an empty block, if somebody waits for one. NULL else, and when memory ran out. */
struct block *lanes_lend(struct lanes *l);

/* Worker: hand a block on, its input and its batch's so_far being set; the batch takes its place in
 * the lane; may wait. LANES_BUSY: nobody waits for it any more, it is the caller's still. */
enum lanes_handed { LANES_HANDED, LANES_BUSY, LANES_STOPPED };
enum lanes_handed lanes_hand(struct lanes *l, struct block *b);

/* Worker: a block is extracted, and its batch filled; or it is not needed, and its batch neither.
 */
void lanes_block_done(struct lanes *l, struct block *b);
void lanes_block_unused(struct lanes *l, struct block *b);

/* Worker: the counts of its input so far, where there is no batch to put, and whether the input
 * has nothing to read now, until the next word. False when the engine stopped. */
bool lanes_note(struct lanes *l, size_t input, const struct reading_stats *so_far, bool pauses);

/* Worker: rung, and never hushed, once the engine stopped. */
const struct bell *lanes_stopped(const struct lanes *l);

/* How an input ended for its worker. */
struct lanes_end {
    struct batch *batch; /* the last one, which is given away; may be NULL */
    enum reader_result result;
    struct reading_stats stats;
    bool more; /* others of the same work come next: the engine hears of all of them at their end */
};

/* Worker: the input is done; may wait for the batch's room. False when the engine stopped. */
bool lanes_end(struct lanes *l, size_t input, const struct lanes_end *end);

/* Engine: the next batch of an input, inputs in order; waits for it as *w says. NULL at the end of
 * the input, *result and *stats being its worker's then; or, with READER_STOPPED and the counts so
 * far, when w->pause gave up. */
struct batch *lanes_get(struct lanes *l, size_t input, const struct wait_how *w,
                        enum reader_result *result, struct reading_stats *stats);

/* Engine: the counts of an input so far, and whether it pauses and nothing of it is on its way, at
 * its worker's last word. */
struct reading_stats lanes_so_far(struct lanes *l, size_t input, bool *pauses);

/* Engine: give an emptied batch back. */
void lanes_recycle(struct lanes *l, struct batch *b);

/* Engine: workers are to stop. */
void lanes_stop(struct lanes *l);

#endif
