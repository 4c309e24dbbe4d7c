#include "ctlock/input.h"

#include "ctlock/array.h"
#include "ctlock/inodes.h"
#include "ctlock/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct expansion {
    struct input_list *list;
    const struct input_hooks *hooks;
    size_t n_found;  /* wanted or not */
    size_t n_errors; /* where a directory could not be looked into */
    struct inodes taken;
    bool has_stdin;
    bool told_left_out;
};

static bool is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* Tell of what is no error. */
static void remark(const struct expansion *x, const char *path, const char *why)
{
    x->hooks->problem(x->hooks->self,
                      &(struct input_problem){.path = path, .why = why, .harmless = true});
}

/* status is NULL unless it is a regular file. */
static bool add(struct expansion *x, const char *path, const struct file_status *status)
{
    struct input_list *l = x->list;
    bool ok = true;
    if (l->n == l->cap) {
        struct input_file *more = array_grow(l->file, &l->cap, sizeof *more);
        if (!more)
            return false;
        l->file = more;
    }
    char *copy = strdup(path);
    if (!copy)
        return false;
    struct input_file *f = &l->file[l->n];
    *f = (struct input_file){.path = copy,
                             .nbytes = status ? status->st.st_size : 0,
                             .time_s = TIME_NONE,
                             .regular = status != NULL};
    if (!x->hooks->wants || x->hooks->wants(x->hooks->self, f, status, &ok))
        l->n++;
    else
        free(copy);
    return ok;
}

/* Alerts that were written here would be read as a trail. */
static const char *const is_output_why = "is the output, left out";

static bool is_output(const struct expansion *x, const struct stat *st)
{
    const struct stat *out = x->hooks->output;
    return out && S_ISREG(st->st_mode) && st->st_dev == out->st_dev && st->st_ino == out->st_ino;
}

/* Is the regular file none that was taken under another name? False in *ok when memory ran out. */
static bool is_first(struct expansion *x, const struct stat *st, bool *ok)
{
    enum inodes_result r = inodes_add(&x->taken, st);
    *ok = r != INODES_NOMEM;
    return r == INODES_NEW;
}

static bool take_found(void *self, const char *path, const struct file_status *status)
{
    struct expansion *x = self;
    bool ok;
    if (is_output(x, &status->st)) {
        remark(x, path, is_output_why);
        return true;
    }
    x->n_found++;
    return is_first(x, &status->st, &ok) ? add(x, path, status) : ok;
}

static void take_problem(void *self, const char *path, const char *why, int error)
{
    struct expansion *x = self;
    x->n_errors += error != 0;
    x->hooks->problem(x->hooks->self,
                      &(struct input_problem){.path = path, .why = why, .error = error});
}

/* A directory without trails is most often the wrong one. */
static bool take_directory(struct expansion *x, const char *path)
{
    size_t before = x->n_found, errors = x->n_errors;
    if (!walk_directory(path, take_found, take_problem, x))
        return false;
    if (x->n_found == before && x->n_errors == errors)
        remark(x, path, "no trail files in it");
    return true;
}

/* A regular file has one name here; what else two names lead to is not for this to know. */
static bool take_named(struct expansion *x, const char *path, const struct file_status *status)
{
    const struct stat *st = &status->st;
    bool ok = true, is_file = S_ISREG(st->st_mode);
    if (is_output(x, st)) {
        x->hooks->problem(x->hooks->self,
                          &(struct input_problem){.path = path, .why = is_output_why});
        return true;
    }
    if (!is_file || is_first(x, st, &ok))
        return add(x, path, is_file && !is_stdin(path) ? status : NULL);
    if (ok)
        remark(x, path, "the same file as another input, read once");
    return ok;
}

/* Two cannot read the one standard input. Where it is a file, it is that from where it stands. */
static bool take_stdin(struct expansion *x)
{
    struct file_status status = {0};
    if (x->has_stdin) {
        remark(x, "-", "named more than once, read once");
        return true;
    }
    x->has_stdin = true;
    if (fstat(STDIN_FILENO, &status.st) != 0 ||
        (lseek(STDIN_FILENO, 0, SEEK_CUR) != 0 && !is_output(x, &status.st)))
        return add(x, "-", NULL);
    return take_named(x, "-", &status);
}

