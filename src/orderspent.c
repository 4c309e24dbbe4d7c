/* The names of events that were judged and would still be in the window: copies of them are known.
 * Apart from what waits, so that nobody who looks for that passes them by. */
#include "order_inside.h"

#include <string.h>

static void stop_keeping(struct order *o, struct event *names)
{
    idset_remove(&o->ids, names);
    o->n_spent--;
    o->spent_nbytes -= order_nbytes(names);
    waiting_release(&o->pool, names);
}

bool order_keep_names(struct order *o, const struct event *e)
{
    struct waiting_list *l = calendar_list(&o->spent, calendar_number(&o->spent, e->time_s));
    struct event *names = waiting_names(&o->pool, e);
    if (!names)
        return false;
    if (!waiting_room(l) || !idset_add(&o->ids, names)) {
        waiting_release(&o->pool, names);
        return false;
    }
    waiting_add(l, names, names->seq);
    o->n_spent++;
    o->spent_nbytes += order_nbytes(names);
    return true;
}

/* The list's names that are older than limit_s. */
static void forget_of(struct order *o, struct waiting_list *l, int64_t limit_s)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->p[i].time_s < limit_s)
            stop_keeping(o, l->p[i].event);
        else
            l->p[kept++] = l->p[i];
    l->n = kept;
    waiting_shrink(l);
}

void order_forget_before(struct order *o, int64_t limit_s)
{
    if (o->n_spent == 0)
        return;
    int64_t end_s = limit_s - 1 < o->newest_s ? limit_s - 1 : o->newest_s;
    int64_t last = calendar_number(&o->spent, end_s);
    for (int64_t k = calendar_number(&o->spent, o->newest_s - o->opt.window_s); k <= last; k++)
        forget_of(o, calendar_list(&o->spent, k), limit_s);
}

static bool has_more_names(const struct order *o, uint64_t times)
{
    return order_is_beyond(o, o->n_spent, o->spent_nbytes, times);
}

bool order_has_too_many_names(const struct order *o)
{
    return has_more_names(o, 2);
}

void order_forget_oldest(struct order *o)
{
    int64_t k = calendar_number(&o->spent, o->newest_s - o->opt.window_s);
    for (; has_more_names(o, 1); k++) {
        struct waiting_list *l = calendar_list(&o->spent, k);
        size_t n = 0;
        if (l->n == 0)
            continue;
        waiting_sort(l->p, l->n);
        while (n < l->n && has_more_names(o, 1))
            stop_keeping(o, l->p[n++].event);
        l->n -= n;
        memmove(l->p, l->p + n, l->n * sizeof *l->p);
        waiting_shrink(l);
    }
}
