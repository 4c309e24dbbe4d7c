#include "ctlock/state.h"

#include "ctlock/names.h"
#include "ctlock/seen.h"
#include "ctlock/statebook.h"
#include "ctlock/stateevent.h"
#include "ctlock/statefile.h"
#include "ctlock/staterow.h"
#include "ctlock/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Lines are handed to the file in pieces of this. */
enum { GATHER_NBYTES = 256 * 1024 };

#define CLOCK_TYPE "clock"

struct state {
    const char *path;
    struct statefile *file;
    struct statefile_own own; /* when it was opened */
    struct seen *seen;
    struct names *names; /* of inputs of earlier runs whose events wait */
};

static bool note_own(struct state *s, struct buf *why)
{
    int error = statefile_own(s->file, &s->own);
    if (error) {
        text_plain(why, str_of(s->path));
        buf_puts(why, ": ");
        buf_puts(why, strerror(error));
    }
    return error == 0;
}

struct state *state_open(const char *path, struct hash_key key, struct buf *why)
{
    struct state *s = calloc(1, sizeof *s);
    if (s) {
        s->path = path;
        s->seen = seen_new(key);
        s->names = names_new(key);
    }
    if (!s || !s->seen || !s->names)
        buf_puts(why, "out of memory");
    else if ((s->file = statefile_open(path, why)) != NULL && note_own(s, why))
        return s;
    state_free(s);
    return NULL;
}

void state_free(struct state *s)
{
    if (!s)
        return;
    statefile_free(s->file);
    seen_free(s->seen);
    names_free(s->names);
    free(s);
}

const char *state_directory(const struct state *s)
{
    return statefile_directory(s->file);
}

struct loading {
    struct state *state;
    struct engine *engine;
    struct stateline line;
    struct buf event;
    bool has_clock;
};

/* The events are put into the window by it. */
static void load_clock(struct loading *g)
{
    int64_t judged_s = stateline_read_time(&g->line, "judged");
    struct order_clock window = {.newest_s = stateline_read_time(&g->line, "newest"),
                                 .early_s = stateline_read_time(&g->line, "early")};
    if (g->has_clock) {
        stateline_reject(&g->line, "a clock twice");
        return;
    }
    engine_restore_clock(g->engine, judged_s, window);
    statebook_begin(engine_book(g->engine), judged_s);
    g->has_clock = true;
}

static bool load_event(struct loading *g)
{
    enum order_place where;
    struct str file;
    uint32_t number = 0;
    if (!stateevent_read(&g->line, &g->event, &where, &file))
        return false;
    if (g->line.why)
        return true;
    if (file.p && !names_number(g->state->names, file, &number))
        return false;
    struct event *e = (struct event *)(void *)g->event.p;
    e->file = EVENT_FILE_OF_STATE | number;
    return engine_restore_event(g->engine, e, where);
}

/* False when memory ran out. */
static bool load_line(struct loading *g, struct str text)
{
    bool known = true, ok = true;
    struct stateline *l = &g->line;
    struct str type = stateline_start(l, text);
    if (l->text.failed)
        return false;
    if (str_eq(type, STR(CLOCK_TYPE)))
        load_clock(g);
    else if (!g->has_clock)
        stateline_reject(l, "a line before the clock");
    else if (str_eq(type, STR(STATEROW_TYPE)))
        ok = staterow_read(l, engine_table(g->engine));
    else if (str_eq(type, STR(STATEEVENT_TYPE)))
        ok = load_event(g);
    else if (str_eq(type, STR(SEEN_TYPE)))
        ok = seen_read(g->state->seen, l);
    else
        ok = statebook_read(l, type, engine_book(g->engine), &known);
    if (!known)
        stateline_reject(l, "a line of no known type");
    return ok;
}

static bool out_of_memory(const char *path, struct buf *why)
{
    text_plain(why, str_of(path));
    buf_puts(why, ": out of memory");
    return false;
}

static bool load_all(struct loading *g, struct buf *why)
{
    struct str text;
    enum statefile_result got;
    while ((got = statefile_read(g->state->file, &text, why)) == STATEFILE_LINE) {
        if (!load_line(g, text))
            return out_of_memory(g->state->path, why);
        if (!stateline_finish(&g->line)) {
            statefile_damaged(g->state->file, g->line.at, g->line.why, why);
            return false;
        }
    }
    if (got == STATEFILE_WRONG)
        return false;
    if (!statebook_end(engine_book(g->engine))) {
        statefile_damaged(g->state->file, 0, "its lines do not fit one another", why);
        return false;
    }
    return engine_restored(g->engine) || out_of_memory(g->state->path, why);
}

