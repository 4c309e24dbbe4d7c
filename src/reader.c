#include "ctlock/reader.h"

#include "ctlock/block.h"
#include "ctlock/file.h"
#include "ctlock/readahead.h"
#include "ctlock/slice.h"
#include "ctlock/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is inflated at a time is sliced and extracted while it is in the second-level cache. */
enum { CHUNK_NBYTES = 256 * 1024 };

/* Less text is extracted sooner than handed over. */
enum { LEAST_HANDED_NBYTES = 16 * 1024 };

struct reader {
    const struct extract_options *opt;
    bool overlap;
    struct stream *stream;
    struct readahead *ahead; /* instead of stream, while an input is read with overlap */
    struct slicer *slicer;
    struct extractor extractor;
};

struct reader *reader_new(const struct extract_options *opt, bool overlap)
{
    struct reader *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->opt = opt;
    r->overlap = overlap;
    r->stream = stream_new(-1);
    r->slicer = slice_new(opt->simd);
    if (!r->stream || !r->slicer) {
        reader_free(r);
        return NULL;
    }
    return r;
}

void reader_free(struct reader *r)
{
    if (!r)
        return;
    stream_free(r->stream);
    slice_free(r->slicer);
    extract_free(&r->extractor);
    free(r);
}

/* One reading: a reader at work on an input. */
struct reading {
    struct reader *reader;
    const struct reader_sink *sink;
    struct reading_stats *stats;
    uint64_t skip;       /* so many records are still to be stepped over */
    bool was_first;      /* the first record is behind, in this reading or an earlier one */
    bool waits;          /* the input is one that may have nothing yet */
    bool named_gzip;     /* the name of the input says that it is gzip */
    bool failed;         /* the input could not be read to its end */
    bool refused;        /* by the sink, when it was told of a pause */
    bool gap;            /* text is missing here, which has been told: what it broke need not be */
    struct block *block; /* what is found goes there, unless NULL */
    enum reader_result result;
};

static bool stop(struct reading *g, enum reader_result why)
{
    g->result = why;
    return false;
}

static bool tell(struct reading *g, const struct reader_problem *p)
{
    /* An earlier run has told of it, but not of what cannot be read now. */
    if (g->skip && !p->error)
        return true;
    g->stats->problems++;
    if (g->block)
        return block_add(g->block, (struct block_item){.why = p->why, .offset = p->offset}) ||
               stop(g, READER_NOMEM);
    return g->sink->problem(g->sink->self, p) || stop(g, READER_STOPPED);
}

static bool take_record(struct reading *g, struct str rec, uint64_t offset)
{
    struct extractor *x = &g->reader->extractor;
    const struct event *made;
    const char *why;
    switch (extract_record(x, g->reader->opt, rec, &made, &why)) {
    case EXTRACT_IRRELEVANT:
        return true;
    case EXTRACT_EVENT: {
        struct event *e = x->mem;
        e->offset = offset;
        return g->sink->event(g->sink->self, e) || stop(g, READER_STOPPED);
    }
    case EXTRACT_MALFORMED:
        g->stats->malformed++;
        return tell(g, &(struct reader_problem){.why = why, .has_offset = true, .offset = offset});
    case EXTRACT_NOMEM:
        break;
    }
    return stop(g, READER_NOMEM);
}

/* The first record of an input tells whether it is a trail. *is_record is set if it may be. */
static bool look_at_first(struct reading *g, struct str rec, uint64_t offset, bool *is_record)
{
    const char *why;
    g->was_first = true;
    if (!extract_first(&g->reader->extractor, rec, &why))
        return stop(g, READER_NOMEM);
    *is_record = why == NULL;
    if (*is_record)
        return true;
    g->stats->malformed++;
    return tell(g, &(struct reader_problem){.why = why, .has_offset = true, .offset = offset});
}

/* A record was sliced. */
static bool pass_record(struct reading *g, struct str rec, uint64_t offset)
{
    if (g->skip) {
        g->skip--;
        return true;
    }
    g->stats->records++;
    bool is_record = true;
    if (!g->was_first && !look_at_first(g, rec, offset, &is_record))
        return false;
    if (!is_record)
        return true;
    if (g->block)
        return block_add(g->block, (struct block_item){.rec = rec, .offset = offset}) ||
               stop(g, READER_NOMEM);
    return take_record(g, rec, offset);
}

/* Take out all whole records. */
static bool drain(struct reading *g)
{
    for (;;) {
        struct str rec;
        uint64_t offset;
        struct slice_problem p;
        switch (slice_next(g->reader->slicer, &rec, &offset, &p)) {
        case SLICE_RECORD:
            if (!pass_record(g, rec, offset))
                return false;
            break;
        case SLICE_PROBLEM:
            if (g->gap)
                break;
            *(p.oversized ? &g->stats->oversized : &g->stats->malformed) += !g->skip;
            if (!tell(g, &(struct reader_problem){
                             .why = p.why, .has_offset = true, .offset = p.offset}))
                return false;
            break;
        case SLICE_MORE:
            return true;
        }
    }
}

