#include "ctlock/duration.h"

static const int64_t max_s = (int64_t)36525 * 86400;

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

bool duration_parse(struct str text, int64_t *out_s)
{
    int64_t v = 0;
    size_t i = 0;
    for (; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++) {
        v = v * 10 + (text.p[i] - '0');
        if (v > max_s)
            return false;
    }
    if (i == 0)
        return false;
    if (i == text.n) {
        if (v != 0)
            return false;
        *out_s = 0;
        return true;
    }
    int64_t unit = unit_s(text.p[i]);
    if (unit == 0 || i + 1 != text.n || v > max_s / unit)
        return false;
    *out_s = v * unit;
    return true;
}
