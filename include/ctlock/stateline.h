/* stateline: one line of a state file, written and read: a JSON object whose members stand in a
 * fixed order, `{"type":"row","account":"111122223333",...}`. */
#ifndef CTLOCK_STATELINE_H
#define CTLOCK_STATELINE_H

#include "ctlock/buf.h"
#include "ctlock/ip.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writing. A name is a constant without anything to escape; NULL stands for an element of a list.
 * What has nothing to say is left out: an absent text, TIME_NONE, false, no address. Out of memory
 * shows in out->failed. */
void stateline_begin(struct buf *out, const char *type);
void stateline_text(struct buf *out, const char *name, struct str text); /* any bytes */
void stateline_number(struct buf *out, const char *name, int64_t n);
void stateline_time(struct buf *out, const char *name, int64_t time_s);
void stateline_flag(struct buf *out, const char *name, bool is_set);
void stateline_ip(struct buf *out, const char *name, struct ip ip);
void stateline_hash(struct buf *out, const char *name, uint64_t hash); /* 16 digits */

/* bracket is `[` or `{`, then `]` or `}`. */
void stateline_open(struct buf *out, const char *name, char bracket);
void stateline_close(struct buf *out, char bracket);

/* Close the line, line feed included. */
void stateline_end(struct buf *out);

/* A line being read. The first thing that is not as it was written sets why, a constant, and at,
 * its offset in the line; what follows then reads as left out. */
struct stateline {
    struct str line;
    size_t at;
    const char *why;
    struct buf text; /* decoded; sized once, so that views stay */
};

/* Zeroed, *l is ready for its first line, without line feed, which must live as long as what is
 * read of it. Reads the type: valid until the next line, absent if this is none. */
struct str stateline_start(struct stateline *l, struct str line);

/* The member that comes next, if that is its name; else as if it had been left out. */
struct str stateline_read_text(struct stateline *l, const char *name);
bool stateline_read_number(struct stateline *l, const char *name, int64_t *n);
int64_t stateline_read_time(struct stateline *l, const char *name);
bool stateline_read_flag(struct stateline *l, const char *name);
struct ip stateline_read_ip(struct stateline *l, const char *name);
bool stateline_read_hash(struct stateline *l, const char *name, uint64_t *hash);

/* Enter a list or object, if it comes next. */
bool stateline_enter(struct stateline *l, const char *name, char bracket);

/* Inside: is there more before the closing bracket? If not, it is read, too. */
bool stateline_more(struct stateline *l, char bracket);

/* Say that what was read last makes no sense. */
void stateline_reject(struct stateline *l, const char *why);

/* The line ends here. False if it does not, or something was wrong with it. */
bool stateline_finish(struct stateline *l);
void stateline_free(struct stateline *l);

#endif
