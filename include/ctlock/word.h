/* word: eight bytes as a number. */
#ifndef CTLOCK_WORD_H
#define CTLOCK_WORD_H

#include <stdint.h>

/* A factor that puts a byte into each byte. */
#define WORD_EACH_BYTE UINT64_C(0x0101010101010101)

/* The 8 bytes at p, the first one lowest, on every machine; p needs no alignment. Compilers make
 * one load of this on little-endian machines. Any thread. */
static inline uint64_t word_le64(const void *p)
{
    const unsigned char *b = p;
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
           (uint64_t)b[7] << 56;
}

#endif
