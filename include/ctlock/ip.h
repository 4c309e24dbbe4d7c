/* ip: addresses and their text. */
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
 * leading zeros for IPv4. False, with *out of family 0, for anything else (zone ids included).
 * Reads text only; any thread. */
bool ip_parse(struct str text, struct ip *out);

/* Append the canonical form, RFC 5952 for IPv6 (never mixed with dots). Nothing is appended for
 * family 0. ip_parse reads it back to the same address. */
void ip_format(struct ip ip, struct buf *out);

static inline bool ip_eq(struct ip a, struct ip b)
{
    return a.family == b.family && memcmp(a.b, b.b, sizeof a.b) == 0;
}

/* The bits of an address: 32 of family 4, else 128. */
static inline uint8_t ip_bits(struct ip ip)
{
    return ip.family == 4 ? 32 : 128;
}

/* True for the ranges that DETECTION section 1 lists under `private`. */
bool ip_is_private(struct ip ip);

#endif
