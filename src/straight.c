#include "ctlock/straight.h"

#include "ctlock/jsonscan.h"

/* The values of a record depend on one another only through where they end, so time goes by
 * waiting for the end of each string before the next one can be looked at. To wait for the names as
 * well would double that: instead the name that followed last time is compared with what is there,
 * and its length is known without looking. */

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

#else

static inline uint32_t stops_at(const char *p)
{
    uint32_t stops = 0;

    for (unsigned i = 0; i < STEP_NBYTES; i++)
        stops |= (uint32_t)(p[i] == '"' || p[i] == '\\') << i;
    return stops;
}

#endif

/* The first quotation mark or backslash from p on, or end. Text of a step's length stands before
 * end. */
static inline const char *find_stop(const char *p, const char *end)
{
    for (; end - p >= STEP_NBYTES; p += STEP_NBYTES) {
        uint32_t stops = stops_at(p);
        if (stops)
            return p + __builtin_ctz(stops);
    }
    if (p == end)
        return end;
    uint32_t stops = stops_at(end - STEP_NBYTES) >> (STEP_NBYTES - (end - p));
    return stops ? p + __builtin_ctz(stops) : end;
}

/* Behind the name at p and its colon, or NULL. */
static const char *read_name(const char *p, struct str text, enum field_object object,
                             enum field *field)
{
    const char *end = text.p + text.n;

    if (p == end || *p != '"')
        return NULL;
    p = find_stop(p + 1, end);
    if (end - p < 3 || p[0] != '"' || p[1] != ':')
        return NULL;
    *field = fieldname_before(text.p, (size_t)(p - text.p), object);
    return p + 2;
}

/* Behind the number or word at p, or NULL if it does not end as it should. */
static const char *skip_scalar(const char *p, const char *end)
{
    const char *begin = p;

    while (p < end && ((*p >= '0' && *p <= '9') || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z') ||
                       *p == '-' || *p == '+' || *p == '.'))
        p++;
    return p > begin && p < end && (*p == ',' || *p == '}') ? p : NULL;
}

/* Behind the value at p, or NULL. */
static inline const char *skip_value(const char *p, const char *end, enum simd simd)
{
    if (*p == '"') {
        p = find_stop(p + 1, end);
        return p < end && *p == '"' ? p + 1 : NULL;
    }
    if (*p == '{' || *p == '[') {
        size_t n = jsonscan_skip((struct str){p, (size_t)(end - p)}, simd);
        return n ? p + n : NULL;
    }
    return skip_scalar(p, end);
}

/* Behind the name at p and its colon, or NULL. *field, if it has one, follows *last, and becomes
 * that. */
static inline const char *step_name(struct straight *s, const char *p, struct str text,
                                    enum field_object object, enum field *last, enum field *field)
{
    enum field likely = (enum field)s->likely[*last];
    const struct fieldname *name = &fieldname_table[likely];

    if (likely != FIELD_NONE && name->object == object &&
        (size_t)(text.p + text.n - p) > name->n + 3U && fieldname_stands_at(name, p) &&
        p[name->n + 2] == ':') {
        *field = *last = likely;
        return p + name->n + 3;
    }
    p = read_name(p, text, object, field);
    if (p != NULL && *field != FIELD_NONE) {
        s->likely[*last] = (uint8_t)*field;
        *last = *field;
    }
    return p;
}

bool straight_read(struct straight *s, struct fields *out, struct str text,
                   enum field_object object, enum simd simd)
{
    const char *p = text.p + 1, *end = text.p + text.n;
    enum field_object outer[N_OBJECTS]; /* each is entered once */
    size_t depth = 0;
    enum field field, last = FIELD_NONE;

    if (text.n < STEP_NBYTES)
        return false;
    memset(out, 0, sizeof *out);
    while (p < end) {
        if (*p == '}') {
            if (depth == 0)
                return true;
            object = outer[--depth];
            p++;
        } else {
            const char *value = step_name(s, p, text, object, &last, &field);
            if (value == NULL || value == end)
                return false;
            bool is_first = field != FIELD_NONE && out->value[field].p == NULL;
            if (is_first)
                out->value[field].p = value;
            if (is_first && *value == '{' && fieldname_table[field].inside) {
                outer[depth++] = object;
                object = (enum field_object)fieldname_table[field].inside;
                p = value + 1;
                continue;
            }
            p = skip_value(value, end, simd);
            if (p == NULL)
                return false;
            if (is_first)
                out->value[field].n = (size_t)(p - value);
        }
        if (p < end && *p == ',')
            p++;
        else if (p < end && *p != '}')
            return false;
    }
    return false;
}
