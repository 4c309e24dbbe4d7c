#include "ctlock/waiting.h"

#include <stdlib.h>
#include <string.h>

struct waiting_node *waiting_new(const struct event *e)
{
    struct waiting_node *n = malloc(offsetof(struct waiting_node, event) + e->nbytes);
    if (!n)
        return NULL;
    memcpy(&n->event, e, e->nbytes);
    return n;
}

struct waiting_node *waiting_names(const struct event *e)
{
    static const enum event_field kept[] = {EF_EVENT_ID, EF_SHARED_EVENT_ID, EF_SESSION,
                                            EF_ROLE,     EF_ACCOUNT,         EF_PARTITION};
    enum { N = sizeof kept / sizeof kept[0] };
    size_t n = event_has(e, EF_SHARED_EVENT_ID) ? N : 1, nbytes = sizeof *e;
    for (size_t i = 0; i < n; i++)
        nbytes += e->field[kept[i]].n;
    struct waiting_node *to = calloc(1, offsetof(struct waiting_node, event) + nbytes);
    if (!to)
        return NULL;
    to->event = (struct event){.nbytes = (uint32_t)nbytes, .time_s = e->time_s, .seq = e->seq};
    uint32_t at = sizeof *e;
    for (size_t i = 0; i < n; i++) {
        struct event_span from = e->field[kept[i]];
        if (!from.off)
            continue;
        memcpy((char *)&to->event + at, (const char *)e + from.off, from.n);
        to->event.field[kept[i]] = (struct event_span){at, from.n};
        at += from.n;
    }
    return to;
}

void waiting_free(struct waiting_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->p[i].node);
    free(l->p);
}

void waiting_shrink(struct waiting_list *l)
{
    enum { KEPT = 1024 };
    if (l->n > 0 || l->cap <= KEPT)
        return;
    free(l->p);
    *l = (struct waiting_list){0};
}

bool waiting_room(struct waiting_list *l)
{
    if (l->n < l->cap)
        return true;
    size_t cap = l->cap ? l->cap * 2 : 8;
    struct waiting_place *p = realloc(l->p, cap * sizeof *p);
    if (!p)
        return false;
    l->p = p;
    l->cap = cap;
    return true;
}

/* The first two bits of a turn: changes, issues, calls, names. */
enum { RANK_SHIFT = 62 };
static const uint64_t rank_spent = 3;

static uint64_t rank(const struct event *e)
{
    return e->roles & EVENT_CHANGE ? 0 : e->roles & EVENT_ISSUE ? 1 : 2;
}

/* Bytes as a number that orders like them; missing ones count as zeros. */
static uint64_t head_of(struct str id)
{
    uint64_t head = 0;
    if (id.n >= 8) {
        const unsigned char *p = (const unsigned char *)id.p;
        return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 |
               (uint64_t)p[3] << 32 | (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
               (uint64_t)p[6] << 8 | p[7];
    }
    for (size_t i = 0; i < 8; i++)
        head = head << 8 | (i < id.n ? (unsigned char)id.p[i] : 0u);
    return head;
}

struct waiting_place waiting_place(struct waiting_node *n)
{
    uint64_t head = head_of(event_str(&n->event, EF_EVENT_ID));
    return (struct waiting_place){
        .time_s = n->event.time_s, .turn = rank(&n->event) << RANK_SHIFT | head >> 2, .node = n};
}

struct waiting_place waiting_spent(struct waiting_node *n)
{
    return (struct waiting_place){
        .time_s = n->event.time_s, .turn = rank_spent << RANK_SHIFT | n->event.seq, .node = n};
}

bool waiting_is_spent(const struct waiting_place *p)
{
    return p->turn >> RANK_SHIFT == rank_spent;
}

int waiting_by_turn(const void *pa, const void *pb)
{
    const struct waiting_place *a = pa, *b = pb;
    if (a->time_s != b->time_s)
        return a->time_s < b->time_s ? -1 : 1;
    if (a->turn != b->turn)
        return a->turn < b->turn ? -1 : 1;
    const struct event *x = &a->node->event, *y = &b->node->event;
    int c = str_cmp(event_str(x, EF_EVENT_ID), event_str(y, EF_EVENT_ID));
    return c ? c : (x->seq > y->seq) - (x->seq < y->seq);
}
