/* changename: the events that change addresses or instances; DETECTION section 4. */
#ifndef CTLOCK_CHANGENAME_H
#define CTLOCK_CHANGENAME_H

#include "ctlock/str.h"

#include <stdbool.h>

/* True for an eventName of the table of section 4. Any thread. */
bool changename_is(struct str event_name);

#endif
