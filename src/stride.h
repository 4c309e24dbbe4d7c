/* The body of the engines of straight: included by straight.c and straight_*.c, which define before
 *   STRIDE_TARGET        function attributes that let the instructions be used
 *   stride_stops(p)      bit i: p[i] is a quotation mark or a backslash, of 64 bytes
 *   stride_stands(name, p)  the name stands at p with a colon behind it; p has 32 bytes
 *
 * The parts of a record depend on one another only through where they end, so most time goes by
 * waiting for the end of one before the next can be looked at. Two guesses take away most of the
 * waiting: one of the two names that followed last time follows again, and a value that always had
 * one length has it again. A guess is looked at while the next part is read already. */
#ifndef CTLOCK_STRIDE_H
#define CTLOCK_STRIDE_H

#include "ctlock/jsonscan.h"
#include "ctlock/straight.h"

/* straight_read for each engine, for text of STRAIGHT_MIN_NBYTES or more that ends with a brace. */
enum { STRAIGHT_MIN_NBYTES = 64 };
bool straight_read_avx2(struct straight *s, struct fields *out, struct str text,
                        enum field_object object);
bool straight_read_avx512(struct straight *s, struct fields *out, struct str text,
                          enum field_object object);

/* The pieces of the loop must not be calls, which compilers else make of them. */
#define STRIDE_INLINE inline __attribute__((always_inline))

/* Bytes looked at in one step: of a value, and of a name with its quotation marks and colon. */
enum { STRIDE_BLOCK = 64, STRIDE_NAME = FIELDNAME_LONGEST + 4 };

/* For stride_stops: a byte is looked for if it is this table's entry for its low half. */
#define STRIDE_STOPS 1, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, '\\', 0, 0, 0

STRIDE_TARGET static STRIDE_INLINE uint64_t stride_stops(const char *p);
STRIDE_TARGET static STRIDE_INLINE bool stride_stands(const struct fieldname *name, const char *p);

/* Where the reader is. It stays in registers: no call takes its address. */
struct stride {
    struct straight *s;
    struct fields *out;
    uint64_t found; /* as in *out */
    unsigned n_found;
    bool whole;
    struct str text;
    const char *end;       /* of text; its last byte is a bracket, so all before it may be read */
    const char *last_name; /* where 32 bytes are left */
    enum simd simd;
    struct straight_place *last;        /* it tells the object, too */
    enum field_object object;           /* that p is in */
    enum field_object outer[N_OBJECTS]; /* each is entered once */
    size_t depth;
};

/* stride_stops of at most a block from p < end, where fewer bytes may be left. */
STRIDE_TARGET static STRIDE_INLINE uint64_t stride_stops_to(const char *p, const char *end)
{
    if (__builtin_expect(p <= end - STRIDE_BLOCK, 1))
        return stride_stops(p);
    return stride_stops(end - STRIDE_BLOCK) >> (STRIDE_BLOCK - (size_t)(end - p));
}

/* Behind the string whose opening quotation mark is at p, or NULL if there is no end without a
 * backslash before. */
STRIDE_TARGET static __attribute__((noinline)) const char *stride_string(const char *p,
                                                                         const char *end)
{
    for (p++; p < end; p += STRIDE_BLOCK) {
        uint64_t stops = stride_stops_to(p, end);
        if (stops) {
            p += __builtin_ctzll(stops);
            return *p == '"' ? p + 1 : NULL;
        }
        if (end - p < STRIDE_BLOCK)
            break;
    }
    return NULL;
}

/* The value has this length, which was not guessed: there was no guess, or another one. */
static STRIDE_INLINE void stride_remember(struct straight_place *guess, size_t nbytes)
{
    enum { SURE = 8 };
    unsigned n_same = guess->nbytes == nbytes ? guess->n_same + 1U : 0;

    guess->nbytes = (uint8_t)nbytes;
    guess->n_same = (uint8_t)n_same;
    guess->stops = n_same >= SURE ? UINT64_C(1) << nbytes | 1 : 0;
}

