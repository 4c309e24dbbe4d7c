/* fields: the members of a CloudTrail record that the detector reads, found without a tree. */
#ifndef CTLOCK_FIELDS_H
#define CTLOCK_FIELDS_H

#include "ctlock/fieldname.h"
#include "ctlock/simd.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>

/* The text of the members' values as written: strings with their quotation marks, objects and
 * arrays with their brackets. p is NULL where there is no such member; n is 0 where the value is
 * missing or broken, or is an object that was looked into. */
struct fields {
    struct str value[N_FIELDS];
    bool escapes; /* there may be backslashes in the strings */
};

/* Bytes of working memory for an object of n bytes, n at most JSONSCAN_MAX_NBYTES. */
size_t fields_mem_nbytes(size_t n);

/* Search text, which begins with the `{` of an object of this kind, and the objects in it that
 * belong to the record's shape. Names are looked up with case, their escapes resolved; the first of
 * two equal names counts, and the object of a second one is not looked into. Nesting of any depth
 * needs no stack. mem has fields_mem_nbytes(text.n) bytes, aligned for uint64_t; it is not needed
 * afterwards. *out refers to text. Any thread. */
void fields_read(struct fields *out, struct str text, enum field_object object, void *mem,
                 enum simd simd);

/* A value as text: a string decoded, a number or boolean as written; absent for null, objects,
 * arrays and what is not there. The text lies in the record, or in *scratch if it has escapes;
 * *scratch then moves behind it. A value needs at most as much room as it has in the record. */
struct str fields_text(const struct fields *fields, enum field field, char **scratch);

#endif
