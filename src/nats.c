#include "ctlock/nats.h"

#include "ctlock/associations.h"
#include "ctlock/list.h"

static void unlink_nat(struct addressbook *b, struct nat *n)
{
    if (!n->vpc)
        return;
    ageing_watch(b, REGISTER_VPC, n->vpc);
    LIST_TAKE(n->vpc->first_nat, n, next_of_vpc, prev_of_vpc);
    n->vpc->n_nats--;
}

static void link_nat(struct nat *n, struct vpc *v)
{
    n->vpc = v;
    if (!v)
        return;
    LIST_PUT(v->first_nat, n, next_of_vpc, prev_of_vpc);
    v->n_nats++;
}

/* Put a gateway into a VPC, or NULL; the instances of the one before forget its addresses. */
static void set_vpc(struct addressbook *b, struct nat *n, struct vpc *v, struct moment m)
{
    struct vpc *was = n->vpc;
    if (was == v)
        return;
    unlink_nat(b, n);
    link_nat(n, v);
    for (const struct association *a = n->first_association; was && a; a = a->next) {
        struct watch w = {.ip = a->ip, .vpc = was};
        associations_settle(b, &w, m);
    }
}

bool nats_create(struct addressbook *b, struct nat *n, struct str vpc, struct moment m)
{
    struct vpc *v = vpc.p ? registers_make(b, REGISTER_VPC, vpc) : NULL;
    if (vpc.p && !v)
        return false;
    if (v && n->vpc != v && v->n_nats >= REGISTERS_MAX_MEMBERS) {
        b->ageing.crowded++;
        return true;
    }
    if (!moment_writes(m, n->written_s))
        return true;
    n->written_s = m.time_s;
    n->ended = false;
    if (v)
        set_vpc(b, n, v, m);
    return true;
}

bool nats_add_address(struct addressbook *b, struct nat *n, const struct change_nat_address *a,
                      struct moment m)
{
    struct allocation *x = NULL;
    if (a->allocation.p && !(x = registers_make(b, REGISTER_ALLOCATION, a->allocation)))
        return false;
    struct ip ip = a->ip.family || !x ? a->ip : x->ip;
    if (!ip.family)
        return true;
    /* A list may tell again, without its id, what the gateway has already. */
    struct association *holder = associations_holder(b, ip);
    if (!a->association.p && holder && holder->to == TO_NAT && holder->of.nat == n) {
        associations_renew(b, holder, m);
        return true;
    }
    struct beginning begin = {
        .id = a->association, .to = TO_NAT, .of.nat = n, .allocation = x, .ip = ip};
    struct association *made;
    return associations_begin(b, &begin, m, &made);
}

bool nats_drop_address(struct addressbook *b, const struct change_nat_address *a, struct moment m)
{
    const struct allocation *x =
        a->allocation.p ? registers_find(b, REGISTER_ALLOCATION, a->allocation) : NULL;
    struct association *by_ip = associations_holder(b, a->ip.family || !x ? a->ip : x->ip);
    if (a->association.p) {
        struct association *by_id = registers_make(b, REGISTER_ASSOCIATION, a->association);
        if (!by_id)
            return false;
        bool is_news = by_id->written_s == TIME_NONE;
        if (by_id->to == TO_NAT)
            associations_end(b, by_id, m);
        else if (by_id->to == TO_NOTHING && moment_writes(m, by_id->written_s))
            by_id->written_s = m.time_s;
        /* The address may have been told without the id. */
        if (!is_news || !by_ip || !by_ip->unnamed)
            return true;
    }
    if (by_ip && by_ip->to == TO_NAT)
        associations_end(b, by_ip, m);
    return true;
}

void nats_delete(struct addressbook *b, struct nat *n, struct moment m)
{
    if (!moment_writes(m, n->written_s))
        return;
    n->written_s = m.time_s;
    n->ended = true;
    for (struct association *a = n->first_association, *next; a; a = next) {
        next = a->next;
        associations_end(b, a, m);
    }
    set_vpc(b, n, NULL, m);
    ageing_watch(b, REGISTER_NAT, n);
}

void nats_leave_vpc(struct addressbook *b, struct instance *i)
{
    if (!i->vpc)
        return;
    ageing_watch(b, REGISTER_VPC, i->vpc);
    LIST_TAKE(i->vpc->first_instance, i, next_of_vpc, prev_of_vpc);
    i->vpc = NULL;
}

static void link_instance(struct instance *i, struct vpc *v)
{
    i->vpc = v;
    LIST_PUT(v->first_instance, i, next_of_vpc, prev_of_vpc);
}

static void forget_nats(struct addressbook *b, struct instance *i, const struct vpc *was,
                        struct moment m)
{
    for (const struct nat *n = was->first_nat; n; n = n->next_of_vpc)
        for (const struct association *a = n->first_association; a; a = a->next) {
            struct watch w = {.ip = a->ip, .instance = i};
            associations_settle(b, &w, m);
        }
}

bool nats_move_instance(struct addressbook *b, struct instance *i, struct str vpc, struct moment m)
{
    struct vpc *v = registers_make(b, REGISTER_VPC, vpc), *was = i->vpc;
    if (!v)
        return false;
    if (!moment_writes(m, i->vpc_written_s))
        return true;
    i->vpc_written_s = m.time_s;
    if (was == v)
        return true;
    nats_leave_vpc(b, i);
    link_instance(i, v);
    if (was)
        forget_nats(b, i, was, m);
    return true;
}

bool nats_restore(struct addressbook *b, struct nat *n, struct str vpc)
{
    struct vpc *v = vpc.p ? registers_make(b, REGISTER_VPC, vpc) : NULL;
    unlink_nat(b, n);
    link_nat(n, v);
    return v || !vpc.p;
}

bool nats_restore_instance(struct addressbook *b, struct instance *i, struct str vpc)
{
    struct vpc *v = registers_make(b, REGISTER_VPC, vpc);
    nats_leave_vpc(b, i);
    if (v)
        link_instance(i, v);
    return v != NULL;
}
