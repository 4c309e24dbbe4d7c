/* jsonout: JSON being written, an object a line, for alerts, tables, counts and states. */
#ifndef CTLOCK_JSONOUT_H
#define CTLOCK_JSONOUT_H

#include "ctlock/buf.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Each member is given its name, a constant without anything to escape, and each element of a list
 * NULL in its place. Commas are put where they belong, told by the byte before: so everything
 * between json_begin and json_end goes through here. Out of memory shows in out->failed. */

/* Begin a line, behind a whole one or at the beginning; end it, line feed included. */
void json_begin(struct buf *out);
void json_end(struct buf *out);

/* Open an object or a list, `{` or `[`, and close it, `}` or `]`. */
void json_open(struct buf *out, const char *name, char bracket);
void json_close(struct buf *out, char bracket);

/* A text, escaped by text_json: an absent one is null, an empty one "". */
void json_text(struct buf *out, const char *name, struct str text);

/* A time as timestamp_format writes it; TIME_NONE is null. */
void json_time(struct buf *out, const char *name, int64_t time_s);

void json_number(struct buf *out, const char *name, int64_t n);
void json_count(struct buf *out, const char *name, uint64_t n);
void json_flag(struct buf *out, const char *name, bool is_set);   /* true or false */
void json_hash(struct buf *out, const char *name, uint64_t hash); /* a text of 16 digits */

/* What stands before a value; the caller appends one whole JSON value behind it. */
void json_name(struct buf *out, const char *name);

#endif
