/* statebook: the address book as lines of a state. Part of the address book. */
#ifndef CTLOCK_STATEBOOK_H
#define CTLOCK_STATEBOOK_H

#include "ctlock/addressbook.h"
#include "ctlock/stateline.h"

#include <stdbool.h>

/* Takes one line, line feed included. False stops the writing. */
typedef bool statebook_put(void *self, struct str line);

/* Give out the book's lines, by type, then by id. False when memory ran out or put said so. */
bool statebook_write(struct addressbook *b, statebook_put *put, void *self);

/* The first line comes, and the clock is clock_s. */
void statebook_begin(struct addressbook *b, int64_t clock_s);

/* Read what stands behind a line's type into a book that had none of it before. *known tells
 * whether the type is one of the book's. False when memory ran out; what is wrong with the line is
 * in l->why. Lines come as they were written. */
bool statebook_read(struct stateline *l, struct str type, struct addressbook *b, bool *known);

/* The last line came. False where the lines do not fit one another, as far as the book relies on
 * it: it is of no use then. */
bool statebook_end(struct addressbook *b);

#endif
