#include "ctlock/tableview.h"

#include "ctlock/jsonout.h"
#include "ctlock/text.h"

enum { INSTANCE_WIDTH = 19, ACCOUNT_WIDTH = 12, SLOT_WIDTH = 7, ADDRESS_WIDTH = 15 };

/* A column; one that is wider than its width pushes the rest on, nothing is cut. */
static void column(struct buf *out, struct str s, size_t width)
{
    size_t before = out->n;
    text_plain(out, s.n ? s : STR("-"));
    while (out->n - before < width && !out->failed)
        buf_putc(out, ' ');
    buf_putc(out, ' ');
}

static void time_column(struct buf *out, int64_t time_s)
{
    timestamp_format(time_s, out);
    buf_putc(out, ' ');
}

void tableview_head(struct buf *out)
{
    buf_puts(out, "INSTANCE            ACCOUNT      SLOT    ADDRESS         SINCE                "
                  "LAST                 EXPIRES              ROLE EVENT_ID KNOWN\n");
}

static struct str instance_of(const struct row_info *info)
{
    return info->instance_session ? info->session.session : (struct str){0};
}

static struct str known_of(const struct addressbook *b, const struct row_info *info,
                           const struct lock_source *s)
{
    return book_whose(b, lock_source_ip(s), s->slot, instance_of(info));
}

static void text_line(const struct addressbook *b, const struct row_info *info,
                      const struct lock *l, struct buf *out)
{
    struct buf cell = {0};
    column(out, info->session.session, INSTANCE_WIDTH);
    column(out, info->session.account, ACCOUNT_WIDTH);
    struct str known = {0};
    if (l) {
        struct lock_source s = lock_source_of(l);
        column(out, str_of(slot_name(s.slot)), SLOT_WIDTH);
        lock_format_source(&s, &cell);
        column(out, buf_view(&cell), ADDRESS_WIDTH);
        time_column(out, l->since_s);
        time_column(out, lock_last_s(l));
        known = known_of(b, info, &s);
        out->failed |= cell.failed;
        buf_clear(&cell);
        lock_format_event_id(l, &cell);
    } else {
        column(out, STR("-"), SLOT_WIDTH);
        column(out, STR("-"), ADDRESS_WIDTH);
        column(out, STR("-"), 20);
        column(out, STR("-"), 20);
    }
    time_column(out, info->expiry_s);
    column(out, info->session.role, 0);
    column(out, buf_view(&cell), 0);
    text_plain(out, known.n ? known : STR("-"));
    buf_putc(out, '\n');
    out->failed |= cell.failed;
    buf_free(&cell);
}

static void text_row(const struct addressbook *b, struct row *r, struct buf *out)
{
    struct row_info info = row_info(r);
    size_t n;
    const struct lock *l = row_locks(r, &n);
    if (n == 0)
        text_line(b, &info, NULL, out);
    for (size_t i = 0; i < n; i++)
        text_line(b, &info, &l[i], out);
}

static void json_lock(const struct locktable *t, const struct addressbook *b, struct row *r,
                      const struct lock *l, struct buf *out)
{
    struct buf cell = {0};
    struct row_info info = row_info(r);
    struct lock_source s = lock_source_of(l);
    json_open(out, NULL, '{');
    lock_format_source(&s, &cell);
    json_text(out, "address", buf_view(&cell));
    json_text(out, "slot", str_of(slot_name(s.slot)));
    json_time(out, "since", l->since_s);
    json_time(out, "last", lock_last_s(l));
    out->failed |= cell.failed;
    buf_clear(&cell);
    lock_format_event_id(l, &cell);
    json_text(out, "event_id", cell.n ? buf_view(&cell) : (struct str){0});
    json_flag(out, "provisional", l->provisional);
    json_open(out, "vpc_endpoints", '[');
    struct str endpoint;
    for (size_t at = 0; lock_next_endpoint(l, &at, &endpoint);)
        json_text(out, NULL, endpoint);
    json_close(out, ']');
    json_count(out, "sessions", table_others(t, r, &s));
    json_text(out, "known", known_of(b, &info, &s));
    json_close(out, '}');
    out->failed |= cell.failed;
    buf_free(&cell);
}

static void json_row(const struct locktable *t, const struct addressbook *b, struct row *r,
                     struct buf *out)
{
    struct row_info info = row_info(r);
    json_begin(out);
    json_text(out, "account", info.session.account);
    json_text(out, "role", info.session.role);
    json_text(out, "instance", instance_of(&info));
    struct buf arn = {0};
    session_format(&info.session, &arn);
    json_text(out, "session", buf_view(&arn));
    out->failed |= arn.failed;
    buf_free(&arn);
    json_time(out, "expires", info.expiry_s);
    json_time(out, "last_issue", info.last_issue_s);
    json_time(out, "first_lock", info.first_lock_s);
    json_open(out, "endpoint_accounts", '[');
    struct str account;
    for (size_t at = 0; row_next_endpoint_account(r, &at, &account);)
        json_text(out, NULL, account);
    json_close(out, ']');
    json_open(out, "locked", '[');
    size_t n;
    const struct lock *l = row_locks(r, &n);
    for (size_t i = 0; i < n; i++)
        json_lock(t, b, r, &l[i], out);
    json_close(out, ']');
    json_end(out);
}

void tableview_row(const struct locktable *t, const struct addressbook *b, struct row *r, bool json,
                   struct buf *out)
{
    if (json)
        json_row(t, b, r, out);
    else
        text_row(b, r, out);
}
