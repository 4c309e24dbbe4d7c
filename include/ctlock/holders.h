/* holders: how many live sessions hold an address. */
#ifndef CTLOCK_HOLDERS_H
#define CTLOCK_HOLDERS_H

#include "ctlock/wordset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed is empty. Addresses are named by 64-bit seeded hashes, taken to be distinct for distinct
 * addresses. Nearly all have one holder: these have no count beside them. */
struct holders {
    struct wordset single;
    uint64_t *name; /* of those that got a second one; 0 is free */
    uint32_t *count;
    size_t n;
    size_t cap; /* a power of two, or 0 */
};

/* How many sessions hold it. */
uint32_t holders_count(const struct holders *h, uint64_t name);

/* One more session holds it. False when memory ran out: nothing changed. */
bool holders_add(struct holders *h, uint64_t name);

/* One less; it was added before. */
void holders_drop(struct holders *h, uint64_t name);
void holders_free(struct holders *h);

#endif