/* The records go to another worker, with the memory that they stand in. */
static bool hand_over(struct reading *g, struct block *b)
{
    struct slicer *s = g->reader->slicer;
    g->block = b;
    bool ok = drain(g);
    g->block = NULL;
    if (ok && b->n > 0 && !block_reserve(b, slice_kept_nbytes(s) + CHUNK_NBYTES))
        ok = stop(g, READER_NOMEM);
    if (!ok)
        b->n = 0; /* given back as it was lent */
    else if (b->n > 0)
        slice_swap(s, &b->text, &b->text_cap);
    return (g->sink->hand(g->sink->self, b) || stop(g, READER_STOPPED)) && ok;
}

static bool pass_on(struct reading *g, size_t text_nbytes)
{
    struct block *b = NULL;
    if (g->sink->lend && text_nbytes >= LEAST_HANDED_NBYTES)
        b = g->sink->lend(g->sink->self);
    return b ? hand_over(g, b) : drain(g);
}

static bool pause_of(void *self, int *timeout_ms)
{
    struct reading *g = self;
    bool going = g->sink->pause(g->sink->self, timeout_ms);
    g->refused = !going;
    return going;
}

/* With overlap it is the other thread that waits for the input, and this one for that. */
static enum stream_result read_text(struct reading *g, char *out, size_t cap, size_t *n,
                                    struct stream_problem *p)
{
    struct reader *r = g->reader;
    int ignored = -1;
    if (!r->ahead)
        return stream_read(r->stream, out, cap, n, p);
    if (g->waits && readahead_pauses(r->ahead) && !pause_of(g, &ignored))
        return STREAM_STOPPED;
    return readahead_read(r->ahead, out, cap, n, p);
}

static uint64_t in_nbytes_of(const struct reader *r)
{
    return r->ahead ? readahead_in_nbytes(r->ahead) : stream_in_nbytes(r->stream);
}

/* Gzip has no empty files: this is what a failed download leaves, and not yet the object. */
static bool look_for_gzip(struct reading *g)
{
    if (!g->named_gzip || g->waits || g->failed || in_nbytes_of(g->reader) > 0)
        return true;
    g->stats->failed++;
    return tell(g, &(struct reader_problem){.why = "empty, not gzip: a download that failed?",
                                            .is_of_file = true});
}

/* One piece of text. *more is false at the end of the input. */
static bool step(struct reading *g, bool *more)
{
    struct slicer *s = g->reader->slicer;
    struct stream_problem p;
    size_t cap, n = 0;
    char *space = slice_space(s, CHUNK_NBYTES, &cap);
    if (!space)
        return stop(g, READER_NOMEM);
    switch (read_text(g, space, cap, &n, &p)) {
    case STREAM_BYTES:
        slice_commit(s, n);
        g->stats->text_nbytes += n;
        return pass_on(g, n);
    case STREAM_END:
        *more = false;
        slice_end(s);
        return look_for_gzip(g) && drain(g);
    case STREAM_PROBLEM:
        g->failed |= p.error != 0;
        g->stats->failed += p.error != 0;
        if (!tell(g, &(struct reader_problem){.why = p.why,
                                              .error = p.error,
                                              .has_offset = true,
                                              .is_of_file = true,
                                              .offset = p.in_offset}))
            return false;
        if (p.text_is_missing)
            slice_gap(s);
        g->gap = p.text_is_missing;
        if (!drain(g))
            return false;
        g->gap = false;
        return true;
    case STREAM_STOPPED:
        return stop(g, g->refused ? READER_STOPPED : READER_CUT);
    case STREAM_NOMEM:
        break;
    }
    return stop(g, READER_NOMEM);
}

/* A FIFO without a writer is opened all the same, and waited for where a stop ends the wait. */
static int open_input(const char *path)
{
    if (strcmp(path, "-") == 0)
        return STDIN_FILENO;
    return file_open(path, O_RDONLY | O_NONBLOCK, 0);
}

static void close_input(int fd)
{
    /* Nothing was written, so a failed close loses nothing. */
    if (fd != STDIN_FILENO)
        (void)close(fd);
}

/* A thread that reads ahead is worth it where there is something to inflate, or to wait for. */
static bool is_plain(int fd)
{
    char head = 0;
    off_t at = lseek(fd, 0, SEEK_CUR);
    return at >= 0 && pread(fd, &head, 1, at) == 1 && head != 0x1f;
}

