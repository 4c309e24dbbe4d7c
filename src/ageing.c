#include "ctlock/ageing.h"

#include "ctlock/array.h"
#include "ctlock/associations.h"
#include "ctlock/interfaces.h"
#include "ctlock/nats.h"
#include "ctlock/registers.h"

#include <stdlib.h>

/* How long nobody hears of what is out of use without having ended. */
#define QUIET_S (90 * 86400)

/* So many looks for room a change, for none of them may help. */
enum { MAX_LOOKS = 4096 };

void ageing_init(struct ageing *g)
{
    *g = (struct ageing){.clock_s = TIME_NONE};
}

void ageing_free(struct ageing *g)
{
    free(g->item);
    *g = (struct ageing){0};
}

static struct ageing_item *item_at(const struct ageing *g, uint64_t n)
{
    return &g->item[n & (g->cap - 1)];
}

/* Without those that are gone, and with room for as many more. */
static bool grow_ring(struct ageing *g)
{
    size_t live = 0, cap = 64;
    for (uint64_t n = g->first; n < g->end; n++)
        live += item_at(g, n)->entry != NULL;
    while (cap < live * 2)
        cap *= 2;
    struct ageing bigger = *g;
    bigger.cap = cap;
    bigger.first = bigger.end = 0;
    bigger.item = malloc(cap * sizeof *bigger.item);
    if (!bigger.item)
        return false;
    for (uint64_t n = g->first; n < g->end; n++) {
        struct ageing_item *item = item_at(g, n);
        if (!item->entry)
            continue;
        *item_at(&bigger, bigger.end++) = *item;
        item->entry->watched = bigger.end;
    }
    free(g->item);
    *g = bigger;
    return true;
}

void ageing_watch(struct addressbook *b, int table, void *entry)
{
    struct ageing *g = &b->ageing;
    struct entry *e = entry;
    /* These go with the last thing that holds them. */
    if (e->watched || g->is_restoring || table == REGISTER_HOLDING || table == REGISTER_SPOT)
        return;
    if (g->end - g->first == g->cap && !grow_ring(g))
        return;
    int64_t due_s = g->clock_s == TIME_NONE ? TIME_NONE : g->clock_s + g->keep_s;
    *item_at(g, g->end++) = (struct ageing_item){due_s, e, (uint8_t)table};
    e->watched = g->end; /* its number and 1 */
}

void ageing_unwatch(struct addressbook *b, struct entry *e)
{
    if (e->watched)
        item_at(&b->ageing, e->watched - 1)->entry = NULL;
    e->watched = 0;
}

bool ageing_number(struct ageing *g)
{
    struct ageing_item *item = g->cap ? malloc(g->cap * sizeof *item) : NULL;
    uint64_t count = 0;
    if (!item)
        return g->cap == 0;
    for (uint64_t n = g->first; n < g->end; n++) {
        if (!item_at(g, n)->entry)
            continue;
        item[count] = *item_at(g, n);
        item[count].entry->watched = count + 1;
        count++;
    }
    free(g->item);
    g->item = item;
    g->first = 0;
    g->end = count;
    return true;
}

int64_t ageing_due_s(const struct ageing *g, const struct entry *e)
{
    return item_at(g, e->watched - 1)->due_s;
}

void ageing_begin_restoring(struct ageing *g, int64_t clock_s)
{
    g->is_restoring = true;
    g->clock_s = clock_s;
}

/* While the numbers are not yet places. */
static bool grow_restoring(struct ageing *g)
{
    struct ageing_item *item = array_grow(g->item, &g->cap, sizeof *item);
    if (!item)
        return false;
    g->item = item;
    return true;
}

bool ageing_restore(struct ageing *g, int table, struct entry *e, int64_t due_s, uint64_t number)
{
    if (e->watched || number == 0)
        return true;
    if (g->end == g->cap && !grow_restoring(g))
        return false;
    g->item[g->end++] = (struct ageing_item){due_s, e, (uint8_t)table};
    e->watched = number;
    return true;
}

static int by_number(const void *pa, const void *pb)
{
    const struct ageing_item *a = pa, *b = pb;
    return (a->entry->watched > b->entry->watched) - (a->entry->watched < b->entry->watched);
}

void ageing_end_restoring(struct ageing *g)
{
    g->is_restoring = false;
    if (g->end > 1)
        qsort(g->item, g->end, sizeof *g->item, by_number);
    for (uint64_t n = 0; n < g->end; n++)
        g->item[n].entry->watched = n + 1;
}

static int64_t later(int64_t a_s, int64_t b_s)
{
    return a_s > b_s ? a_s : b_s;
}

/* What an entry is good for. */
enum state {
    LIVE,  /* it tells something, and is left alone until something of it ends */
    QUIET, /* what it tells is out of use if nobody has heard of it for long */
    SLEEP, /* that an instance was stopped, and no more: one that is adopted may be it */
    OVER   /* it tells nothing but that things have ended */
};

/* An instance that ends by itself is in no trail. One that runs with a role has a row. */
static enum state state_of_instance(const struct instance *i, int64_t young_s, int64_t *last_s)
{
    bool is_bare = !i->first_interface && !i->first_association && !i->vpc;
    int64_t t = later(later(i->terminated_s, i->stopped_s), later(i->started_s, i->vpc_written_s));
    for (const struct interface *f = i->first_interface; f && t < young_s; f = f->next_of_instance)
        t = later(t, f->written_s);
    for (const struct association *a = i->first_association; a && t < young_s; a = a->next)
        t = later(t, a->written_s);
    if (i->public_credit)
        t = later(t, i->public_credit->granted_s);
    if (i->private_credit)
        t = later(t, i->private_credit->granted_s);
    *last_s = later(t, i->used_s);
    if (i->terminated_s != TIME_NONE)
        return OVER;
    bool is_stopped = i->stopped_s != TIME_NONE && i->started_s <= i->stopped_s;
    return !is_bare ? QUIET : is_stopped ? SLEEP : OVER;
}

