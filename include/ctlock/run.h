/* run: one run of the program, from options to exit status. */
#ifndef CTLOCK_RUN_H
#define CTLOCK_RUN_H

#include "ctlock/log.h"
#include "ctlock/options.h"
#include "ctlock/signals.h"

/* Exit statuses; ctlock(1). */
enum run_status {
    RUN_OK = 0,
    RUN_OUTPUT_LOST = 1,
    RUN_USAGE = 2, /* or configuration; nothing was read */
    RUN_INPUT_PROBLEM = 3
};

/* Read, judge, print; asked to stop by a signal, do so with what was read up to then, and return as
 * at the end. From the reading on *signals catches stops. Returns the exit status, an --exit-code
 * included. Everything that went wrong has been told through the log. Reads the clock for the
 * summary's rate, the progress line and --linger, and for nothing else. */
int run(const struct options *o, struct log *log, struct signals *signals);

#endif
