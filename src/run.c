#include "ctlock/run.h"

#include "ctlock/config.h"
#include "ctlock/cores.h"
#include "ctlock/engine.h"
#include "ctlock/file.h"
#include "ctlock/output.h"
#include "ctlock/pipeline.h"
#include "ctlock/progress.h"
#include "ctlock/sandbox.h"
#include "ctlock/seed.h"
#include "ctlock/state.h"
#include "ctlock/statsfile.h"
#include "ctlock/summary.h"
#include "ctlock/tableview.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct run {
    const struct options *o;
    struct log *log;
    struct signals *signals;
    struct config config;
    struct statsfile stats;
    struct output out;
    bool colour;
    struct buf line;
    struct extract_options extract;
    struct input_list inputs;
    struct engine_options engine_options;
    struct engine *engine;
    struct state *state; /* NULL without --state */
    struct reading_stats reading;
    struct progress progress;
    uint64_t input_problems; /* before anything was read */
    bool stats_name_input;
    const char *stopped_by; /* the signal that ended the reading, or NULL */
    int status;
};

/* The status can only get worse, in the order: input trouble, lost output. */
static void worsen(struct run *r, int status)
{
    if (r->status != RUN_OUTPUT_LOST)
        r->status = status;
}

static void out_of_memory(struct run *r)
{
    log_say(r->log, STR("out of memory: the run is not complete"));
    worsen(r, RUN_OUTPUT_LOST);
}

/* A reader that goes away ends the run quietly. */
static void output_lost(struct run *r)
{
    if (r->out.error != EPIPE)
        log_about(r->log, "standard output", NULL, r->out.error);
    worsen(r, RUN_OUTPUT_LOST);
}

static struct str name_of_input(const struct run *r, uint32_t file)
{
    if (r->state)
        return state_file_name(r->state, &r->inputs, file);
    return str_of(r->inputs.file[file].path);
}

static bool print_alert(void *self, struct alert *a)
{
    struct run *r = self;
    if (r->o->table || r->o->list_user_agents)
        return true;
    a->file = name_of_input(r, a->event->file);
    buf_clear(&r->line);
    if (r->o->json)
        alert_format_json(a, &r->line);
    else
        alert_format_text(a, r->colour, &r->line);
    return !r->line.failed && output_write(&r->out, buf_view(&r->line));
}

static bool wants_colour(enum options_colour when, int fd)
{
    const char *no_colour = getenv("NO_COLOR");
    if (when != COLOUR_AUTO)
        return when == COLOUR_ALWAYS;
    return !(no_colour && *no_colour) && isatty(fd);
}

/* Said once. What it cost stands in the summary. */
static void at_limit(void *self, enum engine_limit which)
{
    static const char *const messages[LIMIT_COUNT] = {
        [LIMIT_SESSIONS] = "--max-sessions is reached: rows go before they expire, the nearest to "
                           "its expiry first",
        [LIMIT_ROLES] =
            "an instance has more roles than any can have: it gets no more rows (LIMITS "
            "in ctlock(1))",
        [LIMIT_WINDOW] = "--max-window is reached: the oldest events leave the window early",
        [LIMIT_FACTS] = "--max-sessions is reached by what is known of addresses: what has ended "
                        "is forgotten early, and what is new may be left out",
        [LIMIT_MEMBERS] = "a network interface, NAT gateway or VPC has more than any can have: the "
                          "rest is left out (LIMITS in ctlock(1))"};
    struct run *r = self;
    log_say(r->log, str_of(messages[which]));
}

static bool make_engine(struct run *r, struct hash_key key)
{
    const struct options *o = r->o;
    r->engine_options = (struct engine_options){
        .key = key,
        .window_s = o->window_s,
        .max_sessions = o->max_sessions,
        .max_window = o->max_window,
        .at_limit = at_limit,
        .at_limit_self = r,
        .adopt = o->adopt,
        .list_agents = o->list_user_agents,
        .judge = {.ttl_s = o->ttl_s,
                  .grace_s = o->grace_s,
                  .settle_s = o->settle_s,
                  .private_ip_any = o->private_ip_any,
                  .presigned_alert = o->presigned_alert,
                  .trusted_accounts = o->trusted_accounts.item,
                  .n_trusted_accounts = o->trusted_accounts.n,
                  .exceptions = r->config.exceptions,
                  .useragents = r->config.useragents},
        .report = {.once = o->once,
                   .info = o->info,
                   .show_suppressed = o->show_suppressed,
                   .min_severity = o->min_severity,
                   .emit = print_alert,
                   .self = r},
    };
    r->engine = engine_new(&r->engine_options);
    return r->engine != NULL;
}

