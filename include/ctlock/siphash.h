/* siphash: a keyed hash for tables whose keys an attacker can choose. */
#ifndef CTLOCK_SIPHASH_H
#define CTLOCK_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* 128 bits of key: the paper's sixteen bytes as two little-endian words. All zero is a valid key,
 * for hashes that must be the same in every run. */
struct hash_key {
    uint64_t k0, k1;
};

/* SipHash-1-3 of n bytes; for hash tables. J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast
 * short-input PRF" (2012), with one compression and three finalization rounds. p may be NULL where
 * n is 0. The same on every machine; never fails; any thread. */
uint64_t siphash13(struct hash_key key, const void *p, size_t n);

/* SipHash-2-4 of n bytes, as in the paper; for names that are printed. As siphash13 otherwise. */
uint64_t siphash24(struct hash_key key, const void *p, size_t n);

#endif
