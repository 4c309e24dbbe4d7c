#include "ctlock/coverage.h"

#include <stdlib.h>

/* There are some dozens of places in a trail: their ends tell them apart well enough. */
static size_t bucket_of(struct str account, struct str region)
{
    size_t h = region.n;
    for (size_t i = 0; i < 4 && i < account.n; i++)
        h = h * 31 + (unsigned char)account.p[account.n - 1 - i];
    for (size_t i = 0; i < 4 && i < region.n; i++)
        h = h * 31 + (unsigned char)region.p[region.n - 1 - i];
    for (size_t i = 0; i < 2 && i < region.n; i++)
        h = h * 31 + (unsigned char)region.p[i];
    return h % 256;
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
        struct coverage_place **b = &c->bucket[bucket_of(account, region)];
        for (p = *b; p && !is_place(p, account, region); p = p->next)
            ;
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
    for (size_t i = 0; i < 256; i++)
        for (struct coverage_place *p = c->bucket[i]; p; p = p->next)
            (*places)[(*n)++] = p;
    qsort(*places, *n, sizeof(struct coverage_place *), by_place);
    return true;
}

void coverage_free(struct coverage *c)
{
    for (size_t i = 0; i < 256; i++)
        for (struct coverage_place *p = c->bucket[i], *next; p; p = next) {
            next = p->next;
            free(p);
        }
    *c = (struct coverage){0};
}