static enum state state_of_interface(const struct interface *f, int64_t young_s, int64_t *last_s)
{
    int64_t t = f->written_s;
    for (const struct address *a = f->first_address; a && t < young_s; a = a->next_of_interface)
        t = later(t, a->written_s);
    *last_s = t;
    if (f->instance || f->n_claims > 0 || (f->first_association && !f->ended))
        return LIVE;
    return f->n_present > 0 ? QUIET : OVER;
}

/* The state, and when the last was told of it; from young_s on, any such time is as good. */
static enum state state_of(enum register_table table, const void *entry, int64_t young_s,
                           int64_t *last_s)
{
    switch (table) {
    case REGISTER_INSTANCE:
        return state_of_instance(entry, young_s, last_s);
    case REGISTER_INTERFACE:
        return state_of_interface(entry, young_s, last_s);
    case REGISTER_VPC: {
        const struct vpc *v = entry;
        *last_s = TIME_NONE;
        return !v->first_instance && !v->first_nat ? OVER : LIVE;
    }
    case REGISTER_ATTACHMENT: {
        const struct attachment *a = entry;
        *last_s = a->written_s;
        return !a->interface && a->n_holders == 0 ? OVER : LIVE;
    }
    case REGISTER_ADDRESS: {
        const struct address *a = entry;
        *last_s = a->written_s;
        return !a->present ? OVER : LIVE;
    }
    case REGISTER_ALLOCATION: {
        const struct allocation *x = entry;
        *last_s = later(x->written_s, x->associated_s);
        return !x->ip.family && x->n_associations == 0 ? OVER : LIVE;
    }
    case REGISTER_ASSOCIATION: {
        const struct association *a = entry;
        *last_s = a->written_s;
        return a->to == TO_NOTHING ? OVER : LIVE;
    }
    case REGISTER_PLACE: {
        const struct place *p = entry;
        *last_s = p->written_s;
        return !p->association && !p->allocation ? OVER : LIVE;
    }
    case REGISTER_NAT: {
        const struct nat *n = entry;
        *last_s = n->written_s;
        return n->ended && !n->first_association && !n->vpc ? OVER : LIVE;
    }
    case REGISTER_HOLDING:
    case REGISTER_SPOT:
    case REGISTER_COUNT:
        break;
    }
    return LIVE;
}

static void drop_instance(struct addressbook *b, struct instance *i)
{
    int64_t t = i->terminated_s;
    if (t == TIME_NONE)
        (void)state_of_instance(i, INT64_MAX, &t);
    for (struct association *a; (a = i->first_association);)
        (void)associations_end(b, a, (struct moment){.time_s = later(t, a->written_s)});
    interfaces_end_with(b, i, t);
    nats_leave_vpc(b, i);
    registers_drop(b, REGISTER_INSTANCE, i);
}

static void drop(struct addressbook *b, enum register_table table, void *entry)
{
    if (table == REGISTER_INSTANCE)
        drop_instance(b, entry);
    else if (table == REGISTER_INTERFACE)
        interfaces_drop(b, entry);
    else if (table == REGISTER_ADDRESS)
        interfaces_drop_address(b, entry);
    else
        registers_drop(b, table, entry);
}

static bool is_in_use(const struct addressbook *b, enum register_table table, const struct entry *e)
{
    return table == REGISTER_INSTANCE && b->hooks.in_use &&
           b->hooks.in_use(b->hooks.self, entry_id(e));
}

/* Look at the entry that has been watched for longest: it goes, is watched on, or is live. Early:
 * for want of room. */
static void look(struct addressbook *b, bool early)
{
    struct ageing *g = &b->ageing;
    struct ageing_item item = *item_at(g, g->first++);
    enum register_table table = (enum register_table)item.table;
    int64_t last_s;
    if (!item.entry)
        return;
    item.entry->watched = 0;
    if (is_in_use(b, table, item.entry)) {
        ((struct instance *)(void *)item.entry)->used_s = g->clock_s;
        ageing_watch(b, (int)table, item.entry);
        return;
    }
    enum state state = state_of(table, item.entry, g->clock_s - g->keep_s, &last_s);
    if (state == LIVE)
        return;
    int64_t age_s = last_s == TIME_NONE ? INT64_MAX : g->clock_s - last_s;
    bool is_old = age_s > (state == OVER ? g->keep_s : g->keep_s + QUIET_S);
    bool may_go = is_old || (early && (state != QUIET || age_s > g->keep_s));
    if (!may_go) {
        ageing_watch(b, (int)table, item.entry);
        return;
    }
    g->forgotten_early += !is_old;
    drop(b, table, item.entry);
}

void ageing_tick(struct ageing *g, int64_t clock_s)
{
    if (clock_s > g->clock_s)
        g->clock_s = clock_s;
}

void ageing_advance(struct addressbook *b, int64_t clock_s)
{
    struct ageing *g = &b->ageing;
    ageing_tick(g, clock_s);
    if (g->keep_s == 0)
        return;
    while (g->first < g->end && item_at(g, g->first)->due_s < g->clock_s)
        look(b, false);
}

bool ageing_make_room(struct addressbook *b)
{
    struct ageing *g = &b->ageing;
    if (g->max_facts == 0)
        return true;
    /* What stays is watched on, and need not be looked at again. */
    uint64_t looks = g->end - g->first < MAX_LOOKS ? g->end - g->first : MAX_LOOKS;
    for (; looks > 0 && registers_count(b) >= g->max_facts; looks--)
        look(b, true);
    return registers_count(b) < g->max_facts;
}
