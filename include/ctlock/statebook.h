/* statebook: the address book as lines of a state. Part of the address book. */
#ifndef CTLOCK_STATEBOOK_H
#define CTLOCK_STATEBOOK_H

#include "ctlock/addressbook.h"
#include "ctlock/stateline.h"

#include <stdbool.h>

/* Takes one line, line feed included. False stops the writing. */
typedef bool statebook_put(void *self, struct str line);

/* Give out the book's lines, by type, then by id. False when memory ran out or put said so. */
bool statebook_write(const struct addressbook *b, statebook_put *put, void *self);

/* Read what stands behind a line's type into a book that had none of it before. *known tells
 * whether the type is one of the book's. False when memory ran out; what is wrong with the line is
 * in l->why. Lines come as they were written. */
bool statebook_read(struct stateline *l, struct str type, struct addressbook *b, bool *known);

/* After the last line: do the lines fit one another, as far as the book relies on it? */
bool statebook_is_sound(const struct addressbook *b);

#endif
