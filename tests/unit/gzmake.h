/* gzmake: gzip members made by hand, so that the tests do not believe what the library under test
 * believes. Memory is never released before the test ends; running out ends the test. */
#ifndef CTLOCK_TESTS_GZMAKE_H
#define CTLOCK_TESTS_GZMAKE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { GZ_TEXT = 1, GZ_HCRC = 2, GZ_EXTRA = 4, GZ_NAME = 8, GZ_COMMENT = 16 };

struct gz {
    uint8_t *p;
    size_t n, cap;
    uint32_t bits; /* not yet written */
    unsigned n_bits;
};

static inline void gz_byte(struct gz *z, unsigned b)
{
    if (z->n == z->cap) {
        z->cap = z->cap ? 2 * z->cap : 256;
        z->p = realloc(z->p, z->cap);
        if (!z->p)
            abort();
    }
    z->p[z->n++] = (uint8_t)b;
}

static inline void gz_bytes(struct gz *z, const void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        gz_byte(z, ((const uint8_t *)p)[i]);
}

static inline void gz_le(struct gz *z, uint32_t v, unsigned n)
{
    for (; n; n--, v >>= 8)
        gz_byte(z, v & 255);
}

static inline uint32_t gz_crc(const void *p, size_t n)
{
    uint32_t c = 0xffffffffu;
    for (size_t i = 0; i < n; i++) {
        c ^= ((const uint8_t *)p)[i];
        for (int k = 0; k < 8; k++)
            c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
    }
    return ~c;
}

static inline void gz_header(struct gz *z, unsigned flags)
{
    size_t from = z->n;
    const uint8_t base[10] = {0x1f, 0x8b, 8, (uint8_t)flags, 1, 2, 3, 4, 0, 3};
    gz_bytes(z, base, sizeof base);
    if (flags & GZ_EXTRA) {
        gz_le(z, 300, 2);
        for (unsigned i = 0; i < 300; i++)
            gz_byte(z, i % 7 ? i : 0);
    }
    if (flags & GZ_NAME)
        gz_bytes(z, "123456789012_CloudTrail_x.json", 31);
    if (flags & GZ_COMMENT)
        gz_bytes(z, "\x1f\x8b\x08 comment", 12);
    if (flags & GZ_HCRC)
        gz_le(z, gz_crc(z->p + from, z->n - from) & 0xffff, 2);
}

static inline void gz_trailer(struct gz *z, const char *text, size_t n)
{
    gz_le(z, gz_crc(text, n), 4);
    gz_le(z, (uint32_t)n, 4);
}

/* Bits, least significant first. */
static inline void gz_put(struct gz *z, uint32_t v, unsigned n)
{
    z->bits |= v << z->n_bits;
    for (z->n_bits += n; z->n_bits >= 8; z->n_bits -= 8, z->bits >>= 8)
        gz_byte(z, z->bits & 255);
}

/* A Huffman code, most significant bit first. */
static inline void gz_code(struct gz *z, uint32_t code, unsigned n)
{
    while (n--)
        gz_put(z, code >> n & 1, 1);
}

static inline void gz_align(struct gz *z)
{
    if (z->n_bits)
        gz_put(z, 0, 8 - z->n_bits);
}

static inline void gz_stored(struct gz *z, const char *text, size_t n)
{
    do {
        size_t m = n < 65535 ? n : 65535;
        gz_put(z, m == n, 1);
        gz_put(z, 0, 2);
        gz_align(z);
        gz_le(z, (uint32_t)m, 2);
        gz_le(z, ~(uint32_t)m & 0xffff, 2);
        gz_bytes(z, text, m);
        text += m;
        n -= m;
    } while (n);
}

/* A symbol of the fixed code, RFC 1951 section 3.2.6. */
static inline void gz_fixed_symbol(struct gz *z, unsigned s)
{
    if (s < 144)
        gz_code(z, 0x30 + s, 8);
    else if (s < 256)
        gz_code(z, 0x190 + s - 144, 9);
    else if (s < 280)
        gz_code(z, s - 256, 7);
    else
        gz_code(z, 0xc0 + s - 280, 8);
}

/* One final block of the fixed code; runs of 258 become matches, so a few bytes give much text. */
static inline void gz_fixed(struct gz *z, const char *text, size_t n)
{
    gz_put(z, 1, 1);
    gz_put(z, 1, 2);
    for (size_t i = 0; i < n; i++) {
        size_t run = 0;
        while (i && i + run < n && run < 258 && text[i + run] == text[i - 1])
            run++;
        if (run == 258) {
            gz_fixed_symbol(z, 285);
            gz_code(z, 0, 5);
            i += 257;
        } else {
            gz_fixed_symbol(z, (uint8_t)text[i]);
        }
    }
    gz_fixed_symbol(z, 256);
    gz_align(z);
}

/* A block, not the last, with a code of its own: a is 0, b 10, c 110, d 1110, the end 1111. Codes
 * this short are decoded several at a time. at, if not NULL, gets the bit behind each letter. */
static inline void gz_abcd(struct gz *z, const char *text, size_t n, size_t *at)
{
    static const struct {
        uint8_t code, n, extra, extra_n;
    } lengths[] = {{2, 2, 97 - 11, 7}, {0, 2, 0, 0}, {6, 3, 0, 0},
                   {7, 3, 0, 0},       {1, 2, 0, 0}, {2, 2, 138 - 11, 7},
                   {2, 2, 17 - 11, 7}, {1, 2, 0, 0}, {0, 2, 0, 0}};
    static const uint8_t code_lengths[18] = {0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 3, 0, 2};
    gz_put(z, 0, 1);
    gz_put(z, 2, 2);
    gz_put(z, 0, 5);
    gz_put(z, 0, 5);
    gz_put(z, 18 - 4, 4);
    for (size_t i = 0; i < 18; i++)
        gz_put(z, code_lengths[i], 3);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        gz_code(z, lengths[i].code, lengths[i].n);
        gz_put(z, lengths[i].extra, lengths[i].extra_n);
    }
    for (size_t i = 0; i < n; i++) {
        unsigned k = (unsigned)(text[i] - 'a');
        gz_code(z, (2u << k) - 2, k + 1);
        if (at)
            at[i] = 8 * z->n + z->n_bits;
    }
    gz_code(z, 15, 4);
}

enum gz_kind { GZ_STORED, GZ_FIXED, GZ_ABCD, GZ_N_KINDS };

/* A whole member. GZ_ABCD takes text of the letters a to d. */
static inline void gz_member(struct gz *z, enum gz_kind kind, unsigned flags, const char *text,
                             size_t n)
{
    gz_header(z, flags);
    if (kind == GZ_ABCD)
        gz_abcd(z, text, n, NULL);
    if (kind == GZ_FIXED)
        gz_fixed(z, text, n);
    else
        gz_stored(z, kind == GZ_STORED ? text : "", kind == GZ_STORED ? n : 0);
    gz_trailer(z, text, n);
}

/* n letters a to d, with runs among them; the same for the same seed. */
static inline char *gz_letters(size_t n, uint32_t seed)
{
    char *p = malloc(n + 1);
    if (!p)
        abort();
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        p[i] = "aaaaaaaabbbbccdd"[seed >> 28];
        if (seed >> 20 == 7)
            for (size_t k = 0; k < 600 && i + 1 < n; k++, i++)
                p[i + 1] = p[i];
    }
    p[n] = 0;
    return p;
}

#endif