/* False, told, where the state cannot be locked, or not be gone on from. */
static bool open_state(struct run *r, struct hash_key key)
{
    struct buf why = {0};
    r->state = state_open(r->o->state, key, &why);
    if (!r->state)
        log_say(r->log, why.failed ? STR("out of memory") : buf_view(&why));
    buf_free(&why);
    return r->state != NULL;
}

static bool load_state(struct run *r)
{
    struct buf why = {0};
    bool ok = r->o->state_reset || state_load(r->state, r->engine, &why);
    if (!ok && r->out.error) {
        /* A smaller window had something judged. */
        output_lost(r);
    } else if (!ok) {
        log_say(r->log, why.failed ? STR("out of memory") : buf_view(&why));
        r->status = RUN_USAGE;
    }
    buf_free(&why);
    return ok;
}

/* The alerts that the state takes as written must outlive whatever the state outlives. */
static void save_state(struct run *r)
{
    static const char *const outcome[] = {[STATEFILE_NOT_SAVED] = "the state is not saved",
                                          [STATEFILE_MAY_GO] =
                                              "the state is saved, but may not outlive a crash"};
    struct buf why = {0};
    if (r->status == RUN_OUTPUT_LOST) {
        log_about(r->log, r->o->state, "not saved: this run is not complete", 0);
        return;
    }
    enum statefile_saved saved = state_save(r->state, r->engine, &r->inputs, &why);
    if (saved != STATEFILE_SAVED) {
        buf_puts(&why, ": ");
        buf_puts(&why, outcome[saved]);
        if (why.failed)
            log_about(r->log, r->o->state, outcome[saved], ENOMEM);
        else
            log_say(r->log, buf_view(&why));
        worsen(r, RUN_OUTPUT_LOST);
    }
    buf_free(&why);
}

struct input_self {
    struct run *run;
    struct reader *reader;
};

static int hook_first_time(void *self, const char *path, int64_t *time_s)
{
    return reader_first_time(((struct input_self *)self)->reader, path, time_s);
}

static void hook_problem(void *self, const struct input_problem *p)
{
    struct run *r = ((struct input_self *)self)->run;
    r->input_problems += !p->harmless;
    log_about(r->log, p->path, p->why, p->error);
}

/* The file of --stats-json is no input. What it holds may be a trail, which is evidence and must
 * not be written over; where it holds nothing it is left out. */
static bool hook_wants(void *self, struct input_file *f, const struct file_status *status, bool *ok)
{
    struct run *r = ((struct input_self *)self)->run;
    bool is_stats = status && statsfile_is(&r->stats, &status->st), wanted = !is_stats;
    int error = 0;
    r->stats_name_input |= is_stats && !r->stats.was_empty;
    if (wanted && status && r->state)
        wanted = state_wants(r->state, f, status, &error);
    *ok = error != ENOMEM;
    if (error && *ok)
        hook_problem(self, &(struct input_problem){.path = f->path, .error = error});
    return wanted;
}

static bool expand_inputs(struct run *r)
{
    struct input_self self = {.run = r, .reader = reader_new(&r->extract, false)};
    struct input_hooks hooks = {
        .self = &self, .first_time = hook_first_time, .problem = hook_problem, .wants = hook_wants};
    struct stat output;
    if (fstat(STDOUT_FILENO, &output) == 0)
        hooks.output = &output;
    bool ok = self.reader && input_expand(&r->inputs, r->o->operands, r->o->n_operands, &hooks);
    reader_free(self.reader);
    return ok;
}