/* As stride_string, for a value that may be as long as the last ones of its field. */
STRIDE_TARGET static STRIDE_INLINE const char *stride_value(struct straight_place *guess,
                                                            const char *p, const char *end)
{
    uint64_t stops = stride_stops_to(p, end);

    /* Not by the bit that is found but by the length that is known, which does not have to wait for
     * the bytes. The mask is of the bits up to the one that is guessed. */
    if (__builtin_expect((stops & (2 * guess->stops - 3)) == guess->stops, 1))
        return p[guess->nbytes] == '"' ? p + guess->nbytes + 1 : NULL;
    stops &= stops - 1;
    if (stops == 0) {
        guess->stops = guess->nbytes = guess->n_same = 0;
        return stride_string(p, end);
    }
    size_t got = (size_t)__builtin_ctzll(stops);
    stride_remember(guess, got);
    return p[got] == '"' ? p + got + 1 : NULL;
}

static STRIDE_INLINE bool stride_may_follow(char c)
{
    return c == ',' || c == '}';
}

/* Behind the number or word at p, or NULL if it does not end as it should. */
static __attribute__((noinline)) const char *stride_scalar(const char *p, const char *end)
{
    const char *begin = p;

    while (p < end && ((*p >= '0' && *p <= '9') || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z') ||
                       *p == '-' || *p == '+' || *p == '.'))
        p++;
    return p > begin && p < end && stride_may_follow(*p) ? p : NULL;
}

/* The same for the words that are usual. */
static STRIDE_INLINE const char *stride_word(const char *p, const char *end)
{
    if (end - p > 5) {
        if ((memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0) && stride_may_follow(p[4]))
            return p + 4;
        if (memcmp(p, "false", 5) == 0 && stride_may_follow(p[5]))
            return p + 5;
    }
    return stride_scalar(p, end);
}

/* Behind the object or array at p, or NULL; likewise if the text ends with it, for then it is
 * broken. */
static STRIDE_INLINE const char *stride_nested(const char *p, struct str text, enum simd simd)
{
    size_t from = (size_t)(p - text.p), to = from + 2;

    if (p[1] != *p + 2) /* not {} or [] */
        to = jsonscan_skip(text, from, simd);
    return to > 0 && to < text.n ? text.p + to : NULL;
}

/* A member's field, FIELD_NONE for one that nobody knows, and what is behind its colon: NULL where
 * no member is. */
struct stride_found {
    const char *value;
    size_t field;
};

/* The member at p, which is none of the likely ones. */
STRIDE_TARGET static __attribute__((noinline)) struct stride_found
stride_learn(uint8_t likely[2], struct str text, enum field_object object, const char *p)
{
    const char *end = text.p + text.n;

    p = *p == '"' ? stride_string(p, end) : NULL;
    if (p == NULL || end - p < 2 || *p != ':')
        return (struct stride_found){NULL, FIELD_NONE};
    enum field field = fieldname_before(text.p, (size_t)(p - 1 - text.p), object);
    if (field != FIELD_NONE) {
        likely[1] = likely[0];
        likely[0] = (uint8_t)field;
    }
    return (struct stride_found){p + 1, field};
}

/* Does this name, which the object at hand has, stand at p with its colon? */
STRIDE_TARGET static STRIDE_INLINE bool stride_is_name(const struct stride *here,
                                                       const struct fieldname *name, const char *p)
{
    if (__builtin_expect(p <= here->last_name, 1))
        return stride_stands(name, p);
    return name->n > 0 && here->end - p > name->n + 3 && fieldname_stands_at(name, p) &&
           p[name->n + 2] == ':';
}

/* Leave the objects whose braces are at p. Behind the comma that follows; or NULL where none does,
 * with here->whole set if the record has ended. */
static STRIDE_INLINE const char *stride_leave(struct stride *here, const char *p)
{
    for (; p < here->end && *p == '}'; p++) {
        if (here->depth == 0) {
            here->whole = true;
            return NULL;
        }
        here->last = &here->s->place[STRAIGHT_LEFT + (unsigned)here->object];
        here->object = here->outer[--here->depth];
    }
    return p < here->end && *p == ',' ? p + 1 : NULL;
}

