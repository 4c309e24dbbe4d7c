/* inflate: gzip members → bytes, through ISA-L. No input or output. */
#ifndef CTLOCK_INFLATE_H
#define CTLOCK_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum inflate_result {
    INFLATE_GO_ON,  /* wants more input, or more room */
    INFLATE_MEMBER, /* a member ended well here; the next call begins another */
    INFLATE_DAMAGED /* *why says how; call inflate_reset before the next member */
};

struct inflate;

/* NULL when memory ran out. One thread at a time. */
struct inflate *inflate_new(void);
void inflate_reset(struct inflate *z);
void inflate_free(struct inflate *z); /* NULL is allowed */

/* Inflate from in to out. *in_used and *out_nbytes say how far it came; a call with room and input
 * makes progress or says why not. Text may be left inside when the input is used up: call on with
 * in_nbytes 0 until nothing comes. The header, the CRC-32 and the length of each member (RFC 1952)
 * are checked. What was written before INFLATE_DAMAGED is good as far as anyone can tell; *why is a
 * constant, and the fault lies at or shortly before *in_used. How the input and the room are cut
 * changes neither the text nor the verdict. */
enum inflate_result inflate_run(struct inflate *z, const uint8_t *in, size_t in_nbytes,
                                size_t *in_used, char *out, size_t out_cap, size_t *out_nbytes,
                                const char **why);

/* True inside a member: input that ends here is cut short. */
bool inflate_is_open(const struct inflate *z);

/* The input ends here, and inflate_run has nothing more to give. Does nothing between members.
 * Inside one, it is cut short: inflate_run gives the last characters that the input tells in full,
 * and then INFLATE_DAMAGED. */
void inflate_end(struct inflate *z);

#endif
