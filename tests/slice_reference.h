/* A second slicer for tests: all the input in one piece, one byte at a time, looking ahead as far
 * as it likes. It says in the plainest form what slice.c does in blocks and across cuts. */
#ifndef SLICE_REFERENCE_H
#define SLICE_REFERENCE_H

#include "ctlock/magic.h"
#include "ctlock/slice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REF_LOOK 4096

/* One thing that a slicer gave out. */
struct ref_out {
    enum slice_result kind;
    uint64_t offset;
    size_t nbytes;   /* of a record */
    const char *why; /* of a problem */
    bool oversized;
};

struct ref_list {
    struct ref_out *out;
    size_t n, cap;
};

static void ref_add(struct ref_list *l, struct ref_out out)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 64;
        l->out = realloc(l->out, l->cap * sizeof *l->out);
        if (!l->out)
            abort();
    }
    l->out[l->n++] = out;
}

static bool ref_same(const struct ref_out *a, const struct ref_out *b)
{
    return a->kind == b->kind && a->offset == b->offset && a->nbytes == b->nbytes &&
           a->oversized == b->oversized && (a->why == NULL) == (b->why == NULL) &&
           (!a->why || strcmp(a->why, b->why) == 0);
}

struct ref {
    const char *p;
    size_t n;
    size_t max;
    size_t pos;
    size_t strict_end; /* before it, a landmark breaks the record that it stands in */
    char place;        /* 't'op, 'a'rray, 'r'ecords array, 'b'ehind it */
    bool begun, want_comma, quiet_junk, quiet_close;
    struct ref_list *list;
};

static bool ref_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t ref_skip_space(const struct ref *r, size_t i)
{
    while (i < r->n && ref_space(r->p[i]))
        i++;
    return i;
}

static void ref_problem(struct ref *r, const char *why, size_t offset, bool oversized)
{
    ref_add(r->list, (struct ref_out){SLICE_PROBLEM, offset, 0, why, oversized});
}

/* The end of these words, spaces allowed between, or 0. */
static size_t ref_words(const struct ref *r, size_t i, size_t end, const char *const *word)
{
    size_t from = i;
    for (; *word; word++) {
        size_t n = strlen(*word);
        if (i != from)
            i = ref_skip_space(r, i);
        if (i + n > end || memcmp(r->p + i, *word, n) != 0)
            return 0;
        i += n;
    }
    return i - from <= REF_LOOK ? i : 0;
}

/* The end of what shows that a record begins at i, or 0. */
static size_t ref_landmark(const struct ref *r, size_t i, size_t end)
{
    static const char *const records[] = {"{", "\"Records\"", NULL};
    static const char *const version[] = {"{", "\"eventVersion\"", NULL};
    if (r->p[i] == '{' && r->p[i - 1] == '\n')
        return i + 1;
    size_t e = ref_words(r, i, end, records);
    return e ? e : ref_words(r, i, end, version);
}

static size_t ref_next_landmark(const struct ref *r, size_t from, size_t end, size_t *known)
{
    for (size_t i = from; i < end; i++)
        if (r->p[i] == '{' && (*known = ref_landmark(r, i, end)) != 0)
            return i;
    return end;
}

/* Is the `[` at i the value of a name "Records" behind start? */
static bool ref_is_records(const struct ref *r, size_t start, size_t i)
{
    size_t low = i - start > REF_LOOK ? i - REF_LOOK : start;
    size_t k = i;
    while (k > low && ref_space(r->p[k - 1]))
        k--;
    if (k == low || r->p[--k] != ':')
        return false;
    while (k > low && ref_space(r->p[k - 1]))
        k--;
    if (k - low < 10 || memcmp(r->p + k - 9, "\"Records\"", 9) != 0)
        return false;
    char before = r->p[k - 10];
    return before == '{' || before == ',' || ref_space(before);
}

static bool ref_may_nest(const struct ref *r, size_t start, size_t i)
{
    size_t low = i - start > REF_LOOK ? i - REF_LOOK : start;
    while (i > low && ref_space(r->p[i - 1]))
        i--;
    return i == low || memchr(":,[", r->p[i - 1], 3);
}

static void ref_give_up(struct ref *r, size_t resume)
{
    r->quiet_close = r->quiet_close || r->place != 't';
    r->place = 't';
    r->want_comma = false;
    r->quiet_junk = true;
    r->pos = resume;
}

/* The item from start is broken at `broken`. */
static void ref_break(struct ref *r, size_t start, char kind, size_t broken, size_t resume,
                      const char *why, bool over)
{
    size_t known;
    size_t begin = over ? broken : ref_next_landmark(r, start + 1, broken, &known);
    if (begin < broken) {
        r->strict_end = broken;
        resume = begin;
        why = kind == 't' ? "document is not closed" : "record is not closed";
    }
    ref_problem(r, why, start, over && (kind == 'd' || kind == 'r'));
    ref_give_up(r, resume);
}

