/* log: the sole writer of standard error: messages, summary, progress. */
#ifndef CTLOCK_LOG_H
#define CTLOCK_LOG_H

#include "ctlock/buf.h"
#include "ctlock/reader.h"

#include <stdbool.h>
#include <stdint.h>

/* Problems of one input beyond this many are only counted: of its records, and again of the file,
 * which are the cause where there are both. */
enum { LOG_PROBLEMS_A_FILE = 10 };

struct log {
    int fd;
    bool is_terminal;     /* one that goes away does not want what it does not get */
    bool progress;        /* a progress line may be shown */
    bool progress_shown;  /* and is on the screen now */
    bool lost;            /* something could not be written, or memory ran out for it */
    uint64_t problems[2]; /* of the input at hand: of its records, of the file */
    struct buf line;
};

/* `ctlock: TEXT`. The text is ours, or was made safe. */
void log_say(struct log *l, struct str text);

/* `ctlock: NAME: TEXT`, or strerror(error) where text is NULL; name may be hostile. */
void log_about(struct log *l, const char *name, const char *text, int error);

/* A problem of an input, by its name: `ctlock: NAME: byte N: WHY`. */
void log_problem(struct log *l, const char *name, const struct reader_problem *p);

/* The input is done: say how many of its problems were not told. */
void log_end_of_input(struct log *l, const char *name);

/* Write text as it is: the summary. */
void log_text(struct log *l, struct str text);

/* Show how far the run is, over what was shown before; nothing if progress is off. */
void log_progress(struct log *l, struct str text);

/* Take the progress line off the screen, where another writes to it now. It comes back when it is
 * shown again. */
void log_clear_progress(struct log *l);
void log_free(struct log *l);

#endif
