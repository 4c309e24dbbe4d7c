/* calendar: lists of waiting events by time, for a window of it. */
#ifndef CTLOCK_CALENDAR_H
#define CTLOCK_CALENDAR_H

#include "ctlock/waiting.h"

/* List number k has the times that divided by width_s are k, and stands at k modulo the number of
 * lists. No two times of a window share a list by the modulo. */
struct calendar {
    int64_t width_s;
    size_t n_lists;
    struct waiting_list *list;
};

/* Open one for a window of window_s. False when memory ran out. One thread at a time. */
bool calendar_open(struct calendar *c, int64_t window_s);

/* Free it with its events; one that is zeroed, or was not opened, has nothing. */
void calendar_free(struct calendar *c);

/* The number of a time's list. */
static inline int64_t calendar_number(const struct calendar *c, int64_t time_s)
{
    return time_s / c->width_s - (time_s % c->width_s < 0);
}

/* Years 0001 to 9999 lie far inside int64_t, so sums of a time and a duration do not overflow. */
static inline struct waiting_list *calendar_list(const struct calendar *c, int64_t number)
{
    int64_t n = (int64_t)c->n_lists;
    int64_t i = number % n;
    return &c->list[i < 0 ? i + n : i];
}

#endif
