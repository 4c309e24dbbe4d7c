/* bench_engine: events a second through window, table and judge, as readers hand them over; and
 * through table and judge alone.
 *
 *     bench_engine [SESSIONS [CALLS [starts]]]      (1000000 sessions, 8000000 calls)
 *
 * Issues a credential to each session, has each of them call from its own address, then has them
 * call again and again in an order without pattern; 50 events a second of event time. With a third
 * operand the address book knows each instance, by its start. */
#include "ctlock/chains.h"
#include "ctlock/effect.h"
#include "ctlock/engine.h"
#include "ctlock/eventhash.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static const struct hash_key key = {1, 2};
static uint64_t state = 88172645463325252u;

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static bool ignore(void *self, struct alert *a)
{
    (void)self;
    (void)a;
    return true;
}

static double now_s(void)
{
    struct timespec ts = {0};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

enum { NAME_NBYTES = 64 };

/* What differs from event to event. */
struct names {
    char id[NAME_NBYTES], role[NAME_NBYTES], session[NAME_NBYTES], start[2 * NAME_NBYTES];
};

/* A start has no session, but the instance in its request. */
static const char *text_of_start(const struct names *n, enum event_field f)
{
    switch (f) {
    case EF_EVENT_SOURCE:
        return "ec2.amazonaws.com";
    case EF_EVENT_NAME:
        return "StartInstances";
    case EF_REGION:
        return "us-east-1";
    case EF_EVENT_ID:
        return n->id;
    case EF_REQUEST:
    case EF_RESPONSE:
        return n->start;
    default:
        return NULL;
    }
}

static const char *text_of(const struct names *n, enum event_field f)
{
    switch (f) {
    case EF_PARTITION:
        return "aws";
    case EF_ACCOUNT:
        return "111122223333";
    case EF_ROLE:
        return n->role;
    case EF_SESSION:
        return n->session;
    case EF_EVENT_SOURCE:
        return "monitoring.amazonaws.com";
    case EF_EVENT_NAME:
        return "PutMetricData";
    case EF_REGION:
        return "us-east-1";
    case EF_EVENT_ID:
        return n->id;
    case EF_SOURCE:
        return "52.100.100.100";
    case EF_USER_AGENT:
        return "CWAgent/1.247358 (go1.20.4; linux; amd64) aws-sdk-go/1.44.24";
    case EF_ACCESS_KEY_ID:
        return "ASIAXAMPLE0000000000";
    default:
        return NULL;
    }
}

/* The event of one session, about as long as a real one. */
static void make(struct event *e, unsigned role, unsigned long session, int64_t time_s)
{
    struct names n;
    uint64_t a = draw(), b = draw();
    memset(e, 0, sizeof *e);
    e->roles = (uint8_t)role;
    e->time_s = time_s;
    e->creation_s = e->expiration_s = TIME_NONE;
    e->instance_session = role != EVENT_CHANGE;
    e->source = (struct source){
        .class = SOURCE_ADDRESS,
        .ip = {{52, (uint8_t)(session >> 16), (uint8_t)(session >> 8), (uint8_t)session}, 4}};
    (void)snprintf(n.id, sizeof n.id, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(a >> 32),
                   (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xffff), (unsigned)(b >> 48),
                   (unsigned long long)(b & 0xffffffffffff));
    (void)snprintf(n.role, sizeof n.role, "fleet-%lu", session % 100);
    (void)snprintf(n.session, sizeof n.session, "i-%017lx", session * 2654435761u);
    (void)snprintf(n.start, sizeof n.start,
                   "{\"instancesSet\":{\"items\":[{\"instanceId\":\"%s\"}]}}", n.session);
    const char *(*text)(const struct names *, enum event_field) =
        role == EVENT_CHANGE ? text_of_start : text_of;
    for (int f = 0; f < EVENT_NFIELDS; f++)
        event_add(e, (enum event_field)f, str_of(text(&n, (enum event_field)f)));
    e->nbytes = (uint32_t)event_nbytes(e->end[EVENT_NFIELDS - 1]);
    event_hash(key, e);
}

/* As the pipeline does with a batch: an event is expected some turns ahead. */
static bool add_all(struct engine *g, char *made, size_t n, size_t each_nbytes)
{
    enum { SOON = 4 };
    for (size_t i = 0; i < n; i++) {
        if (i + SOON < n)
            engine_expect(g, (struct event *)(void *)(made + (i + SOON) * each_nbytes));
        if (!engine_add(g, (struct event *)(void *)(made + i * each_nbytes)))
            return false;
    }
    return true;
}

static void come_nearer(struct engine *g, const struct event *e, unsigned step)
{
    table_soon(engine_table(g), e->hash.session, step);
    book_soon(engine_book(g), e->hash.instance, step);
}

/* What becomes of a call in its turn: its row, the verdict, the effect. */
static bool judge_one(struct engine *g, const struct judge *judge, const struct event *e)
{
    struct session_parts session = event_session(e);
    struct row *row = table_find(engine_table(g), &session, e->hash.session);
    if (!row)
        return false;
    struct call c = judge_call(e, row);
    struct verdict v;
    judge_decide(judge, &c, &v);
    return v.class == VERDICT_FINE && effect_apply(engine_table(g), engine_book(g), &c, &v);
}

/* In groups, as the window does. */
static bool judge_all(struct engine *g, const struct judge *judge, char *made, size_t n,
                      size_t each_nbytes)
{
    enum { GROUP = 16 };
    for (size_t first = 0; first < n; first += GROUP) {
        size_t end = n - first < GROUP ? n : first + GROUP;
        for (unsigned step = 0; step < CHAINS_STEPS; step++)
            for (size_t i = first; i < end; i++)
                come_nearer(g, (struct event *)(void *)(made + i * each_nbytes), step);
        for (size_t i = first; i < end; i++)
            if (!judge_one(g, judge, (struct event *)(void *)(made + i * each_nbytes)))
                return false;
    }
    return true;
}

/* As many as a cache holds: events are in it when a reader hands them over. */
enum { MADE = 512, EVENT_NBYTES = 1024 };

/* What the engine is given. */
struct load {
    struct engine *engine;
    const struct judge *judge; /* NULL: the engine is given the events, window and all */
    char *made;                /* MADE events */
    unsigned long sessions;
    unsigned long done; /* events */
};

/* Prints what n events cost, of each session in turn or of any. */
static bool give(struct load *l, const char *what, unsigned role, unsigned long n, bool in_turn)
{
    double spent_s = 0;
    for (unsigned long i = 0; i < n;) {
        size_t some = n - i < MADE ? n - i : MADE;
        for (size_t k = 0; k < some; k++, i++)
            make((struct event *)(void *)(l->made + k * EVENT_NBYTES), role,
                 (in_turn ? i : draw()) % l->sessions, (int64_t)l->done++ / 50);
        double start_s = now_s();
        if (!(l->judge ? judge_all(l->engine, l->judge, l->made, some, EVENT_NBYTES)
                       : add_all(l->engine, l->made, some, EVENT_NBYTES)))
            return false;
        spent_s += now_s() - start_s;
    }
    printf("engine: %lu sessions, %.2f million %s a second, %.0f ns each\n", l->sessions,
           (double)n / spent_s / 1e6, what, spent_s * 1e9 / (double)n);
    return true;
}

int main(int argc, char **argv)
{
    unsigned long sessions = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    unsigned long calls = argc > 2 ? strtoul(argv[2], NULL, 10) : 8000000;
    struct engine_options opt = {.key = key,
                                 .window_s = 900,
                                 .judge = {.ttl_s = 100 * 86400, .grace_s = 600, .settle_s = 3600},
                                 .report = {.min_severity = SEVERITY_LOW, .emit = ignore}};
    struct load load = {.engine = engine_new(&opt),
                        .made = malloc((size_t)MADE * EVENT_NBYTES),
                        .sessions = sessions};
    if (!load.engine || !load.made ||
        (argc > 3 && !give(&load, "starts", EVENT_CHANGE, sessions, true)) ||
        !give(&load, "issues", EVENT_ISSUE, sessions, true) ||
        !give(&load, "first calls", EVENT_CALL, sessions, true) ||
        !give(&load, "calls", EVENT_CALL, calls, false) || !engine_finish(load.engine))
        return 1;
    load.judge = &(struct judge){
        .opt = &opt.judge, .table = engine_table(load.engine), .book = engine_book(load.engine)};
    if (!give(&load, "calls, judged alone,", EVENT_CALL, calls, false))
        return 1;
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("engine: %ld MiB, %llu rows, %llu facts, %llu alerts\n", usage.ru_maxrss / 1024,
           (unsigned long long)engine_stats(load.engine)->table.live,
           (unsigned long long)engine_stats(load.engine)->book.facts,
           (unsigned long long)engine_stats(load.engine)->alerts[KIND_IP_MISMATCH]);
    engine_free(load.engine);
    free(load.made);
    return 0;
}
