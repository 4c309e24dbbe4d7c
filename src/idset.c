/* The names stand in cache lines, so that a question looks at one of them, and mostly without a
 * branch that could go either way: https://engineering.fb.com/2019/04/25/developer-tools/f14/. A
 * name that finds its line full goes to the next one, and is counted in each line that it passed: a
 * search ends where none has passed. */
#include "ctlock/idset.h"

#include "ctlock/pages.h"
#include "ctlock/word.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_NAMES = 7, LEAST_LINES = 128 };

struct idset_line {
    uint8_t tag[LINE_NAMES]; /* 0 is free */
    uint8_t passed;          /* MANY_PASSED: so many or more, for good */
    const struct event *event[LINE_NAMES];
};
_Static_assert(offsetof(struct idset_line, event) == 8, "tags and passed are read as one word");

enum { MANY_PASSED = UINT8_MAX };

/* A byte that says what name of an event it is, and something of the hash. The line is found by its
 * lower bits. */
static uint8_t tag_of(uint64_t hash)
{
    return (uint8_t)(0x80 | hash >> 58 << 1 | (hash & 1));
}

static uint64_t hash_of(const struct event *e, uint8_t tag)
{
    return tag & 1 ? e->hash.own : e->hash.shared;
}

static size_t home(const struct idset *s, uint64_t hash)
{
    return (size_t)(hash >> 1) & (s->n_lines - 1);
}

/* The highest bit of each byte of a line that is this tag. */
static inline uint64_t matches(const struct idset_line *l, uint8_t tag)
{
    const uint64_t low = 0x7f * WORD_EACH_BYTE;
    uint64_t no_tag = UINT64_C(0xff) << 56;
    uint64_t other = (word_le64(l) ^ tag * WORD_EACH_BYTE) | no_tag;
    return ~(((other & low) + low) | other | low);
}

static inline unsigned first_of(uint64_t matches)
{
    return (unsigned)__builtin_ctzll(matches) / 8;
}

static bool same_name(const struct event *a, const struct event *b, bool shared)
{
    if (!shared)
        return str_eq(event_str(a, EF_EVENT_ID), event_str(b, EF_EVENT_ID));
    static const enum event_field parts[] = {EF_SHARED_EVENT_ID, EF_SESSION, EF_ROLE, EF_ACCOUNT,
                                             EF_PARTITION};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!str_eq(event_str(a, parts[i]), event_str(b, parts[i])))
            return false;
    return true;
}

/* Rarely asked, and of one that is mostly the same: kept out of the search, which is quick. */
__attribute__((noinline)) static bool is_name_of(const struct event *e, uint64_t hash, uint8_t tag,
                                                 const struct event *like)
{
    return hash_of(e, tag) == hash && same_name(e, like, !(tag & 1));
}

static bool has(const struct idset *s, const struct event *e, uint64_t hash)
{
    uint8_t tag = tag_of(hash);
    size_t i = home(s, hash), left = s->n_lines;
    do {
        const struct idset_line *l = &s->line[i];
        for (uint64_t m = matches(l, tag); m; m &= m - 1)
            if (is_name_of(l->event[first_of(m)], hash, tag, e))
                return true;
        if (l->passed == 0)
            break;
        i = (i + 1) & (s->n_lines - 1);
    } while (--left > 0);
    return false;
}

bool idset_has(const struct idset *s, const struct event *e)
{
    return s->n > 0 && ((e->hash.own && has(s, e, e->hash.own)) ||
                        (e->hash.shared && has(s, e, e->hash.shared)));
}

/* Not all is taken: idset_add keeps half of it free. */
static void put(struct idset *s, const struct event *e, uint64_t hash)
{
    size_t i = home(s, hash);
    uint64_t room;
    while (!(room = matches(&s->line[i], 0))) {
        if (s->line[i].passed < MANY_PASSED)
            s->line[i].passed++;
        i = (i + 1) & (s->n_lines - 1);
    }
    s->line[i].tag[first_of(room)] = tag_of(hash);
    s->line[i].event[first_of(room)] = e;
    s->n++;
}

static bool grow(struct idset *s)
{
    struct idset bigger = {.n_lines = s->n_lines ? s->n_lines * 2 : LEAST_LINES};
    bigger.line = pages_new(bigger.n_lines * sizeof *bigger.line);
    if (!bigger.line)
        return false;
    memset(bigger.line, 0, bigger.n_lines * sizeof *bigger.line);
    for (size_t i = 0; i < s->n_lines; i++)
        for (size_t k = 0; k < LINE_NAMES; k++)
            if (s->line[i].tag[k])
                put(&bigger, s->line[i].event[k], hash_of(s->line[i].event[k], s->line[i].tag[k]));
    free(s->line);
    *s = bigger;
    return true;
}

bool idset_add(struct idset *s, const struct event *e)
{
    if ((s->n + 2) * 2 > s->n_lines * LINE_NAMES && !grow(s))
        return false;
    if (e->hash.own)
        put(s, e, e->hash.own);
    if (e->hash.shared)
        put(s, e, e->hash.shared);
    return true;
}

/* Take out a name that is there. */
static void take(struct idset *s, const struct event *e, uint64_t hash)
{
    for (size_t i = home(s, hash);; i = (i + 1) & (s->n_lines - 1)) {
        struct idset_line *l = &s->line[i];
        for (uint64_t m = matches(l, tag_of(hash)); m; m &= m - 1)
            if (l->event[first_of(m)] == e) {
                l->tag[first_of(m)] = 0;
                s->n--;
                return;
            }
        if (l->passed < MANY_PASSED)
            l->passed--;
    }
}

void idset_remove(struct idset *s, const struct event *e)
{
    if (e->hash.own)
        take(s, e, e->hash.own);
    if (e->hash.shared)
        take(s, e, e->hash.shared);
}

void idset_soon(const struct idset *s, const struct event *e)
{
    if (s->n_lines == 0)
        return;
    if (e->hash.own)
        __builtin_prefetch(&s->line[home(s, e->hash.own)]);
    if (e->hash.shared)
        __builtin_prefetch(&s->line[home(s, e->hash.shared)]);
}

void idset_free(struct idset *s)
{
    free(s->line);
    *s = (struct idset){0};
}
