/* clock: time that never goes back, for waits and progress. Nothing is judged by it. */
#ifndef CTLOCK_CLOCK_H
#define CTLOCK_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since some moment, the same for the whole run; 0 where the system has no such
 * clock. From any thread and from a signal handler. */
static inline int64_t clock_now_ms(void)
{
    struct timespec ts = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

#endif
