/* idset: which eventIDs are in the window; DETECTION section 7. */
#ifndef CTLOCK_IDSET_H
#define CTLOCK_IDSET_H

#include "ctlock/event.h"
#include "ctlock/siphash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The two names of one event in a set. Lives inside whatever holds the event. */
struct id_entry {
    struct id_entry *next;
    uint64_t hash;
    const struct event *event;
    bool shared; /* names sharedEventID and session, else eventID */
    bool in_set;
};

struct id_pair {
    struct id_entry own, shared;
};

/* Zeroed, but for key, is an empty set. One thread at a time. */
struct idset {
    struct hash_key key;
    struct id_entry **bucket;
    size_t n_buckets; /* a power of two, or 0 */
    size_t n;
};

/* Hashes of an event's two names; 0 for one that is empty, for empty names are never equal. */
struct id_hashes {
    uint64_t own, shared;
};
struct id_hashes idset_hash(const struct idset *s, const struct event *e);

/* Is an event with this eventID, or with this sharedEventID and session, in the set? h is e's. */
bool idset_has(const struct idset *s, const struct event *e, struct id_hashes h);

/* Put e in under both names; pair and e must stay where they are until idset_remove. h is e's.
 * False when memory ran out. */
bool idset_add(struct idset *s, struct id_pair *pair, const struct event *e, struct id_hashes h);
void idset_remove(struct idset *s, struct id_pair *pair);

/* Release the set's own memory, not the entries. */
void idset_free(struct idset *s);

#endif
