/* seed: a secret for hash tables. */
#ifndef CTLOCK_SEED_H
#define CTLOCK_SEED_H

#include "ctlock/siphash.h"

/* A key that nobody can guess, from the system's random source; where that fails, one that differs
 * between runs. No result depends on it. */
struct hash_key seed_make(void);

#endif
