/* order: what is inside. For order.c, orderearly.c and orderstate.c alone. */
#ifndef CTLOCK_ORDER_INSIDE_H
#define CTLOCK_ORDER_INSIDE_H

#include "ctlock/idset.h"
#include "ctlock/order.h"
#include "ctlock/waiting.h"

struct order {
    struct order_options opt;
    int64_t newest_s; /* TIME_NONE before the first event */
    int64_t width_s;
    size_t n_buckets;
    struct waiting_list *bucket;
    struct waiting_list leaving; /* empty between calls, but after a failure */
    struct waiting_list ahead;   /* by time, then seq */
    uint64_t n_spent;            /* events in buckets that are kept for their names */
    uint64_t nbytes;             /* of what waits */
    uint64_t spent_nbytes;       /* of these names */
    int64_t early_s;             /* the latest time that left early, or TIME_NONE */
    struct idset ids;
    struct waiting_pool pool; /* of all events here */
    uint64_t next_seq;
    struct order_counts counts;
};

/* The calendar's number of a time. */
static inline int64_t order_bucket_number(const struct order *o, int64_t time_s)
{
    return time_s / o->width_s - (time_s % o->width_s < 0);
}

/* Years 0001 to 9999 lie far inside int64_t, so sums of a time and a duration do not overflow. */
static inline struct waiting_list *order_bucket(struct order *o, int64_t number)
{
    int64_t n = (int64_t)o->n_buckets;
    int64_t i = number % n;
    return &o->bucket[i < 0 ? i + n : i];
}

/* What an event counts for. No result may depend on what a header takes. */
enum { ORDER_HEADER_NBYTES = 256 };

static inline uint64_t order_nbytes(const struct event *e)
{
    return ORDER_HEADER_NBYTES + (uint64_t)e->end[EVENT_NFIELDS - 1];
}

static inline void order_start_waiting(struct order *o, const struct event *e)
{
    o->counts.waiting++;
    o->nbytes += order_nbytes(e);
}

static inline void order_stop_waiting(struct order *o, const struct event *e)
{
    o->counts.waiting--;
    o->nbytes -= order_nbytes(e);
}

static inline void order_start_keeping(struct order *o, const struct event *e)
{
    o->n_spent++;
    o->spent_nbytes += order_nbytes(e);
}

static inline void order_stop_keeping(struct order *o, const struct event *e)
{
    o->n_spent--;
    o->spent_nbytes -= order_nbytes(e);
}

/* Events before this time are late. */
static inline int64_t order_late_before(const struct order *o)
{
    int64_t begin_s = o->newest_s - o->opt.window_s;
    return begin_s < o->early_s ? o->early_s : begin_s;
}

/* The functions below are false when memory ran out; an event that waits or leaves is theirs then,
 * too. */

/* Put an event, copied, where it waits: in the window, its names being in ids, or ahead of it. */
bool order_wait(struct order *o, struct event *e, uint64_t turn);
bool order_wait_ahead(struct order *o, struct event *e, uint64_t turn);

/* Let in what waits ahead as number at. */
bool order_admit_ahead(struct order *o, size_t at);

/* Move the bucket's events older than limit_s to leaving, behind what is there. */
bool order_gather(struct order *o, struct waiting_list *bucket, int64_t limit_s);

/* Gather an event that is to leave, its names in ids; deliver what was gathered, in order. */
bool order_leave_at_once(struct order *o, struct event *e, uint64_t turn);
bool order_deliver_leaving(struct order *o);

/* Remember in the window an event that is no more in it. */
bool order_keep_names(struct order *o, const struct event *e);

/* Have no more than max_waiting wait, and about as many names kept. */
bool order_make_room(struct order *o);

#endif
