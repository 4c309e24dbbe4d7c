/* A million rows must fit in 256 MiB, so a row holds its name and its first lock in itself, roles
 * are stored once, and rows come from a pool. */
#include "ctlock/locktable.h"

#include "ctlock/holders.h"
#include "ctlock/roles.h"
#include "ctlock/rowheap.h"
#include "ctlock/strset.h"

#include <stdlib.h>

/* uthash hashes nothing by itself here: hashes come from table_hash, which is seeded. What it
 * compares is the name of a row with the parts that are looked for. In the functions below, t is
 * the table at hand: uthash has no other way to say that memory ran out. */
#define HASH_FUNCTION(keyptr, keylen, hashv) ((hashv) = 0)
#define HASH_KEYCMP(key, parts, len) (!has_name((key), (parts)))
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(row) (t->oom = true)

/* Rows have long left the cache when they are looked for: every one that a bucket holds in front of
 * the right one costs a miss. 16 bytes a bucket are well spent on short ones. */
#define HASH_BKT_CAPACITY_THRESH 4U
#include <uthash.h>

enum { NAME_INLINE = 20, POOL_ROWS = 256 };

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

static char *apart(const struct row_key *k)
{
    char *p;
    memcpy(&p, k->text, sizeof p);
    return p;
}

static struct str key_name(const struct row_key *k)
{
    return (struct str){k->name_n > NAME_INLINE ? apart(k) : k->text, k->name_n};
}

static struct str row_name(const struct row *r)
{
    return key_name(&r->key);
}

static bool has_name(const void *key, const struct session_parts *s)
{
    const struct row_key *k = key;
    return str_eq(key_name(k), s->session) && str_eq(role_name(k->role), s->role) &&
           str_eq(role_account(k->role), s->account) &&
           str_eq(role_partition(k->role), s->partition);
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
        marks_free(&r->more->marks);
        strset_free(&r->more->endpoint_accounts);
        free(r->more);
    }
    if (r->key.name_n > NAME_INLINE)
        free(apart(&r->key));
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

uint64_t table_hash(const struct locktable *t, const struct session_parts *s)
{
    /* Sessions that differ in account or partition alone are few; chains tell them apart. */
    struct hash_key role_key = {t->key.k1 ^ s->account.n, t->key.k0 ^ s->partition.n};
    return siphash13(t->key, s->session.p, s->session.n) ^
           siphash13(role_key, s->role.p, s->role.n);
}

void table_soon(const struct locktable *t, uint64_t hash, unsigned step)
{
    if (!t->rows)
        return;
    const UT_hash_table *u = t->rows->hh.tbl;
    const UT_hash_bucket *b = &u->buckets[(unsigned)hash & (u->num_buckets - 1)];
    if (step == 0) {
        __builtin_prefetch(b);
        return;
    }
    const char *row = (const char *)b->hh_head;
    for (size_t at = 0; row && at < sizeof(struct row); at += 64)
        __builtin_prefetch(row + at);
}

/* uthash knows of a key only where it is and a length, which is of no use here. */
enum { KEY_LEN = 1 };

struct row *table_find(const struct locktable *t, const struct session_parts *s, uint64_t hash)
{
    struct row *r = NULL;
    HASH_FIND_BYHASHVALUE(hh, t->rows, s, KEY_LEN, (unsigned)hash, r);
    return r;
}

static bool set_key(struct locktable *t, struct row *r, struct str name, uint64_t hash)
{
    char *to = r->key.text;
    if (name.n >= UINT32_MAX)
        return false;
    if (name.n > NAME_INLINE) {
        to = malloc(name.n);
        if (!to)
            return false;
        memcpy(r->key.text, &to, sizeof to);
    }
    memcpy(to, name.p, name.n);
    r->key.name_n = (uint32_t)name.n;
    t->oom = false;
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, t->rows, &r->key, KEY_LEN, (unsigned)hash, r);
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

struct row *table_add(struct locktable *t, const struct session_parts *s, uint64_t hash,
                      bool instance_session, int64_t expiry_s)
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
    if (!set_key(t, r, s->session, hash)) {
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
