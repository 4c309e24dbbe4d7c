/* config: the files that options name, read before anything else. */
#ifndef CTLOCK_CONFIG_H
#define CTLOCK_CONFIG_H

#include "ctlock/exceptions.h"
#include "ctlock/log.h"
#include "ctlock/options.h"
#include "ctlock/useragents.h"

#include <stdbool.h>

/* Zeroed is empty. Members are NULL where no option asks for them. */
struct config {
    struct exceptions *exceptions;
    struct useragents *useragents;
    int stats_fd; /* of --stats-json, -1 for none; opened early, so that a bad name costs no run */
};

/* Load what the options name. False, told through the log, when something is wrong with it. *c is
 * for config_free in any case. */
bool config_load(struct config *c, const struct options *o, struct log *log);

/* Is the file of --stats-json this one? 0, or an errno where that cannot be told. */
int config_stats_is(const struct config *c, const char *path, bool *is);

/* Write the statistics over what the file held. 0, or errno. */
int config_write_stats(struct config *c, struct str text);
void config_free(struct config *c);

#endif
