/* prefilter: the quick look at a record that tells most irrelevant ones from their bytes. */
#ifndef CTLOCK_PREFILTER_H
#define CTLOCK_PREFILTER_H

#include "ctlock/simd.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>

/* False only if the record cannot be relevant, whatever its structure. Then no `\u` could hide a
 * name. It is no call: nothing begins the session name of a session ARN. It is no issue: an event
 * name or a session name that could make it one is missing. It is no change: the event name of one
 * is missing. any_session says that calls and issues of sessions that are no instance's are
 * relevant, too. *name_at says where an event name was seen, or is 0. Any bytes; reads only rec;
 * linear. Any thread. */
bool prefilter_may_matter(struct str rec, bool any_session, enum simd simd, size_t *name_at);

/* True if the bytes `"eventTime"` or `"@timestamp"` stand anywhere in the record. It is looked for
 * near an offset first: most records tell the time shortly before the name of the event. */
bool prefilter_has_time(struct str rec, size_t near, enum simd simd);

#endif
