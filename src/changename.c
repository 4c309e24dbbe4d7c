#include "ctlock/changename.h"

#include <stddef.h>
#include <stdint.h>

/* A perfect hash: each name has an entry of its own. */
enum { N_ENTRIES = 64, MIN_NBYTES = 12 };
#define HASH(n, c0, c3) ((3 * (n) + (unsigned char)(c0) + (unsigned char)(c3)) % N_ENTRIES)
#define NAME(lit, c0, c3) [HASH(sizeof(lit) - 1, c0, c3)] = {lit, sizeof(lit) - 1}

static const struct {
    char text[32];
    uint8_t n;
} names[N_ENTRIES] = {
    NAME("AllocateAddress", 'A', 'o'),
    NAME("ReleaseAddress", 'R', 'e'),
    NAME("AssociateAddress", 'A', 'o'),
    NAME("DisassociateAddress", 'D', 'a'),
    NAME("RunInstances", 'R', 'I'),
    NAME("CreateNetworkInterface", 'C', 'a'),
    NAME("AttachNetworkInterface", 'A', 'a'),
    NAME("DetachNetworkInterface", 'D', 'a'),
    NAME("DeleteNetworkInterface", 'D', 'e'),
    NAME("AssignPrivateIpAddresses", 'A', 'i'),
    NAME("AssignIpv6Addresses", 'A', 'i'),
    NAME("UnassignPrivateIpAddresses", 'U', 's'),
    NAME("UnassignIpv6Addresses", 'U', 's'),
    NAME("CreateNatGateway", 'C', 'a'),
    NAME("AssociateNatGatewayAddress", 'A', 'o'),
    NAME("DisassociateNatGatewayAddress", 'D', 'a'),
    NAME("DeleteNatGateway", 'D', 'e'),
    NAME("StartInstances", 'S', 'r'),
    NAME("StopInstances", 'S', 'p'),
    NAME("TerminateInstances", 'T', 'm'),
    NAME("BidEvictedEvent", 'B', 'E'),
};

bool changename_is(struct str event_name)
{
    if (event_name.n < MIN_NBYTES)
        return false;
    size_t at = HASH(event_name.n, event_name.p[0], event_name.p[3]);
    return names[at].n == event_name.n && memcmp(names[at].text, event_name.p, event_name.n) == 0;
}
