/* change: the JSON of an address change → plain data; DETECTION section 4, CLOUDTRAIL "Address and
 * interface events". */
#ifndef CTLOCK_CHANGE_H
#define CTLOCK_CHANGE_H

#include "ctlock/buf.h"
#include "ctlock/changename.h"
#include "ctlock/cidr.h"
#include "ctlock/doc.h"
#include "ctlock/event.h"
#include "ctlock/ip.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>

/* What is longer than this is no id. */
enum { CHANGE_MAX_ID_NBYTES = 256 };

/* Texts that the record does not tell are absent (p NULL), addresses have family 0. */

/* An interface in RunInstances; its addresses are change.addresses[first_address], and so on. */
struct change_interface {
    struct str id; /* never absent */
    struct str attachment;
    size_t first_address, n_addresses;
};

struct change_instance {
    struct str id; /* never absent */
    struct str vpc;
    bool was_stopped; /* of CHANGE_START: the previous state is stopped or not told */
    size_t first_interface, n_interfaces; /* of CHANGE_RUN: in change.interfaces */
};

/* An address of a NAT gateway; at least one of the three is told. */
struct change_nat_address {
    struct ip ip;
    struct str allocation;
    struct str association;
};

struct change {
    enum change_kind kind;
    struct str instance;    /* ASSOCIATE, ATTACH */
    struct str interface;   /* ASSOCIATE, ATTACH, DELETE_INTERFACE, CREATE_INTERFACE, (UN)ASSIGN */
    struct str attachment;  /* ATTACH, DETACH */
    struct str allocation;  /* ALLOCATE, RELEASE, ASSOCIATE */
    struct str association; /* ASSOCIATE, DISASSOCIATE */
    struct ip ip;           /* the public address of these */
    struct str nat;         /* all of NAT */
    struct str vpc;         /* CREATE_NAT */

    /* Addresses and prefixes of interface; of RUN: of all interfaces. */
    const struct cidr *addresses;
    size_t n_addresses;
    const struct change_instance *instances; /* RUN, START, STOP, TERMINATE */
    size_t n_instances;
    const struct change_interface *interfaces; /* RUN */
    size_t n_interfaces;
    const struct change_nat_address *nat_addresses; /* NAT, but for DELETE */
    size_t n_nat_addresses;

    /* What the views above point into; for change_free. */
    doc_node *request, *response, *details;
    struct buf address_mem, instance_mem, interface_mem, nat_mem;
};

enum change_result {
    CHANGE_FITS,
    CHANGE_UNFIT, /* the record does not tell what its event is about */
    CHANGE_NOMEM
};

/* Read a change. Field names in either case of their first letter, flat or in an envelope, lists in
 * all their forms; what does not fit is left out. Only CHANGE_FITS leaves something to free; e may
 * go before *out. Not for two threads of a program at a time (doc_parse). */
enum change_result change_read(const struct event *e, struct change *out);
void change_free(struct change *c);

#endif
