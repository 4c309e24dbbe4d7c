#define HASH_NONFATAL_OOM 1 /* a file that was not added has no hh.tbl */
#include "ctlock/seen.h"

#include "ctlock/canonical.h"
#include "ctlock/checksum.h"
#include "ctlock/file.h"
#include "ctlock/timestamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

/* So much of a file's beginning tells it from another that has its name. */
enum { HEAD_NBYTES = 4096 };

struct seen_file {
    UT_hash_handle hh;
    int64_t size, mtime_s, mtime_ns;
    int64_t head_nbytes; /* at most HEAD_NBYTES, or size where it is damaged */
    uint64_t head_crc;
    uint64_t records;
    bool is_done;
    bool is_damaged; /* head is all of it */
    bool was_asked;  /* in this run */
    int64_t clock_s; /* the newest event when it was read, else its mtime */
    char path[];     /* the key, terminated */
};

struct seen {
    struct hash_key key;
    struct seen_file *first; /* uthash */
    uint64_t n_known;
    struct canonical names;
};

struct seen *seen_new(struct hash_key key)
{
    struct seen *s = calloc(1, sizeof *s);
    if (s)
        s->key = key;
    return s;
}

void seen_free(struct seen *s)
{
    if (!s)
        return;
    struct seen_file *f = s->first;
    HASH_CLEAR(hh, s->first);
    while (f) {
        struct seen_file *next = f->hh.next;
        free(f);
        f = next;
    }
    canonical_free(&s->names);
    free(s);
}

static unsigned hash_of(const struct seen *s, struct str path)
{
    return (unsigned)siphash13(s->key, path.p, path.n);
}

static struct seen_file *find(const struct seen *s, struct str path)
{
    struct seen_file *f = NULL;
    if (path.n > UINT32_MAX)
        return NULL;
    HASH_FIND_BYHASHVALUE(hh, s->first, path.p, (unsigned)path.n, hash_of(s, path), f);
    return f;
}

/* One that is not known yet. NULL when memory ran out. */
static struct seen_file *add(struct seen *s, struct str path)
{
    struct seen_file *f = path.n <= UINT32_MAX ? calloc(1, sizeof *f + path.n + 1) : NULL;
    if (!f)
        return NULL;
    memcpy(f->path, path.p, path.n);
    f->clock_s = TIME_NONE;
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, s->first, f->path, (unsigned)path.n, hash_of(s, path), f);
    if (f->hh.tbl)
        return f;
    free(f);
    return NULL;
}

/* CRC-64 of the first n bytes. 0, an errno, or -1 where the file is shorter. */
static int read_head(int fd, int64_t n, uint64_t *crc)
{
    char bytes[HEAD_NBYTES];
    int64_t got = 0;
    uint64_t sum = 0;
    while (got < n) {
        size_t want = n - got < HEAD_NBYTES ? (size_t)(n - got) : HEAD_NBYTES;
        ssize_t m = pread(fd, bytes, want, (off_t)got);
        if (m < 0 && errno == EINTR)
            continue;
        if (m <= 0)
            return m < 0 ? errno : -1;
        sum = checksum_crc64(sum, (struct str){bytes, (size_t)m});
        got += m;
    }
    *crc = sum;
    return 0;
}

static bool is_unchanged(const struct seen_file *f, const struct stat *st)
{
    return f->size == st->st_size && f->mtime_s == st->st_mtim.tv_sec &&
           f->mtime_ns == st->st_mtim.tv_nsec;
}

/* Does the file begin with what it began with, and is it no shorter? 0 or an errno. */
static int is_same_or_grown(const struct seen_file *f, const struct stat *st, int fd, bool *is)
{
    uint64_t crc = 0;
    *is = st->st_size >= f->size;
    int error = *is ? read_head(fd, f->head_nbytes, &crc) : 0;
    *is = *is && !error && crc == f->head_crc;
    return error > 0 ? error : 0;
}

/* Note what the file is now, before it is read: what is appended meanwhile shows next time. A file
 * that is cut meanwhile begins with nothing. 0 or an errno. */
static int note(struct seen_file *f, const struct stat *st, int fd)
{
    bool is_whole = f->is_damaged || st->st_size < HEAD_NBYTES;
    int64_t head_nbytes = is_whole ? (int64_t)st->st_size : HEAD_NBYTES;
    int error = read_head(fd, head_nbytes, &f->head_crc);
    if (error > 0)
        return error;
    if (error) {
        f->head_crc = 0;
        head_nbytes = 0;
    }
    f->head_nbytes = head_nbytes;
    f->size = st->st_size;
    f->mtime_s = st->st_mtim.tv_sec;
    f->mtime_ns = st->st_mtim.tv_nsec;
    return 0;
}

static enum seen_result failed(int reason, int *error)
{
    *error = reason;
    return reason == ENOMEM ? SEEN_NOMEM : SEEN_FAILED;
}

/* Is nothing of it to be read? It may be NULL. */
static bool is_known(const struct seen_file *f, const struct stat *st)
{
    return f && (f->was_asked || (f->is_done && is_unchanged(f, st)));
}

static enum seen_result know(struct seen *s, struct seen_file *f)
{
    f->was_asked = true;
    s->n_known++;
    return SEEN_KNOWN;
}

/* The file may have changed since its name was found. */
static enum seen_result look(struct seen *s, struct seen_file *f, int fd, struct seen_found *l)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return failed(errno, &l->error);
    if (is_known(f, &st))
        return know(s, f);
    bool is_same;
    int error = is_same_or_grown(f, &st, fd, &is_same);
    f->is_damaged = f->is_damaged && is_same;
    if (!error)
        error = note(f, &st, fd);
    if (error)
        return failed(error, &l->error);
    if (!is_same)
        f->records = 0;
    f->is_done = false;
    f->was_asked = true;
    l->skip = f->records;
    l->file = f;
    return SEEN_READ;
}

