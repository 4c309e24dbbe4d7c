/* agents: the user agent families of calls, for --list-user-agents; DETECTION section 5. */
#ifndef CTLOCK_AGENTS_H
#define CTLOCK_AGENTS_H

#include "ctlock/buf.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stdint.h>

struct agents;

/* No more families, and no longer ones, are told apart: the rest is counted together. Examples are
 * cut. In bytes. */
enum { AGENTS_MAX_FAMILIES = 10000, AGENTS_MAX_NAME = 256, AGENTS_MAX_EXAMPLE = 1024 };

/* NULL when memory ran out. One thread at a time. */
struct agents *agents_new(void);
void agents_free(struct agents *a); /* NULL is allowed */

/* Count a call at time_s. False when memory ran out. */
bool agents_add(struct agents *a, struct str user_agent, int64_t time_s);

/* Append the list, sorted by family: `FAMILY<tab>COUNT FIRST LAST EXAMPLE` a line, safe to print,
 * fit for --user-agents; the families that are not told apart are one remark, `# others`, at the
 * end. Or, with json, an object a line; their family is null. False when memory ran out. */
bool agents_format(const struct agents *a, bool json, struct buf *out);

#endif
