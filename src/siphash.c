#include "ctlock/siphash.h"

#include "ctlock/word.h"

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotl(uint64_t x, unsigned n)
{
    return (x << n) | (x >> (64 - n));
}

/* Not calls, and the numbers of rounds constants, so that the loops unroll; gcc needs to be told.
 */
#define INLINE static inline __attribute__((always_inline))
#if defined(__GNUC__) && !defined(__clang__)
#define UNROLL _Pragma("GCC unroll 4")
#else
#define UNROLL
#endif

INLINE void rounds(struct sip *s, unsigned n)
{
    UNROLL while (n--)
    {
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

INLINE void compress(struct sip *s, uint64_t m, unsigned c_rounds)
{
    s->v3 ^= m;
    rounds(s, c_rounds);
    s->v0 ^= m;
}

/* The bytes behind the last whole eight of n, as a number. */
INLINE uint64_t rest_le(const uint8_t *p, size_t n)
{
    uint64_t rest = 0;
    if (n >= 8)
        return n % 8 ? word_le64(p + n - 8) >> (64 - 8 * (n % 8)) : 0;
    for (size_t i = 0; i < n; i++)
        rest |= (uint64_t)p[i] << (8 * i);
    return rest;
}

INLINE uint64_t sip(struct hash_key key, const uint8_t *p, size_t n, unsigned c_rounds,
                    unsigned d_rounds)
{
    struct sip s = {key.k0 ^ 0x736f6d6570736575, key.k1 ^ 0x646f72616e646f6d,
                    key.k0 ^ 0x6c7967656e657261, key.k1 ^ 0x7465646279746573};
    size_t whole_nbytes = n & ~(size_t)7;
    for (size_t i = 0; i < whole_nbytes; i += 8)
        compress(&s, word_le64(p + i), c_rounds);

    compress(&s, (uint64_t)n << 56 | rest_le(p, n), c_rounds);

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
