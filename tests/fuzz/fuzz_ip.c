/* Addresses, ranges and sources: as the C library reads them, and the same again when written. */
#include "ctlock/cidr.h"
#include "ctlock/ip.h"
#include "ctlock/source.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static bool libc_reads(const char *text, struct ip *out)
{
    uint8_t b[16];
    *out = (struct ip){0};
    if (inet_pton(AF_INET, text, b) == 1) {
        memcpy(out->b, b, 4);
        out->family = 4;
    } else if (inet_pton(AF_INET6, text, b) == 1) {
        bool mapped = memcmp(b, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0;
        memcpy(out->b, mapped ? b + 12 : b, mapped ? 4 : 16);
        out->family = mapped ? 4 : 6;
    }
    return out->family != 0;
}

static void check_address(struct str text)
{
    struct ip ip, want;
    char *copy = malloc(text.n + 1);
    if (!copy)
        return;
    if (text.n)
        memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    bool ok = ip_parse(text, &ip);
    if (ok != (libc_reads(copy, &want) && strlen(copy) == text.n) || (ok && !ip_eq(ip, want)))
        abort();
    free(copy);
    if (!ok && ip.family != 0)
        abort();
    struct buf b = {0};
    ip_format(ip, &b);
    struct ip again;
    if (ip_parse(buf_view(&b), &again) != ok || !ip_eq(again, ip))
        abort();
    buf_free(&b);
}

static void check_range(struct str text)
{
    struct cidr range, again;
    bool ok = cidr_parse(text, &range) == NULL;
    if (ok != (range.ip.family != 0))
        abort();
    if (!ok)
        return;
    struct buf b = {0};
    ip_format(range.ip, &b);
    buf_printf(&b, "/%u", range.bits);
    if (cidr_parse(buf_view(&b), &again) || !ip_eq(again.ip, range.ip) || again.bits != range.bits)
        abort();
    buf_free(&b);
    unsigned max_bits = ip_bits(range.ip);
    struct ip last = range.ip;
    for (unsigned i = range.bits; i < max_bits; i++)
        last.b[i / 8] |= (uint8_t)(0x80u >> i % 8);
    if (range.bits > max_bits || !cidr_has(range, range.ip) || !cidr_has(range, last) ||
        !ip_eq(cidr_network(last, range.bits), range.ip))
        abort();
    if (range.bits > 0) {
        unsigned i = range.bits - 1u;
        last.b[i / 8] ^= (uint8_t)(0x80u >> i % 8);
        if (cidr_has(range, last))
            abort();
    }
}

static void check_source(struct str text, struct str endpoint)
{
    struct source s = source_classify(text, endpoint);
    struct ip ip;
    bool address = ip_parse(text, &ip);
    if (address != (s.class == SOURCE_ADDRESS) || !ip_eq(ip, s.ip) ||
        source_is_service(text) != (s.class == SOURCE_SERVICE))
        abort();
    if (s.class == SOURCE_SERVICE)
        return;
    bool private = str_starts(endpoint, STR("vpce-")) || ip_is_private(ip);
    if ((s.slot == SLOT_PRIVATE) != private || (s.slot == SLOT_IPV6 && ip.family != 6))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    struct str text = {(const char *)data, nbytes};
    check_address(text);
    check_range(text);
    /* The text up to a tab is a source, the rest its endpoint. */
    const char *tab = nbytes ? memchr(text.p, '\t', nbytes) : NULL;
    struct str endpoint = {0};
    if (tab) {
        text.n = (size_t)(tab - text.p);
        endpoint = (struct str){tab + 1, nbytes - text.n - 1};
    }
    check_source(text, endpoint);
    return 0;
}
