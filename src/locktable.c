/* A million rows must fit in 256 MiB, so a row holds its name and its first lock in itself, roles
 * are stored once, and rows come from a pool. */
#include "ctlock/locktable.h"

#include "ctlock/holders.h"
#include "ctlock/roles.h"
#include "ctlock/rowheap.h"
#include "ctlock/strset.h"

#include <stdlib.h>

/* In the functions below, t is the table at hand: uthash has no other way to a seed, or to say that
 * memory ran out. */
#define HASH_FUNCTION(keyptr, keylen, hashv)                                                       \
    ((hashv) = (unsigned)siphash13(t->key, (keyptr), (size_t)(keylen)))
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(row) (t->oom = true)
/* Rows have long left the cache when they are looked for: every one that a bucket holds in front of
 * the right one costs a miss. 16 bytes a bucket are well spent on short ones. */
#define HASH_BKT_CAPACITY_THRESH 4U
#include <uthash.h>

enum { NAME_INLINE = 20, POOL_ROWS = 256 };

/* The bytes that uthash sees: the role's address and, right behind it, the session name. A longer
 * name has both in memory of their own, row_more.long_key. */
struct row_key {
    struct role *role;
    char name[NAME_INLINE];
};

_Static_assert(offsetof(struct row_key, name) == sizeof(struct role *), "a key has no holes");

struct row_more {
    char *long_key;
    struct marks marks;
    struct strset endpoint_accounts;
};

struct row {
    UT_hash_handle hh;
    struct row_key key;
    uint32_t n_locks;
    uint32_t locks_cap; /* 0: the lock, if any, is in one */
    bool instance_session;
    uint8_t excepted_slots; /* a bit a slot */
    int64_t expiry_s;
    int64_t first_lock_s;
    int64_t last_issue_s;
    struct row *next; /* of the same instance bucket, or of the free list */
    struct row_more *more;
    union {
        struct lock one;
        struct lock *many;
    } locks;
};

struct pool_chunk {
    struct pool_chunk *next;
    struct row rows[POOL_ROWS];
};

struct locktable {
    struct hash_key key;
    struct row *rows; /* uthash */
    bool oom;         /* set by uthash inside an addition */
    struct roles *roles;
    struct rowheap heap;
    struct row **instance; /* buckets by instance id */
    size_t n_instance;     /* a power of two */
    struct holders holders;
    struct pool_chunk *chunks;
    struct row *free_rows;
    struct buf lookup; /* key being looked up */
    uint64_t made;
};

struct locktable *table_new(struct hash_key key)
{
    struct locktable *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->key = key;
    t->n_instance = 1024;
    t->instance = calloc(t->n_instance, sizeof(struct row *));
    t->roles = roles_new(key);
    if (!t->instance || !t->roles) {
        table_free(t);
        return NULL;
    }
    return t;
}

static struct row *pool_take(struct locktable *t)
{
    if (!t->free_rows) {
        struct pool_chunk *c = malloc(sizeof *c);
        if (!c)
            return NULL;
        c->next = t->chunks;
        t->chunks = c;
        for (size_t i = 0; i < POOL_ROWS; i++) {
            c->rows[i].next = t->free_rows;
            t->free_rows = &c->rows[i];
        }
    }
    struct row *r = t->free_rows;
    t->free_rows = r->next;
    memset(r, 0, sizeof *r);
    return r;
}

static void pool_give(struct locktable *t, struct row *r)
{
    r->next = t->free_rows;
    t->free_rows = r;
}

static struct str row_name(const struct row *r)
{
    const char *key = r->hh.key;
    return (struct str){key + sizeof r->key.role, r->hh.keylen - sizeof r->key.role};
}

static struct row_more *more_of(struct row *r)
{
    if (!r->more)
        r->more = calloc(1, sizeof *r->more);
    return r->more;
}

static struct row **instance_bucket(const struct locktable *t, struct str instance)
{
    return &t->instance[siphash13(t->key, instance.p, instance.n) & (t->n_instance - 1)];
}

