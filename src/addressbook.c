#include "ctlock/addressbook.h"

#include "ctlock/associations.h"
#include "ctlock/change.h"
#include "ctlock/credits.h"
#include "ctlock/interfaces.h"
#include "ctlock/nats.h"
#include "ctlock/registers.h"

#include <stdlib.h>

/* A change being applied. */
struct applying {
    struct addressbook *book;
    const struct change *c;
    struct moment m;
    struct str refused;
};

struct addressbook *book_new(struct hash_key key, int64_t ttl_s, const struct book_hooks *hooks)
{
    struct addressbook *b = calloc(1, sizeof *b);
    if (b) {
        b->key = key;
        b->ttl_s = ttl_s;
        b->hooks = *hooks;
        ageing_init(&b->ageing);
    }
    return b;
}

void book_free(struct addressbook *b)
{
    if (b)
        registers_free(b);
    free(b);
}

static struct instance *find_instance(const struct addressbook *b, struct str id)
{
    return registers_find(b, REGISTER_INSTANCE, id);
}

static enum book_result result(bool ok)
{
    return ok ? BOOK_APPLIED : BOOK_NOMEM;
}

static bool is_refused(const struct applying *a, const struct instance *i)
{
    return a->refused.p && i && str_eq(entry_id(&i->entry), a->refused);
}

static bool is_refused_id(const struct applying *a, struct str id)
{
    return a->refused.p && str_eq(id, a->refused);
}

static void forget_unknown(const struct applying *a, const struct instance *i)
{
    const struct book_hooks *hooks = &a->book->hooks;
    if (i && hooks->forget_unknown)
        hooks->forget_unknown(hooks->self, entry_id(&i->entry), moment_until_s(a->m));
}

static enum book_result associate(struct applying *a)
{
    const struct change *c = a->c;
    const struct interface *f = registers_find(a->book, REGISTER_INTERFACE, c->interface);
    if (c->instance.p ? is_refused_id(a, c->instance) : f && is_refused(a, f->instance))
        return BOOK_REFUSED;
    struct beginning n = {.id = c->association, .ip = c->ip};
    if (c->instance.p) {
        n.to = TO_INSTANCE;
        n.of.instance = registers_make(a->book, REGISTER_INSTANCE, c->instance);
    } else {
        n.to = TO_INTERFACE;
        n.of.interface = registers_make(a->book, REGISTER_INTERFACE, c->interface);
    }
    if (c->instance.p ? !n.of.instance : !n.of.interface)
        return BOOK_NOMEM;
    if (c->allocation.p) {
        n.allocation = registers_make(a->book, REGISTER_ALLOCATION, c->allocation);
        if (!n.allocation)
            return BOOK_NOMEM;
        if (!n.ip.family)
            n.ip = n.allocation->ip;
    }
    struct association *made;
    if (!associations_begin(a->book, &n, a->m, &made))
        return BOOK_NOMEM;
    struct instance *i = c->instance.p ? n.of.instance : n.of.interface->instance;
    if (n.ip.family)
        forget_unknown(a, i);
    else if (i && made && !a->m.late) {
        ageing_watch(a->book, REGISTER_INSTANCE, i);
        return result(credits_grant(i, SLOT_PUBLIC, made, NULL, a->m.time_s));
    }
    return BOOK_APPLIED;
}

/* The instance's next public address is one that the trail will not tell. */
static void disassociate_one(struct applying *a, struct association *association)
{
    struct instance *i = associations_instance(association);
    if (associations_end(a->book, association, a->m))
        forget_unknown(a, i);
}

static enum book_result disassociate(struct applying *a)
{
    const struct change *c = a->c;
    if (c->association.p) {
        struct association *by_id = registers_make(a->book, REGISTER_ASSOCIATION, c->association);
        if (!by_id)
            return BOOK_NOMEM;
        if (by_id->to == TO_NOTHING && moment_writes(a->m, by_id->written_s))
            by_id->written_s = a->m.time_s;
        else if (by_id->to == TO_INSTANCE || by_id->to == TO_INTERFACE)
            disassociate_one(a, by_id);
        return BOOK_APPLIED;
    }
    struct association *holder = associations_holder(a->book, c->ip);
    if (!holder)
        return result(associations_vacate(a->book, c->ip, a->m));
    if (holder->to != TO_NAT)
        disassociate_one(a, holder);
    return BOOK_APPLIED;
}