/* Take an item: 'd'ocument, 'r'ecord, 'l'ist or 't'ail, whose first byte is at pos. */
static void ref_item(struct ref *r, char kind)
{
    const char *p = r->p;
    size_t start = r->pos, known = 0;
    char open = kind == 'l' ? '[' : '{', close = kind == 'l' ? ']' : '}';
    const char *unclosed = kind == 't' ? "document is not closed" : "record is not closed";
    bool quoted = false, escaped = false, over = false;
    size_t depth = 1, begin = r->n;
    r->quiet_junk = false;
    for (size_t i = start + 1;; i++) {
        if (!over && i - start >= r->max) {
            if (ref_next_landmark(r, start + 1, i, &known) < i) {
                ref_break(r, start, kind, i, i, unclosed, false);
                return;
            }
            over = true;
            begin = ref_next_landmark(r, start + 1, r->n, &known);
        }
        /* A landmark is met at its last byte, for only then it is one. */
        if (over && begin < r->n && i + 1 >= known) {
            ref_break(r, start, kind, begin, begin, unclosed, true);
            return;
        }
        if (i < r->strict_end && p[i] == '{' && ref_landmark(r, i, r->strict_end)) {
            ref_break(r, start, kind, i, i, unclosed, over);
            return;
        }
        if (i == r->n) {
            ref_break(r, start, kind, i, i,
                      kind == 't' ? "cut in the middle of a document"
                                  : "cut in the middle of a record",
                      over);
            return;
        }
        bool plain = escaped;
        escaped = !escaped && p[i] == '\\';
        if (p[i] == '\n' && quoted) {
            ref_break(r, start, kind, i, i + 1, "line ends inside a string", over);
            return;
        }
        if (p[i] == '"' && !plain)
            quoted = !quoted;
        if (quoted)
            continue;
        if (p[i] == open && p[i - 1] == '\n' && i > start + 1 && !ref_may_nest(r, start, i)) {
            ref_break(r, start, kind, i, i, unclosed, over);
            return;
        }
        if (p[i] == open)
            depth++;
        if (p[i] == close && --depth == 0) {
            r->pos = i + 1;
            r->want_comma = true;
            if (kind == 't')
                r->place = 't';
            else if (kind == 'l')
                ref_problem(r, "record is not an object", start, false);
            else if (over)
                ref_problem(r, "record is above 1 MiB", start, true);
            else
                ref_add(r->list, (struct ref_out){SLICE_RECORD, start, i + 1 - start, NULL, false});
            return;
        }
        if (kind == 'd' && p[i] == '[' && depth == 1 && ref_is_records(r, start, i)) {
            r->place = 'r';
            r->want_comma = false;
            r->quiet_close = false;
            r->pos = i + 1;
            return;
        }
    }
}

static void ref_top(struct ref *r)
{
    char c = r->p[r->pos];
    size_t next = ref_skip_space(r, r->pos + 1);
    bool far = next - r->pos >= REF_LOOK;
    char then = next < r->n ? r->p[next] : '\0';
    bool may = far || next == r->n;
    if (ref_space(c) || c == ',' || c == 0x1E || (r->quiet_close && (c == ']' || c == '}'))) {
        r->pos++;
    } else if (c == '{' && (may || then == '"' || then == '}')) {
        r->begun = true;
        ref_item(r, 'd');
    } else if (c == '[' && (may || then == '{' ||
                            (!r->quiet_junk && then && strchr("[]\"-0123456789tfn", then)))) {
        r->place = 'a';
        r->begun = true;
        r->want_comma = r->quiet_junk = r->quiet_close = false;
        r->pos++;
    } else if (!r->quiet_junk && r->n - r->pos >= 3 &&
               memcmp(r->p + r->pos, "\xEF\xBB\xBF", 3) == 0) {
        r->pos += 3;
    } else {
        if (!r->quiet_junk)
            ref_problem(r,
                        r->begun ? "junk between records"
                                 : magic_tell(r->p + r->pos, r->n - r->pos, true),
                        r->pos, false);
        r->quiet_junk = true;
        r->pos++;
    }
}

/* Step over an array's element that begins with neither bracket. */
static void ref_scalar(struct ref *r)
{
    size_t i = r->pos;
    ref_problem(r, "record is not an object", i, false);
    r->want_comma = false;
    if (r->p[i++] == '"') {
        while (i < r->n && r->p[i] != '"' && r->p[i] != '\n')
            i += r->p[i] == '\\' && i + 1 < r->n && r->p[i + 1] != '\n' ? 2 : 1;
        if (i < r->n && r->p[i] == '\n') {
            ref_give_up(r, i + 1);
            return;
        }
        i += i < r->n;
    } else {
        while (i < r->n && !ref_space(r->p[i]) && !memchr(",[]{}\"", r->p[i], 6))
            i++;
    }
    r->pos = i;
}

