/* registers: the tables of the address book. Each fact is a register that remembers the time of its
 * last write, the end of a thing included; DETECTION sections 4 and 7. Only the modules of the
 * address book use this. */
#ifndef CTLOCK_REGISTERS_H
#define CTLOCK_REGISTERS_H

#include "ctlock/addressbook.h"
#include "ctlock/ageing.h"
#include "ctlock/chains.h"
#include "ctlock/cidr.h"
#include "ctlock/ip.h"
#include "ctlock/siphash.h"
#include "ctlock/str.h"
#include "ctlock/timestamp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

/* When a fact is written. A late one skips what was written after its time. */
struct moment {
    int64_t time_s;
    bool late;
};

static inline bool moment_writes(struct moment m, int64_t written_s)
{
    return !m.late || written_s <= m.time_s;
}

/* The until_s of the hooks. */
static inline int64_t moment_until_s(struct moment m)
{
    return m.late ? m.time_s : INT64_MAX;
}

/* Addresses or associations of one interface, associations of one NAT gateway, gateways of one VPC:
 * AWS allows some dozens, and what moves such a thing visits them all. */
enum { REGISTERS_MAX_MEMBERS = 1024 };

/* First in every entry of a table; hh.key is the entry's key. */
struct entry {
    UT_hash_handle hh;
    uint64_t watched; /* of ageing */
};

static inline struct str entry_id(const struct entry *e)
{
    return (struct str){e->hh.key, e->hh.keylen};
}

struct association;
struct interface;

/* A credit: an address that the trail did not tell is the instance's; section 3, rule 9. */
struct credit {
    int64_t granted_s;
    struct association *association; /* what the address will be of: this, */
    struct interface *interface;     /* or this if that is NULL */
};

struct vpc {
    struct entry entry;
    struct instance *first_instance;
    struct nat *first_nat;
    size_t n_nats;
};

struct instance {
    struct entry entry;
    int64_t terminated_s, stopped_s, started_s; /* earliest, latest, latest; or TIME_NONE */
    int64_t issued_s; /* the latest issue that came after news of an end, or TIME_NONE */
    int64_t vpc_written_s;
    int64_t used_s; /* when ageing saw it in use, or TIME_NONE */
    struct vpc *vpc;
    struct instance *next_of_vpc, *prev_of_vpc;
    struct association *first_association;
    struct interface *first_interface;             /* of those attached to it */
    struct credit *public_credit, *private_credit; /* owned */
};

/* A network interface. */
struct interface {
    struct entry entry;
    int64_t written_s;         /* of instance */
    struct instance *instance; /* that it is attached to, or NULL */
    struct interface *next_of_instance, *prev_of_instance;
    struct attachment *attachment; /* by which, if that was told */
    size_t n_claims;               /* attachments whose interface this is */
    struct address *first_address;
    struct association *first_association;
    size_t n_addresses, n_associations; /* in these lists */
    size_t n_present;                   /* addresses and prefixes that it has now */
    size_t n_private;                   /* of them, IPv4 addresses */
    bool was_launched; /* with its instance, and has not moved since: it ends with it */
    bool ended;        /* deleted */
};

struct attachment {
    struct entry entry;
    int64_t written_s;
    struct interface *interface; /* NULL when it has ended */
    size_t n_holders;            /* interfaces whose attachment this is */
};

/* A private address, an IPv6 address or a prefix of an interface. Key: the interface's address in
 * memory, then the range. */
struct address {
    struct entry entry;
    int64_t written_s;
    struct interface *interface;
    struct address *next_of_interface, *prev_of_interface;
    struct cidr range;
    bool present;
    bool counted; /* in the holding of the interface's instance */
};

/* That an instance has a range by at least one interface: derived from attachments and addresses.
 * Key: the instance's address in memory, then the range. */
struct holding {
    struct entry entry;
    struct instance *instance;
    struct spot *spot;
    struct holding *next_of_spot, *prev_of_spot;
    size_t n; /* interfaces */
};

