/* progress: how far the run is, for a person who watches. */
#ifndef CTLOCK_PROGRESS_H
#define CTLOCK_PROGRESS_H

#include "ctlock/log.h"
#include "ctlock/stats.h"

#include <stdint.h>

struct progress {
    struct log *log;
    int64_t start_ms; /* of a clock that never goes back */
    int64_t shown_ms;
    struct buf line;
};

/* The run begins now; log must outlive *p, which is for progress_free. */
void progress_init(struct progress *p, struct log *log);

/* Show the counts, some times a second at most. */
void progress_show(struct progress *p, const struct reading_stats *so_far);

/* Since progress_init. */
uint64_t progress_elapsed_ms(const struct progress *p);
void progress_free(struct progress *p);

#endif
