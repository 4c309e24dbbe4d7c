#include "slicer.h"

#include "ctlock/byte.h"
#include "ctlock/landmark.h"
#include "ctlock/magic.h"

#include <string.h>

void slice_give_up(struct slicer *s, uint64_t resume)
{
    s->stray |= s->place != PLACE_TOP;
    s->place = PLACE_TOP;
    s->item = ITEM_NONE;
    s->scalar = SCALAR_NONE;
    s->in_junk = true; /* what is left of it is told already */
    s->pos = resume;
}

/* At the start of a byte order mark: 3 if it is one, 0 if not, -1 if that cannot be told yet. */
static int byte_order_mark(const struct slicer *s, const char *p, uint64_t nbytes)
{
    size_t n = nbytes < 3 ? (size_t)nbytes : 3;
    if (memcmp(p, "\xEF\xBB\xBF", n) != 0)
        return 0;
    if (n == 3)
        return 3;
    return s->stop == NOWHERE ? -1 : 0;
}

/* A byte of junk; only the first is told. What begins with junk is most often no trail at all. */
static enum step junk_byte(struct slicer *s, struct slice_problem *found, const char *p,
                           uint64_t nbytes)
{
    if (s->in_junk) {
        s->pos++;
        return STEP_ON;
    }
    const char *why =
        s->begun ? "junk between records" : magic_tell(p, (size_t)nbytes, s->stop != NOWHERE);
    if (!why)
        return STEP_MORE;
    s->in_junk = true;
    s->pos++;
    return slice_problem_found(found, why, s->pos - 1, false);
}

/* A byte outside of documents that is none of the quiet ones. */
static enum step top_byte(struct slicer *s, struct slice_problem *found, const char *p,
                          uint64_t nbytes)
{
    enum landmark told = LANDMARK_NO;
    size_t n = (size_t)slice_min(nbytes, LANDMARK_NBYTES);
    if (*p == '{')
        told = landmark_object(p, n);
    else if (*p == '[')
        told = landmark_array(p, n, s->in_junk);
    else if (*p == '\xEF' && !s->in_junk) {
        int mark = byte_order_mark(s, p, nbytes);
        if (mark < 0)
            return STEP_MORE;
        s->pos += (uint64_t)mark;
        if (mark)
            return STEP_ON;
    }
    if (told == LANDMARK_OPEN && s->stop == NOWHERE)
        return STEP_MORE;
    if (told == LANDMARK_NO)
        return junk_byte(s, found, p, nbytes);
    if (*p == '{')
        return slice_item_begin(s, ITEM_DOCUMENT);
    s->place = PLACE_ARRAY;
    s->begun = true;
    s->want_comma = false;
    s->in_junk = false;
    s->stray = false;
    s->pos++;
    return STEP_ON;
}

static enum step top_step(struct slicer *s, struct slice_problem *found)
{
    uint64_t end = slice_readable(s);
    for (; s->pos < end; s->pos++) {
        char c = *slice_at(s, s->pos);
        /* 0x1E begins each text of a JSON text sequence, RFC 7464. */
        bool quiet = byte_is_json_space(c) || c == ',' || c == '\x1E' ||
                     (s->stray && (c == ']' || c == '}'));
        if (!quiet)
            return top_byte(s, found, slice_at(s, s->pos), end - s->pos);
    }
    return STEP_MORE;
}

static bool ends_word(char c)
{
    return byte_is_json_space(c) || c == ',' || c == '"' || c == '[' || c == ']' || c == '{' ||
           c == '}';
}

/* Go on through an element that is no record; it ends before a byte that ends elements. A string
 * that does not end on its line breaks the array. */
static void scalar_step(struct slicer *s)
{
    uint64_t end = slice_readable(s);
    for (; s->pos < end && s->scalar != SCALAR_NONE; s->pos++) {
        char c = *slice_at(s, s->pos);
        if (s->scalar == SCALAR_WORD) {
            if (ends_word(c)) {
                s->scalar = SCALAR_NONE;
                return;
            }
        } else if (c == '\n') {
            slice_give_up(s, s->pos + 1);
            return;
        } else if (s->scalar == SCALAR_ESCAPE) {
            s->scalar = SCALAR_STRING;
        } else if (c == '\\' || c == '"') {
            s->scalar = c == '"' ? SCALAR_NONE : SCALAR_ESCAPE;
        }
    }
}

/* A bracket that opens, in an array. */
static enum step array_open(struct slicer *s, struct slice_problem *found, char c)
{
    enum landmark told = LANDMARK_NO;
    if (!s->want_comma && c == '{') {
        size_t n = (size_t)slice_min(slice_readable(s) - s->pos, LANDMARK_NBYTES);
        told = landmark_records(slice_at(s, s->pos), n);
    }
    if (told == LANDMARK_OPEN && s->stop == NOWHERE)
        return STEP_MORE;
    if (s->want_comma || told == LANDMARK_YES) {
        /* Another document: this one was cut short. */
        enum step step = slice_problem_found(found, "document is not closed", s->pos, false);
        slice_give_up(s, s->pos);
        return step;
    }
    return slice_item_begin(s, c == '{' ? ITEM_RECORD : ITEM_LIST);
}

static enum step array_end(struct slicer *s, struct slice_problem *found, char c)
{
    if (c == ']') {
        s->place = s->place == PLACE_RECORDS ? PLACE_BEHIND : PLACE_TOP;
        s->pos++;
        return STEP_ON;
    }
    enum step step = slice_problem_found(found, "document is not closed", s->pos, false);
    slice_give_up(s, s->pos + 1);
    return step;
}

static enum step array_step(struct slicer *s, struct slice_problem *found)
{
    if (s->scalar != SCALAR_NONE) {
        scalar_step(s);
        return s->pos < slice_readable(s) ? STEP_ON : STEP_MORE;
    }
    uint64_t end = slice_readable(s);
    for (; s->pos < end; s->pos++) {
        char c = *slice_at(s, s->pos);
        if (byte_is_json_space(c))
            continue;
        if (c == ',') {
            s->want_comma = false;
            continue;
        }
        if (c == '{' || c == '[')
            return array_open(s, found, c);
        if (c == ']' || c == '}')
            return array_end(s, found, c);
        s->scalar = c == '"' ? SCALAR_STRING : SCALAR_WORD;
        s->want_comma = false;
        s->pos++;
        return slice_problem_found(found, "record is not an object", s->pos - 1, false);
    }
    return STEP_MORE;
}

static enum step behind_step(struct slicer *s, struct slice_problem *found)
{
    uint64_t end = slice_readable(s);
    while (s->pos < end && byte_is_json_space(*slice_at(s, s->pos)))
        s->pos++;
    if (s->pos == end)
        return STEP_MORE;
    char c = *slice_at(s, s->pos);
    if (c == ',')
        return slice_item_begin(s, ITEM_TAIL);
    if (c == '}') {
        s->place = PLACE_TOP;
        s->pos++;
        return STEP_ON;
    }
    enum step step = slice_problem_found(found, "document is not closed", s->pos, false);
    slice_give_up(s, s->pos);
    return step;
}

enum step slice_place_step(struct slicer *s, struct slice_problem *found)
{
    switch (s->place) {
    case PLACE_TOP:
        return top_step(s, found);
    case PLACE_BEHIND:
        return behind_step(s, found);
    case PLACE_ARRAY:
    case PLACE_RECORDS:
        break;
    }
    return array_step(s, found);
}
