#include "ctlock/wordset.h"

#include <stdlib.h>

/* A part is split off by the first bits, the home in it is its cap times the rest as a fraction, so
 * that a cap need not be a power of two. */
static uint32_t upper(uint64_t word)
{
    return (uint32_t)(word >> 32);
}

static struct wordset_part *part_of(struct wordset *s, uint64_t word)
{
    return &s->part[upper(word) >> (32 - WORDSET_PARTS_LOG2)];
}

static size_t after(const struct wordset_part *p, size_t i)
{
    return i + 1 < p->cap ? i + 1 : 0;
}

static void put(struct wordset_part *p, uint64_t word)
{
    size_t i = wordset_home(p, upper(word));
    while (p->word[i])
        i = after(p, i);
    p->word[i] = word;
    p->n++;
}

static bool grow(struct wordset_part *p)
{
    enum { LEAST = 8 };
    if (p->cap > UINT32_MAX / 2)
        return false;
    struct wordset_part bigger = {.cap = p->cap ? p->cap + p->cap / 4 : LEAST};
    bigger.word = calloc(bigger.cap, sizeof *bigger.word);
    if (!bigger.word)
        return false;
    for (size_t i = 0; i < p->cap; i++)
        if (p->word[i])
            put(&bigger, p->word[i]);
    free(p->word);
    *p = bigger;
    return true;
}

/* Three in four are taken at most: beyond that, probing gets long. */
bool wordset_add(struct wordset *s, uint64_t word)
{
    struct wordset_part *p = part_of(s, word);
    if (((uint64_t)p->n + 1) * 4 > (uint64_t)p->cap * 3 && !grow(p))
        return false;
    put(p, word);
    return true;
}

static size_t distance(const struct wordset_part *p, size_t from, size_t to)
{
    return to >= from ? to - from : to + p->cap - from;
}

/* Close the gap at i, so that probing still finds what lies behind it. */
static void close_gap(struct wordset_part *p, size_t i)
{
    for (size_t j = after(p, i); p->word[j]; j = after(p, j)) {
        size_t home = wordset_home(p, upper(p->word[j]));
        if (distance(p, home, j) < distance(p, i, j))
            continue;
        p->word[i] = p->word[j];
        i = j;
    }
    p->word[i] = 0;
}

bool wordset_remove(struct wordset *s, uint64_t word)
{
    struct wordset_part *p = part_of(s, word);
    if (p->n == 0)
        return false;
    size_t i = wordset_home(p, upper(word));
    while (p->word[i] && p->word[i] != word)
        i = after(p, i);
    if (!p->word[i])
        return false;
    p->n--;
    close_gap(p, i);
    return true;
}

void wordset_free(struct wordset *s)
{
    for (size_t i = 0; i < WORDSET_PARTS; i++)
        free(s->part[i].word);
    *s = (struct wordset){0};
}
