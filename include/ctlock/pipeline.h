/* pipeline: all inputs → the engine, in input order. */
#ifndef CTLOCK_PIPELINE_H
#define CTLOCK_PIPELINE_H

#include "ctlock/engine.h"
#include "ctlock/extract.h"
#include "ctlock/input.h"
#include "ctlock/log.h"
#include "ctlock/stats.h"
#include "ctlock/wait.h"

#include <stdbool.h>

struct pipeline_options {
    const struct extract_options *extract;
    struct input_list *inputs; /* how far each was taken is noted there */
    struct engine *engine;
    struct log *log;
    unsigned jobs;           /* at least 1; the result does not depend on it */
    bool lingers;            /* while an input that is no regular file has nothing to read … */
    int64_t linger_s;        /* … for so long, let what waits be judged */
    const struct stop *stop; /* ends the run early; NULL: nothing does */
    const struct bell *wake; /* has progress called soon; may be NULL */
    void *self;
    void (*progress)(void *self, const struct reading_stats *so_far); /* now and then */
    /* An input that is no regular file has nothing to read: write out what was gathered. False ends
     * the run. May be NULL. */
    bool (*pause)(void *self);
};

enum pipeline_result {
    PIPELINE_DONE,
    PIPELINE_CUT,     /* asked to stop: the engine has all up to some record, and none behind it */
    PIPELINE_STOPPED, /* the engine or pause said so: memory, or its output is lost */
    PIPELINE_NOMEM
};

/* Read everything and have it judged; engine_finish is left to the caller. Problems of inputs are
 * logged in their turn and counted in *stats. */
enum pipeline_result pipeline_run(const struct pipeline_options *opt, struct reading_stats *stats);

#endif
