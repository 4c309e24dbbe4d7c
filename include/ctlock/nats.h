/* nats: NAT gateways, and the VPCs whose instances use their addresses; DETECTION section 4. Part
 * of the address book. */
#ifndef CTLOCK_NATS_H
#define CTLOCK_NATS_H

#include "ctlock/change.h"
#include "ctlock/registers.h"

#include <stdbool.h>

/* A NAT gateway was made; an absent vpc is not told. False when memory ran out. */
bool nats_create(struct addressbook *b, struct nat *n, struct str vpc, struct moment m);

/* It got an address. One that the trail does not tell is left out. False when memory ran out. */
bool nats_add_address(struct addressbook *b, struct nat *n, const struct change_nat_address *a,
                      struct moment m);

/* A gateway lost an address: by the id of the association, or by the address if it was told without
 * id. False when memory ran out. */
bool nats_drop_address(struct addressbook *b, const struct change_nat_address *a, struct moment m);

/* It was deleted. */
void nats_delete(struct addressbook *b, struct nat *n, struct moment m);

/* The instance was put into a VPC. False when memory ran out. */
bool nats_move_instance(struct addressbook *b, struct instance *i, struct str vpc, struct moment m);

/* For a state: put a gateway (vpc may be absent) or an instance into its VPC. False when memory ran
 * out. */
bool nats_restore(struct addressbook *b, struct nat *n, struct str vpc);
bool nats_restore_instance(struct addressbook *b, struct instance *i, struct str vpc);

/* The instance is in no VPC any more; nobody is told. */
void nats_leave_vpc(struct addressbook *b, struct instance *i);

#endif
