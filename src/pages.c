#define _DEFAULT_SOURCE /* madvise */
#include "ctlock/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

void *pages_new(size_t nbytes)
{
    size_t unit = nbytes < PAGES_HUGE_NBYTES ? PAGES_LINE_NBYTES : PAGES_HUGE_NBYTES;
    if (nbytes > SIZE_MAX - unit)
        return NULL;
    nbytes = (nbytes + unit - 1) / unit * unit;
    void *p = aligned_alloc(unit, nbytes);
#ifdef MADV_HUGEPAGE
    if (p && unit == PAGES_HUGE_NBYTES)
        (void)madvise(p, nbytes, MADV_HUGEPAGE); /* small ones are slower, but right */
#endif
    return p;
}