/* Longer chains are slower but right, so running out of memory here is no error. */
static void instance_grow(struct locktable *t)
{
    size_t n = t->n_instance * 2;
    struct row **bucket = calloc(n, sizeof(struct row *));
    if (!bucket)
        return;
    struct row **old = t->instance;
    size_t n_old = t->n_instance;
    t->instance = bucket;
    t->n_instance = n;
    for (size_t i = 0; i < n_old; i++)
        for (struct row *r = old[i], *next; r; r = next) {
            next = r->next;
            struct row **b = instance_bucket(t, row_name(r));
            r->next = *b;
            *b = r;
        }
    free(old);
}

static void instance_link(struct locktable *t, struct row *r)
{
    if (HASH_COUNT(t->rows) > t->n_instance)
        instance_grow(t);
    struct row **b = instance_bucket(t, row_name(r));
    r->next = *b;
    *b = r;
}

static void instance_unlink(struct locktable *t, struct row *r)
{
    struct row **p = instance_bucket(t, row_name(r));
    while (*p != r)
        p = &(*p)->next;
    *p = r->next;
}

struct lock *row_locks(struct row *r, size_t *n)
{
    *n = r->n_locks;
    return r->locks_cap ? r->locks.many : &r->locks.one;
}

static uint64_t holders_name(const struct locktable *t, const struct lock *l)
{
    struct lock_source s = lock_source_of(l);
    return lock_source_hash(t->key, &s);
}

/* Give back everything a row holds, but not its places in the tables. */
static void row_release(struct locktable *t, struct row *r)
{
    size_t n;
    struct lock *l = row_locks(r, &n);
    for (size_t i = 0; i < n; i++) {
        holders_drop(&t->holders, holders_name(t, &l[i]));
        lock_release(&l[i]);
    }
    if (r->locks_cap)
        free(r->locks.many);
    if (r->more) {
        free(r->more->long_key);
        marks_free(&r->more->marks);
        strset_free(&r->more->endpoint_accounts);
        free(r->more);
    }
    roles_drop(t->roles, r->key.role);
    pool_give(t, r);
}

static void row_remove(struct locktable *t, struct row *r)
{
    if (r->instance_session)
        instance_unlink(t, r);
    HASH_DELETE(hh, t->rows, r);
    row_release(t, r);
}

void table_free(struct locktable *t)
{
    if (!t)
        return;
    struct row *r, *next;
    HASH_ITER(hh, t->rows, r, next)
    {
        HASH_DELETE(hh, t->rows, r);
        row_release(t, r);
    }
    for (struct pool_chunk *c = t->chunks, *after; c; c = after) {
        after = c->next;
        free(c);
    }
    roles_free(t->roles);
    rowheap_free(&t->heap);
    holders_free(&t->holders);
    free(t->instance);
    buf_free(&t->lookup);
    free(t);
}

void table_advance(struct locktable *t, int64_t clock_s)
{
    /* An extended row is moved down here instead of at every extension. */
    while (t->heap.n > 0 && t->heap.item[0].expiry_s < clock_s) {
        struct row *r = t->heap.item[0].row;
        rowheap_pop(&t->heap);
        if (r->expiry_s < clock_s)
            row_remove(t, r);
        else
            (void)rowheap_push(&t->heap, r, r->expiry_s); /* room: one was just taken out */
    }
}

/* The key in t->lookup. False when memory ran out. */
static bool make_key(struct locktable *t, struct role *role, struct str name)
{
    buf_clear(&t->lookup);
    buf_add(&t->lookup, &role, sizeof role);
    buf_str(&t->lookup, name);
    return !t->lookup.failed && name.n < UINT32_MAX / 2;
}

struct row *table_find(struct locktable *t, const struct session_parts *s)
{
    struct role *role = roles_find(t->roles, s->partition, s->account, s->role);
    struct row *r = NULL;
    if (role && make_key(t, role, s->session))
        HASH_FIND(hh, t->rows, t->lookup.p, t->lookup.n, r);
    return r;
}

static bool set_key(struct locktable *t, struct row *r, struct str name)
{
    char *key = (char *)&r->key;
    if (name.n > NAME_INLINE) {
        if (!more_of(r) || !(key = malloc(sizeof r->key.role + name.n)))
            return false;
        r->more->long_key = key;
        memcpy(key, &r->key.role, sizeof r->key.role);
    }
    memcpy(key + sizeof r->key.role, name.p, name.n);
    t->oom = false;
    HASH_ADD_KEYPTR(hh, t->rows, key, sizeof r->key.role + name.n, r);
    return !t->oom;
}

