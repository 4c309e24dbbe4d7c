/* idset: which eventIDs are in the window; DETECTION section 7. */
#ifndef CTLOCK_IDSET_H
#define CTLOCK_IDSET_H

#include "ctlock/event.h"
#include "ctlock/siphash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Hashes of an event's two names, its eventID and its sharedEventID with its session; 0 for one
 * that is empty, for empty names are never equal. */
struct id_hashes {
    uint64_t own, shared;
};

/* A name in the set: its hash, and the event that has it. */
struct id_slot {
    uint64_t hash; /* 0 is free */
    const struct event *event;
};

/* Zeroed, but for key, is an empty set. One thread at a time. */
struct idset {
    struct hash_key key;
    struct id_slot *slot;
    size_t cap; /* a power of two, or 0 */
    size_t n;
};

struct id_hashes idset_hash(const struct idset *s, const struct event *e);

/* Is an event with this eventID, or with this sharedEventID and session, in the set? h is e's. */
bool idset_has(const struct idset *s, const struct event *e, struct id_hashes h);

/* Put e in under both names; it must stay where it is until idset_remove. h is e's. False when
 * memory ran out: nothing changed. */
bool idset_add(struct idset *s, const struct event *e, struct id_hashes h);

/* Take out an event that was put in. */
void idset_remove(struct idset *s, const struct event *e, struct id_hashes h);

/* An event with these names is about to be taken out: fetch what that will look at. */
void idset_soon(const struct idset *s, struct id_hashes h);

/* Release the set's own memory, not the events. */
void idset_free(struct idset *s);

#endif
