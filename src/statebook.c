#include "statebook_inside.h"

#include "ctlock/associations.h"
#include "ctlock/credits.h"
#include "ctlock/interfaces.h"
#include "ctlock/lock.h"
#include "ctlock/nats.h"
#include "ctlock/registers.h"
#include <stdlib.h>

static struct ip read_ip(struct stateline *l)
{
    uint64_t half[2] = {0};
    struct ip ip = stateline_read_ip(l, "ip");
    if (ip.family || !stateline_read_hash(l, "digest", &half[0]))
        return ip;
    if (!stateline_read_hash(l, "digest_end", &half[1]))
        stateline_reject(l, "half a digest");
    memcpy(ip.b, half, sizeof half);
    ip.family = LOCK_TEXT_FAMILY;
    return ip;
}

static bool read_watch(struct stateline *l, struct addressbook *b, enum register_table table,
                       void *entry)
{
    int64_t due_s = stateline_read_time(l, "due"), turn = 0;
    (void)stateline_read_number(l, "turn", &turn);
    if (turn < 0)
        stateline_reject(l, "not a turn");
    return l->why || ageing_restore(&b->ageing, (int)table, entry, due_s, (uint64_t)turn);
}

/* The entry of this id, absent for none. NULL and *nomem where memory ran out. */
static void *refer(struct addressbook *b, enum register_table table, struct str id, bool *nomem)
{
    void *entry = id.n ? registers_make(b, table, id) : NULL;
    if (id.n && !entry)
        *nomem = true;
    return entry;
}

static void *read_reference(struct stateline *l, const char *name, struct addressbook *b,
                            enum register_table table, bool *nomem)
{
    return refer(b, table, stateline_read_text(l, name), nomem);
}

static bool read_credit(struct stateline *l, const char *name, struct addressbook *b,
                        struct instance *i, enum slot slot)
{
    bool nomem = false;
    if (!stateline_enter(l, name, '{'))
        return true;
    int64_t granted_s = stateline_read_time(l, "granted");
    struct association *a = read_reference(l, "association", b, REGISTER_ASSOCIATION, &nomem);
    struct interface *f = read_reference(l, "interface", b, REGISTER_INTERFACE, &nomem);
    if (stateline_more(l, '}') || granted_s == TIME_NONE || !a == !f || (a && slot != SLOT_PUBLIC))
        stateline_reject(l, "not a credit");
    return !nomem && (l->why || credits_grant(i, slot, a, f, granted_s));
}

static bool read_instance(struct stateline *l, struct addressbook *b, void *entry)
{
    struct instance *i = entry;
    i->terminated_s = stateline_read_time(l, "terminated");
    i->stopped_s = stateline_read_time(l, "stopped");
    i->started_s = stateline_read_time(l, "started");
    i->issued_s = stateline_read_time(l, "issued");
    i->used_s = stateline_read_time(l, "used");
    i->vpc_written_s = stateline_read_time(l, "written");
    struct str vpc = stateline_read_text(l, "vpc");
    if (vpc.n && !nats_restore_instance(b, i, vpc))
        return false;
    return read_credit(l, "public_credit", b, i, SLOT_PUBLIC) &&
           read_credit(l, "private_credit", b, i, SLOT_PRIVATE);
}

static bool read_address(struct stateline *l, struct addressbook *b, struct interface *f)
{
    int64_t bits = -1;
    if (!stateline_enter(l, NULL, '{'))
        return true;
    struct cidr range = {.ip = read_ip(l)};
    (void)stateline_read_number(l, "bits", &bits);
    bool present = stateline_read_flag(l, "present");
    int64_t written_s = stateline_read_time(l, "written"), due_s = stateline_read_time(l, "due");
    int64_t turn = 0;
    (void)stateline_read_number(l, "turn", &turn);
    if (stateline_more(l, '}') || turn < 0 || !range.ip.family || bits < 0 ||
        bits > ip_bits(range.ip) || written_s == TIME_NONE)
        stateline_reject(l, "not an address");
    if (l->why)
        return true;
    range.bits = (uint8_t)bits;
    range.ip = cidr_network(range.ip, range.bits);
    struct address *a = interfaces_restore_address(b, f, range, present, written_s);
    return a && ageing_restore(&b->ageing, REGISTER_ADDRESS, &a->entry, due_s, (uint64_t)turn);
}

static bool read_interface(struct stateline *l, struct addressbook *b, void *entry)
{
    struct interface *f = entry;
    bool nomem = false;
    f->written_s = stateline_read_time(l, "written");
    struct instance *i = read_reference(l, "instance", b, REGISTER_INSTANCE, &nomem);
    struct attachment *a = read_reference(l, "attachment", b, REGISTER_ATTACHMENT, &nomem);
    if (f->instance || f->attachment || f->first_address)
        stateline_reject(l, "an interface twice");
    if (nomem || l->why)
        return !nomem;
    interfaces_restore(b, f, i, a);
    f->was_launched = stateline_read_flag(l, "was_launched");
    f->ended = stateline_read_flag(l, "ended");
    if (stateline_enter(l, "addresses", '['))
        while (stateline_more(l, ']'))
            if (!read_address(l, b, f))
                return false;
    return true;
}

