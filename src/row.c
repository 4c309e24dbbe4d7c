#include "row.h"

#include <stdlib.h>

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

struct str row_name(const struct row *r)
{
    return key_name(&r->key);
}

bool row_set_name(struct row *r, struct str name)
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
    return true;
}

bool row_is_of(const struct row *r, const struct session_parts *s)
{
    return str_eq(row_name(r), s->session) && str_eq(role_name(r->key.role), s->role) &&
           str_eq(role_account(r->key.role), s->account) &&
           str_eq(role_partition(r->key.role), s->partition);
}

static struct row_more *more_of(struct row *r)
{
    if (!r->more)
        r->more = calloc(1, sizeof *r->more);
    return r->more;
}

struct lock *row_locks(struct row *r, size_t *n)
{
    *n = r->n_locks;
    return r->locks_cap_log2 ? r->locks.many : &r->locks.one;
}

struct lock *row_lock_room(struct row *r)
{
    bool many_there = r->locks_cap_log2 > 0;
    if (r->n_locks == 0 && !many_there)
        return &r->locks.one;
    if (many_there && r->n_locks < 1u << r->locks_cap_log2)
        return &r->locks.many[r->n_locks];
    unsigned log2 = r->locks_cap_log2 + 1u;
    if (log2 > 31)
        return NULL;
    struct lock *many = realloc(many_there ? r->locks.many : NULL, sizeof *many << log2);
    if (!many)
        return NULL;
    if (!many_there)
        many[0] = r->locks.one;
    r->locks.many = many;
    r->locks_cap_log2 = (uint8_t)log2;
    return &many[r->n_locks];
}

void row_release(struct row *r)
{
    size_t n;
    struct lock *l = row_locks(r, &n);
    for (size_t i = 0; i < n; i++)
        lock_release(&l[i]);
    if (r->locks_cap_log2)
        free(r->locks.many);
    if (r->more) {
        marks_free(&r->more->marks);
        strset_free(&r->more->endpoint_accounts);
        free(r->more);
    }
    if (r->key.name_n > NAME_INLINE)
        free(apart(&r->key));
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

int64_t row_first_lock_s(const struct row *r)
{
    return r->first_lock_s;
}

int64_t row_last_issue_s(const struct row *r)
{
    return r->last_issue_s;
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

bool row_has_many_locks(const struct row *r)
{
    return r->n_locks >= ROW_MANY_LOCKS;
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
    const struct row_more *m = r->more;
    return m && (m->marks.n >= ROW_MAX_MARKS || marks_has(&m->marks, hash));
}

enum marks_result row_add_mark(struct row *r, uint64_t hash)
{
    struct row_more *m = more_of(r);
    if (m && m->marks.n >= ROW_MAX_MARKS)
        return marks_has(&m->marks, hash) ? MARKS_SEEN : MARKS_NEW;
    return m ? marks_add(&m->marks, hash) : MARKS_NOMEM;
}

bool row_next_mark(const struct row *r, size_t *at, uint64_t *hash)
{
    return r->more && marks_next(&r->more->marks, at, hash);
}

void row_restore(struct row *r, int64_t first_lock_s, int64_t last_issue_s)
{
    r->first_lock_s = first_lock_s;
    r->last_issue_s = last_issue_s;
}

int row_cmp(const struct row *a, const struct row *b)
{
    if (a->key.role == b->key.role)
        return str_cmp(row_name(a), row_name(b));
    const struct role *x = a->key.role, *y = b->key.role;
    int c = str_cmp(role_partition(x), role_partition(y));
    if (!c)
        c = str_cmp(role_account(x), role_account(y));
    if (!c)
        c = str_cmp(role_name(x), role_name(y));
    return c ? c : str_cmp(row_name(a), row_name(b));
}
