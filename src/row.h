/* row: what is inside a row of the lock table. For row.c, rowheap.c and locktable.c alone. */
#ifndef CTLOCK_ROW_H
#define CTLOCK_ROW_H

#include "ctlock/chains.h"
#include "ctlock/locktable.h"
#include "ctlock/roles.h"
#include "ctlock/strset.h"

#include <uthash.h>

enum { NAME_INLINE = 20 };

/* A name too long for text has memory of its own, whose address stands in text instead. */
struct row_key {
    struct role *role;
    uint32_t name_n;
    char text[NAME_INLINE];
};

struct row_more {
    struct marks marks;
    struct strset endpoint_accounts;
};

/* What a call from an address that is known looks at stands in the first two cache lines. */
struct row {
    UT_hash_handle hh;
    struct row_key key;
    uint32_t n_locks;
    uint8_t locks_cap_log2; /* 0: the lock, if any, is in locks.one */
    bool instance_session;
    uint8_t excepted_slots; /* a bit a slot */
    union {
        struct lock one;
        struct lock *many;
    } locks;
    int64_t expiry_s;
    int64_t first_lock_s;
    int64_t last_issue_s;
    struct row *next; /* of the same instance bucket, or of the free list */
    struct row_more *more;
};
enum { ROW_USUAL_NBYTES = offsetof(struct row, locks.one.more) };

/* The session name. */
struct str row_name(const struct row *r);

/* Give the row its session name. False when memory ran out, or it is absurdly long. */
bool row_set_name(struct row *r, struct str name);

/* Is this the row of the session? */
bool row_is_of(const struct row *r, const struct session_parts *s);

/* Order of rows by session: partition, account, role, session name, bytewise. */
int row_cmp(const struct row *a, const struct row *b);

/* Where the next lock goes; it counts once n_locks does. NULL when memory ran out. */
struct lock *row_lock_room(struct row *r);

/* Release what the row holds; the role is the table's to drop. */
void row_release(struct row *r);

#endif
