#include "ctlock/lanes.h"

#include <pthread.h>
#include <stdlib.h>

/* What all workers together may be ahead of the engine, in bytes of memory; each gets its share,
 * and at least room for a block that holds a record of the largest size. What is larger goes alone.
 */
#define AHEAD_NBYTES ((size_t)24 << 20)
#define MIN_LANE_NBYTES ((size_t)2 << 20)

/* Lane of input i is slot i % n: only so many inputs are open at a time. */
struct lane {
    struct batch *first, *last;
    size_t nbytes;
    bool ended;
    enum reader_result result;
    struct reading_stats stats; /* so far */
    bool pauses;
};

struct lanes {
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t to_workers;
    bool engine_waits;      /* for the lane of current */
    struct bell to_engine;  /* which must wake for other things, too */
    struct bell to_pausing; /* workers that wait for their input: stopped */
    pthread_cond_t to_idle; /* workers that wait for work */
    size_t n_idle;
    size_t n_reading;
    struct block *first_block, *last_block; /* that wait for an idle worker */
    size_t n_blocks;
    struct block *spare_block;
    size_t n_inputs;
    size_t next_input; /* not taken yet */
    size_t current;    /* the engine is here */
    size_t lane_nbytes;
    bool stopped;
    struct batch *spare;
    size_t n_lanes;
    struct lane *lane;
};

static bool open_bells(struct lanes *l)
{
    if (!bell_open(&l->to_engine))
        return false;
    if (bell_open(&l->to_pausing))
        return true;
    bell_close(&l->to_engine);
    return false;
}

struct lanes *lanes_new(size_t n_inputs, unsigned workers)
{
    struct lanes *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->n_inputs = n_inputs;
    l->n_lanes = (size_t)workers * 2;
    l->lane_nbytes = AHEAD_NBYTES / workers;
    if (l->lane_nbytes < MIN_LANE_NBYTES)
        l->lane_nbytes = MIN_LANE_NBYTES;
    l->lane = calloc(l->n_lanes, sizeof *l->lane);
    if (!l->lane || !open_bells(l)) {
        free(l->lane);
        free(l);
        return NULL;
    }
    /* With default attributes these cannot fail on the systems that we build for. */
    (void)pthread_mutex_init(&l->lock, NULL);
    (void)pthread_cond_init(&l->to_workers, NULL);
    (void)pthread_cond_init(&l->to_idle, NULL);
    return l;
}

void lanes_free(struct lanes *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->n_lanes; i++)
        batch_free_chain(l->lane[i].first);
    batch_free_chain(l->spare);
    block_free_chain(l->first_block);
    block_free_chain(l->spare_block);
    bell_close(&l->to_engine);
    bell_close(&l->to_pausing);
    (void)pthread_cond_destroy(&l->to_workers);
    (void)pthread_cond_destroy(&l->to_idle);
    (void)pthread_mutex_destroy(&l->lock);
    free(l->lane);
    free(l);
}

static struct lane *lane_of(struct lanes *l, size_t input)
{
    return &l->lane[input % l->n_lanes];
}

static struct block *pop_block(struct lanes *l)
{
    struct block *b = l->first_block;
    if (b) {
        l->first_block = b->next;
        l->n_blocks--;
    }
    return b;
}

/* Blocks go first: no worker that is waited for may wait for another. */
static bool has_work(struct lanes *l, struct work *w)
{
    w->block = pop_block(l);
    if (w->block)
        return true;
    if (l->next_input == l->n_inputs || l->next_input >= l->current + l->n_lanes)
        return false;
    w->input = l->next_input++;
    l->n_reading++;
    return true;
}

bool lanes_take_work(struct lanes *l, struct work *w)
{
    bool has = false;
    (void)pthread_mutex_lock(&l->lock);
    while (!l->stopped && !(has = has_work(l, w)) &&
           (l->next_input < l->n_inputs || l->n_reading > 0)) {
        l->n_idle++;
        (void)pthread_cond_wait(&l->to_idle, &l->lock);
        l->n_idle--;
    }
    (void)pthread_mutex_unlock(&l->lock);
    return has;
}

