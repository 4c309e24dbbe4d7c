#include "ctlock/signals.h"

#include "ctlock/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum { TWICE_MS = 200 };

/* A handler has no argument of ours. */
static struct signals signals;

void signals_end(int signal)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t it;
    (void)sigemptyset(&usual.sa_mask);
    (void)sigaction(signal, &usual, NULL);
    (void)sigemptyset(&it);
    (void)sigaddset(&it, signal);
    (void)sigprocmask(SIG_UNBLOCK, &it, NULL);
    (void)raise(signal);
    _exit(128 + signal); /* not reached: its action is to end the process */
}

static void on_stop(int signal)
{
    int error = errno;
    int64_t now = clock_now_ms();
    if (!stop_asked(&signals.stop)) {
        atomic_store(&signals.asked_ms, now);
        stop_ask(&signals.stop, signal);
    } else if (signal != SIGHUP && now - atomic_load(&signals.asked_ms) >= TWICE_MS) {
        signals_end(signal);
    }
    errno = error;
}

static void on_summary(int signal)
{
    (void)signal;
    atomic_store(&signals.summary, 1);
    bell_ring(&signals.wake);
}

/* Whoever started the process with a signal ignored (nohup) wants that. */
static void catch_signal(int signal, void (*handler)(int))
{
    struct sigaction before;
    struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART};
    (void)sigemptyset(&a.sa_mask);
    (void)sigaddset(&a.sa_mask, SIGTERM);
    (void)sigaddset(&a.sa_mask, SIGINT);
    (void)sigaddset(&a.sa_mask, SIGHUP);
    /* These fail for no signal that we name. */
    if (sigaction(signal, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        (void)sigaction(signal, &a, NULL);
}

struct signals *signals_open(void)
{
    if (!bell_open(&signals.stop.bell))
        return NULL;
    if (!bell_open(&signals.wake)) {
        int error = errno;
        bell_close(&signals.stop.bell);
        errno = error;
        return NULL;
    }
    catch_signal(SIGUSR1, on_summary);
    /* A file that may not grow is told of by the write that fails. */
    (void)sigaction(SIGXFSZ, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    return &signals;
}

void signals_catch_stops(struct signals *s)
{
    (void)s;
    catch_signal(SIGTERM, on_stop);
    catch_signal(SIGINT, on_stop);
    catch_signal(SIGHUP, on_stop);
}

const char *signals_name(int signal)
{
    return signal == SIGTERM ? "SIGTERM" : signal == SIGINT ? "SIGINT" : "SIGHUP";
}

bool signals_take_summary(struct signals *s)
{
    return atomic_exchange(&s->summary, 0) != 0;
}
