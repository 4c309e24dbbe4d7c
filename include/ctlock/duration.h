/* duration: spans of time as options spell them. */
#ifndef CTLOCK_DURATION_H
#define CTLOCK_DURATION_H

#include "ctlock/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Read a duration: decimal numbers, each with a unit, `90s 15m 1h30m 2d`, the greater unit before
 * the smaller; `0` may stand without one. At most 100 years (36525d). False, with *out_s left
 * alone, for anything else. */
bool duration_parse(struct str text, int64_t *out_s);

#endif
