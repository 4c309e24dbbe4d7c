#include "ctlock/engine.h"

#include "ctlock/effect.h"
#include "ctlock/eventhash.h"

#include <stdlib.h>

/* The longest life that AWS gives a credential is 36 hours (an expiration beyond it is no
 * expiration). */
#define MAX_EXPIRATION_S (36 * 3600)

/* How late an address change may come and be told from news: see set_limits. */
#define LATE_S 86400

enum { LEAST_MAX_FACTS = 1000000 };

struct engine {
    const struct engine_options *opt;
    struct order *order;
    struct locktable *table;
    struct addressbook *book;
    struct agents *agents;
    struct effect_hooks hooks;
    struct judge judge;
    struct report report;
    struct judging_stats stats;
    int64_t clock_s; /* greatest time of any event that was handled */
    bool told[LIMIT_COUNT];
};

static void tell(struct engine *g, enum engine_limit which, uint64_t count)
{
    if (count == 0 || g->told[which])
        return;
    g->told[which] = true;
    if (g->opt->at_limit)
        g->opt->at_limit(g->opt->at_limit_self, which);
}

static bool cover(struct engine *g, const struct event *e, enum coverage_what what)
{
    return coverage_add(&g->stats.coverage, event_str(e, EF_ACCOUNT), event_str(e, EF_REGION),
                        what);
}

static bool handle_issue(struct engine *g, const struct event *e)
{
    int64_t t = e->time_s, expiry_s = t + g->opt->judge.ttl_s;
    if (e->expiration_s != TIME_NONE && e->expiration_s <= t + MAX_EXPIRATION_S &&
        e->expiration_s > expiry_s)
        expiry_s = e->expiration_s;
    struct session_parts s = event_session(e);
    struct row *r = table_find(g->table, &s, e->hash.session);
    if (r)
        row_extend(r, expiry_s);
    else if (!table_add(g->table, &s, e->hash.session, e->instance_session, expiry_s, &r))
        return false;
    if (r)
        row_issued(r, t);
    if (e->instance_session)
        book_issued(g->book, s.session, e->hash.instance, t);
    g->stats.issues++;
    return cover(g, e, COVERAGE_ISSUES);
}

/* The record itself says that these are the instance's own credentials. */
static bool proves_instance(const struct event *e)
{
    if (!e->instance_session)
        return false;
    if (event_has(e, EF_EC2_ROLE_DELIVERY))
        return true;
    struct str to = event_str(e, EF_ISSUED_TO), id = event_str(e, EF_SESSION);
    struct str before = {to.p, to.n - (to.n >= id.n ? id.n : 0)};
    return str_ends(to, id) && str_ends(before, STR("instance/"));
}

/* Late calls have no effects, nor have presigned ones that are judged. */
static bool may_adopt(const struct engine *g, const struct event *e)
{
    return g->opt->adopt && !(e->flags & EVENT_LATE) && proves_instance(e) &&
           !(g->opt->judge.presigned_alert && judge_is_presigned(e));
}

static bool find_or_adopt(struct engine *g, const struct event *e, struct row **out)
{
    struct session_parts s = event_session(e);
    *out = table_find(g->table, &s, e->hash.session);
    if (*out || !may_adopt(g, e))
        return true;
    return table_add(g->table, &s, e->hash.session, true, e->time_s + g->opt->judge.ttl_s, out);
}

static void extend_accepted(struct engine *g, const struct call *c)
{
    const struct event *e = c->event;
    int64_t from_s = e->creation_s != TIME_NONE ? e->creation_s : e->time_s;
    row_extend(c->row, from_s + g->opt->judge.ttl_s);
}

static bool check_user_agent(struct engine *g, const struct call *c, bool *alerted)
{
    struct verdict v;
    bool nomem = false;
    if (!g->opt->judge.useragents || !judge_user_agent(&g->judge, c, &v, &nomem))
        return !nomem;
    return report_verdict(&g->report, c, &v, alerted);
}

static bool handle_call(struct engine *g, const struct event *e, bool *alerted)
{
    if (g->agents && !agents_add(g->agents, event_str(e, EF_USER_AGENT), e->time_s))
        return false;
    struct row *row;
    if (!find_or_adopt(g, e, &row))
        return false;
    if (!row) {
        if (!e->instance_session)
            return true;
        g->stats.unknown++;
        return cover(g, e, COVERAGE_UNKNOWN);
    }
    g->stats.calls++;
    if (!cover(g, e, COVERAGE_CALLS))
        return false;
    struct call c = judge_call(e, row);
    struct verdict v;
    judge_decide(&g->judge, &c, &v);
    if (!report_verdict(&g->report, &c, &v, alerted))
        return false;
    if (v.accepted && !check_user_agent(g, &c, alerted))
        return false;
    if (v.accepted && g->opt->adopt)
        extend_accepted(g, &c);
    return effect_apply(g->table, g->book, &c, &v);
}

/* An instance's alerting call must gain it no address, nor empty a slot for the next call to lock:
 * that is the thief's next step. */
static bool handle_change(struct engine *g, const struct event *e, bool alerted)
{
    struct str refused = {0};
    if (alerted && e->instance_session)
        refused = event_str(e, EF_SESSION);
    g->hooks.spared = refused;
    enum book_result r = book_apply(g->book, e, refused);
    g->hooks.spared = (struct str){0};
    struct book_counts after = book_counts(g->book);
    tell(g, LIMIT_FACTS, after.forgotten_early + after.left_out);
    tell(g, LIMIT_MEMBERS, after.crowded);
    g->stats.changes++;
    g->stats.changes_ignored += r != BOOK_APPLIED;
    return r != BOOK_NOMEM;
}

