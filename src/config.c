#include "ctlock/config.h"

#include "ctlock/file.h"
#include "ctlock/output.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool load_exceptions(struct config *c, const struct options *o, struct buf *why)
{
    if (o->exceptions.n == 0)
        return true;
    c->exceptions = exceptions_new();
    if (!c->exceptions) {
        buf_puts(why, "out of memory");
        return false;
    }
    for (size_t i = 0; i < o->exceptions.n; i++)
        if (!exceptions_load(c->exceptions, o->exceptions.item[i].p, why))
            return false;
    return true;
}

static bool load_useragents(struct config *c, const struct options *o, struct buf *why)
{
    if (o->useragents.n == 0)
        return true;
    c->useragents = useragents_new();
    if (!c->useragents) {
        buf_puts(why, "out of memory");
        return false;
    }
    for (size_t i = 0; i < o->useragents.n; i++)
        if (!useragents_load(c->useragents, o->useragents.item[i].p, why))
            return false;
    return true;
}

static bool open_stats(struct config *c, const struct options *o, struct log *log)
{
    if (!o->stats_json || o->check_config)
        return true;
    c->stats_fd = file_open(o->stats_json, O_WRONLY | O_CREAT, 0666);
    if (c->stats_fd >= 0)
        return true;
    log_about(log, o->stats_json, NULL, errno);
    return false;
}

bool config_load(struct config *c, const struct options *o, struct log *log)
{
    struct buf why = {0};
    *c = (struct config){.stats_fd = -1};
    bool ok = load_exceptions(c, o, &why) && load_useragents(c, o, &why);
    if (!ok)
        log_say(log, why.failed ? STR("out of memory") : buf_view(&why));
    buf_free(&why);
    return ok && open_stats(c, o, log);
}

int config_stats_is(const struct config *c, const char *path, bool *is)
{
    struct stat mine, other;
    *is = false;
    if (c->stats_fd < 0)
        return 0;
    if (fstat(c->stats_fd, &mine) != 0)
        return errno;
    if (stat(path, &other) != 0)
        return errno == ENOENT ? 0 : errno;
    *is = S_ISREG(mine.st_mode) && mine.st_dev == other.st_dev && mine.st_ino == other.st_ino;
    return 0;
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

int config_write_stats(struct config *c, struct str text)
{
    int error = output_all(c->stats_fd, text);
    if (!error)
        error = cut_off(c->stats_fd);
    int closed = file_close(c->stats_fd);
    c->stats_fd = -1;
    return error ? error : closed;
}

void config_free(struct config *c)
{
    exceptions_free(c->exceptions);
    useragents_free(c->useragents);
    /* Reached only when nothing was written to it. */
    if (c->stats_fd >= 0)
        (void)close(c->stats_fd);
}
