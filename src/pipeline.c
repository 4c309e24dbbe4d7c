/* With one job everything happens in the caller's thread, event by event.
 *
 * With more, each worker takes the next input, or the next few small ones, reads it to its end with
 * a reader of its own, and puts what it finds, in batches, into the lane of that input. The
 * caller's thread is the engine's: it empties the lanes in input order, so that the order of
 * events, and with it every result, is that of one job. A worker for which no input is left
 * extracts blocks of records that another one has sliced and hands over piece by piece, whenever
 * somebody has time; so one long input keeps all of them busy. Nothing else is shared. A single
 * input that has to be inflated or waited for is read by a thread of its own.
 *
 * Asked to stop, a reader ends its input behind some record, and inputs that it has not begun at
 * once. The engine goes on up to the first input that was so cut, and takes nothing behind it. */
#include "ctlock/pipeline.h"

#include "ctlock/lanes.h"
#include "ctlock/linger.h"
#include "ctlock/reader.h"

#include <pthread.h>
#include <stdlib.h>

/* A batch goes on its way when it holds this much. */
#define BATCH_NBYTES ((size_t)128 << 10)

/* The input at hand, where events go straight to the engine. */
struct turn {
    const struct pipeline_options *opt;
    const struct input_file *file;
    uint32_t number;
    struct linger *linger;
    struct reading_stats *stats;
};

static bool take_event(void *self, struct event *e)
{
    struct turn *t = self;
    e->file = t->number;
    linger_touch(t->linger);
    return engine_add(t->opt->engine, e);
}

static bool take_problem(void *self, const struct reader_problem *p)
{
    struct turn *t = self;
    log_problem(t->opt->log, t->file->path, p);
    return true;
}

static bool take_piece(void *self)
{
    struct turn *t = self;
    t->opt->progress(t->opt->self, t->stats);
    return true;
}

static void hush(const struct pipeline_options *opt)
{
    if (opt->wake)
        bell_hush(opt->wake);
}

/* There is nothing to read. */
static bool rest(const struct pipeline_options *opt, struct linger *l, int *timeout_ms)
{
    if (linger_is_over(l, timeout_ms) && !engine_linger(opt->engine))
        return false;
    return !opt->pause || opt->pause(opt->self);
}

static bool take_pause(void *self, int *timeout_ms)
{
    struct turn *t = self;
    hush(t->opt);
    t->opt->progress(t->opt->self, t->stats);
    return rest(t->opt, t->linger, timeout_ms);
}

static struct linger linger_of(const struct pipeline_options *opt)
{
    return (struct linger){.on = opt->lingers, .nms = opt->linger_s * 1000};
}

static enum pipeline_result result_of(enum reader_result r)
{
    switch (r) {
    case READER_DONE:
        return PIPELINE_DONE;
    case READER_CUT:
        return PIPELINE_CUT;
    case READER_STOPPED:
        return PIPELINE_STOPPED;
    case READER_NOMEM:
        break;
    }
    return PIPELINE_NOMEM;
}

/* How far an input was taken, by the counts of its reading so far. */
static void note_taken(struct input_file *f, const struct reading_stats *s)
{
    f->taken = f->skip + s->records;
    /* What could not be read damages nothing: it is read again. */
    f->is_damaged = s->problems > s->failed;
}

/* The counts of one input: those after it without those before. */
static struct reading_stats of_one(const struct reading_stats *after,
                                   const struct reading_stats *before)
{
    return (struct reading_stats){.records = after->records - before->records,
                                  .problems = after->problems - before->problems,
                                  .failed = after->failed - before->failed};
}

