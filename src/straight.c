#include "ctlock/straight.h"

#define STRIDE_TARGET

#include "bits.h"
#include "stride.h"

#if defined(__SSE2__)
#include <emmintrin.h>

static STRIDE_INLINE uint32_t quarter(const char *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(quote, backslash));
}

static STRIDE_INLINE uint64_t stride_stops(const char *p)
{
    return quarter(p) | (uint64_t)quarter(p + 16) << 16 | (uint64_t)quarter(p + 32) << 32 |
           (uint64_t)quarter(p + 48) << 48;
}

#elif defined(__aarch64__)

static STRIDE_INLINE uint64_t stride_stops(const char *p)
{
    uint8x16_t hits[4];

    for (unsigned k = 0; k < 4; k++) {
        uint8x16_t v = vld1q_u8((const uint8_t *)p + 16 * k);
        hits[k] = vorrq_u8(vceqq_u8(v, vdupq_n_u8('"')), vceqq_u8(v, vdupq_n_u8('\\')));
    }
    return bits_of_neon(hits);
}

#else

static STRIDE_INLINE uint64_t stride_stops(const char *p)
{
    uint64_t stops = 0;

    for (unsigned i = 0; i < STRIDE_BLOCK; i++)
        stops |= (uint64_t)(p[i] == '"' || p[i] == '\\') << i;
    return stops;
}

#endif

static STRIDE_INLINE bool stride_stands(const struct fieldname *name, const char *p)
{
    return name->n > 0 && fieldname_stands_at(name, p) && p[name->n + 2] == ':';
}

bool straight_read(struct straight *s, struct fields *out, struct str text,
                   enum field_object object, enum simd simd)
{
    if (text.n < STRAIGHT_MIN_NBYTES || text.p[text.n - 1] != '}')
        return false;
    simd = simd_choose(simd);
    switch (simd) {
#if defined(__x86_64__)
    case SIMD_AVX2:
        return straight_read_avx2(s, out, text, object);
    case SIMD_AVX512:
        return straight_read_avx512(s, out, text, object);
#endif
    default:
        return stride_read(s, out, text, object, simd);
    }
}
