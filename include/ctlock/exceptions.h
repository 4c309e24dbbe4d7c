/* exceptions: the rules of --exceptions; DETECTION section 6. */
#ifndef CTLOCK_EXCEPTIONS_H
#define CTLOCK_EXCEPTIONS_H

#include "ctlock/buf.h"
#include "ctlock/exception_rule.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One rule, for reports. Views and strings are owned by the set. */
struct exception_info {
    const char *file;
    uint32_t line;     /* from 1 */
    struct str text;   /* the rule as written, without comment */
    uint64_t matches;  /* calls that it turned into suppressions or kept from locking */
    int64_t expires_s; /* first second after its last day, or TIME_NONE */
};

struct exceptions;

/* An empty set; NULL when memory ran out. One thread adds and counts; any may look. */
struct exceptions *exceptions_new(void);
void exceptions_free(struct exceptions *x);

/* Add the rules of one file. `.json` files hold {"<role ARN>": ["CIDR", …]}. False on the first
 * thing wrong, with `FILE:LINE: why` (safe to print) appended to *why, or `FILE: why` where it
 * cannot be read; nothing of that file is added then. Where memory ran out so far that not even
 * that could be said, why->failed is set. Not for worker threads. */
bool exceptions_load(struct exceptions *x, const char *path, struct buf *why);

/* Add rules from memory; name stands for the file in messages. json says which form. Neither name
 * nor text need last. */
bool exceptions_parse(struct exceptions *x, const char *name, struct str text, bool json,
                      struct buf *why);

/* Rules are numbered from 0 in the order of the files and of the lines in them. */
size_t exceptions_count(const struct exceptions *x);

/* Rule i, less than the count. */
void exceptions_get(const struct exceptions *x, size_t i, struct exception_info *out);

/* The first rule that fits, or -1. A rule without kind= covers ip-mismatch, private-ip-mismatch,
 * new-path and user-agent. Counting is the caller's: exceptions_count_match. Takes time for the
 * rules with a range that holds the address, not for all. */
long exceptions_find(const struct exceptions *x, const struct exception_query *q);

/* Count a match of a rule that exceptions_find gave; nothing for -1. */
void exceptions_count_match(struct exceptions *x, long rule);

#endif
