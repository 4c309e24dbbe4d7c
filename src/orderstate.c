/* What the window knows, given out and taken in, for a state. */
#include "order_inside.h"

#include <stdlib.h>

struct known {
    const struct event *event;
    enum order_place where;
};

static int by_seq(const void *pa, const void *pb)
{
    const struct known *a = pa, *b = pb;
    return (a->event->seq > b->event->seq) - (a->event->seq < b->event->seq);
}

static size_t add_list(struct known *to, size_t n, const struct waiting_list *l,
                       enum order_place where)
{
    for (size_t i = 0; i < l->n; i++)
        to[n++] = (struct known){l->p[i].event, where};
    return n;
}

static size_t add_calendar(struct known *to, size_t n, const struct calendar *c,
                           enum order_place where)
{
    for (size_t i = 0; i < c->n_lists; i++)
        n = add_list(to, n, &c->list[i], where);
    return n;
}

static struct known *list_known(const struct order *o, size_t *n)
{
    struct known *k = malloc((o->counts.waiting + o->n_spent + 1) * sizeof *k);
    *n = 0;
    if (!k)
        return NULL;
    *n = add_calendar(k, *n, &o->window, ORDER_WINDOW);
    *n = add_calendar(k, *n, &o->spent, ORDER_SPENT);
    *n = add_list(k, *n, &o->ahead, ORDER_AHEAD);
    qsort(k, *n, sizeof *k, by_seq);
    return k;
}

struct order_clock order_clock(const struct order *o)
{
    return (struct order_clock){.newest_s = o->newest_s, .early_s = o->early_s};
}

bool order_each(const struct order *o, order_visit *visit, void *self)
{
    size_t n;
    struct known *k = list_known(o, &n);
    bool ok = k != NULL;
    for (size_t i = 0; ok && i < n; i++)
        ok = visit(self, k[i].event, k[i].where);
    free(k);
    return ok;
}

void order_restore_clock(struct order *o, struct order_clock clock)
{
    o->newest_s = clock.newest_s;
    o->early_s = clock.early_s;
}

bool order_restore(struct order *o, struct event *e, enum order_place where)
{
    e->seq = o->next_seq++;
    /* Names go when they would have, or at once where a window is smaller now. */
    if (where == ORDER_SPENT && o->newest_s != TIME_NONE && e->time_s <= o->newest_s)
        return e->time_s < o->newest_s - o->opt.window_s || order_keep_names(o, e);
    uint64_t turn = waiting_turn(e);
    struct event *copy = waiting_new(&o->pool, e);
    if (!copy)
        return false;
    /* Nothing but what waits ahead can be newer than the clock. */
    if (where == ORDER_AHEAD || o->newest_s == TIME_NONE || e->time_s > o->newest_s)
        return order_wait_ahead(o, copy, turn);
    if (!idset_add(&o->ids, copy)) {
        waiting_release(&o->pool, copy);
        return false;
    }
    if (e->time_s < o->newest_s - o->opt.window_s)
        return order_leave_at_once(o, copy, turn);
    return order_wait(o, copy, turn);
}

bool order_restored(struct order *o)
{
    return order_deliver_leaving(o) && (o->newest_s == TIME_NONE || order_make_room(o));
}
