#include "ctlock/judge.h"

#include "ctlock/session.h"
#include "ctlock/useragent.h"

static bool holds_slot(struct row *r, enum slot slot)
{
    size_t n;
    const struct lock *l = row_locks(r, &n);
    for (size_t i = 0; i < n; i++)
        if (l[i].slot == (uint8_t)slot)
            return true;
    return false;
}

static bool is_one_of(struct str s, const struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(s, list[i]))
            return true;
    return false;
}

struct call judge_call(const struct event *e, struct row *row)
{
    struct str absent = {0}, endpoint = event_str(e, EF_VPC_ENDPOINT_ID);
    bool is_identity = event_is(e, STR("sts.amazonaws.com"), STR("GetCallerIdentity"));
    return (struct call){
        .event = e,
        .row = row,
        .source = {.ip = e->source.ip,
                   .slot = e->source.slot,
                   .text = e->source.class == SOURCE_TEXT ? event_str(e, EF_SOURCE) : absent},
        .instance = e->instance_session ? event_str(e, EF_SESSION) : absent,
        .vpc_endpoint = str_starts(endpoint, STR("vpce-")) ? endpoint : absent,
        .is_identity = is_identity,
        .by_sdk = is_identity && useragent_is_sdk(event_str(e, EF_USER_AGENT)),
        .presigned = false,
        .has_effects = !(e->flags & EVENT_LATE)};
}

static struct exception_query query(const struct call *c, enum alert_kind kind)
{
    const struct event *e = c->event;
    return (struct exception_query){.ip = c->source.ip,
                                    .partition = event_str(e, EF_PARTITION),
                                    .account = event_str(e, EF_ACCOUNT),
                                    .role = event_str(e, EF_ROLE),
                                    .instance = c->instance,
                                    .event_source = event_str(e, EF_EVENT_SOURCE),
                                    .event_name = event_str(e, EF_EVENT_NAME),
                                    .kind = kind,
                                    .time_s = e->time_s};
}

static long exception_for(const struct judge *j, const struct call *c, enum alert_kind kind)
{
    if (!j->opt->exceptions)
        return -1;
    struct exception_query q = query(c, kind);
    return exceptions_find(j->opt->exceptions, &q);
}

static bool is_shared_egress(const struct judge *j, const struct call *c)
{
    return table_others(j->table, c->row, &c->source) >= 3;
}

static enum severity severity_of(const struct judge *j, const struct call *c, enum alert_kind kind)
{
    switch (kind) {
    case KIND_USE_AFTER_TERMINATE:
    case KIND_USE_WHILE_STOPPED:
        return SEVERITY_CRITICAL;
    case KIND_FOREIGN_VPC_ENDPOINT:
    case KIND_CONSOLE_USE:
        return SEVERITY_HIGH;
    case KIND_USER_AGENT:
        return SEVERITY_LOW;
    default:
        break;
    }
    if ((c->is_identity && !c->by_sdk) || c->presigned || is_shared_egress(j, c))
        return SEVERITY_LOW;
    return kind == KIND_IP_MISMATCH && !c->is_identity ? SEVERITY_HIGH : SEVERITY_MEDIUM;
}

/* An alert, or its suppression by an exception that covers the kind. */
static bool alert(const struct judge *j, const struct call *c, struct verdict *v,
                  enum alert_kind kind)
{
    v->kind = kind;
    v->severity = severity_of(j, c, kind);
    v->exception = exception_for(j, c, kind);
    v->class = v->exception >= 0 ? VERDICT_SUPPRESSED : VERDICT_ALERT;
    return true;
}

static bool inform(struct verdict *v, enum alert_kind kind)
{
    v->class = VERDICT_INFO;
    v->kind = kind;
    return true;
}

static bool fine(struct verdict *v)
{
    v->class = VERDICT_FINE;
    v->accepted = true;
    return true;
}

/* Accepted, and informational of what that changes; where it changes nothing, just fine. */
static bool inform_of_effect(const struct call *c, struct verdict *v, enum alert_kind kind)
{
    fine(v);
    return c->has_effects ? inform(v, kind) : true;
}

static bool rule_1_console(const struct judge *j, struct call *c, struct verdict *v)
{
    static const struct str names[] = {
        {"ConsoleLogin", 12}, {"GetSigninToken", 14}, {"SwitchRole", 10}};
    const struct event *e = c->event;
    bool sign_in = str_eq(event_str(e, EF_EVENT_SOURCE), STR("signin.amazonaws.com")) &&
                   is_one_of(event_str(e, EF_EVENT_NAME), names, 3);
    if (!e->instance_session || !(sign_in || e->flags & EVENT_FROM_CONSOLE))
        return false;
    return alert(j, c, v, KIND_CONSOLE_USE);
}

static bool rule_2_service(const struct call *c, struct verdict *v)
{
    if (c->event->source.class != SOURCE_SERVICE && !event_has(c->event, EF_INVOKED_BY))
        return false;
    return inform(v, KIND_SERVICE_CALL);
}

