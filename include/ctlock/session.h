/* session: the names of role sessions; DETECTION section 1. */
#ifndef CTLOCK_SESSION_H
#define CTLOCK_SESSION_H

#include "ctlock/buf.h"
#include "ctlock/str.h"

#include <stdbool.h>

/* What a role session is known by. The role's path is not part of it. */
struct session_parts {
    struct str partition, account, role, session;
};

/* Read `arn:PARTITION:sts::ACCOUNT:assumed-role/ROLE/SESSION` (`iam` in the place of `sts` too; a
 * path before ROLE is dropped). Views into arn; no part is empty. False, with *out untouched, for
 * any other text. Any thread. */
bool session_parse(struct str arn, struct session_parts *out);

/* Read the role that an issue names, `arn:PARTITION:iam::ACCOUNT:role/[path/]ROLE`, as above;
 * out->session becomes absent. */
bool session_parse_role(struct str arn, struct session_parts *out);

/* `i-` and 8 or more ASCII letters or digits, nothing else. Any thread. */
bool session_is_instance(struct str session_name);

/* 12 digits, nothing else: the id of an account. Any thread. */
bool session_is_account(struct str account);

/* Append the session's ARN as DETECTION section 1 writes it,
 * `arn:PARTITION:sts::ACCOUNT:assumed-role/ROLE/SESSION`. */
void session_format(const struct session_parts *s, struct buf *out);

#endif
