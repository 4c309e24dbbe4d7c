/* signals: what the process does when it is signalled. */
#ifndef CTLOCK_SIGNALS_H
#define CTLOCK_SIGNALS_H

#include "ctlock/wait.h"

#include <stdatomic.h>
#include <stdbool.h>

/* What came. There is one in the process. */
struct signals {
    struct stop stop;      /* asked by SIGTERM, SIGINT and SIGHUP */
    atomic_llong asked_ms; /* when, by a clock that never goes back; the handler's */
    atomic_int summary;    /* SIGUSR1 came and was not yet taken */
    struct bell wake;      /* rung with it */
};

/* Catch SIGUSR1, unless it is ignored. NULL, with errno, when descriptors ran out. From the main
 * thread, once. */
struct signals *signals_open(void);

/* From here on SIGTERM, SIGINT and SIGHUP ask s->stop instead of ending the process, unless they
 * were ignored. Once asked, another SIGTERM or SIGINT ends the process at once, unless it comes
 * within a fifth of a second: timeout(1) and some shells send a signal twice. */
void signals_catch_stops(struct signals *s);

/* Was a summary asked for since the last call? */
bool signals_take_summary(struct signals *s);

/* Such as "SIGTERM", a constant, for one of those that ask to stop. */
const char *signals_name(int signal);

/* Give the signal its default action back and raise it: does not return. */
_Noreturn void signals_end(int signal);

#endif