/* Always the same, for a state keeps it. */
uint64_t judge_alerted_mark(const struct lock_source *s)
{
    return lock_source_hash((struct hash_key){0x616c6572746564u, 0}, s);
}

bool judge_is_presigned(const struct event *e)
{
    static const struct str names[] = {
        {"GetObject", 9}, {"HeadObject", 10}, {"PutObject", 9}, {"UploadPart", 10}};
    return str_eq(event_str(e, EF_AUTH_METHOD), STR("QueryString")) &&
           is_one_of(event_str(e, EF_EVENT_NAME), names, 4);
}

static bool rule_3_presigned(const struct judge *j, struct call *c, struct verdict *v)
{
    if (!judge_is_presigned(c->event) || row_has_mark(c->row, judge_alerted_mark(&c->source)))
        return false;
    if (!j->opt->presigned_alert)
        return inform(v, KIND_PRESIGNED);
    c->presigned = true;
    c->has_effects = false;
    return false;
}

/* To the instance, by its live rows and by what the book knows of its life. */
static int64_t last_issue_of(const struct judge *j, struct str instance,
                             const struct book_life *life)
{
    int64_t last_s = life->issued_s;
    for (const struct row *r = table_first_of(j->table, instance); r; r = row_next_of(r))
        if (row_last_issue_s(r) > last_s)
            last_s = row_last_issue_s(r);
    return last_s;
}

/* An alert, and when the instance ended. */
static bool alert_ended(const struct judge *j, const struct call *c, struct verdict *v,
                        enum alert_kind kind, int64_t ended_s)
{
    v->ended_s = ended_s;
    return alert(j, c, v, kind);
}

static bool rule_4_ended(const struct judge *j, struct call *c, struct verdict *v)
{
    if (!c->instance.p)
        return false;
    struct book_life life = book_life(j->book, c->instance, c->event->hash.instance);
    if (life.terminated_s == TIME_NONE && life.stopped_s == TIME_NONE)
        return false;
    int64_t issue_s = last_issue_of(j, c->instance, &life), t = c->event->time_s;
    if (life.terminated_s != TIME_NONE && t > life.terminated_s + j->opt->grace_s &&
        issue_s <= life.terminated_s)
        return alert_ended(j, c, v, KIND_USE_AFTER_TERMINATE, life.terminated_s);
    if (life.stopped_s != TIME_NONE && t > life.stopped_s + j->opt->grace_s &&
        issue_s <= life.stopped_s && life.started_s <= life.stopped_s)
        return alert_ended(j, c, v, KIND_USE_WHILE_STOPPED, life.stopped_s);
    return false;
}

static bool is_settled(const struct judge *j, const struct call *c)
{
    int64_t first_s = row_first_lock_s(c->row);
    return first_s != TIME_NONE && c->event->time_s - first_s > j->opt->settle_s;
}

static bool rule_5_foreign_endpoint(const struct judge *j, struct call *c, struct verdict *v)
{
    const struct judge_options *opt = j->opt;
    struct str account = event_str(c->event, EF_VPC_ENDPOINT_ACCOUNT);
    if (!session_is_account(account) || str_eq(account, event_str(c->event, EF_ACCOUNT)) ||
        is_one_of(account, opt->trusted_accounts, opt->n_trusted_accounts) ||
        row_has_endpoint_account(c->row, account))
        return false;
    if (opt->n_trusted_accounts > 0 || is_settled(j, c))
        return alert(j, c, v, KIND_FOREIGN_VPC_ENDPOINT);
    v->take_endpoint_account = true;
    return false;
}

static bool rule_6_locked(const struct judge *j, struct call *c, struct verdict *v)
{
    struct lock *l = row_lock_on(c->row, &c->source);
    if (!l)
        return false;
    v->effect = EFFECT_USE;
    v->lock = l;
    if (c->source.slot == SLOT_PRIVATE && c->vpc_endpoint.p &&
        !lock_has_endpoint(l, c->vpc_endpoint) && is_settled(j, c))
        return inform_of_effect(c, v, KIND_NEW_VPC_ENDPOINT);
    return fine(v);
}

static bool rule_7_known(const struct judge *j, struct call *c, struct verdict *v)
{
    if (!c->instance.p ||
        !book_knows(j->book, c->instance, lock_source_ip(&c->source), c->source.slot))
        return false;
    v->effect = EFFECT_ADD;
    return fine(v);
}

/* A private source reaches AWS through an endpoint, and no other way. */
static bool may_be_learnt(const struct judge *j, const struct call *c)
{
    return c->source.slot != SLOT_PRIVATE || c->vpc_endpoint.p || j->opt->private_ip_any;
}

static enum alert_kind mismatch_kind(const struct call *c)
{
    return c->source.slot == SLOT_PRIVATE ? KIND_PRIVATE_IP_MISMATCH : KIND_IP_MISMATCH;
}

/* The rule that excepts the source from being locked, or -1. */
static long excepted_from_locking(const struct judge *j, const struct call *c)
{
    long x = exception_for(j, c, mismatch_kind(c));
    return x >= 0 ? x : exception_for(j, c, KIND_NEW_PATH);
}

