#include "ctlock/straight.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define STRIDE_TARGET __attribute__((target("avx2,bmi,popcnt")))

#include "stride.h"

STRIDE_TARGET static STRIDE_INLINE bool stride_stands(const struct fieldname *name, const char *p)
{
    __m256i want = _mm256_loadu_si256((const __m256i *)(const void *)name->text);
    __m256i got = _mm256_loadu_si256((const __m256i *)(const void *)p);
    return (~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(got, want)) & name->mask) == 0;
}

STRIDE_TARGET static STRIDE_INLINE uint32_t half(const char *p)
{
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i table = _mm256_broadcastsi128_si256(_mm_setr_epi8(STRIDE_STOPS));
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, v), v));
}

STRIDE_TARGET static STRIDE_INLINE uint64_t stride_stops(const char *p)
{
    return half(p) | (uint64_t)half(p + 32) << 32;
}

STRIDE_TARGET bool straight_read_avx2(struct straight *s, struct fields *out, struct str text,
                                      enum field_object object)
{
    bool read = stride_read(s, out, text, object, SIMD_AVX2);
    _mm256_zeroupper(); /* as in scan_avx2.c */
    return read;
}

#endif
