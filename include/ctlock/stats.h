/* stats: what a run counts. */
#ifndef CTLOCK_STATS_H
#define CTLOCK_STATS_H

#include "ctlock/alert.h"
#include "ctlock/coverage.h"

#include <stdint.h>

/* Counted where input is read. */
struct reading_stats {
    uint64_t files;
    uint64_t in_nbytes;   /* as read */
    uint64_t text_nbytes; /* inflated */
    uint64_t records;
    uint64_t malformed; /* records, and other text that was stepped over */
    uint64_t oversized;
    uint64_t problems; /* told or not */
    uint64_t failed;   /* inputs that could not be opened, or not be read to their end */
};

/* Counted where events are judged. */
struct judging_stats {
    uint64_t issues;
    uint64_t calls; /* judged */
    uint64_t unknown;
    uint64_t changes;
    uint64_t changes_ignored;
    uint64_t late;
    int64_t late_behind_s; /* how far the most late event was behind the newest; 0 where none was */
    uint64_t repeated;     /* dropped events */
    uint64_t waiting;      /* events that are not judged yet */
    uint64_t alerts[KIND_COUNT];
    uint64_t severities[SEVERITY_COUNT];
    uint64_t suppressed[KIND_COUNT];
    uint64_t info[KIND_COUNT];
    uint64_t same_uid; /* alerts not printed again */
    uint64_t once;     /* alerts that --once left out */
    uint64_t below;    /* others that --min-severity left out */
    uint64_t reported; /* alerts of at least --min-severity, repeated ones not counted */
    uint64_t rows_made, rows_live;
    uint64_t rows_evicted;     /* by --max-sessions */
    uint64_t rows_refused;     /* not made: their instance had too many */
    uint64_t facts;            /* of the address book */
    uint64_t facts_early;      /* forgotten early for want of room */
    uint64_t changes_left_out; /* or parts of them: no room, or one thing cannot have so many */
    uint64_t early;            /* events that left the window early, by --max-window */
    int64_t first_s, last_s;   /* event time of what was judged or applied; TIME_NONE */
    struct coverage coverage;
};

#endif
