/* slice: any byte stream of JSON documents → whole records. */
#ifndef CTLOCK_SLICE_H
#define CTLOCK_SLICE_H

#include "ctlock/simd.h"
#include "ctlock/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A record above this is skipped, told and counted. */
#define SLICE_MAX_RECORD_NBYTES ((size_t)1 << 20)

enum slice_result {
    SLICE_RECORD,  /* *rec is one whole record, `{` to `}` */
    SLICE_PROBLEM, /* something unreadable was stepped over; *problem says what; call again */
    SLICE_MORE     /* nothing whole is left: give more bytes, or at the end you are done */
};

/* What was stepped over. */
struct slice_problem {
    const char *why; /* a constant: "junk between records", "record is not an object", ... */
    uint64_t offset; /* of its first byte in the stream */
    bool oversized;  /* a record above SLICE_MAX_RECORD_NBYTES */
};

struct slicer;

/* simd says how the bytes are scanned. NULL when memory ran out, or this machine lacks simd. One
 * thread at a time. */
struct slicer *slice_new(enum simd simd);
void slice_free(struct slicer *s);

/* Back to the beginning of a new stream; keeps memory. */
void slice_reset(struct slicer *s);

/* Lower the size limit of a record, for tests and tight memory. Call it before the first bytes. */
void slice_set_limit(struct slicer *s, size_t max_nbytes);

/* Room for input: at least min_nbytes, returned in *cap. NULL when memory ran out. Write there,
 * then say with slice_commit how much was written. Invalidates the record last returned. */
char *slice_space(struct slicer *s, size_t min_nbytes, size_t *cap);
void slice_commit(struct slicer *s, size_t nbytes);

/* How much of the memory that slice_space gave is still needed: of what is not taken out yet. Valid
 * after SLICE_MORE. */
size_t slice_kept_nbytes(const struct slicer *s);

/* Go on in other memory, *mem of *cap bytes from malloc, *cap being at least slice_kept_nbytes:
 * *mem and *cap are then the memory that the records returned since slice_space stand in, and the
 * caller's. Valid after SLICE_MORE. */
void slice_swap(struct slicer *s, char **mem, size_t *cap);

/* The stream ends here: what is left unclosed becomes a problem ("cut in the middle of a record").
 */
void slice_end(struct slicer *s);

/* Bytes are missing here (a damaged gzip member): what is unclosed is dropped as a problem, and the
 * next byte committed begins a new document. Of two gaps before slice_next said SLICE_MORE the
 * first counts. */
void slice_gap(struct slicer *s);

/* Take the next record out. rec and offset (of its `{` in the stream) are set on SLICE_RECORD; rec
 * is valid until the next call with s. Understands, in any mix and spacing, one after another:
 * `{"Records":[…]}` documents, bare arrays of records, single records; string-aware; the work is
 * linear in the input and memory is bounded by SLICE_MAX_RECORD_NBYTES and the space asked for.
 * How the bytes were cut into commits never changes what is returned. Takes no memory.
 *
 * An object outside of arrays is a document if a name "Records", spelled so, stands in it with an
 * array as value, wherever; its other members are stepped over, whatever their size. Quiet between
 * documents: white space, commas, RS (RFC 7464), a byte order mark.
 *
 * One problem each: a run of junk; an element that is no object; a record above the limit; a
 * document that another one begins in, or that the stream's end cuts; a record that breaks, which
 * it does where a line ends inside a string, at a `{` that begins a line where JSON allows none,
 * and at the stream's end. Slicing begins again at the first line or document that looks like a
 * beginning (landmark.h) behind the record's first byte, else behind the break; what is left of a
 * broken document is quiet up to there. */
enum slice_result slice_next(struct slicer *s, struct str *rec, uint64_t *offset,
                             struct slice_problem *problem);

#endif
