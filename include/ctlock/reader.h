/* reader: one input → its events: open, inflate, slice, extract. Shares nothing. */
#ifndef CTLOCK_READER_H
#define CTLOCK_READER_H

#include "ctlock/event.h"
#include "ctlock/extract.h"
#include "ctlock/slice.h"
#include "ctlock/stats.h"

#include <stdbool.h>
#include <stdint.h>

/* Something that could not be read. */
struct reader_problem {
    const char *why; /* a constant, or NULL where error says it all */
    int error;       /* errno, or 0 */
    bool has_offset;
    uint64_t offset; /* of bytes in the file; of a record, in its inflated text */
};

/* Where a reader's results go, in input order. Each returns false to end the reading. */
struct reader_sink {
    void *self;
    bool (*event)(void *self,
                  struct event *e); /* valid, and the sink's to change, during the call */
    bool (*problem)(void *self, const struct reader_problem *p);
    bool (*pause)(void *self); /* the next read may wait for whoever writes the input */
};

struct reader;

/* opt must outlive the reader. With overlap, a thread of its own inflates ahead. NULL when memory
 * ran out, or this machine lacks the engine. One thread at a time. */
struct reader *reader_new(const struct extract_options *opt, enum slice_engine engine,
                          bool overlap);
void reader_free(struct reader *r);

enum reader_result {
    READER_DONE,    /* to the end, problems included */
    READER_STOPPED, /* the sink said so */
    READER_NOMEM
};

/* Read one input, "-" being standard input; adds to stats. Problems do not end it. The first skip
 * records, and problems before their end, are known from earlier and count for nothing. */
enum reader_result reader_run(struct reader *r, const char *path, uint64_t skip,
                              const struct reader_sink *sink, struct reading_stats *stats);

/* The time of the first record of a file, TIME_NONE where it cannot be told. */
int64_t reader_first_time(struct reader *r, const char *path);

#endif
