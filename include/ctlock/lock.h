/* lock: an address that a row of the lock table is locked to. */
#ifndef CTLOCK_LOCK_H
#define CTLOCK_LOCK_H

#include "ctlock/buf.h"
#include "ctlock/ip.h"
#include "ctlock/siphash.h"
#include "ctlock/source.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A source as the table compares it: an address in a slot, or text (ip of family 0). */
struct lock_source {
    struct ip ip;
    enum slot slot;
    struct str text; /* of a source that is no address */
};

/* What few locks have: a text, an eventID that is no UUID, VPC endpoints. */
struct lock_more;

/* Others than lock.c read it, and change only provisional. There can be millions. What is seldom
 * asked for stands last. */
struct lock {
    struct ip ip;
    uint8_t slot; /* enum slot */
    bool provisional;
    bool has_uuid;
    uint32_t used_s; /* last use, in seconds after since_s */
    int64_t since_s;
    struct lock_more *more;
    uint8_t uuid[16]; /* the eventID that set it, where it is a lower-case UUID; else in more */
};

/* Time of the last use. */
static inline int64_t lock_last_s(const struct lock *l)
{
    return l->since_s + (int64_t)l->used_s;
}

/* The lock was used; an earlier time than the last changes nothing. (A use more than 136 years
 * after the first counts as that.) */
static inline void lock_use(struct lock *l, int64_t time_s)
{
    int64_t used_s = time_s - l->since_s;
    if (used_s > (int64_t)l->used_s)
        l->used_s = used_s < (int64_t)UINT32_MAX ? (uint32_t)used_s : UINT32_MAX;
}

/* Fill *l with a lock on s from time_s on. An eventID that is longer than any is not kept, for each
 * alert would name it. False when memory ran out: nothing to release then. */
enum { LOCK_MAX_EVENT_ID_NBYTES = 256 };
bool lock_init(struct lock *l, const struct lock_source *s, int64_t time_s, struct str event_id,
               bool provisional);

/* A copy with memory of its own. False when memory ran out. */
bool lock_copy(struct lock *to, const struct lock *from);
void lock_release(struct lock *l);

/* Does l lock this source? */
bool lock_is_on(const struct lock *l, const struct lock_source *s);

/* What l is on; its text lives as long as l. */
struct lock_source lock_source_of(const struct lock *l);

/* The source as the address book knows it: its address, or, for a text, a digest in the place of an
 * address, of family LOCK_TEXT_FAMILY. */
enum { LOCK_TEXT_FAMILY = 255 };
struct ip lock_source_ip(const struct lock_source *s);

/* A seeded name for a source, distinct for distinct ones. */
uint64_t lock_source_hash(struct hash_key key, const struct lock_source *s);

/* Append the source (canonical address, or text) or the eventID that set the lock. */
void lock_format_source(const struct lock_source *s, struct buf *out);
void lock_format_event_id(const struct lock *l, struct buf *out);

/* The VPC endpoints that the source was seen through. Adding is false when memory ran out; the walk
 * is strset_next's. */
bool lock_has_endpoint(const struct lock *l, struct str endpoint);
bool lock_add_endpoint(struct lock *l, struct str endpoint);
bool lock_next_endpoint(const struct lock *l, size_t *at, struct str *out);

#endif
