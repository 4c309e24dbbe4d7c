#include "ctlock/jsonscan.h"

#if defined(__x86_64__)

#define JSONSCAN_TARGET                                                                            \
    __attribute__((target("avx2,bmi,pclmul,popcnt,avx512f,avx512bw,avx512vbmi2")))
#define JSONSCAN_PREFIX_XOR bits_prefix_xor_clmul

#include "jsonscan_blocks.h"

JSONSCAN_TARGET static JSONSCAN_INLINE struct jsonscan_masks jsonscan_look(const char *p,
                                                                           char colon)
{
    __m512i table = _mm512_broadcast_i32x4(_mm_setr_epi8(JSONSCAN_MARKS(colon)));
    __m512i v = _mm512_loadu_si512(p);

    return (struct jsonscan_masks){
        _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"')),
        _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\')),
        _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(table, v),
                               _mm512_or_si512(v, _mm512_set1_epi8(0x20))),
    };
}

static const uint8_t numbers[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                    48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};

/* The numbers of the bits that are set, moved together, 16 at a time. */
JSONSCAN_TARGET static JSONSCAN_INLINE void jsonscan_put(struct jsonscan_indexing *s, uint64_t mark)
{
    __m512i set = _mm512_maskz_compress_epi8(mark, _mm512_loadu_si512(numbers));
    uint32_t *to = s->mark, *end = to + _mm_popcnt_u64(mark);

    for (;;) {
        __m512i wide = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(set));
        _mm512_storeu_si512(to, _mm512_add_epi32(wide, _mm512_set1_epi32((int)s->at)));
        to += 16;
        if (to >= end)
            break;
        set = _mm512_alignr_epi64(_mm512_setzero_si512(), set, 2);
    }
    s->mark = end;
    s->at += JSONSCAN_BLOCK;
}

JSONSCAN_TARGET struct jsonscan_indexing jsonscan_index_avx512(struct jsonscan_indexing s,
                                                               const char *p, size_t n_blocks)
{
    return jsonscan_index_blocks(s, p, n_blocks);
}

JSONSCAN_TARGET size_t jsonscan_skip_avx512(struct str text, size_t from)
{
    return jsonscan_skip_blocks(text, from);
}

#endif
