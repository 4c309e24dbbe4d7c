/* source: what kind of caller a sourceIPAddress is, and the slot that it belongs to. */
#ifndef CTLOCK_SOURCE_H
#define CTLOCK_SOURCE_H

#include "ctlock/ip.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Where a source reaches AWS from; DETECTION section 1. */
enum slot { SLOT_PUBLIC, SLOT_PRIVATE, SLOT_IPV6 };
enum { SLOT_COUNT = 3 };

/* "public", "private", "ipv6". */
const char *slot_name(enum slot slot);

enum source_class {
    SOURCE_SERVICE, /* absent, empty, AWS Internal, *.amazonaws.com, *.amazonaws.com.cn */
    SOURCE_ADDRESS, /* ip is set */
    SOURCE_TEXT     /* compared as text */
};

/* A classified sourceIPAddress. */
struct source {
    uint8_t class; /* of enum source_class */
    uint8_t slot;  /* of enum slot; meaningless for a service */
    struct ip ip;  /* family 0 unless SOURCE_ADDRESS */
};

/* True for the names that AWS services act under; DETECTION section 1, *Service*. */
bool source_is_service(struct str text);

/* Classify a sourceIPAddress, absent (p NULL) included. vpc_endpoint_id is the record's
 * vpcEndpointId or absent; it decides the slot if it starts with `vpce-`. A SOURCE_TEXT source is
 * in the public slot unless such an endpoint puts it in the private one. Any thread. */
struct source source_classify(struct str text, struct str vpc_endpoint_id);

#endif
