/* What leaves the window before its time: because too much waits, or nothing comes for long. */
#include "order_inside.h"

#include <string.h>

static bool is_full(const struct order *o)
{
    return order_is_beyond(o, o->counts.waiting, o->nbytes, 1);
}

static bool one_leaves_early(struct order *o, const struct waiting_place *p)
{
    struct event *e = p->event;
    idset_remove(&o->ids, e);
    order_stop_waiting(o, e);
    if (o->early_s < p->time_s)
        o->early_s = p->time_s;
    bool ok = order_keep_names(o, e) && o->opt.deliver(o->opt.self, e);
    waiting_release(&o->pool, e);
    return ok;
}

/* The oldest events of the window leave, n of them. */
static bool leave_early(struct order *o, uint64_t n)
{
    bool ok = true;
    for (int64_t k = calendar_number(&o->window, o->newest_s - o->opt.window_s); ok && n > 0; k++) {
        struct waiting_list *l = calendar_list(&o->window, k);
        size_t i = 0;
        if (l->n == 0)
            continue;
        waiting_sort(l->p, l->n);
        for (; ok && i < l->n && n > 0; i++, n--)
            ok = one_leaves_early(o, &l->p[i]);
        l->n -= i;
        memmove(l->p, l->p + i, l->n * sizeof *l->p);
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
    uint64_t n = (count_in_window(o) + 3) / 4;
    o->counts.early += n;
    return leave_early(o, n);
}

/* Where too many wait ahead, no single clock is wrong. */
bool order_make_room(struct order *o)
{
    bool ok = true;
    while (ok && o->ahead.n > ORDER_MAX_AHEAD)
        ok = order_admit_ahead(o, 0);
    while (ok && is_full(o))
        ok = count_in_window(o) > 0 ? thin_out(o) : order_admit_ahead(o, 0);
    if (order_has_too_many_names(o))
        order_forget_oldest(o);
    return ok;
}

bool order_linger(struct order *o)
{
    if (o->newest_s == TIME_NONE && o->ahead.n && !order_admit_ahead(o, 0))
        return false;
    uint64_t n = count_in_window(o);
    if (n == 0)
        return true;
    bool ok = leave_early(o, n);
    o->early_s = o->newest_s;
    return ok;
}
