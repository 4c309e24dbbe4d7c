/* statefile: a state on disk: one run at a time, lines under a checksum, replaced whole. */
#ifndef CTLOCK_STATEFILE_H
#define CTLOCK_STATEFILE_H

#include "ctlock/buf.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct stat;

/* FILE is what the last run left, FILE.prev what the one before it left, FILE.reset what
 * --state-reset put aside unread. FILE.lock is locked while a run is at it, FILE.new is being
 * written. The first line tells the version, the last one the number of lines and a CRC-64
 * (ECMA-182, as in xz) of all bytes before it. */
struct statefile;

/* Functions below that can fail append to *why a message that names the file, safe to print. One
 * thread at a time. */

/* Lock path, whose file need not be there. NULL when another run holds it, or it cannot be
 * locked. */
struct statefile *statefile_open(const char *path, struct buf *why);

/* FILE and those beside it that are there, by what tells a file from all others. */
struct statefile_own {
    struct {
        dev_t dev;
        ino_t ino;
    } file[5];
    size_t n;
};

/* Look for them. 0, or an errno where that cannot be told. */
int statefile_own(const struct statefile *f, struct statefile_own *own);

/* Is the file that stat told this of one of them? */
bool statefile_is_own(const struct statefile_own *own, const struct stat *st);

/* The directory of FILE; lives as long as f. */
const char *statefile_directory(const struct statefile *f);

/* Unlock and release; what was not committed is gone. NULL is allowed. */
void statefile_free(struct statefile *f);

enum statefile_result {
    STATEFILE_LINE,
    STATEFILE_END, /* all lines were read and the checksum fits, or there is no file yet */
    STATEFILE_WRONG
};

/* The next line but the first and the last, valid until the next call. The checksum is known to
 * fit only at the end. */
enum statefile_result statefile_read(struct statefile *f, struct str *line, struct buf *why);

/* Say that the line that was read last is damaged at this byte of it. */
void statefile_damaged(const struct statefile *f, size_t at, const char *reason, struct buf *why);

enum statefile_saved {
    STATEFILE_SAVED,
    STATEFILE_NOT_SAVED, /* the old state is still there, if only as FILE.prev or FILE.reset */
    STATEFILE_MAY_GO /* the new one is in its place, but may not outlive a crash of the system */
};

/* Begin a new state; append to it whole lines, n of them; make it the state: flushed to the disk
 * before it takes the name, so that a crash leaves the old one or the new one. False: the old state
 * is still there. */
bool statefile_begin(struct statefile *f, struct buf *why);
bool statefile_write(struct statefile *f, struct str lines, uint64_t n, struct buf *why);
enum statefile_saved statefile_commit(struct statefile *f, struct buf *why);

#endif
