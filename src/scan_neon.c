#include "ctlock/scan.h"

#if defined(__aarch64__) && defined(__ARM_NEON) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

#include <arm_neon.h>

#define SCAN_TARGET
#define SCAN_PREFIX_XOR bits_prefix_xor /* the polynomial product is an optional instruction */

struct scan_wanted {
    uint8x16_t open, close;
    bool arrays;
};

#include "scan_blocks.h"

SCAN_TARGET static SCAN_INLINE struct scan_wanted scan_want(const struct scan *s)
{
    return (struct scan_wanted){vdupq_n_u8((uint8_t)s->open), vdupq_n_u8((uint8_t)s->close),
                                s->arrays};
}

static SCAN_INLINE uint64_t find(const uint8x16_t *x, uint8x16_t what)
{
    uint8x16_t hits[4];
    for (unsigned k = 0; k < 4; k++)
        hits[k] = vceqq_u8(x[k], what);
    return bits_of_neon(hits);
}

static SCAN_INLINE void load(const char *p, uint8x16_t x[4])
{
    for (unsigned k = 0; k < 4; k++)
        x[k] = vld1q_u8((const uint8_t *)p + 16 * k);
}

SCAN_TARGET static SCAN_INLINE bool scan_look(const struct scan_wanted *w, const char *p,
                                              struct scan_masks *m)
{
    uint8x16_t x[4], rare = vdupq_n_u8(0);
    load(p, x);
    m->quote = find(x, vdupq_n_u8('"'));
    m->open = find(x, w->open);
    m->close = find(x, w->close);
    for (unsigned k = 0; k < 4; k++) {
        uint8x16_t a = vorrq_u8(vceqq_u8(x[k], vdupq_n_u8('\\')), vceqq_u8(x[k], vdupq_n_u8('\n')));
        rare = vorrq_u8(rare, a);
        if (w->arrays)
            rare = vorrq_u8(rare, vceqq_u8(x[k], vdupq_n_u8('[')));
    }
    return vmaxvq_u8(rare) != 0;
}

SCAN_TARGET static SCAN_INLINE void scan_look_rare(const struct scan_wanted *w, const char *p,
                                                   struct scan_masks *m)
{
    uint8x16_t x[4];
    load(p, x);
    m->backslash = find(x, vdupq_n_u8('\\'));
    m->newline = find(x, vdupq_n_u8('\n'));
    m->array = w->arrays ? find(x, vdupq_n_u8('[')) : 0;
}

SCAN_TARGET static SCAN_INLINE unsigned scan_count(uint64_t x)
{
    return (unsigned)__builtin_popcountll(x);
}

static size_t scan(struct scan *s, const char *p, size_t nbytes, enum scan_stop *stop)
{
    return scan_blocks(s, p, nbytes, stop);
}

scan_fn *scan_neon(void)
{
    return scan;
}

#else

scan_fn *scan_neon(void)
{
    return NULL;
}

#endif
