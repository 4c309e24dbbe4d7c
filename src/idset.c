#include "ctlock/idset.h"

#include <stdlib.h>

struct id_hashes idset_hash(const struct idset *s, const struct event *e)
{
    struct id_hashes h = {0};
    struct str own = event_str(e, EF_EVENT_ID), shared = event_str(e, EF_SHARED_EVENT_ID);
    /* The lowest bit is given up so that no name hashes to 0. */
    if (own.n > 0)
        h.own = siphash13(s->key, own.p, own.n) | 1;
    if (shared.n > 0 && event_has(e, EF_SESSION)) {
        /* The session only tells apart the few that share an id: mixing in its name is enough,
         * equality is decided on all parts. */
        struct str name = event_str(e, EF_SESSION);
        h.shared = (siphash13(s->key, shared.p, shared.n) ^ siphash13(s->key, name.p, name.n)) | 1;
    }
    return h;
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

static struct id_entry **bucket_of(const struct idset *s, uint64_t hash)
{
    return &s->bucket[hash >> 1 & (s->n_buckets - 1)];
}

static bool has(const struct idset *s, const struct event *e, uint64_t hash, bool shared)
{
    if (s->n == 0 || hash == 0)
        return false;
    for (const struct id_entry *i = *bucket_of(s, hash); i; i = i->next)
        if (i->hash == hash && i->shared == shared && same_name(i->event, e, shared))
            return true;
    return false;
}

bool idset_has(const struct idset *s, const struct event *e, struct id_hashes h)
{
    return has(s, e, h.own, false) || has(s, e, h.shared, true);
}

static bool grow(struct idset *s)
{
    size_t n = s->n_buckets ? s->n_buckets * 2 : 1024;
    struct id_entry **bucket = calloc(n, sizeof *bucket);
    if (!bucket)
        return false;
    for (size_t i = 0; i < s->n_buckets; i++)
        for (struct id_entry *e = s->bucket[i], *next; e; e = next) {
            struct id_entry **to = &bucket[e->hash >> 1 & (n - 1)];
            next = e->next;
            e->next = *to;
            *to = e;
        }
    free(s->bucket);
    s->bucket = bucket;
    s->n_buckets = n;
    return true;
}

static void put(struct idset *s, struct id_entry *i, const struct event *e, uint64_t hash,
                bool shared)
{
    *i = (struct id_entry){.event = e, .hash = hash, .shared = shared, .in_set = hash != 0};
    if (!hash)
        return;
    struct id_entry **b = bucket_of(s, hash);
    i->next = *b;
    *b = i;
    s->n++;
}

bool idset_add(struct idset *s, struct id_pair *pair, const struct event *e, struct id_hashes h)
{
    /* Short chains: the entries behind the first one have left the cache. */
    if (s->n * 2 + 2 > s->n_buckets && !grow(s))
        return false;
    put(s, &pair->own, e, h.own, false);
    put(s, &pair->shared, e, h.shared, true);
    return true;
}

static void take(struct idset *s, struct id_entry *i)
{
    if (!i->in_set)
        return;
    struct id_entry **p = bucket_of(s, i->hash);
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
