#include "ctlock/inflate.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>

/* The library counts in 32 bits; larger buffers are used piece by piece. */
#define STEP_MAX_NBYTES ((size_t)1 << 30)

#define MARK_NBYTES 4 /* magic, method, flags: what is looked at before the library sees it */
#define RESERVED_FLAGS 0xe0

/* How far the library may have read past the fault that it tells of. */
#define OVERRUN_NBYTES 64

enum phase {
    PHASE_IDLE,   /* between members */
    PHASE_HEADER, /* in the header of a member */
    PHASE_BODY,   /* in its data or its trailer */
    PHASE_FAILED  /* why is set; text may be left to deliver */
};

struct inflate {
    enum phase phase;
    uint32_t mark_nbytes; /* seen of the first MARK_NBYTES */
    const char *why;
    struct isal_gzip_header header; /* kept over calls, for a header can come in pieces */
    struct inflate_state state;
    struct inflate_state saved; /* the state before the step at hand, see save */
};

struct inflate *inflate_new(void)
{
    struct inflate *z = calloc(1, sizeof *z);
    if (z)
        isal_inflate_init(&z->state);
    return z;
}

void inflate_reset(struct inflate *z)
{
    isal_inflate_reset(&z->state);
    z->phase = PHASE_IDLE;
    z->why = NULL;
}

void inflate_free(struct inflate *z)
{
    free(z);
}

bool inflate_is_open(const struct inflate *z)
{
    return z->phase == PHASE_HEADER || z->phase == PHASE_BODY;
}

static void begin_member(struct inflate *z)
{
    isal_inflate_reset(&z->state);
    z->state.crc_flag = ISAL_GZIP_NO_HDR_VER;
    isal_gzip_header_init(&z->header);
    z->mark_nbytes = 0;
    z->phase = PHASE_HEADER;
}

static void fail(struct inflate *z, const char *why)
{
    z->phase = PHASE_FAILED;
    z->why = why;
}

/* The library ignores reserved flags and says no only after ten bytes. Look at what is there; the
 * bytes before a fault count as used. */
static void check_mark(struct inflate *z, const uint8_t *in)
{
    struct inflate_state *state = &z->state;
    for (uint32_t i = 0; i < state->avail_in && z->mark_nbytes < MARK_NBYTES; i++) {
        uint32_t at = z->mark_nbytes++;
        uint8_t b = in[i];
        if ((at == 0 && b != 0x1f) || (at == 1 && b != 0x8b))
            fail(z, "not a gzip header");
        else if (at == 2 && b != 8)
            fail(z, "unknown gzip compression method");
        else if (at == 3 && (b & RESERVED_FLAGS))
            fail(z, "reserved gzip flags are set");
        if (z->phase == PHASE_FAILED) {
            state->avail_in -= i;
            return;
        }
    }
}

static void run_header(struct inflate *z, const uint8_t *in)
{
    check_mark(z, in);
    if (z->phase == PHASE_FAILED)
        return;
    int result = isal_read_gzip_header(&z->state, &z->header);
    if (result == ISAL_DECOMP_OK)
        z->phase = PHASE_BODY;
    else if (result == ISAL_INCORRECT_CHECKSUM)
        fail(z, "gzip header checksum is wrong");
    else if (result != ISAL_END_INPUT)
        fail(z, "gzip header is damaged");
}

/* Copy what there is of a state: all but the unused part of its window. */
static void copy_state(struct inflate_state *to, const struct inflate_state *from)
{
    const size_t window = offsetof(struct inflate_state, tmp_out_buffer);
    _Static_assert(sizeof *to - offsetof(struct inflate_state, tmp_out_buffer) -
                           sizeof to->tmp_out_buffer <
                       sizeof(uint64_t),
                   "nothing follows the window");
    memcpy(to, from, window);
    memcpy(to->tmp_out_buffer, from->tmp_out_buffer, (size_t)from->tmp_out_valid);
}

/* The library's fast loop counts the text of a match before it looks whether the match is one, so
 * that after a fault up to 258 bytes that nobody wrote pass for text, and its place in the input is
 * 8 bytes too far. Near the end of its input it is exact: go back and take the last bytes singly.
 * This also makes the result independent of how input and room were cut. */
static int find_fault(struct inflate *z)
{
    struct inflate_state *state = &z->state;
    uint32_t avail_in = z->saved.avail_in;
    uint32_t used = avail_in - state->avail_in;
    uint32_t step = used > OVERRUN_NBYTES ? used - OVERRUN_NBYTES : 0;

    copy_state(state, &z->saved);
    for (;;) {
        uint32_t avail_out = state->avail_out;
        state->avail_in = step;
        int result = isal_inflate(state);
        uint32_t left = state->avail_in;
        uint32_t done = step - left;
        avail_in -= done;
        state->avail_in = avail_in;
        if (result != ISAL_DECOMP_OK || avail_in == 0 || state->block_state == ISAL_BLOCK_FINISH)
            return result;
        if (step && left && state->avail_out == avail_out)
            return ISAL_DECOMP_OK; /* no room */
        step = 1;
    }
}

