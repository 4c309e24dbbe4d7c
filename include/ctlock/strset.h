/* strset: a handful of short texts. */
#ifndef CTLOCK_STRSET_H
#define CTLOCK_STRSET_H

#include "ctlock/buf.h"

/* No more than this is held, lengths included: every look goes through all of it. */
enum { STRSET_MAX_NBYTES = 4096 };

/* Zeroed is empty. Each text is stored with its length in front; looked through in order. */
struct strset {
    struct buf text;
};

/* Walk: *at is 0 before the first; false after the last. Views live until the set changes. */
bool strset_next(const struct strset *s, size_t *at, struct str *out);
bool strset_has(const struct strset *s, struct str text);

/* Add it if it is new and there is room. False when memory ran out: nothing changed. */
bool strset_add(struct strset *s, struct str text);
void strset_free(struct strset *s);

#endif