/* Of two of one time it is their ids that decide, for a list has no order that a state keeps. */
static bool is_later(const struct association *a, const struct association *b)
{
    if (a->written_s != b->written_s)
        return a->written_s > b->written_s;
    return str_cmp(entry_id(&a->entry), entry_id(&b->entry)) > 0;
}

/* An attached interface of which the trail does not tell all addresses. */
static bool grant_for(struct applying *a, struct instance *i, struct interface *f)
{
    struct association *unknown = NULL;
    bool is_public_told = false;
    for (struct association *e = f->first_association; e; e = e->next) {
        is_public_told = is_public_told || e->ip.family;
        if (!e->ip.family && (!unknown || is_later(e, unknown)))
            unknown = e;
    }
    bool is_private_told = f->n_private > 0;
    int64_t t = a->m.time_s;
    if (!is_private_told && !credits_grant(i, SLOT_PRIVATE, NULL, f, t))
        return false;
    if (is_private_told ? !unknown : is_public_told)
        return true;
    return credits_grant(i, SLOT_PUBLIC, unknown, f, t);
}

static enum book_result attach(struct applying *a)
{
    const struct change *c = a->c;
    if (is_refused_id(a, c->instance))
        return BOOK_REFUSED;
    struct instance *i = registers_make(a->book, REGISTER_INSTANCE, c->instance);
    struct interface *f = registers_make(a->book, REGISTER_INTERFACE, c->interface);
    if (!i || !f || !interfaces_attach(a->book, f, i, c->attachment, a->m))
        return BOOK_NOMEM;
    return result(a->m.late || grant_for(a, i, f));
}

static bool assign_all(struct applying *a, struct interface *f, size_t first, size_t n,
                       bool present)
{
    for (size_t k = first; k < first + n; k++)
        if (!interfaces_assign(a->book, f, a->c->addresses[k], present, a->m))
            return false;
    return true;
}

static enum book_result assign(struct applying *a, bool present)
{
    struct interface *f = registers_find(a->book, REGISTER_INTERFACE, a->c->interface);
    if (present && a->c->kind == CHANGE_ASSIGN && f && is_refused(a, f->instance))
        return BOOK_REFUSED;
    if (!f && !(f = registers_make(a->book, REGISTER_INTERFACE, a->c->interface)))
        return BOOK_NOMEM;
    return result(assign_all(a, f, 0, a->c->n_addresses, present));
}

static bool run_interface(struct applying *a, struct instance *i,
                          const struct change_interface *told)
{
    struct interface *f = registers_make(a->book, REGISTER_INTERFACE, told->id);
    bool is_new = f && f->written_s == TIME_NONE && !f->first_address;
    /* In this order, or whoever had the interface would have the addresses for a moment. */
    if (!f || !interfaces_attach(a->book, f, i, told->attachment, a->m))
        return false;
    f->was_launched = f->was_launched || (is_new && f->instance == i);
    return assign_all(a, f, told->first_address, told->n_addresses, true);
}

static enum book_result run(struct applying *a)
{
    for (size_t k = 0; k < a->c->n_instances; k++) {
        const struct change_instance *told = &a->c->instances[k];
        struct instance *i = registers_make(a->book, REGISTER_INSTANCE, told->id);
        if (!i || (told->vpc.p && !nats_move_instance(a->book, i, told->vpc, a->m)))
            return BOOK_NOMEM;
        for (size_t f = 0; f < told->n_interfaces; f++)
            if (!run_interface(a, i, &a->c->interfaces[told->first_interface + f]))
                return BOOK_NOMEM;
    }
    return BOOK_APPLIED;
}

static enum book_result delete_interface(struct applying *a)
{
    struct interface *f = registers_make(a->book, REGISTER_INTERFACE, a->c->interface);
    return result(f && interfaces_delete(a->book, f, a->m));
}

/* The VPC of the caller is the one that would gain. */
static bool is_refused_nat(const struct applying *a)
{
    const struct instance *i = find_instance(a->book, a->refused);
    if (!i || !i->vpc)
        return false;
    const struct nat *n = registers_find(a->book, REGISTER_NAT, a->c->nat);
    return a->c->vpc.p ? str_eq(a->c->vpc, entry_id(&i->vpc->entry)) : n && n->vpc == i->vpc;
}