static enum pipeline_result run_alone(const struct pipeline_options *opt,
                                      struct reading_stats *stats)
{
    struct reader *r = reader_new(opt->extract, false);
    if (!r)
        return PIPELINE_NOMEM;
    struct linger linger = linger_of(opt);
    enum reader_result got = READER_DONE;
    for (size_t i = 0; i < opt->inputs->n && got == READER_DONE; i++) {
        struct input_file *f = &opt->inputs->file[i];
        struct turn t = {
            .opt = opt, .file = f, .number = (uint32_t)i, .linger = &linger, .stats = stats};
        struct reader_sink sink = {.self = &t,
                                   .event = take_event,
                                   .problem = take_problem,
                                   .piece = take_piece,
                                   .pause = take_pause,
                                   .stop = opt->stop,
                                   .wake = opt->wake};
        struct reading_stats before = *stats;
        got = reader_run(r, f->path, f->skip, &sink, stats);
        struct reading_stats one = of_one(stats, &before);
        note_taken(f, &one);
        f->is_done = got == READER_DONE && one.failed == 0;
        log_end_of_input(opt->log, f->path);
        opt->progress(opt->self, stats);
    }
    reader_free(r);
    return result_of(got);
}

/* What all workers know. */
struct crew {
    const struct pipeline_options *opt;
    struct lanes *lanes;
};

struct worker {
    const struct crew *crew;
    struct reader *reader;
    pthread_t thread;
};

/* One worker at one input. */
struct haul {
    struct lanes *lanes;
    struct reader *reader;
    size_t input;
    struct batch *batch; /* being filled, or NULL */
    struct reading_stats stats;
    bool nomem;
};

static bool has_batch(struct haul *h)
{
    if (!h->batch)
        h->batch = lanes_take_batch(h->lanes);
    h->nomem = h->nomem || !h->batch;
    return !h->nomem;
}

/* The batch that was filled, ready to be given away; or NULL. */
static struct batch *filled(struct haul *h)
{
    struct batch *b = h->batch;
    if (b)
        b->so_far = h->stats;
    h->batch = NULL;
    return b;
}

static bool put(struct haul *h)
{
    struct batch *b = filled(h);
    return !b || lanes_put(h->lanes, h->input, b);
}

static bool add_event(struct haul *h, struct event *e)
{
    e->file = (uint32_t)h->input;
    h->nomem = !has_batch(h) || !batch_add_event(h->batch, e);
    return !h->nomem;
}

static bool add_problem(struct haul *h, const struct reader_problem *p)
{
    h->nomem = !has_batch(h) || !batch_add_problem(h->batch, p);
    return !h->nomem;
}

static bool haul_event(void *self, struct event *e)
{
    struct haul *h = self;
    return add_event(h, e) && (h->batch->events.n < BATCH_NBYTES || put(h));
}

static bool haul_problem(void *self, const struct reader_problem *p)
{
    struct haul *h = self;
    /* A file of nothing but junk must not gather problems without end. */
    return add_problem(h, p) && (h->batch->n_problems < 1024 || put(h));
}

static bool block_event(void *self, struct event *e)
{
    return add_event(self, e);
}

static bool block_problem(void *self, const struct reader_problem *p)
{
    return add_problem(self, p);
}

/* What was found before goes before the block, and with the counts of before. */
static struct block *haul_lend(void *self)
{
    struct haul *h = self;
    struct block *b = lanes_lend(h->lanes);
    if (b && !put(h)) {
        lanes_block_unused(h->lanes, b);
        return NULL; /* the next to be put ends the reading */
    }
    return b;
}

static bool haul_hand(void *self, struct block *b)
{
    struct haul *h = self;
    b->input = h->input;
    b->batch->so_far = h->stats;
    enum lanes_handed handed = b->n ? lanes_hand(h->lanes, b) : LANES_BUSY;
    if (handed == LANES_HANDED)
        return true;
    /* All its records count already, so its events must not go on their way in two batches. */
    struct reader_sink here = {.self = h, .event = block_event, .problem = block_problem};
    enum reader_result got = READER_STOPPED;
    if (handed == LANES_BUSY)
        got = reader_extract(h->reader, b, &here, &h->stats);
    h->nomem = h->nomem || got == READER_NOMEM;
    lanes_block_unused(h->lanes, b);
    return got == READER_DONE;
}

static bool haul_piece(void *self)
{
    struct haul *h = self;
    return lanes_note(h->lanes, h->input, &h->stats, false);
}

static bool haul_pause(void *self, int *timeout_ms)
{
    *timeout_ms = -1;
    struct haul *h = self;
    return put(h) && lanes_note(h->lanes, h->input, &h->stats, true);
}

