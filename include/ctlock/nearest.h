/* nearest: which known name a mistyped one may have been. */
#ifndef CTLOCK_NEAREST_H
#define CTLOCK_NEAREST_H

#include "ctlock/str.h"

#include <stddef.h>

/* The name, of n constants, that takes the fewest changed, added or missing letters (in any case)
 * from word, the first of equals; NULL where more than a third of the name would have to change. */
const char *nearest_name(struct str word, const char *const *names, size_t n);

#endif
