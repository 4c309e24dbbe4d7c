/* The body of every scanner: included by scan.c, scan_avx2.c and scan_neon.c, which define before
 *   SCAN_TARGET          function attributes that let the instructions be used
 *   struct scan_wanted   what scan_look looks for
 *   scan_want(s)         makes one for a scan
 *   scan_look(w, p, m)   the 64 bytes at p → one bit a byte, the first byte lowest
 *   scan_prefix_xor(x)   bit i of the result is the parity of bits 0 to i
 *   scan_count(x)        number of one bits
 */
#ifndef CTLOCK_SCAN_BLOCKS_H
#define CTLOCK_SCAN_BLOCKS_H

#include "ctlock/scan.h"

#include <string.h>

#define SCAN_BLOCK 64

/* The pieces of the loop must not be calls, which compilers else make of them. */
#define SCAN_INLINE inline __attribute__((always_inline))

/* Where each kind of byte stands in a block. array is 0 unless it was wanted. */
struct scan_masks {
    uint64_t quote, backslash, open, close, newline, array;
};

SCAN_TARGET static SCAN_INLINE struct scan_wanted scan_want(const struct scan *s);
SCAN_TARGET static SCAN_INLINE void scan_look(const struct scan_wanted *w, const char *p,
                                              struct scan_masks *m);
SCAN_TARGET static SCAN_INLINE uint64_t scan_prefix_xor(uint64_t x);
SCAN_TARGET static SCAN_INLINE unsigned scan_count(uint64_t x);

/* Which bytes are escaped, by the parity of each run of backslashes: adding a bit at the start of a
 * run carries through to its end, so that runs that start on even and on odd places can be told
 * apart by where the carry comes out (after simdjson). */
SCAN_TARGET static SCAN_INLINE uint64_t scan_escaped(uint64_t backslash, uint64_t *carry)
{
    const uint64_t odd = UINT64_C(0xAAAAAAAAAAAAAAAA);
    uint64_t start = backslash & ~*carry;
    uint64_t code = (((start << 1) | odd) - start) ^ odd;
    uint64_t escaped = code ^ (backslash | *carry);
    *carry = (code & backslash) >> 63;
    return escaped;
}

/* Walk the single bits of a block in which something may end. True when it does: *at is its place.
 * The depth is then the one behind that byte, or else the one behind the block. */
SCAN_TARGET static SCAN_INLINE bool scan_bits(struct scan *s, const struct scan_masks *m,
                                              uint64_t bad, uint64_t line_open,
                                              enum scan_stop *stop, unsigned *at)
{
    uint64_t bits = m->close | bad | line_open | m->array;
    uint64_t seen = 0;
    for (; bits; bits &= bits - 1) {
        uint64_t bit = bits & (~bits + 1);
        uint64_t upto = bit | (bit - 1);
        s->depth += scan_count(m->open & upto & ~seen);
        seen = upto;
        *at = (unsigned)__builtin_ctzll(bit);
        if (bad & bit)
            *stop = SCAN_NEWLINE;
        else if (line_open & bit)
            *stop = SCAN_LINE_OPEN;
        else if (m->close & bit && --s->depth == 0)
            *stop = SCAN_CLOSED;
        else if (m->array & bit && s->depth == 1)
            *stop = SCAN_ARRAY;
        else
            continue;
        return true;
    }
    s->depth += scan_count(m->open & ~seen);
    return false;
}

/* Take one block, of which the first nbytes count; the others are 0 bytes. */
SCAN_TARGET static SCAN_INLINE bool scan_block(struct scan *s, const struct scan_wanted *w,
                                               const char *p, size_t nbytes, enum scan_stop *stop,
                                               unsigned *at)
{
    struct scan_masks m;
    scan_look(w, p, &m);
    uint64_t escaped = s->escaped;
    if (__builtin_expect((m.backslash | escaped) != 0, 0)) {
        uint64_t carry = s->escaped;
        escaped = scan_escaped(m.backslash, &carry);
        s->escaped = nbytes == SCAN_BLOCK ? carry : escaped >> nbytes & 1;
    }
    uint64_t quoted = scan_prefix_xor(m.quote & ~escaped) ^ s->quoted;
    uint64_t bad = m.newline & quoted;
    m.open &= ~quoted;
    m.close &= ~quoted;
    m.array &= ~quoted;
    uint64_t line_open = (m.newline << 1 | s->newline) & m.open;
    /* The depth cannot come to 0 if all that closes here leaves some of what was open before the
     * first of it. */
    uint64_t closes = scan_count(m.close);
    uint64_t before = scan_count(m.open & (m.close ^ (m.close - 1)));
    if (__builtin_expect((bad | line_open | m.array) != 0 || closes >= s->depth + before, 0)) {
        if (scan_bits(s, &m, bad, line_open, stop, at)) {
            s->quoted = 0;
            s->escaped = 0;
            s->newline = 0;
            return true;
        }
    } else {
        s->depth += scan_count(m.open) - closes;
    }
    s->quoted = UINT64_C(0) - (quoted >> 63);
    s->newline = m.newline >> (nbytes - 1) & 1;
    return false;
}

/* scan_fn for one engine. */
SCAN_TARGET static SCAN_INLINE size_t scan_blocks(struct scan *state, const char *p, size_t nbytes,
                                                  enum scan_stop *stop)
{
    struct scan s = *state; /* a copy stays in registers */
    struct scan_wanted w = scan_want(&s);
    char last[SCAN_BLOCK];
    for (size_t i = 0; i < nbytes; i += SCAN_BLOCK) {
        const char *block = p + i;
        size_t n = SCAN_BLOCK;
        if (__builtin_expect(nbytes - i < SCAN_BLOCK, 0)) {
            n = nbytes - i;
            memset(last, 0, sizeof last);
            memcpy(last, block, n);
            block = last;
        }
        unsigned at = 0;
        if (scan_block(&s, &w, block, n, stop, &at)) {
            *state = s;
            return i + at + 1;
        }
    }
    *state = s;
    *stop = SCAN_END;
    return nbytes;
}

#endif
