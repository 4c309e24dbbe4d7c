/* inodes: a set of files, known by what they are and not by a name. */
#ifndef CTLOCK_INODES_H
#define CTLOCK_INODES_H

#include <sys/stat.h>

struct inode;

/* Zeroed is empty. One thread at a time. */
struct inodes {
    struct inode *first; /* uthash */
};

enum inodes_result { INODES_NEW, INODES_KNOWN, INODES_NOMEM };

/* Add what stat has told of, by st_dev and st_ino. Nothing is added where memory ran out. */
enum inodes_result inodes_add(struct inodes *s, const struct stat *st);
void inodes_free(struct inodes *s); /* s is then empty */

#endif
