#include "ctlock/roles.h"

#include "ctlock/eventhash.h"

#include <stdbool.h>
#include <stdlib.h>

struct role {
    struct role *next; /* in its bucket */
    uint64_t hash;
    uint64_t uses;
    struct str partition, account, name; /* into text */
    char text[];
};

struct roles {
    struct hash_key key;
    struct role **bucket;
    size_t n_buckets; /* a power of two */
    size_t n;
};

struct roles *roles_new(struct hash_key key)
{
    struct roles *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->key = key;
    r->n_buckets = 64;
    r->bucket = calloc(r->n_buckets, sizeof(struct role *));
    if (!r->bucket) {
        free(r);
        return NULL;
    }
    return r;
}

void roles_free(struct roles *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_buckets; i++)
        for (struct role *o = r->bucket[i], *next; o; o = next) {
            next = o->next;
            free(o);
        }
    free(r->bucket);
    free(r);
}

static struct role *lookup(const struct roles *r, uint64_t hash, const struct session_parts *s)
{
    for (struct role *o = r->bucket[hash & (r->n_buckets - 1)]; o; o = o->next)
        if (o->hash == hash && str_eq(o->name, s->role) && str_eq(o->account, s->account) &&
            str_eq(o->partition, s->partition))
            return o;
    return NULL;
}

/* Longer chains are slower but right, so running out of memory here is no error. */
static void grow(struct roles *r)
{
    size_t n = r->n_buckets * 2;
    struct role **bucket = calloc(n, sizeof(struct role *));
    if (!bucket)
        return;
    for (size_t i = 0; i < r->n_buckets; i++)
        for (struct role *o = r->bucket[i], *next; o; o = next) {
            next = o->next;
            o->next = bucket[o->hash & (n - 1)];
            bucket[o->hash & (n - 1)] = o;
        }
    free(r->bucket);
    r->bucket = bucket;
    r->n_buckets = n;
}

static struct str put(char **at, struct str s)
{
    struct str copy = {*at, s.n};
    memcpy(*at, s.p, s.n);
    *at += s.n;
    return copy;
}

struct role *roles_use(struct roles *r, const struct session_parts *s)
{
    uint64_t hash = session_role_hash(r->key, s);
    struct role *o = lookup(r, hash, s);
    if (o) {
        o->uses++;
        return o;
    }
    if (r->n >= r->n_buckets)
        grow(r);
    o = calloc(1, sizeof *o + s->partition.n + s->account.n + s->role.n);
    if (!o)
        return NULL;
    char *at = o->text;
    o->hash = hash;
    o->uses = 1;
    o->partition = put(&at, s->partition);
    o->account = put(&at, s->account);
    o->name = put(&at, s->role);
    o->next = r->bucket[hash & (r->n_buckets - 1)];
    r->bucket[hash & (r->n_buckets - 1)] = o;
    r->n++;
    return o;
}

void roles_drop(struct roles *r, struct role *role)
{
    if (--role->uses > 0)
        return;
    struct role **p = &r->bucket[role->hash & (r->n_buckets - 1)];
    while (*p != role)
        p = &(*p)->next;
    *p = role->next;
    r->n--;
    free(role);
}

struct str role_partition(const struct role *role)
{
    return role->partition;
}

struct str role_account(const struct role *role)
{
    return role->account;
}

struct str role_name(const struct role *role)
{
    return role->name;
}
