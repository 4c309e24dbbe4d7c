#include "ctlock/credits.h"

#include <stdlib.h>

static struct credit *credit_of(const struct instance *i, enum slot slot)
{
    if (slot == SLOT_PUBLIC)
        return i->public_credit;
    return slot == SLOT_PRIVATE ? i->private_credit : NULL;
}

bool credits_grant(struct instance *i, enum slot slot, struct association *association,
                   struct interface *interface, int64_t time_s)
{
    struct credit **to = slot == SLOT_PUBLIC ? &i->public_credit : &i->private_credit;
    if (!*to && !(*to = malloc(sizeof **to)))
        return false;
    **to = (struct credit){time_s, association, association ? NULL : interface};
    return true;
}

const struct credit *credits_get(const struct instance *i, enum slot slot, int64_t time_s,
                                 int64_t ttl_s, bool association_only)
{
    const struct credit *c = credit_of(i, slot);
    if (!c || c->granted_s + ttl_s < time_s || (association_only && !c->association))
        return NULL;
    return c;
}

void credits_drop(struct instance *i, enum slot slot)
{
    free(credit_of(i, slot));
    if (slot == SLOT_PUBLIC)
        i->public_credit = NULL;
    else if (slot == SLOT_PRIVATE)
        i->private_credit = NULL;
}

void credits_void_association(struct instance *i, const struct association *a)
{
    if (i && i->public_credit && i->public_credit->association == a)
        credits_drop(i, SLOT_PUBLIC);
}

static bool is_of_interface(const struct credit *c, const struct interface *f)
{
    if (!c->association)
        return c->interface == f;
    return c->association->to == TO_INTERFACE && c->association->of.interface == f;
}

void credits_void_interface(struct instance *i, const struct interface *f)
{
    static const enum slot slots[] = {SLOT_PUBLIC, SLOT_PRIVATE};
    for (size_t s = 0; i && s < sizeof slots / sizeof slots[0]; s++) {
        const struct credit *c = credit_of(i, slots[s]);
        if (c && is_of_interface(c, f))
            credits_drop(i, slots[s]);
    }
}
