/* fetch: bring an entry of a uthash table into the cache before it is looked for. */
#ifndef CTLOCK_FETCH_H
#define CTLOCK_FETCH_H

#include <stddef.h>

struct UT_hash_table; /* of uthash.h, which each file includes after its own settings */

enum { FETCH_STEPS = 4 };

/* An entry with this hash is about to be looked for. In FETCH_STEPS steps from 0 on, each of which
 * looks at what the one before fetched: where the entry hangs, the first one that hangs there, the
 * second one, the rest of the right one. Entries begin with their handle and have entry_nbytes
 * bytes. table is NULL if there is none yet; a small one is in the cache anyway, and nothing is
 * done. A hint, for whoever may look into the table. */
void fetch_entry(const struct UT_hash_table *table, unsigned hash, size_t entry_nbytes,
                 unsigned step);

#endif
