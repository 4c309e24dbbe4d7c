#include "ctlock/fieldname.h"

/* Of a name of three letters the opening quotation mark is the first byte of the tail. */
#define TAIL(a, b, c, d)                                                                           \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
/* No two tails of the table collide. */
enum { N_HASHES = 128 };
#define HASH(tail) ((uint32_t)((tail)*0xA9A729B7U) >> 25)

#define NAME(field, object, text, a, b, c, d, inside, next)                                        \
    [field] = {TAIL(a, b, c, d),                                                                   \
               (UINT32_C(1) << (sizeof(text) + 2)) - 1,                                            \
               sizeof(text) - 1,                                                                   \
               field,                                                                              \
               object,                                                                             \
               inside,                                                                             \
               next,                                                                               \
               "\"" text "\":"}
#define LEAF(field, object, text, a, b, c, d, next)                                                \
    NAME(field, object, text, a, b, c, d, OBJECT_RECORD, next)

const struct fieldname fieldname_table[N_FIELDS] = {
    [FIELD_NONE] = {.mask = 15, .object = N_OBJECTS, .text = "\"\":,"},
    LEAF(FIELD_EVENT_TIME, OBJECT_RECORD, "eventTime", 'T', 'i', 'm', 'e', 0),
    LEAF(FIELD_TIMESTAMP, OBJECT_RECORD, "@timestamp", 't', 'a', 'm', 'p', 0),
    LEAF(FIELD_EVENT_SOURCE, OBJECT_RECORD, "eventSource", 'u', 'r', 'c', 'e', 0),
    LEAF(FIELD_EVENT_NAME, OBJECT_RECORD, "eventName", 'N', 'a', 'm', 'e', FIELD_USER_NAME),
    LEAF(FIELD_REGION, OBJECT_RECORD, "awsRegion", 'g', 'i', 'o', 'n', 0),
    LEAF(FIELD_SOURCE_IP, OBJECT_RECORD, "sourceIPAddress", 'r', 'e', 's', 's', 0),
    LEAF(FIELD_USER_AGENT, OBJECT_RECORD, "userAgent", 'g', 'e', 'n', 't', 0),
    LEAF(FIELD_ERROR_CODE, OBJECT_RECORD, "errorCode", 'C', 'o', 'd', 'e', 0),
    LEAF(FIELD_EVENT_ID, OBJECT_RECORD, "eventID", 'n', 't', 'I', 'D', FIELD_SHARED_EVENT_ID),
    LEAF(FIELD_SHARED_EVENT_ID, OBJECT_RECORD, "sharedEventID", 'n', 't', 'I', 'D', 0),
    LEAF(FIELD_VPC_ENDPOINT_ID, OBJECT_RECORD, "vpcEndpointId", 'n', 't', 'I', 'd',
         FIELD_VPC_ENDPOINT_ACCOUNT),
    LEAF(FIELD_VPC_ENDPOINT_ACCOUNT, OBJECT_RECORD, "vpcEndpointAccountId", 'n', 't', 'I', 'd', 0),
    LEAF(FIELD_RECIPIENT_ACCOUNT, OBJECT_RECORD, "recipientAccountId", 'n', 't', 'I', 'd',
         FIELD_ACCOUNT_ID),
    LEAF(FIELD_FROM_CONSOLE, OBJECT_RECORD, "sessionCredentialFromConsole", 's', 'o', 'l', 'e', 0),
    NAME(FIELD_IDENTITY, OBJECT_RECORD, "userIdentity", 't', 'i', 't', 'y', OBJECT_IDENTITY, 0),
    NAME(FIELD_ADDITIONAL, OBJECT_RECORD, "additionalEventData", 'D', 'a', 't', 'a',
         OBJECT_ADDITIONAL, FIELD_WEB_ID),
    LEAF(FIELD_REQUEST, OBJECT_RECORD, "requestParameters", 't', 'e', 'r', 's', 0),
    LEAF(FIELD_RESPONSE, OBJECT_RECORD, "responseElements", 'e', 'n', 't', 's', 0),
    LEAF(FIELD_SERVICE_DETAILS, OBJECT_RECORD, "serviceEventDetails", 'a', 'i', 'l', 's', 0),
    LEAF(FIELD_TYPE, OBJECT_IDENTITY, "type", 't', 'y', 'p', 'e', 0),
    LEAF(FIELD_ARN, OBJECT_IDENTITY, "arn", '"', 'a', 'r', 'n', 0),
    LEAF(FIELD_ACCESS_KEY_ID, OBJECT_IDENTITY, "accessKeyId", 'e', 'y', 'I', 'd', FIELD_ISSUED_KEY),
    LEAF(FIELD_INVOKED_BY, OBJECT_IDENTITY, "invokedBy", 'e', 'd', 'B', 'y', 0),
    NAME(FIELD_CONTEXT, OBJECT_IDENTITY, "sessionContext", 't', 'e', 'x', 't', OBJECT_CONTEXT, 0),
    NAME(FIELD_SCOPE, OBJECT_IDENTITY, "inScopeOf", 'p', 'e', 'O', 'f', OBJECT_SCOPE, 0),
    LEAF(FIELD_EC2_ROLE_DELIVERY, OBJECT_CONTEXT, "ec2RoleDelivery", 'v', 'e', 'r', 'y', 0),
    NAME(FIELD_ATTRIBUTES, OBJECT_CONTEXT, "attributes", 'u', 't', 'e', 's', OBJECT_ATTRIBUTES, 0),
    LEAF(FIELD_CREATION_DATE, OBJECT_ATTRIBUTES, "creationDate", 'D', 'a', 't', 'e', 0),
    LEAF(FIELD_ISSUED_TO, OBJECT_SCOPE, "credentialsIssuedTo", 'e', 'd', 'T', 'o', 0),
    LEAF(FIELD_AUTH_METHOD, OBJECT_ADDITIONAL, "AuthenticationMethod", 't', 'h', 'o', 'd', 0),
    LEAF(FIELD_ROLE_ARN, OBJECT_REQUEST, "roleArn", 'e', 'A', 'r', 'n', 0),
    LEAF(FIELD_ROLE_SESSION_NAME, OBJECT_REQUEST, "roleSessionName", 'N', 'a', 'm', 'e', 0),
    NAME(FIELD_CREDENTIALS, OBJECT_RESPONSE, "credentials", 'i', 'a', 'l', 's', OBJECT_CREDENTIALS,
         0),
    LEAF(FIELD_ISSUED_KEY, OBJECT_CREDENTIALS, "accessKeyId", 'e', 'y', 'I', 'd', 0),
    LEAF(FIELD_EXPIRATION, OBJECT_CREDENTIALS, "expiration", 't', 'i', 'o', 'n', 0),
    LEAF(FIELD_EVENT_VERSION, OBJECT_RECORD, "eventVersion", 's', 'i', 'o', 'n', FIELD_API_VERSION),
    LEAF(FIELD_API_VERSION, OBJECT_RECORD, "apiVersion", 's', 'i', 'o', 'n',
         FIELD_SIGNATURE_VERSION),
    LEAF(FIELD_REQUEST_ID, OBJECT_RECORD, "requestID", 's', 't', 'I', 'D', 0),
    LEAF(FIELD_READ_ONLY, OBJECT_RECORD, "readOnly", 'O', 'n', 'l', 'y', 0),
    LEAF(FIELD_EVENT_TYPE, OBJECT_RECORD, "eventType", 'T', 'y', 'p', 'e', 0),
    LEAF(FIELD_MANAGEMENT_EVENT, OBJECT_RECORD, "managementEvent", 'v', 'e', 'n', 't', 0),
    LEAF(FIELD_EVENT_CATEGORY, OBJECT_RECORD, "eventCategory", 'g', 'o', 'r', 'y', 0),
    LEAF(FIELD_TLS_DETAILS, OBJECT_RECORD, "tlsDetails", 'a', 'i', 'l', 's', FIELD_SERVICE_DETAILS),
    LEAF(FIELD_RESOURCES, OBJECT_RECORD, "resources", 'r', 'c', 'e', 's', 0),
    LEAF(FIELD_ERROR_MESSAGE, OBJECT_RECORD, "errorMessage", 's', 'a', 'g', 'e', 0),
    LEAF(FIELD_PRINCIPAL_ID, OBJECT_IDENTITY, "principalId", 'a', 'l', 'I', 'd', 0),
    LEAF(FIELD_ACCOUNT_ID, OBJECT_IDENTITY, "accountId", 'n', 't', 'I', 'd', FIELD_VPC_ENDPOINT_ID),
    LEAF(FIELD_USER_NAME, OBJECT_IDENTITY, "userName", 'N', 'a', 'm', 'e', FIELD_ROLE_SESSION_NAME),
    LEAF(FIELD_SESSION_ISSUER, OBJECT_CONTEXT, "sessionIssuer", 's', 'u', 'e', 'r', 0),
    LEAF(FIELD_WEB_ID, OBJECT_CONTEXT, "webIdFederationData", 'D', 'a', 't', 'a', 0),
    LEAF(FIELD_MFA, OBJECT_ATTRIBUTES, "mfaAuthenticated", 'a', 't', 'e', 'd', 0),
    LEAF(FIELD_SIGNATURE_VERSION, OBJECT_ADDITIONAL, "SignatureVersion", 's', 'i', 'o', 'n', 0),
    LEAF(FIELD_CIPHER_SUITE, OBJECT_ADDITIONAL, "CipherSuite", 'u', 'i', 't', 'e', 0),
    LEAF(FIELD_BYTES_IN, OBJECT_ADDITIONAL, "bytesTransferredIn", 'e', 'd', 'I', 'n', 0),
    LEAF(FIELD_BYTES_OUT, OBJECT_ADDITIONAL, "bytesTransferredOut", 'd', 'O', 'u', 't', 0),
    LEAF(FIELD_AMZ_ID_2, OBJECT_ADDITIONAL, "x-amz-id-2", 'i', 'd', '-', '2', 0),
    LEAF(FIELD_SESSION_TOKEN, OBJECT_CREDENTIALS, "sessionToken", 'o', 'k', 'e', 'n', 0),
};

