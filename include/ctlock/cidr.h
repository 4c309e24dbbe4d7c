/* cidr: ranges of addresses. */
#ifndef CTLOCK_CIDR_H
#define CTLOCK_CIDR_H

#include "ctlock/ip.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stdint.h>

/* A range of addresses. All bits of ip behind the first `bits` are zero. */
struct cidr {
    struct ip ip;
    uint8_t bits; /* 0 to 32 for IPv4, to 128 for IPv6 */
};

/* Read ADDRESS or ADDRESS/BITS; a bare address is a range of one. An IPv4-mapped IPv6 range of at
 * least 96 bits becomes the IPv4 range. NULL on success, else a constant message such as
 * "host bits are set" or "not an address", with *out all zero. */
const char *cidr_parse(struct str text, struct cidr *out);

/* True when ip lies in range. IPv6 ranges hold no IPv4 addresses; family 0 lies in none. */
bool cidr_has(struct cidr range, struct ip ip);

/* ip with all behind its first `bits` bits zeroed. */
struct ip cidr_network(struct ip ip, unsigned bits);

#endif
