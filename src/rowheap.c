#include "ctlock/rowheap.h"

#include <stdlib.h>

bool rowheap_push(struct rowheap *h, struct row *row, int64_t expiry_s)
{
    if (h->n == h->cap) {
        size_t cap = h->cap ? h->cap + h->cap / 2 : 256;
        struct rowheap_item *item = realloc(h->item, cap * sizeof *item);
        if (!item)
            return false;
        h->item = item;
        h->cap = cap;
    }
    size_t i = h->n++;
    while (i > 0 && h->item[(i - 1) / 2].expiry_s > expiry_s) {
        h->item[i] = h->item[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    h->item[i] = (struct rowheap_item){expiry_s, row};
    return true;
}

void rowheap_pop(struct rowheap *h)
{
    struct rowheap_item last = h->item[--h->n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && h->item[child + 1].expiry_s < h->item[child].expiry_s)
            child++;
        if (last.expiry_s <= h->item[child].expiry_s)
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
