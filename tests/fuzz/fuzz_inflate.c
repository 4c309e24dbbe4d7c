/* One stream of members, inflated at once and in pieces that the input chooses: the same text, the
 * same verdicts, at the same places. The first two bytes choose the pieces; the rest is the stream.
 */
#include "ctlock/inflate.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX_NBYTES ((size_t)1 << 18) /* a few bytes can make gigabytes */
#define MAX_MEMBERS 64

struct run {
    char *text;
    size_t n;
    size_t used;
    struct {
        enum inflate_result result;
        const char *why;
        size_t used, n;
    } end[MAX_MEMBERS];
    size_t n_ends;
};

struct pieces {
    uint32_t state;
    size_t in_most, out_most;
};

static size_t next_piece(struct pieces *p, size_t most)
{
    if (most == SIZE_MAX)
        return most;
    p->state = p->state * 1664525u + 1013904223u;
    return 1 + (p->state >> 16) % most;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One call. False when the run is over. */
static int step(struct inflate *z, const uint8_t *in, size_t nbytes, struct pieces *p,
                struct run *r)
{
    size_t give = least(nbytes - r->used, next_piece(p, p->in_most));
    size_t cap = least(TEXT_MAX_NBYTES - r->n, next_piece(p, p->out_most));
    size_t used, n;
    const char *why = NULL;
    if (cap == 0)
        return 0;
    enum inflate_result got =
        inflate_run(z, in + r->used, give, &used, r->text + r->n, cap, &n, &why);
    if (used > give || n > cap || (got == INFLATE_GO_ON && give && !used && !n))
        abort();
    r->used += used;
    r->n += n;
    if (got == INFLATE_GO_ON && give == 0 && n == 0) {
        if (!inflate_is_open(z))
            return 0;
        inflate_end(z);
    }
    if (got != INFLATE_GO_ON) {
        if (r->n_ends == MAX_MEMBERS)
            return 0;
        r->end[r->n_ends].result = got;
        r->end[r->n_ends].why = why;
        r->end[r->n_ends].used = r->used;
        r->end[r->n_ends++].n = r->n;
    }
    if (got == INFLATE_DAMAGED) {
        if (inflate_is_open(z) || !why || r->used == nbytes)
            return 0;
        inflate_reset(z);
        r->used++; /* whatever it was, get on */
    }
    return 1;
}

static void run_all(const uint8_t *in, size_t nbytes, struct pieces p, struct run *r)
{
    static struct inflate *z; /* kept, for time goes into what is tested */
    if (!z && !(z = inflate_new()))
        abort();
    inflate_reset(z);
    while (step(z, in, nbytes, &p, r))
        ;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    static char text[2][TEXT_MAX_NBYTES];
    struct run whole, cut;
    if (nbytes < 2)
        return 0;
    struct pieces all = {0, SIZE_MAX, SIZE_MAX};
    struct pieces some = {data[0], 1 + (size_t)(data[0] & 15) * (data[0] & 15),
                          1 + (size_t)data[1] * data[1] / 8};
    memset(&whole, 0, sizeof whole); /* padding too, for memcmp */
    memset(&cut, 0, sizeof cut);
    whole.text = text[0];
    cut.text = text[1];
    run_all(data + 2, nbytes - 2, all, &whole);
    run_all(data + 2, nbytes - 2, some, &cut);
    if (whole.n != cut.n || memcmp(whole.text, cut.text, whole.n) != 0)
        abort();
    if (whole.n < TEXT_MAX_NBYTES &&
        (whole.n_ends != cut.n_ends ||
         memcmp(whole.end, cut.end, whole.n_ends * sizeof *whole.end) != 0))
        abort();
    return 0;
}
