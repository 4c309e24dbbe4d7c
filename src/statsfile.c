#include "ctlock/statsfile.h"

#include "ctlock/file.h"
#include "ctlock/output.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool statsfile_open(struct statsfile *s, const char *path, struct log *log)
{
    *s = (struct statsfile){.path = path, .fd = -1};
    if (!path)
        return true;
    s->fd = file_open(path, O_WRONLY | O_CREAT, 0666);
    if (s->fd >= 0)
        return true;
    log_about(log, path, NULL, errno);
    return false;
}

/* 0, or an errno where that cannot be told. */
static int is_at(const struct statsfile *s, const char *path, bool *is)
{
    struct stat mine, other;
    *is = false;
    if (fstat(s->fd, &mine) != 0)
        return errno;
    if (stat(path, &other) != 0)
        return errno == ENOENT ? 0 : errno;
    *is = S_ISREG(mine.st_mode) && mine.st_dev == other.st_dev && mine.st_ino == other.st_ino;
    return 0;
}

/* Told, where the statistics would be written over this file, or it cannot be told. */
static bool spares(const struct statsfile *s, const char *path, struct log *log)
{
    bool is;
    int error = is_at(s, path, &is);
    if (error)
        log_about(log, path, NULL, error);
    else if (is)
        log_about(log, s->path, "--stats-json names an input", 0);
    return !error && !is;
}

static bool spares_state(const struct statsfile *s, const struct state *state, struct log *log)
{
    bool is;
    int error = state_owns(state, s->path, &is);
    if (error)
        log_about(log, s->path, NULL, error);
    else if (is)
        log_about(log, s->path, "--stats-json names the state", 0);
    return !error && !is;
}

/* A trail is evidence: the statistics must not be written over it. */
bool statsfile_spares(const struct statsfile *s, const struct state *state,
                      const struct input_list *inputs, struct log *log)
{
    if (!s->path)
        return true;
    if (state && !spares_state(s, state, log))
        return false;
    for (size_t i = 0; i < inputs->n; i++)
        if (inputs->file[i].regular && !spares(s, inputs->file[i].path, log))
            return false;
    return true;
}

/* A shorter text must not leave the old one's tail; pipes and devices have none. */
static int cut_off(int fd)
{
    off_t end = lseek(fd, 0, SEEK_CUR);
    if (end < 0)
        return errno == ESPIPE ? 0 : errno;
    int got;
    do
        got = ftruncate(fd, end);
    while (got != 0 && errno == EINTR);
    return got == 0 || errno == EINVAL ? 0 : errno;
}

bool statsfile_write(struct statsfile *s, struct str text, struct log *log)
{
    int error = output_all(s->fd, text);
    if (!error)
        error = cut_off(s->fd);
    int closed = file_close(s->fd);
    s->fd = -1;
    if (!error)
        error = closed;
    if (error)
        log_about(log, s->path, NULL, error);
    return !error;
}

void statsfile_close(struct statsfile *s)
{
    /* Reached only when nothing was written to it. */
    if (s->fd >= 0)
        (void)close(s->fd);
    s->fd = -1;
}
