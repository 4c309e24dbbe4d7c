/* The same bytes, read through a pipe with much room and with little: the same text, the same
 * problems, at the same places. The first byte chooses the room; the rest is the stream. */
#include "ctlock/stream.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IN_MAX_NBYTES 60000               /* what a pipe holds */
#define TEXT_MAX_NBYTES ((size_t)1 << 18) /* a few bytes can make gigabytes */
#define MAX_PROBLEMS 64

struct run {
    char *text;
    size_t n;
    struct {
        struct stream_problem problem;
        size_t n;
    } told[MAX_PROBLEMS];
    size_t n_told;
};

static void run_all(const uint8_t *data, size_t nbytes, size_t cap, struct run *r)
{
    int ends[2];
    if (pipe(ends) != 0 || write(ends[1], data, nbytes) != (ssize_t)nbytes || close(ends[1]) != 0)
        abort();
    static struct stream *s; /* kept, for time goes into what is tested */
    if (!s && !(s = stream_new(-1)))
        abort();
    stream_reset(s, ends[0]);
    while (r->n < TEXT_MAX_NBYTES && r->n_told < MAX_PROBLEMS) {
        size_t room = TEXT_MAX_NBYTES - r->n < cap ? TEXT_MAX_NBYTES - r->n : cap, n = 0;
        struct stream_problem p;
        memset(&p, 0, sizeof p);
        enum stream_result got = stream_read(s, r->text + r->n, room, &n, &p);
        if (got == STREAM_END || got == STREAM_NOMEM)
            break;
        if (got == STREAM_PROBLEM) {
            r->told[r->n_told].problem.why = p.why;
            r->told[r->n_told].problem.error = p.error;
            r->told[r->n_told].problem.in_offset = p.in_offset;
            r->told[r->n_told].problem.text_is_missing = p.text_is_missing;
            r->told[r->n_told++].n = r->n;
            continue;
        }
        if (n == 0 || n > room)
            abort();
        r->n += n;
    }
    (void)close(ends[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    if (nbytes < 1 || nbytes > IN_MAX_NBYTES)
        return 0;
    static char text[2][TEXT_MAX_NBYTES];
    struct run whole, cut;
    memset(&whole, 0, sizeof whole); /* padding too, for memcmp */
    memset(&cut, 0, sizeof cut);
    whole.text = text[0];
    cut.text = text[1];
    run_all(data + 1, nbytes - 1, TEXT_MAX_NBYTES, &whole);
    run_all(data + 1, nbytes - 1, 1 + (size_t)data[0] * data[0] / 4, &cut);
    if (whole.n != cut.n || memcmp(whole.text, cut.text, whole.n) != 0)
        abort();
    if (whole.n < TEXT_MAX_NBYTES &&
        (whole.n_told != cut.n_told ||
         memcmp(whole.told, cut.told, whole.n_told * sizeof *whole.told) != 0))
        abort();
    return 0;
}
