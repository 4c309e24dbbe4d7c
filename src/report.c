#include "ctlock/report.h"

#include "ctlock/session.h"
#include "ctlock/siphash.h"

#include <stdlib.h>

static void add_counted(struct buf *b, struct str s)
{
    char n[8];
    for (size_t i = 0; i < sizeof n; i++)
        n[i] = (char)((uint64_t)s.n >> (8 * i) & 0xff);
    buf_add(b, n, sizeof n);
    buf_str(b, s);
}

/* The same in every run and on every machine, so that a receiver can drop what it has. */
static bool make_uid(const struct call *c, enum alert_kind kind, uint64_t *uid)
{
    struct session_parts s = event_session(c->event);
    struct buf session = {0}, source = {0}, all = {0};
    session_format(&s, &session);
    if (c->event->source.class == SOURCE_SERVICE)
        buf_str(&source, event_str(c->event, EF_SOURCE));
    else
        lock_format_source(&c->source, &source);
    add_counted(&all, buf_view(&session));
    add_counted(&all, str_of(alert_kind_name(kind)));
    add_counted(&all, buf_view(&source));
    add_counted(&all, event_str(c->event, EF_EVENT_ID));
    bool ok = !session.failed && !source.failed && !all.failed;
    if (ok)
        *uid = siphash24((struct hash_key){0, 0}, all.p, all.n);
    buf_free(&session);
    buf_free(&source);
    buf_free(&all);
    return ok;
}

/* --once: session (the row), kind, severity, source. */
static uint64_t once_mark(const struct call *c, const struct verdict *v)
{
    struct hash_key key = {0x6f6e6365u + (uint64_t)v->kind, (uint64_t)v->severity};
    return lock_source_hash(key, &c->source);
}

/* Have the row remember the alert. *known is set if it had this very one, which without an eventID
 * no uid tells; *shown if --once holds back another of its kind. */
static bool remember(struct report *r, const struct call *c, const struct verdict *v, uint64_t uid,
                     bool *known, bool *shown)
{
    enum marks_result m = row_add_mark(c->row, uid);
    *known = m == MARKS_SEEN && event_str(c->event, EF_EVENT_ID).n > 0;
    if (m != MARKS_NOMEM && !*known && r->opt->once) {
        m = row_add_mark(c->row, once_mark(c, v));
        *shown = m == MARKS_SEEN;
    }
    if (m != MARKS_NOMEM && !c->presigned)
        m = row_add_mark(c->row, judge_alerted_mark(&c->source));
    return m != MARKS_NOMEM;
}

static bool fill_locks(struct report *r, const struct call *c, struct alert *a)
{
    size_t n;
    struct lock *l = row_locks(c->row, &n);
    if (n > r->locks_cap) {
        struct alert_lock *more = realloc(r->locks, n * sizeof *more);
        if (!more)
            return false;
        r->locks = more;
        r->locks_cap = n;
    }
    for (size_t i = 0; i < n; i++) {
        struct lock_source s = lock_source_of(&l[i]);
        r->locks[i] = (struct alert_lock){
            .lock = &l[i],
            .sessions = table_others(r->judge->table, c->row, &s),
            .known = book_whose(r->judge->book, lock_source_ip(&s), s.slot, c->instance)};
    }
    a->locked = r->locks;
    a->n_locked = n;
    return true;
}

static bool emit(struct report *r, const struct call *c, const struct verdict *v, uint64_t uid)
{
    static const enum alert_type types[] = {[VERDICT_INFO] = ALERT_INFO,
                                            [VERDICT_ALERT] = ALERT_ALERT,
                                            [VERDICT_SUPPRESSED] = ALERT_SUPPRESSED};
    struct alert a = {.type = types[v->class],
                      .kind = v->kind,
                      .severity = v->class == VERDICT_INFO ? SEVERITY_NONE : v->severity,
                      .event = c->event,
                      .ended_s = v->ended_s,
                      .uid = uid};
    if (!fill_locks(r, c, &a))
        return false;
    if (c->event->source.class != SOURCE_SERVICE) {
        a.source_sessions = table_others(r->judge->table, c->row, &c->source);
        a.source_known =
            book_whose(r->judge->book, lock_source_ip(&c->source), c->source.slot, c->instance);
    }
    struct buf where = {0};
    if (v->class == VERDICT_SUPPRESSED) {
        struct exception_info x;
        exceptions_get(r->judge->opt->exceptions, (size_t)v->exception, &x);
        buf_puts(&where, x.file);
        buf_printf(&where, ":%lu", (unsigned long)x.line);
        a.exception = buf_view(&where);
    }
    bool ok = !where.failed && r->opt->emit(r->opt->self, &a);
    buf_free(&where);
    return ok;
}

static bool report_alert(struct report *r, const struct call *c, const struct verdict *v,
                         uint64_t uid)
{
    bool known = false, shown = false;
    if (!remember(r, c, v, uid, &known, &shown))
        return false;
    if (known) {
        r->stats->same_uid++;
        return true;
    }
    r->stats->alerts[v->kind]++;
    r->stats->severities[v->severity]++;
    bool is_below = v->severity < r->opt->min_severity;
    r->stats->reported += !is_below && !shown;
    r->stats->once += shown;
    r->stats->below += is_below && !shown;
    return shown || is_below || emit(r, c, v, uid);
}

bool report_verdict(struct report *r, const struct call *c, const struct verdict *v, bool *alerted)
{
    if (v->exception >= 0)
        exceptions_count_match(r->judge->opt->exceptions, v->exception);
    bool shown = true;
    switch (v->class) {
    case VERDICT_FINE:
        return true;
    case VERDICT_INFO:
        r->stats->info[v->kind]++;
        shown = r->opt->info;
        break;
    case VERDICT_SUPPRESSED:
        r->stats->suppressed[v->kind]++;
        shown = r->opt->show_suppressed && v->severity >= r->opt->min_severity;
        break;
    case VERDICT_ALERT:
        *alerted = true;
        break;
    }
    uint64_t uid = 0;
    if (!shown)
        return true;
    if (!make_uid(c, v->kind, &uid))
        return false;
    return v->class == VERDICT_ALERT ? report_alert(r, c, v, uid) : emit(r, c, v, uid);
}

void report_free(struct report *r)
{
    free(r->locks);
    r->locks = NULL;
    r->locks_cap = 0;
}
