/* simd: the instructions that text is scanned with. */
#ifndef CTLOCK_SIMD_H
#define CTLOCK_SIMD_H

#include <stdbool.h>

/* All give the same results. SIMD_BEST is the fastest that this build and this machine have; the
 * others may be asked for only where simd_has them. */
enum simd { SIMD_BEST, SIMD_PORTABLE, SIMD_AVX2, SIMD_AVX512, SIMD_NEON };

/* True when this build and this machine have the set. Any thread. */
bool simd_has(enum simd simd);

/* The set that SIMD_BEST stands for; any other is itself. Any thread. */
enum simd simd_choose(enum simd simd);

#endif
