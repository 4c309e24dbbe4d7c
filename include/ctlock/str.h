/* str: a length-counted view of bytes that somebody else owns. */
#ifndef CTLOCK_STR_H
#define CTLOCK_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* n bytes at p. Not terminated; may hold any byte, NUL included. p is NULL where the text is
 * absent, which is not the same as empty. The view lives as long as its owner says. */
struct str {
    const char *p;
    size_t n;
};

/* View of a string literal, without its terminator. */
#define STR(lit) ((struct str){(lit), sizeof(lit) - 1})

/* View of a terminated string. */
static inline struct str str_of(const char *s)
{
    return (struct str){s, s ? strlen(s) : 0};
}

/* Same bytes, same length. Absent and empty are equal here. */
static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Order by bytes, the shorter first where one is the beginning of the other. */
static inline int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

static inline bool str_starts(struct str s, struct str head)
{
    return s.n >= head.n && (head.n == 0 || memcmp(s.p, head.p, head.n) == 0);
}

static inline bool str_ends(struct str s, struct str tail)
{
    return s.n >= tail.n && (tail.n == 0 || memcmp(s.p + s.n - tail.n, tail.p, tail.n) == 0);
}

/* s without its first n bytes; n is at most s.n. */
static inline struct str str_skip(struct str s, size_t n)
{
    return (struct str){s.p + n, s.n - n};
}

#endif