static struct lock *lock_room(struct row *r)
{
    if (r->n_locks == 0 && !r->locks_cap)
        return &r->locks.one;
    if (r->n_locks < r->locks_cap)
        return &r->locks.many[r->n_locks];
    uint32_t cap = r->locks_cap ? r->locks_cap * 2 : 2;
    struct lock *many = realloc(r->locks_cap ? r->locks.many : NULL, cap * sizeof *many);
    if (!many)
        return NULL;
    if (!r->locks_cap)
        many[0] = r->locks.one;
    r->locks.many = many;
    r->locks_cap = cap;
    return &many[r->n_locks];
}

/* Take over a lock that was filled in at lock_room. */
static bool count_lock(struct locktable *t, struct row *r, struct lock *l)
{
    if (!holders_add(&t->holders, holders_name(t, l))) {
        lock_release(l);
        return false;
    }
    r->n_locks++;
    return true;
}

/* What the instance's other row holds is the new row's too. */
static bool inherit(struct locktable *t, struct row *r, struct row *from)
{
    size_t n;
    struct lock *l = row_locks(from, &n);
    for (size_t i = 0; i < n; i++) {
        struct lock_source s = lock_source_of(&l[i]);
        if (row_lock_on(r, &s))
            continue;
        struct lock *mine = lock_room(r);
        if (!mine || !lock_copy(mine, &l[i]) || !count_lock(t, r, mine))
            return false;
    }
    if (from->first_lock_s != TIME_NONE &&
        (r->first_lock_s == TIME_NONE || from->first_lock_s < r->first_lock_s))
        r->first_lock_s = from->first_lock_s;
    if (!from->more)
        return true;
    struct str account;
    for (size_t at = 0; strset_next(&from->more->endpoint_accounts, &at, &account);)
        if (!row_add_endpoint_account(r, account))
            return false;
    return true;
}

int row_cmp(const struct row *a, const struct row *b)
{
    struct row_info x = row_info(a), y = row_info(b);
    int c = str_cmp(x.session.partition, y.session.partition);
    if (!c)
        c = str_cmp(x.session.account, y.session.account);
    if (!c)
        c = str_cmp(x.session.role, y.session.role);
    return c ? c : str_cmp(x.session.session, y.session.session);
}

/* The least row of the instance that comes after the given one (NULL: the least of all). */
static struct row *next_in_order(const struct locktable *t, struct str instance,
                                 const struct row *after, const struct row *except)
{
    struct row *best = NULL;
    for (struct row *r = table_first_of(t, instance); r; r = row_next_of(r))
        if (r != except && (!after || row_cmp(r, after) > 0) && (!best || row_cmp(r, best) < 0))
            best = r;
    return best;
}

static bool inherit_all(struct locktable *t, struct row *r)
{
    struct str name = row_name(r);
    for (struct row *o = NULL; (o = next_in_order(t, name, o, r));)
        if (!inherit(t, r, o))
            return false;
    return true;
}

struct row *table_add(struct locktable *t, const struct session_parts *s, bool instance_session,
                      int64_t expiry_s)
{
    struct row *r = pool_take(t);
    if (!r)
        return NULL;
    r->first_lock_s = r->last_issue_s = TIME_NONE;
    r->expiry_s = expiry_s;
    r->key.role = roles_use(t->roles, s->partition, s->account, s->role);
    if (!r->key.role) {
        pool_give(t, r);
        return NULL;
    }
    if (!set_key(t, r, s->session)) {
        row_release(t, r);
        return NULL;
    }
    if (instance_session) {
        r->instance_session = true;
        instance_link(t, r);
    }
    if (!rowheap_push(&t->heap, r, expiry_s)) {
        row_remove(t, r);
        return NULL;
    }
    t->made++;
    /* The row is whole already; if its inheritance is not, the caller ends the run. */
    return !instance_session || inherit_all(t, r) ? r : NULL;
}

