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

static bool is_single(const struct holders *h, uint64_t name)
{
    struct wordset_walk w = wordset_walk(&h->single, (uint32_t)(name >> 32));
    uint64_t word;
    do
        word = wordset_next(&w);
    while (word && word != name);
    return word != 0;
}

static bool is_counted(const struct holders *h, uint64_t name, size_t *at)
{
    if (h->n == 0)
        return false;
    *at = find(h, name);
    return h->name[*at] != 0;
}

uint32_t holders_count(const struct holders *h, uint64_t name)
{
    size_t at;
    name = safe_name(name);
    return is_counted(h, name, &at) ? h->count[at] : is_single(h, name);
}

static bool grow(struct holders *h)
{
    struct holders bigger = {.cap = h->cap ? h->cap * 2 : 64};
    bigger.name = calloc(bigger.cap, sizeof *bigger.name);
    bigger.count = calloc(bigger.cap, sizeof *bigger.count);
    if (!bigger.name || !bigger.count) {
        free(bigger.name);
        free(bigger.count);
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
    size_t at;
    name = safe_name(name);
    if (is_counted(h, name, &at)) {
        h->count[at]++;
        return true;
    }
    if (!is_single(h, name))
        return wordset_add(&h->single, name);
    if ((h->n + 1) * 4 > h->cap * 3 && !grow(h))
        return false;
    (void)wordset_remove(&h->single, name);
    at = find(h, name);
    h->name[at] = name;
    h->count[at] = 2;
    h->n++;
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

/* A count of one stays where it is: moving it could need memory. */
void holders_drop(struct holders *h, uint64_t name)
{
    size_t at;
    name = safe_name(name);
    if (!is_counted(h, name, &at)) {
        (void)wordset_remove(&h->single, name);
    } else if (--h->count[at] == 0) {
        h->n--;
        close_gap(h, at);
    }
}

void holders_free(struct holders *h)
{
    wordset_free(&h->single);
    free(h->name);
    free(h->count);
    *h = (struct holders){0};
}
