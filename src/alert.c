#include "ctlock/alert.h"

#include "ctlock/jsonout.h"
#include "ctlock/session.h"
#include "ctlock/text.h"

static const char *const kind_names[KIND_COUNT] = {
    [KIND_CONSOLE_USE] = "console-use",
    [KIND_USE_AFTER_TERMINATE] = "use-after-terminate",
    [KIND_USE_WHILE_STOPPED] = "use-while-stopped",
    [KIND_FOREIGN_VPC_ENDPOINT] = "foreign-vpc-endpoint",
    [KIND_IP_MISMATCH] = "ip-mismatch",
    [KIND_PRIVATE_IP_MISMATCH] = "private-ip-mismatch",
    [KIND_USER_AGENT] = "user-agent",
    [KIND_NEW_PATH] = "new-path",
    [KIND_SERVICE_CALL] = "service-call",
    [KIND_PRESIGNED] = "presigned",
    [KIND_NEW_VPC_ENDPOINT] = "new-vpc-endpoint",
    [KIND_FORWARDED] = "forwarded",
    [KIND_RELOCK] = "relock",
};

static const char *const severity_names[SEVERITY_COUNT] = {"none", "low", "medium", "high",
                                                           "critical"};

const char *alert_kind_name(enum alert_kind kind)
{
    return kind_names[kind];
}

const char *severity_name(enum severity severity)
{
    return severity_names[severity];
}

bool severity_parse(struct str name, enum severity *out)
{
    for (int s = SEVERITY_LOW; s < SEVERITY_COUNT; s++)
        if (str_eq(name, str_of(severity_names[s]))) {
            *out = (enum severity)s;
            return true;
        }
    return false;
}

static void key_value(struct buf *out, const char *key, struct str value)
{
    if (value.n == 0)
        return;
    buf_putc(out, ' ');
    buf_puts(out, key);
    buf_putc(out, '=');
    text_logfmt(out, value);
}

/* Appends what is to be told of a lock; nothing where there is nothing. */
typedef void lock_part(const struct alert_lock *l, struct buf *out);

static void address_of(const struct alert_lock *l, struct buf *out)
{
    struct lock_source s = lock_source_of(l->lock);
    lock_format_source(&s, out);
}

static void since_of(const struct alert_lock *l, struct buf *out)
{
    timestamp_format(l->lock->since_s, out);
}

static void event_id_of(const struct alert_lock *l, struct buf *out)
{
    lock_format_event_id(l->lock, out);
}

static void sessions_of(const struct alert_lock *l, struct buf *out)
{
    if (l->sessions)
        buf_printf(out, "%lu", (unsigned long)l->sessions);
}

static void known_of(const struct alert_lock *l, struct buf *out)
{
    buf_str(out, l->known);
}

/* One part of a list with commas. "-" is none; a comma, a "-" that is all of the part, and the "%"
 * that tells of them are written as %XX, so that each list reads in one way. */
static void list_part(struct str part, struct buf *out)
{
    if (part.n == 0)
        buf_putc(out, '-');
    else if (str_eq(part, STR("-")))
        buf_puts(out, "%2d");
    else
        for (size_t i = 0; i < part.n; i++)
            if (part.p[i] == ',' || part.p[i] == '%')
                buf_puts(out, part.p[i] == ',' ? "%2c" : "%25");
            else
                buf_putc(out, part.p[i]);
}

/* The parts of several locks are one value, so that it is quoted as a whole. */
static void text_locks(const struct alert *a, const char *key, lock_part *part, struct buf *out)
{
    struct buf list = {0}, one = {0};
    bool any = false;
    for (size_t i = 0; i < a->n_locked; i++) {
        if (i)
            buf_putc(&list, ',');
        buf_clear(&one);
        part(&a->locked[i], &one);
        any = any || one.n > 0;
        list_part(buf_view(&one), &list);
        list.failed |= one.failed;
    }
    out->failed |= list.failed;
    if (any)
        key_value(out, key, buf_view(&list));
    buf_free(&list);
    buf_free(&one);
}

static void text_both_sides(const struct alert *a, struct buf *out)
{
    text_locks(a, "locked_since", since_of, out);
    text_locks(a, "locked_by", event_id_of, out);
    text_locks(a, "locked_sessions", sessions_of, out);
    text_locks(a, "locked_known", known_of, out);
    if (a->source_sessions)
        buf_printf(out, " source_sessions=%lu", (unsigned long)a->source_sessions);
}

/* `sts:GetCallerIdentity`: the service is eventSource up to its first dot. */
static void text_event(const struct event *e, struct buf *out)
{
    struct str source = event_str(e, EF_EVENT_SOURCE), name = event_str(e, EF_EVENT_NAME);
    const char *dot = source.n ? memchr(source.p, '.', source.n) : NULL;
    struct buf both = {0};
    buf_add(&both, source.p, dot ? (size_t)(dot - source.p) : source.n);
    if (source.n)
        buf_putc(&both, ':');
    buf_str(&both, name);
    out->failed |= both.failed;
    key_value(out, "event", buf_view(&both));
    buf_free(&both);
}

static const char *severity_colour(enum severity s)
{
    return s >= SEVERITY_HIGH ? "\033[1;31m" : s == SEVERITY_MEDIUM ? "\033[1;33m" : "\033[1m";
}

