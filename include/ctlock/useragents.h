/* useragents: the families that are expected, as --user-agents lists them; DETECTION section 5. */
#ifndef CTLOCK_USERAGENTS_H
#define CTLOCK_USERAGENTS_H

#include "ctlock/buf.h"
#include "ctlock/str.h"

#include <stdbool.h>

struct useragents;

/* An empty list; NULL when memory ran out. */
struct useragents *useragents_new(void);
void useragents_free(struct useragents *u); /* NULL is allowed */

/* Add the families of a file: one a line, text after a tab ignored, blank lines and lines that
 * begin with `#` too. False with `FILE:LINE: why` appended (safe to print) for a line that can be
 * no family (spaces inside, a version of more than its major number), or `FILE: why` where the file
 * cannot be read; nothing is added then. Where memory ran out so far that not even that could be
 * said, why->failed is set. Not for worker threads. */
bool useragents_load(struct useragents *u, const char *path, struct buf *why);

/* The same from memory; name stands for the file in messages. text need not last. */
bool useragents_parse(struct useragents *u, const char *name, struct str text, struct buf *why);

/* True when the family is listed, or is listed without its major version (`aws-cli` covers
 * `aws-cli/2`; `aws-sdk-go+terraform` covers `aws-sdk-go/1+terraform`). Case of ASCII letters is
 * ignored. Unsafe bytes of the family are compared as text_plain writes them, so that a printed
 * list covers what it was printed from. Any thread, while none adds. */
bool useragents_has(const struct useragents *u, struct str family);

#endif
