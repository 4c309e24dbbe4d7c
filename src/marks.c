#include "ctlock/marks.h"

#include "ctlock/siphash.h"

#include <stdlib.h>

/* 0 marks a free slot, so a hash of 0 is filed under another name. */
static uint64_t name(uint64_t hash)
{
    return hash ? hash : 1;
}

/* Uids are hashes that anyone can compute, and so choose to be alike. The key is an address, which
 * the system draws by lot. */
static size_t find(const struct marks *m, uint64_t hash)
{
    struct hash_key key = {(uint64_t)(uintptr_t)m->slot, m->cap};
    size_t i = (size_t)siphash13(key, &hash, sizeof hash) & (m->cap - 1);
    while (m->slot[i] && m->slot[i] != hash)
        i = (i + 1) & (m->cap - 1);
    return i;
}

bool marks_has(const struct marks *m, uint64_t hash)
{
    return m->n > 0 && m->slot[find(m, name(hash))] != 0;
}

static bool grow(struct marks *m)
{
    struct marks bigger = {.cap = m->cap ? m->cap * 2 : 4};
    bigger.slot = calloc(bigger.cap, sizeof *bigger.slot);
    if (!bigger.slot)
        return false;
    for (size_t i = 0; i < m->cap; i++)
        if (m->slot[i])
            bigger.slot[find(&bigger, m->slot[i])] = m->slot[i];
    bigger.n = m->n;
    free(m->slot);
    *m = bigger;
    return true;
}

enum marks_result marks_add(struct marks *m, uint64_t hash)
{
    hash = name(hash);
    if (m->n > 0 && m->slot[find(m, hash)])
        return MARKS_SEEN;
    if ((m->n + 1) * 4 > m->cap * 3 && !grow(m))
        return MARKS_NOMEM;
    m->slot[find(m, hash)] = hash;
    m->n++;
    return MARKS_NEW;
}

bool marks_next(const struct marks *m, size_t *at, uint64_t *hash)
{
    while (*at < m->cap && !m->slot[*at])
        ++*at;
    if (*at >= m->cap)
        return false;
    *hash = m->slot[(*at)++];
    return true;
}

void marks_free(struct marks *m)
{
    free(m->slot);
    *m = (struct marks){0};
}
