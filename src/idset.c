#include "ctlock/idset.h"

#include <stdlib.h>

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

static size_t home(const struct idset *s, uint64_t hash)
{
    return (size_t)(hash >> 1) & (s->cap - 1);
}

static bool has(const struct idset *s, const struct event *e, uint64_t hash)
{
    if (s->n == 0 || hash == 0)
        return false;
    for (size_t i = home(s, hash); s->slot[i].hash; i = (i + 1) & (s->cap - 1))
        if (s->slot[i].hash == hash && same_name(s->slot[i].event, e, hash == e->hash.shared))
            return true;
    return false;
}

bool idset_has(const struct idset *s, const struct event *e)
{
    return has(s, e, e->hash.own) || has(s, e, e->hash.shared);
}

static void put(struct idset *s, uint64_t hash, const struct event *e)
{
    if (hash == 0)
        return;
    size_t i = home(s, hash);
    while (s->slot[i].hash)
        i = (i + 1) & (s->cap - 1);
    s->slot[i] = (struct id_slot){hash, e};
    s->n++;
}

static bool grow(struct idset *s)
{
    struct idset bigger = {.cap = s->cap ? s->cap * 2 : 1024};
    bigger.slot = calloc(bigger.cap, sizeof *bigger.slot);
    if (!bigger.slot)
        return false;
    for (size_t i = 0; i < s->cap; i++)
        put(&bigger, s->slot[i].hash, s->slot[i].event);
    free(s->slot);
    s->slot = bigger.slot;
    s->n = bigger.n;
    s->cap = bigger.cap;
    return true;
}

bool idset_add(struct idset *s, const struct event *e)
{
    if ((s->n + 2) * 2 > s->cap && !grow(s))
        return false;
    put(s, e->hash.own, e);
    put(s, e->hash.shared, e);
    return true;
}

/* Close the gap at i, so that probing still finds what lies behind it. */
static void close_gap(struct idset *s, size_t i)
{
    size_t mask = s->cap - 1;
    for (size_t j = (i + 1) & mask; s->slot[j].hash; j = (j + 1) & mask) {
        if (((j - home(s, s->slot[j].hash)) & mask) < ((j - i) & mask))
            continue;
        s->slot[i] = s->slot[j];
        i = j;
    }
    s->slot[i] = (struct id_slot){0};
}

static void take(struct idset *s, uint64_t hash, const struct event *e)
{
    if (hash == 0)
        return;
    size_t i = home(s, hash);
    while (s->slot[i].event != e || s->slot[i].hash != hash)
        i = (i + 1) & (s->cap - 1);
    s->n--;
    close_gap(s, i);
}

void idset_remove(struct idset *s, const struct event *e)
{
    take(s, e->hash.own, e);
    take(s, e->hash.shared, e);
}

void idset_soon(const struct idset *s, const struct event *e)
{
    if (s->cap == 0)
        return;
    if (e->hash.own)
        __builtin_prefetch(&s->slot[home(s, e->hash.own)]);
    if (e->hash.shared)
        __builtin_prefetch(&s->slot[home(s, e->hash.shared)]);
}

void idset_free(struct idset *s)
{
    free(s->slot);
    s->slot = NULL;
    s->cap = s->n = 0;
}