static enum book_result add_to_nat(struct applying *a)
{
    if (is_refused_nat(a))
        return BOOK_REFUSED;
    struct nat *n = registers_make(a->book, REGISTER_NAT, a->c->nat);
    if (!n || (a->c->kind == CHANGE_CREATE_NAT && !nats_create(a->book, n, a->c->vpc, a->m)))
        return BOOK_NOMEM;
    for (size_t k = 0; k < a->c->n_nat_addresses; k++)
        if (!nats_add_address(a->book, n, &a->c->nat_addresses[k], a->m))
            return BOOK_NOMEM;
    return BOOK_APPLIED;
}

static enum book_result drop_from_nats(struct applying *a)
{
    for (size_t k = 0; k < a->c->n_nat_addresses; k++)
        if (!nats_drop_address(a->book, &a->c->nat_addresses[k], a->m))
            return BOOK_NOMEM;
    return BOOK_APPLIED;
}

static enum book_result delete_nat(struct applying *a)
{
    struct nat *n = registers_make(a->book, REGISTER_NAT, a->c->nat);
    if (n)
        nats_delete(a->book, n, a->m);
    return result(n != NULL);
}

static void raise_to(int64_t *to_s, int64_t time_s)
{
    if (*to_s == TIME_NONE || *to_s < time_s)
        *to_s = time_s;
}

static enum book_result live(struct applying *a)
{
    for (size_t k = 0; k < a->c->n_instances; k++) {
        const struct change_instance *told = &a->c->instances[k];
        if (a->c->kind == CHANGE_START && !told->was_stopped)
            continue;
        struct instance *i = registers_make(a->book, REGISTER_INSTANCE, told->id);
        if (!i)
            return BOOK_NOMEM;
        if (a->c->kind == CHANGE_START) {
            raise_to(&i->started_s, a->m.time_s);
            forget_unknown(a, i);
        } else if (a->c->kind == CHANGE_STOP)
            raise_to(&i->stopped_s, a->m.time_s);
        else if (i->terminated_s == TIME_NONE || i->terminated_s > a->m.time_s)
            i->terminated_s = a->m.time_s;
        ageing_watch(a->book, REGISTER_INSTANCE, i);
    }
    return BOOK_APPLIED;
}

static enum book_result apply(struct applying *a)
{
    const struct change *c = a->c;
    switch (c->kind) {
    case CHANGE_NONE:
        return BOOK_IGNORED;
    case CHANGE_ALLOCATE:
        return result(associations_allocate(a->book, c->allocation, c->ip, a->m));
    case CHANGE_RELEASE:
        return result(associations_release(a->book, c->allocation, c->ip, a->m));
    case CHANGE_ASSOCIATE:
        return associate(a);
    case CHANGE_DISASSOCIATE:
        return disassociate(a);
    case CHANGE_RUN:
        return run(a);
    case CHANGE_CREATE_INTERFACE:
    case CHANGE_ASSIGN:
        return assign(a, true);
    case CHANGE_UNASSIGN:
        return assign(a, false);
    case CHANGE_ATTACH:
        return attach(a);
    case CHANGE_DETACH:
        return result(interfaces_detach(a->book, c->attachment, a->m));
    case CHANGE_DELETE_INTERFACE:
        return delete_interface(a);
    case CHANGE_CREATE_NAT:
    case CHANGE_ASSOCIATE_NAT:
        return add_to_nat(a);
    case CHANGE_DISASSOCIATE_NAT:
        return drop_from_nats(a);
    case CHANGE_DELETE_NAT:
        return delete_nat(a);
    case CHANGE_START:
    case CHANGE_STOP:
    case CHANGE_TERMINATE:
        return live(a);
    }
    return BOOK_IGNORED;
}

/* May it tell of something new? All others end what is there. */
static bool may_add(enum change_kind kind)
{
    switch (kind) {
    case CHANGE_ALLOCATE:
    case CHANGE_ASSOCIATE:
    case CHANGE_RUN:
    case CHANGE_CREATE_INTERFACE:
    case CHANGE_ASSIGN:
    case CHANGE_ATTACH:
    case CHANGE_CREATE_NAT:
    case CHANGE_ASSOCIATE_NAT:
        return true;
    default:
        return false;
    }
}

enum book_result book_apply(struct addressbook *b, const struct event *change, struct str refused)
{
    struct change c;
    switch (change_read(change, &c)) {
    case CHANGE_UNFIT:
        return BOOK_IGNORED;
    case CHANGE_NOMEM:
        return BOOK_NOMEM;
    case CHANGE_FITS:
        break;
    }
    struct applying a = {b, &c, {change->time_s, change->flags & EVENT_LATE}, refused};
    enum book_result r = BOOK_IGNORED;
    ageing_tick(&b->ageing, change->time_s);
    if (ageing_make_room(b) || !may_add(c.kind))
        r = apply(&a);
    else
        b->ageing.left_out++;
    change_free(&c);
    return r;
}

