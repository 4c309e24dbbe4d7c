/* order: what is inside. For order.c and orderstate.c alone. */
#ifndef CTLOCK_ORDER_INSIDE_H
#define CTLOCK_ORDER_INSIDE_H

#include "ctlock/idset.h"
#include "ctlock/order.h"

#include <stddef.h>

struct node {
    struct node *next; /* among the spent ones */
    struct id_hashes ids;
    struct event event; /* its text follows */
};

/* A waiting event and what decides its turn, the eventID up to its first eight bytes. */
struct place {
    int64_t time_s;
    uint64_t id_head;
    uint64_t seq;
    uint8_t rank;
    struct node *node;
};

struct list {
    struct place *p;
    size_t n, cap;
};

struct order {
    struct order_options opt;
    int64_t newest_s; /* TIME_NONE before the first event */
    int64_t width_s;
    size_t n_buckets;
    struct list *bucket;
    struct list leaving; /* sorted here, empty between calls */
    struct list ahead;   /* by time, then seq */
    struct node *spent;  /* delivered, kept for their IDs (window 0) */
    struct idset ids;
    uint64_t next_seq;
    struct order_counts counts;
};

bool order_list_room(struct list *l);

/* A copy of the event. NULL when memory ran out. */
struct node *order_node_new(const struct event *e);

/* Put an event, which is owned from here on, where it waits: in the window, its names being in ids,
 * or ahead of it. False when memory ran out. */
bool order_wait(struct order *o, struct node *n);
bool order_wait_ahead(struct order *o, struct node *n, struct id_hashes ids);

/* Gather events that are to leave, their names in ids; deliver them in order. */
bool order_leave_at_once(struct order *o, struct node *n);
bool order_deliver_leaving(struct order *o);

#endif
