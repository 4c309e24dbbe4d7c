/* extract: the bytes of one record → an event, without a tree. */
#ifndef CTLOCK_EXTRACT_H
#define CTLOCK_EXTRACT_H

#include "ctlock/event.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>

/* What decides relevance besides the record; DETECTION sections 1 and 2. Read only, may be shared
 * by threads. */
struct extract_options {
    const struct str *issuers; /* names of --issuer; may be NULL when n_issuers is 0 */
    size_t n_issuers;
    bool no_prefilter; /* look at every record in full, to test that the quick look loses none */
};

/* Working memory of one thread. Zeroed is ready. */
struct extractor {
    void *mem; /* the event last made */
    size_t cap;
};

enum extract_result {
    EXTRACT_IRRELEVANT, /* nothing that the detector decides on */
    EXTRACT_EVENT,
    EXTRACT_MALFORMED, /* *why says it in a few words, a constant */
    EXTRACT_NOMEM
};

/* Read one record: rec is the text of a JSON object from `{` to `}`. Looks names up with case, the
 * first of equal names counts; nesting of any depth needs no stack. On EXTRACT_EVENT *out is the event, in
 * x's memory, valid until the next call with x; offset, seq and file are zero.
 *
 * Malformed is: a relevant record without a readable time ("no eventTime", "bad eventTime"), and a
 * record that is irrelevant and has no time field of any kind, for it is not CloudTrail's.
 * Text that is no JSON is read as far as it makes sense; it may give any result but never reads
 * outside rec. One thread per extractor. */
enum extract_result extract_record(struct extractor *x, const struct extract_options *opt,
                                   struct str rec, const struct event **out, const char **why);

/* Only the record's time: TIME_NONE where there is none that is readable. */
int64_t extract_time(struct extractor *x, struct str rec);

void extract_free(struct extractor *x);

/* Read a role session from `arn:PARTITION:sts::ACCOUNT:assumed-role/ROLE/SESSION` (`iam` in the
 * place of `sts` too; a path before ROLE is dropped). Views into arn. False for any other text. */
struct session_parts {
    struct str partition, account, role, session;
};
bool session_parse(struct str arn, struct session_parts *out);

/* `i-` and 8 or more ASCII letters or digits, nothing else. */
bool session_is_instance(struct str session_name);

#endif
