/* config: the files of rules that options name, read before anything else. */
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
};

/* Load what the options name. False, told through the log, when something is wrong with it. *c is
 * for config_free in any case. */
bool config_load(struct config *c, const struct options *o, struct log *log);
void config_free(struct config *c);

#endif
