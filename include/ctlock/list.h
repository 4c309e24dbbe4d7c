/* list: doubly linked lists. A pointer to the first entry, NULL where there is none; the entries
 * have two members that lead on and back, both NULL at the ends. (utlist.h has asserts, and ctlock
 * never aborts.) */
#ifndef CTLOCK_LIST_H
#define CTLOCK_LIST_H

/* Put an entry that is in no such list before the first. next and prev are the names of the
 * members; the others are evaluated more than once. Constant time, as the other. */
#define LIST_PUT(first, entry, next, prev)                                                         \
    do {                                                                                           \
        (entry)->prev = NULL;                                                                      \
        (entry)->next = (first);                                                                   \
        if (first)                                                                                 \
            (first)->prev = (entry);                                                               \
        (first) = (entry);                                                                         \
    } while (0)

/* Take an entry out of its list. It is not released. */
#define LIST_TAKE(first, entry, next, prev)                                                        \
    do {                                                                                           \
        if ((entry)->prev)                                                                         \
            (entry)->prev->next = (entry)->next;                                                   \
        else                                                                                       \
            (first) = (entry)->next;                                                               \
        if ((entry)->next)                                                                         \
            (entry)->next->prev = (entry)->prev;                                                   \
        (entry)->next = (entry)->prev = NULL;                                                      \
    } while (0)

#endif
