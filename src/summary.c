#include "ctlock/summary.h"

#include "ctlock/duration.h"
#include "ctlock/jsonout.h"
#include "ctlock/text.h"
#include "ctlock/timestamp.h"

#include <stdlib.h>

/* Places without anything unknown are listed up to this many; the rest stands in --stats-json. */
enum { MAX_PLACES = 20 };

typedef unsigned long long ull;

static void amount(struct buf *out, uint64_t nbytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double v = (double)nbytes;
    size_t u = 0;
    for (; v >= 1000 && u + 1 < sizeof units / sizeof units[0]; u++)
        v /= 1000;
    buf_printf(out, u ? "%.1f %s" : "%.0f %s", v, units[u]);
}

/* `2 ip-mismatch, 1 new-path`, or nothing. */
static void kinds(struct buf *out, const uint64_t count[KIND_COUNT])
{
    const char *before = " (";
    for (int k = 0; k < KIND_COUNT; k++) {
        if (!count[k])
            continue;
        buf_printf(out, "%s%llu %s", before, (ull)count[k], alert_kind_name((enum alert_kind)k));
        before = ", ";
    }
    if (before[0] == ',')
        buf_putc(out, ')');
}

static uint64_t total(const uint64_t *count, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += count[i];
    return sum;
}

static void text_reading(const struct summary *s, struct buf *out)
{
    const struct reading_stats *r = s->reading;
    buf_printf(out, "read        %llu file%s, ", (ull)r->files, buf_plural(r->files));
    amount(out, r->in_nbytes);
    if (r->text_nbytes != r->in_nbytes) {
        buf_puts(out, ", inflated ");
        amount(out, r->text_nbytes);
    }
    buf_printf(out, ", %llu record%s, %.2f s", (ull)r->records, buf_plural(r->records),
               (double)s->elapsed_ms / 1000);
    if (s->elapsed_ms) {
        buf_puts(out, ", ");
        amount(out, r->text_nbytes * 1000 / s->elapsed_ms);
        buf_puts(out, "/s");
    }
    buf_putc(out, '\n');
    if (s->stopped_by)
        buf_printf(out, "stopped     by %s: the rest of the input was not read\n", s->stopped_by);
    if (r->problems)
        buf_printf(out, "unreadable  %llu malformed, %llu oversized, %llu problem%s in all\n",
                   (ull)r->malformed, (ull)r->oversized, (ull)r->problems, buf_plural(r->problems));
}

/* Or parts of them: no room, or one thing cannot have so many. */
static uint64_t changes_left_out(const struct judging_stats *j)
{
    return j->book.left_out + j->book.crowded;
}

static void text_judging(const struct judging_stats *j, struct buf *out)
{
    if (j->first_s != TIME_NONE) {
        buf_puts(out, "event time  ");
        timestamp_format(j->first_s, out);
        buf_puts(out, " to ");
        timestamp_format(j->last_s, out);
        buf_putc(out, '\n');
    }
    buf_printf(out,
               "judged      %llu call%s, %llu issue%s, %llu address change%s (%llu without use), "
               "%llu unknown\n",
               (ull)j->calls, buf_plural(j->calls), (ull)j->issues, buf_plural(j->issues),
               (ull)j->changes, buf_plural(j->changes), (ull)j->changes_ignored, (ull)j->unknown);
    buf_printf(out, "order       %llu late, ", (ull)j->order.late);
    if (j->order.late) {
        buf_puts(out, "up to ");
        duration_format(j->order.late_behind_s, out);
        buf_puts(out, " behind the newest, ");
    }
    buf_printf(out, "%llu repeated", (ull)j->order.repeated);
    if (j->order.early)
        buf_printf(out, ", %llu early for --max-window", (ull)j->order.early);
    if (j->order.waiting)
        buf_printf(out, ", %llu waiting", (ull)j->order.waiting);
    buf_printf(out, "\ntable       %llu row%s live, %llu made", (ull)j->table.live,
               buf_plural(j->table.live), (ull)j->table.made);
    if (j->table.evicted)
        buf_printf(out, ", %llu gone for --max-sessions", (ull)j->table.evicted);
    if (j->table.refused)
        buf_printf(out, ", %llu not made", (ull)j->table.refused);
    buf_putc(out, '\n');
    if (j->book.forgotten_early + changes_left_out(j))
        buf_printf(out, "addresses   %llu facts, %llu forgotten early, %llu changes left out\n",
                   (ull)j->book.facts, (ull)j->book.forgotten_early, (ull)changes_left_out(j));
}

