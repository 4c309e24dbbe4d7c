#include "ctlock/holders.h"

#include <stdlib.h>

static uint64_t safe_name(uint64_t name)
{
    return name ? name : 1;
}

static size_t find(const struct holders *h, uint64_t name)
{
    size_t i = (size_t)name & (h->cap - 1);
    while (h->name[i] && h->name[i] != name)
        i = (i + 1) & (h->cap - 1);
    return i;
}

uint32_t holders_count(const struct holders *h, uint64_t name)
{
    if (h->n == 0)
        return 0;
    size_t i = find(h, safe_name(name));
    return h->name[i] ? h->count[i] : 0;
}

static bool grow(struct holders *h)
{
    struct holders bigger = {.n = h->n, .cap = h->cap ? h->cap * 2 : 64};
    bigger.name = calloc(bigger.cap, sizeof *bigger.name);
    bigger.count = calloc(bigger.cap, sizeof *bigger.count);
    if (!bigger.name || !bigger.count) {
        holders_free(&bigger);
        return false;
    }
    for (size_t i = 0; i < h->cap; i++)
        if (h->name[i]) {
            size_t at = find(&bigger, h->name[i]);
            bigger.name[at] = h->name[i];
            bigger.count[at] = h->count[i];
        }
    free(h->name);
    free(h->count);
    h->name = bigger.name;
    h->count = bigger.count;
    h->cap = bigger.cap;
    return true;
}

bool holders_add(struct holders *h, uint64_t name)
{
    if ((h->n + 1) * 4 > h->cap * 3 && !grow(h))
        return false;
    name = safe_name(name);
    size_t i = find(h, name);
    if (!h->name[i]) {
        h->name[i] = name;
        h->n++;
    }
    h->count[i]++;
    return true;
}

/* Close the gap at i, so that probing still finds what lies behind it. */
static void close_gap(struct holders *h, size_t i)
{
    size_t mask = h->cap - 1;
    for (size_t j = (i + 1) & mask; h->name[j]; j = (j + 1) & mask) {
        size_t home = (size_t)h->name[j] & mask;
        if (((j - home) & mask) < ((j - i) & mask))
            continue;
        h->name[i] = h->name[j];
        h->count[i] = h->count[j];
        i = j;
    }
    h->name[i] = 0;
    h->count[i] = 0;
}

void holders_drop(struct holders *h, uint64_t name)
{
    if (h->n == 0)
        return;
    size_t i = find(h, safe_name(name));
    if (!h->name[i] || --h->count[i] > 0)
        return;
    h->n--;
    close_gap(h, i);
}

void holders_free(struct holders *h)
{
    free(h->name);
    free(h->count);
    *h = (struct holders){0};
}
