/* credits: addresses that an instance has got without the trail telling which; DETECTION sections 3
 * (rule 9) and 4. At most one unused credit per instance and slot. Part of the address book. */
#ifndef CTLOCK_CREDITS_H
#define CTLOCK_CREDITS_H

#include "ctlock/registers.h"

#include <stdbool.h>
#include <stdint.h>

/* Grant a credit for the slot (public or private), in the place of an unused one. association is
 * NULL for a credit of the interface itself. False when memory ran out. */
bool credits_grant(struct instance *i, enum slot slot, struct association *association,
                   struct interface *interface, int64_t time_s);

/* The unused credit, or NULL if there is none or it has expired at time_s; association_only: or it
 * is of an interface. */
const struct credit *credits_get(const struct instance *i, enum slot slot, int64_t time_s,
                                 int64_t ttl_s, bool association_only);

/* Take the credit of a slot away, if there is one. */
void credits_drop(struct instance *i, enum slot slot);

/* Take the credits away that are tied to this association; to this interface or an association on
 * it. i may be NULL. */
void credits_void_association(struct instance *i, const struct association *a);
void credits_void_interface(struct instance *i, const struct interface *f);

#endif
