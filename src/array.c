#include "ctlock/array.h"

#include <stdint.h>
#include <stdlib.h>

void *array_grow(void *p, size_t *cap, size_t elem_nbytes)
{
    enum { FIRST = 8 };
    size_t half = *cap ? *cap : FIRST / 2;
    if (half > SIZE_MAX / 2 / elem_nbytes)
        return NULL;
    void *more = realloc(p, 2 * half * elem_nbytes);
    if (more)
        *cap = 2 * half;
    return more;
}
