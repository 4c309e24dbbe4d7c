/* wait: for the bytes of an input, for another thread, or to be asked to stop. */
#ifndef CTLOCK_WAIT_H
#define CTLOCK_WAIT_H

#include <stdatomic.h>
#include <stdbool.h>

/* A pipe that wakes whoever waits in poll. It stays rung until it is hushed. */
struct bell {
    int end[2]; /* what poll looks at; what is written to */
};

/* False, with errno, when descriptors ran out; nothing to close then. */
bool bell_open(struct bell *b);
void bell_close(struct bell *b);

/* From any thread and from a signal handler; keeps errno. Never waits. */
void bell_ring(const struct bell *b);

/* From any thread; errno is not kept. Never wait. */
void bell_hush(const struct bell *b);
bool bell_is_rung(const struct bell *b);

/* How a run is asked to end early. Set once, read by all threads. */
struct stop {
    atomic_int signal; /* that asked; 0: none did */
    struct bell bell;  /* rung with it, and never hushed */
};

/* From any thread and from a signal handler: ask. The first signal counts. */
void stop_ask(struct stop *s, int signal);

/* The signal that asked, or 0. s may be NULL. */
static inline int stop_asked(const struct stop *s)
{
    return s ? atomic_load_explicit(&s->signal, memory_order_acquire) : 0;
}

/* What ends a wait, other than that for which it waits. Zeroed: nothing. */
struct wait_how {
    bool never;              /* the descriptor is never waited for: a regular file */
    const struct stop *stop; /* may be NULL */
    const struct bell *wake; /* has pause called again, which hushes it; may be NULL */
    void *self;
    /* Called when there is nothing yet, and again each time that *timeout_ms have passed; it may
     * set that, -1 being for ever. False gives up, as does the bell where this is NULL. */
    bool (*pause)(void *self, int *timeout_ms);
};

enum wait_result {
    WAIT_READY, /* a read will not wait; it may find the end, or fail */
    WAIT_STOPPED,
    WAIT_REFUSED /* pause said so */
};

/* Wait until fd can be read. Being asked to stop goes before bytes that are there. */
enum wait_result wait_input(int fd, const struct wait_how *w);

#endif
