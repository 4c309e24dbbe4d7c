#include "ctlock/straight.h"

#include "ctlock/jsonscan.h"

/* The parts of a record depend on one another only through where they end, so most time goes by
 * waiting for the end of one before the next can be looked at. Two guesses take away most of the
 * waiting: the name that followed last time follows again, and a value that always had one length
 * has it again. A guess is looked at while the next part is read already. */

enum { STEP_NBYTES = 32 };

#if defined(__SSE2__)
#include <emmintrin.h>

/* Bit i: p[i] is a quotation mark or a backslash. */
static inline uint32_t stops_at(const char *p)
{
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    __m128i v0 = _mm_loadu_si128((const __m128i *)p);
    __m128i v1 = _mm_loadu_si128((const __m128i *)(p + 16));
    __m128i s0 = _mm_or_si128(_mm_cmpeq_epi8(v0, quote), _mm_cmpeq_epi8(v0, backslash));
    __m128i s1 = _mm_or_si128(_mm_cmpeq_epi8(v1, quote), _mm_cmpeq_epi8(v1, backslash));

    return (uint32_t)_mm_movemask_epi8(s0) | (uint32_t)_mm_movemask_epi8(s1) << 16;
}

#elif defined(__aarch64__)
#include <arm_neon.h>

static inline uint32_t stops_at(const char *p)
{
    static const uint8_t weight[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t quote = vdupq_n_u8('"'), backslash = vdupq_n_u8('\\');
    uint8x16_t w = vld1q_u8(weight);
    uint8x16_t v0 = vld1q_u8((const uint8_t *)p), v1 = vld1q_u8((const uint8_t *)p + 16);
    uint8x16_t s0 = vorrq_u8(vceqq_u8(v0, quote), vceqq_u8(v0, backslash));
    uint8x16_t s1 = vorrq_u8(vceqq_u8(v1, quote), vceqq_u8(v1, backslash));
    uint8x16_t bits = vpaddq_u8(vandq_u8(s0, w), vandq_u8(s1, w));

    bits = vpaddq_u8(bits, bits);
    bits = vpaddq_u8(bits, bits);
    return vgetq_lane_u32(vreinterpretq_u32_u8(bits), 0);
}

#else

static inline uint32_t stops_at(const char *p)
{
    uint32_t stops = 0;

    for (unsigned i = 0; i < STEP_NBYTES; i++)
        stops |= (uint32_t)(p[i] == '"' || p[i] == '\\') << i;
    return stops;
}

#endif

/* Behind the string whose opening quotation mark is at p, or NULL if there is no end without a
 * backslash before. Text of a step's length stands before end. */
static inline const char *skip_string(const char *p, const char *end)
{
    uint32_t stops = 0;

    for (p++; end - p >= STEP_NBYTES; p += STEP_NBYTES) {
        stops = stops_at(p);
        if (stops)
            break;
    }
    if (stops == 0 && p < end)
        stops = stops_at(end - STEP_NBYTES) >> (STEP_NBYTES - (end - p));
    if (stops == 0)
        return NULL;
    p += __builtin_ctz(stops);
    return *p == '"' ? p + 1 : NULL;
}

/* As skip_string, for the value of a field whose strings may all have one length. */
static inline const char *skip_value(struct straight *s, enum field field, const char *p,
                                     const char *end)
{
    enum { SURE = 8 };
    size_t n = s->value_nbytes[field];

    if (s->n_same[field] >= SURE && (size_t)(end - p) > 1 + 2 * STEP_NBYTES) {
        uint64_t stops = stops_at(p + 1);
        if (n > STEP_NBYTES)
            stops |= (uint64_t)stops_at(p + 1 + STEP_NBYTES) << STEP_NBYTES;
        if (stops << (64 - n) == UINT64_C(1) << 63 && p[n] == '"')
            return p + n + 1;
    }
    const char *behind = skip_string(p, end);
    if (behind == NULL)
        return NULL;
    size_t got = (size_t)(behind - 1 - p);
    s->value_nbytes[field] = got <= 2 * STEP_NBYTES ? (uint8_t)got : 0;
    if (got != n)
        s->n_same[field] = 0;
    else if (s->n_same[field] < SURE)
        s->n_same[field]++;
    return behind;
}

/* Behind the number or word at p, or NULL if it does not end as it should. */
static const char *skip_scalar(const char *p, const char *end)
{
    const char *begin = p;

    if (end - p > 4 && (memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0))
        p += 4;
    while (p < end && ((*p >= '0' && *p <= '9') || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z') ||
                       *p == '-' || *p == '+' || *p == '.'))
        p++;
    return p > begin && p < end && (*p == ',' || *p == '}') ? p : NULL;
}

/* Behind the object or array at p, or NULL; likewise if the text ends with it, for then it is
 * broken. */
static const char *skip_nested(const char *p, struct str text, enum simd simd)
{
    size_t from = (size_t)(p - text.p), to = from + 2;

    if (p[1] != *p + 2) /* not {} or [] */
        to = jsonscan_skip(text, from, simd);
    return to > 0 && to < text.n ? text.p + to : NULL;
}

/* Where the reader is. */
struct walk {
    struct straight *s;
    struct fields *out;
    struct str text;
    const char *end; /* of text */
    enum simd simd;
    enum field last;                    /* that was seen */
    enum field_object object;           /* that p is in */
    enum field_object outer[N_OBJECTS]; /* each is entered once */
    size_t depth;
};

/* The name at p, which is not the likely one; or NULL for one that nobody knows. *value becomes
 * what is behind its colon, or NULL. */
static const struct fieldname *learn_name(const struct walk *w, const char *p, const char **value)
{
    *value = NULL;
    p = *p == '"' ? skip_string(p, w->end) : NULL;
    if (p == NULL || w->end - p < 2 || *p != ':')
        return NULL;
    *value = p + 1;
    enum field field = fieldname_before(w->text.p, (size_t)(p - 1 - w->text.p), w->object);
    if (field == FIELD_NONE)
        return NULL;
    w->s->likely[w->last] = &fieldname_table[field];
    return &fieldname_table[field];
}

/* The same, likely or not. */
static inline const struct fieldname *read_name(const struct walk *w, const char *p,
                                                const char **value)
{
    const struct fieldname *name = w->s->likely[w->last];

    if (name == NULL || name->object != w->object || w->end - p <= name->n + 3 ||
        !fieldname_stands_at(name, p) || p[name->n + 2] != ':')
        return learn_name(w, p, value);
    *value = p + name->n + 3;
    return name;
}

/* Behind the comma at p, if there is one; or NULL, if what is there can't follow a value. */
static inline const char *skip_comma(const char *p)
{
    if (*p == ',')
        return p + 1;
    return *p == '}' ? p : NULL;
}

/* Read the member at p. Behind it and its comma, or inside its object; or NULL. */
static inline const char *read_member(struct walk *w, const char *p)
{
    struct fields *out = w->out;
    const char *value;
    const struct fieldname *name = read_name(w, p, &value);

    if (value == NULL)
        return NULL;
    enum field field = name ? (enum field)name->field : FIELD_NONE;
    bool is_new = name && !fields_has(out, field);
    if (name)
        w->last = field;
    if (is_new)
        out->found |= UINT64_C(1) << field;
    if (*value == '"') {
        p = skip_value(w->s, field, value, w->end);
    } else if (*value == '{' && is_new && name->inside) {
        out->value[field] = (struct str){value, 0};
        w->outer[w->depth++] = w->object;
        w->object = (enum field_object)name->inside;
        return value + 1;
    } else if (*value == '{' || *value == '[') {
        p = skip_nested(value, w->text, w->simd);
    } else {
        p = skip_scalar(value, w->end);
    }
    if (p == NULL)
        return NULL;
    if (is_new)
        out->value[field] = (struct str){value, (size_t)(p - value)};
    return skip_comma(p);
}

bool straight_read(struct straight *s, struct fields *out, struct str text,
                   enum field_object object, enum simd simd)
{
    struct walk w = {.s = s, .out = out, .text = text, .end = text.p + text.n, .object = object};
    const char *p = text.p + 1;

    /* The last byte is a bracket, so that wherever p stands, but behind that, it may be read. */
    if (text.n < STEP_NBYTES || text.p[text.n - 1] != '}')
        return false;
    w.simd = simd_choose(simd);
    out->found = 0;
    out->escapes = false;
    while (p != NULL) {
        if (*p != '}') {
            p = read_member(&w, p);
            continue;
        }
        if (w.depth == 0)
            return true;
        w.object = w.outer[--w.depth];
        p = p + 1 < w.end ? skip_comma(p + 1) : NULL;
    }
    return false;
}
