/* reader: one input → its events: open, inflate, slice, extract. Shares nothing. */
#ifndef CTLOCK_READER_H
#define CTLOCK_READER_H

#include "ctlock/event.h"
#include "ctlock/extract.h"
#include "ctlock/stats.h"
#include "ctlock/wait.h"

#include <stdbool.h>
#include <stdint.h>

/* Something that could not be read. */
struct reader_problem {
    const char *why; /* a constant, or NULL where error says it all */
    int error;       /* errno, or 0 */
    bool has_offset;
    bool is_of_file; /* not of a record, but of the file or its compression */
    uint64_t offset; /* of bytes in the file; of a record, in its inflated text */
};

struct block;

/* Where a reader's results go, in input order. Each returns false to end the reading. */
struct reader_sink {
    void *self;
    bool (*event)(void *self,
                  struct event *e); /* valid, and the sink's to change, during the call */
    bool (*problem)(void *self, const struct reader_problem *p);
    bool (*piece)(void *self); /* a piece of the input was read, and is dealt with */
    bool (*pause)(void *self, int *timeout_ms); /* nothing is there to be read: struct wait_how */
    /* Somebody has time to extract records: an empty block, which stays the sink's, for those that
     * come next; or NULL. Each lent block is handed back, filled, in its place among the events and
     * problems; n is 0 where nothing came of it. The records stand in its text. Both or neither are
     * NULL. */
    struct block *(*lend)(void *self);
    bool (*hand)(void *self, struct block *b);
    const struct stop *stop; /* NULL: nothing stops the reading early */
    const struct bell *wake; /* has pause called again; may be NULL */
};

struct reader;

/* opt must outlive the reader. With overlap, a thread of its own inflates ahead. NULL when memory
 * ran out, or this machine lacks what opt->simd asks for. One thread at a time. */
struct reader *reader_new(const struct extract_options *opt, bool overlap);
void reader_free(struct reader *r);

enum reader_result {
    READER_DONE,    /* to the end, problems included */
    READER_STOPPED, /* the sink said so */
    READER_CUT,     /* asked to stop: all that was read is handed over, and no record in part */
    READER_NOMEM
};

/* Read one input, "-" being standard input; adds to stats, which are those so far during the calls
 * of the sink. Problems do not end it. A FIFO is waited for until somebody writes it. The first
 * skip records, and problems before their end, are known from earlier and count for nothing. Where
 * none is skipped, the first record is one that extract_first finds nothing wrong with, or
 * malformed. An empty regular file whose name ends in .gz, in any case, has failed.
 */
enum reader_result reader_run(struct reader *r, const char *path, uint64_t skip,
                              const struct reader_sink *sink, struct reading_stats *stats);

/* Extract a block that another reader handed over, into the sink's event and problem. Adds to stats
 * what that reader could not know: malformed records, and that these are problems. READER_DONE,
 * READER_STOPPED or READER_NOMEM. */
enum reader_result reader_extract(struct reader *r, const struct block *b,
                                  const struct reader_sink *sink, struct reading_stats *stats);

/* The time of the first record of a file, TIME_NONE where it has none. 0, or an errno where the
 * file cannot be read or memory ran out. */
int reader_first_time(struct reader *r, const char *path, int64_t *time_s);

#endif
