#include "ctlock/jsonscan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define INLINE static inline __attribute__((always_inline))

/* What 64 bytes hold; bit i is byte i. */
struct masks {
    uint64_t quote;
    uint64_t backslash;
    uint64_t mark; /* { } [ ], and if asked for : and 0x1A */
};

/* An indexing between two blocks. */
struct indexing {
    uint64_t *quote;    /* the next word */
    uint32_t *mark;     /* the next mark */
    uint32_t at;        /* offset of the next block */
    uint64_t escaped;   /* 1 if a backslash escapes the next byte */
    uint64_t inside;    /* all ones if the next byte is inside a string */
    uint64_t backslash; /* not 0 if there was one */
};

/* Where a skip stands between two blocks. */
struct skip {
    size_t at;       /* offset of the next block */
    uint64_t inside; /* as above */
    size_t depth;    /* brackets open */
    size_t end;      /* behind the last bracket; 0 as long as it is not known */
    bool stopped;    /* at the last bracket, or at a backslash */
};

/* The bytes that a backslash escapes. */
INLINE uint64_t find_escaped(struct indexing *s, uint64_t backslash)
{
    uint64_t escaped = s->escaped;

    if ((backslash | escaped) == 0)
        return 0;
    s->backslash |= backslash;
    s->escaped = 0;
    for (backslash &= ~escaped; backslash;) {
        uint64_t first = backslash & (0 - backslash);
        s->escaped = first >> 63;
        escaped |= first << 1;
        backslash &= ~(first | first << 1);
    }
    return escaped;
}

/* Bit i of the result is the parity of bits 0 to i. */
INLINE uint64_t prefix_xor(uint64_t bits)
{
    for (unsigned n = 1; n < 64; n *= 2)
        bits ^= bits << n;
    return bits;
}

/* The marks outside strings; parity is prefix_xor of the quotes. */
INLINE uint64_t keep_outside(uint64_t *inside, uint64_t mark, uint64_t parity)
{
    uint64_t in_string = parity ^ *inside;

    *inside = 0 - (in_string >> 63);
    return mark & ~in_string;
}

INLINE void put_marks(struct indexing *s, uint64_t mark)
{
    for (; mark; mark &= mark - 1)
        *s->mark++ = s->at + (uint32_t)__builtin_ctzll(mark);
    s->at += 64;
}

/* Count the brackets of the block at p. */
INLINE void skip_block(struct skip *s, const char *p, struct masks b, uint64_t parity)
{
    s->stopped = b.backslash != 0;
    for (uint64_t mark = keep_outside(&s->inside, b.mark, parity); mark && !s->stopped;
         mark &= mark - 1) {
        size_t i = (size_t)__builtin_ctzll(mark);
        s->depth += (size_t)(p[i] & 2) - 1; /* bit 1 is set in opening brackets alone */
        if (s->depth == 0) {
            s->end = s->at + i + 1;
            s->stopped = true;
        }
    }
    s->at += 64;
}

/* The block without its first n bytes. */
INLINE struct masks drop_front(struct masks b, size_t n)
{
    return (struct masks){b.quote >> n, b.backslash >> n, b.mark >> n};
}

INLINE struct masks read_portable(const char *p, char colon)
{
    struct masks b = {0};

    for (unsigned i = 0; i < 64; i++) {
        unsigned char c = (unsigned char)p[i], d = c | 0x20;
        b.quote |= (uint64_t)(c == '"') << i;
        b.backslash |= (uint64_t)(c == '\\') << i;
        b.mark |= (uint64_t)(d == '{' || d == '}' || (d == ':' && colon)) << i;
    }
    return b;
}

static struct indexing index_portable(struct indexing s, const char *p, size_t n_blocks)
{
    for (; n_blocks; n_blocks--, p += 64) {
        struct masks b = read_portable(p, ':');
        *s.quote = b.quote & ~find_escaped(&s, b.backslash);
        put_marks(&s, keep_outside(&s.inside, b.mark, prefix_xor(*s.quote++)));
    }
    return s;
}

static size_t skip_portable(struct str text, size_t from)
{
    struct skip s = {.at = from};

    while (!s.stopped && text.n - s.at >= 64) {
        struct masks b = read_portable(text.p + s.at, 0);
        skip_block(&s, text.p + s.at, b, prefix_xor(b.quote));
    }
    if (!s.stopped && s.at < text.n) {
        struct masks b = read_portable(text.p + text.n - 64, 0);
        b = drop_front(b, 64 - (text.n - s.at));
        skip_block(&s, text.p + s.at, b, prefix_xor(b.quote));
    }
    return s.end;
}

/* For the vector engines: a byte is a mark if it, with bit 5 set, is this table's entry for its
 * low half. */
#define MARK_TABLE(colon) 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (colon), '{', 0, '}', 0, 0

#if defined(__x86_64__)