/* The next member, where a value ends at p; or as stride_leave. */
static STRIDE_INLINE const char *stride_next(struct stride *here, const char *p)
{
    return __builtin_expect(*p == ',', 1) ? p + 1 : stride_leave(here, p);
}

/* Go into the object at value. Its first member, or as stride_leave. */
static STRIDE_INLINE const char *stride_enter(struct stride *here, size_t field, const char *value)
{
    here->out->value[field] = (struct str){value, 0};
    here->outer[here->depth++] = here->object;
    here->object = (enum field_object)fieldname_table[field].inside;
    here->last = &here->s->place[STRAIGHT_BEGUN + (unsigned)here->object];
    return value[1] == '}' ? stride_leave(here, value + 1) : value + 1;
}

/* Behind the value that is a word, a number, an array, or an object that is not looked into. */
STRIDE_TARGET static STRIDE_INLINE const char *stride_other(const struct stride *here,
                                                            const char *value)
{
    return *value == '{' || *value == '[' ? stride_nested(value, here->text, here->simd)
                                          : stride_word(value, here->end);
}

/* Read the value of a known member. The next member, or as stride_leave. */
STRIDE_TARGET static STRIDE_INLINE const char *stride_known(struct stride *here,
                                                            struct stride_found found)
{
    const char *value = found.value, *p;
    size_t field = found.field;

    here->found |= UINT64_C(1) << field;
    here->n_found++;
    here->last = &here->s->place[field];
    if (__builtin_expect(*value == '"', 1))
        p = stride_value(here->last, value, here->end);
    else if (*value == '{' && fieldname_table[field].inside)
        return stride_enter(here, field, value);
    else
        p = stride_other(here, value);
    if (p == NULL)
        return NULL;
    here->out->value[field] = (struct str){value, (size_t)(p - value)};
    return stride_next(here, p);
}

/* Read the member at p, which is none of the likely ones, likewise. */
STRIDE_TARGET static STRIDE_INLINE const char *stride_unlikely(struct stride *here, const char *p)
{
    struct stride_found found = stride_learn(here->last->likely, here->text, here->object, p);

    if (found.value == NULL)
        return NULL;
    if (found.field != FIELD_NONE)
        return stride_known(here, found);
    p = *found.value == '"' ? stride_string(found.value, here->end)
                            : stride_other(here, found.value);
    return p ? stride_next(here, p) : NULL;
}

/* Read the member at p, likewise. */
STRIDE_TARGET static STRIDE_INLINE const char *stride_member(struct stride *here, const char *p)
{
    size_t field = here->last->likely[0];
    const struct fieldname *name = &fieldname_table[field];

    if (__builtin_expect(!stride_is_name(here, name, p), 0)) {
        field = here->last->likely[1];
        name = &fieldname_table[field];
        if (!stride_is_name(here, name, p))
            return stride_unlikely(here, p);
    }
    return stride_known(here, (struct stride_found){p + name->n + 3, field});
}

/* straight_read for one engine. */
STRIDE_TARGET static STRIDE_INLINE bool stride_read(struct straight *s, struct fields *out,
                                                    struct str text, enum field_object object,
                                                    enum simd simd)
{
    struct stride here; /* not all of it is ever used */
    here.s = s;
    here.out = out;
    here.found = 0;
    here.n_found = 0;
    here.whole = false;
    here.text = text;
    here.end = text.p + text.n;
    here.last_name = here.end - STRIDE_NAME;
    here.simd = simd;
    here.last = &s->place[STRAIGHT_BEGUN + (unsigned)object];
    here.object = object;
    here.depth = 0;

    for (const char *p = text.p[1] == '}' ? stride_leave(&here, text.p + 1) : text.p + 1;
         p != NULL;)
        p = stride_member(&here, p);
    out->found = here.found;
    out->escapes = false;
    /* Of two members of one name the first counts: too rare to have been looked for. */
    return here.whole && (unsigned)__builtin_popcountll(here.found) == here.n_found;
}

#endif
