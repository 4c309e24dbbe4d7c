/* A million rows must fit in 256 MiB, so a row holds its name and its first lock in itself, roles
 * are stored once, and rows come from a pool. */
#include "ctlock/locktable.h"

#include "ctlock/eventhash.h"
#include "ctlock/holders.h"
#include "ctlock/pages.h"
#include "ctlock/rowheap.h"

#include <stdlib.h>

/* uthash hashes nothing by itself here: hashes come from session_hash, which is seeded. Its key is
 * the row, which it compares with the parts that are looked for. In the functions below, t is the
 * table at hand: uthash has no other way to say that memory ran out. */
#define HASH_FUNCTION(keyptr, keylen, hashv) ((hashv) = 0)
#define HASH_KEYCMP(row, parts, len) (!row_is_of((row), (parts)))
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(row) (t->oom = true)
#include "row.h"

/* A row fills its cache lines, if it begins with one. */
struct pool_chunk {
    struct pool_chunk *next;
    char rest[PAGES_LINE_NBYTES - sizeof(struct pool_chunk *)];
    struct row rows[];
};
_Static_assert(sizeof(struct row) % PAGES_LINE_NBYTES == 0, "rows begin with a cache line");
_Static_assert(sizeof(struct pool_chunk) == PAGES_LINE_NBYTES, "rows begin with a cache line");
_Static_assert(offsetof(struct row, hh) == 0, "chains_fetch takes one for the other");
_Static_assert(ROW_USUAL_NBYTES <= 2 * PAGES_LINE_NBYTES, "what is usual is in two lines");

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
    size_t chunks_nbytes;   /* of all of them */
    struct row *fresh_rows; /* the rest of the last one */
    size_t n_fresh;
    struct row *free_rows;
    uint64_t max_rows; /* 0: any number */
    uint64_t made, evicted, refused;
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

/* A chunk is as large as all before it, up to a huge page; then a fourth of that. */
static bool pool_grow(struct locktable *t)
{
    enum { LEAST_NBYTES = 64 << 10 };
    const size_t huge_nbytes = PAGES_HUGE_NBYTES;
    size_t nbytes = t->chunks_nbytes;
    if (nbytes < LEAST_NBYTES)
        nbytes = LEAST_NBYTES;
    else if (nbytes > huge_nbytes)
        nbytes = nbytes < 4 * huge_nbytes ? huge_nbytes : nbytes / 4 / huge_nbytes * huge_nbytes;
    struct pool_chunk *c = pages_new(nbytes);
    if (!c)
        return false;
    c->next = t->chunks;
    t->chunks = c;
    t->chunks_nbytes += nbytes;
    t->fresh_rows = c->rows;
    t->n_fresh = (nbytes - sizeof *c) / sizeof *c->rows;
    return true;
}

static struct row *pool_take(struct locktable *t)
{
    struct row *r = t->free_rows;
    if (r) {
        t->free_rows = r->next;
    } else {
        if (t->n_fresh == 0 && !pool_grow(t))
            return NULL;
        r = t->fresh_rows++;
        t->n_fresh--;
    }
    memset(r, 0, sizeof *r);
    return r;
}

static void pool_give(struct locktable *t, struct row *r)
{
    r->next = t->free_rows;
    t->free_rows = r;
}

static struct row **instance_bucket(const struct locktable *t, struct str instance)
{
    return &t->instance[siphash13(t->key, instance.p, instance.n) & (t->n_instance - 1)];
}

/* Longer chains are slower but right, so running out of memory here is no error. A chain goes to
 * the ends of two, so that they are in order as it was. */
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
    for (size_t i = 0; i < n_old; i++) {
        struct row **end[2] = {&bucket[i], &bucket[i + n_old]};
        for (struct row *r = old[i], *next; r; r = next) {
            next = r->next;
            struct row ***e = &end[instance_bucket(t, row_name(r)) != &bucket[i]];
            r->next = NULL;
            **e = r;
            *e = &r->next;
        }
    }
    free(old);
}

