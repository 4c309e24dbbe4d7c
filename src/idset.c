#include "ctlock/idset.h"

#include <stdlib.h>

static bool named(const struct event *e, bool shared)
{
    if (shared)
        return event_str(e, EF_SHARED_EVENT_ID).n > 0 && event_has(e, EF_SESSION);
    return event_str(e, EF_EVENT_ID).n > 0;
}

static uint64_t hash_name(const struct idset *s, const struct event *e, bool shared)
{
    struct str id = event_str(e, shared ? EF_SHARED_EVENT_ID : EF_EVENT_ID);
    uint64_t h = siphash13(s->key, id.p, id.n);
    if (!shared)
        return h;
    /* The session only tells apart the few that share an id: mixing in its name is enough, equality
     * is decided on all parts. */
    struct str name = event_str(e, EF_SESSION);
    return ~h ^ siphash13(s->key, name.p, name.n);
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

static bool has(const struct idset *s, const struct event *e, bool shared)
{
    if (s->n == 0 || !named(e, shared))
        return false;
    uint64_t h = hash_name(s, e, shared);
    for (const struct id_entry *i = s->bucket[h & (s->n_buckets - 1)]; i; i = i->next)
        if (i->hash == h && i->shared == shared && same_name(i->event, e, shared))
            return true;
    return false;
}

bool idset_has(const struct idset *s, const struct event *e)
{
    return has(s, e, false) || has(s, e, true);
}

static bool grow(struct idset *s)
{
    size_t n = s->n_buckets ? s->n_buckets * 2 : 1024;
    struct id_entry **bucket = calloc(n, sizeof *bucket);
    if (!bucket)
        return false;
    for (size_t i = 0; i < s->n_buckets; i++)
        for (struct id_entry *e = s->bucket[i], *next; e; e = next) {
            next = e->next;
            e->next = bucket[e->hash & (n - 1)];
            bucket[e->hash & (n - 1)] = e;
        }
    free(s->bucket);
    s->bucket = bucket;
    s->n_buckets = n;
    return true;
}

static void put(struct idset *s, struct id_entry *i, const struct event *e, bool shared)
{
    *i = (struct id_entry){.event = e, .shared = shared};
    if (!named(e, shared))
        return;
    i->hash = hash_name(s, e, shared);
    i->in_set = true;
    struct id_entry **b = &s->bucket[i->hash & (s->n_buckets - 1)];
    i->next = *b;
    *b = i;
    s->n++;
}

bool idset_add(struct idset *s, struct id_pair *pair, const struct event *e)
{
    if (s->n + 2 > s->n_buckets && !grow(s))
        return false;
    put(s, &pair->own, e, false);
    put(s, &pair->shared, e, true);
    return true;
}

static void take(struct idset *s, struct id_entry *i)
{
    if (!i->in_set)
        return;
    struct id_entry **p = &s->bucket[i->hash & (s->n_buckets - 1)];
    while (*p != i)
        p = &(*p)->next;
    *p = i->next;
    i->in_set = false;
    s->n--;
}

void idset_remove(struct idset *s, struct id_pair *pair)
{
    take(s, &pair->own);
    take(s, &pair->shared);
}

void idset_free(struct idset *s)
{
    free(s->bucket);
    s->bucket = NULL;
    s->n_buckets = s->n = 0;
}
