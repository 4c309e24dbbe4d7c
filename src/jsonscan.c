#include "ctlock/jsonscan.h"

#define JSONSCAN_TARGET
#define JSONSCAN_PREFIX_XOR bits_prefix_xor

#include "jsonscan_blocks.h"

JSONSCAN_TARGET static JSONSCAN_INLINE struct jsonscan_masks jsonscan_look(const char *p,
                                                                           char colon)
{
    struct jsonscan_masks b = {0};

    for (unsigned i = 0; i < JSONSCAN_BLOCK; i++) {
        unsigned char c = (unsigned char)p[i], d = c | 0x20;
        b.quote |= (uint64_t)(c == '"') << i;
        b.backslash |= (uint64_t)(c == '\\') << i;
        b.mark |= (uint64_t)(d == '{' || d == '}' || (d == ':' && colon)) << i;
    }
    return b;
}

JSONSCAN_TARGET static JSONSCAN_INLINE void jsonscan_put(struct jsonscan_indexing *s, uint64_t mark)
{
    jsonscan_put_each(s, mark);
}

/* Apart, so that nothing is saved on the stack for them on the way to the other engines. */
static __attribute__((noinline)) struct jsonscan_indexing
index_portable(struct jsonscan_indexing s, const char *p, size_t n_blocks)
{
    return jsonscan_index_blocks(s, p, n_blocks);
}

static __attribute__((noinline)) size_t skip_portable(struct str text, size_t from)
{
    return jsonscan_skip_blocks(text, from);
}

static struct jsonscan_indexing index_with(enum simd simd, struct jsonscan_indexing s,
                                           const char *p, size_t n_blocks)
{
    switch (simd) {
#if defined(__x86_64__)
    case SIMD_AVX2:
        return jsonscan_index_avx2(s, p, n_blocks);
    case SIMD_AVX512:
        return jsonscan_index_avx512(s, p, n_blocks);
#elif defined(__aarch64__)
    case SIMD_NEON:
        return jsonscan_index_neon(s, p, n_blocks);
#endif
    default:
        return index_portable(s, p, n_blocks);
    }
}

static size_t skip_with(enum simd simd, struct str text, size_t from)
{
    switch (simd) {
#if defined(__x86_64__)
    case SIMD_AVX2:
        return jsonscan_skip_avx2(text, from);
    case SIMD_AVX512:
        return jsonscan_skip_avx512(text, from);
#elif defined(__aarch64__)
    case SIMD_NEON:
        return jsonscan_skip_neon(text, from);
#endif
    default:
        return skip_portable(text, from);
    }
}

/* The bytes behind the last whole block, filled up with spaces. */
static const char *last_block(struct str text, char block[JSONSCAN_BLOCK])
{
    size_t n = text.n % JSONSCAN_BLOCK;

    memset(block, ' ', JSONSCAN_BLOCK);
    memcpy(block, text.p + text.n - n, n);
    return block;
}

/* Words of quote bits for n bytes: one in front, one for each block, two behind. */
static size_t n_words(size_t n)
{
    return 1 + (n + JSONSCAN_BLOCK - 1) / JSONSCAN_BLOCK + 2;
}

size_t jsonscan_mem_nbytes(size_t n)
{
    return n_words(n) * sizeof(uint64_t) + (n + JSONSCAN_SPARE_MARKS) * sizeof(uint32_t);
}

void jsonscan_index(struct jsonscan *j, struct str text, void *mem, enum simd simd)
{
    uint64_t *words = mem;
    uint32_t *marks = (uint32_t *)(words + n_words(text.n));
    struct jsonscan_indexing s = {.quote = words + 1, .mark = marks};

    simd = simd_choose(simd);
    words[0] = 0;
    s = index_with(simd, s, text.p, text.n / JSONSCAN_BLOCK);
    if (text.n % JSONSCAN_BLOCK) {
        char block[JSONSCAN_BLOCK];
        s = index_with(simd, s, last_block(text, block), 1);
    }
    s.quote[0] = s.quote[1] = 0;
    *j = (struct jsonscan){text, words + 1, marks, (size_t)(s.mark - marks), s.backslash != 0};
}

/* Apart, so that the usual way needs no block on the stack. */
static __attribute__((noinline)) size_t skip_short(struct str text, size_t from, enum simd simd)
{
    char block[JSONSCAN_BLOCK];
    struct str filled = {last_block(text, block), sizeof block};

    return skip_with(simd, filled, from);
}

size_t jsonscan_skip(struct str text, size_t from, enum simd simd)
{
    simd = simd_choose(simd);
    return text.n >= JSONSCAN_BLOCK ? skip_with(simd, text, from) : skip_short(text, from, simd);
}

size_t jsonscan_close(const struct jsonscan *j, size_t mark)
{
    const char *p = j->text.p;
    size_t depth = 0;

    for (; mark < j->n_marks; mark++) {
        char c = p[j->mark[mark]];
        if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
        if (depth == 0)
            break;
    }
    return mark;
}

static bool ends_scalar(char c)
{
    return byte_is_json_space(c) || c == ',' || c == ':' || c == '"' || (c | 0x20) == '{' ||
           (c | 0x20) == '}';
}

struct str jsonscan_value(const struct jsonscan *j, size_t mark)
{
    size_t at = jsonscan_value_at(j, mark), end = at;
    const char *p = j->text.p;

    if (at == j->text.n)
        return (struct str){0};
    if (p[at] == '"') {
        end = jsonscan_string_end(j, at);
        return end < j->text.n ? (struct str){p + at, end + 1 - at} : (struct str){0};
    }
    if (p[at] == '{' || p[at] == '[') {
        mark = jsonscan_close(j, mark + 1);
        return mark < j->n_marks ? (struct str){p + at, j->mark[mark] + 1 - at} : (struct str){0};
    }
    while (end < j->text.n && !ends_scalar(p[end]))
        end++;
    return end > at ? (struct str){p + at, end - at} : (struct str){0};
}
