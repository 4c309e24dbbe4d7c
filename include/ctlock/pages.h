/* pages: memory for tables that are large and looked into at random. */
#ifndef CTLOCK_PAGES_H
#define CTLOCK_PAGES_H

#include <stddef.h>

/* A cache line, and the huge pages of most systems: with 4 KiB each, nearly every look into a large
 * table waits for the page's address, too. */
enum { PAGES_LINE_NBYTES = 64, PAGES_HUGE_NBYTES = 2 << 20 };

/* nbytes bytes, not cleared, that begin with a cache line, and for free to give back. From a huge
 * page on it is whole ones, and the system is asked for them; it may have none. NULL when memory
 * ran out. Any thread. */
void *pages_new(size_t nbytes);

#endif
