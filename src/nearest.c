#include "ctlock/nearest.h"

#include "ctlock/byte.h"

/* No known name is longer, and a longer word is near to none. */
enum { MAX_WORD = 48 };

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* Levenshtein's distance, one row of the table at a time; a is at most MAX_WORD bytes. */
static size_t distance(struct str a, struct str b)
{
    size_t row[MAX_WORD + 1];
    for (size_t i = 0; i <= a.n; i++)
        row[i] = i;
    for (size_t k = 0; k < b.n; k++) {
        size_t diagonal = row[0];
        row[0] = k + 1;
        for (size_t i = 0; i < a.n; i++) {
            size_t changed = diagonal + (byte_lower(a.p[i]) != byte_lower(b.p[k]));
            diagonal = row[i + 1];
            row[i + 1] = least(changed, row[i] + 1, row[i + 1] + 1);
        }
    }
    return row[a.n];
}

const char *nearest_name(struct str word, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t best_distance = 0;
    if (word.n > MAX_WORD)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        struct str name = str_of(names[i]);
        size_t d = distance(word, name);
        if (d <= (name.n + 2) / 3 && (!best || d < best_distance)) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}
