/* textfile: small files of ours, read whole, and their lines. */
#ifndef CTLOCK_TEXTFILE_H
#define CTLOCK_TEXTFILE_H

#include "ctlock/buf.h"
#include "ctlock/str.h"

#include <stdbool.h>

/* A file above this is refused: no list of rules is that long, and an endless device would be. */
#define TEXTFILE_MAX_NBYTES ((size_t)64 << 20)

/* Append the bytes of the file at path (a pipe will do) to *text. False with `PATH: why` (safe to
 * print) appended to *why. Not for worker threads, for strerror's sake. */
bool textfile_read(const char *path, struct buf *text, struct buf *why);

/* text without a UTF-8 byte order mark at its beginning. */
struct str textfile_skip_bom(struct str text);

/* Take the first line out of *rest, without its LF or CR LF. False when nothing is left. */
bool textfile_line(struct str *rest, struct str *line);

/* s without spaces, tabs and CRs at both ends: none is seen there, and what is not seen must not
 * decide. */
struct str textfile_trim(struct str s);

/* Append `NAME:LINE: `, safe to print. */
void textfile_where(struct buf *why, const char *name, size_t line);

#endif
