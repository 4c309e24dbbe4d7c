/* Texts whose last byte is the last of their block, so that sanitizers and valgrind see any read
 * behind it. */
#ifndef CTLOCK_TESTS_EXACT_H
#define CTLOCK_TESTS_EXACT_H

#include "ctlock/str.h"

#include <stdlib.h>

/* A copy of a terminated text without its terminator, absent for NULL. Free it with exact_free. */
static inline struct str exact_of(const char *text)
{
    if (!text)
        return (struct str){0};
    size_t n = strlen(text);
    char *p = malloc(n ? n : 1);
    if (!p)
        abort();
    memcpy(p, text, n);
    return (struct str){p, n};
}

static inline void exact_free(struct str s)
{
    free((char *)s.p);
}

#endif