static bool read_attachment(struct stateline *l, struct addressbook *b, void *entry)
{
    struct attachment *a = entry;
    bool nomem = false;
    a->written_s = stateline_read_time(l, "written");
    struct interface *f = read_reference(l, "interface", b, REGISTER_INTERFACE, &nomem);
    if (a->interface)
        stateline_reject(l, "an attachment twice");
    else
        interfaces_restore_claim(b, a, f);
    return !nomem;
}

static bool read_allocation(struct stateline *l, struct addressbook *b, void *entry)
{
    struct allocation *a = entry;
    (void)b;
    a->written_s = stateline_read_time(l, "written");
    a->associated_s = stateline_read_time(l, "associated");
    a->ip = read_ip(l);
    return true;
}

static bool read_of(struct stateline *l, struct addressbook *b, struct beginning *n)
{
    bool nomem = false;
    struct str id;
    if ((id = stateline_read_text(l, "instance")).n) {
        n->to = TO_INSTANCE;
        n->of.instance = refer(b, REGISTER_INSTANCE, id, &nomem);
    } else if ((id = stateline_read_text(l, "interface")).n) {
        n->to = TO_INTERFACE;
        n->of.interface = refer(b, REGISTER_INTERFACE, id, &nomem);
    } else if ((id = stateline_read_text(l, "nat")).n) {
        n->to = TO_NAT;
        n->of.nat = refer(b, REGISTER_NAT, id, &nomem);
    }
    return !nomem;
}

/* Kept true: see associations.c. */
static bool read_association(struct stateline *l, struct addressbook *b, void *entry)
{
    struct association *a = entry;
    struct beginning n = {.to = TO_NOTHING};
    bool nomem = false;
    if (a->to != TO_NOTHING)
        stateline_reject(l, "an association twice");
    a->written_s = stateline_read_time(l, "written");
    a->unnamed = stateline_read_flag(l, "unnamed");
    if (!read_of(l, b, &n))
        return false;
    n.ip = read_ip(l);
    a->by_credit = stateline_read_flag(l, "by_credit");
    n.allocation = read_reference(l, "allocation", b, REGISTER_ALLOCATION, &nomem);
    bool is_latest = stateline_read_flag(l, "is_its_latest");
    if (nomem)
        return false;
    if ((n.to == TO_NOTHING && (n.ip.family || n.allocation)) || associations_holder(b, n.ip) ||
        (is_latest && (!n.allocation || n.allocation->association)))
        stateline_reject(l, "not an association");
    if (l->why || n.to == TO_NOTHING)
        return true;
    if (is_latest)
        n.allocation->association = a;
    return associations_restore(b, a, &n);
}

static bool read_place(struct stateline *l, struct addressbook *b, void *entry)
{
    struct place *p = entry;
    bool nomem = false;
    p->written_s = stateline_read_time(l, "written");
    p->allocation = read_reference(l, "allocation", b, REGISTER_ALLOCATION, &nomem);
    return !nomem;
}

static bool read_nat(struct stateline *l, struct addressbook *b, void *entry)
{
    struct nat *n = entry;
    n->written_s = stateline_read_time(l, "written");
    struct str vpc = stateline_read_text(l, "vpc");
    n->ended = stateline_read_flag(l, "ended");
    return nats_restore(b, n, vpc);
}

/* Whose it is, those say that are in it. */
static bool read_nothing(struct stateline *l, struct addressbook *b, void *entry)
{
    (void)l;
    (void)b;
    (void)entry;
    return true;
}