/* False when the engine stopped. With more, others come next. */
static bool haul_one(struct reader *r, const struct crew *c, size_t input, bool more)
{
    struct haul h = {.lanes = c->lanes, .reader = r, .input = input};
    struct reader_sink sink = {.self = &h,
                               .event = haul_event,
                               .problem = haul_problem,
                               .piece = haul_piece,
                               .pause = haul_pause,
                               .lend = haul_lend,
                               .hand = haul_hand,
                               .stop = c->opt->stop,
                               .wake = lanes_stopped(c->lanes)};
    const struct input_file *f = &c->opt->inputs->file[input];
    enum reader_result got = reader_run(r, f->path, f->skip, &sink, &h.stats);
    return lanes_end(c->lanes, input,
                     &(struct lanes_end){.batch = filled(&h),
                                         .result = h.nomem ? READER_NOMEM : got,
                                         .stats = h.stats,
                                         .more = more});
}

/* The batch has its place in the lane; who waits for it must hear of it, whatever happened. */
static void extract_block(struct reader *r, const struct crew *c, struct block *b)
{
    struct haul h = {.lanes = c->lanes, .input = b->input, .batch = b->batch};
    struct reader_sink sink = {.self = &h, .event = block_event, .problem = block_problem};
    enum reader_result got = reader_extract(r, b, &sink, &h.stats);
    b->batch->found = h.stats;
    b->batch->nomem = h.nomem || got == READER_NOMEM;
    lanes_block_done(c->lanes, b);
}

static void *work(void *self)
{
    const struct worker *me = self;
    for (struct work w; lanes_take_work(me->crew->lanes, &w);) {
        bool going = w.block == NULL;
        if (w.block)
            extract_block(me->reader, me->crew, w.block);
        for (size_t i = 0; going && i < w.n; i++)
            going = haul_one(me->reader, me->crew, w.input + i, i + 1 < w.n);
    }
    return NULL;
}

/* Files of together so much are not worth more than one wake of another thread. */
static size_t run_of(const void *self, size_t input)
{
    enum { RUN_NBYTES = 256 * 1024 };
    const struct input_list *l = self;
    int64_t nbytes = 0;
    size_t n = 0;
    for (; n < LANES_RUN && input + n < l->n && l->file[input + n].regular; n++) {
        if (l->file[input + n].nbytes > RUN_NBYTES - nbytes)
            break;
        nbytes += l->file[input + n].nbytes;
    }
    return n ? n : 1;
}

static bool start(struct worker *w, const struct crew *c)
{
    w->crew = c;
    w->reader = reader_new(c->opt->extract, c->opt->inputs->n == 1);
    if (w->reader && pthread_create(&w->thread, NULL, work, w) == 0)
        return true;
    reader_free(w->reader);
    return false;
}

static bool engine_takes(const struct pipeline_options *opt, struct batch *b, const char *path)
{
    bool ok = true;
    struct event *e, *later;
    enum { SOON = 4 }; /* so many events ahead of its turn an event is expected */
    size_t soon = 0;
    for (unsigned i = 0; i < SOON && (later = batch_next_event(b, &soon)); i++)
        engine_expect(opt->engine, later);
    /* The engine has things to tell, too, so problems keep their places. */
    for (size_t at = 0, k = 0; ok;) {
        for (; k < b->n_problems && b->problem[k].at == at; k++)
            log_problem(opt->log, path, &b->problem[k].problem);
        if (!(e = batch_next_event(b, &at)))
            break;
        if ((later = batch_next_event(b, &soon)))
            engine_expect(opt->engine, later);
        ok = engine_add(opt->engine, e);
    }
    return ok;
}

static void add_stats(struct reading_stats *sum, const struct reading_stats *s)
{
    sum->files += s->files;
    sum->in_nbytes += s->in_nbytes;
    sum->text_nbytes += s->text_nbytes;
    sum->records += s->records;
    sum->malformed += s->malformed;
    sum->oversized += s->oversized;
    sum->problems += s->problems;
    sum->failed += s->failed;
}

