/* input: operands → the ordered list of inputs. */
#ifndef CTLOCK_INPUT_H
#define CTLOCK_INPUT_H

#include "ctlock/file.h"
#include "ctlock/str.h"
#include "ctlock/timestamp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One thing to read. */
struct input_file {
    char *path;     /* "-" is standard input; owned by the list */
    int64_t nbytes; /* of a regular file, when it was found; else 0 */
    int64_t time_s; /* its place in the order, or TIME_NONE where nothing tells */
    bool regular;   /* else a pipe, a device or standard input */
    /* With a state. */
    struct seen_file *seen; /* what it knows of the file, or NULL */
    uint64_t skip;          /* records of it that earlier runs took */
    uint64_t taken;         /* these and those that the engine has taken by now */
    bool is_done;           /* that is all: it could be read to its end */
    bool is_damaged;        /* there were problems in what was read of it */
};

struct input_problem {
    const char *path; /* owned by the caller of the handler, valid during the call */
    const char *why;  /* a constant, or NULL where error says it */
    int error;        /* errno or 0 */
    bool harmless;    /* worth saying, but nothing is unreadable */
};

/* How the list asks for what it does not know itself. */
struct input_hooks {
    void *self;
    /* The time of the first record of a regular file, or TIME_NONE. Called only for files whose
     * name has no CloudTrail time, and only where there is more than one file to order. 0, or an
     * errno where the file cannot be read (it is told and left out), or ENOMEM. */
    int (*first_time)(void *self, const char *path, int64_t *time_s);
    void (*problem)(void *self, const struct input_problem *problem);
    /* Is the file to be read? Asked before its time; may set skip and seen. status is NULL
     * unless it is a regular file. False in *ok when memory ran out. NULL: all are. */
    bool (*wants)(void *self, struct input_file *file, const struct file_status *status, bool *ok);
    const struct stat *output; /* what the alerts go to, so that it is no input; or NULL */
};

struct input_list {
    struct input_file *file;
    size_t n;
    size_t cap;
};

/* Expand operands (NULL and 0 mean standard input alone) into a zeroed list. Directories are
 * walked, links followed, each directory once (a loop is a problem); in them *.json, *.ndjson,
 * *.jsonl and their .gz forms are taken, in any case of letters; CloudTrail-Digest and
 * CloudTrail-Insight objects are left out of them quietly, by the directory or by the file name. A
 * file named as an operand is taken whatever its name, unless it is that of such an object: the
 * first of these is told, harmless. What a directory above an operand is called means nothing.
 * FIFOs, sockets and devices in a directory are problems whatever their names; as operands they are
 * read. What cannot be read is a problem and does not end the expansion, but a link to nothing is
 * one only under a name that is taken. A regular file is taken under the first of its names, also
 * where hard or symbolic links give it others: the first in the order of operands, and in a
 * directory by name. Another operand that is this file is told, harmless, as is a second "-"; a
 * standard input that is such a file and stands at its beginning counts. The regular file that is
 * the output is left out: a problem as an operand or the standard input, and told, harmless, where
 * a directory holds it.
 *
 * Order (DETECTION section 7): by the time in the CloudTrail name, else of the first record; equal
 * times by path, bytewise; files without any time come after those; pipes and standard input last,
 * as given. False only when memory ran out. */
bool input_expand(struct input_list *list, char *const *operands, size_t n_operands,
                  const struct input_hooks *hooks);
void input_free(struct input_list *list);

#endif