/* In the order of the lines: an address wants to know its interface's instance. */
static const struct kind {
    const char *type;
    enum register_table table;
    void (*put)(struct buf *out, const struct addressbook *b, const void *entry);
    bool (*read)(struct stateline *l, struct addressbook *b, void *entry);
} kinds[] = {
    {"vpc", REGISTER_VPC, statebook_put_nothing, read_nothing},
    {"instance", REGISTER_INSTANCE, statebook_put_instance, read_instance},
    {"interface", REGISTER_INTERFACE, statebook_put_interface, read_interface},
    {"attachment", REGISTER_ATTACHMENT, statebook_put_attachment, read_attachment},
    {"allocation", REGISTER_ALLOCATION, statebook_put_allocation, read_allocation},
    {"nat", REGISTER_NAT, statebook_put_nat, read_nat},
    {"association", REGISTER_ASSOCIATION, statebook_put_association, read_association},
    {"address", REGISTER_PLACE, statebook_put_place, read_place},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static int by_id(const void *pa, const void *pb)
{
    const struct entry *a = *(const struct entry *const *)pa;
    const struct entry *b = *(const struct entry *const *)pb;
    return str_cmp(entry_id(a), entry_id(b));
}

static const struct entry **sorted(const struct addressbook *b, enum register_table table,
                                   size_t *n)
{
    const struct entry *head = b->table[table];
    const struct entry **all = malloc((HASH_COUNT(head) + 1) * sizeof(const struct entry *));
    *n = 0;
    if (!all)
        return NULL;
    for (const struct entry *e = head; e; e = e->hh.next)
        all[(*n)++] = e;
    qsort(all, *n, sizeof(const struct entry *), by_id);
    return all;
}

static void write_entry(const struct kind *k, const struct addressbook *b, const struct entry *e,
                        struct buf *out)
{
    struct ip ip;
    buf_clear(out);
    stateline_begin(out, k->type);
    if (k->table == REGISTER_PLACE) {
        memcpy(&ip, e->hh.key, sizeof ip);
        statebook_put_ip(out, ip);
    } else {
        stateline_text(out, "id", entry_id(e));
    }
    statebook_put_watch(out, b, e);
    k->put(out, b, e);
    stateline_end(out);
}

static bool write_kind(const struct addressbook *b, const struct kind *k, statebook_put *put,
                       void *self)
{
    size_t n;
    struct buf line = {0};
    const struct entry **all = sorted(b, k->table, &n);
    bool ok = all != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        write_entry(k, b, all[i], &line);
        ok = !line.failed && put(self, buf_view(&line));
    }
    buf_free(&line);
    free(all);
    return ok;
}

bool statebook_write(struct addressbook *b, statebook_put *put, void *self)
{
    struct buf line = {0};
    if (!ageing_number(&b->ageing))
        return false;
    stateline_begin(&line, "book");
    stateline_number(&line, "unnamed", (int64_t)b->n_unnamed);
    stateline_end(&line);
    bool ok = !line.failed && put(self, buf_view(&line));
    buf_free(&line);
    for (int k = 0; ok && k < N_KINDS; k++)
        ok = write_kind(b, &kinds[k], put, self);
    return ok;
}

static bool read_entry(struct stateline *l, const struct kind *k, struct addressbook *b)
{
    void *entry;
    if (k->table == REGISTER_PLACE) {
        struct ip ip = read_ip(l);
        if (!ip.family)
            stateline_reject(l, "no address");
        entry = l->why ? NULL : registers_make(b, k->table, registers_ip_key(&ip));
    } else {
        struct str id = stateline_read_text(l, "id");
        if (id.n == 0)
            stateline_reject(l, "no id");
        entry = l->why ? NULL : registers_make(b, k->table, id);
    }
    if (l->why)
        return true;
    return entry && read_watch(l, b, k->table, entry) && k->read(l, b, entry);
}

bool statebook_read(struct stateline *l, struct str type, struct addressbook *b, bool *known)
{
    int64_t n_unnamed = 0;
    *known = true;
    for (int k = 0; k < N_KINDS; k++)
        if (str_eq(type, str_of(kinds[k].type)))
            return read_entry(l, &kinds[k], b);
    *known = str_eq(type, STR("book"));
    if (*known && stateline_read_number(l, "unnamed", &n_unnamed) && n_unnamed >= 0)
        b->n_unnamed = (uint64_t)n_unnamed;
    return true;
}

/* Would it be voided in time? */
static bool is_its_own(const struct instance *i, const struct credit *c)
{
    return !c || (c->association ? associations_instance(c->association) == i
                                 : c->interface->instance == i);
}

/* An allocation that goes is looked for where its address is. */
static bool is_at_its_place(const struct place *p)
{
    struct ip ip;
    memcpy(&ip, p->entry.hh.key, sizeof ip);
    return !p->allocation || ip_eq(p->allocation->ip, ip);
}

void statebook_begin(struct addressbook *b, int64_t clock_s)
{
    ageing_begin_restoring(&b->ageing, clock_s);
}

bool statebook_end(struct addressbook *b)
{
    bool is_sound = true;
    for (const struct entry *e = b->table[REGISTER_INSTANCE]; e; e = e->hh.next) {
        const struct instance *i = (const void *)e;
        is_sound = is_sound && is_its_own(i, i->public_credit) && is_its_own(i, i->private_credit);
    }
    for (const struct entry *e = b->table[REGISTER_PLACE]; e; e = e->hh.next)
        is_sound = is_sound && is_at_its_place((const void *)e);
    ageing_end_restoring(&b->ageing);
    return is_sound;
}
