/* stats: what a run counts. */
#ifndef CTLOCK_STATS_H
#define CTLOCK_STATS_H

#include "ctlock/addressbook.h"
#include "ctlock/alert.h"
#include "ctlock/coverage.h"
#include "ctlock/locktable.h"
#include "ctlock/order.h"

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
    uint64_t failed;   /* inputs that could not be opened, or not be read to their end, or that are
                          empty though named .gz */
};

/* Counted where events are judged. */
struct judging_stats {
    uint64_t issues;
    uint64_t calls; /* judged */
    uint64_t unknown;
    uint64_t changes;
    uint64_t changes_ignored;
    uint64_t alerts[KIND_COUNT];
    uint64_t severities[SEVERITY_COUNT];
    uint64_t suppressed[KIND_COUNT];
    uint64_t info[KIND_COUNT];
    uint64_t same_uid;       /* alerts not printed again */
    uint64_t once;           /* alerts that --once left out */
    uint64_t below;          /* others that --min-severity left out */
    uint64_t reported;       /* alerts that nothing held back, for --exit-code */
    int64_t first_s, last_s; /* event time of what was judged or applied; TIME_NONE */
    struct coverage coverage;
    /* As of the last engine_stats: */
    struct order_counts order;
    struct table_counts table;
    struct book_counts book;
};

#endif