#define AVX2 __attribute__((target("avx2,bmi,pclmul,popcnt")))
#define AVX512 __attribute__((target("avx2,bmi,pclmul,popcnt,avx512f,avx512bw,avx512vbmi2")))

AVX2 INLINE uint64_t prefix_xor_clmul(uint64_t bits)
{
    __m128i ones = _mm_set1_epi8(-1), v = _mm_cvtsi64_si128((long long)bits);
    return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(v, ones, 0));
}

AVX2 INLINE uint64_t bits_of(__m256i low, __m256i high)
{
    uint64_t low_bits = (uint32_t)_mm256_movemask_epi8(low);
    return low_bits | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

AVX2 INLINE __m256i marks_avx2(__m256i v, char colon)
{
    __m256i table = _mm256_broadcastsi128_si256(_mm_setr_epi8(MARK_TABLE(colon)));
    __m256i entry = _mm256_shuffle_epi8(table, v);
    return _mm256_cmpeq_epi8(entry, _mm256_or_si256(v, _mm256_set1_epi8(0x20)));
}

AVX2 INLINE struct masks read_avx2(const char *p, char colon)
{
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\');
    __m256i v0 = _mm256_loadu_si256((const __m256i *)p);
    __m256i v1 = _mm256_loadu_si256((const __m256i *)(p + 32));

    return (struct masks){
        bits_of(_mm256_cmpeq_epi8(v0, quote), _mm256_cmpeq_epi8(v1, quote)),
        bits_of(_mm256_cmpeq_epi8(v0, backslash), _mm256_cmpeq_epi8(v1, backslash)),
        bits_of(marks_avx2(v0, colon), marks_avx2(v1, colon)),
    };
}

/* As put_marks, but always eight at least, which most blocks have not; there is room for what is
 * too many. */
AVX2 INLINE void put_marks_avx2(struct indexing *s, uint64_t mark)
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
    s->at += 64;
}

AVX2 static struct indexing index_avx2(struct indexing s, const char *p, size_t n_blocks)
{
    for (; n_blocks; n_blocks--, p += 64) {
        struct masks b = read_avx2(p, ':');
        *s.quote = b.quote & ~find_escaped(&s, b.backslash);
        put_marks_avx2(&s, keep_outside(&s.inside, b.mark, prefix_xor_clmul(*s.quote++)));
    }
    return s;
}

AVX2 static size_t skip_avx2(struct str text, size_t from)
{
    struct skip s = {.at = from};

    while (!s.stopped && text.n - s.at >= 64) {
        struct masks b = read_avx2(text.p + s.at, 0);
        skip_block(&s, text.p + s.at, b, prefix_xor_clmul(b.quote));
    }
    if (!s.stopped && s.at < text.n) {
        struct masks b = read_avx2(text.p + text.n - 64, 0);
        b = drop_front(b, 64 - (text.n - s.at));
        skip_block(&s, text.p + s.at, b, prefix_xor_clmul(b.quote));
    }
    return s.end;
}

