/* order: puts events in order of time within a window and drops repetitions; DETECTION section 7.
 */
#ifndef CTLOCK_ORDER_H
#define CTLOCK_ORDER_H

#include "ctlock/event.h"

#include <stdbool.h>
#include <stdint.h>

/* Takes an event in its turn. The event is valid during the call. False stops everything: memory
 * ran out. */
typedef bool order_deliver(void *self, const struct event *e);

/* An event's turn comes soon, in the steps of chains_fetch, each for some events together. A
 * hint. */
typedef void order_soon(void *self, const struct event *e, unsigned step);

/* So many events may wait ahead of the window, each in its place among the others. */
enum { ORDER_MAX_AHEAD = 10000 };

struct order_options {
    int64_t window_s;     /* 0: input order */
    uint64_t max_waiting; /* 0: any number; see order_add */
    order_deliver *deliver;
    order_soon *soon; /* may be NULL */
    void *self;
};

struct order_counts {
    uint64_t late;
    int64_t late_behind_s; /* how far the most late one was behind the newest: in a window of
                              that length none is late; 0 where none was */
    uint64_t repeated;
    uint64_t waiting; /* in the window or ahead of it, now */
    uint64_t early;   /* that left before their time, for want of room */
    uint64_t bytes;   /* of what waits and of names that are kept, now */
};

struct order;

/* NULL when memory ran out. One thread at a time. */
struct order *order_new(const struct order_options *opt);
void order_free(struct order *o); /* NULL is allowed */

/* Take in one event, its hashes set, in input order. It is copied if it has to wait; its seq is set
 * here, and EVENT_LATE if it is. Delivers whatever leaves the window. If then more than max_waiting
 * events wait, or more than 2 KiB for each of these, the oldest fourth of the window leaves early;
 * what is older than that is late from then on. The names of as many that left so, or up to twice,
 * stay known while the window would have them. False when memory ran out or deliver said so. */
bool order_add(struct order *o, struct event *e);

/* The event is added soon: fetch memory. A hint. */
void order_expect(const struct order *o, const struct event *e);

/* No more comes for now: what waits in the window has its turn, in order, and so has the first
 * event of all; other events ahead of the clock go on waiting. The names stay as long as they
 * would have. What comes afterwards and is older than the clock was is late. */
bool order_linger(struct order *o);

/* The end of input: everything leaves, in order. */
bool order_finish(struct order *o);

struct order_counts order_counts(const struct order *o);

/* Where an event is that the window knows. */
enum order_place {
    ORDER_WINDOW,
    ORDER_AHEAD,
    ORDER_SPENT /* judged, but still in the window, so that copies of it are known */
};

/* The newest time that the window has seen, and the latest one that left early: what is older than
 * that is late. TIME_NONE where there is none. */
struct order_clock {
    int64_t newest_s, early_s;
};

/* For a state: the clock; and every event that is known, in input order, of the spent ones the
 * time and the names. False when memory ran out or visit said so. */
struct order_clock order_clock(const struct order *o);
typedef bool order_visit(void *self, const struct event *e, enum order_place where);
bool order_each(const struct order *o, order_visit *visit, void *self);

/* Put that into an order which is new: first the clock, then the events, which are copied. seq is
 * set. Then, where the window has become smaller, deliver what must no longer wait. False when
 * memory ran out or deliver said so. */
void order_restore_clock(struct order *o, struct order_clock clock);
bool order_restore(struct order *o, struct event *e, enum order_place where);
bool order_restored(struct order *o);

#endif
