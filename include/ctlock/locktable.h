/* locktable: one row per live session, the addresses it is locked to, and an expiry; DETECTION
 * section 2. */
#ifndef CTLOCK_LOCKTABLE_H
#define CTLOCK_LOCKTABLE_H

#include "ctlock/event.h"
#include "ctlock/lock.h"
#include "ctlock/marks.h"
#include "ctlock/session.h"
#include "ctlock/siphash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct row;

/* Everything that a row is besides its key. */
struct row_info {
    struct session_parts session; /* valid while the row lives */
    bool instance_session;
    int64_t expiry_s;
    int64_t first_lock_s; /* TIME_NONE before */
    int64_t last_issue_s; /* TIME_NONE if never issued (--adopt) */
};

struct locktable;

/* NULL when memory ran out. One thread at a time. */
struct locktable *table_new(struct hash_key key);
void table_free(struct locktable *t);

/* Keep at most that many rows, 0 for any number: table_add then makes room. At the start; a table
 * that has more shrinks at the next addition. */
void table_limit(struct locktable *t, uint64_t max_rows);

/* Rows whose expiry is before clock_s are gone after this. The clock never goes back. */
void table_advance(struct locktable *t, int64_t clock_s);

/* The live row of a session, or NULL. Valid until table_advance or table_add. */
struct row *table_find(const struct locktable *t, const struct session_parts *session,
                       uint64_t hash);

/* session_hash with the key of the table, which table_find and table_add want. Any thread. */
uint64_t table_hash(const struct locktable *t, const struct session_parts *session);

/* A session with this hash is about to be looked for: a step of chains_fetch. */
void table_soon(const struct locktable *t, uint64_t hash, unsigned step);

/* Rows that one instance may have. It has one role at a time; each row more takes longer to make,
 * and whatever ends the knowledge of an address visits them all. */
enum { TABLE_MAX_ROWS_OF_INSTANCE = 16 };

/* Make the row of a session that has none; expires at once if expiry_s is before the clock. An
 * instance session begins with what other live rows of the instance hold: addresses, endpoint
 * accounts, first lock; the locks of no further row once it has many. In a full table the row
 * nearest its expiry goes, of equal ones the least by row_cmp, but never the one just made. *out is
 * NULL where the instance has all the rows that it may have: the session is not followed, and
 * counted. False when memory ran out. */
bool table_add(struct locktable *t, const struct session_parts *session, uint64_t hash,
               bool instance_session, int64_t expiry_s, struct row **out);

/* A row as a state holds it: nothing is inherited, it does not count as made, its times are for
 * row_restore to set. NULL when memory ran out. */
struct row *table_restore(struct locktable *t, const struct session_parts *session, uint64_t hash,
                          bool instance_session, int64_t expiry_s);
void row_restore(struct row *r, int64_t first_lock_s, int64_t last_issue_s);

struct row_info row_info(const struct row *r);
int64_t row_first_lock_s(const struct row *r);
int64_t row_last_issue_s(const struct row *r);

/* Put the expiry off to expiry_s, if that is later. */
void row_extend(struct row *r, int64_t expiry_s);

/* Remember the time of an issue, if it is the latest. */
void row_issued(struct row *r, int64_t time_s);

/* The row's locks, in the order in which they were added. Valid until the row changes. */
struct lock *row_locks(struct row *r, size_t *n);

/* The lock on this source, or NULL. */
struct lock *row_lock_on(struct row *r, const struct lock_source *s);

/* Does the row have so many locks that what is known to be the instance's need not be locked, too?
 * Each call looks at them all, and each alert names them. */
enum { ROW_MANY_LOCKS = 64 };
bool row_has_many_locks(const struct row *r);

/* Lock a source that is not locked yet; sets the first lock of the row if there was none. The lock,
 * valid until the row changes. NULL when memory ran out: nothing changed. */
struct lock *table_lock(struct locktable *t, struct row *r, const struct lock_source *s,
                        int64_t time_s, struct str event_id, bool provisional);

/* Take a lock of the row away; those behind it move up. */
void table_unlock(struct locktable *t, struct row *r, struct lock *l);

/* The foreign endpoint accounts that the row has. Adding is false when memory ran out;
 * the walk is strset_next's. */
bool row_has_endpoint_account(const struct row *r, struct str account);
bool row_add_endpoint_account(struct row *r, struct str account);
bool row_next_endpoint_account(const struct row *r, size_t *at, struct str *out);

/* A call from an excepted source used this slot of the row. */
bool row_slot_was_excepted(const struct row *r, enum slot slot);
void row_except_slot(struct row *r, enum slot slot);

/* What the row remembers until it goes, as 64-bit hashes: uids, sources that alerted. A row with
 * ROW_MAX_MARKS of them takes no more: all that is added is new then, and it has whatever it is
 * asked for, so that alerts come again rather than not at all. */
enum { ROW_MAX_MARKS = 100000 };
bool row_has_mark(const struct row *r, uint64_t hash);
enum marks_result row_add_mark(struct row *r, uint64_t hash);

/* Walk the marks, in no order: *at is 0 before the first; false after the last. */
bool row_next_mark(const struct row *r, size_t *at, uint64_t *hash);

/* How many live rows hold this source. */
uint32_t table_holders(const struct locktable *t, const struct lock_source *s);

/* How many live rows besides r hold it, whether r does or not. */
uint32_t table_others(const struct locktable *t, struct row *r, const struct lock_source *s);

/* Live rows of an instance: the first, and the next of the same instance; NULL at the end. */
struct row *table_first_of(const struct locktable *t, struct str instance);
struct row *row_next_of(const struct row *r);

/* All live rows, sorted by session. *rows is for the caller to free. False when memory ran out. */
bool table_sorted(const struct locktable *t, struct row ***rows, size_t *n);

struct table_counts {
    uint64_t made;
    uint64_t live;
    uint64_t evicted; /* gone before their expiry, for want of room */
    uint64_t refused; /* never made, for their instance had too many */
};
struct table_counts table_counts(const struct locktable *t);

#endif
