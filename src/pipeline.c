#include "ctlock/pipeline.h"

#include "ctlock/reader.h"

/* The input at hand, on its way through one reader. */
struct turn {
    const struct pipeline_options *opt;
    const struct input_file *file;
    uint32_t number;
    struct reading_stats *stats;
};

static bool take_event(void *self, struct event *e)
{
    struct turn *t = self;
    e->file = t->number;
    return engine_add(t->opt->engine, e);
}

static bool take_problem(void *self, const struct reader_problem *p)
{
    struct turn *t = self;
    log_problem(t->opt->log, t->file->path, p);
    return true;
}

static bool take_pause(void *self)
{
    struct turn *t = self;
    t->opt->progress(t->opt->self, t->stats);
    return true;
}

enum pipeline_result pipeline_run(const struct pipeline_options *opt, struct reading_stats *stats)
{
    struct reader *r = reader_new(opt->extract, SLICE_BEST);
    if (!r)
        return PIPELINE_NOMEM;
    enum reader_result got = READER_DONE;
    for (size_t i = 0; i < opt->inputs->n && got == READER_DONE; i++) {
        struct turn t = {
            .opt = opt, .file = &opt->inputs->file[i], .number = (uint32_t)i, .stats = stats};
        struct reader_sink sink = {
            .self = &t, .event = take_event, .problem = take_problem, .pause = take_pause};
        got = reader_run(r, t.file->path, &sink, stats);
        log_end_of_input(opt->log, t.file->path);
        opt->progress(opt->self, stats);
    }
    reader_free(r);
    return got == READER_DONE    ? PIPELINE_DONE
           : got == READER_NOMEM ? PIPELINE_NOMEM
                                 : PIPELINE_STOPPED;
}
