#include "ctlock/jsonscan.h"

#if defined(__x86_64__)

#define JSONSCAN_TARGET __attribute__((target("avx2,bmi,pclmul,popcnt")))
#define JSONSCAN_PREFIX_XOR bits_prefix_xor_clmul

#include "jsonscan_blocks.h"

JSONSCAN_TARGET static JSONSCAN_INLINE __m256i marks(__m256i v, char colon)
{
    __m256i table = _mm256_broadcastsi128_si256(_mm_setr_epi8(JSONSCAN_MARKS(colon)));
    __m256i entry = _mm256_shuffle_epi8(table, v);
    return _mm256_cmpeq_epi8(entry, _mm256_or_si256(v, _mm256_set1_epi8(0x20)));
}

JSONSCAN_TARGET static JSONSCAN_INLINE struct jsonscan_masks jsonscan_look(const char *p,
                                                                           char colon)
{
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\');
    __m256i v0 = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i v1 = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));

    return (struct jsonscan_masks){
        bits_of_avx2(_mm256_cmpeq_epi8(v0, quote), _mm256_cmpeq_epi8(v1, quote)),
        bits_of_avx2(_mm256_cmpeq_epi8(v0, backslash), _mm256_cmpeq_epi8(v1, backslash)),
        bits_of_avx2(marks(v0, colon), marks(v1, colon)),
    };
}

/* Always eight at least, which most blocks have not; there is room for what is too many. */
JSONSCAN_TARGET static JSONSCAN_INLINE void jsonscan_put(struct jsonscan_indexing *s, uint64_t mark)
{
    uint32_t *to = s->mark, *end = to + _mm_popcnt_u64(mark);

    do {
#pragma GCC unroll 8
        for (unsigned i = 0; i < 8; i++) {
            to[i] = s->at + (uint32_t)_tzcnt_u64(mark);
            mark = _blsr_u64(mark);
        }
        to += 8;
    } while (to < end);
    s->mark = end;
    s->at += JSONSCAN_BLOCK;
}

JSONSCAN_TARGET struct jsonscan_indexing jsonscan_index_avx2(struct jsonscan_indexing s,
                                                             const char *p, size_t n_blocks)
{
    return jsonscan_index_blocks(s, p, n_blocks);
}

JSONSCAN_TARGET size_t jsonscan_skip_avx2(struct str text, size_t from)
{
    return jsonscan_skip_blocks(text, from);
}

#endif
