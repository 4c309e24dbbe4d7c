#include "ctlock/effect.h"

/* A private address is held together with the endpoints that it was seen through. */
static bool add_endpoint(struct lock *l, const struct call *c)
{
    return c->source.slot != SLOT_PRIVATE || !c->vpc_endpoint.p ||
           lock_add_endpoint(l, c->vpc_endpoint);
}

static bool use(const struct call *c, struct lock *l)
{
    lock_use(l, c->event->time_s);
    if (!c->is_identity)
        l->provisional = false;
    return add_endpoint(l, c);
}

static bool lock(struct locktable *t, const struct call *c, bool provisional)
{
    struct lock *l = table_lock(t, c->row, &c->source, c->event->time_s,
                                event_str(c->event, EF_EVENT_ID), provisional);
    return l && add_endpoint(l, c);
}

/* A public address that gets locked is the one that an AssociateAddress did not name. */
static bool spend_association(struct addressbook *book, const struct call *c)
{
    if (c->source.slot != SLOT_PUBLIC || !c->instance.p)
        return true;
    return book_spend(book, c->instance, SLOT_PUBLIC, lock_source_ip(&c->source), c->event->time_s,
                      true);
}

static bool relock(struct locktable *t, struct addressbook *book, const struct call *c,
                   struct lock *replaced)
{
    struct lock_source held = lock_source_of(replaced);
    struct ip was = lock_source_ip(&held);
    table_unlock(t, c->row, replaced);
    if (!lock(t, c, false))
        return false;
    if (c->source.slot != SLOT_PUBLIC || !c->instance.p)
        return true;
    struct ip is = lock_source_ip(&c->source);
    if (!book_move(book, c->instance, was, is, c->event->time_s))
        return false;
    return book_knows(book, c->instance, is, SLOT_PUBLIC) || spend_association(book, c);
}

/* Where the row has many locks the source stays just known: rule 7 goes on to accept it. */
static bool lock_known(struct locktable *t, const struct call *c)
{
    return row_has_many_locks(c->row) || lock(t, c, false);
}

bool effect_apply(struct locktable *table, struct addressbook *book, const struct call *c,
                  const struct verdict *v)
{
    if (v->except_slot)
        row_except_slot(c->row, c->source.slot);
    if (v->take_endpoint_account &&
        !row_add_endpoint_account(c->row, event_str(c->event, EF_VPC_ENDPOINT_ACCOUNT)))
        return false;
    switch (v->effect) {
    case EFFECT_NONE:
        return true;
    case EFFECT_USE:
        return use(c, v->lock);
    case EFFECT_LOCK:
        return lock(table, c, v->provisional) && spend_association(book, c);
    case EFFECT_ADD:
        return lock_known(table, c);
    case EFFECT_SPEND:
        return lock_known(table, c) &&
               book_spend(book, c->instance, c->source.slot, lock_source_ip(&c->source),
                          c->event->time_s, false);
    case EFFECT_RELOCK:
        return relock(table, book, c, v->lock);
    }
    return true;
}

/* Which locks a hook means. */
struct doomed {
    struct effect_hooks *hooks;
    struct str instance;
    int64_t until_s;
    bool (*is)(const struct doomed *d, const struct lock *l);
    struct ip ip;
    enum slot slot;
    struct cidr range;
};

static void unlock_all(const struct doomed *d)
{
    struct locktable *t = d->hooks->table;
    if (d->hooks->spared.p && str_eq(d->instance, d->hooks->spared))
        return;
    for (struct row *r = table_first_of(t, d->instance); r; r = row_next_of(r)) {
        size_t n;
        struct lock *l = row_locks(r, &n);
        for (size_t i = n; i-- > 0;)
            if (lock_last_s(&l[i]) < d->until_s && d->is(d, &l[i]))
                table_unlock(t, r, &l[i]);
    }
}

/* Private and ipv6 slots are of one kind: both are an interface's. */
static bool is_address(const struct doomed *d, const struct lock *l)
{
    struct lock_source s = lock_source_of(l);
    return (l->slot == SLOT_PUBLIC) == (d->slot == SLOT_PUBLIC) && ip_eq(lock_source_ip(&s), d->ip);
}

static bool is_unknown(const struct doomed *d, const struct lock *l)
{
    struct lock_source s = lock_source_of(l);
    return !book_knows(d->hooks->book, d->instance, lock_source_ip(&s), s.slot);
}

static bool is_unknown_in_range(const struct doomed *d, const struct lock *l)
{
    return l->slot != SLOT_PUBLIC && cidr_has(d->range, l->ip) && is_unknown(d, l);
}

static bool is_unknown_public(const struct doomed *d, const struct lock *l)
{
    return l->slot == SLOT_PUBLIC && is_unknown(d, l);
}

/* Does any row hold it? What a change ends was seldom used, and a look at all rows of an instance
 * takes long. A text is known here by its digest alone. */
static bool may_be_held(const struct locktable *t, struct ip ip, enum slot slot)
{
    struct lock_source s = {.ip = ip, .slot = slot};
    if (ip.family == LOCK_TEXT_FAMILY || table_holders(t, &s) > 0)
        return true;
    s.slot = slot == SLOT_PRIVATE ? SLOT_IPV6 : SLOT_PRIVATE;
    return slot != SLOT_PUBLIC && table_holders(t, &s) > 0;
}

void effect_forget(void *self, struct str instance, struct ip ip, enum slot slot, int64_t until_s)
{
    const struct effect_hooks *hooks = self;
    if (!may_be_held(hooks->table, ip, slot))
        return;
    unlock_all(&(struct doomed){.hooks = self,
                                .instance = instance,
                                .until_s = until_s,
                                .is = is_address,
                                .ip = ip,
                                .slot = slot});
}

void effect_forget_range(void *self, struct str instance, struct cidr range, int64_t until_s)
{
    unlock_all(&(struct doomed){.hooks = self,
                                .instance = instance,
                                .until_s = until_s,
                                .is = is_unknown_in_range,
                                .range = range});
}

void effect_forget_unknown(void *self, struct str instance, int64_t until_s)
{
    unlock_all(&(struct doomed){
        .hooks = self, .instance = instance, .until_s = until_s, .is = is_unknown_public});
}

bool effect_in_use(void *self, struct str instance)
{
    const struct effect_hooks *hooks = self;
    return table_first_of(hooks->table, instance) != NULL;
}
