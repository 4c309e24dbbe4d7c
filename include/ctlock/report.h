/* report: verdict → alert: uid, repetition, both sides, counts; DETECTION section 3. */
#ifndef CTLOCK_REPORT_H
#define CTLOCK_REPORT_H

#include "ctlock/alert.h"
#include "ctlock/exceptions.h"
#include "ctlock/judge.h"
#include "ctlock/stats.h"

#include <stdbool.h>

/* Takes an alert that is to be printed; valid during the call. a->file is not set yet. False stops
 * the run. */
typedef bool report_emit(void *self, struct alert *a);

struct report_options {
    bool once;
    bool info;
    bool show_suppressed;
    enum severity min_severity;
    report_emit *emit;
    void *self;
};

/* Working memory. Zeroed is ready. */
struct report {
    const struct report_options *opt;
    const struct judge *judge;
    struct judging_stats *stats;
    struct alert_lock *locks;
    size_t locks_cap;
};

/* Count the verdict and hand it over if it is to be seen. Before its effects are carried out: an
 * alert shows the row as the call met it. *alerted is set if it is an alert, seen or not. False
 * when memory ran out or emit said so. */
bool report_verdict(struct report *r, const struct call *c, const struct verdict *v, bool *alerted);
void report_free(struct report *r);

#endif
