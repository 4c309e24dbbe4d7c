/* extract: the bytes of one record → an event, without a tree. */
#ifndef CTLOCK_EXTRACT_H
#define CTLOCK_EXTRACT_H

#include "ctlock/event.h"
#include "ctlock/jsonscan.h"
#include "ctlock/session.h"
#include "ctlock/simd.h"
#include "ctlock/siphash.h"
#include "ctlock/str.h"
#include "ctlock/straight.h"

#include <stdbool.h>
#include <stddef.h>

/* What decides relevance besides the record; DETECTION sections 1 and 2. Read only, may be shared
 * by threads. */
struct extract_options {
    struct hash_key key;       /* for the event's hashes */
    const struct str *issuers; /* names of --issuer; may be NULL when n_issuers is 0 */
    size_t n_issuers;
    bool no_prefilter; /* read every record the slow way, to test that the quick ones lose none */
    enum simd simd;    /* how text is scanned; 0 is the best way, others are for tests */
};

/* Working memory of one thread. Zeroed is ready. */
struct extractor {
    void *mem; /* begins with the event last made */
    size_t cap;
    struct straight straight;
};

enum extract_result {
    EXTRACT_IRRELEVANT, /* nothing that the detector decides on */
    EXTRACT_EVENT,
    EXTRACT_MALFORMED, /* *why says it in a few words, a constant */
    EXTRACT_NOMEM
};

/* Read one record: rec is the text of a JSON object from `{` to `}`. Looks names up with case, the
 * first of equal names counts; nesting of any depth needs no stack. On EXTRACT_EVENT *out is the
 * event, in x's memory, valid until the next call with x; offset, seq and file are zero. *out and
 * *why are untouched by other results than theirs.
 *
 * Malformed is: text that does not begin with `{` ("not an object") or has more than
 * EXTRACT_MAX_NBYTES ("too long"); a relevant record without a readable time ("no eventTime", "bad
 * eventTime"); and an irrelevant record that is not CloudTrail's, for it has no time field of any
 * kind ("no eventTime"): neither one of its own, nor `"eventTime"` or `"@timestamp"` anywhere in
 * it. Text that is no JSON is read as far as it makes sense; it may give any result but never reads
 * outside rec. One thread per extractor. */
#define EXTRACT_MAX_NBYTES JSONSCAN_MAX_NBYTES
enum extract_result extract_record(struct extractor *x, const struct extract_options *opt,
                                   struct str rec, const struct event **out, const char **why);

/* Only the record's time: TIME_NONE where there is none that is readable. False when memory ran
 * out. */
bool extract_time(struct extractor *x, struct str rec, int64_t *time_s);

/* What is wrong with rec as the first record of an input: sets *why, a constant, or NULL where
 * nothing is, or extract_record tells it. extract_record takes a record without a time for
 * irrelevant as soon as `"eventTime"` stands anywhere in it, so that other records are not read in
 * full; then a file of records that something else is wrapped around would be read as nothing. So
 * the first is read in full: without a time of its own, or with no more than `@timestamp` and no
 * eventName, it is of a form that wrapping.h knows, or has "no eventTime", or "no eventTime and no
 * eventName"; with them, its userIdentity may be text, as exports of tables have it. False when
 * memory ran out. */
bool extract_first(struct extractor *x, struct str rec, const char **why);

/* Release the memory; x is then ready again. */
void extract_free(struct extractor *x);

#endif
