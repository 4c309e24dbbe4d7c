#include "ctlock/coverage.h"

#include <stdlib.h>

/* Some dozens of places are common, thousands are possible; names can be chosen to collide. */
static size_t bucket_of(const struct coverage *c, struct str account, struct str region)
{
    struct hash_key key = c->key;
    uint64_t ends[2] = {0};
    if (account.n > sizeof ends)
        ends[0] = siphash13(c->key, account.p, account.n);
    else if (account.n > 0)
        memcpy(ends, account.p, account.n);
    key.k0 ^= ends[0];
    key.k1 ^= ends[1];
    return (size_t)siphash13(key, region.p, region.n) % COVERAGE_BUCKETS;
}

static bool is_place(const struct coverage_place *p, struct str account, struct str region)
{
    return str_eq(p->account, account) && str_eq(p->region, region);
}

static struct coverage_place *place_new(struct str account, struct str region)
{
    struct coverage_place *p = calloc(1, sizeof *p + account.n + region.n);
    if (!p)
        return NULL;
    char *text = (char *)(p + 1);
    if (account.n)
        memcpy(text, account.p, account.n);
    if (region.n)
        memcpy(text + account.n, region.p, region.n);
    p->account = (struct str){text, account.n};
    p->region = (struct str){text + account.n, region.n};
    return p;
}

bool coverage_add(struct coverage *c, struct str account, struct str region,
                  enum coverage_what what)
{
    struct coverage_place *p = c->last;
    if (!p || !is_place(p, account, region)) {
        struct coverage_place **b = &c->bucket[bucket_of(c, account, region)];
        for (p = *b; p && !is_place(p, account, region); p = p->next)
            ;
        if (!p && (c->n >= COVERAGE_MAX_PLACES || account.n > COVERAGE_MAX_NAME ||
                   region.n > COVERAGE_MAX_NAME)) {
            c->others[what]++;
            return true;
        }
        if (!p) {
            p = place_new(account, region);
            if (!p)
                return false;
            p->next = *b;
            *b = p;
            c->n++;
        }
        c->last = p;
    }
    p->count[what]++;
    return true;
}

static int by_place(const void *a, const void *b)
{
    const struct coverage_place *x = *(struct coverage_place *const *)a;
    const struct coverage_place *y = *(struct coverage_place *const *)b;
    int c = str_cmp(x->account, y->account);
    return c ? c : str_cmp(x->region, y->region);
}

bool coverage_sorted(const struct coverage *c, struct coverage_place ***places, size_t *n)
{
    *n = 0;
    *places = malloc((c->n + 1) * sizeof(struct coverage_place *));
    if (!*places)
        return false;
    for (size_t i = 0; i < COVERAGE_BUCKETS; i++)
        for (struct coverage_place *p = c->bucket[i]; p; p = p->next)
            (*places)[(*n)++] = p;
    qsort(*places, *n, sizeof(struct coverage_place *), by_place);
    return true;
}

void coverage_free(struct coverage *c)
{
    for (size_t i = 0; i < COVERAGE_BUCKETS; i++)
        for (struct coverage_place *p = c->bucket[i], *next; p; p = next) {
            next = p->next;
            free(p);
        }
    *c = (struct coverage){.key = c->key};
}