static void text_state(const struct summary *s, struct buf *out)
{
    ull waiting = s->judging->order.waiting, known = s->files_known;
    if (s->has_state)
        buf_printf(out,
                   "state       %llu event%s wait%s for what comes%s, %llu file%s known and not "
                   "read again\n",
                   waiting, buf_plural(waiting), waiting == 1 ? "s" : "",
                   waiting ? " (--flush judges them)" : "", known, buf_plural(known));
}

static void text_alerts(const struct judging_stats *j, struct buf *out)
{
    buf_printf(out, "alerts      %llu", (ull)total(j->alerts, KIND_COUNT));
    kinds(out, j->alerts);
    const char *before = ": ";
    for (int v = SEVERITY_CRITICAL; v > SEVERITY_NONE; v--)
        if (j->severities[v]) {
            buf_printf(out, "%s%llu %s", before, (ull)j->severities[v],
                       severity_name((enum severity)v));
            before = ", ";
        }
    buf_putc(out, '\n');
    if (j->below)
        buf_printf(out, "not shown   %llu below --min-severity\n", (ull)j->below);
    if (j->same_uid + j->once)
        buf_printf(out, "not again   %llu with a known uid, %llu left out by --once\n",
                   (ull)j->same_uid, (ull)j->once);
    buf_printf(out, "suppressed  %llu", (ull)total(j->suppressed, KIND_COUNT));
    kinds(out, j->suppressed);
    buf_printf(out, "\ninfo        %llu", (ull)total(j->info, KIND_COUNT));
    kinds(out, j->info);
    buf_putc(out, '\n');
}

static void text_counts(const uint64_t count[COVERAGE_COUNT], struct buf *out)
{
    ull issues = count[COVERAGE_ISSUES], calls = count[COVERAGE_CALLS];
    buf_printf(out, ": %llu issue%s, %llu call%s judged, %llu unknown", issues, buf_plural(issues),
               calls, buf_plural(calls), (ull)count[COVERAGE_UNKNOWN]);
}

static void text_place(const struct coverage_place *p, struct buf *out)
{
    buf_puts(out, "place       ");
    text_plain(out, p->account.n ? p->account : STR("-"));
    buf_putc(out, ' ');
    text_plain(out, p->region.n ? p->region : STR("-"));
    text_counts(p->count, out);
    if (p->count[COVERAGE_UNKNOWN] && !p->count[COVERAGE_ISSUES])
        buf_puts(out, " (are the STS events of this region in the input?)");
    buf_putc(out, '\n');
}

static bool text_places(const struct coverage *c, struct buf *out)
{
    struct coverage_place **p;
    size_t n, told = 0;
    if (!coverage_sorted(c, &p, &n))
        return false;
    /* The blind ones come first where not all can be told. */
    for (int blind = 1; blind >= 0; blind--)
        for (size_t i = 0; i < n && told < MAX_PLACES; i++)
            if ((p[i]->count[COVERAGE_UNKNOWN] > 0) == (blind == 1)) {
                text_place(p[i], out);
                told++;
            }
    if (told < n)
        buf_printf(out, "place       %llu more, see --stats-json\n", (ull)(n - told));
    if (total(c->others, COVERAGE_COUNT)) {
        buf_puts(out, "place       others, beyond what is told apart");
        text_counts(c->others, out);
        buf_putc(out, '\n');
    }
    free(p);
    return true;
}

static bool is_expired(const struct summary *s, const struct exception_info *x)
{
    return x->expires_s != TIME_NONE && s->judging->last_s != TIME_NONE &&
           s->judging->last_s >= x->expires_s;
}

