/* summary: what a run came to, for a person and for a program. */
#ifndef CTLOCK_SUMMARY_H
#define CTLOCK_SUMMARY_H

#include "ctlock/buf.h"
#include "ctlock/exceptions.h"
#include "ctlock/stats.h"

#include <stdbool.h>
#include <stdint.h>

struct summary {
    const struct reading_stats *reading;
    const struct judging_stats *judging;
    const struct exceptions *exceptions; /* may be NULL */
    int64_t window_s;                    /* --window */
    bool adopt;                          /* --adopt was given */
    bool has_state;                      /* --state was given: what waits is kept in it */
    uint64_t files_known;                /* not read, for earlier runs have */
    const char *stopped_by;              /* signal before all was read; NULL where none was */
    uint64_t elapsed_ms;                 /* by the wall clock */
};

/* Append the lines for standard error. False when memory ran out. */
bool summary_text(const struct summary *s, struct buf *out);

/* Append what is to be told even if nobody wants a summary, as a line: that more than
 * 1 % of the events were late (DETECTION section 7). Nothing where there is nothing to tell,
 * as with a window of 0, by which input order was asked for. False when memory ran out. */
bool summary_warning(const struct summary *s, struct buf *out);

/* Append one JSON object and a newline, for --stats-json. */
bool summary_json(const struct summary *s, struct buf *out);

#endif
