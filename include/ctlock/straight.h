/* straight: the quick reader of records written the way AWS writes them, with nothing between the
 * tokens and no backslash. */
#ifndef CTLOCK_STRAIGHT_H
#define CTLOCK_STRAIGHT_H

#include "ctlock/fields.h"

/* What a member can follow: another, as a rule, or the beginning of its object, or the end of an
 * object of these. Each stands in one kind of object. */
enum {
    STRAIGHT_BEGUN = N_FIELDS,
    STRAIGHT_LEFT = STRAIGHT_BEGUN + N_OBJECTS,
    N_STRAIGHT_LAST = STRAIGHT_LEFT + N_OBJECTS
};

/* What is remembered of one of these: what follows, and how long a field's strings are. */
struct straight_place {
    uint64_t stops;    /* bits of the quotation marks of the next string, or 0: nobody knows */
    uint8_t nbytes;    /* where the second one was last time, 0 for a long one */
    uint8_t n_same;    /* how often in a row it was there */
    uint8_t likely[2]; /* fields that followed, the later one first */
};

/* What one thread remembers of earlier records, to be quick; it never changes a result. Zeroed is
 * ready. */
struct straight {
    struct straight_place place[N_STRAIGHT_LAST];
};

/* As fields_read, and with the same result; or false, with *out spoilt, for text that is
 * written otherwise. One thread per straight. */
bool straight_read(struct straight *s, struct fields *out, struct str text,
                   enum field_object object, enum simd simd);

#endif
