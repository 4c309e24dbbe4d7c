/* made_change: address-change events made from a few JSON texts, for tests and the fuzzer. */
#ifndef MADE_CHANGE_H
#define MADE_CHANGE_H

#include "ctlock/event.h"

#include <stdlib.h>

struct made_change {
    struct str name;
    struct str request, response, details; /* raw JSON, or absent */
    int64_t time_s;
    bool late;
};

static inline struct str made_text(const struct made_change *c, enum event_field f)
{
    switch (f) {
    case EF_EVENT_SOURCE:
        return STR("ec2.amazonaws.com");
    case EF_EVENT_NAME:
        return c->name;
    case EF_REQUEST:
        return c->request;
    case EF_RESPONSE:
        return c->response;
    case EF_SERVICE_DETAILS:
        return c->details;
    default:
        return (struct str){0};
    }
}

/* One block, as event.h says; for free(). The text ends where the block does, within 7 bytes. */
static inline struct event *made_event(const struct made_change *c)
{
    size_t text_nbytes = 0;
    for (int f = 0; f < EVENT_NFIELDS; f++)
        text_nbytes += made_text(c, (enum event_field)f).n;
    size_t n = event_nbytes(text_nbytes);
    struct event *e = calloc(1, n);
    if (!e)
        abort();
    e->nbytes = (uint32_t)n;
    e->roles = EVENT_CHANGE;
    e->flags = c->late ? EVENT_LATE : 0;
    e->time_s = c->time_s;
    e->creation_s = e->expiration_s = TIME_NONE;
    for (int f = 0; f < EVENT_NFIELDS; f++)
        event_add(e, (enum event_field)f, made_text(c, (enum event_field)f));
    return e;
}

#endif
