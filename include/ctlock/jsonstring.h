/* jsonstring: what a JSON string means. */
#ifndef CTLOCK_JSONSTRING_H
#define CTLOCK_JSONSTRING_H

#include "ctlock/str.h"

#include <stddef.h>

/* Resolve the escapes of a string, raw being what stands between its quotation marks. Writes at
 * most raw.n bytes to out and returns how many. A surrogate without its other half becomes U+FFFD;
 * an escape that JSON does not have stays as written. Any thread. */
size_t jsonstring_decode(struct str raw, char *out);

#endif
