#include "ctlock/scan.h"

#if defined(__aarch64__) && defined(__ARM_NEON) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

#include <arm_neon.h>

#define SCAN_TARGET

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

/* There is no movemask: give each lane its bit and add neighbours until 64 bits are left. */
static SCAN_INLINE uint64_t find(const uint8x16_t *x, uint8x16_t what)
{
    const uint8x16_t bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t a = vandq_u8(vceqq_u8(x[0], what), bit);
    uint8x16_t b = vandq_u8(vceqq_u8(x[1], what), bit);
    uint8x16_t c = vandq_u8(vceqq_u8(x[2], what), bit);
    uint8x16_t d = vandq_u8(vceqq_u8(x[3], what), bit);
    uint8x16_t sum = vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sum, sum)), 0);
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

SCAN_TARGET static SCAN_INLINE uint64_t scan_prefix_xor(uint64_t x)
{
    /* Shifts: the polynomial product is an optional instruction. */
    for (unsigned k = 1; k < 64; k *= 2)
        x ^= x << k;
    return x;
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
