/* array: memory that doubles. */
#ifndef CTLOCK_ARRAY_H
#define CTLOCK_ARRAY_H

#include <stddef.h>

/* Room for at least one more element of elem_nbytes, not 0, in an array that has room for *cap and
 * is full: p, or NULL where *cap is 0, is given up for the result, which is the caller's to free,
 * and *cap becomes twice as many (8 at first). NULL when memory ran out or no size_t holds so many
 * bytes: then p is still the caller's and *cap as it was. The new elements have no value yet. Any
 * thread. */
void *array_grow(void *p, size_t *cap, size_t elem_nbytes);

#endif