static void begin(struct reading *g, int fd)
{
    struct reader *r = g->reader;
    struct stat st;
    g->waits = fstat(fd, &st) != 0 || !S_ISREG(st.st_mode);
    if (g->waits)
        file_widen_pipe(fd);
    struct wait_how w = {.never = !g->waits, .stop = g->sink->stop, .wake = g->sink->wake};
    slice_reset(r->slicer);
    /* Without a thread to spare the input is read all the same. */
    r->ahead = r->overlap && (g->waits || !is_plain(fd)) ? readahead_new(fd, &w) : NULL;
    w.self = g;
    w.pause = pause_of;
    stream_reset(r->stream, fd);
    stream_wait(r->stream, &w);
    g->stats->files++;
}

/* What was read of a pipe is gone from it, so that the stream alone stops there; what stands in a
 * file can be read again. */
static bool is_cut(const struct reading *g)
{
    return !g->waits && stop_asked(g->sink->stop);
}

static void read_all(struct reading *g, int fd)
{
    struct reader *r = g->reader;
    uint64_t in_nbytes = g->stats->in_nbytes;
    begin(g, fd);
    for (bool more = true, going = true; more && going;) {
        going = is_cut(g) ? stop(g, READER_CUT) : step(g, &more);
        g->stats->in_nbytes = in_nbytes + in_nbytes_of(r);
        if (going && !g->sink->piece(g->sink->self))
            going = stop(g, READER_STOPPED);
    }
    readahead_free(r->ahead);
    r->ahead = NULL;
}

static bool is_gzip_name(const char *path)
{
    size_t n = strlen(path);
    return n >= 3 && strcasecmp(path + n - 3, ".gz") == 0;
}

enum reader_result reader_run(struct reader *r, const char *path, uint64_t skip,
                              const struct reader_sink *sink, struct reading_stats *stats)
{
    struct reading g = {.reader = r,
                        .sink = sink,
                        .stats = stats,
                        .skip = skip,
                        .was_first = skip > 0,
                        .named_gzip = is_gzip_name(path),
                        .result = READER_DONE};
    if (stop_asked(sink->stop))
        return READER_CUT;
    int fd = open_input(path);
    if (fd < 0) {
        stats->failed++;
        (void)tell(&g, &(struct reader_problem){.error = errno, .is_of_file = true});
        return g.result;
    }
    read_all(&g, fd);
    close_input(fd);
    return g.result;
}

enum reader_result reader_extract(struct reader *r, const struct block *b,
                                  const struct reader_sink *sink, struct reading_stats *stats)
{
    struct reading g = {.reader = r, .sink = sink, .stats = stats, .result = READER_DONE};
    bool going = true;
    for (size_t i = 0; going && i < b->n; i++) {
        const struct block_item *item = &b->item[i];
        if (item->rec.p)
            going = take_record(&g, item->rec, item->offset);
        else
            going = sink->problem(sink->self, &(struct reader_problem){.why = item->why,
                                                                       .has_offset = true,
                                                                       .offset = item->offset}) ||
                    stop(&g, READER_STOPPED);
    }
    return g.result;
}

/* The time of the first record that is here and has one. 0 or ENOMEM. */
static int take_time(struct reader *r, int64_t *time_s)
{
    struct str rec;
    uint64_t offset;
    struct slice_problem p;
    enum slice_result part;
    while (*time_s == TIME_NONE && (part = slice_next(r->slicer, &rec, &offset, &p)) != SLICE_MORE)
        if (part == SLICE_RECORD && !extract_time(&r->extractor, rec, time_s))
            return ENOMEM;
    return 0;
}

/* The first record that has a time, within the first mebibyte of text and of the file: behind
 * damage, too, for it is read then. 0 or an errno. */
static int find_time(struct reader *r, int64_t *time_s)
{
    size_t seen = 0;
    int error = 0;
    while (!error && *time_s == TIME_NONE && seen <= SLICE_MAX_RECORD_NBYTES &&
           stream_in_nbytes(r->stream) <= SLICE_MAX_RECORD_NBYTES) {
        struct stream_problem p;
        size_t cap, n = 0;
        char *space = slice_space(r->slicer, CHUNK_NBYTES, &cap);
        if (!space)
            return ENOMEM;
        switch (stream_read(r->stream, space, cap, &n, &p)) {
        case STREAM_BYTES:
            slice_commit(r->slicer, n);
            seen += n;
            break;
        case STREAM_PROBLEM:
            if (p.error)
                return p.error;
            if (p.text_is_missing)
                slice_gap(r->slicer);
            break;
        case STREAM_NOMEM:
            return ENOMEM;
        default:
            return 0;
        }
        error = take_time(r, time_s);
    }
    return error;
}

int reader_first_time(struct reader *r, const char *path, int64_t *time_s)
{
    *time_s = TIME_NONE;
    int fd = open_input(path);
    if (fd < 0)
        return errno;
    stream_reset(r->stream, fd);
    slice_reset(r->slicer);
    int error = find_time(r, time_s);
    close_input(fd);
    return error;
}
