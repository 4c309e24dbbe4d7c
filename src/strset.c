#include "ctlock/strset.h"

bool strset_next(const struct strset *s, size_t *at, struct str *out)
{
    if (*at >= s->text.n)
        return false;
    size_t n;
    memcpy(&n, s->text.p + *at, sizeof n);
    *out = (struct str){s->text.p + *at + sizeof n, n};
    *at += sizeof n + n;
    return true;
}

bool strset_has(const struct strset *s, struct str text)
{
    struct str t;
    for (size_t at = 0; strset_next(s, &at, &t);)
        if (str_eq(t, text))
            return true;
    return false;
}

bool strset_add(struct strset *s, struct str text)
{
    if (strset_has(s, text))
        return true;
    if (text.n > STRSET_MAX_NBYTES || s->text.n + sizeof text.n + text.n > STRSET_MAX_NBYTES)
        return true;
    if (!buf_reserve(&s->text, sizeof text.n + text.n)) {
        s->text.failed = false;
        return false;
    }
    buf_add(&s->text, &text.n, sizeof text.n);
    buf_str(&s->text, text);
    return true;
}

void strset_free(struct strset *s)
{
    buf_free(&s->text);
}
