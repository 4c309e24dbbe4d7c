/* The body of the engines of jsonscan: included by jsonscan.c and jsonscan_*.c, which define before
 *   JSONSCAN_TARGET      function attributes that let the instructions be used
 *   JSONSCAN_PREFIX_XOR  bits_prefix_xor, or what is quicker with these
 * and behind
 *   jsonscan_look(p, colon)   the masks of the 64 bytes at p
 *   jsonscan_put(s, mark)     puts the places of these marks and steps to the next block
 */
#ifndef CTLOCK_JSONSCAN_BLOCKS_H
#define CTLOCK_JSONSCAN_BLOCKS_H

#include "bits.h"
#include "ctlock/jsonscan.h"

#define JSONSCAN_BLOCK 64

/* An engine may put so many marks too many. */
#define JSONSCAN_SPARE_MARKS 16

/* A byte is a mark if it, with bit 5 set, is this table's entry for its low half. */
#define JSONSCAN_MARKS(colon) 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (colon), '{', 0, '}', 0, 0

/* The pieces of the loops must not be calls, which compilers else make of them. */
#define JSONSCAN_INLINE inline __attribute__((always_inline))

/* What a block holds. */
struct jsonscan_masks {
    uint64_t quote;
    uint64_t backslash;
    uint64_t mark; /* { } [ ], and if colon is ':' (else it is 0) : and 0x1A */
};

/* An indexing between two blocks. */
struct jsonscan_indexing {
    uint64_t *quote;    /* the next word */
    uint32_t *mark;     /* the next mark */
    uint32_t at;        /* offset of the next block */
    uint64_t escaped;   /* 1 if a backslash escapes the next byte */
    uint64_t inside;    /* all ones if the next byte is inside a string */
    uint64_t backslash; /* not 0 if there was one */
};

/* For each engine: go on over n_blocks blocks from p; and jsonscan_skip for text of a block or
 * more.
 */
struct jsonscan_indexing jsonscan_index_avx2(struct jsonscan_indexing s, const char *p,
                                             size_t n_blocks);
struct jsonscan_indexing jsonscan_index_avx512(struct jsonscan_indexing s, const char *p,
                                               size_t n_blocks);
struct jsonscan_indexing jsonscan_index_neon(struct jsonscan_indexing s, const char *p,
                                             size_t n_blocks);
size_t jsonscan_skip_avx2(struct str text, size_t from);
size_t jsonscan_skip_avx512(struct str text, size_t from);
size_t jsonscan_skip_neon(struct str text, size_t from);

JSONSCAN_TARGET static JSONSCAN_INLINE struct jsonscan_masks jsonscan_look(const char *p,
                                                                           char colon);
JSONSCAN_TARGET static JSONSCAN_INLINE void jsonscan_put(struct jsonscan_indexing *s,
                                                         uint64_t mark);

/* The marks outside strings; parity is bits_prefix_xor of the quotes. */
static JSONSCAN_INLINE uint64_t jsonscan_outside(uint64_t *inside, uint64_t mark, uint64_t parity)
{
    uint64_t in_string = parity ^ *inside;

    *inside = 0 - (in_string >> 63);
    return mark & ~in_string;
}

/* The bytes that a backslash escapes. */
static JSONSCAN_INLINE uint64_t jsonscan_escaped(struct jsonscan_indexing *s, uint64_t backslash)
{
    if ((backslash | s->escaped) == 0)
        return 0;
    s->backslash |= backslash;
    return bits_escaped(backslash, &s->escaped);
}

/* jsonscan_put, one after another. */
static JSONSCAN_INLINE void jsonscan_put_each(struct jsonscan_indexing *s, uint64_t mark)
{
    for (; mark; mark &= mark - 1)
        *s->mark++ = s->at + (uint32_t)__builtin_ctzll(mark);
    s->at += JSONSCAN_BLOCK;
}

/* jsonscan_index_* for one engine. */
JSONSCAN_TARGET static JSONSCAN_INLINE struct jsonscan_indexing
jsonscan_index_blocks(struct jsonscan_indexing s, const char *p, size_t n_blocks)
{
    for (; n_blocks; n_blocks--, p += JSONSCAN_BLOCK) {
        struct jsonscan_masks b = jsonscan_look(p, ':');
        *s.quote = b.quote & ~jsonscan_escaped(&s, b.backslash);
        jsonscan_put(&s, jsonscan_outside(&s.inside, b.mark, JSONSCAN_PREFIX_XOR(*s.quote++)));
    }
    return s;
}

/* Where a skip stands between two blocks. */
struct jsonscan_skipping {
    size_t at;       /* offset of the next block */
    uint64_t inside; /* as above */
    size_t depth;    /* brackets open */
    size_t end;      /* behind the last bracket; 0 as long as it is not known */
    bool stopped;    /* at the last bracket, or at a backslash */
};

/* Count the brackets of the block at p. */
JSONSCAN_TARGET static JSONSCAN_INLINE void
jsonscan_skip_block(struct jsonscan_skipping *s, const char *p, struct jsonscan_masks b)
{
    uint64_t mark = jsonscan_outside(&s->inside, b.mark, JSONSCAN_PREFIX_XOR(b.quote));

    s->stopped = b.backslash != 0;
    for (; mark && !s->stopped; mark &= mark - 1) {
        size_t i = (size_t)__builtin_ctzll(mark);
        s->depth += (size_t)(p[i] & 2) - 1; /* bit 1 is set in opening brackets alone */
        if (s->depth == 0) {
            s->end = s->at + i + 1;
            s->stopped = true;
        }
    }
    s->at += JSONSCAN_BLOCK;
}

/* jsonscan_skip_* for one engine. */
JSONSCAN_TARGET static JSONSCAN_INLINE size_t jsonscan_skip_blocks(struct str text, size_t from)
{
    struct jsonscan_skipping s = {.at = from};

    while (!s.stopped && text.n - s.at >= JSONSCAN_BLOCK)
        jsonscan_skip_block(&s, text.p + s.at, jsonscan_look(text.p + s.at, 0));
    if (!s.stopped && s.at < text.n) {
        struct jsonscan_masks b = jsonscan_look(text.p + text.n - JSONSCAN_BLOCK, 0);
        size_t n_before = JSONSCAN_BLOCK - (text.n - s.at);
        b.quote >>= n_before;
        b.backslash >>= n_before;
        b.mark >>= n_before;
        jsonscan_skip_block(&s, text.p + s.at, b);
    }
    return s.end;
}

#endif