static struct summary summary_of(struct run *r, const struct reading_stats *reading)
{
    return (struct summary){.reading = reading,
                            .judging = engine_stats(r->engine),
                            .exceptions = r->config.exceptions,
                            .window_s = r->o->window_s,
                            .adopt = r->o->adopt,
                            .has_state = r->state != NULL,
                            .files_known = r->state ? state_known(r->state) : 0,
                            .stopped_by = r->stopped_by,
                            .elapsed_ms = progress_elapsed_ms(&r->progress)};
}

static void tell_summary(struct run *r, const struct summary *s)
{
    buf_clear(&r->line);
    if (summary_text(s, &r->line))
        log_text(r->log, buf_view(&r->line));
    else
        out_of_memory(r);
}

/* Told even if --quiet. A run that is not complete has said so. */
static void tell_warning(struct run *r, const struct summary *s)
{
    if (r->status == RUN_OUTPUT_LOST)
        return;
    buf_clear(&r->line);
    if (summary_warning(s, &r->line))
        log_text(r->log, buf_view(&r->line));
    else
        out_of_memory(r);
}

/* A summary that was asked for is told even if --quiet. */
static void show_progress(void *self, const struct reading_stats *so_far)
{
    struct run *r = self;
    progress_show(&r->progress, so_far);
    if (signals_take_summary(r->signals)) {
        struct summary s = summary_of(r, so_far);
        tell_summary(r, &s);
        tell_warning(r, &s);
    }
}

/* On a terminal the alerts stand where the progress line is. */
static void make_room(void *self)
{
    log_clear_progress(self);
}

static bool flush_output(void *self)
{
    struct run *r = self;
    return output_flush(&r->out);
}

static void read_and_judge(struct run *r)
{
    struct pipeline_options p = {.extract = &r->extract,
                                 .inputs = &r->inputs,
                                 .engine = r->engine,
                                 .log = r->log,
                                 .jobs = r->o->jobs ? r->o->jobs : cores_available(),
                                 .lingers = r->o->linger_s >= 0,
                                 .linger_s = r->o->linger_s,
                                 .stop = &r->signals->stop,
                                 .wake = &r->signals->wake,
                                 .self = r,
                                 .progress = show_progress,
                                 .pause = flush_output};
    signals_catch_stops(r->signals);
    enum pipeline_result got = pipeline_run(&p, &r->reading);
    if (got == PIPELINE_CUT)
        r->stopped_by = signals_name(stop_asked(&r->signals->stop));
    bool read = got == PIPELINE_DONE || got == PIPELINE_CUT, waits = r->state && !r->o->flush;
    bool stopped = got == PIPELINE_STOPPED || (read && !waits && !engine_finish(r->engine));
    if (stopped && r->out.error)
        output_lost(r);
    else if (stopped || got == PIPELINE_NOMEM)
        out_of_memory(r);
    if (r->reading.problems + r->input_problems)
        worsen(r, RUN_INPUT_PROBLEM);
}

static void print_table(struct run *r)
{
    struct locktable *t = engine_table(r->engine);
    struct row **rows;
    size_t n;
    bool ok = table_sorted(t, &rows, &n);
    buf_clear(&r->line);
    if (!r->o->json)
        tableview_head(&r->line);
    for (size_t i = 0; i < n && ok && !r->out.error; i++) {
        tableview_row(t, engine_book(r->engine), rows[i], r->o->json, &r->line);
        ok = !r->line.failed;
        (void)output_write(&r->out, buf_view(&r->line));
        buf_clear(&r->line);
    }
    if (n == 0)
        (void)output_write(&r->out, buf_view(&r->line));
    free(rows);
    if (!ok)
        out_of_memory(r);
}

static void print_agents(struct run *r)
{
    buf_clear(&r->line);
    if (agents_format(engine_agents(r->engine), r->o->json, &r->line))
        (void)output_write(&r->out, buf_view(&r->line));
    else
        out_of_memory(r);
}

