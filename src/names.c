#define HASH_NONFATAL_OOM 1 /* a name that was not added has no hh.tbl */
#include "ctlock/names.h"

#include "ctlock/array.h"

#include <stdlib.h>
#include <uthash.h>

struct name {
    UT_hash_handle hh;
    uint32_t number;
    char text[];
};

struct names {
    struct hash_key key;
    struct name *first; /* uthash */
    struct name **by_number;
    size_t cap;
};

struct names *names_new(struct hash_key key)
{
    struct names *n = calloc(1, sizeof *n);
    if (n)
        n->key = key;
    return n;
}

void names_free(struct names *n)
{
    if (!n)
        return;
    size_t count = HASH_COUNT(n->first);
    HASH_CLEAR(hh, n->first);
    for (size_t i = 0; i < count; i++)
        free(n->by_number[i]);
    free(n->by_number);
    free(n);
}

static bool room(struct names *n)
{
    size_t count = HASH_COUNT(n->first);
    if (count < n->cap)
        return true;
    struct name **more = array_grow(n->by_number, &n->cap, sizeof *more);
    if (!more)
        return false;
    n->by_number = more;
    return true;
}

bool names_number(struct names *n, struct str text, uint32_t *number)
{
    struct name *found = NULL;
    unsigned hash = (unsigned)siphash13(n->key, text.p, text.n);
    if (text.n > UINT32_MAX)
        return false;
    HASH_FIND_BYHASHVALUE(hh, n->first, text.p, (unsigned)text.n, hash, found);
    if (!found) {
        found = room(n) ? calloc(1, sizeof *found + text.n + 1) : NULL;
        if (!found)
            return false;
        if (text.n)
            memcpy(found->text, text.p, text.n);
        found->number = HASH_COUNT(n->first);
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, n->first, found->text, (unsigned)text.n, hash, found);
        if (!found->hh.tbl) {
            free(found);
            return false;
        }
        n->by_number[found->number] = found;
    }
    *number = found->number;
    return true;
}

struct str names_text(const struct names *n, uint32_t number)
{
    const struct name *name = n->by_number[number];
    return (struct str){name->text, name->hh.keylen};
}
