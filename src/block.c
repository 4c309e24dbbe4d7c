#include "ctlock/block.h"

#include "ctlock/array.h"
#include "ctlock/batch.h"

#include <stdlib.h>

bool block_add(struct block *b, struct block_item item)
{
    if (b->n == b->cap) {
        struct block_item *more = array_grow(b->item, &b->cap, sizeof *more);
        if (!more)
            return false;
        b->item = more;
    }
    b->item[b->n++] = item;
    return true;
}

bool block_reserve(struct block *b, size_t nbytes)
{
    if (nbytes <= b->text_cap)
        return true;
    char *text = malloc(nbytes);
    if (!text)
        return false;
    free(b->text);
    b->text = text;
    b->text_cap = nbytes;
    return true;
}

size_t block_nbytes(const struct block *b)
{
    return b->text_cap + b->cap * sizeof *b->item + b->n * sizeof(struct batch_problem);
}

void block_clear(struct block *b)
{
    enum { USUAL_NBYTES = 1024 * 1024 };
    b->n = 0;
    if (block_nbytes(b) > USUAL_NBYTES) {
        free(b->text);
        free(b->item);
        *b = (struct block){0};
    }
    b->batch = NULL;
    b->next = NULL;
}

void block_free_chain(struct block *b)
{
    while (b) {
        struct block *next = b->next;
        free(b->text);
        free(b->item);
        free(b);
        b = next;
    }
}