enum seen_result seen_look(struct seen *s, const char *path, const struct file_status *status,
                           struct seen_found *found)
{
    struct str name;
    *found = (struct seen_found){0};
    int error = canonical_find(&s->names, path, status->is_link, &name);
    if (error)
        return failed(error, &found->error);
    struct seen_file *f = find(s, name);
    if (is_known(f, &status->st))
        return know(s, f);
    int fd = file_open(path, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0)
        return failed(errno, &found->error);
    if (!f)
        f = add(s, name);
    enum seen_result got = f ? look(s, f, fd, found) : SEEN_NOMEM;
    (void)close(fd);
    return got;
}

/* Where all of it cannot be read now, it is another file next time. */
static void note_damage(struct seen_file *f)
{
    int fd = file_open(f->path, O_RDONLY | O_NONBLOCK, 0);
    f->is_damaged = true;
    f->head_nbytes = f->size;
    if (fd < 0 || read_head(fd, f->size, &f->head_crc) != 0)
        f->head_crc = ~f->head_crc;
    if (fd >= 0)
        (void)close(fd);
}

/* Some file systems have times beyond the years of events. */
static int64_t event_time_of(int64_t mtime_s)
{
    static const int64_t far_s = INT64_C(300) * 1000 * 1000 * 1000;
    return mtime_s < -far_s ? -far_s : mtime_s > far_s ? far_s : mtime_s;
}

void seen_took(struct seen_file *f, const struct seen_taken *t)
{
    if (t->records > f->records)
        f->records = t->records;
    f->is_done = t->is_done;
    if (t->is_damaged && !f->is_damaged)
        note_damage(f);
    f->clock_s = t->clock_s != TIME_NONE ? t->clock_s : event_time_of(f->mtime_s);
}

uint64_t seen_known(const struct seen *s)
{
    return s->n_known;
}

static int by_path(const void *pa, const void *pb)
{
    const struct seen_file *a = *(const struct seen_file *const *)pa;
    const struct seen_file *b = *(const struct seen_file *const *)pb;
    return strcmp(a->path, b->path);
}

static bool is_forgotten(const struct seen_file *f, int64_t clock_s)
{
    struct stat st;
    return !f->was_asked && clock_s != TIME_NONE && f->clock_s < clock_s - SEEN_KEEP_S &&
           stat(f->path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

static void write_file(const struct seen_file *f, struct buf *out)
{
    buf_clear(out);
    stateline_begin(out, SEEN_TYPE);
    stateline_text(out, "path", str_of(f->path));
    stateline_number(out, "size", f->size);
    stateline_number(out, "mtime", f->mtime_s);
    stateline_number(out, "mtime_ns", f->mtime_ns);
    stateline_number(out, "head", f->head_nbytes);
    stateline_hash(out, "head_crc64", f->head_crc);
    stateline_number(out, "records", (int64_t)f->records);
    stateline_flag(out, "done", f->is_done);
    stateline_flag(out, "damaged", f->is_damaged);
    stateline_time(out, "newest", f->clock_s);
    stateline_end(out);
}

bool seen_write(const struct seen *s, int64_t clock_s, bool (*put)(void *self, struct str line),
                void *self)
{
    size_t n = 0;
    struct buf line = {0};
    const struct seen_file **all =
        malloc((HASH_COUNT(s->first) + 1) * sizeof(const struct seen_file *));
    bool ok = all != NULL;
    for (const struct seen_file *f = s->first; ok && f; f = f->hh.next)
        if (!is_forgotten(f, clock_s))
            all[n++] = f;
    if (ok)
        qsort(all, n, sizeof(const struct seen_file *), by_path);
    for (size_t i = 0; ok && i < n; i++) {
        write_file(all[i], &line);
        ok = !line.failed && put(self, buf_view(&line));
    }
    buf_free(&line);
    free(all);
    return ok;
}

bool seen_read(struct seen *s, struct stateline *l)
{
    struct str path = stateline_read_text(l, "path");
    struct seen_file got = {0};
    int64_t records = -1;
    bool has_all = stateline_read_number(l, "size", &got.size) &&
                   stateline_read_number(l, "mtime", &got.mtime_s) &&
                   stateline_read_number(l, "mtime_ns", &got.mtime_ns) &&
                   stateline_read_number(l, "head", &got.head_nbytes) &&
                   stateline_read_hash(l, "head_crc64", &got.head_crc) &&
                   stateline_read_number(l, "records", &records);
    got.is_done = stateline_read_flag(l, "done");
    got.is_damaged = stateline_read_flag(l, "damaged");
    got.clock_s = stateline_read_time(l, "newest");
    if (!has_all || path.n == 0 || memchr(path.p, '\0', path.n) || records < 0 ||
        got.head_nbytes < 0 || got.head_nbytes > (got.is_damaged ? got.size : HEAD_NBYTES))
        stateline_reject(l, "not a file");
    if (l->why)
        return true;
    struct seen_file *f = find(s, path);
    if (!f)
        f = add(s, path);
    if (!f)
        return false;
    f->size = got.size;
    f->mtime_s = got.mtime_s;
    f->mtime_ns = got.mtime_ns;
    f->head_nbytes = got.head_nbytes;
    f->head_crc = got.head_crc;
    f->records = (uint64_t)records;
    f->is_done = got.is_done;
    f->is_damaged = got.is_damaged;
    f->clock_s = got.clock_s;
    return true;
}
