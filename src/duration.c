#include "ctlock/duration.h"

static const char units[] = "dhms";

static int64_t unit_s(char unit)
{
    switch (unit) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    default:
        return 0;
    }
}

/* Take the digits that text begins with. False where it begins with none, or they are too many. */
static bool take_number(struct str *text, int64_t *out)
{
    size_t i = 0;
    *out = 0;
    for (; i < text->n && text->p[i] >= '0' && text->p[i] <= '9'; i++) {
        *out = *out * 10 + (text->p[i] - '0');
        if (*out > DURATION_MAX_S)
            return false;
    }
    *text = str_skip(*text, i);
    return i > 0;
}

bool duration_parse(struct str text, int64_t *out_s)
{
    int64_t n, sum_s = 0, before_s = INT64_MAX;
    struct str rest = text;
    if (take_number(&rest, &n) && n == 0 && rest.n == 0) {
        *out_s = 0;
        return true;
    }
    while (text.n > 0) {
        if (!take_number(&text, &n) || text.n == 0)
            return false;
        int64_t unit = unit_s(text.p[0]);
        if (unit == 0 || unit >= before_s || n > (DURATION_MAX_S - sum_s) / unit)
            return false;
        sum_s += n * unit;
        before_s = unit;
        text = str_skip(text, 1);
    }
    if (before_s == INT64_MAX)
        return false;
    *out_s = sum_s;
    return true;
}

void duration_format(int64_t duration_s, struct buf *out)
{
    if (duration_s == 0)
        buf_putc(out, '0');
    for (const char *unit = units; *unit; unit++) {
        int64_t n = duration_s / unit_s(*unit);
        if (n)
            buf_printf(out, "%lld%c", (long long)n, *unit);
        duration_s %= unit_s(*unit);
    }
}