static void text_exceptions(const struct summary *s, struct buf *out)
{
    for (size_t i = 0; s->exceptions && i < exceptions_count(s->exceptions); i++) {
        struct exception_info x;
        exceptions_get(s->exceptions, i, &x);
        if (x.matches && !is_expired(s, &x))
            continue;
        buf_puts(out, "exception   ");
        text_plain(out, str_of(x.file));
        buf_printf(out, ":%lu %s%s%s: ", (unsigned long)x.line, x.matches ? "" : "never matched",
                   !x.matches && is_expired(s, &x) ? ", " : "", is_expired(s, &x) ? "expired" : "");
        text_plain(out, x.text);
        buf_putc(out, '\n');
    }
}

static uint64_t relevant(const struct judging_stats *j)
{
    return j->calls + j->issues + j->changes + j->unknown;
}

static void text_hints(const struct summary *s, struct buf *out)
{
    const struct judging_stats *j = s->judging;
    bool blind = j->unknown && !s->adopt;
    if (blind && !j->table.made)
        buf_printf(
            out,
            "hint        %llu unknown: no row was ever made, for no issue of these sessions is "
            "in the\n            input. --adopt learns sessions from their calls.\n",
            (ull)j->unknown);
    else if (blind && j->unknown >= j->calls)
        buf_printf(
            out,
            "hint        %llu of %llu calls are unknown: the issues of their sessions are older "
            "than the\n            input, or the STS events of a region are not in it. --adopt "
            "learns sessions from\n            their calls.\n",
            (ull)j->unknown, (ull)j->unknown + (ull)j->calls);
    if (s->reading->records && !relevant(j))
        buf_puts(out, "hint        no record is an issue, a call of an instance session or an "
                      "address change\n");
}

bool summary_text(const struct summary *s, struct buf *out)
{
    text_reading(s, out);
    text_judging(s->judging, out);
    text_state(s, out);
    text_alerts(s->judging, out);
    bool ok = text_places(&s->judging->coverage, out);
    text_exceptions(s, out);
    text_hints(s, out);
    return ok && !out->failed;
}

/* A window that would have sufficed, in whole minutes or hours. */
static int64_t sufficient_window_s(int64_t behind_s)
{
    int64_t unit_s = behind_s > 7200 ? 3600 : 60;
    return (behind_s + unit_s - 1) / unit_s * unit_s;
}

/* What a state knows of is not read again, so the same run again would help nothing. What is late
 * within the window is so for --linger or --flush then, of which a run over files needs neither. */
static void warn_remedy(const struct summary *s, bool is_short, struct buf *out)
{
    const struct judging_stats *j = s->judging;
    int64_t window_s = sufficient_window_s(j->order.late_behind_s);
    if (is_short && window_s > DURATION_MAX_S)
        return;
    buf_puts(out, "; ");
    if (s->has_state)
        buf_puts(out, "a run over the whole trail without --state");
    if (s->has_state && (is_short || j->order.early))
        buf_puts(out, " and with ");
    if (is_short) {
        buf_puts(out, "--window ");
        duration_format(window_s, out);
    }
    if (is_short && j->order.early)
        buf_puts(out, s->has_state ? " and " : " with ");
    if (j->order.early)
        buf_puts(out, "a greater --max-window");
    else if (!is_short && !s->has_state)
        buf_puts(out, "a longer --linger");
    buf_puts(out, " judges them in their place");
}

bool summary_warning(const struct summary *s, struct buf *out)
{
    const struct judging_stats *j = s->judging;
    uint64_t n = relevant(j) + j->order.waiting;
    bool is_short = j->order.late_behind_s > s->window_s;
    if (s->window_s == 0 || j->order.late * 100 <= n)
        return true;
    buf_printf(out, "ctlock: warning: %llu of %llu event%s came too late", (ull)j->order.late,
               (ull)n, buf_plural(n));
    if (is_short) {
        buf_puts(out, " for --window ");
        duration_format(s->window_s, out);
    }
    buf_puts(out, ", up to ");
    duration_format(j->order.late_behind_s, out);
    buf_puts(out, " behind the newest: they lock nothing, so alerts may be missing");
    warn_remedy(s, is_short, out);
    buf_putc(out, '\n');
    return !out->failed;
}

static void json_kinds(struct buf *out, const char *name, const uint64_t count[KIND_COUNT])
{
    json_open(out, name, '{');
    for (int k = 0; k < KIND_COUNT; k++)
        if (count[k])
            json_count(out, alert_kind_name((enum alert_kind)k), count[k]);
    json_close(out, '}');
}

