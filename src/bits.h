/* bits: what the engines that look at 64 bytes a step make of a mask. Bit i of a mask is byte i. */
#ifndef CTLOCK_BITS_H
#define CTLOCK_BITS_H

#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define BITS_INLINE static inline __attribute__((always_inline))

/* Bit i of the result is the parity of bits 0 to i: of quotation marks, what is inside of strings,
 * with the opening one and without the closing one. */
BITS_INLINE uint64_t bits_prefix_xor(uint64_t x)
{
    for (unsigned n = 1; n < 64; n *= 2)
        x ^= x << n;
    return x;
}

/* Which bytes are escaped, by the parity of each run of backslashes: adding a bit at the start of a
 * run carries through to its end, so that runs that start on even and on odd places can be told
 * apart by where the carry comes out (after simdjson). *carry, 0 or 1, tells if a backslash before
 * escapes the first byte, and then if one here escapes the byte behind the last. */
BITS_INLINE uint64_t bits_escaped(uint64_t backslash, uint64_t *carry)
{
    const uint64_t odd = UINT64_C(0xAAAAAAAAAAAAAAAA);
    uint64_t start = backslash & ~*carry;
    uint64_t code = (((start << 1) | odd) - start) ^ odd;
    uint64_t escaped = code ^ (backslash | *carry);

    *carry = (code & backslash) >> 63;
    return escaped;
}

#if defined(__x86_64__)

/* bits_prefix_xor where there is PCLMULQDQ: a carry-less product with all ones is the sum, without
 * carries, of all shifts. */
__attribute__((target("pclmul"))) BITS_INLINE uint64_t bits_prefix_xor_clmul(uint64_t x)
{
    __m128i ones = _mm_set1_epi8(-1), v = _mm_cvtsi64_si128((long long)x);
    return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(v, ones, 0));
}

/* The mask of 64 bytes that are all ones or zero. */
__attribute__((target("avx2"))) BITS_INLINE uint64_t bits_of_avx2(__m256i low, __m256i high)
{
    uint64_t low_bits = (uint32_t)_mm256_movemask_epi8(low);
    return low_bits | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

#elif defined(__aarch64__)

/* The mask of 64 bytes that are all ones or zero. There is no movemask: give each lane its bit and
 * add neighbours until 64 bits are left. */
BITS_INLINE uint64_t bits_of_neon(const uint8x16_t v[4])
{
    const uint8x16_t bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t low = vpaddq_u8(vandq_u8(v[0], bit), vandq_u8(v[1], bit));
    uint8x16_t high = vpaddq_u8(vandq_u8(v[2], bit), vandq_u8(v[3], bit));
    uint8x16_t sum = vpaddq_u8(low, high);

    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sum, sum)), 0);
}

#endif

#endif
