#include "ctlock/siphash.h"

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotl(uint64_t x, unsigned n)
{
    return (x << n) | (x >> (64 - n));
}

/* Compilers make one load of this on little-endian machines. */
static inline uint64_t load_le64(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

static inline void rounds(struct sip *s, unsigned n)
{
    while (n--) {
        s->v0 += s->v1;
        s->v1 = rotl(s->v1, 13) ^ s->v0;
        s->v0 = rotl(s->v0, 32);
        s->v2 += s->v3;
        s->v3 = rotl(s->v3, 16) ^ s->v2;
        s->v0 += s->v3;
        s->v3 = rotl(s->v3, 21) ^ s->v0;
        s->v2 += s->v1;
        s->v1 = rotl(s->v1, 17) ^ s->v2;
        s->v2 = rotl(s->v2, 32);
    }
}

static inline void compress(struct sip *s, uint64_t m, unsigned c_rounds)
{
    s->v3 ^= m;
    rounds(s, c_rounds);
    s->v0 ^= m;
}

/* The round numbers are constants in both callers, so that the loops unroll. */
static inline uint64_t sip(struct hash_key key, const uint8_t *p, size_t n, unsigned c_rounds,
                           unsigned d_rounds)
{
    struct sip s = {key.k0 ^ 0x736f6d6570736575, key.k1 ^ 0x646f72616e646f6d,
                    key.k0 ^ 0x6c7967656e657261, key.k1 ^ 0x7465646279746573};
    size_t whole_nbytes = n & ~(size_t)7;
    for (size_t i = 0; i < whole_nbytes; i += 8)
        compress(&s, load_le64(p + i), c_rounds);

    uint64_t last = (uint64_t)n << 56;
    for (size_t i = whole_nbytes; i < n; i++)
        last |= (uint64_t)p[i] << (8 * (i - whole_nbytes));
    compress(&s, last, c_rounds);

    s.v2 ^= 0xff;
    rounds(&s, d_rounds);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t siphash13(struct hash_key key, const void *p, size_t n)
{
    return sip(key, p, n, 1, 3);
}

uint64_t siphash24(struct hash_key key, const void *p, size_t n)
{
    return sip(key, p, n, 2, 4);
}
