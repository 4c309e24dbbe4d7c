#include "ctlock/batch.h"

#include "ctlock/array.h"

#include <stdlib.h>

bool batch_add_event(struct batch *b, const struct event *e)
{
    buf_add(&b->events, e, e->nbytes);
    return !b->events.failed;
}

bool batch_add_problem(struct batch *b, const struct reader_problem *p)
{
    if (b->n_problems == b->problems_cap) {
        struct batch_problem *more = array_grow(b->problem, &b->problems_cap, sizeof *more);
        if (!more)
            return false;
        b->problem = more;
    }
    b->problem[b->n_problems++] = (struct batch_problem){*p, b->events.n};
    return true;
}

size_t batch_nbytes(const struct batch *b)
{
    return sizeof *b + b->events.cap + b->problems_cap * sizeof *b->problem;
}

struct event *batch_next_event(struct batch *b, size_t *at)
{
    if (*at >= b->events.n)
        return NULL;
    /* malloc's alignment and sizes that are multiples of 8 keep every event aligned. */
    struct event *e = (struct event *)(void *)(b->events.p + *at);
    *at += e->nbytes;
    return e;
}

void batch_clear(struct batch *b)
{
    enum { USUAL_NBYTES = 512 * 1024 };
    if (batch_nbytes(b) > USUAL_NBYTES) {
        buf_free(&b->events);
        free(b->problem);
        b->problem = NULL;
        b->problems_cap = 0;
    }
    buf_clear(&b->events);
    b->n_problems = 0;
    b->found = (struct reading_stats){0};
    b->open = b->nomem = false;
    b->next = NULL;
}

void batch_free_chain(struct batch *b)
{
    while (b) {
        struct batch *next = b->next;
        buf_free(&b->events);
        free(b->problem);
        free(b);
        b = next;
    }
}