static struct batch *take_batch(struct lanes *l)
{
    struct batch *b = l->spare;
    if (!b)
        return calloc(1, sizeof *b);
    l->spare = b->next;
    batch_clear(b);
    return b;
}

static void spare_batch(struct lanes *l, struct batch *b)
{
    b->next = l->spare;
    l->spare = b;
}

struct batch *lanes_take_batch(struct lanes *l)
{
    (void)pthread_mutex_lock(&l->lock);
    struct batch *b = take_batch(l);
    (void)pthread_mutex_unlock(&l->lock);
    return b;
}

static struct block *take_block(struct lanes *l)
{
    struct block *b = l->spare_block;
    if (!b)
        return calloc(1, sizeof *b);
    l->spare_block = b->next;
    block_clear(b);
    return b;
}

static void spare_block(struct lanes *l, struct block *b)
{
    b->next = l->spare_block;
    l->spare_block = b;
}

struct block *lanes_lend(struct lanes *l)
{
    struct block *b = NULL;
    (void)pthread_mutex_lock(&l->lock);
    if (!l->stopped && l->n_idle > l->n_blocks)
        b = take_block(l);
    if (b && !(b->batch = take_batch(l))) {
        spare_block(l, b);
        b = NULL;
    }
    (void)pthread_mutex_unlock(&l->lock);
    return b;
}

/* The lane of input has something new. */
static void tell_engine(struct lanes *l, size_t input)
{
    if (input != l->current || !l->engine_waits)
        return;
    l->engine_waits = false;
    bell_ring(&l->to_engine);
}

static void wait_for_room(struct lanes *l, const struct lane *lane, size_t nbytes)
{
    while (!l->stopped && lane->first && lane->nbytes + nbytes > l->lane_nbytes)
        (void)pthread_cond_wait(&l->to_workers, &l->lock);
}

static void append(struct lane *lane, struct batch *b, size_t nbytes)
{
    b->next = NULL;
    if (lane->first)
        lane->last->next = b;
    else
        lane->first = b;
    lane->last = b;
    lane->nbytes += nbytes;
    b->held_nbytes = nbytes;
    lane->stats = b->so_far;
    lane->pauses = false;
}

bool lanes_put(struct lanes *l, size_t input, struct batch *b)
{
    (void)pthread_mutex_lock(&l->lock);
    struct lane *lane = lane_of(l, input);
    wait_for_room(l, lane, batch_nbytes(b));
    append(lane, b, batch_nbytes(b));
    bool going = !l->stopped;
    tell_engine(l, input);
    (void)pthread_mutex_unlock(&l->lock);
    return going;
}

enum lanes_handed lanes_hand(struct lanes *l, struct block *b)
{
    enum lanes_handed handed = LANES_HANDED;
    (void)pthread_mutex_lock(&l->lock);
    struct lane *lane = lane_of(l, b->input);
    wait_for_room(l, lane, block_nbytes(b));
    if (l->stopped) {
        handed = LANES_STOPPED;
    } else if (l->n_idle <= l->n_blocks) {
        handed = LANES_BUSY;
    } else {
        b->batch->open = true;
        append(lane, b->batch, block_nbytes(b));
        b->next = NULL;
        if (l->first_block)
            l->last_block->next = b;
        else
            l->first_block = b;
        l->last_block = b;
        l->n_blocks++;
        (void)pthread_cond_signal(&l->to_idle);
    }
    (void)pthread_mutex_unlock(&l->lock);
    return handed;
}

