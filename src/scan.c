#include "ctlock/scan.h"

#include "ctlock/word.h"

#define SCAN_TARGET
#define SCAN_PREFIX_XOR bits_prefix_xor

/* One wanted byte, eight times. */
struct scan_wanted {
    uint64_t open, close;
    bool arrays;
};

#include "scan_blocks.h"

#define HIGH UINT64_C(0x8080808080808080)
#define NWORDS (SCAN_BLOCK / 8)

SCAN_TARGET static SCAN_INLINE struct scan_wanted scan_want(const struct scan *s)
{
    return (struct scan_wanted){(unsigned char)s->open * WORD_EACH_BYTE,
                                (unsigned char)s->close * WORD_EACH_BYTE, s->arrays};
}

/* At -O2 gcc leaves loops of eight as they are, which costs a third of the speed. */
#if defined(__GNUC__) && !defined(__clang__)
#define UNROLL _Pragma("GCC unroll 8")
#else
#define UNROLL
#endif

/* A block as eight words, the first byte lowest in each: the low seven bits of each byte, and the
 * high bit set where the byte is ASCII. Sums of seven bits stay inside of their byte. */
struct words {
    uint64_t low[NWORDS], ascii[NWORDS];
};

static SCAN_INLINE struct words load(const char *p)
{
    struct words b;
    UNROLL for (unsigned k = 0; k < NWORDS; k++)
    {
        uint64_t x = word_le64(p + 8 * k);
        b.low[k] = x & ~HIGH;
        b.ascii[k] = ~x & HIGH;
    }
    return b;
}

/* The high bit of each byte of word k that equals the one in eight: a difference of zero is the one
 * that does not reach 0x80 with 0x7f. */
static SCAN_INLINE uint64_t equal(const struct words *b, unsigned k, uint64_t what)
{
    return ~((b->low[k] ^ what) + ~HIGH) & b->ascii[k];
}

static SCAN_INLINE uint64_t find(const struct words *b, uint64_t what)
{
    uint64_t mask = 0;
    UNROLL for (unsigned k = 0; k < NWORDS; k++)
    {
        /* The product brings the eight bits together in its highest byte. */
        uint64_t bits = (equal(b, k, what) >> 7) * UINT64_C(0x0102040810204080);
        mask |= bits >> 56 << 8 * k;
    }
    return mask;
}

/* Is any byte at least (most: below) 0x80 - reach? */
static SCAN_INLINE bool any_from(const struct words *b, uint64_t reach)
{
    uint64_t any = 0;
    UNROLL for (unsigned k = 0; k < NWORDS; k++) any |= (b->low[k] + reach) & b->ascii[k];
    return any != 0;
}

static SCAN_INLINE bool any_below(const struct words *b, uint64_t reach)
{
    uint64_t any = 0;
    UNROLL for (unsigned k = 0; k < NWORDS; k++) any |= ~(b->low[k] + reach) & b->ascii[k];
    return any != 0;
}

static SCAN_INLINE bool any_equal(const struct words *b, uint64_t what)
{
    uint64_t any = 0;
    UNROLL for (unsigned k = 0; k < NWORDS; k++) any |= equal(b, k, what);
    return any != 0;
}

/* Only quotes are in most blocks; the others are asked for together and cheaply first. */
SCAN_TARGET static SCAN_INLINE bool scan_look(const struct scan_wanted *w, const char *p,
                                              struct scan_masks *m)
{
    struct words b = load(p);
    *m = (struct scan_masks){.quote = find(&b, '"' * WORD_EACH_BYTE)};
    if (any_from(&b, HIGH - w->open)) {
        m->open = find(&b, w->open);
        m->close = find(&b, w->close);
    }
    return any_equal(&b, '\\' * WORD_EACH_BYTE) || any_below(&b, HIGH - ' ' * WORD_EACH_BYTE) ||
           (w->arrays && any_equal(&b, '[' * WORD_EACH_BYTE));
}

SCAN_TARGET static SCAN_INLINE void scan_look_rare(const struct scan_wanted *w, const char *p,
                                                   struct scan_masks *m)
{
    struct words b = load(p);
    if (any_equal(&b, '\\' * WORD_EACH_BYTE))
        m->backslash = find(&b, '\\' * WORD_EACH_BYTE);
    if (any_below(&b, HIGH - ' ' * WORD_EACH_BYTE))
        m->newline = find(&b, '\n' * WORD_EACH_BYTE);
    if (w->arrays && any_equal(&b, '[' * WORD_EACH_BYTE))
        m->array = find(&b, '[' * WORD_EACH_BYTE);
}

SCAN_TARGET static SCAN_INLINE unsigned scan_count(uint64_t x)
{
    /* Not the builtin: without an instruction for it, it is a call. */
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    return (unsigned)(x * WORD_EACH_BYTE >> 56);
}

static size_t scan(struct scan *s, const char *p, size_t nbytes, enum scan_stop *stop)
{
    return scan_blocks(s, p, nbytes, stop);
}

scan_fn *scan_portable(void)
{
    return scan;
}
