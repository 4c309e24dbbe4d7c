#include "ctlock/calendar.h"

#include <stdlib.h>

enum { MAX_LISTS = 4096 };

bool calendar_open(struct calendar *c, int64_t window_s)
{
    c->width_s = window_s / MAX_LISTS + 1;
    c->n_lists = (size_t)(window_s / c->width_s) + 2;
    c->list = calloc(c->n_lists, sizeof *c->list);
    return c->list != NULL;
}

void calendar_free(struct calendar *c)
{
    for (size_t i = 0; c->list && i < c->n_lists; i++)
        waiting_free(&c->list[i]);
    free(c->list);
    *c = (struct calendar){0};
}
