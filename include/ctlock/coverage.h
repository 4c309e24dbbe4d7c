/* coverage: what was seen of each account and region, so that a missing trail shows. */
#ifndef CTLOCK_COVERAGE_H
#define CTLOCK_COVERAGE_H

#include "ctlock/siphash.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum coverage_what { COVERAGE_ISSUES, COVERAGE_CALLS, COVERAGE_UNKNOWN };
enum { COVERAGE_COUNT = 3 };

/* No more places, and no longer names, are told apart: what does not fit is counted as the others.
 */
enum { COVERAGE_MAX_PLACES = 50000, COVERAGE_MAX_NAME = 256, COVERAGE_BUCKETS = 1024 };

struct coverage_place {
    struct str account, region; /* owned by the coverage */
    uint64_t count[COVERAGE_COUNT];
    struct coverage_place *next; /* in its bucket */
};

/* Zeroed, but for key, is empty. One thread at a time. */
struct coverage {
    struct hash_key key;
    struct coverage_place *bucket[COVERAGE_BUCKETS];
    uint64_t others[COVERAGE_COUNT];
    struct coverage_place *last; /* the place counted last is often the next one */
    size_t n;
};

/* Count one. False when memory ran out. */
bool coverage_add(struct coverage *c, struct str account, struct str region,
                  enum coverage_what what);

/* All places, by account and region. *places is for the caller to free. False when memory ran out.
 */
bool coverage_sorted(const struct coverage *c, struct coverage_place ***places, size_t *n);
void coverage_free(struct coverage *c);

#endif
