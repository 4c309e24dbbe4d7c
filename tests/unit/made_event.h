/* made_event: events put together from texts, for tests. */
#ifndef MADE_EVENT_H
#define MADE_EVENT_H

#include "ctlock/event.h"
#include "ctlock/session.h"

#include <stdlib.h>

struct made_field {
    enum event_field field;
    const char *text;
};

/* One block, as event.h says; for free(). fields ends with a NULL text. */
static inline struct event *make_event(unsigned roles, int64_t time_s,
                                       const struct made_field *fields)
{
    size_t n = sizeof(struct event);
    for (const struct made_field *f = fields; f->text; f++)
        n += strlen(f->text);
    n = (n + 7) / 8 * 8;
    struct event *e = calloc(1, n);
    if (!e)
        abort();
    uint32_t at = sizeof *e;
    e->nbytes = (uint32_t)n;
    e->roles = (uint8_t)roles;
    e->time_s = time_s;
    e->creation_s = e->expiration_s = TIME_NONE;
    for (const struct made_field *f = fields; f->text; f++) {
        uint32_t length = (uint32_t)strlen(f->text);
        memcpy((char *)e + at, f->text, length);
        e->field[f->field] = (struct event_span){at, length};
        at += length;
    }
    e->instance_session = session_is_instance(event_str(e, EF_SESSION));
    e->source = source_classify(event_str(e, EF_SOURCE), event_str(e, EF_VPC_ENDPOINT_ID));
    return e;
}

#endif