AVX512 INLINE struct masks read_avx512(const char *p, char colon)
{
    __m512i table = _mm512_broadcast_i32x4(_mm_setr_epi8(MARK_TABLE(colon)));
    __m512i v = _mm512_loadu_si512(p);

    return (struct masks){
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
AVX512 INLINE void put_marks_avx512(struct indexing *s, uint64_t mark)
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
    s->at += 64;
}

AVX512 static struct indexing index_avx512(struct indexing s, const char *p, size_t n_blocks)
{
    for (; n_blocks; n_blocks--, p += 64) {
        struct masks b = read_avx512(p, ':');
        *s.quote = b.quote & ~find_escaped(&s, b.backslash);
        put_marks_avx512(&s, keep_outside(&s.inside, b.mark, prefix_xor_clmul(*s.quote++)));
    }
    return s;
}

AVX512 static size_t skip_avx512(struct str text, size_t from)
{
    struct skip s = {.at = from};

    while (!s.stopped && text.n - s.at >= 64) {
        struct masks b = read_avx512(text.p + s.at, 0);
        skip_block(&s, text.p + s.at, b, prefix_xor_clmul(b.quote));
    }
    if (!s.stopped && s.at < text.n) {
        struct masks b = read_avx512(text.p + text.n - 64, 0);
        b = drop_front(b, 64 - (text.n - s.at));
        skip_block(&s, text.p + s.at, b, prefix_xor_clmul(b.quote));
    }
    return s.end;
}

#elif defined(__aarch64__)

/* A bit for each of 64 bytes that are all ones or zero. */
INLINE uint64_t bits_of(const uint8x16_t v[4])
{
    static const uint8_t weight[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t w = vld1q_u8(weight);
    uint8x16_t a = vpaddq_u8(vandq_u8(v[0], w), vandq_u8(v[1], w));
    uint8x16_t b = vpaddq_u8(vandq_u8(v[2], w), vandq_u8(v[3], w));

    a = vpaddq_u8(a, b);
    a = vpaddq_u8(a, a);
    return vgetq_lane_u64(vreinterpretq_u64_u8(a), 0);
}

INLINE struct masks read_neon(const char *p, char colon)
{
    const uint8_t table[16] = {MARK_TABLE((uint8_t)colon)};
    uint8x16_t quote[4], backslash[4], mark[4];

    for (int i = 0; i < 4; i++) {
        uint8x16_t v = vld1q_u8((const uint8_t *)p + 16 * i);
        uint8x16_t entry = vqtbl1q_u8(vld1q_u8(table), vandq_u8(v, vdupq_n_u8(0x0F)));
        quote[i] = vceqq_u8(v, vdupq_n_u8('"'));
        backslash[i] = vceqq_u8(v, vdupq_n_u8('\\'));
        mark[i] = vceqq_u8(entry, vorrq_u8(v, vdupq_n_u8(0x20)));
    }
    return (struct masks){bits_of(quote), bits_of(backslash), bits_of(mark)};
}

static struct indexing index_neon(struct indexing s, const char *p, size_t n_blocks)
{
    for (; n_blocks; n_blocks--, p += 64) {
        struct masks b = read_neon(p, ':');
        *s.quote = b.quote & ~find_escaped(&s, b.backslash);
        put_marks(&s, keep_outside(&s.inside, b.mark, prefix_xor(*s.quote++)));
    }
    return s;
}

static size_t skip_neon(struct str text, size_t from)
{
    struct skip s = {.at = from};

    while (!s.stopped && text.n - s.at >= 64) {
        struct masks b = read_neon(text.p + s.at, 0);
        skip_block(&s, text.p + s.at, b, prefix_xor(b.quote));
    }
    if (!s.stopped && s.at < text.n) {
        struct masks b = read_neon(text.p + text.n - 64, 0);
        b = drop_front(b, 64 - (text.n - s.at));
        skip_block(&s, text.p + s.at, b, prefix_xor(b.quote));
    }
    return s.end;
}

#endif

static struct indexing index_blocks(struct indexing s, const char *p, size_t n_blocks,
                                    enum simd simd)
{
    switch (simd) {
#if defined(__x86_64__)
    case SIMD_AVX2:
        return index_avx2(s, p, n_blocks);
    case SIMD_AVX512:
        return index_avx512(s, p, n_blocks);
#elif defined(__aarch64__)
    case SIMD_NEON:
        return index_neon(s, p, n_blocks);
#endif
    default:
        return index_portable(s, p, n_blocks);
    }
}

static size_t skip_from(struct str text, size_t from, enum simd simd)
{
    switch (simd) {
#if defined(__x86_64__)
    case SIMD_AVX2:
        return skip_avx2(text, from);
    case SIMD_AVX512:
        return skip_avx512(text, from);
#elif defined(__aarch64__)
    case SIMD_NEON:
        return skip_neon(text, from);
#endif
    default:
        return skip_portable(text, from);
    }
}

/* The bytes behind the last whole block, filled up with spaces. */
static const char *last_block(struct str text, char block[64])
{
    size_t n = text.n % 64;

    memset(block, ' ', 64);
    memcpy(block, text.p + text.n - n, n);
    return block;
}

/* Words of quote bits for n bytes: one in front, one for each block, two behind. */
static size_t n_words(size_t n)
{
    return 1 + (n + 63) / 64 + 2;
}

/* An engine may write 16 marks too many. */
size_t jsonscan_mem_nbytes(size_t n)
{
    return n_words(n) * sizeof(uint64_t) + (n + 16) * sizeof(uint32_t);
}

void jsonscan_index(struct jsonscan *j, struct str text, void *mem, enum simd simd)
{
    uint64_t *words = mem;
    uint32_t *marks = (uint32_t *)(words + n_words(text.n));
    struct indexing s = {.quote = words + 1, .mark = marks};

    simd = simd_choose(simd);
    words[0] = 0;
    s = index_blocks(s, text.p, text.n / 64, simd);
    if (text.n % 64) {
        char block[64];
        s = index_blocks(s, last_block(text, block), 1, simd);
    }
    s.quote[0] = s.quote[1] = 0;
    *j = (struct jsonscan){text, words + 1, marks, (size_t)(s.mark - marks), s.backslash != 0};
}

/* Apart, so that the usual way needs no block on the stack. */
static __attribute__((noinline)) size_t skip_short(struct str text, size_t from, enum simd simd)
{
    char block[64];
    struct str filled = {last_block(text, block), sizeof block};

    return skip_from(filled, from, simd);
}

size_t jsonscan_skip(struct str text, size_t from, enum simd simd)
{
    simd = simd_choose(simd);
    return text.n >= 64 ? skip_from(text, from, simd) : skip_short(text, from, simd);
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
