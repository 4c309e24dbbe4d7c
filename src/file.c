#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include "ctlock/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int file_open(const char *path, int flags, mode_t mode)
{
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

int file_look(int dir, const char *name, struct file_status *status)
{
    struct stat *st = &status->st;
    status->is_link = false;
    if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno;
    status->is_link = S_ISLNK(st->st_mode);
    return status->is_link && fstatat(dir, name, st, 0) != 0 ? errno : 0;
}

int file_close(int fd)
{
    /* An interrupted close has closed: the descriptor may already be another's. */
    return close(fd) == 0 || errno == EINTR ? 0 : errno;
}

int file_sync(int fd)
{
    int got;
    do
        got = fsync(fd);
    while (got != 0 && errno == EINTR);
    return got == 0 ? 0 : errno;
}

void file_widen_pipe(int fd)
{
#ifdef F_SETPIPE_SZ
    enum { UNPRIVILEGED_MAX_NBYTES = 1 << 20 };
    (void)fcntl(fd, F_SETPIPE_SZ, UNPRIVILEGED_MAX_NBYTES);
#else
    (void)fd;
#endif
}
