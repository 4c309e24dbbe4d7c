/* What DETECTION and text.h want of printed text, written another way than the code under test. */
#ifndef CTLOCK_TESTS_SAFE_TEXT_H
#define CTLOCK_TESTS_SAFE_TEXT_H

#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool is_control(uint32_t c)
{
    return c < 0x20 || c == 0x7f || (c >= 0x80 && c <= 0x9f);
}

static inline bool steers_direction_or_lines(uint32_t c)
{
    static const uint32_t list[] = {0x61c,  0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c,
                                    0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0xfeff};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        if (list[i] == c)
            return true;
    }
    return false;
}

/* Table 3-7 of the Unicode standard. */
static inline size_t decode(const unsigned char *p, size_t n, uint32_t *c)
{
    static const struct {
        unsigned char lo, hi, lo2, hi2;
        size_t len;
    } table[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (p[0] < table[i].lo || p[0] > table[i].hi)
            continue;
        size_t len = table[i].len;
        if (len > n || (len > 1 && (p[1] < table[i].lo2 || p[1] > table[i].hi2)))
            return 0;
        *c = len == 1 ? p[0] : p[0] & (0x3fu >> (len - 1));
        for (size_t k = 1; k < len; k++) {
            if (p[k] < 0x80 || p[k] > 0xbf)
                return 0;
            *c = *c * 64 + (p[k] - 0x80u);
        }
        return len;
    }
    return 0;
}

/* All of s is UTF-8 without anything on the list. */
static inline bool text_is_safe(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0; i < s.n;) {
        uint32_t c;
        size_t len = decode(p + i, s.n - i, &c);
        if (len == 0 || is_control(c) || steers_direction_or_lines(c))
            return false;
        i += len;
    }
    return true;
}

#endif
