/* statsfile: the file of --stats-json, which must not be one that the run needs. */
#ifndef CTLOCK_STATSFILE_H
#define CTLOCK_STATSFILE_H

#include "ctlock/log.h"
#include "ctlock/options.h"
#include "ctlock/state.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <sys/types.h>

struct stat;

/* One thread at a time. Messages go through the log. */

struct statsfile {
    const char *path; /* NULL: no statistics are wanted */
    int fd;           /* -1 where closed; opened early, so that a bad name costs no run */
    bool is_regular;  /* else a pipe, a terminal or a device, which is written and never cut */
    bool is_new;      /* made for this run, under its name or where a link leads */
    bool was_empty;   /* when it was opened, or new */
    dev_t dev;
    ino_t ino;
};

/* Open the file of --stats-json, if there is one; what it holds stays. False, told, where it cannot
 * be written, or is a regular file that is also standard output or error, a file of rules, one of
 * the state's (NULL where there is none) or an operand; what was made for it is removed then,
 * behind a link as well, and the link stays. *s is for statsfile_close in any case. o must outlive
 * it. */
bool statsfile_open(struct statsfile *s, const struct options *o, const struct state *state,
                    struct log *log);

/* Is it the regular file that stat told this of? */
bool statsfile_is(const struct statsfile *s, const struct stat *st);

/* Write the statistics over what the file held, and close it. False, told, when they are lost. */
bool statsfile_write(struct statsfile *s, struct str text, struct log *log);

/* Close what was not written. */
void statsfile_close(struct statsfile *s);

#endif