/* All holdings of one range, which is the key. */
struct spot {
    struct entry entry;
    struct holding *first;
};

struct allocation {
    struct entry entry;
    int64_t written_s;               /* of ip */
    int64_t associated_s;            /* of association */
    struct ip ip;                    /* family 0: not told, or released */
    struct association *association; /* the present one, or NULL */
    size_t n_associations;           /* that are of this allocation */
};

/* What a public address belongs to. */
enum association_to { TO_NOTHING /* ended */, TO_INSTANCE, TO_INTERFACE, TO_NAT };

struct association {
    struct entry entry;
    int64_t written_s;
    union {
        struct instance *instance;
        struct interface *interface;
        struct nat *nat;
    } of;
    struct association *next, *prev; /* of the same instance, interface or NAT gateway */
    struct allocation *allocation;   /* whose association is this one, or NULL */
    struct ip ip;                    /* family 0: not told */
    uint8_t to;                      /* enum association_to */
    bool by_credit;                  /* ip is what spent a credit */
    bool unnamed;                    /* the trail did not tell its id; the key is a number */
};

/* A public address, which is the key. */
struct place {
    struct entry entry;
    int64_t written_s;               /* of association */
    struct association *association; /* that holds the address, or NULL */
    struct allocation *allocation;   /* the last that got it and has it still, or NULL */
};

struct nat {
    struct entry entry;
    int64_t written_s;
    struct vpc *vpc; /* NULL: not told, or ended */
    struct nat *next_of_vpc, *prev_of_vpc;
    struct association *first_association;
    size_t n_associations;
    bool ended;
};

enum register_table {
    REGISTER_INSTANCE,
    REGISTER_VPC,
    REGISTER_INTERFACE,
    REGISTER_ATTACHMENT,
    REGISTER_ADDRESS,
    REGISTER_HOLDING,
    REGISTER_SPOT,
    REGISTER_ALLOCATION,
    REGISTER_ASSOCIATION,
    REGISTER_PLACE,
    REGISTER_NAT,
    REGISTER_COUNT
};

struct addressbook {
    struct hash_key key;
    int64_t ttl_s;
    struct book_hooks hooks;
    struct ageing ageing;
    struct entry *table[REGISTER_COUNT]; /* uthash */
    uint64_t n_unnamed;                  /* associations without id made so far */
    uint32_t n_spots[2][129];            /* ranges of IPv4 and IPv6 that are held, by bits */
};

/* The entry with this key, or NULL. */
void *registers_find(const struct addressbook *b, enum register_table table, struct str key);

/* The same, where the siphash13 of the key with the book's key is known. */
void *registers_find_hashed(const struct addressbook *b, enum register_table table, struct str key,
                            uint64_t key_hash);

/* The key with this hash is about to be looked for: a step of chains_fetch. */
void registers_soon(const struct addressbook *b, enum register_table table, uint64_t key_hash,
                    unsigned step);

/* The same, made if there is none, all zero but for the key and TIME_NONE in the times. NULL when
 * memory ran out. */
void *registers_make(struct addressbook *b, enum register_table table, struct str key);

/* Take an entry out of its table and release it. Nothing may point to it. */
void registers_drop(struct addressbook *b, enum register_table table, void *entry);

/* Entries in all tables, derived ones included. */
size_t registers_count(const struct addressbook *b);

/* Release all. */
void registers_free(struct addressbook *b);

/* Keys by value: the view is of the argument. */
static inline struct str registers_ip_key(const struct ip *ip)
{
    return (struct str){(const char *)ip, sizeof *ip};
}

/* The key of what an instance or interface has as a range. */
struct range_key {
    char bytes[sizeof(void *) + sizeof(struct cidr)];
};
static inline struct range_key registers_range_key(const void *owner, struct cidr range)
{
    struct range_key k;
    memcpy(k.bytes, &owner, sizeof owner);
    memcpy(k.bytes + sizeof owner, &range, sizeof range);
    return k;
}

#endif
