#include "ctlock/linger.h"

#include "ctlock/clock.h"

#include <limits.h>

bool linger_is_over(struct linger *l, int *timeout_ms)
{
    if (!l->on || (!l->came && !l->running))
        return false;
    int64_t now = clock_now_ms();
    if (l->came)
        l->since_ms = now;
    l->came = false;
    l->running = true;
    int64_t left = l->since_ms + l->nms - now;
    if (left <= 0) {
        l->running = false;
        return true;
    }
    int most = *timeout_ms < 0 ? INT_MAX : *timeout_ms;
    *timeout_ms = left < most ? (int)left : most;
    return false;
}
