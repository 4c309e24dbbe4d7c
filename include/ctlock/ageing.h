/* ageing: which facts of the address book may be forgotten, and when. Part of the address book. */
#ifndef CTLOCK_AGEING_H
#define CTLOCK_AGEING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addressbook;
struct entry;

/* An entry to be looked at once the clock is past due_s. */
struct ageing_item {
    int64_t due_s;
    struct entry *entry; /* NULL: it is gone by now */
    uint8_t table;       /* enum register_table */
};

/* The entries that are watched, in the order in which they are due: the clock never goes back, and
 * all wait as long. Item number n is in item[n % cap]. */
struct ageing {
    struct ageing_item *item;
    size_t cap; /* a power of two, or 0 */
    uint64_t first, end;
    int64_t clock_s, keep_s;
    uint64_t max_facts; /* 0: any number */
    uint64_t forgotten_early, left_out;
    uint64_t crowded;  /* left out because one thing had REGISTERS_MAX_MEMBERS */
    bool is_restoring; /* nothing is watched but by ageing_restore */
};

void ageing_init(struct ageing *g);
void ageing_free(struct ageing *g);

/* Look at an entry of table, an enum register_table, in keep_s, and drop it if it is over by then.
 * Whoever makes or ends a thing calls this; what is watched already stays so. Where memory runs out
 * the entry just stays. */
void ageing_watch(struct addressbook *b, int table, void *entry);

/* The entry goes now. */
void ageing_unwatch(struct addressbook *b, struct entry *e);

/* For a state. Number what is watched from 1 on, in entry->watched; and take that in again, between
 * begin and end, in any order. False when memory ran out. */
bool ageing_number(struct ageing *g);
int64_t ageing_due_s(const struct ageing *g, const struct entry *e);
void ageing_begin_restoring(struct ageing *g, int64_t clock_s);
bool ageing_restore(struct ageing *g, int table, struct entry *e, int64_t due_s, uint64_t number);
void ageing_end_restoring(struct ageing *g);

/* The clock goes on to clock_s, or stays where it is later. */
void ageing_tick(struct ageing *g, int64_t clock_s);

/* The same; and drop what is due. */
void ageing_advance(struct addressbook *b, int64_t clock_s);

/* Drop what is over before it is due, if there are too many facts. False if there still are. */
bool ageing_make_room(struct addressbook *b);

#endif
