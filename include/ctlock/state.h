/* state: what a run leaves to the next one: all that makes stopping after any record, saving and
 * resuming equal to one run. */
#ifndef CTLOCK_STATE_H
#define CTLOCK_STATE_H

#include "ctlock/engine.h"
#include "ctlock/input.h"
#include "ctlock/statefile.h"

#include <stdbool.h>

struct state;

/* Functions that can fail append to *why what to tell the user, safe to print. One thread at a
 * time. */

/* Lock the state at path for this run. key seeds tables. NULL on failure. */
struct state *state_open(const char *path, struct hash_key key, struct buf *why);

/* Unlock; NULL is allowed. */
void state_free(struct state *s);

/* The directory in which files are made and renamed; lives as long as s. */
const char *state_directory(const struct state *s);

/* Read what the last run left into an engine that is new; nothing where there is no state yet. A
 * window that is smaller than the last run's may have something judged. */
bool state_load(struct state *s, struct engine *g, struct buf *why);

/* The state's own files, as they are now. 0, or an errno where that cannot be told. */
int state_own(const struct state *s, struct statefile_own *own);

/* A regular file is about to become an input: false if it need not be read, for earlier runs have,
 * or it is the state itself, or what is new of it cannot be told. Sets f->skip and f->seen; *error
 * to an errno, ENOMEM when memory ran out, or 0. */
bool state_wants(struct state *s, struct input_file *f, const struct file_status *status,
                 int *error);

/* How many files state_wants did not want because they are known. */
uint64_t state_known(const struct state *s);

/* The name of an event's input, which may be one of an earlier run; list is this run's. */
struct str state_file_name(const struct state *s, const struct input_list *list, uint32_t file);

/* Save it: engine, inputs and how far they were taken. The output must have been flushed before.
 * *why is appended to unless the result is STATEFILE_SAVED. */
enum statefile_saved state_save(struct state *s, struct engine *g, const struct input_list *list,
                                struct buf *why);

#endif