void lanes_block_done(struct lanes *l, struct block *b)
{
    (void)pthread_mutex_lock(&l->lock);
    struct lane *lane = lane_of(l, b->input);
    lane->nbytes -= b->batch->held_nbytes;
    b->batch->held_nbytes = batch_nbytes(b->batch);
    lane->nbytes += b->batch->held_nbytes;
    b->batch->open = false;
    tell_engine(l, b->input);
    (void)pthread_cond_broadcast(&l->to_workers);
    spare_block(l, b);
    (void)pthread_mutex_unlock(&l->lock);
}

void lanes_block_unused(struct lanes *l, struct block *b)
{
    (void)pthread_mutex_lock(&l->lock);
    spare_batch(l, b->batch);
    spare_block(l, b);
    (void)pthread_mutex_unlock(&l->lock);
}

bool lanes_note(struct lanes *l, size_t input, const struct reading_stats *so_far, bool pauses)
{
    (void)pthread_mutex_lock(&l->lock);
    struct lane *lane = lane_of(l, input);
    lane->stats = *so_far;
    lane->pauses = pauses;
    if (pauses)
        tell_engine(l, input);
    bool going = !l->stopped;
    (void)pthread_mutex_unlock(&l->lock);
    return going;
}

const struct bell *lanes_stopped(const struct lanes *l)
{
    return &l->to_pausing;
}

void lanes_end(struct lanes *l, size_t input, enum reader_result result,
               const struct reading_stats *stats)
{
    (void)pthread_mutex_lock(&l->lock);
    struct lane *lane = lane_of(l, input);
    lane->ended = true;
    lane->result = result;
    lane->stats = *stats;
    tell_engine(l, input);
    l->n_reading--;
    (void)pthread_cond_broadcast(&l->to_idle);
    (void)pthread_mutex_unlock(&l->lock);
}

/* Wait with the lock let go. */
static bool wait_for_worker(struct lanes *l, const struct wait_how *w)
{
    l->engine_waits = true;
    (void)pthread_mutex_unlock(&l->lock);
    bool going = wait_input(l->to_engine.end[0], w) == WAIT_READY;
    bell_hush(&l->to_engine);
    (void)pthread_mutex_lock(&l->lock);
    l->engine_waits = false;
    return going;
}

struct batch *lanes_get(struct lanes *l, size_t input, const struct wait_how *w,
                        enum reader_result *result, struct reading_stats *stats)
{
    (void)pthread_mutex_lock(&l->lock);
    struct lane *lane = lane_of(l, input);
    bool going = true;
    while (going && (lane->first ? lane->first->open : !lane->ended))
        going = wait_for_worker(l, w);
    struct batch *b = lane->first;
    if (!going) {
        b = NULL;
        *result = READER_STOPPED;
        *stats = lane->stats;
    } else if (b) {
        lane->first = b->next;
        lane->nbytes -= b->held_nbytes;
    } else {
        *result = lane->result;
        *stats = lane->stats;
        *lane = (struct lane){0};
        l->current = input + 1;
        (void)pthread_cond_broadcast(&l->to_idle);
    }
    (void)pthread_cond_broadcast(&l->to_workers);
    (void)pthread_mutex_unlock(&l->lock);
    return b;
}

struct reading_stats lanes_so_far(struct lanes *l, size_t input, bool *pauses)
{
    (void)pthread_mutex_lock(&l->lock);
    struct reading_stats so_far = lane_of(l, input)->stats;
    *pauses = lane_of(l, input)->pauses && !lane_of(l, input)->first;
    (void)pthread_mutex_unlock(&l->lock);
    return so_far;
}

void lanes_recycle(struct lanes *l, struct batch *b)
{
    (void)pthread_mutex_lock(&l->lock);
    spare_batch(l, b);
    (void)pthread_mutex_unlock(&l->lock);
}

void lanes_stop(struct lanes *l)
{
    (void)pthread_mutex_lock(&l->lock);
    l->stopped = true;
    bell_ring(&l->to_pausing);
    (void)pthread_cond_broadcast(&l->to_workers);
    (void)pthread_cond_broadcast(&l->to_idle);
    (void)pthread_mutex_unlock(&l->lock);
}
