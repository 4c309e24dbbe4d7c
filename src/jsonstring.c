#include "ctlock/jsonstring.h"

#include "ctlock/byte.h"

#include <stdint.h>

/* Four hexadecimal digits, or -1. */
static int32_t read_hex4(const char *p)
{
    int32_t value = 0;

    for (int i = 0; i < 4; i++) {
        int digit = byte_hex(p[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static size_t put_utf8(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* A \u escape at p, which may be half of a pair. Returns the bytes read, 0 if it is none. */
static size_t decode_unicode(const char *p, const char *end, uint32_t *out)
{
    int32_t first = end - p >= 6 && p[1] == 'u' ? read_hex4(p + 2) : -1;

    if (first < 0)
        return 0;
    *out = (uint32_t)first;
    if (first < 0xD800 || first > 0xDFFF)
        return 6;
    *out = 0xFFFD;
    if (first > 0xDBFF || end - p < 12 || p[6] != '\\' || p[7] != 'u')
        return 6;
    int32_t second = read_hex4(p + 8);
    if (second < 0xDC00 || second > 0xDFFF)
        return 6;
    *out = 0x10000 + ((uint32_t)(first - 0xD800) << 10) + (uint32_t)(second - 0xDC00);
    return 12;
}

/* What the character behind a backslash stands for, or 0. */
static char simple_escape(char c)
{
    switch (c) {
    case '"':
    case '\\':
    case '/':
        return c;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

size_t jsonstring_decode(struct str raw, char *out)
{
    const char *p = raw.p, *end = raw.p + raw.n;
    size_t n = 0;

    while (p < end) {
        uint32_t c;
        size_t used;
        if (*p != '\\' || end - p < 2) {
            out[n++] = *p++;
        } else if (simple_escape(p[1])) {
            out[n++] = simple_escape(p[1]);
            p += 2;
        } else if ((used = decode_unicode(p, end, &c)) != 0) {
            n += put_utf8(c, out + n);
            p += used;
        } else {
            out[n++] = *p++;
            out[n++] = *p++;
        }
    }
    return n;
}