struct row_info row_info(const struct row *r)
{
    return (struct row_info){.session = {.partition = role_partition(r->key.role),
                                         .account = role_account(r->key.role),
                                         .role = role_name(r->key.role),
                                         .session = row_name(r)},
                             .instance_session = r->instance_session,
                             .expiry_s = r->expiry_s,
                             .first_lock_s = r->first_lock_s,
                             .last_issue_s = r->last_issue_s};
}

void row_extend(struct row *r, int64_t expiry_s)
{
    if (expiry_s > r->expiry_s)
        r->expiry_s = expiry_s;
}

void row_issued(struct row *r, int64_t time_s)
{
    if (time_s > r->last_issue_s)
        r->last_issue_s = time_s;
}

struct lock *row_lock_on(struct row *r, const struct lock_source *s)
{
    size_t n;
    struct lock *l = row_locks(r, &n);
    for (size_t i = 0; i < n; i++)
        if (lock_is_on(&l[i], s))
            return &l[i];
    return NULL;
}

bool table_lock(struct locktable *t, struct row *r, const struct lock_source *s, int64_t time_s,
                struct str event_id, bool provisional)
{
    struct lock *l = lock_room(r);
    if (!l || !lock_init(l, s, time_s, event_id, provisional) || !count_lock(t, r, l))
        return false;
    if (r->first_lock_s == TIME_NONE)
        r->first_lock_s = time_s;
    return true;
}

void table_unlock(struct locktable *t, struct row *r, size_t i)
{
    size_t n;
    struct lock *l = row_locks(r, &n);
    holders_drop(&t->holders, holders_name(t, &l[i]));
    lock_release(&l[i]);
    memmove(&l[i], &l[i + 1], (n - i - 1) * sizeof *l);
    r->n_locks--;
}

bool row_has_endpoint_account(const struct row *r, struct str account)
{
    return r->more && strset_has(&r->more->endpoint_accounts, account);
}

bool row_add_endpoint_account(struct row *r, struct str account)
{
    struct row_more *m = more_of(r);
    return m && strset_add(&m->endpoint_accounts, account);
}

bool row_next_endpoint_account(const struct row *r, size_t *at, struct str *out)
{
    return r->more && strset_next(&r->more->endpoint_accounts, at, out);
}

bool row_slot_was_excepted(const struct row *r, enum slot slot)
{
    return r->excepted_slots >> slot & 1;
}

void row_except_slot(struct row *r, enum slot slot)
{
    r->excepted_slots = (uint8_t)(r->excepted_slots | 1u << slot);
}

bool row_has_mark(const struct row *r, uint64_t hash)
{
    return r->more && marks_has(&r->more->marks, hash);
}

enum marks_result row_add_mark(struct row *r, uint64_t hash)
{
    struct row_more *m = more_of(r);
    return m ? marks_add(&m->marks, hash) : MARKS_NOMEM;
}

uint32_t table_holders(const struct locktable *t, const struct lock_source *s)
{
    return holders_count(&t->holders, lock_source_hash(t->key, s));
}

static struct row *skip_to(struct row *r, struct str instance)
{
    while (r && !str_eq(row_name(r), instance))
        r = r->next;
    return r;
}

struct row *table_first_of(const struct locktable *t, struct str instance)
{
    return skip_to(*instance_bucket(t, instance), instance);
}

struct row *row_next_of(const struct row *r)
{
    return skip_to(r->next, row_name(r));
}

static int by_session(const void *a, const void *b)
{
    return row_cmp(*(struct row *const *)a, *(struct row *const *)b);
}

bool table_sorted(const struct locktable *t, struct row ***rows, size_t *n)
{
    *n = 0;
    *rows = malloc((HASH_COUNT(t->rows) + 1) * sizeof(struct row *));
    if (!*rows)
        return false;
    for (struct row *r = t->rows; r; r = r->hh.next)
        (*rows)[(*n)++] = r;
    qsort(*rows, *n, sizeof(struct row *), by_session);
    return true;
}

struct table_counts table_counts(const struct locktable *t)
{
    return (struct table_counts){.made = t->made, .live = HASH_COUNT(t->rows)};
}