/* True when the member ended well. */
static bool run_body(struct inflate *z)
{
    struct inflate_state *state = &z->state;
    copy_state(&z->saved, state);
    int result = isal_inflate(state);
    if (result == ISAL_INVALID_SYMBOL || result == ISAL_INVALID_LOOKBACK ||
        result == ISAL_INVALID_BLOCK)
        result = find_fault(z);
    /* A wrong checksum comes together with the state of a finished member. */
    if (result != ISAL_DECOMP_OK) {
        fail(z, result == ISAL_INCORRECT_CHECKSUM ? "gzip checksum or length is wrong"
                                                  : "gzip data is damaged");
        return false;
    }
    if (state->block_state == ISAL_BLOCK_FINISH) {
        z->phase = PHASE_IDLE;
        return true;
    }
    if (z->saved.avail_in && z->saved.avail_out && state->avail_in == z->saved.avail_in &&
        state->avail_out == z->saved.avail_out)
        fail(z, "gzip data is damaged"); /* never go round without getting on */
    return false;
}

/* The library keeps text that had no room to itself, and forgets it when it fails. */
static void drain(struct inflate_state *state)
{
    size_t n = (size_t)(state->tmp_out_valid - state->tmp_out_processed);
    if (n > state->avail_out)
        n = state->avail_out;
    memcpy(state->next_out, state->tmp_out_buffer + state->tmp_out_processed, n);
    state->tmp_out_processed += (int32_t)n;
    state->next_out += n;
    state->avail_out -= (uint32_t)n;
}

/* Longer than any one symbol with its distance. */
#define PAD_NBYTES 8

/* The library holds back two characters; more that are certain do no harm. */
#define LAST_TEXT_MAX 8

/* Decode on from the saved state with pad behind the input. Returns how much text came. */
static size_t try_end(struct inflate *z, uint8_t pad[PAD_NBYTES], char *out, size_t cap)
{
    struct inflate_state *state = &z->state;
    copy_state(state, &z->saved);
    state->next_in = pad;
    state->avail_in = PAD_NBYTES;
    state->next_out = (uint8_t *)out;
    state->avail_out = (uint32_t)cap;
    (void)isal_inflate(state); /* a failure is the padding's; what came before it counts */
    return cap - state->avail_out;
}

/* The library decodes up to three symbols at one look, and gives none of them as long as the last
 * is not there whole. What all endings begin with is what the input says; try enough of them, with
 * all values of the next four bits. Returns how much text is in out. */
static size_t last_text(struct inflate *z, char out[LAST_TEXT_MAX])
{
    size_t n = 0;
    for (uint32_t i = 0; i < 16 && (i == 0 || n > 0); i++) {
        uint8_t pad[PAD_NBYTES] = {(uint8_t)(i * 0xf1)};
        char text[LAST_TEXT_MAX];
        for (uint32_t k = 1; k < PAD_NBYTES; k++)
            pad[k] = (uint8_t)((i * PAD_NBYTES + k) * 0x9e3779b1u >> 24);
        size_t m = try_end(z, pad, text, sizeof text);
        if (i == 0)
            memcpy(out, text, n = m);
        for (size_t k = 0; k < n; k++)
            if (k >= m || out[k] != text[k])
                n = k;
    }
    return n;
}

void inflate_end(struct inflate *z)
{
    struct inflate_state *state = &z->state;
    char text[LAST_TEXT_MAX] = {0};
    size_t n = 0;
    if (!inflate_is_open(z))
        return;
    if (z->phase == PHASE_BODY && state->block_state == ISAL_BLOCK_CODED) {
        copy_state(&z->saved, state);
        n = last_text(z, text);
    }
    /* It goes out the way of all text that is left. */
    memcpy(state->tmp_out_buffer, text, n);
    state->tmp_out_processed = 0;
    state->tmp_out_valid = (int32_t)n;
    fail(z, "gzip member is cut short");
}

enum inflate_result inflate_run(struct inflate *z, const uint8_t *in, size_t in_nbytes,
                                size_t *in_used, char *out, size_t out_cap, size_t *out_nbytes,
                                const char **why)
{
    static const uint8_t nothing;
    struct inflate_state *state = &z->state;
    uint32_t in_n = (uint32_t)(in_nbytes < STEP_MAX_NBYTES ? in_nbytes : STEP_MAX_NBYTES);
    uint32_t out_n = (uint32_t)(out_cap < STEP_MAX_NBYTES ? out_cap : STEP_MAX_NBYTES);
    bool ended = false;

    if (z->phase == PHASE_IDLE && in_n)
        begin_member(z);
    state->next_in = (uint8_t *)(uintptr_t)(in_n ? in : &nothing);
    state->avail_in = in_n;
    state->next_out = (uint8_t *)out;
    state->avail_out = out_n;
    if (z->phase == PHASE_HEADER)
        run_header(z, in);
    if (z->phase == PHASE_BODY)
        ended = run_body(z);
    if (z->phase == PHASE_FAILED)
        drain(state);
    *in_used = in_n - state->avail_in;
    *out_nbytes = out_n - state->avail_out;
    if (ended)
        return INFLATE_MEMBER;
    if (z->phase == PHASE_FAILED && state->tmp_out_valid == state->tmp_out_processed) {
        *why = z->why;
        return INFLATE_DAMAGED;
    }
    return INFLATE_GO_ON;
}
