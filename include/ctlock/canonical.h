/* canonical: the canonical names of files, many of which lie together. */
#ifndef CTLOCK_CANONICAL_H
#define CTLOCK_CANONICAL_H

#include "ctlock/buf.h"
#include "ctlock/str.h"

#include <stdbool.h>

/* Zeroed is ready. One thread at a time. */
struct canonical {
    struct buf directory; /* that was asked about last, and terminated; empty where none was */
    struct buf base;      /* its canonical name */
    struct buf path;
};

/* What realpath(3) tells of a file that is there, with one difference: the directory that was asked
 * about last is taken to be where it was, since each part of its name costs a system call. is_link
 * is whether the path itself is a symbolic link. *name is terminated and valid until the next call.
 * 0, or an errno: ENOMEM when memory ran out. */
int canonical_find(struct canonical *c, const char *path, bool is_link, struct str *name);

void canonical_free(struct canonical *c);

#endif
