/* duration: spans of time as options spell them. */
#ifndef CTLOCK_DURATION_H
#define CTLOCK_DURATION_H

#include "ctlock/buf.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stdint.h>

/* The longest that can be read: 100 years, 36525d. */
#define DURATION_MAX_S (INT64_C(36525) * 86400)

/* Read a duration: decimal numbers, each with a unit, `90s 15m 1h30m 2d`, the greater unit before
 * the smaller; `0` may stand without one. At most DURATION_MAX_S. False, with *out_s left alone,
 * for anything else. */
bool duration_parse(struct str text, int64_t *out_s);

/* Append a duration of at least 0 s as duration_parse reads it: `0 15m 1m30s 11h55m 1d30s`. */
void duration_format(int64_t duration_s, struct buf *out);

#endif
