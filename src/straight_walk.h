/* The body of the engines of straight: included by straight.c and straight_*.c, which define before
 *   WALK_TARGET        function attributes that let the instructions be used
 *   walk_stops(p)      bit i: p[i] is a quotation mark or a backslash, of 64 bytes
 *   walk_stands(name, p)  the name stands at p with a colon behind it; p has 32 bytes
 *
 * The parts of a record depend on one another only through where they end, so most time goes by
 * waiting for the end of one before the next can be looked at. Two guesses take away most of the
 * waiting: one of the two names that followed last time follows again, and a value that always had
 * one length has it again. A guess is looked at while the next part is read already. */
#ifndef CTLOCK_STRAIGHT_WALK_H
#define CTLOCK_STRAIGHT_WALK_H

#include "ctlock/jsonscan.h"
#include "ctlock/straight.h"

/* straight_read for each engine, for text of STRAIGHT_MIN_NBYTES or more that ends with a brace. */
enum { STRAIGHT_MIN_NBYTES = 64 };
bool straight_read_avx2(struct straight *s, struct fields *out, struct str text,
                        enum field_object object);
bool straight_read_avx512(struct straight *s, struct fields *out, struct str text,
                          enum field_object object);

/* The pieces of the loop must not be calls, which compilers else make of them. */
#define WALK_INLINE inline __attribute__((always_inline))

/* Bytes looked at in one step: of a value, and of a name with its quotation marks and colon. */
enum { WALK_BLOCK = 64, WALK_NAME = FIELDNAME_LONGEST + 4 };

/* For walk_stops: a byte is looked for if it is this table's entry for its low half. */
#define WALK_STOPS 1, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, '\\', 0, 0, 0

WALK_TARGET static WALK_INLINE uint64_t walk_stops(const char *p);
WALK_TARGET static WALK_INLINE bool walk_stands(const struct fieldname *name, const char *p);

