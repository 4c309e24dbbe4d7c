/* idset: which eventIDs are in the window; DETECTION section 7. */
#ifndef CTLOCK_IDSET_H
#define CTLOCK_IDSET_H

#include "ctlock/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idset_line;

/* Zeroed is an empty set. The hashes of the events that it is asked about are set. One thread at a
 * time. */
struct idset {
    struct idset_line *line;
    size_t n_lines; /* a power of two, or 0 */
    size_t n;       /* names */
};

/* Fields by which the set tells a copy of e: its eventID, and if it has a sharedEventID that with
 * the session. */
static inline bool idset_is_name(const struct event *e, enum event_field f)
{
    bool of_session = f == EF_PARTITION || f == EF_ACCOUNT || f == EF_ROLE || f == EF_SESSION;
    return f == EF_EVENT_ID || f == EF_SHARED_EVENT_ID ||
           (of_session && event_has(e, EF_SHARED_EVENT_ID));
}

/* Is an event with this eventID, or with this sharedEventID and session, in the set? */
bool idset_has(const struct idset *s, const struct event *e);

/* Put e in under both names; it must stay where it is, its names and hashes as they are, until
 * idset_remove. False when memory ran out: nothing changed. */
bool idset_add(struct idset *s, const struct event *e);

/* Take out an event that was put in: for one that is not in it this loops for ever. */
void idset_remove(struct idset *s, const struct event *e);

/* An event is about to be looked for or taken out: fetch what that will look at. */
void idset_soon(const struct idset *s, const struct event *e);

/* Release the set's own memory, not the events. */
void idset_free(struct idset *s);

#endif
