#include "ctlock/staterow.h"

#include "ctlock/timestamp.h"

#include <stdlib.h>

static void write_slots(const struct row *r, struct buf *out)
{
    bool any = false;
    for (int slot = 0; slot < SLOT_COUNT; slot++) {
        if (!row_slot_was_excepted(r, (enum slot)slot))
            continue;
        if (!any)
            stateline_open(out, "excepted_slots", '[');
        any = true;
        stateline_text(out, NULL, str_of(slot_name((enum slot)slot)));
    }
    if (any)
        stateline_close(out, ']');
}

static void write_accounts(const struct row *r, struct buf *out)
{
    struct str account;
    size_t at = 0;
    if (!row_next_endpoint_account(r, &at, &account))
        return;
    stateline_open(out, "endpoint_accounts", '[');
    do
        stateline_text(out, NULL, account);
    while (row_next_endpoint_account(r, &at, &account));
    stateline_close(out, ']');
}

static int by_value(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* Sorted, for they have no order of their own and equal states are to be equal files. */
static void write_marks(const struct row *r, struct buf *out)
{
    struct buf marks = {0};
    uint64_t mark;
    for (size_t at = 0; row_next_mark(r, &at, &mark);)
        buf_add(&marks, &mark, sizeof mark);
    if (marks.failed)
        out->failed = true;
    if (marks.n) {
        qsort(marks.p, marks.n / sizeof mark, sizeof mark, by_value);
        stateline_open(out, "marks", '[');
        for (size_t i = 0; i < marks.n; i += sizeof mark) {
            memcpy(&mark, marks.p + i, sizeof mark);
            stateline_hash(out, NULL, mark);
        }
        stateline_close(out, ']');
    }
    buf_free(&marks);
}

static void write_endpoints(const struct lock *l, struct buf *out)
{
    struct str endpoint;
    size_t at = 0;
    if (!lock_next_endpoint(l, &at, &endpoint))
        return;
    stateline_open(out, "endpoints", '[');
    do
        stateline_text(out, NULL, endpoint);
    while (lock_next_endpoint(l, &at, &endpoint));
    stateline_close(out, ']');
}

static void write_lock(const struct lock *l, struct buf *id, struct buf *out)
{
    struct lock_source s = lock_source_of(l);
    buf_clear(id);
    lock_format_event_id(l, id);
    if (id->failed)
        out->failed = true;
    stateline_open(out, NULL, '{');
    stateline_text(out, "slot", str_of(slot_name(s.slot)));
    if (s.ip.family)
        stateline_ip(out, "ip", s.ip);
    else
        stateline_text(out, "text", s.text.p ? s.text : STR(""));
    stateline_flag(out, "provisional", l->provisional);
    stateline_number(out, "since", l->since_s);
    stateline_number(out, "last", lock_last_s(l));
    if (id->n)
        stateline_text(out, "event", buf_view(id));
    write_endpoints(l, out);
    stateline_close(out, '}');
}

static void write_locks(struct row *r, struct buf *out)
{
    size_t n;
    const struct lock *l = row_locks(r, &n);
    struct buf id = {0};
    if (n == 0)
        return;
    stateline_open(out, "locks", '[');
    for (size_t i = 0; i < n; i++)
        write_lock(&l[i], &id, out);
    stateline_close(out, ']');
    buf_free(&id);
}

void staterow_write(struct row *r, struct buf *out)
{
    struct row_info i = row_info(r);
    stateline_begin(out, STATEROW_TYPE);
    stateline_text(out, "partition", i.session.partition);
    stateline_text(out, "account", i.session.account);
    stateline_text(out, "role", i.session.role);
    stateline_text(out, "session", i.session.session);
    stateline_number(out, "expiry", i.expiry_s);
    stateline_time(out, "first_lock", i.first_lock_s);
    stateline_time(out, "last_issue", i.last_issue_s);
    write_slots(r, out);
    write_accounts(r, out);
    write_marks(r, out);
    write_locks(r, out);
    stateline_end(out);
}

static bool read_slot(struct stateline *l, const char *name, enum slot *out)
{
    struct str text = stateline_read_text(l, name);
    for (int slot = 0; slot < SLOT_COUNT; slot++)
        if (str_eq(text, str_of(slot_name((enum slot)slot)))) {
            *out = (enum slot)slot;
            return true;
        }
    stateline_reject(l, "not a slot");
    return false;
}

static void read_slots(struct stateline *l, struct row *r)
{
    enum slot slot;
    if (stateline_enter(l, "excepted_slots", '['))
        while (stateline_more(l, ']') && read_slot(l, NULL, &slot))
            row_except_slot(r, slot);
}

static bool read_accounts(struct stateline *l, struct row *r)
{
    if (stateline_enter(l, "endpoint_accounts", '['))
        while (stateline_more(l, ']')) {
            struct str account = stateline_read_text(l, NULL);
            if (account.p && !row_add_endpoint_account(r, account))
                return false;
        }
    return true;
}

static bool read_marks(struct stateline *l, struct row *r)
{
    uint64_t mark;
    if (stateline_enter(l, "marks", '['))
        while (stateline_more(l, ']') && stateline_read_hash(l, NULL, &mark))
            if (row_add_mark(r, mark) == MARKS_NOMEM)
                return false;
    return true;
}

static bool read_endpoints(struct stateline *l, struct lock *lock)
{
    if (stateline_enter(l, "endpoints", '['))
        while (stateline_more(l, ']')) {
            struct str endpoint = stateline_read_text(l, NULL);
            if (endpoint.p && !lock_add_endpoint(lock, endpoint))
                return false;
        }
    return true;
}

static bool read_lock(struct stateline *l, struct locktable *t, struct row *r)
{
    struct lock_source s = {0};
    if (!stateline_enter(l, NULL, '{') || !read_slot(l, "slot", &s.slot))
        return true;
    s.ip = stateline_read_ip(l, "ip");
    if (!s.ip.family)
        s.text = stateline_read_text(l, "text");
    bool provisional = stateline_read_flag(l, "provisional");
    int64_t since_s = stateline_read_time(l, "since"), last_s = stateline_read_time(l, "last");
    if ((!s.ip.family && !s.text.p) || since_s == TIME_NONE || last_s == TIME_NONE)
        stateline_reject(l, "not a lock");
    if (!l->why && row_lock_on(r, &s))
        stateline_reject(l, "locked twice");
    struct str event_id = stateline_read_text(l, "event");
    if (l->why)
        return true;
    struct lock *lock = table_lock(t, r, &s, since_s, event_id, provisional);
    if (!lock)
        return false;
    lock_use(lock, last_s);
    if (!read_endpoints(l, lock))
        return false;
    if (stateline_more(l, '}'))
        stateline_reject(l, "not a lock");
    return true;
}

static bool read_locks(struct stateline *l, struct locktable *t, struct row *r)
{
    if (stateline_enter(l, "locks", '['))
        while (stateline_more(l, ']'))
            if (!read_lock(l, t, r))
                return false;
    return true;
}

/* All that stands behind the row's times. */
static bool read_rest(struct stateline *l, struct locktable *t, struct row *r)
{
    read_slots(l, r);
    return read_accounts(l, r) && read_marks(l, r) && read_locks(l, t, r);
}

bool staterow_read(struct stateline *l, struct locktable *t)
{
    struct session_parts s = {.partition = stateline_read_text(l, "partition"),
                              .account = stateline_read_text(l, "account"),
                              .role = stateline_read_text(l, "role"),
                              .session = stateline_read_text(l, "session")};
    int64_t expiry_s = stateline_read_time(l, "expiry");
    int64_t first_lock_s = stateline_read_time(l, "first_lock");
    int64_t last_issue_s = stateline_read_time(l, "last_issue");
    if (!s.partition.n || !s.account.n || !s.role.n || !s.session.n || expiry_s == TIME_NONE)
        stateline_reject(l, "not a row");
    if (l->why)
        return true;
    uint64_t hash = table_hash(t, &s);
    if (table_find(t, &s, hash)) {
        stateline_reject(l, "a row twice");
        return true;
    }
    struct row *r = table_restore(t, &s, hash, session_is_instance(s.session), expiry_s);
    if (!r || !read_rest(l, t, r))
        return false;
    row_restore(r, first_lock_s, last_issue_s);
    return true;
}