static struct str last_part(const char *path)
{
    struct str s = str_of(path);
    size_t begin;
    while (s.n > 0 && s.p[s.n - 1] == '/')
        s.n--;
    for (begin = s.n; begin > 0 && s.p[begin - 1] != '/';)
        begin--;
    return str_skip(s, begin);
}

/* A pattern of the shell can name any number of them: the first stands for all. */
static void leave_out(struct expansion *x, const char *path)
{
    if (!x->told_left_out)
        remark(x, path, "a digest or Insight object: such are left out");
    x->told_left_out = true;
}

static bool take_operand(struct expansion *x, const char *operand)
{
    struct file_status status;
    if (is_stdin(operand))
        return take_stdin(x);
    if (walk_is_left_out(last_part(operand))) {
        leave_out(x, operand);
        return true;
    }
    int error = file_look(AT_FDCWD, operand, &status);
    if (error) {
        x->hooks->problem(x->hooks->self, &(struct input_problem){.path = operand, .error = error});
        return true;
    }
    if (S_ISDIR(status.st.st_mode))
        return take_directory(x, operand);
    return take_named(x, operand, &status);
}

/* 0 or an errno. */
static int find_time(struct input_file *f, const struct input_hooks *hooks)
{
    if (!f->regular || timestamp_parse_object_name(last_part(f->path), &f->time_s))
        return 0;
    return hooks->first_time(hooks->self, f->path, &f->time_s);
}

/* Give every regular file its time; ask the hook only where there is something to order. What
 * cannot be read has no place in it, and is left out. */
static bool find_times(struct input_list *l, const struct input_hooks *hooks)
{
    size_t n_regular = 0, kept = 0;
    bool ok = true;
    for (size_t i = 0; i < l->n; i++)
        n_regular += l->file[i].regular;
    for (size_t i = 0; i < l->n; i++) {
        struct input_file f = l->file[i];
        int error = ok && n_regular > 1 ? find_time(&f, hooks) : 0;
        ok = ok && error != ENOMEM;
        if (error && ok) {
            hooks->problem(hooks->self, &(struct input_problem){.path = f.path, .error = error});
            free(f.path);
        } else {
            l->file[kept++] = f;
        }
    }
    l->n = kept;
    return ok;
}

static int by_turn(const void *pa, const void *pb)
{
    const struct input_file *a = pa, *b = pb;
    bool a_timed = a->time_s != TIME_NONE, b_timed = b->time_s != TIME_NONE;
    if (a_timed != b_timed)
        return a_timed ? -1 : 1;
    if (a->time_s != b->time_s)
        return a->time_s < b->time_s ? -1 : 1;
    return strcmp(a->path, b->path);
}

/* Regular files first, in order of time; what cannot be looked into keeps its place behind them. */
static bool sort(struct input_list *l)
{
    struct input_file *sorted = malloc((l->n + 1) * sizeof *sorted);
    if (!sorted)
        return false;
    size_t n = 0;
    for (int regular = 1; regular >= 0; regular--) {
        for (size_t i = 0; i < l->n; i++)
            if (l->file[i].regular == (regular == 1))
                sorted[n++] = l->file[i];
        if (regular)
            qsort(sorted, n, sizeof *sorted, by_turn);
    }
    free(l->file);
    l->file = sorted;
    l->cap = l->n + 1;
    return true;
}

bool input_expand(struct input_list *list, char *const *operands, size_t n_operands,
                  const struct input_hooks *hooks)
{
    struct expansion x = {.list = list, .hooks = hooks};
    bool ok = n_operands > 0 || take_stdin(&x);
    for (size_t i = 0; ok && i < n_operands; i++)
        ok = take_operand(&x, operands[i]);
    inodes_free(&x.taken);
    return ok && find_times(list, hooks) && sort(list);
}

void input_free(struct input_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->file[i].path);
    free(list->file);
    *list = (struct input_list){0};
}
