/* engine: events in input order → alerts. Orders, keeps the table and the book, judges. */
#ifndef CTLOCK_ENGINE_H
#define CTLOCK_ENGINE_H

#include "ctlock/agents.h"
#include "ctlock/judge.h"
#include "ctlock/order.h"
#include "ctlock/report.h"
#include "ctlock/stats.h"

#include <stdbool.h>

/* What can grow too large. */
enum engine_limit {
    LIMIT_SESSIONS, /* rows: --max-sessions */
    LIMIT_ROLES,    /* rows of one instance: TABLE_MAX_ROWS_OF_INSTANCE */
    LIMIT_WINDOW,   /* what waits: --max-window */
    LIMIT_FACTS,    /* of the address book: by --max-sessions */
    LIMIT_MEMBERS,  /* of one interface, NAT gateway or VPC there: REGISTERS_MAX_MEMBERS */
    LIMIT_COUNT
};

struct engine_options {
    struct hash_key key; /* seeds every table, and the hashes of events; no result depends on it */
    int64_t window_s;
    uint64_t
        max_sessions; /* rows of the table; 0: any number. Decides how large the book gets, too */
    uint64_t max_window; /* events that wait; 0: any number */
    /* May be NULL. Told the first time that a limit is reached. */
    void (*at_limit)(void *self, enum engine_limit which);
    void *at_limit_self;
    bool adopt;
    bool list_agents; /* collect user agent families (engine_agents) */
    struct judge_options judge;
    struct report_options report;
};

struct engine;

/* opt and what it points to must outlive the engine. NULL when memory ran out. One thread at a
 * time; never reads a clock. */
struct engine *engine_new(const struct engine_options *opt);
void engine_free(struct engine *g); /* NULL is allowed */

/* Take in one event, in input order, its hashes made with the engine's key; seq and the late mark
 * are set in it. False when memory ran out or an alert could not be handed over: the run is over.
 */
bool engine_add(struct engine *g, struct event *e);

/* The event is added soon: fetch memory. A hint. */
void engine_expect(const struct engine *g, const struct event *e);

/* No more comes for now: what waits in the window is judged, see order_linger. */
bool engine_linger(struct engine *g);

/* The end of input: everything that waits is judged. */
bool engine_finish(struct engine *g);

/* Counts so far. */
const struct judging_stats *engine_stats(struct engine *g);

/* The lock table, for printing. */
struct locktable *engine_table(struct engine *g);
struct addressbook *engine_book(struct engine *g);
const struct agents *engine_agents(const struct engine *g);

/* For a state: the clock, TIME_NONE before the first event, and what waits. */
int64_t engine_clock_s(const struct engine *g);
const struct order *engine_order(const struct engine *g);

/* Put what a state holds into a new engine: first the clocks, then the rest in any order, then
 * engine_restored. The event's hashes and seq are set. False as engine_add. */
void engine_restore_clock(struct engine *g, int64_t clock_s, struct order_clock window);
bool engine_restore_event(struct engine *g, struct event *e, enum order_place where);
bool engine_restored(struct engine *g);

#endif
