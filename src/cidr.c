#include "ctlock/cidr.h"

/* Decimal without leading zeros, at most max; -1 for anything else. */
static int bits_parse(struct str text, int max)
{
    if (text.n == 0 || text.n > 3 || (text.p[0] == '0' && text.n > 1))
        return -1;
    int v = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return -1;
        v = v * 10 + (text.p[i] - '0');
    }
    return v <= max ? v : -1;
}

struct ip cidr_network(struct ip ip, unsigned bits)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned kept_bits = bits > 8 * i ? bits - 8 * i : 0;
        if (kept_bits < 8)
            ip.b[i] &= (uint8_t)(0xff00u >> kept_bits);
    }
    return ip;
}

const char *cidr_parse(struct str text, struct cidr *out)
{
    *out = (struct cidr){0};
    const char *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
    struct str head = {text.p, slash ? (size_t)(slash - text.p) : text.n};
    struct ip ip;
    if (!ip_parse(head, &ip))
        return "not an address";
    int whole = ip_bits(ip);
    bool mapped = ip.family == 4 && memchr(head.p, ':', head.n) != NULL;
    int bits = whole;
    if (slash) {
        bits = bits_parse(str_skip(text, head.n + 1), mapped ? 128 : whole);
        if (bits < 0)
            return whole == 32 && !mapped ? "the prefix length is not a number from 0 to 32"
                                          : "the prefix length is not a number from 0 to 128";
        /* Below 96 the bits of ::ffff:0:0 itself are host bits. */
        if (mapped && (bits -= 96) < 0)
            return "host bits are set";
    }
    if (!ip_eq(cidr_network(ip, (unsigned)bits), ip))
        return "host bits are set";
    out->ip = ip;
    out->bits = (uint8_t)bits;
    return NULL;
}

bool cidr_has(struct cidr range, struct ip ip)
{
    if (range.ip.family != ip.family || ip.family == 0)
        return false;
    size_t whole_nbytes = range.bits / 8u;
    unsigned rest_bits = range.bits % 8u;
    if (memcmp(range.ip.b, ip.b, whole_nbytes) != 0)
        return false;
    return rest_bits == 0 ||
           (range.ip.b[whole_nbytes] ^ ip.b[whole_nbytes]) >> (8 - rest_bits) == 0;
}