/* Chains are in the order of row_cmp, which inherit_all wants. */
static void instance_link(struct locktable *t, struct row *r)
{
    if (HASH_COUNT(t->rows) > t->n_instance * 2)
        instance_grow(t);
    struct row **b = instance_bucket(t, row_name(r));
    while (*b && row_cmp(*b, r) < 0)
        b = &(*b)->next;
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

static uint64_t holders_name(const struct locktable *t, const struct lock *l)
{
    struct lock_source s = lock_source_of(l);
    return lock_source_hash(t->key, &s);
}

/* Give back everything a row holds, but not its places in the tables. */
static void release(struct locktable *t, struct row *r)
{
    size_t n;
    const struct lock *l = row_locks(r, &n);
    for (size_t i = 0; i < n; i++)
        holders_drop(&t->holders, holders_name(t, &l[i]));
    struct role *role = r->key.role;
    row_release(r);
    roles_drop(t->roles, role);
    pool_give(t, r);
}

static void row_remove(struct locktable *t, struct row *r)
{
    if (r->instance_session)
        instance_unlink(t, r);
    HASH_DELETE(hh, t->rows, r);
    release(t, r);
}

void table_free(struct locktable *t)
{
    if (!t)
        return;
    /* Nobody asks any more who holds what: only memory is given back. */
    for (struct row *r = t->rows; r; r = r->hh.next)
        row_release(r);
    HASH_CLEAR(hh, t->rows);
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

void table_limit(struct locktable *t, uint64_t max_rows)
{
    t->max_rows = max_rows;
}

/* Make room: of all rows but the spared one, the nearest to its expiry goes. There is one. */
static void evict(struct locktable *t, const struct row *spared)
{
    struct rowheap_item aside = {0}, top;
    do {
        top = t->heap.item[0];
        rowheap_pop(&t->heap);
        if (top.row == spared)
            aside = top;
        else if (top.row->expiry_s > top.expiry_s) /* room here and below: one was taken out */
            (void)rowheap_push(&t->heap, top.row, top.row->expiry_s);
        else
            break;
    } while (true);
    row_remove(t, top.row);
    if (aside.row)
        (void)rowheap_push(&t->heap, aside.row, aside.expiry_s);
    t->evicted++;
}

uint64_t table_hash(const struct locktable *t, const struct session_parts *s)
{
    return session_hash(t->key, s);
}

void table_soon(const struct locktable *t, uint64_t hash, unsigned step)
{
    chains_fetch(t->rows ? t->rows->hh.tbl : NULL, (unsigned)hash, ROW_USUAL_NBYTES, step);
}

/* uthash knows of a key only where it is and a length, which is of no use here. */
enum { KEY_LEN = 1 };

struct row *table_find(const struct locktable *t, const struct session_parts *s, uint64_t hash)
{
    struct row *r = NULL;
    HASH_FIND_BYHASHVALUE(hh, t->rows, s, KEY_LEN, (unsigned)hash, r);
    return r;
}

static bool link_row(struct locktable *t, struct row *r, uint64_t hash)
{
    t->oom = false;
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, t->rows, r, KEY_LEN, (unsigned)hash, r);
    if (t->oom)
        return false;
    chains_shorten(t->rows->hh.tbl);
    return true;
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
    bool takes_locks = !row_has_many_locks(r);
    for (size_t i = 0; takes_locks && i < n; i++) {
        struct lock_source s = lock_source_of(&l[i]);
        if (row_lock_on(r, &s))
            continue;
        struct lock *mine = row_lock_room(r);
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

/* From the others, of which this is the first. In the order of row_cmp: of two locks on one source,
 * the first counts. */
static bool inherit_all(struct locktable *t, struct row *r, struct row *other)
{
    for (; other; other = row_next_of(other))
        if (other != r && !inherit(t, r, other))
            return false;
    return true;
}

static bool are_too_many(const struct row *of_instance)
{
    size_t n = 0;
    for (; of_instance; of_instance = row_next_of(of_instance))
        n++;
    return n >= TABLE_MAX_ROWS_OF_INSTANCE;
}

struct row *table_restore(struct locktable *t, const struct session_parts *s, uint64_t hash,
                          bool instance_session, int64_t expiry_s)
{
    struct row *r = pool_take(t);
    if (!r)
        return NULL;
    r->first_lock_s = r->last_issue_s = TIME_NONE;
    r->expiry_s = expiry_s;
    r->key.role = roles_use(t->roles, s);
    if (!r->key.role) {
        pool_give(t, r);
        return NULL;
    }
    if (!row_set_name(r, s->session) || !link_row(t, r, hash)) {
        release(t, r);
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
    return r;
}

bool table_add(struct locktable *t, const struct session_parts *s, uint64_t hash,
               bool instance_session, int64_t expiry_s, struct row **out)
{
    struct row *other = instance_session ? table_first_of(t, s->session) : NULL;
    *out = NULL;
    if (are_too_many(other)) {
        t->refused++;
        return true;
    }
    struct row *r = *out = table_restore(t, s, hash, instance_session, expiry_s);
    if (!r)
        return false;
    t->made++;
    /* The row is whole already; if its inheritance is not, the caller ends the run. */
    if (!inherit_all(t, r, other))
        return false;
    while (t->max_rows > 0 && HASH_COUNT(t->rows) > t->max_rows)
        evict(t, r);
    return true;
}

struct lock *table_lock(struct locktable *t, struct row *r, const struct lock_source *s,
                        int64_t time_s, struct str event_id, bool provisional)
{
    struct lock *l = row_lock_room(r);
    if (!l || !lock_init(l, s, time_s, event_id, provisional) || !count_lock(t, r, l))
        return NULL;
    if (r->first_lock_s == TIME_NONE)
        r->first_lock_s = time_s;
    return l;
}

void table_unlock(struct locktable *t, struct row *r, struct lock *l)
{
    size_t n;
    struct lock *end = row_locks(r, &n) + n;
    holders_drop(&t->holders, holders_name(t, l));
    lock_release(l);
    memmove(l, l + 1, (size_t)(end - (l + 1)) * sizeof *l);
    r->n_locks--;
}

uint32_t table_holders(const struct locktable *t, const struct lock_source *s)
{
    return holders_count(&t->holders, lock_source_hash(t->key, s));
}

uint32_t table_others(const struct locktable *t, struct row *r, const struct lock_source *s)
{
    return table_holders(t, s) - (row_lock_on(r, s) ? 1 : 0);
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

/* A row's place: what decides nearly always lies beside it, for a million rows are scattered. */
struct place {
    const struct role *role;
    uint64_t name[3]; /* its first bytes, as numbers that order like them */
    struct row *row;
};

static struct place place_of(struct row *r)
{
    struct place p = {.role = r->key.role, .row = r};
    struct str name = row_name(r);
    for (size_t i = 0; i < sizeof p.name; i++)
        p.name[i / 8] = p.name[i / 8] << 8 | (i < name.n ? (unsigned char)name.p[i] : 0u);
    return p;
}

static int by_session(const void *pa, const void *pb)
{
    const struct place *a = pa, *b = pb;
    for (size_t i = 0; i < 3 && a->role == b->role; i++)
        if (a->name[i] != b->name[i])
            return a->name[i] < b->name[i] ? -1 : 1;
    return row_cmp(a->row, b->row);
}

bool table_sorted(const struct locktable *t, struct row ***rows, size_t *n)
{
    struct place *place = malloc((HASH_COUNT(t->rows) + 1) * sizeof *place);
    *n = 0;
    *rows = malloc((HASH_COUNT(t->rows) + 1) * sizeof(struct row *));
    if (!*rows || !place) {
        free(place);
        free(*rows);
        *rows = NULL;
        return false;
    }
    for (struct row *r = t->rows; r; r = r->hh.next)
        place[(*n)++] = place_of(r);
    qsort(place, *n, sizeof *place, by_session);
    for (size_t i = 0; i < *n; i++)
        (*rows)[i] = place[i].row;
    free(place);
    return true;
}

struct table_counts table_counts(const struct locktable *t)
{
    return (struct table_counts){
        .made = t->made, .live = HASH_COUNT(t->rows), .evicted = t->evicted, .refused = t->refused};
}
