/* seen: the files that earlier runs have read, and how far. */
#ifndef CTLOCK_SEEN_H
#define CTLOCK_SEEN_H

#include "ctlock/file.h"
#include "ctlock/siphash.h"
#include "ctlock/stateline.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Those whose file is gone are forgotten when they are this much older than the newest event. */
enum { SEEN_KEEP_S = 30 * 86400 };

#define SEEN_TYPE "file"

struct seen;
struct seen_file;

/* NULL when memory ran out. One thread at a time. */
struct seen *seen_new(struct hash_key key);
void seen_free(struct seen *s); /* NULL is allowed */

enum seen_result {
    SEEN_READ,   /* the file is to be read */
    SEEN_KNOWN,  /* nothing of it is new, or it was asked about before in this run */
    SEEN_FAILED, /* it cannot be looked at, so that what is new of it cannot be told */
    SEEN_NOMEM
};

struct seen_found {
    uint64_t skip;          /* so many records are known already */
    struct seen_file *file; /* for seen_took, when it is to be read */
    int error;              /* an errno, when looking failed */
};

/* Look at a file before it is read. It is known by its canonical name; with the size and mtime of
 * its last reading there is nothing new in it, and it is not opened; with another size, but the
 * same bytes at its beginning (all of them, if it was damaged), it has grown; else it is another
 * file by now. The canonical name of the directory that was asked about last is kept, since many
 * files lie together and each part of such a name costs a system call. */
enum seen_result seen_look(struct seen *s, const char *path, const struct file_status *status,
                           struct seen_found *found);

/* How far a file was taken. */
struct seen_taken {
    uint64_t records; /* that are judged or wait in the state, the skipped ones included */
    bool is_done;     /* that is all of them */
    bool is_damaged;  /* records behind damage count; they stand elsewhere once it is mended */
    int64_t clock_s;  /* the newest event time, or TIME_NONE */
};
void seen_took(struct seen_file *f, const struct seen_taken *t);

/* How many files were known and not read again. */
uint64_t seen_known(const struct seen *s);

/* Give out a line for every file, by name, but for those that need no longer be known at clock_s.
 * False when memory ran out or put said so. */
bool seen_write(const struct seen *s, int64_t clock_s, bool (*put)(void *self, struct str line),
                void *self);

/* Read what stands behind the type of a line. False when memory ran out; what is wrong with the
 * line is in l->why. */
bool seen_read(struct seen *s, struct stateline *l);

#endif
