/* prefilter: the quick look at a record that tells most irrelevant ones from their bytes. */
#ifndef CTLOCK_PREFILTER_H
#define CTLOCK_PREFILTER_H

#include "ctlock/simd.h"
#include "ctlock/str.h"

#include <stdbool.h>

/* False only if the record cannot be relevant, whatever its structure: no `\u` could hide a name,
 * and its bytes hold neither a session ARN that could make it a call, nor an event name and a
 * session name that could make it an issue, nor the event name of a change. any_session says
 * that calls and issues of sessions that are no instance's are relevant, too. Any bytes; reads only
 * rec; linear. Any thread. */
bool prefilter_may_matter(struct str rec, bool any_session, enum simd simd);

/* True if the bytes `"eventTime"` or `"@timestamp"` stand anywhere in the record. */
bool prefilter_has_time(struct str rec, enum simd simd);

#endif
