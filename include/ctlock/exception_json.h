/* exception_json: the JSON form of --exceptions; DETECTION section 6. A user of cJSON, which
 * writes a global on every parse: not for worker threads. */
#ifndef CTLOCK_EXCEPTION_JSON_H
#define CTLOCK_EXCEPTION_JSON_H

#include "ctlock/buf.h"
#include "ctlock/exception_rule.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>

/* Takes a rule of line `line`; its parts are valid during the call. False when memory ran out. */
typedef bool exception_json_add(void *self, const struct exception_rule *rule, size_t line);

/* Read {"<role ARN>": ["CIDR", …], …}, calling add for each range. The role is named without its
 * path, and may hold `*` and `?`; account and partition are pinned too. Equal keys add up. False
 * with `NAME:LINE: why` (safe to print) appended to *why. */
bool exception_json_parse(const char *name, struct str text, exception_json_add *add, void *self,
                          struct buf *why);

#endif
