#include "ctlock/glob.h"

/* head, then `:` and tail if there is a tail at all. */
struct subject {
    struct str head, tail;
    size_t n;
};

static inline char byte_at(const struct subject *s, size_t i)
{
    if (i < s->head.n)
        return s->head.p[i];
    return i == s->head.n ? ':' : s->tail.p[i - s->head.n - 1];
}

/* Only the last star seen is ever tried again: what an earlier one took could not help, since the
 * last can take it too. */
static bool match(struct str pattern, const struct subject *s)
{
    size_t p = 0, i = 0;
    size_t star = pattern.n, star_i = 0; /* behind the last star, and what it leaves */
    bool starred = false;
    while (i < s->n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            starred = true;
            star = ++p;
            star_i = i;
        } else if (p < pattern.n && (pattern.p[p] == '?' || pattern.p[p] == byte_at(s, i))) {
            p++;
            i++;
        } else if (starred) {
            p = star;
            i = ++star_i;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

bool glob_match(struct str pattern, struct str text)
{
    struct subject s = {.head = text, .n = text.n};
    return match(pattern, &s);
}

bool glob_match_pair(struct str pattern, struct str head, struct str tail)
{
    struct subject s = {.head = head, .tail = tail, .n = head.n + 1 + tail.n};
    return match(pattern, &s);
}

bool glob_is_wild(struct str pattern)
{
    return pattern.n > 0 &&
           (memchr(pattern.p, '*', pattern.n) != NULL || memchr(pattern.p, '?', pattern.n) != NULL);
}
