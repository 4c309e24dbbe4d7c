/* What the parts of a slicer share: slice.c has the buffer, slice_place.c what is between items,
 * slice_item.c what is inside. Nobody else includes this. */
#ifndef CTLOCK_SLICER_H
#define CTLOCK_SLICER_H

#include "ctlock/scan.h"
#include "ctlock/slice.h"

#define NOWHERE UINT64_MAX

/* Where the bytes between items belong. */
enum place {
    PLACE_TOP,
    PLACE_ARRAY,   /* in a bare array */
    PLACE_RECORDS, /* in the array of a {"Records":[…]} document */
    PLACE_BEHIND   /* behind that array, before the document's `}` or a comma */
};

enum item {
    ITEM_NONE,
    ITEM_DOCUMENT, /* an object outside of arrays: a record, or {"Records":[…]} */
    ITEM_RECORD,   /* an object in an array */
    ITEM_LIST,     /* an array in an array: no record */
    ITEM_TAIL      /* the rest of a {"Records":[…]} document from the comma behind the array on */
};

/* Inside of an array's element that is no object and no array. */
enum scalar { SCALAR_NONE, SCALAR_WORD, SCALAR_STRING, SCALAR_ESCAPE };

struct slicer {
    scan_fn *scan_run;
    size_t max_nbytes;
    char *buf;
    size_t cap;
    uint64_t base; /* of buf's first byte */
    uint64_t end;  /* of what was committed */
    uint64_t pos;  /* of the next byte to look at */
    uint64_t stop; /* of the bytes that belong together, or NOWHERE while more may come */

    enum place place;
    enum scalar scalar;
    bool want_comma; /* in an array, behind an element */
    bool begun;      /* a document or a bare array */
    bool in_junk;    /* told already */
    bool stray;      /* an array was given up: its end may still come, and is quiet */

    enum item item;
    uint64_t start; /* of the item */
    struct scan scan;
    bool skipping;
    uint64_t search; /* while skipping: where the search for a landmark goes on */
    uint64_t strict_end;
    uint64_t landmark; /* the next one before strict_end behind start, or NOWHERE */
};

/* What one step came to: ON is go on, RECORD that one stands from start up to pos. */
enum step { STEP_ON, STEP_RECORD, STEP_PROBLEM, STEP_MORE };

static inline const char *slice_at(const struct slicer *s, uint64_t offset)
{
    return s->buf + (offset - s->base);
}

static inline uint64_t slice_readable(const struct slicer *s)
{
    return s->stop < s->end ? s->stop : s->end;
}

static inline uint64_t slice_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t slice_max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline enum step slice_problem_found(struct slice_problem *found, const char *why,
                                            uint64_t offset, bool oversized)
{
    *found = (struct slice_problem){why, offset, oversized};
    return STEP_PROBLEM;
}

/* The document that pos is in is given up; slicing begins again at resume. */
void slice_give_up(struct slicer *s, uint64_t resume);

/* Go into an item whose first byte is at pos. */
enum step slice_item_begin(struct slicer *s, enum item item);

/* Go on inside of an item, and between items. */
enum step slice_item_step(struct slicer *s, struct slice_problem *found);
enum step slice_place_step(struct slicer *s, struct slice_problem *found);

#endif
