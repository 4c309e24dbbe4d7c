#include "ctlock/statefile.h"

#include "ctlock/checksum.h"
#include "ctlock/file.h"
#include "ctlock/output.h"
#include "ctlock/stateline.h"
#include "ctlock/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSION = 2 };
enum { READ_NBYTES = 256 * 1024 };

#define HEAD_TYPE "ctlock-state"
#define END_TYPE "end"

struct statefile {
    char *path, *lock_path, *new_path, *prev_path, *reset_path, *directory;
    int lock_fd, in_fd, out_fd; /* -1 where closed */
    uint64_t crc;
    uint64_t n_lines; /* between the first and the last */
    uint64_t offset;  /* of the line that was read last */
    bool in_opened, in_ended;
    bool is_written; /* FILE.new is there, and is ours */
    struct buf in;
    size_t line_at; /* the line that was read last, in there */
    size_t line_n;  /* its length, line feed included */
    struct stateline parsed;
};

static bool fail(const char *path, const char *reason, int error, struct buf *why)
{
    text_plain(why, str_of(path));
    buf_puts(why, ": ");
    buf_puts(why, reason ? reason : strerror(error));
    return false;
}

static char *with_suffix(const char *path, const char *suffix)
{
    struct buf s = {0};
    buf_puts(&s, path);
    buf_puts(&s, suffix);
    buf_putc(&s, '\0');
    if (s.failed)
        buf_free(&s);
    return s.p;
}

static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup(".");
    char *s = strdup(path);
    if (s)
        s[slash == path ? 1 : slash - path] = '\0';
    return s;
}

/* Links are followed, or the first save would turn a link into a file. 0 or an errno: ENOLINK for a
 * link to nothing, EINVAL for what is no regular file. */
static int set_paths(struct statefile *f, const char *path)
{
    struct stat st;
    f->path = realpath(path, NULL);
    if (!f->path && errno != ENOENT)
        return errno;
    if (!f->path && lstat(path, &st) == 0)
        return ENOLINK;
    if (f->path && stat(f->path, &st) != 0)
        return errno;
    if (f->path && !S_ISREG(st.st_mode))
        return EINVAL;
    if (!f->path)
        f->path = strdup(path);
    if (!f->path)
        return ENOMEM;
    f->lock_path = with_suffix(f->path, ".lock");
    f->new_path = with_suffix(f->path, ".new");
    f->prev_path = with_suffix(f->path, ".prev");
    f->reset_path = with_suffix(f->path, ".reset");
    f->directory = directory_of(f->path);
    bool all = f->lock_path && f->new_path && f->prev_path && f->reset_path && f->directory;
    return all ? 0 : ENOMEM;
}

static bool say_holder(const struct statefile *f, struct flock holder, struct buf *why)
{
    (void)fail(f->path, "in use by ", 0, why);
    if (fcntl(f->lock_fd, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK && holder.l_pid > 0)
        buf_printf(why, "process %ld", (long)holder.l_pid);
    else
        buf_puts(why, "another process");
    return false;
}

static bool lock(struct statefile *f, struct buf *why)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    f->lock_fd = file_open(f->lock_path, O_RDWR | O_NOFOLLOW, 0);
    bool is_new = f->lock_fd < 0 && errno == ENOENT;
    if (is_new)
        f->lock_fd = file_open(f->lock_path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    /* What cannot be made is the directory's fault. */
    if (f->lock_fd < 0)
        return fail(is_new ? f->directory : f->lock_path, NULL, errno, why);
    int got;
    do
        got = fcntl(f->lock_fd, F_SETLK, &whole);
    while (got != 0 && errno == EINTR);
    if (got == 0)
        return true;
    if (errno == EACCES || errno == EAGAIN)
        return say_holder(f, whole, why);
    return fail(f->lock_path, NULL, errno, why);
}

static const char *reason_of(int error)
{
    if (error == ENOLINK)
        return "a link to nothing";
    if (error == EINVAL)
        return "not a regular file";
    return error == ENOMEM ? "out of memory" : NULL;
}

struct statefile *statefile_open(const char *path, struct buf *why)
{
    struct statefile *f = calloc(1, sizeof *f);
    if (f)
        f->lock_fd = f->in_fd = f->out_fd = -1;
    int error = f ? set_paths(f, path) : ENOMEM;
    if (error)
        (void)fail(path, reason_of(error), error, why);
    else if (lock(f, why))
        return f;
    statefile_free(f);
    return NULL;
}

int statefile_own(const struct statefile *f, struct statefile_own *own)
{
    const char *const paths[] = {f->path, f->lock_path, f->new_path, f->prev_path, f->reset_path};
    _Static_assert(sizeof paths / sizeof *paths == sizeof own->file / sizeof *own->file, "all");
    *own = (struct statefile_own){0};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct stat st;
        if (stat(paths[i], &st) == 0) {
            own->file[own->n].dev = st.st_dev;
            own->file[own->n++].ino = st.st_ino;
        } else if (errno != ENOENT && errno != ENAMETOOLONG) { /* which nothing can have */
            return errno;
        }
    }
    return 0;
}

