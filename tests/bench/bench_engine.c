/* bench_engine: events a second through window, table and judge, as readers hand them over.
 *
 *     bench_engine [SESSIONS [CALLS]]      (1000000 sessions, 8000000 calls)
 *
 * Issues a credential to each session, then has sessions call from their own addresses in an order
 * without pattern, 50 calls a second of event time. */
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
    char id[NAME_NBYTES], role[NAME_NBYTES], session[NAME_NBYTES];
};

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
    e->instance_session = true;
    e->source = (struct source){
        .class = SOURCE_ADDRESS,
        .ip = {{52, (uint8_t)(session >> 16), (uint8_t)(session >> 8), (uint8_t)session}, 4}};
    (void)snprintf(n.id, sizeof n.id, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(a >> 32),
                   (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xffff), (unsigned)(b >> 48),
                   (unsigned long long)(b & 0xffffffffffff));
    (void)snprintf(n.role, sizeof n.role, "fleet-%lu", session % 100);
    (void)snprintf(n.session, sizeof n.session, "i-%017lx", session * 2654435761u);
    for (int f = 0; f < EVENT_NFIELDS; f++)
        event_add(e, (enum event_field)f, str_of(text_of(&n, (enum event_field)f)));
    e->nbytes = (uint32_t)(sizeof *e + e->end[EVENT_NFIELDS - 1] + 7) / 8 * 8;
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

int main(int argc, char **argv)
{
    unsigned long sessions = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    unsigned long calls = argc > 2 ? strtoul(argv[2], NULL, 10) : 8000000;
    /* As many as a cache holds: events are in it when a reader hands them over. */
    enum { MADE = 512, EVENT_NBYTES = 1024 };
    struct engine_options opt = {.key = key,
                                 .window_s = 900,
                                 .judge = {.ttl_s = 100 * 86400, .grace_s = 600, .settle_s = 3600},
                                 .report = {.min_severity = SEVERITY_LOW, .emit = ignore}};
    struct engine *g = engine_new(&opt);
    char *made = malloc((size_t)MADE * EVENT_NBYTES);
    if (!g || !made)
        return 1;
    for (unsigned long i = 0; i < sessions; i++) {
        struct event *e = (struct event *)(void *)made;
        make(e, EVENT_ISSUE, i, (int64_t)i / 50);
        if (!engine_add(g, e))
            return 1;
    }
    double spent_s = 0;
    for (unsigned long done = 0; done < calls; done += MADE) {
        for (size_t i = 0; i < MADE; i++)
            make((struct event *)(void *)(made + i * EVENT_NBYTES), EVENT_CALL, draw() % sessions,
                 (int64_t)(sessions + done + i) / 50);
        double start_s = now_s();
        if (!add_all(g, made, MADE, EVENT_NBYTES))
            return 1;
        spent_s += now_s() - start_s;
    }
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("engine: %lu sessions, %.2f million calls a second, %.0f ns a call, %ld MiB, %llu rows, "
           "%llu alerts\n",
           sessions, (double)calls / spent_s / 1e6, spent_s * 1e9 / (double)calls,
           usage.ru_maxrss / 1024, (unsigned long long)engine_stats(g)->rows_live,
           (unsigned long long)engine_stats(g)->alerts[KIND_IP_MISMATCH]);
    engine_free(g);
    free(made);
    return 0;
}