static void json_judging(const struct judging_stats *j, struct buf *out)
{
    json_count(out, "issues", j->issues);
    json_count(out, "calls", j->calls);
    json_count(out, "unknown", j->unknown);
    json_count(out, "changes", j->changes);
    json_count(out, "changes_ignored", j->changes_ignored);
    json_count(out, "late", j->order.late);
    json_count(out, "late_behind_s", (uint64_t)j->order.late_behind_s);
    json_count(out, "repeated", j->order.repeated);
    json_count(out, "waiting", j->order.waiting);
    json_count(out, "early", j->order.early);
    json_count(out, "rows_live", j->table.live);
    json_count(out, "rows_made", j->table.made);
    json_count(out, "rows_evicted", j->table.evicted);
    json_count(out, "rows_refused", j->table.refused);
    json_count(out, "facts", j->book.facts);
    json_count(out, "facts_forgotten_early", j->book.forgotten_early);
    json_count(out, "changes_left_out", changes_left_out(j));
    json_time(out, "first", j->first_s);
    json_time(out, "last", j->last_s);
    json_count(out, "alerts", total(j->alerts, KIND_COUNT));
    json_kinds(out, "alerts_by_kind", j->alerts);
    json_open(out, "alerts_by_severity", '{');
    for (int v = SEVERITY_LOW; v < SEVERITY_COUNT; v++)
        json_count(out, severity_name((enum severity)v), j->severities[v]);
    json_close(out, '}');
    json_count(out, "alerts_with_known_uid", j->same_uid);
    json_count(out, "alerts_left_out_by_once", j->once);
    json_count(out, "alerts_below_min_severity", j->below);
    json_kinds(out, "suppressed_by_kind", j->suppressed);
    json_kinds(out, "info_by_kind", j->info);
}

static void json_coverage(const uint64_t count[COVERAGE_COUNT], struct buf *out)
{
    json_count(out, "issues", count[COVERAGE_ISSUES]);
    json_count(out, "calls", count[COVERAGE_CALLS]);
    json_count(out, "unknown", count[COVERAGE_UNKNOWN]);
}

static bool json_places(const struct coverage *c, struct buf *out)
{
    struct coverage_place **p;
    size_t n;
    if (!coverage_sorted(c, &p, &n))
        return false;
    json_open(out, "places", '[');
    for (size_t i = 0; i < n; i++) {
        json_open(out, NULL, '{');
        json_text(out, "account", p[i]->account);
        json_text(out, "region", p[i]->region);
        json_coverage(p[i]->count, out);
        json_close(out, '}');
    }
    json_close(out, ']');
    json_open(out, "other_places", '{');
    json_coverage(c->others, out);
    json_close(out, '}');
    free(p);
    return true;
}

static void json_exceptions(const struct summary *s, struct buf *out)
{
    json_open(out, "exceptions", '[');
    for (size_t i = 0; s->exceptions && i < exceptions_count(s->exceptions); i++) {
        struct exception_info x;
        exceptions_get(s->exceptions, i, &x);
        json_open(out, NULL, '{');
        json_text(out, "file", str_of(x.file));
        json_count(out, "line", x.line);
        json_count(out, "matches", x.matches);
        json_flag(out, "expired", is_expired(s, &x));
        json_close(out, '}');
    }
    json_close(out, ']');
}

bool summary_json(const struct summary *s, struct buf *out)
{
    const struct reading_stats *r = s->reading;
    json_begin(out);
    json_count(out, "files", r->files);
    json_count(out, "bytes", r->in_nbytes);
    json_count(out, "text_bytes", r->text_nbytes);
    json_count(out, "records", r->records);
    json_count(out, "malformed", r->malformed);
    json_count(out, "oversized", r->oversized);
    json_count(out, "problems", r->problems);
    json_text(out, "stopped_by", s->stopped_by ? str_of(s->stopped_by) : (struct str){0});
    json_judging(s->judging, out);
    if (s->has_state)
        json_count(out, "files_known", s->files_known);
    bool ok = json_places(&s->judging->coverage, out);
    json_exceptions(s, out);
    json_count(out, "elapsed_ms", s->elapsed_ms);
    json_end(out);
    return ok && !out->failed;
}
