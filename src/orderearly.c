/* What leaves the window before its time: because too much waits, or nothing comes for long. */
#include "order_inside.h"

#include <stdlib.h>

/* What is kept waits in as many bytes as so many events have; few records are larger. */
enum { MEAN_NBYTES = 2048, LEAST_MEANS = 1024 };

bool order_keep_names(struct order *o, const struct event *e)
{
    struct waiting_list *b = order_bucket(o, order_bucket_number(o, e->time_s));
    struct event *names = waiting_names(&o->pool, e);
    if (!names)
        return false;
    if (!waiting_room(b) || !idset_add(&o->ids, names)) {
        waiting_release(&o->pool, names);
        return false;
    }
    waiting_add(b, names, waiting_spent_turn(names));
    order_start_keeping(o, names);
    return true;
}

static uint64_t max_means(const struct order *o)
{
    return o->opt.max_waiting > LEAST_MEANS ? o->opt.max_waiting : LEAST_MEANS;
}

/* Are there more names than max_waiting, times so many, or more bytes of them? */
static bool has_names(const struct order *o, uint64_t times)
{
    return o->opt.max_waiting > 0 && (o->n_spent / times > o->opt.max_waiting ||
                                      o->spent_nbytes / MEAN_NBYTES / times > max_means(o));
}

/* An event of the bucket being emptied leaves early, if more want to; else it stays. */
static bool leave_or_stay(struct order *o, struct waiting_list *b, const struct waiting_place *p,
                          uint64_t *want)
{
    struct event *e = p->event;
    bool is_spent = waiting_is_spent(p);
    if (is_spent ? !has_names(o, 1) : *want == 0) {
        b->p[b->n++] = *p; /* there was room before */
        return true;
    }
    idset_remove(&o->ids, e);
    bool ok = true;
    if (is_spent) {
        order_stop_keeping(o, e);
    } else {
        --*want;
        order_stop_waiting(o, e);
        if (o->early_s < p->time_s)
            o->early_s = p->time_s;
        ok = order_keep_names(o, e) && o->opt.deliver(o->opt.self, e);
    }
    waiting_release(&o->pool, e);
    return ok;
}

static bool is_full(const struct order *o)
{
    uint64_t most = o->opt.max_waiting;
    return most > 0 && (o->counts.waiting > most || o->nbytes / MEAN_NBYTES > max_means(o));
}

static bool has_too_many_names(const struct order *o)
{
    return has_names(o, 2);
}

/* The oldest events leave, *want of them if there are as many, and the oldest names beyond
 * max_waiting go, as far as they are met. */
static bool leave_early(struct order *o, uint64_t *want)
{
    bool ok = true;
    int64_t k = order_bucket_number(o, o->newest_s - o->opt.window_s);
    int64_t last = order_bucket_number(o, o->newest_s);
    for (; ok && k <= last && (*want > 0 || has_too_many_names(o)); k++) {
        struct waiting_list *b = order_bucket(o, k);
        ok = order_gather(o, b, INT64_MAX);
        waiting_sort(o->leaving.p, o->leaving.n);
        for (size_t i = 0; i < o->leaving.n; i++) {
            if (ok)
                ok = leave_or_stay(o, b, &o->leaving.p[i], want);
            else
                waiting_release(&o->pool, o->leaving.p[i].event);
        }
        o->leaving.n = 0;
    }
    return ok;
}

static uint64_t count_in_window(const struct order *o)
{
    return o->counts.waiting - o->ahead.n;
}

/* The oldest fourth of a full window leaves. */
static bool thin_out(struct order *o)
{
    uint64_t want = is_full(o) ? (count_in_window(o) + 3) / 4 : 0, wanted = want;
    bool ok = leave_early(o, &want);
    o->counts.early += wanted - want;
    return ok;
}

/* Where too many wait ahead, no single clock is wrong. */
bool order_make_room(struct order *o)
{
    bool ok = true;
    while (ok && o->ahead.n > ORDER_MAX_AHEAD)
        ok = order_admit_ahead(o, 0);
    while (ok && (is_full(o) || has_too_many_names(o)))
        ok =
            count_in_window(o) > 0 || has_too_many_names(o) ? thin_out(o) : order_admit_ahead(o, 0);
    return ok;
}

bool order_linger(struct order *o)
{
    if (o->newest_s == TIME_NONE && o->ahead.n && !order_admit_ahead(o, 0))
        return false;
    uint64_t want = count_in_window(o);
    if (want == 0)
        return true;
    bool ok = leave_early(o, &want);
    o->early_s = o->newest_s;
    return ok;
}
