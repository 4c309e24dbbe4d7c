/* Every engine, fed in pieces that the input chooses, gives what the reference gives. The first
 * three bytes choose the size limit and the pieces; the rest is the stream. */
#include "../slice_reference.h"

#include <stdint.h>

struct cuts {
    uint32_t state;
    uint32_t most;
};

static size_t next_cut(void *self)
{
    struct cuts *c = self;
    c->state = c->state * 1664525u + 1013904223u;
    return 1 + (c->state >> 16) % c->most;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    static const enum simd ways[] = {SIMD_PORTABLE, SIMD_AVX2, SIMD_AVX512, SIMD_NEON};
    static const char *const name[] = {"portable", "avx2", "avx512", "neon"};
    if (nbytes < 3)
        return 0;
    size_t max = data[0] < 128 ? SLICE_MAX_RECORD_NBYTES : 4u + (data[0] & 127u) * 4u;
    const char *p = (const char *)data + 3;
    size_t n = nbytes - 3;
    struct ref_list want = {0};
    ref_slice(p, n, max, &want);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct slicer *s = slice_new(ways[i]);
        if (!s)
            continue;
        slice_set_limit(s, max);
        for (uint32_t round = 0; round < 2; round++) {
            struct cuts cuts = {data[1] + round, round ? 1 + 3u * data[2] : 1 + data[2] % 8u};
            struct ref_list got = {0};
            slice_reset(s);
            ref_feed(s, p, n, next_cut, &cuts, &got);
            if (!ref_compare(&want, &got, name[i]))
                abort();
            free(got.out);
        }
        slice_free(s);
    }
    free(want.out);
    return 0;
}
