#include "ctlock/jsonscan.h"

#if defined(__aarch64__)

#define JSONSCAN_TARGET
#define JSONSCAN_PREFIX_XOR bits_prefix_xor /* as in scan_neon.c */

#include "jsonscan_blocks.h"

JSONSCAN_TARGET static JSONSCAN_INLINE struct jsonscan_masks jsonscan_look(const char *p,
                                                                           char colon)
{
    const uint8_t table[16] = {JSONSCAN_MARKS((uint8_t)colon)};
    uint8x16_t quote[4], backslash[4], mark[4];

    for (int i = 0; i < 4; i++) {
        uint8x16_t v = vld1q_u8((const uint8_t *)p + 16 * i);
        uint8x16_t entry = vqtbl1q_u8(vld1q_u8(table), vandq_u8(v, vdupq_n_u8(0x0F)));
        quote[i] = vceqq_u8(v, vdupq_n_u8('"'));
        backslash[i] = vceqq_u8(v, vdupq_n_u8('\\'));
        mark[i] = vceqq_u8(entry, vorrq_u8(v, vdupq_n_u8(0x20)));
    }
    return (struct jsonscan_masks){bits_of_neon(quote), bits_of_neon(backslash),
                                   bits_of_neon(mark)};
}

JSONSCAN_TARGET static JSONSCAN_INLINE void jsonscan_put(struct jsonscan_indexing *s, uint64_t mark)
{
    jsonscan_put_each(s, mark);
}

struct jsonscan_indexing jsonscan_index_neon(struct jsonscan_indexing s, const char *p,
                                             size_t n_blocks)
{
    return jsonscan_index_blocks(s, p, n_blocks);
}

size_t jsonscan_skip_neon(struct str text, size_t from)
{
    return jsonscan_skip_blocks(text, from);
}

#endif