static bool is_late_slot(const struct judge *j, const struct call *c)
{
    if (row_slot_was_excepted(c->row, c->source.slot))
        return true;
    size_t n;
    const struct lock *l = row_locks(c->row, &n);
    for (size_t i = 0; i < n; i++)
        if (l[i].slot != (uint8_t)c->source.slot &&
            c->event->time_s - l[i].since_s > j->opt->settle_s)
            return true;
    return false;
}

/* Rule 8 where the source is excepted: nothing is locked. */
static bool first_excepted(const struct judge *j, const struct call *c, struct verdict *v,
                           long exception)
{
    v->except_slot = true;
    if (is_late_slot(j, c) && c->source.slot != SLOT_PRIVATE)
        return alert(j, c, v, KIND_NEW_PATH);
    v->exception = exception;
    return fine(v);
}

static bool first_in_late_slot(const struct judge *j, const struct call *c, struct verdict *v)
{
    if (c->source.slot != SLOT_PRIVATE)
        return alert(j, c, v, KIND_NEW_PATH);
    return inform_of_effect(c, v, KIND_NEW_PATH);
}

/* The first provisional lock of the slot that is not older than --settle, or NULL. A row that
 * inherits from two can have two that are provisional. */
static struct lock *replaceable(const struct judge *j, const struct call *c)
{
    size_t n;
    struct lock *l = row_locks(c->row, &n);
    for (size_t i = 0; i < n; i++)
        if (l[i].slot == (uint8_t)c->source.slot && l[i].provisional &&
            c->event->time_s - l[i].since_s <= j->opt->settle_s)
            return &l[i];
    return NULL;
}

static bool relock(const struct judge *j, const struct call *c, struct verdict *v)
{
    struct lock *l = c->is_identity ? NULL : replaceable(j, c);
    if (!l || excepted_from_locking(j, c) >= 0)
        return false;
    v->effect = EFFECT_RELOCK;
    v->lock = l;
    return inform_of_effect(c, v, KIND_RELOCK);
}

static bool rule_8_first(const struct judge *j, struct call *c, struct verdict *v)
{
    if (!may_be_learnt(j, c))
        return false;
    if (holds_slot(c->row, c->source.slot))
        return relock(j, c, v);
    long exception = excepted_from_locking(j, c);
    if (exception >= 0)
        return first_excepted(j, c, v, exception);
    bool late_slot = is_late_slot(j, c), forwarded = c->is_identity && !c->by_sdk;
    if (forwarded && !(late_slot && c->source.slot != SLOT_PRIVATE))
        return inform(v, KIND_FORWARDED);
    /* A GetCallerIdentity may have been signed here and sent from elsewhere. */
    v->provisional = c->is_identity;
    if (!forwarded)
        v->effect = EFFECT_LOCK;
    return late_slot ? first_in_late_slot(j, c, v) : fine(v);
}

static bool rule_9_credited(const struct judge *j, struct call *c, struct verdict *v)
{
    if (!c->instance.p || !may_be_learnt(j, c) ||
        !book_has_credit(j->book, c->instance, c->source.slot, c->event->time_s, false))
        return false;
    v->exception = excepted_from_locking(j, c);
    if (v->exception >= 0)
        v->except_slot = true;
    else
        v->effect = EFFECT_SPEND;
    return fine(v);
}

static bool rule_10_mismatch(const struct judge *j, struct call *c, struct verdict *v)
{
    alert(j, c, v, mismatch_kind(c));
    v->except_slot = v->class == VERDICT_SUPPRESSED;
    return true;
}

static void take_effects_away(struct verdict *v)
{
    v->effect = EFFECT_NONE;
    v->lock = NULL;
    v->take_endpoint_account = v->except_slot = false;
}

/* The rules say what would follow from a call that has effects. */
void judge_decide(const struct judge *j, struct call *c, struct verdict *v)
{
    *v = (struct verdict){.exception = -1, .ended_s = TIME_NONE};
    (void)(rule_1_console(j, c, v) || rule_2_service(c, v) || rule_3_presigned(j, c, v) ||
           rule_4_ended(j, c, v) || rule_5_foreign_endpoint(j, c, v) || rule_6_locked(j, c, v) ||
           rule_7_known(j, c, v) || rule_8_first(j, c, v) || rule_9_credited(j, c, v) ||
           rule_10_mismatch(j, c, v));
    if (!c->has_effects)
        take_effects_away(v);
}

bool judge_user_agent(const struct judge *j, const struct call *c, struct verdict *v, bool *nomem)
{
    struct buf family = {0};
    useragent_family(event_str(c->event, EF_USER_AGENT), &family);
    *nomem = family.failed;
    bool listed = family.failed || useragents_has(j->opt->useragents, buf_view(&family));
    buf_free(&family);
    if (listed)
        return false;
    *v = (struct verdict){.exception = -1, .ended_s = TIME_NONE};
    return alert(j, c, v, KIND_USER_AGENT);
}