void book_limit(struct addressbook *b, int64_t keep_s, uint64_t max_facts)
{
    b->ageing.keep_s = keep_s;
    b->ageing.max_facts = max_facts;
}

void book_advance(struct addressbook *b, int64_t clock_s)
{
    ageing_advance(b, clock_s);
}

struct book_counts book_counts(const struct addressbook *b)
{
    return (struct book_counts){.facts = registers_count(b),
                                .forgotten_early = b->ageing.forgotten_early,
                                .left_out = b->ageing.left_out,
                                .crowded = b->ageing.crowded};
}

bool book_knows(const struct addressbook *b, struct str instance, struct ip ip, enum slot slot)
{
    const struct instance *i = find_instance(b, instance);
    if (!i)
        return false;
    return slot == SLOT_PUBLIC ? associations_know(b, i, ip) : interfaces_know(b, i, ip);
}

struct str book_whose(const struct addressbook *b, struct ip ip, enum slot slot, struct str prefer)
{
    const struct instance *i;
    if (book_knows(b, prefer, ip, slot))
        i = find_instance(b, prefer);
    else
        i = slot == SLOT_PUBLIC ? associations_whose(b, ip) : interfaces_whose(b, ip);
    return i ? entry_id(&i->entry) : (struct str){0};
}

bool book_has_credit(const struct addressbook *b, struct str instance, enum slot slot,
                     int64_t time_s, bool association_only)
{
    const struct instance *i = find_instance(b, instance);
    return i && credits_get(i, slot, time_s, b->ttl_s, association_only);
}

/* The address of an interface that the trail did not tell. */
static bool spend_on_interface(struct addressbook *b, struct interface *f, enum slot slot,
                               struct ip ip, struct moment m)
{
    if (slot != SLOT_PUBLIC)
        return interfaces_assign(b, f, (struct cidr){ip, ip_bits(ip)}, true, m);
    struct beginning n = {.to = TO_INTERFACE, .of.interface = f, .ip = ip};
    struct association *made;
    if (!associations_begin(b, &n, m, &made))
        return false;
    if (made)
        made->by_credit = true;
    return true;
}

bool book_spend(struct addressbook *b, struct str instance, enum slot slot, struct ip ip,
                int64_t time_s, bool association_only)
{
    struct instance *i = find_instance(b, instance);
    const struct credit *found =
        i ? credits_get(i, slot, time_s, b->ttl_s, association_only) : NULL;
    if (!found)
        return true;
    struct credit credit = *found;
    credits_drop(i, slot);
    if (!ip.family)
        return true;
    struct moment m = {time_s, false};
    if (!credit.association)
        return spend_on_interface(b, credit.interface, slot, ip, m);
    credit.association->by_credit = true;
    return associations_set_ip(b, credit.association, ip, m);
}

bool book_move(struct addressbook *b, struct str instance, struct ip was, struct ip is,
               int64_t time_s)
{
    const struct instance *i = find_instance(b, instance);
    struct association *a = associations_holder(b, was);
    if (!i || !a || !a->by_credit || associations_instance(a) != i)
        return true;
    return associations_set_ip(b, a, is, (struct moment){time_s, false});
}

void book_soon(const struct addressbook *b, uint64_t hash, unsigned step)
{
    registers_soon(b, REGISTER_INSTANCE, hash, step);
}

struct book_life book_life(const struct addressbook *b, struct str instance, uint64_t hash)
{
    const struct instance *i = registers_find_hashed(b, REGISTER_INSTANCE, instance, hash);
    if (!i)
        return (struct book_life){TIME_NONE, TIME_NONE, TIME_NONE, TIME_NONE};
    return (struct book_life){i->terminated_s, i->stopped_s, i->started_s, i->issued_s};
}

void book_issued(struct addressbook *b, struct str instance, uint64_t hash, int64_t time_s)
{
    struct instance *i = registers_find_hashed(b, REGISTER_INSTANCE, instance, hash);
    if (i && (i->terminated_s != TIME_NONE || i->stopped_s != TIME_NONE))
        raise_to(&i->issued_s, time_s);
}
