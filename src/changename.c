#include "ctlock/changename.h"

#include <stddef.h>
#include <stdint.h>

/* A perfect hash: each name has an entry of its own. */
enum { N_ENTRIES = 64, MIN_NBYTES = 12 };
#define HASH(n, c0, c3) ((3 * (n) + (unsigned char)(c0) + (unsigned char)(c3)) % N_ENTRIES)
#define NAME(lit, c0, c3, kind) [HASH(sizeof(lit) - 1, c0, c3)] = {lit, sizeof(lit) - 1, kind}

static const struct {
    char text[32];
    uint8_t n;
    uint8_t kind; /* enum change_kind */
} names[N_ENTRIES] = {
    NAME("AllocateAddress", 'A', 'o', CHANGE_ALLOCATE),
    NAME("ReleaseAddress", 'R', 'e', CHANGE_RELEASE),
    NAME("AssociateAddress", 'A', 'o', CHANGE_ASSOCIATE),
    NAME("DisassociateAddress", 'D', 'a', CHANGE_DISASSOCIATE),
    NAME("RunInstances", 'R', 'I', CHANGE_RUN),
    NAME("CreateNetworkInterface", 'C', 'a', CHANGE_CREATE_INTERFACE),
    NAME("AttachNetworkInterface", 'A', 'a', CHANGE_ATTACH),
    NAME("DetachNetworkInterface", 'D', 'a', CHANGE_DETACH),
    NAME("DeleteNetworkInterface", 'D', 'e', CHANGE_DELETE_INTERFACE),
    NAME("AssignPrivateIpAddresses", 'A', 'i', CHANGE_ASSIGN),
    NAME("AssignIpv6Addresses", 'A', 'i', CHANGE_ASSIGN),
    NAME("UnassignPrivateIpAddresses", 'U', 's', CHANGE_UNASSIGN),
    NAME("UnassignIpv6Addresses", 'U', 's', CHANGE_UNASSIGN),
    NAME("CreateNatGateway", 'C', 'a', CHANGE_CREATE_NAT),
    NAME("AssociateNatGatewayAddress", 'A', 'o', CHANGE_ASSOCIATE_NAT),
    NAME("DisassociateNatGatewayAddress", 'D', 'a', CHANGE_DISASSOCIATE_NAT),
    NAME("DeleteNatGateway", 'D', 'e', CHANGE_DELETE_NAT),
    NAME("StartInstances", 'S', 'r', CHANGE_START),
    NAME("StopInstances", 'S', 'p', CHANGE_STOP),
    NAME("TerminateInstances", 'T', 'm', CHANGE_TERMINATE),
    NAME("BidEvictedEvent", 'B', 'E', CHANGE_TERMINATE),
};

enum change_kind changename_kind(struct str event_name)
{
    if (event_name.n < MIN_NBYTES)
        return CHANGE_NONE;
    size_t at = HASH(event_name.n, event_name.p[0], event_name.p[3]);
    if (names[at].n != event_name.n || memcmp(names[at].text, event_name.p, event_name.n) != 0)
        return CHANGE_NONE;
    return (enum change_kind)names[at].kind;
}
