#include "ctlock/output.h"

#include "ctlock/file.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GATHER_NBYTES = 64 * 1024 };

void output_init(struct output *o, int fd)
{
    struct stat st;
    *o = (struct output){.fd = fd};
    o->at_once = fstat(fd, &st) != 0 || !S_ISREG(st.st_mode);
}

void output_share_terminal(struct output *o, void (*before)(void *self), void *self)
{
    if (!isatty(o->fd))
        return;
    o->before = before;
    o->self = self;
}

/* After EAGAIN: the reader of a pipe that does not block is slow. */
static bool wait_for_room(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return false;
    return poll(&p, 1, -1) >= 0 || errno == EINTR;
}

int output_all(int fd, struct str text)
{
    while (text.n > 0) {
        ssize_t n = write(fd, text.p, text.n);
        if (n < 0 && (errno == EINTR || wait_for_room(fd)))
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        text = str_skip(text, (size_t)n);
    }
    return 0;
}

static void write_all(struct output *o, struct str lines)
{
    if (o->before)
        o->before(o->self);
    o->error = output_all(o->fd, lines);
}

bool output_flush(struct output *o)
{
    if (!o->error && o->pending.n)
        write_all(o, buf_view(&o->pending));
    buf_clear(&o->pending);
    return !o->error;
}

bool output_sync(struct output *o)
{
    /* A pipe has nothing to flush, and says so. */
    int error = o->error ? 0 : file_sync(o->fd);
    if (error && error != EINVAL && error != EROFS)
        o->error = error;
    return !o->error;
}

bool output_write(struct output *o, struct str lines)
{
    if (o->error)
        return false;
    if (o->at_once) {
        write_all(o, lines);
        return !o->error;
    }
    buf_str(&o->pending, lines);
    if (o->pending.failed) {
        o->error = ENOMEM;
        return false;
    }
    return o->pending.n < GATHER_NBYTES || output_flush(o);
}

void output_free(struct output *o)
{
    buf_free(&o->pending);
}
