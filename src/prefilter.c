#include "ctlock/prefilter.h"

#include "bits.h"
#include "ctlock/byte.h"
#include "ctlock/changename.h"
#include "ctlock/jsonscan.h"

#include <stddef.h>
#include <stdint.h>

/* Pairs of ASCII characters to look for, at most one for each low half of a first character:
 * first[c % 16] == c and second[c % 16] follows. The first entry, if unused, holds 1, which no
 * character of that low half is. */
struct pairs {
    uint8_t first[16];
    uint8_t second[16];
};

/* `\u`, which can hide anything; the middle of `"eventName"`; and what each session name begins
 * with, or what each session ARN holds. */
static const struct pairs instance_pairs = {
    .first = {[0] = 1, ['i' % 16] = 'i', ['t' % 16] = 't', ['\\' % 16] = '\\'},
    .second = {['i' % 16] = '-', ['t' % 16] = 'N', ['\\' % 16] = 'u'},
};
static const struct pairs session_pairs = {
    .first = {[0] = 1, ['-' % 16] = '-', ['t' % 16] = 't', ['\\' % 16] = '\\'},
    .second = {['-' % 16] = 'r', ['t' % 16] = 'N', ['\\' % 16] = 'u'},
};
/* In `"eventTime"` and `"@timestamp"`. */
static const struct pairs time_pairs = {
    .first = {['@' % 16] = '@', ['t' % 16] = 't'},
    .second = {['@' % 16] = 't', ['t' % 16] = 'T'},
};

/* Each engine finds the first pair that begins at from or behind it: its offset, or text.n. */

static size_t find_portable(struct str text, size_t from, const struct pairs *pairs)
{
    for (; from + 1 < text.n; from++) {
        unsigned char c = (unsigned char)text.p[from];
        if (pairs->first[c % 16] == c && pairs->second[c % 16] == (unsigned char)text.p[from + 1])
            return from;
    }
    return text.n;
}

#if defined(__x86_64__)

#define AVX2 __attribute__((target("avx2,bmi")))
#define AVX512 __attribute__((target("avx2,bmi,avx512f,avx512bw")))
#define INLINE static inline __attribute__((always_inline))

/* The pairs that begin in 64 bytes; reads one more. */
typedef uint64_t look_fn(const char *p, const struct pairs *pairs);

/* An engine from its look, which is no call once this is inlined. */
INLINE size_t find_by(look_fn *look, struct str text, size_t from, const struct pairs *pairs)
{
    uint64_t hits;

    if (text.n < 65)
        return find_portable(text, from, pairs);
    size_t last = text.n - 65;
    for (; from <= last; from += 64) {
        hits = look(text.p + from, pairs);
        if (hits)
            return from + (size_t)__builtin_ctzll(hits);
    }
    hits = from - last < 64 ? look(text.p + last, pairs) >> (from - last) : 0;
    return hits ? from + (size_t)__builtin_ctzll(hits) : text.n;
}

AVX2 INLINE __m256i hits_avx2(const char *p, const struct pairs *pairs)
{
    __m256i first = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)pairs->first));
    __m256i second = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)pairs->second));
    __m256i v = _mm256_loadu_si256((const __m256i *)p);
    __m256i next = _mm256_loadu_si256((const __m256i *)(p + 1));

    return _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(first, v), v),
                            _mm256_cmpeq_epi8(_mm256_shuffle_epi8(second, v), next));
}

AVX2 INLINE uint64_t look_avx2(const char *p, const struct pairs *pairs)
{
    __m256i low = hits_avx2(p, pairs), high = hits_avx2(p + 32, pairs);

    if (_mm256_testz_si256(_mm256_or_si256(low, high), _mm256_set1_epi8(-1)))
        return 0;
    return bits_of_avx2(low, high);
}

AVX2 static size_t find_avx2(struct str text, size_t from, const struct pairs *pairs)
{
    return find_by(look_avx2, text, from, pairs);
}

AVX512 INLINE uint64_t look_avx512(const char *p, const struct pairs *pairs)
{
    __m512i first = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)pairs->first));
    __m512i second = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)pairs->second));
    __m512i v = _mm512_loadu_si512(p);
    __m512i next = _mm512_loadu_si512(p + 1);

    return _mm512_mask_cmpeq_epi8_mask(_mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(first, v), v),
                                       _mm512_shuffle_epi8(second, v), next);
}

AVX512 static size_t find_avx512(struct str text, size_t from, const struct pairs *pairs)
{
    return find_by(look_avx512, text, from, pairs);
}

#elif defined(__aarch64__)

