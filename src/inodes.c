#define HASH_NONFATAL_OOM 1 /* a file that was not added has no hh.tbl */
#include "ctlock/inodes.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct key {
    dev_t dev;
    ino_t ino;
};

struct inode {
    UT_hash_handle hh;
    struct key key;
};

enum inodes_result inodes_add(struct inodes *s, const struct stat *st)
{
    struct inode *i = NULL;
    struct key key;
    memset(&key, 0, sizeof key); /* it is hashed with its gaps */
    key.dev = st->st_dev;
    key.ino = st->st_ino;
    HASH_FIND(hh, s->first, &key, sizeof key, i);
    if (i)
        return INODES_KNOWN;
    i = calloc(1, sizeof *i);
    if (!i)
        return INODES_NOMEM;
    memcpy(&i->key, &key, sizeof key);
    HASH_ADD(hh, s->first, key, sizeof key, i);
    if (i->hh.tbl)
        return INODES_NEW;
    free(i);
    return INODES_NOMEM;
}

void inodes_free(struct inodes *s)
{
    struct inode *i = s->first;
    HASH_CLEAR(hh, s->first);
    while (i) {
        struct inode *next = i->hh.next;
        free(i);
        i = next;
    }
}
