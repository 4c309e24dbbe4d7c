/* scan: finds where an open brace closes, 64 bytes a step. Knows strings and depth, not JSON. */
#ifndef CTLOCK_SCAN_H
#define CTLOCK_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What ended a run. Its byte is the last one that the run took. */
enum scan_stop {
    SCAN_END,       /* no byte: all were taken and nothing was met */
    SCAN_CLOSED,    /* the bracket that brings the depth to 0 */
    SCAN_NEWLINE,   /* a line feed inside a string */
    SCAN_LINE_OPEN, /* an opening bracket outside of strings, directly behind a line feed */
    SCAN_ARRAY      /* `[` outside of strings at depth 1, if asked for */
};

/* Where a scan stands between two bytes. */
struct scan {
    uint64_t depth;   /* of open over close; 0 only after SCAN_CLOSED */
    bool quoted;      /* inside a string */
    bool escaped;     /* the next byte is behind an odd run of backslashes */
    bool newline;     /* the byte before was a line feed */
    char open, close; /* the pair that is counted: `{` and `}`, or `[` and `]` */
    bool arrays;      /* stop for SCAN_ARRAY */
};

/* Take bytes from p, at most nbytes, until one of enum scan_stop; returns how many. Exact meaning,
 * for text that is no JSON too: a `"` that is not escaped begins or ends a string; a backslash,
 * itself not escaped, escapes the byte behind it, in a string or not; brackets count outside of
 * strings, escaped or not. Splitting a run in two changes nothing. Reads nothing outside of the
 * nbytes. Touches nothing but *s and *stop, so threads may run it on scans of their own. */
typedef size_t scan_fn(struct scan *s, const char *p, size_t nbytes, enum scan_stop *stop);

/* Ready to scan what stands behind one opening bracket. */
static inline struct scan scan_begin(char open, char close)
{
    return (struct scan){.depth = 1, .open = open, .close = close};
}

/* The same function in plain C, with AVX2 and PCLMULQDQ, with AVX-512BW as well, and with NEON.
 * NULL where this build is for other machines. Run it only where simd_has the set. */
scan_fn *scan_portable(void);
scan_fn *scan_avx2(void);
scan_fn *scan_avx512(void);
scan_fn *scan_neon(void);

#endif
