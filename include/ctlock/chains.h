/* chains: what the tables of uthash need beyond it where they have left the cache: short chains,
 * and an entry fetched before it is looked for. */
#ifndef CTLOCK_CHAINS_H
#define CTLOCK_CHAINS_H

#include "ctlock/pages.h"

#include <stddef.h>

/* Where entries are added and where a table grows, its buckets are of the same memory. */
#ifdef UTHASH_H
#error "uthash.h takes this setting from here: include it behind"
#endif
#define uthash_malloc pages_new

struct UT_hash_table; /* of uthash.h, which each file includes after its own settings */

/* Call after an addition: with more than two entries for each bucket the table gets twice as many
 * buckets. uthash by itself waits for a chain of ten entries, each of which can be a miss. Where
 * memory runs out nothing changes. One thread at a time. */
void chains_shorten(struct UT_hash_table *table);

enum { CHAINS_STEPS = 4 };

/* An entry with this hash is about to be looked for. In CHAINS_STEPS steps from 0 on, each of which
 * looks at what the one before fetched: where the entry hangs, the first one that hangs there, the
 * second one, the rest of the right one. Entries begin with their handle and have entry_nbytes
 * bytes. table is NULL if there is none yet; a small one is in the cache anyway, and nothing is
 * done. A hint, for whoever may look into the table. */
void chains_fetch(const struct UT_hash_table *table, unsigned hash, size_t entry_nbytes,
                  unsigned step);

#endif
