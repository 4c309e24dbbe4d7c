#include "ctlock/walk.h"

#include "ctlock/array.h"
#include "ctlock/buf.h"
#include "ctlock/inodes.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* A directory that the walk is in, to know it again. */
struct ancestor {
    dev_t dev;
    ino_t ino;
};

/* A directory that is still to be read. depth ancestors lead to it. */
struct pending {
    char *path;
    size_t depth;
};

/* The names in a directory. */
struct names {
    char **name;
    size_t n, cap;
};

struct walk {
    walk_found *found;
    walk_problem *problem;
    void *self;
    struct ancestor *ancestor;
    size_t ancestors_cap;
    struct pending *pending; /* a stack, so that hostile depth costs memory and no call stack */
    size_t n_pending, pending_cap;
    struct inodes visited; /* directories: links can make ways to one without number */
};

static bool ends_without_case(struct str s, const char *tail)
{
    size_t n = strlen(tail);
    return s.n >= n && strncasecmp(s.p + s.n - n, tail, n) == 0;
}

bool walk_is_trail_name(struct str name)
{
    if (ends_without_case(name, ".gz"))
        name.n -= 3;
    return ends_without_case(name, ".json") || ends_without_case(name, ".ndjson") ||
           ends_without_case(name, ".jsonl");
}

static bool has_text(struct str s, struct str text)
{
    for (; s.n >= text.n; s = str_skip(s, 1))
        if (str_starts(s, text))
            return true;
    return false;
}

bool walk_is_left_out(struct str name)
{
    return str_eq(name, STR("CloudTrail-Digest")) || str_eq(name, STR("CloudTrail-Insight")) ||
           has_text(name, STR("_CloudTrail-Digest_")) ||
           has_text(name, STR("_CloudTrail-Insight_"));
}

static void problem(const struct walk *w, const char *path, const char *why, int error)
{
    w->problem(w->self, path, why, error);
}

static bool push(struct walk *w, const char *path, size_t depth)
{
    if (w->n_pending == w->pending_cap) {
        struct pending *more = array_grow(w->pending, &w->pending_cap, sizeof *more);
        if (!more)
            return false;
        w->pending = more;
    }
    char *copy = strdup(path);
    if (!copy)
        return false;
    struct pending *p = &w->pending[w->n_pending++];
    p->path = copy;
    p->depth = depth;
    return true;
}

/* Note the directory as number depth on the way. *again is set if the way led through it before. */
static bool enter(struct walk *w, const struct stat *st, size_t depth, bool *again)
{
    *again = false;
    for (size_t i = 0; i < depth; i++)
        if (w->ancestor[i].dev == st->st_dev && w->ancestor[i].ino == st->st_ino)
            *again = true;
    if (depth == w->ancestors_cap) {
        struct ancestor *more = array_grow(w->ancestor, &w->ancestors_cap, sizeof *more);
        if (!more)
            return false;
        w->ancestor = more;
    }
    w->ancestor[depth] = (struct ancestor){st->st_dev, st->st_ino};
    return true;
}

/* One name in the directory dir; path is where it is. */
static bool take_entry(struct walk *w, int dir, const char *path, const char *name, size_t depth)
{
    struct file_status status;
    bool is_trail = walk_is_trail_name(str_of(name));
    if (walk_is_left_out(str_of(name)))
        return true;
    int error = file_look(dir, name, &status);
    if (error) {
        /* A dangling link that is no trail file by its name is nobody's concern. What else cannot
         * be looked at may be a directory. */
        if (is_trail || error != ENOENT)
            problem(w, path, NULL, error);
        return true;
    }
    if (S_ISDIR(status.st.st_mode))
        return push(w, path, depth);
    if (!S_ISREG(status.st.st_mode))
        problem(w, path, "not a regular file, left out", 0);
    else if (is_trail)
        return w->found(w->self, path, &status);
    return true;
}

static bool add_name(struct names *all, const char *name)
{
    if (all->n == all->cap) {
        char **more = array_grow(all->name, &all->cap, sizeof *more);
        if (!more)
            return false;
        all->name = more;
    }
    all->name[all->n] = strdup(name);
    return all->name[all->n] && ++all->n;
}

static void free_names(struct names *all)
{
    while (all->n > 0)
        free(all->name[--all->n]);
    free(all->name);
}

static bool read_names(const struct walk *w, DIR *d, const char *path, struct names *all)
{
    bool ok = true;
    while (ok) {
        errno = 0;
        const struct dirent *e = readdir(d);
        if (!e) {
            if (errno)
                problem(w, path, NULL, errno);
            break;
        }
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            ok = add_name(all, e->d_name);
    }
    return ok;
}

static int by_name(const void *pa, const void *pb)
{
    const char *const *a = pa, *const *b = pb;
    return strcmp(*a, *b);
}

/* The first of several names of a file is the first by name, not by chance. */
static bool read_entries(struct walk *w, DIR *d, const char *path, size_t depth)
{
    struct names all = {0};
    struct buf full = {0};
    bool ok = read_names(w, d, path, &all);
    if (all.n > 1)
        qsort(all.name, all.n, sizeof *all.name, by_name);
    for (size_t i = 0; ok && i < all.n; i++) {
        buf_clear(&full);
        buf_puts(&full, path);
        if (full.n && full.p[full.n - 1] != '/')
            buf_putc(&full, '/');
        buf_puts(&full, all.name[i]);
        buf_putc(&full, '\0');
        ok = !full.failed && take_entry(w, dirfd(d), full.p, all.name[i], depth);
    }
    buf_free(&full);
    free_names(&all);
    return ok;
}

/* The first of several ways to a directory is the one by name, not by chance. */
static int last_first(const void *pa, const void *pb)
{
    const struct pending *a = pa, *b = pb;
    return strcmp(b->path, a->path);
}

static bool read_directory(struct walk *w, const char *path, size_t depth)
{
    size_t before = w->n_pending;
    DIR *d;
    do
        d = opendir(path);
    while (!d && errno == EINTR);
    struct stat st;
    if (!d || fstat(dirfd(d), &st) != 0) {
        problem(w, path, NULL, errno);
        if (d)
            (void)closedir(d);
        return true;
    }
    bool again, ok = enter(w, &st, depth, &again);
    if (ok && again) {
        problem(w, path, "a directory loop, not followed", 0);
    } else if (ok) {
        enum inodes_result r = inodes_add(&w->visited, &st);
        ok = r == INODES_KNOWN || (r == INODES_NEW && read_entries(w, d, path, depth + 1));
    }
    if (w->n_pending > before)
        qsort(w->pending + before, w->n_pending - before, sizeof *w->pending, last_first);
    (void)closedir(d);
    return ok;
}

bool walk_directory(const char *path, walk_found *found, walk_problem *on_problem, void *self)
{
    struct walk w = {.found = found, .problem = on_problem, .self = self};
    bool ok = push(&w, path, 0);
    while (ok && w.n_pending > 0) {
        struct pending p = w.pending[--w.n_pending];
        ok = read_directory(&w, p.path, p.depth);
        free(p.path);
    }
    while (w.n_pending > 0)
        free(w.pending[--w.n_pending].path);
    free(w.pending);
    free(w.ancestor);
    inodes_free(&w.visited);
    return ok;
}
