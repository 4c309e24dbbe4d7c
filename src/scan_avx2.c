#include "ctlock/scan.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define SCAN_TARGET __attribute__((target("avx2,pclmul,popcnt,bmi")))
#define SCAN_PREFIX_XOR bits_prefix_xor_clmul

struct scan_wanted {
    __m256i open, close, rare;
    bool arrays;
};

#include "scan_blocks.h"

SCAN_TARGET static SCAN_INLINE struct scan_wanted scan_want(const struct scan *s)
{
    __m128i rare = _mm_setr_epi8(SCAN_RARE(s->arrays));
    return (struct scan_wanted){_mm256_set1_epi8(s->open), _mm256_set1_epi8(s->close),
                                _mm256_broadcastsi128_si256(rare), s->arrays};
}

SCAN_TARGET static SCAN_INLINE uint64_t find(__m256i lo, __m256i hi, __m256i what)
{
    return bits_of_avx2(_mm256_cmpeq_epi8(lo, what), _mm256_cmpeq_epi8(hi, what));
}

SCAN_TARGET static SCAN_INLINE bool scan_look(const struct scan_wanted *w, const char *p,
                                              struct scan_masks *m)
{
    __m256i lo = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i hi = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    m->quote = find(lo, hi, _mm256_set1_epi8('"'));
    m->open = find(lo, hi, w->open);
    m->close = find(lo, hi, w->close);
    __m256i rare = _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(w->rare, lo), lo),
                                   _mm256_cmpeq_epi8(_mm256_shuffle_epi8(w->rare, hi), hi));
    return _mm256_movemask_epi8(rare) != 0;
}

SCAN_TARGET static SCAN_INLINE void scan_look_rare(const struct scan_wanted *w, const char *p,
                                                   struct scan_masks *m)
{
    __m256i lo = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i hi = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    m->backslash = find(lo, hi, _mm256_set1_epi8('\\'));
    m->newline = find(lo, hi, _mm256_set1_epi8('\n'));
    m->array = w->arrays ? find(lo, hi, _mm256_set1_epi8('[')) : 0;
}

SCAN_TARGET static SCAN_INLINE unsigned scan_count(uint64_t x)
{
    return (unsigned)__builtin_popcountll(x);
}

SCAN_TARGET static size_t scan(struct scan *s, const char *p, size_t nbytes, enum scan_stop *stop)
{
    size_t n = scan_blocks(s, p, nbytes, stop);
    /* gcc 12 forgets it behind a call that keeps the registers; without it the caller's SSE code
     * halves the speed. */
    _mm256_zeroupper();
    return n;
}

scan_fn *scan_avx2(void)
{
    return scan;
}

#else

scan_fn *scan_avx2(void)
{
    return NULL;
}

#endif
