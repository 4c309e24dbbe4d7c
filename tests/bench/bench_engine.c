/* bench_engine: events a second through window, table and judge, without reading.
 *
 *     bench_engine [SESSIONS [CALLS]]      (1000000 sessions, 8000000 calls)
 *
 * Issues a credential to each session, then has sessions call from their own addresses in an order
 * without pattern, 50 calls a second of event time. */
#include "ctlock/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

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

struct maker {
    struct event *e;
    uint32_t at;
};

static void put(struct maker *m, enum event_field f, const char *text)
{
    uint32_t n = (uint32_t)strlen(text);
    memcpy((char *)m->e + m->at, text, n);
    m->e->field[f] = (struct event_span){m->at, n};
    m->at += n;
}

/* The event of one session, about as long as a real one. */
static void make(struct event *e, unsigned role, unsigned long session, int64_t time_s)
{
    char text[64];
    uint64_t a = draw(), b = draw();
    memset(e, 0, sizeof *e);
    struct maker m = {e, sizeof *e};
    e->roles = (uint8_t)role;
    e->time_s = time_s;
    e->creation_s = e->expiration_s = TIME_NONE;
    e->instance_session = true;
    e->source = (struct source){
        .class = SOURCE_ADDRESS,
        .ip = {{52, (uint8_t)(session >> 16), (uint8_t)(session >> 8), (uint8_t)session}, 4}};
    (void)snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(a >> 32),
                   (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xffff), (unsigned)(b >> 48),
                   (unsigned long long)(b & 0xffffffffffff));
    put(&m, EF_EVENT_ID, text);
    put(&m, EF_EVENT_SOURCE, "monitoring.amazonaws.com");
    put(&m, EF_EVENT_NAME, "PutMetricData");
    put(&m, EF_REGION, "us-east-1");
    put(&m, EF_SOURCE, "52.100.100.100");
    put(&m, EF_USER_AGENT, "CWAgent/1.247358 (go1.20.4; linux; amd64) aws-sdk-go/1.44.24");
    put(&m, EF_PARTITION, "aws");
    put(&m, EF_ACCOUNT, "111122223333");
    (void)snprintf(text, sizeof text, "fleet-%lu", session % 100);
    put(&m, EF_ROLE, text);
    (void)snprintf(text, sizeof text, "i-%017lx", session * 2654435761u);
    put(&m, EF_SESSION, text);
    put(&m, EF_ACCESS_KEY_ID, "ASIAXAMPLE0000000000");
    e->nbytes = (m.at + 7) / 8 * 8;
}

int main(int argc, char **argv)
{
    unsigned long sessions = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    unsigned long calls = argc > 2 ? strtoul(argv[2], NULL, 10) : 8000000;
    /* As many as a cache holds: events are in it when a reader hands them over. */
    enum { MADE = 512, EVENT_NBYTES = 1024 };
    struct engine_options opt = {.key = {1, 2},
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
        for (size_t i = 0; i < MADE; i++)
            if (!engine_add(g, (struct event *)(void *)(made + i * EVENT_NBYTES)))
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
