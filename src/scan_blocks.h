/* The body of every scanner: included by scan.c and scan_*.c, which define before
 *   SCAN_TARGET          function attributes that let the instructions be used
 *   SCAN_PREFIX_XOR      bits_prefix_xor, or what is quicker with these
 *   struct scan_wanted   what scan_look looks for
 *   scan_want(s)         makes one for a scan
 *   scan_look(w, p, m)   the 64 bytes at p → one bit a byte, the first byte lowest; sets the usual
 *                        masks and returns if any rare one may be other than 0
 *   scan_look_rare(w, p, m)   sets the rare ones
 *   scan_count(x)        number of one bits
 */
#ifndef CTLOCK_SCAN_BLOCKS_H
#define CTLOCK_SCAN_BLOCKS_H

#include "bits.h"
#include "ctlock/scan.h"

#include <string.h>

#define SCAN_BLOCK 64

/* How far ahead the text, which was just read or inflated, is fetched from the second-level cache.
 */
#define SCAN_AHEAD 1024

/* A byte is rare if it is this table's entry for its low half. No byte is that for an unused entry.
 */
#define SCAN_RARE(arrays) 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\n', (arrays) ? '[' : 0, '\\', 0, 0, 0

/* The pieces of the loop must not be calls, which compilers else make of them. */
#define SCAN_INLINE inline __attribute__((always_inline))

/* Where each kind of byte stands in a block. The last three are rare. array is 0 unless it was
 * wanted. */
struct scan_masks {
    uint64_t quote, open, close, backslash, newline, array;
};

SCAN_TARGET static SCAN_INLINE struct scan_wanted scan_want(const struct scan *s);
SCAN_TARGET static SCAN_INLINE bool scan_look(const struct scan_wanted *w, const char *p,
                                              struct scan_masks *m);
SCAN_TARGET static SCAN_INLINE void scan_look_rare(const struct scan_wanted *w, const char *p,
                                                   struct scan_masks *m);
SCAN_TARGET static SCAN_INLINE unsigned scan_count(uint64_t x);

/* struct scan in the loop: one register each. quoted is all ones inside a string, the others are 1.
 */
struct scan_carry {
    uint64_t depth, quoted, escaped, newline;
};

/* What a block came to: SCAN_END is that nothing ends in it, and depth the one behind it. Else
 * depth is the one behind the byte at. */
struct scan_hit {
    uint64_t depth;
    enum scan_stop stop;
    unsigned at;
};

/* Walk the single bits of a block in which something may end; few blocks come here. Not inlined,
 * and each mask by itself, to leave the registers to the loop. */
SCAN_TARGET static __attribute__((noinline)) struct scan_hit
scan_bits(uint64_t depth, uint64_t open, uint64_t close, uint64_t bad, uint64_t line_open,
          uint64_t array)
{
    uint64_t seen = 0;
    /* Most come here for the brackets at an item's end, with nothing else before the last. */
    uint64_t last = close;
    for (uint64_t k = 1; k < depth && last; k++)
        last &= last - 1;
    if (last && ((open | bad | array) & (last ^ (last - 1))) == 0)
        return (struct scan_hit){0, SCAN_CLOSED, (unsigned)__builtin_ctzll(last)};
    for (uint64_t bits = close | bad | line_open | array; bits; bits &= bits - 1) {
        uint64_t bit = bits & (~bits + 1);
        uint64_t upto = bit | (bit - 1);
        enum scan_stop stop = SCAN_END;
        depth += scan_count(open & upto & ~seen);
        seen = upto;
        if (bad & bit)
            stop = SCAN_NEWLINE;
        else if (line_open & bit)
            stop = SCAN_LINE_OPEN;
        else if (close & bit && --depth == 0)
            stop = SCAN_CLOSED;
        else if (array & bit && depth == 1)
            stop = SCAN_ARRAY;
        if (stop != SCAN_END)
            return (struct scan_hit){depth, stop, (unsigned)__builtin_ctzll(bit)};
    }
    return (struct scan_hit){depth + scan_count(open & ~seen), SCAN_END, 0};
}

/* Take one block as scan_block does, if it has nothing rare and the depth cannot come to 0 in it.
 * False if not: nothing was done then. */
SCAN_TARGET static SCAN_INLINE bool scan_usual(struct scan_carry *s, const struct scan_wanted *w,
                                               const char *p)
{
    struct scan_masks m;
    bool rare = scan_look(w, p, &m);
    uint64_t quoted = SCAN_PREFIX_XOR(m.quote) ^ s->quoted;
    uint64_t closes = scan_count(m.close & ~quoted);
    if (__builtin_expect(rare || (s->escaped | s->newline) != 0 || s->depth <= closes, 0))
        return false;
    s->quoted = UINT64_C(0) - (quoted >> 63);
    s->depth += scan_count(m.open & ~quoted) - closes;
    return true;
}

