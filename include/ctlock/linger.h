/* linger: how long to wait for more input before waiting events are judged without it. */
#ifndef CTLOCK_LINGER_H
#define CTLOCK_LINGER_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed never ends a wait. One thread at a time. */
struct linger {
    bool on;
    int64_t nms;      /* this long */
    bool came;        /* something did, since linger_is_over was called last */
    bool running;     /* something waits */
    int64_t since_ms; /* the last of it came, by a clock that never goes back */
};

/* An event came that may wait. */
static inline void linger_touch(struct linger *l)
{
    l->came = true;
}

/* Nothing is there to be read. True, once, when what came last came so long ago; else *timeout_ms
 * is lowered to when that will be, if it is. Reads the clock, if on. */
bool linger_is_over(struct linger *l, int *timeout_ms);

#endif
