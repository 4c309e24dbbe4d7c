/* order: what is inside. For order.c, orderearly.c, orderspent.c and orderstate.c. */
#ifndef CTLOCK_ORDER_INSIDE_H
#define CTLOCK_ORDER_INSIDE_H

#include "ctlock/calendar.h"
#include "ctlock/idset.h"
#include "ctlock/order.h"

struct order {
    struct order_options opt;
    int64_t newest_s; /* TIME_NONE before the first event */
    struct calendar window;
    struct waiting_list leaving; /* empty between calls, but after a failure */
    struct waiting_list ahead;   /* by time, then seq */
    struct calendar spent;       /* events of the window that are kept for their names */
    uint64_t n_spent;
    uint64_t nbytes; /* of what waits */
    uint64_t spent_nbytes;
    int64_t early_s; /* the latest time that left early, or TIME_NONE */
    struct idset ids;
    struct waiting_pool pool; /* of all events here */
    uint64_t next_seq;
    struct order_counts counts;
};

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

/* More than max_waiting events, times so many, or more bytes than so many events have? Few records
 * are larger than the mean. */
static inline bool order_is_beyond(const struct order *o, uint64_t n, uint64_t nbytes,
                                   uint64_t times)
{
    enum { MEAN_NBYTES = 2048, LEAST_MEANS = 1024 };
    uint64_t most = o->opt.max_waiting;
    uint64_t means = most > LEAST_MEANS ? most : LEAST_MEANS;
    return most > 0 && (n / times > most || nbytes / MEAN_NBYTES / times > means);
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

/* Move the list's events older than limit_s to leaving, behind what is there. */
bool order_gather(struct order *o, struct waiting_list *list, int64_t limit_s);

/* Gather an event that is to leave, its names in ids; deliver what was gathered, in order. */
bool order_leave_at_once(struct order *o, struct event *e, uint64_t turn);
bool order_deliver_leaving(struct order *o);

/* Remember in the window an event that is no more in it. */
bool order_keep_names(struct order *o, const struct event *e);

/* Forget the names that are older than limit_s. */
void order_forget_before(struct order *o, int64_t limit_s);

/* Are there more names than twice max_waiting? Forget the oldest beyond max_waiting. */
bool order_has_too_many_names(const struct order *o);
void order_forget_oldest(struct order *o);

/* Have no more than max_waiting wait, and about as many names kept. */
bool order_make_room(struct order *o);

#endif
