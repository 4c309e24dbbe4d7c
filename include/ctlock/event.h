/* event: what one relevant record says, as plain data. The one type that crosses stages. */
#ifndef CTLOCK_EVENT_H
#define CTLOCK_EVENT_H

#include "ctlock/session.h"
#include "ctlock/source.h"
#include "ctlock/str.h"
#include "ctlock/timestamp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What makes a record relevant; DETECTION section 1. A record can be a call and an address change
 * at once (an instance that moves addresses); an issue is never a call. */
enum event_role {
    EVENT_CHANGE = 1, /* an address change, DETECTION section 4 */
    EVENT_ISSUE = 2,
    EVENT_CALL = 4
};

enum event_flag {
    EVENT_FROM_CONSOLE = 1, /* sessionCredentialFromConsole is true or "true" */
    EVENT_LATE = 2          /* set by order: older than the newest event minus the window */
};

/* Text fields. A JSON string is decoded (escapes resolved); a number or a boolean is its literal
 * text; null, an object or an array counts as absent. Their texts stand in this order: first what
 * most calls are judged by, so that it lies in few cache lines. */
enum event_field {
    /* The session (DETECTION section 1): of a call, from userIdentity.arn; of an issue, from
     * requestParameters.roleArn and .roleSessionName. Absent in a change that is no call. */
    EF_PARTITION,
    EF_ACCOUNT,
    EF_ROLE, /* without path */
    EF_SESSION,
    EF_EVENT_SOURCE,
    EF_EVENT_NAME,
    EF_REGION,     /* awsRegion */
    EF_INVOKED_BY, /* userIdentity.invokedBy */
    EF_VPC_ENDPOINT_ID,
    EF_VPC_ENDPOINT_ACCOUNT,
    EF_AUTH_METHOD, /* additionalEventData.AuthenticationMethod */
    EF_EVENT_ID,
    EF_SHARED_EVENT_ID,
    EF_SOURCE, /* sourceIPAddress, as the record spells it */
    EF_USER_AGENT,
    EF_ERROR_CODE,
    EF_ACCESS_KEY_ID,     /* userIdentity.accessKeyId; of an issue, the one that it gave out */
    EF_EC2_ROLE_DELIVERY, /* userIdentity.sessionContext.ec2RoleDelivery */
    EF_ISSUED_TO,         /* userIdentity.inScopeOf.credentialsIssuedTo */
    EF_RECIPIENT_ACCOUNT, /* recipientAccountId */
    /* Of a change only: the raw JSON text of these values, whatever their type. */
    EF_REQUEST,         /* requestParameters */
    EF_RESPONSE,        /* responseElements */
    EF_SERVICE_DETAILS, /* serviceEventDetails */
    EVENT_NFIELDS
};

/* What the window and the table look an event up by; see event_hash. */
struct event_hashes {
    uint64_t instance; /* of the session's name */
    uint64_t session;
    uint64_t own, shared; /* of its eventID; of its sharedEventID and session */
};

/* Bit of an event's file: the number is of a name that the state keeps, not of an input. */
#define EVENT_FILE_OF_STATE UINT32_C(0x80000000)

/* One block of memory of nbytes bytes, the text behind the header, so that memcpy copies it and a
 * file can hold it. Aligned like int64_t. Immutable once made, but for seq, hash, file and
 * EVENT_LATE. What most calls are judged by stands first. */
struct event {
    uint32_t nbytes;       /* header and text, a multiple of 8 */
    uint8_t roles;         /* of enum event_role */
    uint8_t flags;         /* of enum event_flag */
    bool instance_session; /* EF_SESSION is `i-` and 8 or more letters or digits */
    uint8_t reserved;      /* 0 */
    int64_t time_s;        /* eventTime, else @timestamp; never TIME_NONE */
    struct event_hashes hash;
    uint64_t seq;         /* input order over all inputs, from 0 */
    uint32_t file;        /* number of the input, or with EVENT_FILE_OF_STATE of a name there */
    uint32_t fields;      /* bit EF_X: the record has it */
    struct source source; /* EF_SOURCE, classified */
    uint8_t reserved_too; /* 0 */
    uint32_t end[EVENT_NFIELDS]; /* of each text, absent ones too, counted from the first byte */
    int64_t creation_s;          /* sessionContext.attributes.creationDate, or TIME_NONE */
    int64_t expiration_s; /* of an issue: responseElements.credentials.expiration, or TIME_NONE */
    uint64_t offset;      /* of the record in its input, in bytes of inflated text */
};

static inline bool event_has(const struct event *e, enum event_field f)
{
    return e->fields >> f & 1;
}

/* A text field; p is NULL where it is absent. Valid as long as the event. */
static inline struct str event_str(const struct event *e, enum event_field f)
{
    uint32_t begin = f > 0 ? e->end[f - 1] : 0;
    return event_has(e, f) ? (struct str){(const char *)(e + 1) + begin, e->end[f] - begin}
                           : (struct str){0};
}

/* The session of an event; its parts are absent where it has none, and valid as long as it. */
static inline struct session_parts event_session(const struct event *e)
{
    return (struct session_parts){.partition = event_str(e, EF_PARTITION),
                                  .account = event_str(e, EF_ACCOUNT),
                                  .role = event_str(e, EF_ROLE),
                                  .session = event_str(e, EF_SESSION)};
}

/* The bytes of an event whose texts have so many bytes together. */
static inline size_t event_nbytes(size_t text_nbytes)
{
    return sizeof(struct event) + (text_nbytes + 7) / 8 * 8;
}

/* Make an event: give it each field, absent or not, in their order. There is room for the text. */
static inline void event_add(struct event *e, enum event_field f, struct str text)
{
    uint32_t begin = f > 0 ? e->end[f - 1] : 0;
    e->fields |= (uint32_t)(text.p != NULL) << f;
    e->end[f] = begin + (uint32_t)text.n;
    if (text.p)
        memcpy((char *)(e + 1) + begin, text.p, text.n);
}

#define EVENT_BEHIND(member) (offsetof(struct event, member) + sizeof((struct event *)0)->member)
_Static_assert(EVENT_BEHIND(source) == offsetof(struct event, reserved_too) &&
                   EVENT_BEHIND(reserved_too) == offsetof(struct event, end) &&
                   EVENT_BEHIND(end) == offsetof(struct event, creation_s) &&
                   EVENT_BEHIND(offset) == sizeof(struct event),
               "each byte is a member's, so that events that say the same are the same bytes");
#undef EVENT_BEHIND

/* eventSource and eventName are these. */
static inline bool event_is(const struct event *e, struct str source, struct str name)
{
    return str_eq(event_str(e, EF_EVENT_NAME), name) &&
           str_eq(event_str(e, EF_EVENT_SOURCE), source);
}

#endif
