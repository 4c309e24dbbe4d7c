#include "ctlock/stateevent.h"

#include "ctlock/idset.h"
#include "ctlock/session.h"
#include "ctlock/source.h"

/* In the order of a line, which is not that of an event. */
static const struct {
    enum event_field field;
    const char *name;
} fields[EVENT_NFIELDS] = {
    {EF_EVENT_ID, "eventID"},
    {EF_SHARED_EVENT_ID, "sharedEventID"},
    {EF_EVENT_SOURCE, "eventSource"},
    {EF_EVENT_NAME, "eventName"},
    {EF_REGION, "awsRegion"},
    {EF_SOURCE, "sourceIPAddress"},
    {EF_USER_AGENT, "userAgent"},
    {EF_ERROR_CODE, "errorCode"},
    {EF_PARTITION, "partition"},
    {EF_ACCOUNT, "account"},
    {EF_ROLE, "role"},
    {EF_SESSION, "session"},
    {EF_ACCESS_KEY_ID, "accessKeyId"},
    {EF_INVOKED_BY, "invokedBy"},
    {EF_VPC_ENDPOINT_ID, "vpcEndpointId"},
    {EF_VPC_ENDPOINT_ACCOUNT, "vpcEndpointAccountId"},
    {EF_EC2_ROLE_DELIVERY, "ec2RoleDelivery"},
    {EF_ISSUED_TO, "credentialsIssuedTo"},
    {EF_AUTH_METHOD, "AuthenticationMethod"},
    {EF_RECIPIENT_ACCOUNT, "recipientAccountId"},
    {EF_REQUEST, "requestParameters"},
    {EF_RESPONSE, "responseElements"},
    {EF_SERVICE_DETAILS, "serviceEventDetails"},
};

static const struct {
    uint8_t role;
    const char *name;
} roles[] = {{EVENT_CHANGE, "change"}, {EVENT_ISSUE, "issue"}, {EVENT_CALL, "call"}};

static const char *const place_names[] = {
    [ORDER_WINDOW] = "window", [ORDER_AHEAD] = "ahead", [ORDER_SPENT] = "judged"};
enum { N_PLACES = sizeof place_names / sizeof place_names[0] };

/* Of a spent event only what tells a copy is of use. */
static void write_names(const struct event *e, struct buf *out)
{
    for (size_t i = 0; i < EVENT_NFIELDS; i++)
        if (idset_is_name(e, fields[i].field))
            stateline_text(out, fields[i].name, event_str(e, fields[i].field));
}

static void write_all(const struct event *e, struct str file, struct buf *out)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        stateline_flag(out, roles[i].name, e->roles & roles[i].role);
    stateline_time(out, "creation", e->creation_s);
    stateline_time(out, "expiration", e->expiration_s);
    stateline_flag(out, "console", e->flags & EVENT_FROM_CONSOLE);
    stateline_text(out, "file", file);
    stateline_number(out, "offset", (int64_t)e->offset);
    for (size_t i = 0; i < EVENT_NFIELDS; i++)
        stateline_text(out, fields[i].name, event_str(e, fields[i].field));
}

void stateevent_write(const struct event *e, enum order_place where, struct str file,
                      struct buf *out)
{
    stateline_begin(out, STATEEVENT_TYPE);
    stateline_text(out, "is", str_of(place_names[where]));
    stateline_number(out, "time", e->time_s);
    if (where == ORDER_SPENT)
        write_names(e, out);
    else
        write_all(e, file, out);
    stateline_end(out);
}

static enum order_place read_place(struct stateline *l)
{
    struct str text = stateline_read_text(l, "is");
    for (int i = 0; i < N_PLACES; i++)
        if (str_eq(text, str_of(place_names[i])))
            return (enum order_place)i;
    stateline_reject(l, "not an event");
    return ORDER_WINDOW;
}

static void read_head(struct stateline *l, enum order_place where, struct event *e,
                      struct str *file)
{
    int64_t offset = 0;
    e->time_s = stateline_read_time(l, "time");
    if (e->time_s == TIME_NONE)
        stateline_reject(l, "not an event");
    if (where == ORDER_SPENT)
        return;
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (stateline_read_flag(l, roles[i].name))
            e->roles |= roles[i].role;
    e->creation_s = stateline_read_time(l, "creation");
    e->expiration_s = stateline_read_time(l, "expiration");
    e->flags = stateline_read_flag(l, "console") ? EVENT_FROM_CONSOLE : 0;
    *file = stateline_read_text(l, "file");
    if (!stateline_read_number(l, "offset", &offset) || offset < 0 || !file->p || e->roles == 0)
        stateline_reject(l, "not an event");
    e->offset = (uint64_t)offset;
}

/* The texts; the bytes that they have together. */
static size_t read_texts(struct stateline *l, struct str text[EVENT_NFIELDS])
{
    size_t nbytes = 0;
    for (size_t i = 0; i < EVENT_NFIELDS; i++) {
        struct str one = stateline_read_text(l, fields[i].name);
        text[fields[i].field] = one;
        nbytes += one.n;
    }
    return nbytes;
}

/* Put the event together in the memory of a buffer; NULL when memory ran out. */
static struct event *make(const struct event *head, const struct str text[EVENT_NFIELDS],
                          size_t text_nbytes, struct buf *memory)
{
    size_t nbytes = event_nbytes(text_nbytes);
    buf_clear(memory);
    if (!buf_reserve(memory, nbytes))
        return NULL;
    memory->n = nbytes;
    struct event *e = (struct event *)(void *)memory->p;
    memset(memory->p + nbytes - 8, 0, 8); /* what is behind the texts */
    *e = *head;
    e->nbytes = (uint32_t)nbytes;
    for (int f = 0; f < EVENT_NFIELDS; f++)
        event_add(e, (enum event_field)f, text[f]);
    return e;
}

/* As the extractor makes them, a session has all its parts, and a call or an issue has one. */
static bool is_whole(const struct event *e)
{
    bool has_session = event_str(e, EF_SESSION).n > 0;
    static const enum event_field parts[] = {EF_PARTITION, EF_ACCOUNT, EF_ROLE};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if ((event_str(e, parts[i]).n > 0) != has_session)
            return false;
    return has_session || !(e->roles & (EVENT_CALL | EVENT_ISSUE));
}

bool stateevent_read(struct stateline *l, struct buf *event, enum order_place *where,
                     struct str *file)
{
    struct event e = {.creation_s = TIME_NONE, .expiration_s = TIME_NONE};
    *file = (struct str){0};
    *where = read_place(l);
    read_head(l, *where, &e, file);
    if (l->line.n > UINT32_MAX / 2)
        stateline_reject(l, "too long");
    if (l->why)
        return true;
    struct str text[EVENT_NFIELDS];
    size_t text_nbytes = read_texts(l, text);
    struct event *made = make(&e, text, text_nbytes, event);
    if (!made)
        return false;
    if (!is_whole(made))
        stateline_reject(l, "not an event");
    made->instance_session = session_is_instance(event_str(made, EF_SESSION));
    made->source = source_classify(event_str(made, EF_SOURCE), event_str(made, EF_VPC_ENDPOINT_ID));
    return true;
}
