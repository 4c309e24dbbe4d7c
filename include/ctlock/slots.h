/* slots: a set of 64-bit words by their upper halves. */
#ifndef CTLOCK_SLOTS_H
#define CTLOCK_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLOTS_PARTS_LOG2 = 6, SLOTS_PARTS = 1 << SLOTS_PARTS_LOG2 };

/* Words near their homes, in the order of probing. At least one is 0, which is free. */
struct slots_part {
    uint64_t *word;
    uint32_t n, cap;
};

/* Zeroed is empty. The upper half of a word must be evenly spread; many words may share one. Grows
 * part by part and in small steps, so that it takes little more than it needs at any time: 10 to 14
 * bytes a word. One thread at a time. */
struct slots {
    struct slots_part part[SLOTS_PARTS];
};

/* Put in a word that is not 0 and not there. False when memory ran out: nothing changed. */
bool slots_add(struct slots *s, uint64_t word);

/* Take out a word; false if it was not there. */
bool slots_remove(struct slots *s, uint64_t word);
void slots_free(struct slots *s);

static inline const struct slots_part *slots_part_of(const struct slots *s, uint32_t upper)
{
    return &s->part[upper >> (32 - SLOTS_PARTS_LOG2)];
}

/* Where probing for it begins; the part is not empty. */
static inline size_t slots_home(const struct slots_part *p, uint32_t upper)
{
    return (size_t)((uint64_t)(upper << SLOTS_PARTS_LOG2) * p->cap >> 32);
}

/* A walk over the words with one upper half, among which others may be: slots_next gives one after
 * the other, 0 after the last. Valid until the set changes. */
struct slots_walk {
    const struct slots_part *part;
    size_t at;
};

static inline struct slots_walk slots_walk(const struct slots *s, uint32_t upper)
{
    const struct slots_part *p = slots_part_of(s, upper);
    return (struct slots_walk){p, slots_home(p, upper)};
}

static inline uint64_t slots_next(struct slots_walk *w)
{
    if (w->part->cap == 0)
        return 0;
    uint64_t word = w->part->word[w->at];
    w->at = w->at + 1 < w->part->cap ? w->at + 1 : 0;
    return word;
}

#endif
