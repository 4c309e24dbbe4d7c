/* addressbook: which instance has which address, as the trail tells it; DETECTION section 4. */
#ifndef CTLOCK_ADDRESSBOOK_H
#define CTLOCK_ADDRESSBOOK_H

#include "ctlock/cidr.h"
#include "ctlock/event.h"
#include "ctlock/ip.h"
#include "ctlock/siphash.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the book asks of the lock table when knowledge ends. Called during book_apply, book_spend
 * and book_move, which leave the address that they are about known and so never ask for its
 * removal. Rows of this instance are meant; only addresses last used before until_s are touched:
 * at the same second a call comes after a change.
 * A hook may ask book_knows and must not change the book. A hook that is NULL is not called.
 * book_advance calls them, too, for instances that are not in use. */
struct book_hooks {
    void *self;
    /* The address is no longer known to the instance: take it out of its rows. Slots: SLOT_PUBLIC
     * means the rows' public slot, any other value the private and ipv6 slots. */
    void (*forget)(void *self, struct str instance, struct ip ip, enum slot slot, int64_t until_s);
    /* A prefix is no longer known: take the addresses in range that book_knows does not know out of
     * the private and ipv6 slots. */
    void (*forget_range)(void *self, struct str instance, struct cidr range, int64_t until_s);
    /* Take the public addresses that book_knows does not know out of the instance's rows. */
    void (*forget_unknown)(void *self, struct str instance, int64_t until_s);
    /* Has the instance a row? Then nothing of it is forgotten for its age. */
    bool (*in_use)(void *self, struct str instance);
};

struct addressbook;

/* key seeds the tables; ttl_s is the life of a credit. hooks is copied; its functions are called
 * with the book's state as it is after the event. NULL when memory ran out. One thread at a time.
 */
struct addressbook *book_new(struct hash_key key, int64_t ttl_s, const struct book_hooks *hooks);
void book_free(struct addressbook *b); /* NULL is allowed */

/* What has ended is forgotten once it is keep_s old: whatever was told of an instance once it was
 * terminated, and the ends of things, which only guard against late news. Never without this. When
 * there are max_facts facts (0: any number), what has ended goes before that, and if this is not
 * enough, changes that tell of new things are ignored. At the start. */
void book_limit(struct addressbook *b, int64_t keep_s, uint64_t max_facts);

/* It is clock_s now: forget what is old. The clock never goes back. Calls hooks. */
void book_advance(struct addressbook *b, int64_t clock_s);

struct book_counts {
    uint64_t facts;           /* entries now, of some 150 bytes each */
    uint64_t forgotten_early; /* for want of room */
    uint64_t left_out;        /* changes, for want of room */
    uint64_t crowded;         /* parts of changes: one thing cannot have so many */
};
struct book_counts book_counts(const struct addressbook *b);

enum book_result {
    BOOK_APPLIED,
    BOOK_REFUSED, /* refused would have gained by it; nothing was changed */
    BOOK_IGNORED, /* what the record says does not fit; nothing was changed */
    BOOK_NOMEM    /* may be half applied */
};

/* Apply an address change (roles has EVENT_CHANGE). refused names the instance that must gain
 * nothing by it, because the record is itself an alerting call of that instance; absent for
 * none. */
enum book_result book_apply(struct addressbook *b, const struct event *change, struct str refused);

/* Is the address known to be the instance's? SLOT_PUBLIC asks its public addresses (EIPs, NAT
 * gateways of its VPC), the other slots its interfaces' addresses and prefixes. */
bool book_knows(const struct addressbook *b, struct str instance, struct ip ip, enum slot slot);

/* The instance that an address is known to be of: prefer, if it is known to that; else the only
 * one that it is known to; else absent. The view lives until the book changes. */
struct str book_whose(const struct addressbook *b, struct ip ip, enum slot slot, struct str prefer);

/* Is there an unused credit of this instance and slot that has not expired at time_s?
 * association_only leaves out those that are of an interface and not of an association whose
 * address the trail did not tell. */
bool book_has_credit(const struct addressbook *b, struct str instance, enum slot slot,
                     int64_t time_s, bool association_only);

/* Spend the credit that book_has_credit tells of: ip becomes known to the instance as the address
 * of what gave the credit. A family that is neither 4 nor 6 may stand for a source that is no
 * address; of family 0 nothing becomes known. Nothing happens if there is no credit. False when
 * memory ran out. */
bool book_spend(struct addressbook *b, struct str instance, enum slot slot, struct ip ip,
                int64_t time_s, bool association_only);

/* A provisional lock on the public address was has been replaced by one on is: what a spent credit
 * made of was becomes is, if that is how was is known to the instance. False when memory ran
 * out. */
bool book_move(struct addressbook *b, struct str instance, struct ip was, struct ip is,
               int64_t time_s);

/* An instance's earliest termination, latest stop and latest start; TIME_NONE where not told. And
 * the latest issue to it that came after news of a termination or stop, or TIME_NONE: rows remember
 * their issues, but end. */
struct book_life {
    int64_t terminated_s, stopped_s, started_s, issued_s;
};

/* Credentials were issued to the instance. hash is siphash13 of its id with the key of the book. */
void book_issued(struct addressbook *b, struct str instance, uint64_t hash, int64_t time_s);

/* hash as above. */
struct book_life book_life(const struct addressbook *b, struct str instance, uint64_t hash);

/* The life of the instance with this hash is asked for soon: a step of chains_fetch. */
void book_soon(const struct addressbook *b, uint64_t hash, unsigned step);

#endif
