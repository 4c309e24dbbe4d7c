#define HASH_NONFATAL_OOM 1
#include "ctlock/chains.h"

#include <stdbool.h>
#include <stdlib.h>
#include <uthash.h>

void chains_shorten(UT_hash_table *t)
{
    bool oom = false;
    if ((t->num_items - 1) / 2 >= t->num_buckets)
        HASH_EXPAND_BUCKETS(unused, t, oom); /* of uthash's own; its first argument is not used */
    (void)oom;
}

/* Fewer entries are in the cache anyway. */
enum { FEW = 1024 };

/* It may lie across two lines. */
static void fetch_handle(const UT_hash_handle *h)
{
    __builtin_prefetch(h);
    __builtin_prefetch(&h->hashv);
}

static void fetch_rest(const UT_hash_handle *h, size_t nbytes)
{
    for (size_t at = PAGES_LINE_NBYTES; at < nbytes; at += PAGES_LINE_NBYTES)
        __builtin_prefetch((const char *)h + at);
    __builtin_prefetch((const char *)h + nbytes - 1);
}

static void fetch_second(const UT_hash_handle *first, unsigned hash, size_t nbytes)
{
    if (first->hashv == hash)
        fetch_rest(first, nbytes);
    else if (first->hh_next)
        fetch_handle(first->hh_next);
}

static void fetch_if_not_first(const UT_hash_handle *h, unsigned hash, size_t nbytes)
{
    const UT_hash_handle *first = h;
    while (h && h->hashv != hash)
        h = h->hh_next;
    if (h && h != first)
        fetch_rest(h, nbytes);
}

void chains_fetch(const UT_hash_table *t, unsigned hash, size_t entry_nbytes, unsigned step)
{
    if (!t || t->num_items < FEW)
        return;
    const UT_hash_bucket *b = &t->buckets[hash & (t->num_buckets - 1)];
    if (step == 0)
        __builtin_prefetch(b);
    else if (!b->hh_head)
        return;
    else if (step == 1)
        fetch_handle(b->hh_head);
    else if (step == 2)
        fetch_second(b->hh_head, hash, entry_nbytes);
    else
        fetch_if_not_first(b->hh_head, hash, entry_nbytes);
}
