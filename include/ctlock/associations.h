/* associations: whose a public address is: allocations, associations, NAT gateways; DETECTION
 * section 4. Part of the address book. */
#ifndef CTLOCK_ASSOCIATIONS_H
#define CTLOCK_ASSOCIATIONS_H

#include "ctlock/registers.h"

#include <stdbool.h>

/* Is it the address of an association of the instance, or of a NAT gateway of its VPC? */
bool associations_know(const struct addressbook *b, const struct instance *i, struct ip ip);

/* The only instance that has the address, or NULL. */
struct instance *associations_whose(const struct addressbook *b, struct ip ip);

/* The association that has an address now, or NULL. */
struct association *associations_holder(const struct addressbook *b, struct ip ip);

/* The instance that an association is of, by its interface if need be; NULL if none. */
struct instance *associations_instance(const struct association *a);

/* Who knew an address before a change; settle calls the forget hook for whoever does not know it
 * any more. The address may have family 0. */
struct watch {
    struct ip ip;
    struct instance *instance; /* one of these, or neither */
    struct vpc *vpc;
};
void associations_settle(struct addressbook *b, const struct watch *w, struct moment m);

/* What an association event tells. */
struct beginning {
    struct str id;          /* absent: it will be found by its address */
    enum association_to to; /* not TO_NOTHING */
    union {
        struct instance *instance;
        struct interface *interface;
        struct nat *nat;
    } of;
    struct allocation *allocation; /* or NULL */
    struct ip ip;                  /* family 0: not told */
};

/* Write an association: it ends an earlier one of the same allocation, and takes its address from
 * whoever had it. *out is the association, NULL if newer facts say that it is over, or where the
 * interface or gateway has REGISTERS_MAX_MEMBERS others: nothing is written then. False when memory
 * ran out. */
bool associations_begin(struct addressbook *b, const struct beginning *n, struct moment m,
                        struct association **out);

/* The association was told again. */
void associations_renew(struct addressbook *b, struct association *a, struct moment m);

/* Make ip the address of a live association, in the place of what it had. False when memory ran
 * out. */
bool associations_set_ip(struct addressbook *b, struct association *a, struct ip ip,
                         struct moment m);

/* End an association; its address is nobody's, its unused credit is void. False if it had ended, or
 * if a newer fact keeps it: then nothing was changed. */
bool associations_end(struct addressbook *b, struct association *a, struct moment m);

/* The address is nobody's; whatever holds it ends. False when memory ran out. */
bool associations_vacate(struct addressbook *b, struct ip ip, struct moment m);

/* AllocateAddress and ReleaseAddress. ip of family 0 and an absent id are not told. False when
 * memory ran out. */
bool associations_allocate(struct addressbook *b, struct str id, struct ip ip, struct moment m);
bool associations_release(struct addressbook *b, struct str id, struct ip ip, struct moment m);

/* For a state: link an association that is new to the book to what it is of, its allocation and its
 * address; its id in n counts for nothing. False when memory ran out. */
bool associations_restore(struct addressbook *b, struct association *a, const struct beginning *n);

#endif
