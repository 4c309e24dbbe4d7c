/* changename: the events that change addresses or instances; DETECTION section 4. */
#ifndef CTLOCK_CHANGENAME_H
#define CTLOCK_CHANGENAME_H

#include "ctlock/str.h"

#include <stdbool.h>

enum change_kind {
    CHANGE_NONE,
    CHANGE_ALLOCATE,
    CHANGE_RELEASE,
    CHANGE_ASSOCIATE,
    CHANGE_DISASSOCIATE,
    CHANGE_RUN,
    CHANGE_CREATE_INTERFACE,
    CHANGE_ATTACH,
    CHANGE_DETACH,
    CHANGE_DELETE_INTERFACE,
    CHANGE_ASSIGN,
    CHANGE_UNASSIGN,
    /* From here on, lists tell all. */
    CHANGE_CREATE_NAT,
    CHANGE_ASSOCIATE_NAT,
    CHANGE_DISASSOCIATE_NAT,
    CHANGE_DELETE_NAT,
    CHANGE_START,
    CHANGE_STOP,
    CHANGE_TERMINATE
};

/* The kind of an eventName, CHANGE_NONE for all that is not in the table of section 4. Any thread.
 */
enum change_kind changename_kind(struct str event_name);

static inline bool changename_is(struct str event_name)
{
    return changename_kind(event_name) != CHANGE_NONE;
}

#endif
