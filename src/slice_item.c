#include "slicer.h"

#include "ctlock/landmark.h"

/* landmark_find between two places. */
static uint64_t find_landmark(const struct slicer *s, uint64_t from, uint64_t to, uint64_t *end)
{
    size_t n = 0;
    size_t found = landmark_find(s->buf, (size_t)(from - s->base), (size_t)(to - s->base), &n);
    *end = s->base + n;
    return s->base + found < to ? s->base + found : NOWHERE;
}

/* The next landmark in the bytes that are run through once more. */
static void next_landmark(struct slicer *s)
{
    uint64_t end;
    s->landmark = find_landmark(s, s->pos, s->strict_end, &end);
    if (s->landmark == NOWHERE)
        s->strict_end = end;
}

enum step slice_item_begin(struct slicer *s, enum item item)
{
    bool list = item == ITEM_LIST;
    s->item = item;
    s->begun = true;
    s->start = s->pos++;
    s->scan = list ? scan_begin('[', ']') : scan_begin('{', '}');
    s->scan.arrays = item == ITEM_DOCUMENT;
    s->skipping = false;
    s->in_junk = false;
    if (s->start < s->strict_end && s->landmark <= s->start)
        next_landmark(s);
    return STEP_ON;
}

static const char *unclosed(const struct slicer *s)
{
    return s->item == ITEM_TAIL ? "document is not closed" : "record is not closed";
}

static bool is_oversized(const struct slicer *s)
{
    return s->skipping && (s->item == ITEM_DOCUMENT || s->item == ITEM_RECORD);
}

/* The item breaks at the byte at broken. Go on at a landmark in it, else at resume. */
static enum step item_break(struct slicer *s, struct slice_problem *found, uint64_t broken,
                            uint64_t resume, const char *why)
{
    uint64_t from = slice_max(s->start + 1, s->strict_end);
    uint64_t ignored;
    uint64_t begin = NOWHERE;
    if (!s->skipping && from < broken)
        begin = find_landmark(s, from, broken, &ignored);
    if (begin != NOWHERE) {
        s->strict_end = broken;
        s->landmark = begin;
        resume = begin;
        why = unclosed(s);
    }
    enum step step = slice_problem_found(found, why, s->start, is_oversized(s));
    slice_give_up(s, resume);
    return step;
}

/* The item's last byte is before pos. */
static enum step item_close(struct slicer *s, struct slice_problem *found)
{
    enum item item = s->item;
    s->item = ITEM_NONE;
    s->want_comma = true;
    switch (item) {
    case ITEM_TAIL:
        s->place = PLACE_TOP;
        return STEP_ON;
    case ITEM_LIST:
        return slice_problem_found(found, "record is not an object", s->start, false);
    default:
        break;
    }
    if (s->skipping)
        return slice_problem_found(found, "record is above 1 MiB", s->start, true);
    return STEP_RECORD;
}

/* The `[` before pos stands in a document outside of its objects. */
static enum step item_array(struct slicer *s)
{
    uint64_t bracket = s->pos - 1;
    size_t nbehind = (size_t)slice_min(bracket - s->start, LANDMARK_NBYTES);
    if (landmark_records_name(slice_at(s, bracket), nbehind)) {
        s->item = ITEM_NONE;
        s->place = PLACE_RECORDS;
        s->want_comma = false;
        s->stray = false;
    }
    return STEP_ON;
}

/* The bracket before pos stands directly behind a line feed. */
static enum step item_line_open(struct slicer *s, struct slice_problem *found)
{
    uint64_t bracket = s->pos - 1;
    size_t nbehind = (size_t)slice_min(bracket - s->start, LANDMARK_NBYTES);
    if (landmark_may_nest(slice_at(s, bracket), nbehind))
        return STEP_ON;
    return item_break(s, found, bracket, bracket, unclosed(s));
}

/* All bytes up to bound are scanned and the item is open. begin is a landmark there. */
static enum step item_at_bound(struct slicer *s, struct slice_problem *found, uint64_t begin)
{
    if (begin != NOWHERE)
        return item_break(s, found, begin, begin, unclosed(s));
    if (!s->skipping && s->pos - s->start >= s->max_nbytes) {
        s->search = slice_max(s->start + 1, s->strict_end);
        if (find_landmark(s, s->search, s->pos, &s->search) != NOWHERE)
            return item_break(s, found, s->pos, s->pos, unclosed(s));
        s->skipping = true;
        return STEP_ON;
    }
    if (s->pos < s->stop)
        return STEP_MORE;
    return item_break(s, found, s->pos, s->pos,
                      s->item == ITEM_TAIL ? "cut in the middle of a document"
                                           : "cut in the middle of a record");
}

/* Where to scan to at most. *begin is the landmark that breaks the item if it is open there. */
static uint64_t item_bound(struct slicer *s, uint64_t *begin)
{
    uint64_t bound = slice_readable(s);
    if (s->skipping) {
        uint64_t end;
        *begin = find_landmark(s, s->search, bound, &end);
        s->search = *begin != NOWHERE ? *begin : end;
        /* What comes before a landmark's last byte comes first, for that byte may not be here yet.
         */
        return *begin != NOWHERE ? end - 1 : bound;
    }
    bound = slice_min(bound, s->start + s->max_nbytes);
    if (s->landmark <= s->start || s->landmark >= s->strict_end || s->landmark > bound)
        return bound;
    *begin = s->landmark;
    return s->landmark;
}

enum step slice_item_step(struct slicer *s, struct slice_problem *found)
{
    uint64_t begin = NOWHERE;
    uint64_t bound = item_bound(s, &begin);
    enum scan_stop stop = SCAN_END;
    if (s->pos < bound)
        s->pos += s->scan_run(&s->scan, slice_at(s, s->pos), (size_t)(bound - s->pos), &stop);
    switch (stop) {
    case SCAN_CLOSED:
        return item_close(s, found);
    case SCAN_NEWLINE:
        return item_break(s, found, s->pos - 1, s->pos, "line ends inside a string");
    case SCAN_LINE_OPEN:
        return item_line_open(s, found);
    case SCAN_ARRAY:
        return item_array(s);
    case SCAN_END:
        break;
    }
    return item_at_bound(s, found, begin);
}
