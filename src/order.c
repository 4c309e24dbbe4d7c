/* Everything that waits in the window lies between newest - window and newest. A list of its
 * calendar is sorted when it is its turn, by keys that lie beside it, for the events themselves
 * have long left the cache. */
#include "order_inside.h"

#include "ctlock/chains.h"

#include <stdlib.h>
#include <string.h>

/* One wrong clock must not move the window: this far ahead an event waits for a second one, which
 * is within the window of it, or within what the window is by default where it is smaller. */
#define AHEAD_S 86400
#define NEAR_S 900

struct order *order_new(const struct order_options *opt)
{
    struct order *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    o->opt = *opt;
    o->newest_s = o->early_s = TIME_NONE;
    if (calendar_open(&o->window, opt->window_s) && calendar_open(&o->spent, opt->window_s))
        return o;
    order_free(o);
    return NULL;
}

void order_free(struct order *o)
{
    if (!o)
        return;
    calendar_free(&o->window);
    calendar_free(&o->spent);
    waiting_free(&o->ahead);
    waiting_free(&o->leaving);
    waiting_pool_free(&o->pool);
    idset_free(&o->ids);
    free(o);
}

bool order_gather(struct order *o, struct waiting_list *list, int64_t limit_s)
{
    size_t kept = 0;
    bool ok = true;
    struct waiting_list *out = &o->leaving;
    for (size_t i = 0; i < list->n; i++) {
        ok = ok && (list->p[i].time_s >= limit_s || waiting_room(out));
        if (!ok || list->p[i].time_s >= limit_s)
            list->p[kept++] = list->p[i];
        else
            out->p[out->n++] = list->p[i];
    }
    list->n = kept;
    return ok;
}

/* What waits has left the cache. So that no turn waits for memory, some events come nearer
 * together, in steps: each fetches what the next one looks at, the first the event itself. */
enum { GROUP = 16, STEPS = 1 + CHAINS_STEPS };

static void come_nearer(const struct order *o, const struct event *e, unsigned step)
{
    enum { HEAD_AND_TEXT_TO_JUDGE_BY = 6 * 64 };
    if (step == 0) {
        for (size_t at = 0; at < HEAD_AND_TEXT_TO_JUDGE_BY; at += 64)
            __builtin_prefetch((const char *)e + at);
        return;
    }
    if (step == 1)
        idset_soon(&o->ids, e);
    if (o->opt.soon)
        o->opt.soon(o->opt.self, e, step - 1);
}

static void group_comes_nearer(const struct order *o, size_t first)
{
    size_t end = o->leaving.n - first < GROUP ? o->leaving.n : first + GROUP;
    for (unsigned step = 0; step < STEPS; step++)
        for (size_t i = first; i < end; i++)
            come_nearer(o, o->leaving.p[i].event, step);
}

static bool deliver_leaving(struct order *o)
{
    bool ok = true;
    waiting_sort(o->leaving.p, o->leaving.n);
    for (size_t i = 0; i < o->leaving.n; i++) {
        struct event *e = o->leaving.p[i].event;
        if (i % GROUP == 0)
            group_comes_nearer(o, i);
        idset_remove(&o->ids, e);
        order_stop_waiting(o, e);
        ok = ok && o->opt.deliver(o->opt.self, e);
        waiting_release(&o->pool, e);
    }
    o->leaving.n = 0;
    return ok;
}

/* Everything older than limit_s leaves. */
static bool leave(struct order *o, int64_t limit_s)
{
    order_forget_before(o, limit_s);
    if (o->counts.waiting == o->ahead.n)
        return true;
    int64_t end_s = limit_s - 1 < o->newest_s ? limit_s - 1 : o->newest_s;
    int64_t last = calendar_number(&o->window, end_s);
    for (int64_t k = calendar_number(&o->window, o->newest_s - o->opt.window_s); k <= last; k++) {
        struct waiting_list *l = calendar_list(&o->window, k);
        if (l->n && !order_gather(o, l, limit_s))
            return false;
        waiting_shrink(l);
        if (o->leaving.n >= GROUP && !deliver_leaving(o))
            return false;
    }
    return deliver_leaving(o);
}

/* Without a window an event has its turn at once; its names stay while its second lasts. */
static bool spend(struct order *o, struct event *e)
{
    idset_remove(&o->ids, e);
    return order_keep_names(o, e) && o->opt.deliver(o->opt.self, e);
}

static bool deliver_late(struct order *o, struct event *e)
{
    int64_t behind_s = o->newest_s - e->time_s;
    e->flags |= EVENT_LATE;
    o->counts.late++;
    if (o->counts.late_behind_s < behind_s)
        o->counts.late_behind_s = behind_s;
    bool is_late_by_want = e->time_s >= o->newest_s - o->opt.window_s;
    if (is_late_by_want && !(order_keep_names(o, e) && order_make_room(o)))
        return false;
    return o->opt.deliver(o->opt.self, e);
}

bool order_wait(struct order *o, struct event *e, uint64_t turn)
{
    struct waiting_list *l = calendar_list(&o->window, calendar_number(&o->window, e->time_s));
    if (!waiting_room(l)) {
        idset_remove(&o->ids, e);
        waiting_release(&o->pool, e);
        return false;
    }
    waiting_add(l, e, turn);
    order_start_waiting(o, e);
    return true;
}