bool statefile_is_own(const struct statefile_own *own, const struct stat *st)
{
    for (size_t i = 0; i < own->n; i++)
        if (own->file[i].dev == st->st_dev && own->file[i].ino == st->st_ino)
            return true;
    return false;
}

const char *statefile_directory(const struct statefile *f)
{
    return f->directory;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

void statefile_free(struct statefile *f)
{
    if (!f)
        return;
    if (f->is_written)
        (void)unlink(f->new_path);
    close_fd(&f->in_fd);
    close_fd(&f->out_fd);
    close_fd(&f->lock_fd);
    buf_free(&f->in);
    stateline_free(&f->parsed);
    free(f->path);
    free(f->lock_path);
    free(f->new_path);
    free(f->prev_path);
    free(f->reset_path);
    free(f->directory);
    free(f);
}

/* 0, or why it is not: ENOENT, or where that cannot be told another errno. */
static int look_for(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 ? 0 : errno;
}

/* What helps whoever meets a state that cannot be read. */
static void say_remedy(const struct statefile *f, struct buf *why)
{
    if (look_for(f->prev_path) == 0) {
        buf_puts(why, " (the state before it is ");
        text_plain(why, str_of(f->prev_path));
        buf_puts(why, "; --state-reset starts afresh)");
    } else {
        buf_puts(why, " (--state-reset starts afresh)");
    }
}

static enum statefile_result wrong(const struct statefile *f, const char *reason, struct buf *why)
{
    (void)fail(f->path, reason, 0, why);
    say_remedy(f, why);
    return STATEFILE_WRONG;
}

static enum statefile_result damaged(const struct statefile *f, uint64_t at, const char *reason,
                                     struct buf *why)
{
    (void)fail(f->path, "byte ", 0, why);
    buf_printf(why, "%llu: ", (unsigned long long)at);
    buf_puts(why, reason);
    say_remedy(f, why);
    return STATEFILE_WRONG;
}

/* The state is none the worse for these. */
static enum statefile_result failed(const struct statefile *f, int error, struct buf *why)
{
    (void)fail(f->path, NULL, error, why);
    return STATEFILE_WRONG;
}

static enum statefile_result out_of_memory(const struct statefile *f, struct buf *why)
{
    (void)fail(f->path, "out of memory", 0, why);
    return STATEFILE_WRONG;
}

void statefile_damaged(const struct statefile *f, size_t at, const char *reason, struct buf *why)
{
    (void)damaged(f, f->offset + at, reason, why);
}

/* Read behind what is there of the line at hand. How much, 0 at the end, or -1 and a message. */
static ssize_t read_more(struct statefile *f, struct buf *why)
{
    f->in.n -= f->line_at;
    if (f->line_at)
        memmove(f->in.p, f->in.p + f->line_at, f->in.n);
    f->line_at = 0;
    if (!buf_reserve(&f->in, READ_NBYTES)) {
        (void)out_of_memory(f, why);
        return -1;
    }
    ssize_t n;
    do
        n = read(f->in_fd, f->in.p + f->in.n, READ_NBYTES);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        (void)failed(f, errno, why);
    else
        f->in.n += (size_t)n;
    return n;
}

static void step_over_line(struct statefile *f)
{
    f->offset += f->line_n;
    f->line_at += f->line_n;
    f->line_n = 0;
}

static enum statefile_result read_line(struct statefile *f, struct str *line, struct buf *why)
{
    step_over_line(f);
    size_t seen = f->line_at;
    for (;;) {
        const char *lf = f->in.n > seen ? memchr(f->in.p + seen, '\n', f->in.n - seen) : NULL;
        if (lf) {
            const char *start = f->in.p + f->line_at;
            *line = (struct str){start, (size_t)(lf - start)};
            f->line_n = line->n + 1;
            return STATEFILE_LINE;
        }
        ssize_t n = read_more(f, why);
        if (n <= 0)
            return n < 0 ? STATEFILE_WRONG : damaged(f, f->offset + f->in.n, "cut", why);
        seen = f->in.n - (size_t)n;
    }
}

static void add_to_crc(struct statefile *f, struct str bytes)
{
    f->crc = checksum_crc64(f->crc, bytes);
}

static enum statefile_result read_head(struct statefile *f, struct buf *why)
{
    struct str line;
    int64_t version = 0;
    enum statefile_result got = read_line(f, &line, why);
    if (got != STATEFILE_LINE)
        return got;
    struct str type = stateline_start(&f->parsed, line);
    if (f->parsed.text.failed)
        return out_of_memory(f, why);
    if (!str_eq(type, STR(HEAD_TYPE)) || !stateline_read_number(&f->parsed, "version", &version) ||
        version < 1)
        return damaged(f, 0, "not a state of ctlock", why);
    if (version > VERSION)
        return damaged(f, f->parsed.at, "written by a newer ctlock", why);
    if (!stateline_finish(&f->parsed))
        return damaged(f, f->parsed.at, f->parsed.why, why);
    add_to_crc(f, (struct str){line.p, f->line_n});
    return STATEFILE_LINE;
}

/* The last line was read. */
static enum statefile_result read_end(struct statefile *f, struct buf *why)
{
    int64_t n = 0;
    uint64_t crc = 0;
    (void)stateline_read_number(&f->parsed, "lines", &n);
    (void)stateline_read_hash(&f->parsed, "crc64", &crc);
    if (!stateline_finish(&f->parsed))
        return damaged(f, f->offset + f->parsed.at, f->parsed.why, why);
    if ((uint64_t)n != f->n_lines || crc != f->crc)
        return damaged(f, f->offset, "the checksum does not fit the bytes before", why);
    step_over_line(f);
    ssize_t more = f->in.n > f->line_at ? 1 : read_more(f, why);
    if (more < 0)
        return STATEFILE_WRONG;
    if (more > 0)
        return damaged(f, f->offset, "something behind the last line", why);
    f->in_ended = true;
    close_fd(&f->in_fd);
    return STATEFILE_END;
}

static enum statefile_result open_in(struct statefile *f, struct buf *why)
{
    struct stat st;
    f->in_opened = true;
    f->in_fd = file_open(f->path, O_RDONLY | O_NONBLOCK, 0);
    if (f->in_fd < 0 && errno != ENOENT)
        return failed(f, errno, why);
    int error = f->in_fd < 0 ? look_for(f->prev_path) : 0;
    if (f->in_fd < 0 && error != ENOENT)
        return error ? failed(f, error, why) : wrong(f, "is missing", why);
    if (f->in_fd < 0) {
        f->in_ended = true;
        return STATEFILE_END;
    }
    if (fstat(f->in_fd, &st) != 0)
        return failed(f, errno, why);
    if (!S_ISREG(st.st_mode))
        return wrong(f, "not a regular file", why);
    return read_head(f, why);
}

enum statefile_result statefile_read(struct statefile *f, struct str *line, struct buf *why)
{
    if (!f->in_opened) {
        enum statefile_result got = open_in(f, why);
        if (got != STATEFILE_LINE)
            return got;
    }
    if (f->in_ended)
        return STATEFILE_END;
    enum statefile_result got = read_line(f, line, why);
    if (got != STATEFILE_LINE)
        return got;
    struct str end = STR("{\"type\":\"" END_TYPE "\"");
    if (str_starts(*line, end)) {
        (void)stateline_start(&f->parsed, *line);
        return f->parsed.text.failed ? out_of_memory(f, why) : read_end(f, why);
    }
    add_to_crc(f, (struct str){line->p, f->line_n});
    f->n_lines++;
    return STATEFILE_LINE;
}

static bool write_all(struct statefile *f, struct str bytes, struct buf *why)
{
    int error = output_all(f->out_fd, bytes);
    add_to_crc(f, bytes);
    return !error || fail(f->new_path, NULL, error, why);
}

bool statefile_begin(struct statefile *f, struct buf *why)
{
    struct buf head = {0};
    /* What a killed run left there is of no use. */
    (void)unlink(f->new_path);
    f->out_fd = file_open(f->new_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (f->out_fd < 0)
        return fail(f->new_path, NULL, errno, why);
    f->is_written = true;
    f->crc = 0;
    f->n_lines = 0;
    stateline_begin(&head, HEAD_TYPE);
    stateline_number(&head, "version", VERSION);
    stateline_end(&head);
    bool ok = head.failed ? fail(f->new_path, "out of memory", 0, why)
                          : write_all(f, buf_view(&head), why);
    buf_free(&head);
    return ok;
}

bool statefile_write(struct statefile *f, struct str lines, uint64_t n, struct buf *why)
{
    f->n_lines += n;
    return write_all(f, lines, why);
}

static bool write_end(struct statefile *f, struct buf *why)
{
    struct buf end = {0};
    stateline_begin(&end, END_TYPE);
    stateline_number(&end, "lines", (int64_t)f->n_lines);
    stateline_hash(&end, "crc64", f->crc);
    stateline_end(&end);
    bool ok =
        end.failed ? fail(f->new_path, "out of memory", 0, why) : write_all(f, buf_view(&end), why);
    buf_free(&end);
    return ok;
}

/* Some file systems cannot flush a directory; they say so with EINVAL. */
static bool flush_directory(const struct statefile *f, struct buf *why)
{
    int fd = file_open(f->directory, O_RDONLY | O_DIRECTORY, 0);
    /* One that may be written but not read is flushed in its time. */
    if (fd < 0)
        return errno == EACCES || fail(f->directory, NULL, errno, why);
    int error = file_sync(fd);
    (void)close(fd);
    return !error || error == EINVAL || fail(f->directory, NULL, error, why);
}

/* FILE keeps its name until the new one takes it. Where there are no hard links FILE.prev is
 * FILE's name for that moment, and a run that finds only that says so. What was not read, for
 * --state-reset, does not take the place of a state that could be. */
static bool keep_previous(const struct statefile *f, struct buf *why)
{
    const char *kept = f->in_ended ? f->prev_path : f->reset_path;
    int error = look_for(f->path);
    if (error)
        return error == ENOENT || fail(f->path, NULL, error, why);
    if (unlink(kept) != 0 && errno != ENOENT)
        return fail(kept, NULL, errno, why);
    if (link(f->path, kept) == 0 || rename(f->path, kept) == 0)
        return true;
    return fail(kept, NULL, errno, why);
}

enum statefile_saved statefile_commit(struct statefile *f, struct buf *why)
{
    if (!write_end(f, why))
        return STATEFILE_NOT_SAVED;
    int synced = file_sync(f->out_fd), closed = file_close(f->out_fd);
    f->out_fd = -1;
    bool ok = synced || closed ? fail(f->new_path, NULL, synced ? synced : closed, why)
                               : keep_previous(f, why);
    if (ok && rename(f->new_path, f->path) != 0)
        ok = fail(f->path, NULL, errno, why);
    if (!ok)
        return STATEFILE_NOT_SAVED;
    f->is_written = false;
    return flush_directory(f, why) ? STATEFILE_SAVED : STATEFILE_MAY_GO;
}
