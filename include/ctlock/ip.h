/* ip: addresses, their text, ranges of them, and what kind of source a sourceIPAddress is. */
#ifndef CTLOCK_IP_H
#define CTLOCK_IP_H

#include "ctlock/buf.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stdint.h>

/* An address. IPv4, and IPv6 that maps IPv4, has family 4, its bytes in b[0..3] and zeros behind
 * them; IPv6 has family 6; family 0 is "no address", all bytes zero. Two are equal when all bytes
 * are, so memcmp compares them. */
struct ip {
    uint8_t b[16];
    uint8_t family;
};

/* Read the textual form of an address: RFC 4291 section 2.2 for IPv6, four decimal numbers without
 * leading zeros for IPv4. False, with *out of family 0, for anything else (zone ids included). */
bool ip_parse(struct str text, struct ip *out);

/* Append the canonical form, RFC 5952 for IPv6. Nothing is appended for family 0. */
void ip_format(struct ip ip, struct buf *out);

static inline bool ip_eq(struct ip a, struct ip b)
{
    return a.family == b.family && memcmp(a.b, b.b, sizeof a.b) == 0;
}

/* True for the ranges that DETECTION section 1 lists under `private`. */
bool ip_is_private(struct ip ip);

/* A range of addresses. */
struct cidr {
    struct ip ip;
    uint8_t bits; /* 0 to 32 for IPv4, to 128 for IPv6 */
};

/* Read ADDRESS or ADDRESS/BITS; a bare address is a range of one. An IPv4-mapped IPv6 range of at
 * least 96 bits becomes the IPv4 range. NULL on success, else a constant message such as
 * "host bits are set" or "not an address". */
const char *cidr_parse(struct str text, struct cidr *out);
bool cidr_has(struct cidr range, struct ip ip);

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
    enum source_class class;
    enum slot slot; /* meaningless for a service */
    struct ip ip;   /* family 0 unless SOURCE_ADDRESS */
};

/* True for the names that AWS services act under; DETECTION section 1, *Service*. */
bool source_is_service(struct str text);

/* Classify a sourceIPAddress, absent (p NULL) included. vpc_endpoint_id is the record's
 * vpcEndpointId or absent; it decides the slot if it starts with `vpce-`. A SOURCE_TEXT source is
 * in the public slot unless such an endpoint puts it in the private one. */
struct source source_classify(struct str text, struct str vpc_endpoint_id);

#endif
