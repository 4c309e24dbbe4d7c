/* wordset: a set of 64-bit words by their upper halves. */
#ifndef CTLOCK_WORDSET_H
#define CTLOCK_WORDSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WORDSET_PARTS_LOG2 = 6, WORDSET_PARTS = 1 << WORDSET_PARTS_LOG2 };

/* Words near their homes, in the order of probing. At least one is 0, which is free. */
struct wordset_part {
    uint64_t *word;
    uint32_t n, cap;
};

/* Zeroed is empty. The upper half of a word must be evenly spread; many words may share one. Grows
 * part by part and in small steps, so that it takes little more than it needs at any time: 10 to 14
 * bytes a word. One thread at a time. */
struct wordset {
    struct wordset_part part[WORDSET_PARTS];
};

/* Put in a word that is not 0 and not there. False when memory ran out: nothing changed. */
bool wordset_add(struct wordset *s, uint64_t word);

/* Take out a word; false if it was not there. */
bool wordset_remove(struct wordset *s, uint64_t word);
void wordset_free(struct wordset *s);

static inline const struct wordset_part *wordset_part_of(const struct wordset *s, uint32_t upper)
{
    return &s->part[upper >> (32 - WORDSET_PARTS_LOG2)];
}

/* Where probing for it begins; 0 in a part without memory. */
static inline size_t wordset_home(const struct wordset_part *p, uint32_t upper)
{
    return (size_t)((uint64_t)(upper << WORDSET_PARTS_LOG2) * p->cap >> 32);
}

/* A walk over the words with one upper half, among which others may be: wordset_next gives one
 * after the other, 0 after the last. Valid until the set changes. */
struct wordset_walk {
    const struct wordset_part *part;
    size_t at;
};

static inline struct wordset_walk wordset_walk(const struct wordset *s, uint32_t upper)
{
    const struct wordset_part *p = wordset_part_of(s, upper);
    return (struct wordset_walk){p, wordset_home(p, upper)};
}

static inline uint64_t wordset_next(struct wordset_walk *w)
{
    if (w->part->cap == 0)
        return 0;
    uint64_t word = w->part->word[w->at];
    w->at = w->at + 1 < w->part->cap ? w->at + 1 : 0;
    return word;
}

#endif