static bool handle(void *self, const struct event *e)
{
    struct engine *g = self;
    bool ticks = g->clock_s == TIME_NONE || e->time_s > g->clock_s;
    if (ticks)
        g->clock_s = e->time_s;
    if (g->stats.first_s == TIME_NONE || e->time_s < g->stats.first_s)
        g->stats.first_s = e->time_s;
    if (g->stats.last_s == TIME_NONE || e->time_s > g->stats.last_s)
        g->stats.last_s = e->time_s;
    table_advance(g->table, g->clock_s);
    if (ticks)
        book_advance(g->book, g->clock_s);
    bool alerted = false;
    if (e->roles & EVENT_ISSUE && !handle_issue(g, e))
        return false;
    if (e->roles & EVENT_CALL && !handle_call(g, e, &alerted))
        return false;
    return !(e->roles & EVENT_CHANGE) || handle_change(g, e, alerted);
}

static void handle_soon(void *self, const struct event *e, unsigned step)
{
    struct engine *g = self;
    if (e->hash.session)
        table_soon(g->table, e->hash.session, step);
    if (e->instance_session && e->roles & EVENT_CALL)
        book_soon(g->book, e->hash.instance, step);
}

/* No credentials of an instance live longer than that after its end, nor their rows; and a day
 * more, for what comes late. Each launched instance has six facts. */
static void set_limits(struct engine *g)
{
    const struct engine_options *opt = g->opt;
    int64_t ttl_s = opt->judge.ttl_s > MAX_EXPIRATION_S ? opt->judge.ttl_s : MAX_EXPIRATION_S;
    uint64_t facts = 2 * opt->max_sessions;
    if (opt->max_sessions && facts < LEAST_MAX_FACTS)
        facts = LEAST_MAX_FACTS;
    if (g->table)
        table_limit(g->table, opt->max_sessions);
    if (g->book)
        book_limit(g->book, ttl_s + opt->judge.grace_s + LATE_S, facts);
}

struct engine *engine_new(const struct engine_options *opt)
{
    struct engine *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    g->opt = opt;
    g->stats.coverage.key = opt->key;
    g->clock_s = g->stats.first_s = g->stats.last_s = TIME_NONE;
    g->table = table_new(opt->key);
    g->hooks.table = g->table;
    g->book = book_new(opt->key, opt->judge.ttl_s,
                       &(struct book_hooks){.self = &g->hooks,
                                            .forget = effect_forget,
                                            .forget_range = effect_forget_range,
                                            .forget_unknown = effect_forget_unknown,
                                            .in_use = effect_in_use});
    g->hooks.book = g->book;
    g->order = order_new(&(struct order_options){.window_s = opt->window_s,
                                                 .max_waiting = opt->max_window,
                                                 .deliver = handle,
                                                 .soon = handle_soon,
                                                 .self = g});
    if (opt->list_agents)
        g->agents = agents_new();
    set_limits(g);
    if (!g->table || !g->book || !g->order || (opt->list_agents && !g->agents)) {
        engine_free(g);
        return NULL;
    }
    g->judge = (struct judge){.opt = &opt->judge, .table = g->table, .book = g->book};
    g->report = (struct report){.opt = &opt->report, .judge = &g->judge, .stats = &g->stats};
    return g;
}

void engine_free(struct engine *g)
{
    if (!g)
        return;
    order_free(g->order);
    table_free(g->table);
    book_free(g->book);
    agents_free(g->agents);
    report_free(&g->report);
    coverage_free(&g->stats.coverage);
    free(g);
}

static void tell_limits(struct engine *g)
{
    struct table_counts t = table_counts(g->table);
    tell(g, LIMIT_SESSIONS, t.evicted);
    tell(g, LIMIT_ROLES, t.refused);
    tell(g, LIMIT_WINDOW, order_counts(g->order).early);
}

void engine_expect(const struct engine *g, const struct event *e)
{
    order_expect(g->order, e);
}

bool engine_add(struct engine *g, struct event *e)
{
    bool ok = order_add(g->order, e);
    tell_limits(g);
    return ok;
}

bool engine_linger(struct engine *g)
{
    return order_linger(g->order);
}

bool engine_finish(struct engine *g)
{
    if (!order_finish(g->order))
        return false;
    /* The last event may have been a late issue, whose row is gone at once. */
    if (g->clock_s != TIME_NONE)
        table_advance(g->table, g->clock_s);
    tell_limits(g);
    return true;
}

const struct judging_stats *engine_stats(struct engine *g)
{
    g->stats.order = order_counts(g->order);
    g->stats.table = table_counts(g->table);
    g->stats.book = book_counts(g->book);
    return &g->stats;
}

struct locktable *engine_table(struct engine *g)
{
    return g->table;
}

struct addressbook *engine_book(struct engine *g)
{
    return g->book;
}

const struct agents *engine_agents(const struct engine *g)
{
    return g->agents;
}

int64_t engine_clock_s(const struct engine *g)
{
    return g->clock_s;
}

const struct order *engine_order(const struct engine *g)
{
    return g->order;
}

void engine_restore_clock(struct engine *g, int64_t clock_s, struct order_clock window)
{
    g->clock_s = clock_s;
    order_restore_clock(g->order, window);
}

bool engine_restore_event(struct engine *g, struct event *e, enum order_place where)
{
    event_hash(g->opt->key, e);
    return order_restore(g->order, e, where);
}

bool engine_restored(struct engine *g)
{
    return order_restored(g->order);
}