#define FIRST(field, a, b, c, d) [HASH(TAIL(a, b, c, d))] = field

static const uint8_t first_of[N_HASHES] = {
    FIRST(FIELD_EVENT_TIME, 'T', 'i', 'm', 'e'),
    FIRST(FIELD_TIMESTAMP, 't', 'a', 'm', 'p'),
    FIRST(FIELD_EVENT_SOURCE, 'u', 'r', 'c', 'e'),
    FIRST(FIELD_EVENT_NAME, 'N', 'a', 'm', 'e'),
    FIRST(FIELD_REGION, 'g', 'i', 'o', 'n'),
    FIRST(FIELD_SOURCE_IP, 'r', 'e', 's', 's'),
    FIRST(FIELD_USER_AGENT, 'g', 'e', 'n', 't'),
    FIRST(FIELD_ERROR_CODE, 'C', 'o', 'd', 'e'),
    FIRST(FIELD_EVENT_ID, 'n', 't', 'I', 'D'),
    FIRST(FIELD_RECIPIENT_ACCOUNT, 'n', 't', 'I', 'd'),
    FIRST(FIELD_FROM_CONSOLE, 's', 'o', 'l', 'e'),
    FIRST(FIELD_IDENTITY, 't', 'i', 't', 'y'),
    FIRST(FIELD_ADDITIONAL, 'D', 'a', 't', 'a'),
    FIRST(FIELD_REQUEST, 't', 'e', 'r', 's'),
    FIRST(FIELD_RESPONSE, 'e', 'n', 't', 's'),
    FIRST(FIELD_TYPE, 't', 'y', 'p', 'e'),
    FIRST(FIELD_ARN, '"', 'a', 'r', 'n'),
    FIRST(FIELD_ACCESS_KEY_ID, 'e', 'y', 'I', 'd'),
    FIRST(FIELD_INVOKED_BY, 'e', 'd', 'B', 'y'),
    FIRST(FIELD_CONTEXT, 't', 'e', 'x', 't'),
    FIRST(FIELD_SCOPE, 'p', 'e', 'O', 'f'),
    FIRST(FIELD_EC2_ROLE_DELIVERY, 'v', 'e', 'r', 'y'),
    FIRST(FIELD_ATTRIBUTES, 'u', 't', 'e', 's'),
    FIRST(FIELD_CREATION_DATE, 'D', 'a', 't', 'e'),
    FIRST(FIELD_ISSUED_TO, 'e', 'd', 'T', 'o'),
    FIRST(FIELD_AUTH_METHOD, 't', 'h', 'o', 'd'),
    FIRST(FIELD_ROLE_ARN, 'e', 'A', 'r', 'n'),
    FIRST(FIELD_CREDENTIALS, 'i', 'a', 'l', 's'),
    FIRST(FIELD_EXPIRATION, 't', 'i', 'o', 'n'),
    FIRST(FIELD_EVENT_VERSION, 's', 'i', 'o', 'n'),
    FIRST(FIELD_REQUEST_ID, 's', 't', 'I', 'D'),
    FIRST(FIELD_READ_ONLY, 'O', 'n', 'l', 'y'),
    FIRST(FIELD_EVENT_TYPE, 'T', 'y', 'p', 'e'),
    FIRST(FIELD_MANAGEMENT_EVENT, 'v', 'e', 'n', 't'),
    FIRST(FIELD_EVENT_CATEGORY, 'g', 'o', 'r', 'y'),
    FIRST(FIELD_TLS_DETAILS, 'a', 'i', 'l', 's'),
    FIRST(FIELD_RESOURCES, 'r', 'c', 'e', 's'),
    FIRST(FIELD_ERROR_MESSAGE, 's', 'a', 'g', 'e'),
    FIRST(FIELD_PRINCIPAL_ID, 'a', 'l', 'I', 'd'),
    FIRST(FIELD_SESSION_ISSUER, 's', 'u', 'e', 'r'),
    FIRST(FIELD_MFA, 'a', 't', 'e', 'd'),
    FIRST(FIELD_CIPHER_SUITE, 'u', 'i', 't', 'e'),
    FIRST(FIELD_BYTES_IN, 'e', 'd', 'I', 'n'),
    FIRST(FIELD_BYTES_OUT, 'd', 'O', 'u', 't'),
    FIRST(FIELD_AMZ_ID_2, 'i', 'd', '-', '2'),
    FIRST(FIELD_SESSION_TOKEN, 'o', 'k', 'e', 'n'),
};

enum field fieldname_before(const char *text, size_t end, enum field_object object)
{
    if (end < 4)
        return FIELD_NONE;
    const unsigned char *t = (const unsigned char *)text + end - 4;
    uint32_t tail = TAIL(t[0], t[1], t[2], t[3]);

    for (unsigned field = first_of[HASH(tail)]; field; field = fieldname_table[field].next) {
        const struct fieldname *name = &fieldname_table[field];
        if (name->tail != tail)
            return FIELD_NONE;
        size_t begin = end - name->n - 1;
        if (name->object == object && end > name->n && fieldname_stands_at(name, text + begin) &&
            (begin == 0 || text[begin - 1] != '\\'))
            return (enum field)field;
    }
    return FIELD_NONE;
}
