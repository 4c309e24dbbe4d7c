/* lanes: hands batches from workers to the engine in input order. */
#ifndef CTLOCK_LANES_H
#define CTLOCK_LANES_H

#include "ctlock/batch.h"
#include "ctlock/stats.h"
#include "ctlock/wait.h"

#include <stdbool.h>
#include <stddef.h>

/* Inputs are numbered in their order. Workers take them in turn, each fills the lane of its input;
 * the engine empties lane after lane. A lane holds a bounded amount of event text, so a worker that
 * is ahead waits; the worker of the lane that the engine is at never waits for another's. */
struct lanes;

/* For n_inputs and so many workers. NULL when memory, threads or descriptors ran out. */
struct lanes *lanes_new(size_t n_inputs, unsigned workers);
void lanes_free(struct lanes *l);

/* Worker: the next input to read. False when there is none, or the engine stopped. */
bool lanes_take_input(struct lanes *l, size_t *input);

/* Worker: an empty batch. NULL when memory ran out. */
struct batch *lanes_take_batch(struct lanes *l);

/* Worker: put a batch, which is given away, into the lane of its input; may wait. False when the
 * engine stopped. */
bool lanes_put(struct lanes *l, size_t input, struct batch *b);

/* Worker: the counts of its input so far, where there is no batch to put, and whether the input
 * has nothing to read now, until the next word. False when the engine stopped. */
bool lanes_note(struct lanes *l, size_t input, const struct reading_stats *so_far, bool pauses);

/* Worker: rung, and never hushed, once the engine stopped. */
const struct bell *lanes_stopped(const struct lanes *l);

/* Worker: the input is done, with this result and these counts. */
void lanes_end(struct lanes *l, size_t input, enum reader_result result,
               const struct reading_stats *stats);

/* Engine: the next batch of an input, inputs in order; waits for it as *w says. NULL at the end of
 * the input, *result and *stats being its worker's then; or, with READER_STOPPED and the counts so
 * far, when w->pause gave up. */
struct batch *lanes_get(struct lanes *l, size_t input, const struct waiting *w,
                        enum reader_result *result, struct reading_stats *stats);

/* Engine: the counts of an input so far, and whether it pauses, at its worker's last word. */
struct reading_stats lanes_so_far(struct lanes *l, size_t input, bool *pauses);

/* Engine: give an emptied batch back. */
void lanes_recycle(struct lanes *l, struct batch *b);

/* Engine: workers are to stop. */
void lanes_stop(struct lanes *l);

#endif
