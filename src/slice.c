/* A slicer stands either inside of an item (a record, or something else that begins with a bracket
 * and is to be stepped over), which the scanner runs through at full speed, or between items, where
 * it goes byte by byte. An item is kept in the buffer from its first byte on until it closes.
 *
 * What breaks an item: a line feed in a string; a `{` directly behind a line feed where JSON allows
 * none; the end of the stream; the size limit. Then the bytes behind its beginning are searched for
 * a landmark (landmark.h), since they may be good ones that an unclosed item swallowed. If there is
 * one, slicing starts again there, and up to the place of the break (strict_end) every landmark
 * breaks the item that it stands in. So these bytes are run through once more and not once more for
 * each landmark. An item at its limit without a landmark behind it is skipped: its bytes are no
 * longer kept, only scanned for its end and searched for a landmark.
 *
 * Each byte is scanned at most twice and searched at most twice, whatever the input: an item that
 * breaks again before strict_end has no landmark before it, and beyond it nothing was done yet.
 *
 * All places are offsets in the stream. */
#include "slicer.h"

#include "ctlock/landmark.h"

#include <stdlib.h>
#include <string.h>

static scan_fn *scanner(enum simd simd)
{
    if (!simd_has(simd))
        return NULL;
    switch (simd_choose(simd)) {
    case SIMD_AVX2:
        return scan_avx2();
    case SIMD_AVX512:
        return scan_avx512();
    case SIMD_NEON:
        return scan_neon();
    default:
        return scan_portable();
    }
}

struct slicer *slice_new(enum simd simd)
{
    scan_fn *run = scanner(simd);
    struct slicer *s = run ? calloc(1, sizeof *s) : NULL;
    if (!s)
        return NULL;
    s->scan_run = run;
    s->max_nbytes = SLICE_MAX_RECORD_NBYTES;
    slice_reset(s);
    return s;
}

void slice_free(struct slicer *s)
{
    if (!s)
        return;
    free(s->buf);
    free(s);
}

void slice_reset(struct slicer *s)
{
    *s = (struct slicer){.scan_run = s->scan_run,
                         .max_nbytes = s->max_nbytes,
                         .buf = s->buf,
                         .cap = s->cap,
                         .stop = NOWHERE,
                         .landmark = NOWHERE};
}

void slice_set_limit(struct slicer *s, size_t max_nbytes)
{
    s->max_nbytes = max_nbytes < SLICE_MAX_RECORD_NBYTES ? max_nbytes : SLICE_MAX_RECORD_NBYTES;
}

/* The first byte that is still needed. */
static uint64_t kept_from(const struct slicer *s)
{
    if (s->item == ITEM_NONE)
        return s->pos;
    if (!s->skipping)
        return s->start;
    uint64_t behind = s->pos > LANDMARK_NBYTES ? s->pos - LANDMARK_NBYTES : 0;
    return slice_max(slice_min(behind, s->search - 1), s->base);
}

/* Move what is kept to new memory with room for nbytes more. */
static bool grow(struct slicer *s, uint64_t from, size_t nkept, size_t nbytes)
{
    if (nbytes > SIZE_MAX - nkept)
        return false;
    char *p = malloc(nkept + nbytes);
    if (!p)
        return false;
    if (nkept)
        memcpy(p, slice_at(s, from), nkept);
    free(s->buf);
    s->buf = p;
    s->cap = nkept + nbytes;
    s->base = from;
    return true;
}

char *slice_space(struct slicer *s, size_t min_nbytes, size_t *cap)
{
    uint64_t from = kept_from(s);
    size_t nkept = (size_t)(s->end - from);
    size_t want = min_nbytes ? min_nbytes : 1;
    size_t room = s->cap - (size_t)(s->end - s->base);
    size_t most_short = want / 8;
    /* A short rest is moved to the front each time, since low memory is in the cache. A long one
     * only when the end is reached, and then with room in proportion. New memory has some more, for
     * pieces may be shorter than what is asked for: the moves of a byte must not add up. */
    if (nkept <= most_short || room < want) {
        size_t need = want > nkept / 4 ? want : nkept / 4;
        if (s->cap < nkept || s->cap - nkept < need) {
            size_t more = nkept <= most_short ? most_short : need;
            if (more > SIZE_MAX - need || !grow(s, from, nkept, need + more))
                return NULL;
        } else if (from > s->base) {
            memmove(s->buf, slice_at(s, from), nkept);
            s->base = from;
        }
    }
    *cap = want;
    return s->buf + (s->end - s->base);
}

void slice_commit(struct slicer *s, size_t nbytes)
{
    size_t room = s->cap - (size_t)(s->end - s->base);
    s->end += nbytes < room ? nbytes : room;
}

size_t slice_kept_nbytes(const struct slicer *s)
{
    return (size_t)(s->end - kept_from(s));
}

void slice_swap(struct slicer *s, char **mem, size_t *cap)
{
    char *old = s->buf;
    size_t old_cap = s->cap;
    uint64_t from = kept_from(s);
    if (s->end > from)
        memcpy(*mem, slice_at(s, from), (size_t)(s->end - from));
    s->buf = *mem;
    s->cap = *cap;
    s->base = from;
    *mem = old;
    *cap = old_cap;
}

void slice_end(struct slicer *s)
{
    if (s->stop == NOWHERE)
        s->stop = s->end;
}

void slice_gap(struct slicer *s)
{
    slice_end(s);
}

/* Nothing is left of the bytes that belong together. */
static enum step finish(struct slicer *s, struct slice_problem *found)
{
    bool open = s->place != PLACE_TOP;
    slice_give_up(s, s->pos);
    s->stray = false;
    s->in_junk = false;
    s->stop = NOWHERE;
    return open ? slice_problem_found(found, "cut in the middle of a document", s->pos, false)
                : STEP_ON;
}

enum slice_result slice_next(struct slicer *s, struct str *rec, uint64_t *offset,
                             struct slice_problem *problem)
{
    for (;;) {
        switch (s->item ? slice_item_step(s, problem) : slice_place_step(s, problem)) {
        case STEP_ON:
            break;
        case STEP_RECORD:
            *rec = (struct str){slice_at(s, s->start), (size_t)(s->pos - s->start)};
            *offset = s->start;
            return SLICE_RECORD;
        case STEP_PROBLEM:
            return SLICE_PROBLEM;
        case STEP_MORE:
            if (s->pos != s->stop)
                return SLICE_MORE;
            if (finish(s, problem) == STEP_PROBLEM)
                return SLICE_PROBLEM;
            break;
        }
    }
}
