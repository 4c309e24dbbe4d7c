/* waiting: events that wait for their turn in the window, and lists of them. */
#ifndef CTLOCK_WAITING_H
#define CTLOCK_WAITING_H

#include "ctlock/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A waiting event and what nearly always decides its turn. */
struct waiting_place {
    int64_t time_s;
    uint64_t turn; /* in its second: what it is, and the first 62 bits of its eventID */
    struct event *event;
};

struct waiting_list {
    struct waiting_place *p;
    size_t n, cap;
};

/* Memory of events that wait no more, for the next ones: it is still in the cache. Of each size, in
 * steps of a cache line, some are kept. Zeroed is empty. One thread at a time. */
enum { WAITING_STEP_NBYTES = 64, WAITING_SIZES = 16 };
struct waiting_spare;
struct waiting_pool {
    struct waiting_spare *first[WAITING_SIZES];
    unsigned n[WAITING_SIZES];
};

/* A copy of an event; NULL when memory ran out. */
struct event *waiting_new(struct waiting_pool *pool, const struct event *e);

/* A copy that has nothing but what idset looks at; NULL when memory ran out. */
struct event *waiting_names(struct waiting_pool *pool, const struct event *e);

/* Give the memory of either back; the pool is the one that it came from. */
void waiting_release(struct waiting_pool *pool, struct event *e);

/* Release what is kept for the next ones. */
void waiting_pool_free(struct waiting_pool *pool);

/* The turn of an event that waits, for its place. Any thread. */
uint64_t waiting_turn(const struct event *e);

/* Put places in order: DETECTION section 7. */
void waiting_sort(struct waiting_place *p, size_t n);

/* Have room for one more place. False when memory ran out. */
bool waiting_room(struct waiting_list *l);

/* Add the place of an event, for which there is room. Arguments are passed one by one: a struct put
 * together just now stalls on store forwarding when it is copied. */
static inline void waiting_add(struct waiting_list *l, struct event *e, uint64_t turn)
{
    l->p[l->n++] = (struct waiting_place){e->time_s, turn, e};
}

/* Give back the memory of an empty list that was long. */
void waiting_shrink(struct waiting_list *l);

/* Free the list with its events. */
void waiting_free(struct waiting_list *l);

#endif