/* Take one block, of which the first nbytes count; the others are 0 bytes. True if something ends
 * in it: *at is its place. */
SCAN_TARGET static SCAN_INLINE enum scan_stop scan_block(struct scan_carry *s,
                                                         const struct scan_wanted *w, const char *p,
                                                         size_t nbytes, unsigned *at)
{
    struct scan_masks m;
    (void)scan_look(w, p, &m);
    scan_look_rare(w, p, &m);
    uint64_t escaped = s->escaped;
    if (__builtin_expect((m.backslash | escaped) != 0, 0)) {
        uint64_t carry = s->escaped;
        escaped = bits_escaped(m.backslash, &carry);
        s->escaped = nbytes == SCAN_BLOCK ? carry : escaped >> nbytes & 1;
    }
    uint64_t quoted = SCAN_PREFIX_XOR(m.quote & ~escaped) ^ s->quoted;
    uint64_t bad = m.newline & quoted;
    m.open &= ~quoted;
    m.close &= ~quoted;
    m.array &= ~quoted;
    uint64_t line_open = (m.newline << 1 | s->newline) & m.open;
    s->quoted = UINT64_C(0) - (quoted >> 63);
    s->newline = m.newline >> (nbytes - 1) & 1;
    /* The depth cannot come to 0 if all that closes here leaves some of what was open before the
     * first of it. */
    uint64_t closes = scan_count(m.close);
    uint64_t before = scan_count(m.open & (m.close ^ (m.close - 1)));
    if (s->depth > closes + 1)
        m.array = 0; /* none at depth 1 */
    if (__builtin_expect((bad | line_open | m.array) == 0 && s->depth + before > closes, 1)) {
        s->depth += scan_count(m.open) - closes;
        return SCAN_END;
    }
    struct scan_hit hit = scan_bits(s->depth, m.open, m.close, bad, line_open, m.array);
    s->depth = hit.depth;
    *at = hit.at;
    return hit.stop;
}

static SCAN_INLINE struct scan_carry scan_load(const struct scan *s)
{
    return (struct scan_carry){s->depth, UINT64_C(0) - s->quoted, s->escaped, s->newline};
}

static SCAN_INLINE void scan_store(struct scan *s, const struct scan_carry *c)
{
    s->depth = c->depth;
    s->quoted = c->quoted != 0;
    s->escaped = c->escaped != 0;
    s->newline = c->newline != 0;
}

/* Something ended at the last of nbytes. It stands outside of strings, or the scan is over. */
static SCAN_INLINE size_t scan_stopped(struct scan *s, uint64_t depth, size_t nbytes)
{
    s->depth = depth;
    s->quoted = false;
    s->escaped = false;
    s->newline = false;
    return nbytes;
}

/* The last bytes, fewer than a block. */
SCAN_TARGET static __attribute__((noinline)) size_t scan_rest(struct scan *s, const char *p,
                                                              size_t nbytes, enum scan_stop *stop)
{
    struct scan_wanted w = scan_want(s);
    struct scan_carry carry = scan_load(s);
    char last[SCAN_BLOCK] = {0};
    unsigned at = 0;
    memcpy(last, p, nbytes);
    *stop = scan_block(&carry, &w, last, nbytes, &at);
    if (*stop != SCAN_END)
        return scan_stopped(s, carry.depth, at + 1);
    scan_store(s, &carry);
    return nbytes;
}

/* scan_fn for one engine. */
SCAN_TARGET static SCAN_INLINE size_t scan_blocks(struct scan *s, const char *p, size_t nbytes,
                                                  enum scan_stop *stop)
{
    struct scan_wanted w = scan_want(s);
    struct scan_carry carry = scan_load(s);
    size_t i = 0, whole = nbytes & ~(size_t)(SCAN_BLOCK - 1);
    for (; i < whole; i += SCAN_BLOCK) {
        unsigned at = 0;
        __builtin_prefetch((const void *)((uintptr_t)p + i + SCAN_AHEAD));
        if (scan_usual(&carry, &w, p + i))
            continue;
        enum scan_stop met = scan_block(&carry, &w, p + i, SCAN_BLOCK, &at);
        if (__builtin_expect(met != SCAN_END, 0)) {
            *stop = met;
            return scan_stopped(s, carry.depth, i + at + 1);
        }
    }
    scan_store(s, &carry);
    *stop = SCAN_END;
    return i == nbytes ? nbytes : i + scan_rest(s, p + i, nbytes - i, stop);
}

#endif
