/* staterow: a row of the lock table as a line of a state. */
#ifndef CTLOCK_STATEROW_H
#define CTLOCK_STATEROW_H

#include "ctlock/locktable.h"
#include "ctlock/stateline.h"

#include <stdbool.h>

#define STATEROW_TYPE "row"

/* Append the row's line. Out of memory shows in out->failed. */
void staterow_write(struct row *r, struct buf *out);

/* Make the row from a line whose type was read. What is wrong with the line is in l->why. False
 * when memory ran out. */
bool staterow_read(struct stateline *l, struct locktable *t);

#endif
