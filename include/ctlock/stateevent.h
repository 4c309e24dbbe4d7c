/* stateevent: an event that waits in the window as a line of a state. */
#ifndef CTLOCK_STATEEVENT_H
#define CTLOCK_STATEEVENT_H

#include "ctlock/event.h"
#include "ctlock/order.h"
#include "ctlock/stateline.h"

#include <stdbool.h>

#define STATEEVENT_TYPE "event"

/* Append the event's line, of a spent one the time and the names alone; file is the name of its
 * input. Out of memory shows in out->failed. */
void stateevent_write(const struct event *e, enum order_place where, struct str file,
                      struct buf *out);

/* Read what stands behind the type into *event, which becomes a whole event, its file, seq and the
 * hashes being the caller's to set; *file lives as long as l's line, and is absent where the event
 * is spent. The event is in the memory of *event until that is written again. False when memory ran
 * out; what is wrong with the line is in l->why. */
bool stateevent_read(struct stateline *l, struct buf *event, enum order_place *where,
                     struct str *file);

#endif
