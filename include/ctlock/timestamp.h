/* timestamp: the forms of time in CloudTrail, as seconds since 1970-01-01T00:00:00Z. */
#ifndef CTLOCK_TIMESTAMP_H
#define CTLOCK_TIMESTAMP_H

#include "ctlock/buf.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stdint.h>

/* No time at all. Never a result of a successful parse. */
#define TIME_NONE INT64_MIN

/* The parsers below read the whole of text, leave *out_s alone when they fail, and may be used by
 * any thread. Years are 0001 to 9999, proleptic Gregorian. */

/* eventTime, @timestamp, creationDate: `2023-07-10T11:55:22Z`, with an optional fraction, which is
 * dropped, and `Z` or an offset `+hh:mm`; a leap second (:60) counts as :59. False for anything
 * else, such as 30 February, hour 24, or an offset that leads out of the years. */
bool timestamp_parse(struct str text, int64_t *out_s);

/* responseElements.credentials.expiration: `Jul 10, 2023, 6:30:22 PM`, and the older form
 * `Nov 29, 2018 4:31:59 AM`; timestamp_parse's form is taken too. English month names, UTC. The
 * space before AM/PM may be U+202F, which newer Java writes. */
bool timestamp_parse_expiration(struct str text, int64_t *out_s);

/* The `YYYYMMDDTHHmmZ` in a CloudTrail object's file name (no directories):
 * `ACCT_CloudTrail_REGION_20230710T1155Z_<16>.json.gz`. False where there is none. */
bool timestamp_parse_object_name(struct str name, int64_t *out_s);

/* A calendar date `YYYY-MM-DD`, as its first second. */
bool timestamp_parse_date(struct str text, int64_t *out_s);

/* Append `2023-07-10T11:55:22Z`. Years before 0000 and after 9999 have as many digits, and the
 * sign, that they need. */
void timestamp_format(int64_t time_s, struct buf *out);

#endif
