/* roles: the roles of the lock table's rows, each stored once. */
#ifndef CTLOCK_ROLES_H
#define CTLOCK_ROLES_H

#include "ctlock/session.h"
#include "ctlock/siphash.h"
#include "ctlock/str.h"

/* A role as it stands in a session ARN. The address of the struct names the role while it is in
 * use. */
struct role;

struct roles;

/* NULL when memory ran out. One thread at a time. */
struct roles *roles_new(struct hash_key key);
void roles_free(struct roles *r); /* NULL is allowed */

/* The role of a session, made if it is new, with one more use. NULL when memory ran out. */
struct role *roles_use(struct roles *r, const struct session_parts *s);

/* One use less; the last one frees it. */
void roles_drop(struct roles *r, struct role *role);

/* Views that live as long as the role. */
struct str role_partition(const struct role *role);
struct str role_account(const struct role *role);
struct str role_name(const struct role *role);

#endif
