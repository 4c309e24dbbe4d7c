/* jsonscan: finds the way through JSON text without a tree. */
#ifndef CTLOCK_JSONSCAN_H
#define CTLOCK_JSONSCAN_H

#include "ctlock/byte.h"
#include "ctlock/simd.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The skeleton of a text. A mark is a colon, brace or bracket outside strings (or the byte 0x1A,
 * which JSON does not have there); marks are numbered from 0 in the order of the text. Text that is
 * no JSON has a skeleton as well: what stands between the first and the second quote that no
 * backslash precedes is a string, and so on. */
struct jsonscan {
    struct str text;
    const uint64_t *quote; /* bit i % 64 of word i / 64: text.p[i] begins or ends a string; words -1
                              and the two behind the last are 0 */
    const uint32_t *mark;  /* where the marks are */
    size_t n_marks;
    bool has_backslash; /* anywhere in the text */
};

/* The longest text that can be scanned, in bytes. */
#define JSONSCAN_MAX_NBYTES ((size_t)1 << 30)

/* Bytes of working memory for a text of n bytes, n at most JSONSCAN_MAX_NBYTES. */
size_t jsonscan_mem_nbytes(size_t n);

/* Scan text. *j refers to text and to mem, which has jsonscan_mem_nbytes(text.n) bytes aligned for
 * uint64_t; both must outlive it. Linear in text.n. */
void jsonscan_index(struct jsonscan *j, struct str text, void *mem, enum simd simd);

/* For a mark that opens an object or array: the number of the mark that closes it, or n_marks if
 * none does. Other marks: the same number. Any depth. */
size_t jsonscan_close(const struct jsonscan *j, size_t mark);

/* Where the string ends that begins at from (its opening quotation mark): the offset of its closing
 * one, or text.n where it has none. */
static inline size_t jsonscan_string_end(const struct jsonscan *j, size_t from)
{
    size_t at = from + 1, word = at / 64;
    uint64_t ahead = j->quote[word] & (UINT64_MAX << at % 64);

    while (ahead == 0) {
        word++;
        if (word * 64 >= j->text.n)
            return j->text.n;
        ahead = j->quote[word];
    }
    return word * 64 + (size_t)__builtin_ctzll(ahead);
}

/* For a colon: the text of the member's name as written, between its quotes; absent where no string
 * stands before it. */
static inline struct str jsonscan_name(const struct jsonscan *j, size_t mark)
{
    const char *p = j->text.p;
    size_t end = j->mark[mark];

    do {
        if (end == 0)
            return (struct str){0};
        end--;
    } while (byte_is_json_space(p[end]));
    if (p[end] != '"')
        return (struct str){0};
    for (size_t at = end;; at -= 64) {
        size_t word = at / 64, bit = at % 64;
        uint64_t behind = j->quote[word] << 1 << (63 - bit) | *(j->quote + word - 1) >> bit;
        if (behind) {
            size_t begin = at - (size_t)__builtin_clzll(behind);
            return (struct str){p + begin, end - begin};
        }
        if (at < 64)
            return (struct str){0};
    }
}

/* For a colon: the offset of the first byte of the member's value, or text.n where there is none.
 */
static inline size_t jsonscan_value_at(const struct jsonscan *j, size_t mark)
{
    size_t at = (size_t)j->mark[mark] + 1;

    while (at < j->text.n && byte_is_json_space(j->text.p[at]))
        at++;
    return at;
}

/* For a colon: the text of the member's value as written: a string with its quotes, an object or
 * array with its brackets, anything else up to white space, a comma or a mark. Absent where there
 * is none or its end is missing. */
struct str jsonscan_value(const struct jsonscan *j, size_t mark);

/* Where the object or array ends whose opening bracket is at from: the offset behind its closing
 * one; 0 where that is missing, or a backslash stands before it (jsonscan_index knows about them).
 * Any depth; linear in what is skipped. Reads no more than text. */
size_t jsonscan_skip(struct str text, size_t from, enum simd simd);

#endif
