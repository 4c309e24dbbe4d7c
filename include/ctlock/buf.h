/* buf: a growing byte buffer with one sticky error. */
#ifndef CTLOCK_BUF_H
#define CTLOCK_BUF_H

#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed is empty and ready. failed is set once memory ran out; appends after that do nothing, so
 * a writer appends freely and looks once, at the end. One thread at a time. */
struct buf {
    char *p;
    size_t n;
    size_t cap;
    bool failed;
};

/* Append bytes, a terminated string, one byte, or printf-formatted text of our own numbers. */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, struct str s);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What tells many from one behind a noun, for buf_printf: `%llu file%s`. */
static inline const char *buf_plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* Make room for n more bytes. False, with failed set, when memory ran out. */
bool buf_reserve(struct buf *b, size_t n);

/* Forget the content and the error; keep the memory. */
void buf_clear(struct buf *b);

/* Release the memory and make it empty. */
void buf_free(struct buf *b);

static inline struct str buf_view(const struct buf *b)
{
    return (struct str){b->p, b->n};
}

#endif