static size_t find_neon(struct str text, size_t from, const struct pairs *pairs)
{
    const uint8x16_t first = vld1q_u8(pairs->first), second = vld1q_u8(pairs->second);
    const uint8x16_t low_half = vdupq_n_u8(0x0F);

    for (; from + 17 <= text.n; from += 16) {
        uint8x16_t v = vld1q_u8((const uint8_t *)text.p + from);
        uint8x16_t next = vld1q_u8((const uint8_t *)text.p + from + 1);
        uint8x16_t low = vandq_u8(v, low_half);
        uint8x16_t hits =
            vandq_u8(vceqq_u8(vqtbl1q_u8(first, low), v), vceqq_u8(vqtbl1q_u8(second, low), next));
        /* Four bits for each byte. */
        uint64_t bits =
            vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(hits), 4)), 0);
        if (bits)
            return from + (size_t)__builtin_ctzll(bits) / 4;
    }
    return find_portable(text, from, pairs);
}

#endif

static size_t find_pair(struct str text, size_t from, const struct pairs *pairs, enum simd simd)
{
    switch (simd) {
#if defined(__x86_64__)
    case SIMD_AVX2:
        return find_avx2(text, from, pairs);
    case SIMD_AVX512:
        return find_avx512(text, from, pairs);
#elif defined(__aarch64__)
    case SIMD_NEON:
        return find_neon(text, from, pairs);
#endif
    default:
        return find_portable(text, from, pairs);
    }
}

/* True if word stands in text so that its byte number offset is at at. */
static inline bool stands_at(struct str text, size_t at, struct str word, size_t offset)
{
    return at >= offset && text.n - (at - offset) >= word.n &&
           memcmp(text.p + at - offset, word.p, word.n) == 0;
}

static size_t skip_space(struct str rec, size_t at)
{
    while (at < rec.n && byte_is_json_space(rec.p[at]))
        at++;
    return at;
}

/* Where the string begins that is the value of an `"eventName"` whose `N` is at at + 1; 0 if there
 * is none. */
static size_t event_name_at(struct str rec, size_t at)
{
    if (stands_at(rec, at, STR("\"eventName\":\""), 5))
        return at + 8;
    if (!stands_at(rec, at, STR("\"eventName\""), 5))
        return 0;
    at = skip_space(rec, at + 6);
    if (at == rec.n || rec.p[at] != ':')
        return 0;
    at = skip_space(rec, at + 1);
    return at < rec.n && rec.p[at] == '"' ? at + 1 : 0;
}

/* This string; absent if there is none or it is longer than any that matters. */
static struct str event_name(struct str rec, size_t at)
{
    enum { LONGEST = 29 };

    at = event_name_at(rec, at);
    if (at == 0)
        return (struct str){0};
    size_t room = rec.n - at < LONGEST + 1 ? rec.n - at : LONGEST + 1;
    const char *end = memchr(rec.p + at, '"', room);
    return end ? (struct str){rec.p + at, (size_t)(end - rec.p) - at} : (struct str){0};
}

bool prefilter_may_matter(struct str rec, bool any_session, enum simd simd, size_t *name_at)
{
    const struct pairs *pairs = any_session ? &session_pairs : &instance_pairs;
    bool has_session_name = any_session, has_assume_role = false;

    simd = simd_choose(simd);
    *name_at = 0;
    for (size_t at = 0; (at = find_pair(rec, at, pairs, simd)) < rec.n; at++) {
        switch (rec.p[at]) {
        case '\\':
            return true;
        case '-':
            if (stands_at(rec, at, STR("assumed-role"), 7))
                return true;
            break;
        case 'i':
            if (at > 0 && rec.p[at - 1] == '/')
                return true;
            has_session_name = has_session_name || (at > 0 && rec.p[at - 1] == '"');
            break;
        default: {
            struct str name = event_name(rec, at);
            if (name.p == NULL)
                break;
            *name_at = at;
            if (changename_is(name))
                return true;
            has_assume_role = has_assume_role || str_eq(name, STR("AssumeRole"));
        }
        }
        if (has_session_name && has_assume_role)
            return true;
    }
    return false;
}

/* One of the two time names stands so that its pair begins at from or behind it. */
static bool has_time_from(struct str rec, size_t from, enum simd simd)
{
    for (size_t at = from; (at = find_pair(rec, at, &time_pairs, simd)) < rec.n; at++)
        if (stands_at(rec, at, STR("\"eventTime\""), 5) ||
            stands_at(rec, at, STR("\"@timestamp\""), 1))
            return true;
    return false;
}

bool prefilter_has_time(struct str rec, size_t near, enum simd simd)
{
    enum { USUAL_DISTANCE = 96 }; /* from the time to the name of the event */

    simd = simd_choose(simd);
    near = near > USUAL_DISTANCE ? near - USUAL_DISTANCE : 0;
    return has_time_from(rec, near, simd) || (near > 0 && has_time_from(rec, 0, simd));
}