static void show(const struct pipeline_options *opt, const struct reading_stats *done,
                 const struct reading_stats *so_far)
{
    struct reading_stats sum = *done;
    add_stats(&sum, so_far);
    opt->progress(opt->self, &sum);
}

/* The engine at one lane. */
struct stand {
    const struct pipeline_options *opt;
    struct lanes *lanes;
    size_t input;
    struct linger *linger;
    const struct reading_stats *done; /* of the inputs before */
    struct reading_stats by_others;   /* found in blocks of this one */
};

static bool stand_pause(void *self, int *timeout_ms)
{
    struct stand *s = self;
    bool pauses;
    struct reading_stats so_far = lanes_so_far(s->lanes, s->input, &pauses);
    add_stats(&so_far, &s->by_others);
    hush(s->opt);
    show(s->opt, s->done, &so_far);
    return !pauses || rest(s->opt, s->linger, timeout_ms);
}

/* Empty the lane of one input. */
static enum pipeline_result take_lane(const struct pipeline_options *opt, struct lanes *l,
                                      size_t input, struct linger *linger,
                                      struct reading_stats *stats)
{
    struct input_file *f = &opt->inputs->file[input];
    const char *path = f->path;
    struct stand stand = {.opt = opt, .lanes = l, .input = input, .linger = linger, .done = stats};
    struct wait_how w = {.wake = opt->wake, .self = &stand, .pause = stand_pause};
    enum reader_result result = READER_DONE;
    struct reading_stats of_input;
    bool ok = true, nomem = false;
    for (struct batch *b; ok && !nomem && (b = lanes_get(l, input, &w, &result, &of_input));) {
        if (b->events.n)
            linger_touch(linger);
        nomem = b->nomem;
        ok = engine_takes(opt, b, path);
        add_stats(&stand.by_others, &b->found);
        of_input = b->so_far;
        add_stats(&of_input, &stand.by_others);
        if (!ok || nomem)
            add_stats(stats, &of_input);
        note_taken(f, &of_input);
        show(opt, stats, &of_input);
        lanes_recycle(l, b);
    }
    log_end_of_input(opt->log, path);
    if (!ok || nomem)
        return nomem ? PIPELINE_NOMEM : PIPELINE_STOPPED;
    add_stats(&of_input, &stand.by_others);
    add_stats(stats, &of_input);
    note_taken(f, &of_input);
    f->is_done = result == READER_DONE && of_input.failed == 0;
    return result_of(result);
}

static enum pipeline_result run_crew(const struct pipeline_options *opt, unsigned workers,
                                     struct reading_stats *stats)
{
    struct lanes_inputs inputs = {.n = opt->inputs->n, .self = opt->inputs, .run = run_of};
    struct crew crew = {.opt = opt, .lanes = lanes_new(&inputs, workers)};
    struct worker *worker = calloc(workers, sizeof *worker);
    unsigned started = 0;
    struct linger linger = linger_of(opt);
    enum pipeline_result got = PIPELINE_DONE;
    if (crew.lanes && worker)
        while (started < workers && start(&worker[started], &crew))
            started++;
    /* Where memory, threads or descriptors are few, those that there are do all of it. */
    if (started == 0)
        got = run_alone(opt, stats);
    for (size_t i = 0; started && i < opt->inputs->n && got == PIPELINE_DONE; i++)
        got = take_lane(opt, crew.lanes, i, &linger, stats);
    if (crew.lanes)
        lanes_stop(crew.lanes);
    for (unsigned i = 0; i < started; i++) {
        (void)pthread_join(worker[i].thread, NULL);
        reader_free(worker[i].reader);
    }
    free(worker);
    lanes_free(crew.lanes);
    return got;
}

enum pipeline_result pipeline_run(const struct pipeline_options *opt, struct reading_stats *stats)
{
    /* Who slices an input keeps few others busy. */
    enum { HELPERS = 3 };
    size_t most = opt->inputs->n + HELPERS;
    size_t workers = opt->jobs < most ? opt->jobs : most;
    if (opt->jobs <= 1 || opt->inputs->n == 0)
        return run_alone(opt, stats);
    return run_crew(opt, (unsigned)workers, stats);
}