static void ref_array(struct ref *r)
{
    static const char *const records[] = {"{", "\"Records\"", ":", "[", NULL};
    char c = r->p[r->pos];
    if (ref_space(c)) {
        r->pos++;
    } else if (c == ',') {
        r->want_comma = false;
        r->pos++;
    } else if (c == ']') {
        r->place = r->place == 'r' ? 'b' : 't';
        r->pos++;
    } else if (c == '}') {
        ref_problem(r, "document is not closed", r->pos, false);
        ref_give_up(r, r->pos + 1);
    } else if (c == '{' || c == '[') {
        if (r->want_comma || ref_words(r, r->pos, r->n, records)) {
            ref_problem(r, "document is not closed", r->pos, false);
            ref_give_up(r, r->pos);
        } else {
            ref_item(r, c == '{' ? 'r' : 'l');
        }
    } else {
        ref_scalar(r);
    }
}

static void ref_behind(struct ref *r)
{
    char c = r->p[r->pos];
    if (ref_space(c)) {
        r->pos++;
    } else if (c == ',') {
        ref_item(r, 't');
    } else if (c == '}') {
        r->place = 't';
        r->pos++;
    } else {
        ref_problem(r, "document is not closed", r->pos, false);
        ref_give_up(r, r->pos);
    }
}

/* All that slicing nbytes at p gives, the end of the stream included. */
static void ref_slice(const char *p, size_t nbytes, size_t max, struct ref_list *list)
{
    struct ref r = {.p = p, .n = nbytes, .max = max, .place = 't', .list = list};
    while (r.pos < r.n) {
        if (r.place == 't')
            ref_top(&r);
        else if (r.place == 'b')
            ref_behind(&r);
        else
            ref_array(&r);
    }
    if (r.place != 't')
        ref_problem(&r, "cut in the middle of a document", r.pos, false);
}

/* Take out what is ready; records are checked against the input. */
static void ref_take(struct slicer *s, const char *p, struct ref_list *list)
{
    for (;;) {
        struct str rec = {0};
        uint64_t offset = 0;
        struct slice_problem problem = {0};
        enum slice_result result = slice_next(s, &rec, &offset, &problem);
        if (result == SLICE_RECORD) {
            if (memcmp(p + offset, rec.p, rec.n) != 0)
                abort();
            ref_add(list, (struct ref_out){result, offset, rec.n, NULL, false});
        } else if (result == SLICE_PROBLEM) {
            ref_add(list,
                    (struct ref_out){result, problem.offset, 0, problem.why, problem.oversized});
        } else {
            return;
        }
    }
}

/* Put the slicer into other memory, which is no larger than it must be, or a little. */
static void ref_move(struct slicer *s, size_t more)
{
    size_t cap = slice_kept_nbytes(s) + more;
    char *mem = malloc(cap + 1);
    if (!mem)
        abort();
    slice_swap(s, &mem, &cap);
    memset(mem, 'Z', cap); /* nothing may need it any more */
    free(mem);
}

/* The same by a slicer, fed as next(self) says: a number of bytes, taken at least as 1. */
static void ref_feed(struct slicer *s, const char *p, size_t nbytes, size_t (*next)(void *),
                     void *self, struct ref_list *list)
{
    size_t at = 0;
    while (at < nbytes) {
        size_t want = next(self), cap = 0;
        want = want == 0 ? 1 : want > nbytes - at ? nbytes - at : want;
        char *room = slice_space(s, want, &cap);
        if (!room || cap < want)
            abort();
        memcpy(room, p + at, want);
        slice_commit(s, want);
        at += want;
        ref_take(s, p, list);
        if (at % 3 == 0)
            ref_move(s, at % 7);
    }
    slice_end(s);
    ref_take(s, p, list);
}

/* Print what differs. True if the lists are equal. */
static bool ref_compare(const struct ref_list *want, const struct ref_list *got, const char *name)
{
    size_t i = 0;
    while (i < want->n && i < got->n && ref_same(&want->out[i], &got->out[i]))
        i++;
    if (i == want->n && i == got->n)
        return true;
    for (int k = 0; k < 2; k++) {
        const struct ref_list *l = k ? got : want;
        (void)fprintf(stderr, "%s: %s %zu of %zu:", name, k ? "slicer" : "reference", i, l->n);
        if (i < l->n)
            (void)fprintf(stderr, " %s at %llu, %zu bytes, %s%s",
                          l->out[i].kind == SLICE_RECORD ? "record" : "problem",
                          (unsigned long long)l->out[i].offset, l->out[i].nbytes,
                          l->out[i].why ? l->out[i].why : "-",
                          l->out[i].oversized ? ", oversized" : "");
        (void)fputc('\n', stderr);
    }
    return false;
}

#endif
