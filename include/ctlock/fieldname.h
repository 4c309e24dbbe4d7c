/* fieldname: the names of a record's members, and how one is recognised. */
#ifndef CTLOCK_FIELDNAME_H
#define CTLOCK_FIELDNAME_H

#include "ctlock/word.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The objects of a record that members are looked for in. */
enum field_object {
    OBJECT_RECORD,
    OBJECT_IDENTITY,    /* userIdentity */
    OBJECT_CONTEXT,     /* userIdentity.sessionContext */
    OBJECT_ATTRIBUTES,  /* userIdentity.sessionContext.attributes */
    OBJECT_SCOPE,       /* userIdentity.inScopeOf */
    OBJECT_ADDITIONAL,  /* additionalEventData */
    OBJECT_REQUEST,     /* requestParameters; only when read by itself */
    OBJECT_RESPONSE,    /* responseElements; likewise */
    OBJECT_CREDENTIALS, /* responseElements.credentials */
    N_OBJECTS
};

/* A member of one of these objects. */
enum field {
    FIELD_NONE,
    FIELD_EVENT_TIME, /* of the record */
    FIELD_TIMESTAMP,
    FIELD_EVENT_SOURCE,
    FIELD_EVENT_NAME,
    FIELD_REGION,
    FIELD_SOURCE_IP,
    FIELD_USER_AGENT,
    FIELD_ERROR_CODE,
    FIELD_EVENT_ID,
    FIELD_SHARED_EVENT_ID,
    FIELD_VPC_ENDPOINT_ID,
    FIELD_VPC_ENDPOINT_ACCOUNT,
    FIELD_RECIPIENT_ACCOUNT,
    FIELD_FROM_CONSOLE,
    FIELD_IDENTITY,
    FIELD_ADDITIONAL,
    FIELD_REQUEST,
    FIELD_RESPONSE,
    FIELD_SERVICE_DETAILS,
    FIELD_TYPE, /* of userIdentity */
    FIELD_ARN,
    FIELD_ACCESS_KEY_ID,
    FIELD_INVOKED_BY,
    FIELD_CONTEXT,
    FIELD_SCOPE,
    FIELD_EC2_ROLE_DELIVERY, /* of sessionContext */
    FIELD_ATTRIBUTES,
    FIELD_CREATION_DATE, /* of attributes */
    FIELD_ISSUED_TO,     /* of inScopeOf */
    FIELD_AUTH_METHOD,   /* of additionalEventData */
    FIELD_ROLE_ARN,      /* of requestParameters */
    FIELD_ROLE_SESSION_NAME,
    FIELD_CREDENTIALS, /* of responseElements */
    FIELD_ISSUED_KEY,  /* of credentials: accessKeyId */
    FIELD_EXPIRATION,
    /* Nobody asks for these, but nearly every record has them: to know them is to be quick. */
    FIELD_EVENT_VERSION,
    FIELD_API_VERSION,
    FIELD_REQUEST_ID,
    FIELD_READ_ONLY,
    FIELD_EVENT_TYPE,
    FIELD_MANAGEMENT_EVENT,
    FIELD_EVENT_CATEGORY,
    FIELD_TLS_DETAILS,
    FIELD_RESOURCES,
    FIELD_ERROR_MESSAGE,
    FIELD_PRINCIPAL_ID,
    FIELD_ACCOUNT_ID,
    FIELD_USER_NAME,
    FIELD_SESSION_ISSUER,
    FIELD_WEB_ID,
    FIELD_MFA,
    FIELD_SIGNATURE_VERSION,
    FIELD_CIPHER_SUITE,
    FIELD_BYTES_IN,
    FIELD_BYTES_OUT,
    FIELD_AMZ_ID_2,
    FIELD_SESSION_TOKEN,
    N_FIELDS
};

enum { FIELDNAME_LONGEST = 28 };

/* What is known of a member. In a line of the cache of its own. */
struct fieldname {
    _Alignas(64) uint32_t tail; /* the last four bytes before the closing quotation mark */
    uint32_t mask;              /* bit i is set: byte i of text counts */
    uint8_t n;                  /* length of the name */
    uint8_t field;              /* itself, of enum field */
    uint8_t object;             /* that it is a member of, of enum field_object */
    uint8_t inside; /* what an object that is its value is, of enum field_object; OBJECT_RECORD for
                       one that is not looked into */
    uint8_t next;   /* another field whose name has the same tail, or FIELD_NONE */
    char text[FIELDNAME_LONGEST + 4]; /* the name with its quotation marks, a colon, zeros */
};

/* That of FIELD_NONE is of no object; its text is a name and what can't be a value, so that nothing
 * comes of it where it is taken for a member. */
extern const struct fieldname fieldname_table[N_FIELDS];

static inline uint32_t fieldname_load4(const char *p)
{
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

/* True if the name stands at p with its quotation marks; p has n + 2 bytes. The table's names
 * have 3 letters or more, so this is a memcmp of 5 to 30 bytes that needs no call. */
static inline bool fieldname_stands_at(const struct fieldname *name, const char *p)
{
    size_t n = name->n + 2U;
    const char *text = name->text;

    if (n < 8)
        return fieldname_load4(text) == fieldname_load4(p) &&
               fieldname_load4(text + n - 4) == fieldname_load4(p + n - 4);
    if (word_le64(text) != word_le64(p) || word_le64(text + n - 8) != word_le64(p + n - 8))
        return false;
    return n <= 16 || (word_le64(text + 8) == word_le64(p + 8) &&
                       word_le64(text + n - 16) == word_le64(p + n - 16));
}

/* The field of object whose name ends with the quotation mark at end in text, and is written
 * without escapes; or FIELD_NONE. Of what stands before end only as much is read as a name needs.
 * What looks like the opening quotation mark is taken for it unless a backslash precedes it. */
enum field fieldname_before(const char *text, size_t end, enum field_object object);

#endif
