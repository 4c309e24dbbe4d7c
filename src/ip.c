#include "ctlock/ip.h"

#include "ctlock/byte.h"

static const uint8_t mapped_head[12] = {[10] = 0xff, [11] = 0xff};

/* Four numbers of 0 to 255 from p up to exactly end. */
static bool v4_parse(const char *p, const char *end, uint8_t out[4])
{
    for (int i = 0; i < 4; i++) {
        if (i > 0 && (p == end || *p++ != '.'))
            return false;
        if (p == end || !byte_is_digit(*p))
            return false;
        unsigned v = (unsigned)(*p++ - '0');
        if (v != 0 && p != end && byte_is_digit(*p)) {
            v = v * 10 + (unsigned)(*p++ - '0');
            if (p != end && byte_is_digit(*p))
                v = v * 10 + (unsigned)(*p++ - '0');
            if (v > 255)
                return false;
        }
        out[i] = (uint8_t)v;
    }
    return p == end;
}

/* Read 1 to 4 hex digits to *group; the number of digits, 0 if there is none or a fifth follows. */
static int group_parse(const char *p, const char *end, unsigned *group)
{
    unsigned v = 0;
    int n = 0;
    for (; p != end; p++, n++) {
        int h = byte_hex(*p);
        if (h < 0)
            break;
        if (n == 4)
            return 0;
        v = v << 4 | (unsigned)h;
    }
    *group = v;
    return n;
}

/* Move what stands behind the `::` at byte gap to the end; n bytes were read. */
static void v6_open_gap(uint8_t out[16], int n, int gap)
{
    int tail = n - gap;
    memmove(out + 16 - tail, out + gap, (size_t)tail);
    memset(out + gap, 0, (size_t)(16 - n));
}

static bool v6_parse(const char *p, const char *end, uint8_t out[16])
{
    int n = 0, gap = -1;
    if (end - p < 2)
        return false;
    if (p[0] == ':') {
        if (p[1] != ':')
            return false;
        gap = 0;
        p += 2;
    }
    while (p != end) {
        unsigned group;
        int digits = group_parse(p, end, &group);
        if (digits == 0 || n == 16)
            return false;
        if (p + digits != end && p[digits] == '.') {
            if (n > 12 || !v4_parse(p, end, out + n))
                return false;
            n += 4;
            break;
        }
        p += digits;
        out[n++] = (uint8_t)(group >> 8);
        out[n++] = (uint8_t)group;
        if (p == end)
            break;
        if (*p++ != ':' || p == end)
            return false;
        if (*p == ':') {
            if (gap >= 0)
                return false;
            gap = n;
            p++;
        }
    }
    if (gap < 0)
        return n == 16;
    /* `::` stands for one group at least. */
    if (n > 14)
        return false;
    v6_open_gap(out, n, gap);
    return true;
}

/* ip_parse, where *out may be spoilt. */
static bool parse(struct str text, struct ip *out)
{
    /* The last byte sorts out names of services. */
    if (text.n == 0 || text.n > 45 ||
        (byte_hex(text.p[text.n - 1]) < 0 && text.p[text.n - 1] != ':'))
        return false;
    const char *end = text.p + text.n;
    out->family = 4;
    if (v4_parse(text.p, end, out->b))
        return true;
    if (!v6_parse(text.p, end, out->b))
        return false;
    if (memcmp(out->b, mapped_head, sizeof mapped_head) == 0) {
        memcpy(out->b, out->b + 12, 4);
        memset(out->b + 4, 0, 12);
        return true;
    }
    out->family = 6;
    return true;
}

bool ip_parse(struct str text, struct ip *out)
{
    *out = (struct ip){0};
    if (parse(text, out))
        return true;
    *out = (struct ip){0};
    return false;
}

static size_t put_decimal(char *p, unsigned v)
{
    size_t n = 0;
    if (v >= 100)
        p[n++] = (char)('0' + v / 100);
    if (v >= 10)
        p[n++] = (char)('0' + v / 10 % 10);
    p[n++] = (char)('0' + v % 10);
    return n;
}

static size_t put_group(char *p, unsigned v)
{
    size_t n = 0;
    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned h = v >> shift & 15;
        if (n > 0 || h != 0 || shift == 0)
            p[n++] = "0123456789abcdef"[h];
    }
    return n;
}

/* The longest run of at least two zero groups, the first of equals; its length, 0 if none. */
static int zero_run(const unsigned group[8], int *first)
{
    int best = 0;
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && group[i + n] == 0)
            n++;
        if (n > best) {
            best = n;
            *first = i;
        }
        i += n;
    }
    return best >= 2 ? best : 0;
}

static void v6_format(const uint8_t b[16], struct buf *out)
{
    unsigned group[8];
    for (int i = 0; i < 8; i++)
        group[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
    int first = -1;
    int run = zero_run(group, &first);
    char text[40];
    size_t n = 0;
    for (int i = 0; i < 8; i++) {
        if (run > 0 && i == first) {
            text[n++] = ':';
            i += run - 1;
            if (i == 7)
                text[n++] = ':';
            continue;
        }
        if (i > 0)
            text[n++] = ':';
        n += put_group(text + n, group[i]);
    }
    buf_add(out, text, n);
}

void ip_format(struct ip ip, struct buf *out)
{
    if (ip.family == 6) {
        v6_format(ip.b, out);
    } else if (ip.family == 4) {
        char text[16];
        size_t n = 0;
        for (int i = 0; i < 4; i++) {
            if (i > 0)
                text[n++] = '.';
            n += put_decimal(text + n, ip.b[i]);
        }
        buf_add(out, text, n);
    }
}

static bool v4_is_private(const uint8_t b[4])
{
    return b[0] == 10 || b[0] == 127 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
           (b[0] == 192 && b[1] == 168) || (b[0] == 100 && (b[1] & 0xc0) == 64) ||
           (b[0] == 169 && b[1] == 254);
}

bool ip_is_private(struct ip ip)
{
    static const uint8_t loopback[16] = {[15] = 1};
    if (ip.family == 4)
        return v4_is_private(ip.b);
    if (ip.family != 6)
        return false;
    return (ip.b[0] & 0xfe) == 0xfc || (ip.b[0] == 0xfe && (ip.b[1] & 0xc0) == 0x80) ||
           memcmp(ip.b, loopback, sizeof loopback) == 0;
}