static void print_results(struct run *r)
{
    if (r->o->table && r->status != RUN_OUTPUT_LOST)
        print_table(r);
    if (r->o->list_user_agents && r->status != RUN_OUTPUT_LOST)
        print_agents(r);
    bool ok = output_flush(&r->out) && (!r->state || output_sync(&r->out));
    /* Some file systems report a full disk only here. The descriptor itself stays: the state, which
     * is written next, must not become the standard output. */
    int fd = ok ? dup(STDOUT_FILENO) : -1;
    if (ok)
        r->out.error = fd < 0 ? errno : file_close(fd);
    ok = ok && !r->out.error;
    if (!ok && r->status != RUN_OUTPUT_LOST)
        output_lost(r);
}

static void write_stats(struct run *r, const struct summary *s)
{
    buf_clear(&r->line);
    if (!summary_json(s, &r->line)) {
        out_of_memory(r);
        return;
    }
    if (!statsfile_write(&r->stats, buf_view(&r->line), r->log))
        worsen(r, RUN_OUTPUT_LOST);
}

static void sum_up(struct run *r)
{
    struct summary s = summary_of(r, &r->reading);
    if (r->o->stats_json)
        write_stats(r, &s);
    if (!r->o->quiet)
        tell_summary(r, &s);
    tell_warning(r, &s);
    if (r->log->lost)
        worsen(r, RUN_OUTPUT_LOST);
}

static bool wants_hint(const struct options *o)
{
    return o->n_operands == 0 && isatty(STDIN_FILENO);
}

/* All files but the inputs are open, and nothing hostile has been looked at. What cannot be given
 * up here is not missed: the run is as it was. */
static void enter_sandbox(const struct run *r)
{
    const char *directory = r->state ? state_directory(r->state) : NULL;
    if (!r->o->no_sandbox)
        (void)sandbox_enter(&(struct sandbox_options){.writable = r->state ? &directory : NULL,
                                                      .n_writable = r->state ? 1 : 0});
}

static int work(struct run *r)
{
    struct hash_key key = r->extract.key;
    bool ok = make_engine(r, key);
    if (ok && r->o->state && !open_state(r, key))
        return r->status = RUN_USAGE;
    if (ok && !statsfile_open(&r->stats, r->o, r->state, r->log))
        return r->status = RUN_USAGE;
    enter_sandbox(r);
    if (ok && r->state && !load_state(r))
        return r->status;
    if (!ok || !expand_inputs(r)) {
        out_of_memory(r);
        return r->status;
    }
    if (r->stats_name_input) {
        log_about(r->log, r->o->stats_json, "--stats-json names an input", 0);
        return r->status = RUN_USAGE;
    }
    read_and_judge(r);
    print_results(r);
    /* Whoever looks at the table or the user agents has not been told of the alerts. */
    if (r->state && !r->o->table && !r->o->list_user_agents)
        save_state(r);
    sum_up(r);
    /* Alerts matter more than a damaged file, which has been told. */
    if (r->status != RUN_OUTPUT_LOST && r->o->exit_code && engine_stats(r->engine)->reported > 0)
        r->status = r->o->exit_code;
    return r->status;
}

int run(const struct options *o, struct log *log, struct signals *signals)
{
    struct run r = {.o = o, .log = log, .signals = signals, .stats.fd = -1};
    r.extract = (struct extract_options){.key = seed_make(),
                                         .issuers = o->issuers.item,
                                         .n_issuers = o->issuers.n,
                                         .no_prefilter = o->no_prefilter};
    progress_init(&r.progress, log);
    output_init(&r.out, STDOUT_FILENO);
    output_share_terminal(&r.out, make_room, log);
    r.colour = wants_colour(o->colour, STDOUT_FILENO);
    if (!config_load(&r.config, o, log)) {
        r.status = RUN_USAGE;
    } else if (!o->check_config && wants_hint(o)) {
        log_say(log, STR("standard input is a terminal: name files or directories, or pipe a trail "
                         "in (see --help)"));
        r.status = RUN_USAGE;
    } else if (!o->check_config) {
        (void)work(&r);
    }
    engine_free(r.engine);
    state_free(r.state);
    input_free(&r.inputs);
    statsfile_close(&r.stats);
    config_free(&r.config);
    output_free(&r.out);
    buf_free(&r.line);
    progress_free(&r.progress);
    return r.status;
}
