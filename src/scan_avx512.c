#include "ctlock/scan.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define SCAN_TARGET __attribute__((target("avx512f,avx512bw,pclmul,popcnt,bmi")))
#define SCAN_PREFIX_XOR bits_prefix_xor_clmul

struct scan_wanted {
    __m512i open, close, rare;
    bool arrays;
};

#include "scan_blocks.h"

SCAN_TARGET static SCAN_INLINE struct scan_wanted scan_want(const struct scan *s)
{
    __m128i rare = _mm_setr_epi8(SCAN_RARE(s->arrays));
    return (struct scan_wanted){_mm512_set1_epi8(s->open), _mm512_set1_epi8(s->close),
                                _mm512_broadcast_i32x4(rare), s->arrays};
}

SCAN_TARGET static SCAN_INLINE bool scan_look(const struct scan_wanted *w, const char *p,
                                              struct scan_masks *m)
{
    __m512i v = _mm512_loadu_si512(p);
    m->quote = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"'));
    m->open = _mm512_cmpeq_epi8_mask(v, w->open);
    m->close = _mm512_cmpeq_epi8_mask(v, w->close);
    return _mm512_cmpeq_epi8_mask(v, _mm512_shuffle_epi8(w->rare, v)) != 0;
}

SCAN_TARGET static SCAN_INLINE void scan_look_rare(const struct scan_wanted *w, const char *p,
                                                   struct scan_masks *m)
{
    __m512i v = _mm512_loadu_si512(p);
    m->backslash = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));
    m->newline = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\n'));
    m->array = w->arrays ? _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('[')) : 0;
}

SCAN_TARGET static SCAN_INLINE unsigned scan_count(uint64_t x)
{
    return (unsigned)__builtin_popcountll(x);
}

SCAN_TARGET static size_t scan(struct scan *s, const char *p, size_t nbytes, enum scan_stop *stop)
{
    size_t n = scan_blocks(s, p, nbytes, stop);
    _mm256_zeroupper(); /* as in scan_avx2.c */
    return n;
}

scan_fn *scan_avx512(void)
{
    return scan;
}

#else

scan_fn *scan_avx512(void)
{
    return NULL;
}

#endif
