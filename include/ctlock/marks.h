/* marks: a small set of hashes that a row remembers. */
#ifndef CTLOCK_MARKS_H
#define CTLOCK_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed is empty. Members are 64-bit hashes that are taken to be distinct for distinct things. */
struct marks {
    uint64_t *slot; /* 0 is free */
    size_t n;
    size_t cap; /* a power of two, or 0 */
};

enum marks_result { MARKS_NEW, MARKS_SEEN, MARKS_NOMEM };

/* Is the hash a member? */
bool marks_has(const struct marks *m, uint64_t hash);

/* Make the hash a member; MARKS_SEEN if it was one. MARKS_NOMEM: nothing changed. */
enum marks_result marks_add(struct marks *m, uint64_t hash);

/* Walk, in no order: *at is 0 before the first; false after the last. */
bool marks_next(const struct marks *m, size_t *at, uint64_t *hash);
void marks_free(struct marks *m);

#endif
