/* interfaces: which interface has which private and IPv6 addresses and prefixes, and which instance
 * has the interface; DETECTION section 4. Part of the address book. */
#ifndef CTLOCK_INTERFACES_H
#define CTLOCK_INTERFACES_H

#include "ctlock/registers.h"

#include <stdbool.h>

/* Does the instance have the address, or a prefix around it, by any of its interfaces? Takes no
 * more time where there are many. */
bool interfaces_know(const struct addressbook *b, const struct instance *i, struct ip ip);

/* The only instance that has the address, or NULL. */
struct instance *interfaces_whose(const struct addressbook *b, struct ip ip);

/* Write whether an address or prefix is the interface's. False when memory ran out. */
bool interfaces_assign(struct addressbook *b, struct interface *f, struct cidr range, bool present,
                       struct moment m);

/* Attach an interface, by an attachment if its id is told; that ends its attachment before. Nothing
 * is granted. False when memory ran out. */
bool interfaces_attach(struct addressbook *b, struct interface *f, struct instance *i,
                       struct str attachment, struct moment m);

/* End an attachment. False when memory ran out. */
bool interfaces_detach(struct addressbook *b, struct str attachment, struct moment m);

/* End an interface, its attachment and its addresses. */
bool interfaces_delete(struct addressbook *b, struct interface *f, struct moment m);

/* For a state: an address of an interface whose instance is known already. False when memory ran
 * out. */
bool interfaces_restore_address(struct addressbook *b, struct interface *f, struct cidr range,
                                bool present, int64_t written_s);

#endif