bool state_load(struct state *s, struct engine *g, struct buf *why)
{
    struct loading l = {.state = s, .engine = g};
    bool ok = load_all(&l, why);
    stateline_free(&l.line);
    buf_free(&l.event);
    return ok;
}

int state_own(const struct state *s, struct statefile_own *own)
{
    return statefile_own(s->file, own);
}

bool state_wants(struct state *s, struct input_file *f, const struct file_status *status,
                 int *error)
{
    struct seen_found found;
    *error = 0;
    if (statefile_is_own(&s->own, &status->st))
        return false;
    enum seen_result got = seen_look(s->seen, f->path, status, &found);
    *error = got == SEEN_NOMEM ? ENOMEM : found.error;
    f->skip = found.skip;
    f->seen = found.file;
    return got == SEEN_READ;
}

uint64_t state_known(const struct state *s)
{
    return seen_known(s->seen);
}

struct str state_file_name(const struct state *s, const struct input_list *list, uint32_t file)
{
    if (file & EVENT_FILE_OF_STATE)
        return names_text(s->names, file & ~EVENT_FILE_OF_STATE);
    return str_of(list->file[file].path);
}

struct saving {
    struct state *state;
    const struct input_list *inputs;
    struct buf text;
    uint64_t n_lines; /* in text */
    struct buf *why;
};

static bool hand_over(struct saving *g)
{
    bool ok = statefile_write(g->state->file, buf_view(&g->text), g->n_lines, g->why);
    buf_clear(&g->text);
    g->n_lines = 0;
    return ok;
}

/* A line was added to the text. */
static bool added(struct saving *g)
{
    g->n_lines++;
    return !g->text.failed && (g->text.n < GATHER_NBYTES || hand_over(g));
}

static bool add_line(void *self, struct str line)
{
    struct saving *g = self;
    buf_str(&g->text, line);
    return added(g);
}

static bool add_event(void *self, const struct event *e, enum order_place where)
{
    struct saving *g = self;
    struct str file = {0};
    /* Of a spent one, whose file may be no more known, nobody will ask. */
    if (where != ORDER_SPENT)
        file = state_file_name(g->state, g->inputs, e->file);
    stateevent_write(e, where, file, &g->text);
    return added(g);
}

static bool add_rows(struct saving *g, const struct locktable *t)
{
    struct row **row;
    size_t n;
    bool ok = table_sorted(t, &row, &n);
    for (size_t i = 0; ok && i < n; i++) {
        staterow_write(row[i], &g->text);
        ok = added(g);
    }
    free(row);
    return ok;
}

static bool add_clock(struct saving *g, const struct engine *e)
{
    struct order_clock window = order_clock(engine_order(e));
    stateline_begin(&g->text, CLOCK_TYPE);
    stateline_time(&g->text, "judged", engine_clock_s(e));
    stateline_time(&g->text, "newest", window.newest_s);
    stateline_time(&g->text, "early", window.early_s);
    stateline_end(&g->text);
    return added(g);
}

static bool add_all(struct saving *g, struct engine *e)
{
    return add_clock(g, e) &&
           seen_write(g->state->seen, order_clock(engine_order(e)).newest_s, add_line, g) &&
           add_rows(g, engine_table(e)) && statebook_write(engine_book(e), add_line, g) &&
           order_each(engine_order(e), add_event, g) && hand_over(g);
}

static void note_inputs(const struct input_list *list, int64_t newest_s)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct input_file *f = &list->file[i];
        if (f->seen)
            seen_took(f->seen, &(struct seen_taken){.records = f->taken,
                                                    .is_done = f->is_done,
                                                    .is_damaged = f->is_damaged,
                                                    .clock_s = newest_s});
    }
}

enum statefile_saved state_save(struct state *s, struct engine *g, const struct input_list *list,
                                struct buf *why)
{
    struct saving w = {.state = s, .inputs = list, .why = why};
    note_inputs(list, order_clock(engine_order(g)).newest_s);
    bool ok = statefile_begin(s->file, why) && add_all(&w, g);
    if (!ok && why->n == 0)
        (void)out_of_memory(s->path, why);
    buf_free(&w.text);
    return ok ? statefile_commit(s->file, why) : STATEFILE_NOT_SAVED;
}
