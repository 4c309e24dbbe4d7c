/* magic: what begins with no JSON, as its first bytes tell. */
#ifndef CTLOCK_MAGIC_H
#define CTLOCK_MAGIC_H

#include <stdbool.h>
#include <stddef.h>

/* What the text is that begins with the nbytes at p, which is no JSON: a constant, for a message.
 * NULL where more bytes would tell; never with at_end, when there are no more. Any thread. */
const char *magic_tell(const char *p, size_t nbytes, bool at_end);

#endif
