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

static inline void made_put(struct event *e, uint32_t *at, enum event_field f, struct str text)
{
    if (!text.p)
        return;
    if (text.n)
        memcpy((char *)e + *at, text.p, text.n);
    e->field[f] = (struct event_span){*at, (uint32_t)text.n};
    *at += (uint32_t)text.n;
}

/* One block, as event.h says; for free(). The text ends where the block does, within 7 bytes. */
static inline struct event *made_event(const struct made_change *c)
{
    struct str source = STR("ec2.amazonaws.com");
    size_t n =
        sizeof(struct event) + source.n + c->name.n + c->request.n + c->response.n + c->details.n;
    n = (n + 7) / 8 * 8;
    struct event *e = calloc(1, n);
    if (!e)
        abort();
    uint32_t at = sizeof *e;
    e->nbytes = (uint32_t)n;
    e->roles = EVENT_CHANGE;
    e->flags = c->late ? EVENT_LATE : 0;
    e->time_s = c->time_s;
    e->creation_s = e->expiration_s = TIME_NONE;
    made_put(e, &at, EF_EVENT_SOURCE, source);
    made_put(e, &at, EF_EVENT_NAME, c->name);
    made_put(e, &at, EF_REQUEST, c->request);
    made_put(e, &at, EF_RESPONSE, c->response);
    made_put(e, &at, EF_SERVICE_DETAILS, c->details);
    return e;
}

#endif
