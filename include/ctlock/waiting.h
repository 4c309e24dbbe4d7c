/* waiting: events that wait for their turn in the window, and lists of them. */
#ifndef CTLOCK_WAITING_H
#define CTLOCK_WAITING_H

#include "ctlock/idset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct waiting_node {
    struct id_hashes ids;
    struct event event; /* its text follows */
};

/* A waiting event and what nearly always decides its turn. */
struct waiting_place {
    int64_t time_s;
    uint64_t turn; /* in its second: what it is, and the first 62 bits of its eventID */
    struct waiting_node *node;
};

struct waiting_list {
    struct waiting_place *p;
    size_t n, cap;
};

/* A node with a copy of the event, or with a copy that has nothing but what idset looks at. For
 * free(). NULL when memory ran out. */
struct waiting_node *waiting_new(const struct event *e);
struct waiting_node *waiting_names(const struct event *e);

/* Where a node stands, by its event; and where one that is kept for its names alone, behind what
 * waits in its second, in the order in which they came. */
struct waiting_place waiting_place(struct waiting_node *n);
struct waiting_place waiting_spent(struct waiting_node *n);
bool waiting_is_spent(const struct waiting_place *p);

/* For qsort: DETECTION section 7. */
int waiting_by_turn(const void *a, const void *b);

/* Have room for one more place. False when memory ran out. */
bool waiting_room(struct waiting_list *l);

/* Give back the memory of an empty list that was long. */
void waiting_shrink(struct waiting_list *l);

/* Free the list with its nodes. */
void waiting_free(struct waiting_list *l);

#endif