static void text_head(const struct alert *a, bool colour, struct buf *out)
{
    static const char *const types[ALERT_TYPE_COUNT] = {"ALERT", "INFO", "SUPPRESSED"};
    colour = colour && a->type == ALERT_ALERT;
    timestamp_format(a->event->time_s, out);
    buf_putc(out, ' ');
    if (colour)
        buf_puts(out, severity_colour(a->severity));
    buf_puts(out, types[a->type]);
    if (colour)
        buf_puts(out, "\033[0m");
    key_value(out, "kind", str_of(kind_names[a->kind]));
    if (a->severity != SEVERITY_NONE)
        key_value(out, "severity", str_of(severity_names[a->severity]));
}

static void text_ended(const struct alert *a, struct buf *out)
{
    if (a->ended_s == TIME_NONE)
        return;
    buf_puts(out, " ended=");
    timestamp_format(a->ended_s, out);
}

void alert_format_text(const struct alert *a, bool colour, struct buf *out)
{
    const struct event *e = a->event;
    text_head(a, colour, out);
    key_value(out, "account", event_str(e, EF_ACCOUNT));
    key_value(out, "role", event_str(e, EF_ROLE));
    key_value(out, e->instance_session ? "instance" : "session", event_str(e, EF_SESSION));
    key_value(out, "source", event_str(e, EF_SOURCE));
    text_locks(a, "locked", address_of, out);
    text_event(e, out);
    key_value(out, "region", event_str(e, EF_REGION));
    key_value(out, "event_id", event_str(e, EF_EVENT_ID));
    key_value(out, "key", event_str(e, EF_ACCESS_KEY_ID));
    key_value(out, "error", event_str(e, EF_ERROR_CODE));
    key_value(out, "vpce", event_str(e, EF_VPC_ENDPOINT_ID));
    if (a->kind == KIND_FOREIGN_VPC_ENDPOINT)
        key_value(out, "vpce_account", event_str(e, EF_VPC_ENDPOINT_ACCOUNT));
    text_ended(a, out);
    if (e->flags & EVENT_LATE)
        key_value(out, "late", STR("true"));
    key_value(out, "known", a->source_known);
    key_value(out, "exception", a->exception);
    key_value(out, "file", a->file);
    key_value(out, "user_agent", event_str(e, EF_USER_AGENT));
    text_both_sides(a, out);
    buf_putc(out, '\n');
}

static void json_locked(const struct alert_lock *l, struct buf *out)
{
    struct buf text = {0};
    struct lock_source s = lock_source_of(l->lock);
    json_open(out, NULL, '{');
    lock_format_source(&s, &text);
    json_text(out, "address", buf_view(&text));
    json_text(out, "slot", str_of(slot_name(s.slot)));
    json_time(out, "since", l->lock->since_s);
    json_time(out, "last", lock_last_s(l->lock));
    out->failed |= text.failed;
    buf_clear(&text);
    lock_format_event_id(l->lock, &text);
    json_text(out, "event_id", text.n ? buf_view(&text) : (struct str){0});
    json_count(out, "sessions", l->sessions);
    json_text(out, "known", l->known);
    json_close(out, '}');
    out->failed |= text.failed;
    buf_free(&text);
}

static void json_session(const struct alert *a, struct buf *out)
{
    struct session_parts s = event_session(a->event);
    struct buf arn = {0};
    session_format(&s, &arn);
    out->failed |= arn.failed;
    json_text(out, "session", buf_view(&arn));
    buf_free(&arn);
}

static void json_locks(const struct alert *a, struct buf *out)
{
    json_open(out, "locked", '[');
    for (size_t i = 0; i < a->n_locked; i++)
        json_locked(&a->locked[i], out);
    json_close(out, ']');
}

void alert_format_json(const struct alert *a, struct buf *out)
{
    static const char *const types[ALERT_TYPE_COUNT] = {"alert", "info", "suppressed"};
    const struct event *e = a->event;
    json_begin(out);
    json_text(out, "type", str_of(types[a->type]));
    json_time(out, "time", e->time_s);
    json_text(out, "kind", str_of(kind_names[a->kind]));
    json_text(out, "severity",
              str_of(a->severity == SEVERITY_NONE ? NULL : severity_names[a->severity]));
    json_text(out, "account", event_str(e, EF_ACCOUNT));
    json_text(out, "role", event_str(e, EF_ROLE));
    json_text(out, "instance", e->instance_session ? event_str(e, EF_SESSION) : (struct str){0});
    json_session(a, out);
    json_text(out, "source", event_str(e, EF_SOURCE));
    json_locks(a, out);
    json_count(out, "source_sessions", a->source_sessions);
    json_text(out, "source_known", a->source_known);
    json_text(out, "event_id", event_str(e, EF_EVENT_ID));
    json_text(out, "event_name", event_str(e, EF_EVENT_NAME));
    json_text(out, "event_source", event_str(e, EF_EVENT_SOURCE));
    json_text(out, "region", event_str(e, EF_REGION));
    json_text(out, "user_agent", event_str(e, EF_USER_AGENT));
    json_text(out, "access_key_id", event_str(e, EF_ACCESS_KEY_ID));
    json_text(out, "error_code", event_str(e, EF_ERROR_CODE));
    json_text(out, "vpc_endpoint", event_str(e, EF_VPC_ENDPOINT_ID));
    json_text(out, "vpc_endpoint_account", event_str(e, EF_VPC_ENDPOINT_ACCOUNT));
    json_text(out, "ec2_role_delivery", event_str(e, EF_EC2_ROLE_DELIVERY));
    json_time(out, "ended", a->ended_s);
    json_flag(out, "late", e->flags & EVENT_LATE);
    json_text(out, "exception", a->exception);
    json_text(out, "file", a->file);
    json_hash(out, "uid", a->uid);
    json_end(out);
}
