/* fields: the members of a CloudTrail record that the detector reads, found without a tree. */
#ifndef CTLOCK_FIELDS_H
#define CTLOCK_FIELDS_H

#include "ctlock/fieldname.h"
#include "ctlock/simd.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The text of the members' values as written: strings with their quotation marks, objects and
 * arrays with their brackets. A value is empty where it is missing or broken, or is an object that
 * was looked into. */
struct fields {
    uint64_t found;             /* bit FIELD_X: there is such a member */
    struct str value[N_FIELDS]; /* only of those that are found */
    bool escapes;               /* there may be backslashes in the strings */
};

static inline bool fields_has(const struct fields *fields, enum field field)
{
    return fields->found >> field & 1;
}

/* The value as written; absent where it is empty. */
static inline struct str fields_raw(const struct fields *fields, enum field field)
{
    struct str value = fields->value[field];
    return fields_has(fields, field) && value.n ? value : (struct str){0};
}

/* Search text, which begins with the `{` of an object of this kind, and the objects in it that
 * belong to the record's shape. Names are looked up with case, their escapes resolved; the first of
 * two equal names counts, and the object of a second one is not looked into. Nesting of any depth
 * needs no stack. mem has jsonscan_mem_nbytes(text.n) bytes (jsonscan.h), aligned for uint64_t; it
 * is not needed afterwards. *out refers to text. Any thread. */
void fields_read(struct fields *out, struct str text, enum field_object object, void *mem,
                 enum simd simd);

/* For fields_text: a value that is no plain string. */
struct str fields_decode(struct str value, char **scratch);

/* A value as text: a string decoded, a number or boolean as written; absent for the empty string,
 * null, objects, arrays and what is not there. The text lies in the record, or in *scratch if it
 * has escapes; *scratch then moves behind it. A value needs at most as much room as it has in the
 * record. */
static inline struct str fields_text(const struct fields *fields, enum field field, char **scratch)
{
    struct str value = fields_raw(fields, field);

    if (value.n == 0 || str_eq(value, STR("\"\"")))
        return (struct str){0};
    if (value.p[0] == '"' && !fields->escapes)
        return (struct str){value.p + 1, value.n - 2};
    return fields_decode(value, scratch);
}

#endif
