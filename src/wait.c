#include "ctlock/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <unistd.h>

static bool set_up(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

bool bell_open(struct bell *b)
{
    if (pipe(b->end) != 0)
        return false;
    if (set_up(b->end[0]) && set_up(b->end[1]))
        return true;
    int error = errno;
    bell_close(b);
    errno = error;
    return false;
}

void bell_close(struct bell *b)
{
    (void)close(b->end[0]);
    (void)close(b->end[1]);
}

void bell_ring(const struct bell *b)
{
    int error = errno;
    ssize_t n;
    do
        n = write(b->end[1], "", 1);
    while (n < 0 && errno == EINTR);
    errno = error; /* a full pipe has been rung enough */
}

void bell_hush(const struct bell *b)
{
    char rings[64];
    ssize_t n;
    do
        n = read(b->end[0], rings, sizeof rings);
    while (n == (ssize_t)sizeof rings || (n < 0 && errno == EINTR));
}

bool bell_is_rung(const struct bell *b)
{
    struct pollfd p = {.fd = b->end[0], .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}

void stop_ask(struct stop *s, int signal)
{
    int none = 0;
    if (atomic_compare_exchange_strong(&s->signal, &none, signal))
        bell_ring(&s->bell);
}

enum wait_result wait_input(int fd, const struct wait_how *w)
{
    enum { INPUT, STOP, WAKE };
    /* poll leaves a negative descriptor out. */
    struct pollfd p[] = {
        [INPUT] = {.fd = fd, .events = POLLIN},
        [STOP] = {.fd = w->stop ? w->stop->bell.end[0] : -1, .events = POLLIN},
        [WAKE] = {.fd = w->wake ? w->wake->end[0] : -1, .events = POLLIN},
    };
    for (int timeout_ms = 0;;) {
        if (stop_asked(w->stop))
            return WAIT_STOPPED;
        if (w->never)
            return WAIT_READY;
        int n = poll(p, sizeof p / sizeof p[0], timeout_ms);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return WAIT_READY; /* let the read tell what is wrong */
        if (n > 0 && p[INPUT].revents)
            return stop_asked(w->stop) ? WAIT_STOPPED : WAIT_READY;
        if (n > 0 && p[WAKE].revents && !w->pause)
            return WAIT_REFUSED;
        timeout_ms = -1;
        if (w->pause && !w->pause(w->self, &timeout_ms))
            return WAIT_REFUSED;
    }
}
