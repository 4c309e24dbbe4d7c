#include "ctlock/statsfile.h"

#include "ctlock/file.h"
#include "ctlock/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A name that is new is made; a link to nothing, what it leads to. 0 or an errno. */
static int open_or_make(struct statsfile *s)
{
    struct stat st;
    s->fd = file_open(s->path, O_WRONLY, 0);
    if (s->fd < 0 && errno == ENOENT) {
        s->fd = file_open(s->path, O_WRONLY | O_CREAT | O_EXCL, 0666);
        if (s->fd < 0 && errno == EEXIST)
            s->fd = file_open(s->path, O_WRONLY | O_CREAT, 0666);
        s->is_new = s->fd >= 0;
    }
    if (s->fd < 0 || fstat(s->fd, &st) != 0)
        return errno;
    s->is_regular = S_ISREG(st.st_mode);
    s->was_empty = st.st_size == 0;
    s->is_new = s->is_new && s->was_empty; /* else another has just made it behind the link */
    s->dev = st.st_dev;
    s->ino = st.st_ino;
    return 0;
}

bool statsfile_is(const struct statsfile *s, const struct stat *st)
{
    return s->fd >= 0 && s->is_regular && st->st_dev == s->dev && st->st_ino == s->ino;
}

/* Is it the file at path? 0, or an errno where that cannot be told. */
static int is_at(const struct statsfile *s, const char *path, bool *is)
{
    struct stat st;
    *is = false;
    if (stat(path, &st) != 0)
        return errno == ENOENT ? 0 : errno;
    *is = statsfile_is(s, &st);
    return 0;
}

/* False, told, where the answer is yes (with the text) or, by an errno, not known; name is what was
 * asked about. */
static bool tell(const struct statsfile *s, bool is, const char *text, const char *name, int error,
                 struct log *log)
{
    if (error)
        log_about(log, name, NULL, error);
    else if (is)
        log_about(log, s->path, text, 0);
    return !error && !is;
}

static bool spares_open(const struct statsfile *s, int fd, const char *text, const char *name,
                        struct log *log)
{
    struct stat st;
    int error = fstat(fd, &st) == 0 ? 0 : errno;
    return tell(s, !error && statsfile_is(s, &st), text, name, error, log);
}

static bool spares_rules(const struct statsfile *s, const struct options_list *files,
                         const char *text, struct log *log)
{
    for (size_t i = 0; i < files->n; i++) {
        bool is;
        int error = is_at(s, files->item[i].p, &is);
        if (!tell(s, is, text, files->item[i].p, error, log))
            return false;
    }
    return true;
}

static bool spares_state(const struct statsfile *s, const struct state *state, struct log *log)
{
    struct statefile_own own;
    struct stat st;
    int error = state_own(state, &own);
    if (!error && fstat(s->fd, &st) != 0)
        error = errno;
    bool is = !error && statefile_is_own(&own, &st);
    return tell(s, is, "--stats-json names the state", s->path, error, log);
}

/* What cannot be looked at is told of when the inputs are. */
static bool spares_operands(const struct statsfile *s, const struct options *o, struct log *log)
{
    static const char text[] = "--stats-json names an input";
    bool is = false, has_stdin = o->n_operands == 0;
    for (size_t i = 0; i < o->n_operands && !is; i++) {
        if (strcmp(o->operands[i], "-") == 0)
            has_stdin = true;
        else
            (void)is_at(s, o->operands[i], &is);
    }
    return tell(s, is, text, s->path, 0, log) &&
           (!has_stdin || spares_open(s, STDIN_FILENO, text, "-", log));
}

static bool spares_all(const struct statsfile *s, const struct options *o,
                       const struct state *state, struct log *log)
{
    return spares_open(s, STDOUT_FILENO, "--stats-json names standard output", "standard output",
                       log) &&
           spares_open(s, STDERR_FILENO, "--stats-json names standard error", "standard error",
                       log) &&
           spares_rules(s, &o->exceptions, "--stats-json names an exceptions file", log) &&
           spares_rules(s, &o->useragents, "--stats-json names a user agents file", log) &&
           (!state || spares_state(s, state, log)) && spares_operands(s, o, log);
}

/* Remove what was made for it: the file itself, where a link leads there. */
static void unmake(const struct statsfile *s, struct log *log)
{
    char *path = realpath(s->path, NULL);
    if (!path || unlink(path) != 0)
        log_about(log, s->path, "made for --stats-json, and cannot be removed", 0);
    free(path);
}

bool statsfile_open(struct statsfile *s, const struct options *o, const struct state *state,
                    struct log *log)
{
    *s = (struct statsfile){.path = o->stats_json, .fd = -1};
    if (!s->path)
        return true;
    int error = open_or_make(s);
    if (error)
        log_about(log, s->path, NULL, error);
    else if (spares_all(s, o, state, log))
        return true;
    if (s->is_new)
        unmake(s, log);
    return false;
}

/* A shorter text must not leave the old one's tail. */
static int cut_off(int fd)
{
    off_t end = lseek(fd, 0, SEEK_CUR);
    if (end < 0)
        return errno;
    int got;
    do
        got = ftruncate(fd, end);
    while (got != 0 && errno == EINTR);
    return got == 0 ? 0 : errno;
}

bool statsfile_write(struct statsfile *s, struct str text, struct log *log)
{
    int error = output_all(s->fd, text);
    if (!error && s->is_regular)
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
