#define HASH_NONFATAL_OOM 1 /* an entry that was not added has no hh.tbl */
#include "ctlock/registers.h"

#include <stdlib.h>

static unsigned hash(const struct addressbook *b, struct str key)
{
    return (unsigned)siphash13(b->key, key.p, key.n);
}

void *registers_find_hashed(const struct addressbook *b, enum register_table table, struct str key,
                            uint64_t key_hash)
{
    struct entry *head = b->table[table], *found = NULL;
    if (key.n == 0 || key.n > UINT32_MAX)
        return NULL;
    HASH_FIND_BYHASHVALUE(hh, head, key.p, (unsigned)key.n, (unsigned)key_hash, found);
    return found;
}

void *registers_find(const struct addressbook *b, enum register_table table, struct str key)
{
    return b->table[table] ? registers_find_hashed(b, table, key, hash(b, key)) : NULL;
}

static size_t entry_nbytes(enum register_table table)
{
    static const size_t nbytes[] = {
        [REGISTER_INSTANCE] = sizeof(struct instance),
        [REGISTER_VPC] = sizeof(struct vpc),
        [REGISTER_INTERFACE] = sizeof(struct interface),
        [REGISTER_ATTACHMENT] = sizeof(struct attachment),
        [REGISTER_ADDRESS] = sizeof(struct address),
        [REGISTER_HOLDING] = sizeof(struct holding),
        [REGISTER_SPOT] = sizeof(struct spot),
        [REGISTER_ALLOCATION] = sizeof(struct allocation),
        [REGISTER_ASSOCIATION] = sizeof(struct association),
        [REGISTER_PLACE] = sizeof(struct place),
        [REGISTER_NAT] = sizeof(struct nat),
    };
    return nbytes[table];
}

/* The key stands behind the entry, and is compared: the usual ones are short. */
void registers_soon(const struct addressbook *b, enum register_table table, uint64_t key_hash,
                    unsigned step)
{
    enum { USUAL_KEY_NBYTES = 24 };
    const struct entry *head = b->table[table];
    chains_fetch(head ? head->hh.tbl : NULL, (unsigned)key_hash,
                 entry_nbytes(table) + USUAL_KEY_NBYTES, step);
}

/* Nothing was written yet. */
static void clear_times(enum register_table table, void *entry)
{
    switch (table) {
    case REGISTER_INSTANCE: {
        struct instance *i = entry;
        i->terminated_s = i->stopped_s = i->started_s = i->issued_s = i->vpc_written_s = i->used_s =
            TIME_NONE;
        break;
    }
    case REGISTER_INTERFACE:
        ((struct interface *)entry)->written_s = TIME_NONE;
        break;
    case REGISTER_ATTACHMENT:
        ((struct attachment *)entry)->written_s = TIME_NONE;
        break;
    case REGISTER_ADDRESS:
        ((struct address *)entry)->written_s = TIME_NONE;
        break;
    case REGISTER_ALLOCATION: {
        struct allocation *a = entry;
        a->written_s = a->associated_s = TIME_NONE;
        break;
    }
    case REGISTER_ASSOCIATION:
        ((struct association *)entry)->written_s = TIME_NONE;
        break;
    case REGISTER_PLACE:
        ((struct place *)entry)->written_s = TIME_NONE;
        break;
    case REGISTER_NAT:
        ((struct nat *)entry)->written_s = TIME_NONE;
        break;
    case REGISTER_VPC:
    case REGISTER_HOLDING:
    case REGISTER_SPOT:
    case REGISTER_COUNT:
        break;
    }
}

void *registers_make(struct addressbook *b, enum register_table table, struct str key)
{
    struct entry *e = registers_find(b, table, key);
    if (e)
        return e;
    size_t nbytes = entry_nbytes(table);
    if (key.n > UINT32_MAX || !(e = calloc(1, nbytes + key.n)))
        return NULL;
    char *copy = (char *)e + nbytes;
    memcpy(copy, key.p, key.n);
    clear_times(table, e);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, b->table[table], copy, (unsigned)key.n, hash(b, key), e);
    if (!e->hh.tbl) {
        free(e);
        return NULL;
    }
    chains_shorten(e->hh.tbl);
    ageing_watch(b, (int)table, e);
    return e;
}

static void release(enum register_table table, struct entry *e)
{
    if (table == REGISTER_INSTANCE) {
        free(((struct instance *)(void *)e)->public_credit);
        free(((struct instance *)(void *)e)->private_credit);
    }
    free(e);
}

void registers_drop(struct addressbook *b, enum register_table table, void *entry)
{
    struct entry *e = entry;
    ageing_unwatch(b, e);
    HASH_DELETE(hh, b->table[table], e);
    release(table, e);
}

size_t registers_count(const struct addressbook *b)
{
    size_t n = 0;
    for (int table = 0; table < REGISTER_COUNT; table++)
        n += HASH_COUNT(b->table[table]);
    return n;
}

void registers_free(struct addressbook *b)
{
    ageing_free(&b->ageing);
    for (int table = 0; table < REGISTER_COUNT; table++) {
        struct entry *e = b->table[table];
        HASH_CLEAR(hh, b->table[table]);
        while (e) {
            struct entry *next = e->hh.next;
            release((enum register_table)table, e);
            e = next;
        }
    }
}
