#include "ctlock/landmark.h"

#include "ctlock/byte.h"
#include "ctlock/str.h"

/* Reads forward through at most LANDMARK_NBYTES. */
struct cursor {
    const char *p;
    size_t n;
};

static struct cursor cursor_of(const char *p, size_t nbytes)
{
    return (struct cursor){p, nbytes < LANDMARK_NBYTES ? nbytes : LANDMARK_NBYTES};
}

static void skip_space(struct cursor *r)
{
    while (r->n && byte_is_json_space(*r->p)) {
        r->p++;
        r->n--;
    }
}

/* Step over want if it stands there. */
static enum landmark take(struct cursor *r, struct str want)
{
    size_t n = r->n < want.n ? r->n : want.n;
    if (n && memcmp(r->p, want.p, n) != 0)
        return LANDMARK_NO;
    r->p += n;
    r->n -= n;
    return n < want.n ? LANDMARK_OPEN : LANDMARK_YES;
}

static enum landmark take_all(struct cursor *r, const struct str *want, size_t nwant)
{
    enum landmark told = LANDMARK_YES;
    for (size_t i = 0; i < nwant && told == LANDMARK_YES; i++) {
        if (i)
            skip_space(r);
        told = take(r, want[i]);
    }
    return told;
}

/* A bracket and then, behind white space, one of the bytes of next. */
static enum landmark bracket(const char *p, size_t nbytes, char open, struct str next)
{
    struct cursor r = cursor_of(p, nbytes);
    enum landmark told = take(&r, (struct str){&open, 1});
    if (told != LANDMARK_YES)
        return told;
    skip_space(&r);
    if (r.n)
        return memchr(next.p, *r.p, next.n) ? LANDMARK_YES : LANDMARK_NO;
    return nbytes < LANDMARK_NBYTES ? LANDMARK_OPEN : LANDMARK_YES;
}

enum landmark landmark_object(const char *p, size_t nbytes)
{
    if (nbytes > 1 && p[0] == '{' && p[1] == '"')
        return LANDMARK_YES;
    return bracket(p, nbytes, '{', STR("\"}"));
}

enum landmark landmark_array(const char *p, size_t nbytes, bool only_objects)
{
    return bracket(p, nbytes, '[', only_objects ? STR("{") : STR("{[]\"-0123456789tfn"));
}

enum landmark landmark_records(const char *p, size_t nbytes)
{
    static const struct str want[] = {{"{", 1}, {"\"Records\"", 9}, {":", 1}, {"[", 1}};
    if (nbytes > 2 && p[1] == '"' && p[2] != 'R')
        return LANDMARK_NO;
    struct cursor r = cursor_of(p, nbytes);
    enum landmark told = take_all(&r, want, sizeof want / sizeof *want);
    return told == LANDMARK_OPEN && nbytes >= LANDMARK_NBYTES ? LANDMARK_NO : told;
}

/* Number of bytes before end, of at most nbytes, without the white space directly before it. */
static size_t without_space(const char *end, size_t nbytes)
{
    size_t back = 0;
    while (back < nbytes && byte_is_json_space(end[-1 - (ptrdiff_t)back]))
        back++;
    return nbytes - back;
}

bool landmark_records_name(const char *end, size_t nbytes)
{
    if (nbytes > LANDMARK_NBYTES)
        nbytes = LANDMARK_NBYTES;
    const char *p = end - nbytes;
    size_t n = without_space(end, nbytes);
    if (n == 0 || p[n - 1] != ':')
        return false;
    n = without_space(p + n - 1, n - 1);
    if (!str_ends((struct str){p, n}, STR("\"Records\"")))
        return false;
    n -= STR("\"Records\"").n;
    /* What may stand before a name. It is no backslash, so the name is not the end of another. */
    return n && (p[n - 1] == '{' || p[n - 1] == ',' || byte_is_json_space(p[n - 1]));
}

bool landmark_may_nest(const char *end, size_t nbytes)
{
    if (nbytes > LANDMARK_NBYTES)
        nbytes = LANDMARK_NBYTES;
    size_t n = without_space(end, nbytes);
    if (n == 0)
        return true;
    char c = *(end - nbytes + n - 1);
    return c == ':' || c == ',' || c == '[';
}

/* A `{` and a name that CloudTrail's documents or records begin with. *n is then their length. */
static enum landmark known_name(const char *p, size_t nbytes, size_t *n)
{
    static const struct str records[] = {{"{", 1}, {"\"Records\"", 9}};
    static const struct str version[] = {{"{", 1}, {"\"eventVersion\"", 14}};
    struct cursor r = cursor_of(p, nbytes);
    enum landmark told = take_all(&r, records, 2);
    if (told == LANDMARK_NO) {
        r = cursor_of(p, nbytes);
        told = take_all(&r, version, 2);
    }
    *n = (size_t)(r.p - p);
    return told == LANDMARK_OPEN && nbytes >= LANDMARK_NBYTES ? LANDMARK_NO : told;
}

size_t landmark_find(const char *p, size_t from, size_t to, size_t *end)
{
    *end = to;
    while (from < to) {
        const char *brace = memchr(p + from, '{', to - from);
        if (!brace)
            break;
        from = (size_t)(brace - p);
        size_t n = 1;
        enum landmark told = brace[-1] == '\n' ? LANDMARK_YES : known_name(brace, to - from, &n);
        if (told == LANDMARK_YES) {
            *end = from + n;
            return from;
        }
        if (told == LANDMARK_OPEN) {
            *end = from;
            break;
        }
        from++;
    }
    return to;
}
