#include "ctlock/log.h"

#include "ctlock/output.h"
#include "ctlock/text.h"

#include <errno.h>
#include <string.h>

static void clear_progress(struct log *l)
{
    if (l->progress_shown)
        buf_puts(&l->line, "\r\033[K");
    l->progress_shown = false;
}

static void begin(struct log *l)
{
    buf_clear(&l->line);
    clear_progress(l);
}

/* Whoever closed the other end, or hung up, does not want it. */
static bool is_wanted(const struct log *l, int error)
{
    return error != EPIPE && error != EBADF && !(error == EIO && l->is_terminal);
}

/* A message that cannot be written has nowhere else to go but into the exit status. */
static void finish(struct log *l)
{
    struct str line = l->line.failed ? STR("ctlock: out of memory\n") : buf_view(&l->line);
    int error = output_all(l->fd, line);
    l->lost = l->lost || l->line.failed || (error && is_wanted(l, error));
}

void log_say(struct log *l, struct str text)
{
    begin(l);
    buf_puts(&l->line, "ctlock: ");
    buf_str(&l->line, text);
    buf_putc(&l->line, '\n');
    finish(l);
}

static void name_of_input(struct log *l, const char *name)
{
    buf_puts(&l->line, "ctlock: ");
    if (strcmp(name, "-") == 0)
        buf_puts(&l->line, "standard input");
    else
        text_plain(&l->line, str_of(name));
    buf_puts(&l->line, ": ");
}

static void reason(struct log *l, const char *text, int error)
{
    if (text)
        buf_puts(&l->line, text);
    if (text && error)
        buf_puts(&l->line, ": ");
    if (error)
        buf_puts(&l->line, strerror(error));
    buf_putc(&l->line, '\n');
}

void log_about(struct log *l, const char *name, const char *text, int error)
{
    begin(l);
    name_of_input(l, name);
    reason(l, text, error);
    finish(l);
}

void log_problem(struct log *l, const char *name, const struct reader_problem *p)
{
    if (l->problems[p->is_of_file]++ >= LOG_PROBLEMS_A_FILE)
        return;
    begin(l);
    name_of_input(l, name);
    if (p->has_offset)
        buf_printf(&l->line, "byte %llu: ", (unsigned long long)p->offset);
    reason(l, p->why, p->error);
    finish(l);
}

void log_end_of_input(struct log *l, const char *name)
{
    uint64_t n = 0;
    for (int of_file = 0; of_file < 2; of_file++) {
        if (l->problems[of_file] > LOG_PROBLEMS_A_FILE)
            n += l->problems[of_file] - LOG_PROBLEMS_A_FILE;
        l->problems[of_file] = 0;
    }
    if (n == 0)
        return;
    begin(l);
    name_of_input(l, name);
    buf_printf(&l->line, "%llu more problem%s not shown\n", (unsigned long long)n, buf_plural(n));
    finish(l);
}

void log_text(struct log *l, struct str text)
{
    begin(l);
    buf_str(&l->line, text);
    finish(l);
}

void log_progress(struct log *l, struct str text)
{
    if (!l->progress)
        return;
    begin(l);
    buf_str(&l->line, text);
    finish(l);
    l->progress_shown = true;
}

void log_clear_progress(struct log *l)
{
    if (!l->progress_shown)
        return;
    begin(l);
    finish(l);
}

void log_free(struct log *l)
{
    buf_free(&l->line);
}