/* Where the reader is. It stays in registers: no call takes its address. */
struct walk {
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

/* walk_stops of at most a block from p < end, where fewer bytes may be left. */
WALK_TARGET static WALK_INLINE uint64_t walk_stops_to(const char *p, const char *end)
{
    if (__builtin_expect(p <= end - WALK_BLOCK, 1))
        return walk_stops(p);
    return walk_stops(end - WALK_BLOCK) >> (WALK_BLOCK - (size_t)(end - p));
}

/* Behind the string whose opening quotation mark is at p, or NULL if there is no end without a
 * backslash before. */
WALK_TARGET static __attribute__((noinline)) const char *walk_string(const char *p, const char *end)
{
    for (p++; p < end; p += WALK_BLOCK) {
        uint64_t stops = walk_stops_to(p, end);
        if (stops) {
            p += __builtin_ctzll(stops);
            return *p == '"' ? p + 1 : NULL;
        }
        if (end - p < WALK_BLOCK)
            break;
    }
    return NULL;
}

/* The value has this length, which was not guessed: there was no guess, or another one. */
static WALK_INLINE void walk_remember(struct straight_place *guess, size_t nbytes)
{
    enum { SURE = 8 };
    unsigned n_same = guess->nbytes == nbytes ? guess->n_same + 1U : 0;

    guess->nbytes = (uint8_t)nbytes;
    guess->n_same = (uint8_t)n_same;
    guess->stops = n_same >= SURE ? UINT64_C(1) << nbytes | 1 : 0;
}

/* As walk_string, for a value that may be as long as the last ones of its field. */
WALK_TARGET static WALK_INLINE const char *walk_value(struct straight_place *guess, const char *p,
                                                      const char *end)
{
    uint64_t stops = walk_stops_to(p, end);

    /* Not by the bit that is found but by the length that is known, which does not have to wait for
     * the bytes. The mask is of the bits up to the one that is guessed. */
    if (__builtin_expect((stops & (2 * guess->stops - 3)) == guess->stops, 1))
        return p[guess->nbytes] == '"' ? p + guess->nbytes + 1 : NULL;
    stops &= stops - 1;
    if (stops == 0) {
        guess->stops = guess->nbytes = guess->n_same = 0;
        return walk_string(p, end);
    }
    size_t got = (size_t)__builtin_ctzll(stops);
    walk_remember(guess, got);
    return p[got] == '"' ? p + got + 1 : NULL;
}

static WALK_INLINE bool walk_may_follow(char c)
{
    return c == ',' || c == '}';
}

/* Behind the number or word at p, or NULL if it does not end as it should. */
static __attribute__((noinline)) const char *walk_scalar(const char *p, const char *end)
{
    const char *begin = p;

    while (p < end && ((*p >= '0' && *p <= '9') || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z') ||
                       *p == '-' || *p == '+' || *p == '.'))
        p++;
    return p > begin && p < end && walk_may_follow(*p) ? p : NULL;
}

/* The same for the words that are usual. */
static WALK_INLINE const char *walk_word(const char *p, const char *end)
{
    if (end - p > 5) {
        if ((memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0) && walk_may_follow(p[4]))
            return p + 4;
        if (memcmp(p, "false", 5) == 0 && walk_may_follow(p[5]))
            return p + 5;
    }
    return walk_scalar(p, end);
}

/* Behind the object or array at p, or NULL; likewise if the text ends with it, for then it is
 * broken. */
static WALK_INLINE const char *walk_nested(const char *p, struct str text, enum simd simd)
{
    size_t from = (size_t)(p - text.p), to = from + 2;

    if (p[1] != *p + 2) /* not {} or [] */
        to = jsonscan_skip(text, from, simd);
    return to > 0 && to < text.n ? text.p + to : NULL;
}

/* A member's field, FIELD_NONE for one that nobody knows, and what is behind its colon: NULL where
 * no member is. */
struct walk_found {
    const char *value;
    size_t field;
};

/* The member at p, which is none of the likely ones. */
WALK_TARGET static __attribute__((noinline)) struct walk_found
walk_learn(uint8_t likely[2], struct str text, enum field_object object, const char *p)
{
    const char *end = text.p + text.n;

    p = *p == '"' ? walk_string(p, end) : NULL;
    if (p == NULL || end - p < 2 || *p != ':')
        return (struct walk_found){NULL, FIELD_NONE};
    enum field field = fieldname_before(text.p, (size_t)(p - 1 - text.p), object);
    if (field != FIELD_NONE) {
        likely[1] = likely[0];
        likely[0] = (uint8_t)field;
    }
    return (struct walk_found){p + 1, field};
}

/* Does this name, which the object at hand has, stand at p with its colon? */
WALK_TARGET static WALK_INLINE bool walk_is_name(const struct walk *w, const struct fieldname *name,
                                                 const char *p)
{
    if (__builtin_expect(p <= w->last_name, 1))
        return walk_stands(name, p);
    return name->n > 0 && w->end - p > name->n + 3 && fieldname_stands_at(name, p) &&
           p[name->n + 2] == ':';
}

/* Leave the objects whose braces are at p. Behind the comma that follows; or NULL where none does,
 * with w->whole set if the record has ended. */
static WALK_INLINE const char *walk_leave(struct walk *w, const char *p)
{
    for (; p < w->end && *p == '}'; p++) {
        if (w->depth == 0) {
            w->whole = true;
            return NULL;
        }
        w->last = &w->s->place[STRAIGHT_LEFT + (unsigned)w->object];
        w->object = w->outer[--w->depth];
    }
    return p < w->end && *p == ',' ? p + 1 : NULL;
}

/* The next member, where a value ends at p; or as walk_leave. */
static WALK_INLINE const char *walk_next(struct walk *w, const char *p)
{
    return __builtin_expect(*p == ',', 1) ? p + 1 : walk_leave(w, p);
}

/* Go into the object at value. Its first member, or as walk_leave. */
static WALK_INLINE const char *walk_enter(struct walk *w, size_t field, const char *value)
{
    w->out->value[field] = (struct str){value, 0};
    w->outer[w->depth++] = w->object;
    w->object = (enum field_object)fieldname_table[field].inside;
    w->last = &w->s->place[STRAIGHT_BEGUN + (unsigned)w->object];
    return value[1] == '}' ? walk_leave(w, value + 1) : value + 1;
}

/* Behind the value that is a word, a number, an array, or an object that is not looked into. */
WALK_TARGET static WALK_INLINE const char *walk_other(const struct walk *w, const char *value)
{
    return *value == '{' || *value == '[' ? walk_nested(value, w->text, w->simd)
                                          : walk_word(value, w->end);
}

/* Read the value of a known member. The next member, or as walk_leave. */
WALK_TARGET static WALK_INLINE const char *walk_known(struct walk *w, struct walk_found found)
{
    const char *value = found.value, *p;
    size_t field = found.field;

    w->found |= UINT64_C(1) << field;
    w->n_found++;
    w->last = &w->s->place[field];
    if (__builtin_expect(*value == '"', 1))
        p = walk_value(w->last, value, w->end);
    else if (*value == '{' && fieldname_table[field].inside)
        return walk_enter(w, field, value);
    else
        p = walk_other(w, value);
    if (p == NULL)
        return NULL;
    w->out->value[field] = (struct str){value, (size_t)(p - value)};
    return walk_next(w, p);
}

/* Read the member at p, which is none of the likely ones, likewise. */
WALK_TARGET static WALK_INLINE const char *walk_unlikely(struct walk *w, const char *p)
{
    struct walk_found found = walk_learn(w->last->likely, w->text, w->object, p);

    if (found.value == NULL)
        return NULL;
    if (found.field != FIELD_NONE)
        return walk_known(w, found);
    p = *found.value == '"' ? walk_string(found.value, w->end) : walk_other(w, found.value);
    return p ? walk_next(w, p) : NULL;
}

/* Read the member at p, likewise. */
WALK_TARGET static WALK_INLINE const char *walk_member(struct walk *w, const char *p)
{
    size_t field = w->last->likely[0];
    const struct fieldname *name = &fieldname_table[field];

    if (__builtin_expect(!walk_is_name(w, name, p), 0)) {
        field = w->last->likely[1];
        name = &fieldname_table[field];
        if (!walk_is_name(w, name, p))
            return walk_unlikely(w, p);
    }
    return walk_known(w, (struct walk_found){p + name->n + 3, field});
}

/* straight_read for one engine. */
WALK_TARGET static WALK_INLINE bool walk_read(struct straight *s, struct fields *out,
                                              struct str text, enum field_object object,
                                              enum simd simd)
{
    struct walk w; /* not all of it is ever used */
    w.s = s;
    w.out = out;
    w.found = 0;
    w.n_found = 0;
    w.whole = false;
    w.text = text;
    w.end = text.p + text.n;
    w.last_name = w.end - WALK_NAME;
    w.simd = simd;
    w.last = &s->place[STRAIGHT_BEGUN + (unsigned)object];
    w.object = object;
    w.depth = 0;

    for (const char *p = text.p[1] == '}' ? walk_leave(&w, text.p + 1) : text.p + 1; p != NULL;)
        p = walk_member(&w, p);
    out->found = w.found;
    out->escapes = false;
    /* Of two members of one name the first counts: too rare to have been looked for. */
    return w.whole && (unsigned)__builtin_popcountll(w.found) == w.n_found;
}

#endif
