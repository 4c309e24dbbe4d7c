/* tableview: the lock table as --table prints it. */
#ifndef CTLOCK_TABLEVIEW_H
#define CTLOCK_TABLEVIEW_H

#include "ctlock/addressbook.h"
#include "ctlock/buf.h"
#include "ctlock/locktable.h"

#include <stdbool.h>

/* Append one row: in text, a line for each lock (one with `-` where there is none); with json, one
 * object. Safe to print. */
void tableview_row(const struct locktable *t, const struct addressbook *b, struct row *r, bool json,
                   struct buf *out);

/* Append the line that names the columns of the text form. */
void tableview_head(struct buf *out);

#endif
