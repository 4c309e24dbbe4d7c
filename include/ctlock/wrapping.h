/* wrapping: what an object is that holds records and is none. */
#ifndef CTLOCK_WRAPPING_H
#define CTLOCK_WRAPPING_H

#include "ctlock/simd.h"
#include "ctlock/str.h"

/* Which known form the object is, and how its records are taken out of it: a constant; NULL where
 * it is none. text begins with its `{`. The form is told by the names of its own members and how
 * their values begin; the first that tells one counts. The filters take the records out wherever
 * such objects stand: one after another, in an array, or in a `{"Records":[...]}` document. Nesting
 * of any depth needs no stack. mem has jsonscan_mem_nbytes(text.n) bytes (jsonscan.h), aligned for
 * uint64_t; it is not needed afterwards. Any thread.
 */
const char *wrapping_of(struct str text, void *mem, enum simd simd);

/* What a record's userIdentity is, as written, where it is no object but text that holds one, and
 * how that is undone: a constant; else NULL. Any thread. */
const char *wrapping_of_identity(struct str value);

#endif
