/* rowheap: rows of the lock table by expiry, the nearest first; of equal ones the least by row_cmp.
 */
#ifndef CTLOCK_ROWHEAP_H
#define CTLOCK_ROWHEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct row;

/* A row and the expiry that it had when it was put in: a lower bound of what it has now. */
struct rowheap_item {
    int64_t expiry_s;
    struct row *row;
};

/* Zeroed is empty. item[0], if n > 0, is the nearest. */
struct rowheap {
    struct rowheap_item *item;
    size_t n, cap;
};

/* False when memory ran out. */
bool rowheap_push(struct rowheap *h, struct row *row, int64_t expiry_s);

/* Take item[0] out; n is above 0. The memory is kept, so a push right after cannot fail. */
void rowheap_pop(struct rowheap *h);
void rowheap_free(struct rowheap *h);

#endif
