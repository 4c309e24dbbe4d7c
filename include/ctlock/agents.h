/* agents: the user agent families of calls, for --list-user-agents; DETECTION section 5. */
#ifndef CTLOCK_AGENTS_H
#define CTLOCK_AGENTS_H

#include "ctlock/buf.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stdint.h>

struct agents;

/* NULL when memory ran out. One thread at a time. */
struct agents *agents_new(void);
void agents_free(struct agents *a);

/* Count a call at time_s. False when memory ran out. */
bool agents_add(struct agents *a, struct str user_agent, int64_t time_s);

/* Append the list, sorted by family: `FAMILY<tab>COUNT FIRST LAST EXAMPLE` a line, safe to print,
 * fit for --user-agents. Or, with json, an object a line. False when memory ran out. */
bool agents_format(const struct agents *a, bool json, struct buf *out);

#endif