/* The window's own door, for an event that is not repeated, and is owned from here on. If it waited
 * ahead, its names are in the set. */
static bool admit(struct order *o, struct event *e, uint64_t turn, bool waited)
{
    int64_t t = e->time_s;
    if (o->newest_s != TIME_NONE && t < order_late_before(o)) {
        if (waited)
            idset_remove(&o->ids, e);
        bool ok = deliver_late(o, e);
        waiting_release(&o->pool, e);
        return ok;
    }
    if (!waited && !idset_add(&o->ids, e)) {
        waiting_release(&o->pool, e);
        return false;
    }
    bool ok = true;
    if (o->newest_s == TIME_NONE || t > o->newest_s) {
        if (o->newest_s != TIME_NONE)
            ok = leave(o, t - o->opt.window_s);
        o->newest_s = t;
    }
    if (o->opt.window_s == 0) {
        ok = ok && spend(o, e);
        waiting_release(&o->pool, e);
        return ok;
    }
    return order_wait(o, e, turn) && ok;
}

/* First place in ahead whose time is at least time_s. */
static size_t ahead_from(const struct order *o, int64_t time_s)
{
    size_t lo = 0, hi = o->ahead.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (o->ahead.p[mid].time_s < time_s)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

bool order_wait_ahead(struct order *o, struct event *e, uint64_t turn)
{
    if (!waiting_room(&o->ahead) || !idset_add(&o->ids, e)) {
        waiting_release(&o->pool, e);
        return false;
    }
    size_t at = ahead_from(o, e->time_s + 1);
    memmove(&o->ahead.p[at + 1], &o->ahead.p[at], (o->ahead.n - at) * sizeof *o->ahead.p);
    o->ahead.p[at] = (struct waiting_place){e->time_s, turn, e};
    o->ahead.n++;
    order_start_waiting(o, e);
    return true;
}

bool order_admit_ahead(struct order *o, size_t at)
{
    struct waiting_place p = o->ahead.p[at];
    o->ahead.n--;
    memmove(&o->ahead.p[at], &o->ahead.p[at + 1], (o->ahead.n - at) * sizeof *o->ahead.p);
    order_stop_waiting(o, p.event);
    return admit(o, p.event, p.turn, true);
}

static int64_t near_s(const struct order *o)
{
    return o->opt.window_s > NEAR_S ? o->opt.window_s : NEAR_S;
}

static bool is_near_one(const struct order *o, int64_t time_s)
{
    size_t at = ahead_from(o, time_s - near_s(o));
    return at < o->ahead.n && o->ahead.p[at].time_s <= time_s + near_s(o);
}

static bool admit_ahead_until(struct order *o, int64_t time_s)
{
    while (o->ahead.n && o->ahead.p[0].time_s <= time_s)
        if (!order_admit_ahead(o, 0))
            return false;
    return true;
}

/* The first event of all waits, too: it is the second that tells which of the two is wrong. True if
 * e is to go on with o->newest_s set. */
static bool settle_first(struct order *o, const struct event *e)
{
    if (e->time_s >= o->ahead.p[0].time_s - AHEAD_S)
        return order_admit_ahead(o, 0);
    o->newest_s = e->time_s;
    return true;
}

/* Let e in, with those that waited ahead and need no longer: the clock has come to them, or e is
 * the second one near them. */
static bool let_in(struct order *o, const struct event *e)
{
    int64_t t = e->time_s;
    bool near = is_near_one(o, t);
    uint64_t turn = waiting_turn(e);
    struct event *copy = waiting_new(&o->pool, e);
    if (!copy)
        return false;
    if (t > o->newest_s + AHEAD_S && !near)
        return order_wait_ahead(o, copy, turn);
    if (!admit_ahead_until(o, t)) {
        waiting_release(&o->pool, copy);
        return false;
    }
    return admit(o, copy, turn, false) && (!near || admit_ahead_until(o, t + near_s(o)));
}

void order_expect(const struct order *o, const struct event *e)
{
    idset_soon(&o->ids, e);
}

bool order_add(struct order *o, struct event *e)
{
    e->seq = o->next_seq++;
    if (idset_has(&o->ids, e)) {
        o->counts.repeated++;
        return true;
    }
    if (o->newest_s == TIME_NONE) {
        if (o->ahead.n == 0) {
            struct event *copy = waiting_new(&o->pool, e);
            return copy && order_wait_ahead(o, copy, waiting_turn(e));
        }
        if (!settle_first(o, e))
            return false;
    }
    if (e->time_s < order_late_before(o))
        return deliver_late(o, e);
    return let_in(o, e) && order_make_room(o);
}

bool order_finish(struct order *o)
{
    while (o->ahead.n)
        if (!order_admit_ahead(o, 0))
            return false;
    return o->newest_s == TIME_NONE || leave(o, o->newest_s + 1);
}

bool order_leave_at_once(struct order *o, struct event *e, uint64_t turn)
{
    if (!waiting_room(&o->leaving)) {
        waiting_release(&o->pool, e);
        return false;
    }
    waiting_add(&o->leaving, e, turn);
    order_start_waiting(o, e);
    return true;
}

bool order_deliver_leaving(struct order *o)
{
    return deliver_leaving(o);
}

struct order_counts order_counts(const struct order *o)
{
    struct order_counts c = o->counts;
    c.bytes = o->nbytes + o->spent_nbytes;
    return c;
}
