/* statsfile: the file of --stats-json, which must not be one that the run needs. */
#ifndef CTLOCK_STATSFILE_H
#define CTLOCK_STATSFILE_H

#include "ctlock/input.h"
#include "ctlock/log.h"
#include "ctlock/state.h"
#include "ctlock/str.h"

#include <stdbool.h>

/* Functions tell what is wrong through the log. One thread at a time. */

struct statsfile {
    const char *path; /* NULL: no statistics are wanted */
    int fd;           /* -1 where closed; opened early, so that a bad name costs no run */
};

/* Open path, which may be NULL and must outlive *s. False when it cannot be written. *s is for
 * statsfile_close in any case. */
bool statsfile_open(struct statsfile *s, const char *path, struct log *log);

/* False where the statistics would be written over the state (NULL where there is none) or an
 * input, or that cannot be told. */
bool statsfile_spares(const struct statsfile *s, const struct state *state,
                      const struct input_list *inputs, struct log *log);

/* Write the statistics over what the file held, and close it. False when they are lost. */
bool statsfile_write(struct statsfile *s, struct str text, struct log *log);

/* Close what was not written. */
void statsfile_close(struct statsfile *s);

#endif
