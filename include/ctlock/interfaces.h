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

/* For a state: the instance and attachment, if any, of an interface; what an attachment attaches;
 * and, after that, an address, which is NULL when memory ran out. */
void interfaces_restore(struct addressbook *b, struct interface *f, struct instance *i,
                        struct attachment *a);
void interfaces_restore_claim(struct addressbook *b, struct attachment *a, struct interface *f);
struct address *interfaces_restore_address(struct addressbook *b, struct interface *f,
                                           struct cidr range, bool present, int64_t written_s);

/* The instance is no more: interfaces that were launched with it end, others are detached. */
void interfaces_end_with(struct addressbook *b, struct instance *i, int64_t time_s);

/* Take out of the book an interface that no instance has and no attachment attaches, with its
 * addresses and associations; or an address that is not present. */
void interfaces_drop(struct addressbook *b, struct interface *f);
void interfaces_drop_address(struct addressbook *b, struct address *a);

#endif
