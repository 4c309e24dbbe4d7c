#include "ctlock/rowheap.h"

#include "row.h"

#include <stdlib.h>

/* Which goes first must not depend on the order in which rows came here. */
static bool is_before(const struct rowheap_item *a, const struct rowheap_item *b)
{
    if (a->expiry_s != b->expiry_s)
        return a->expiry_s < b->expiry_s;
    return row_cmp(a->row, b->row) < 0;
}

bool rowheap_push(struct rowheap *h, struct row *row, int64_t expiry_s)
{
    if (h->n == h->cap) {
        /* A large one is moved by the system's page tables, so that small steps cost little. */
        enum { SMALL = 65536 };
        size_t cap = h->cap < SMALL ? h->cap * 2 + 256 : h->cap + h->cap / 16;
        struct rowheap_item *item = realloc(h->item, cap * sizeof *item);
        if (!item)
            return false;
        h->item = item;
        h->cap = cap;
    }
    struct rowheap_item item = {expiry_s, row};
    size_t i = h->n++;
    while (i > 0 && is_before(&item, &h->item[(i - 1) / 2])) {
        h->item[i] = h->item[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    h->item[i] = item;
    return true;
}

void rowheap_pop(struct rowheap *h)
{
    struct rowheap_item last = h->item[--h->n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && is_before(&h->item[child + 1], &h->item[child]))
            child++;
        if (!is_before(&h->item[child], &last))
            break;
        h->item[i] = h->item[child];
    }
    h->item[i] = last;
}

void rowheap_free(struct rowheap *h)
{
    free(h->item);
    *h = (struct rowheap){0};
}
