/* made_event: events put together from texts, for tests. */
#ifndef MADE_EVENT_H
#define MADE_EVENT_H

#include "ctlock/eventhash.h"
#include "ctlock/session.h"

#include <stdlib.h>

/* Of those who take these events. */
static const struct hash_key made_key = {1, 2};

struct made_field {
    enum event_field field;
    const char *text;
};

/* One block, as event.h says; for free(). fields ends with a NULL text. */
static inline struct event *make_event(unsigned roles, int64_t time_s,
                                       const struct made_field *fields)
{
    size_t text_nbytes = 0;
    for (const struct made_field *f = fields; f->text; f++)
        text_nbytes += strlen(f->text);
    size_t n = event_nbytes(text_nbytes);
    struct event *e = calloc(1, n);
    if (!e)
        abort();
    e->nbytes = (uint32_t)n;
    e->roles = (uint8_t)roles;
    e->time_s = time_s;
    e->creation_s = e->expiration_s = TIME_NONE;
    for (int field = 0; field < EVENT_NFIELDS; field++) {
        const char *text = NULL;
        for (const struct made_field *f = fields; f->text; f++)
            text = f->field == (enum event_field)field ? f->text : text;
        event_add(e, (enum event_field)field, str_of(text));
    }
    e->instance_session = session_is_instance(event_str(e, EF_SESSION));
    e->source = source_classify(event_str(e, EF_SOURCE), event_str(e, EF_VPC_ENDPOINT_ID));
    event_hash(made_key, e);
    return e;
}

#endif
