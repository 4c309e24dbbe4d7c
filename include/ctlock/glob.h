/* glob: patterns with `*` and `?`, held against whole texts. */
#ifndef CTLOCK_GLOB_H
#define CTLOCK_GLOB_H

#include "ctlock/str.h"

#include <stdbool.h>

/* True when the pattern fits all of text: `*` any bytes or none, `?` any one byte, all else itself,
 * case-sensitive. No escapes. Needs no memory; at most length of pattern times length of text
 * steps, and one pass where there is one `*`. */
bool glob_match(struct str pattern, struct str text);

/* The same against head, a colon and tail, without joining them. */
bool glob_match_pair(struct str pattern, struct str head, struct str tail);

/* True when pattern has a `*` or a `?`. */
bool glob_is_wild(struct str pattern);

#endif
