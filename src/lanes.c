#include "ctlock/lanes.h"

#include <pthread.h>
#include <stdlib.h>

/* What all workers together may be ahead of the engine, in bytes of memory. The lane that the
 * engine is at has a worker's share for itself, and at least room for a block that holds a record
 * of the largest size. What is larger goes alone. */
#define AHEAD_NBYTES ((size_t)24 << 20)
#define MIN_LANE_NBYTES ((size_t)2 << 20)

/* Lane of input i is slot i % n: only so many inputs are on their way at a time. */
struct lane {
    struct batch *first, *last;
    size_t nbytes;
    bool ended;
    enum reader_result result;
    struct reading_stats stats; /* so far */
    bool pauses;
    pthread_cond_t *room; /* its worker waits for it; or NULL */
};

struct lanes {
    pthread_mutex_t lock;   /* guards everything below */
    bool has_waiting;       /* somebody waits for room */
    bool engine_waits;      /* for the lane of current */
    struct bell to_engine;  /* which must wake for other things, too */
    struct bell to_pausing; /* workers that wait for their input: stopped */
    pthread_cond_t to_idle; /* workers that wait for work */
    size_t n_idle;
    size_t n_reading;                       /* workers */
    struct block *first_block, *last_block; /* that wait for an idle worker */
    size_t n_blocks;
    struct block *spare_block;
    struct lanes_inputs inputs;
    size_t next_input;          /* not taken yet */
    size_t current;             /* the engine is here */
    size_t nbytes, most_nbytes; /* in all lanes */
    size_t lane_most_nbytes;
    unsigned workers;
    bool stopped;
    struct batch *spare;
    size_t spare_nbytes;
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

struct lanes *lanes_new(const struct lanes_inputs *inputs, unsigned workers)
{
    struct lanes *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->inputs = *inputs;
    l->workers = workers;
    l->n_lanes = (size_t)workers * 2 * LANES_RUN;
    l->lane_most_nbytes = AHEAD_NBYTES / workers;
    if (l->lane_most_nbytes < MIN_LANE_NBYTES)
        l->lane_most_nbytes = MIN_LANE_NBYTES;
    l->most_nbytes = l->lane_most_nbytes * workers;
    l->lane = calloc(l->n_lanes, sizeof *l->lane);
    if (!l->lane || !open_bells(l)) {
        free(l->lane);
        free(l);
        return NULL;
    }
    /* With default attributes these cannot fail on the systems that we build for. */
    (void)pthread_mutex_init(&l->lock, NULL);
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

/* How many inputs a worker takes next, where any are left; at the end few, so that all workers end
 * together. */
static size_t next_run(const struct lanes *l)
{
    size_t fair = 1 + (l->inputs.n - l->next_input) / ((size_t)l->workers * 2);
    size_t n = l->inputs.run ? l->inputs.run(l->inputs.self, l->next_input) : 1;
    return n < fair ? n : fair;
}

/* Blocks go first: no worker that is waited for may wait for another. */
static bool has_work(struct lanes *l, struct work *w)
{
    w->block = pop_block(l);
    if (w->block)
        return true;
    if (l->next_input == l->inputs.n)
        return false;
    w->n = next_run(l);
    if (l->next_input + w->n > l->current + l->n_lanes)
        return false;
    w->input = l->next_input;
    l->next_input += w->n;
    l->n_reading++;
    return true;
}

bool lanes_take_work(struct lanes *l, struct work *w)
{
    bool has = false;
    (void)pthread_mutex_lock(&l->lock);
    while (!l->stopped && !(has = has_work(l, w)) &&
           (l->next_input < l->inputs.n || l->n_reading > 0)) {
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
    l->spare_nbytes -= batch_nbytes(b);
    return b;
}

/* What is kept counts, too, or each of many lanes would in the end have had a large batch. */
static void spare_batch(struct lanes *l, struct batch *b)
{
    batch_clear(b);
    if (l->nbytes + l->spare_nbytes + batch_nbytes(b) > l->most_nbytes) {
        batch_free_chain(b);
        return;
    }
    l->spare_nbytes += batch_nbytes(b);
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

/* Is there a batch, or the end? */
static bool is_ready(const struct lane *lane)
{
    return lane->first ? !lane->first->open : lane->ended;
}

static void wake_engine(struct lanes *l)
{
    if (!l->engine_waits)
        return;
    l->engine_waits = false;
    bell_ring(&l->to_engine);
}

static void tell_engine(struct lanes *l)
{
    if (is_ready(lane_of(l, l->current)))
        wake_engine(l);
}

static bool has_room(struct lanes *l, size_t input, size_t nbytes)
{
    const struct lane *lane = lane_of(l, input);
    if (input == l->current)
        return !lane->first || lane->nbytes + nbytes <= l->lane_most_nbytes;
    return l->nbytes == 0 || l->nbytes + nbytes <= l->most_nbytes;
}

/* The engine, which makes the room, may not have been told of all yet. */
static void wait_for_room(struct lanes *l, size_t input, size_t nbytes)
{
    struct lane *lane = lane_of(l, input);
    pthread_cond_t room;
    if (l->stopped || has_room(l, input, nbytes))
        return;
    (void)pthread_cond_init(&room, NULL);
    lane->room = &room;
    while (!l->stopped && !has_room(l, input, nbytes)) {
        tell_engine(l);
        l->has_waiting = true;
        (void)pthread_cond_wait(&room, &l->lock);
    }
    lane->room = NULL;
    (void)pthread_cond_destroy(&room);
}

static void give_room(const struct lane *lane)
{
    if (lane->room)
        (void)pthread_cond_signal(lane->room);
}

/* Who fills the lane that the engine is at hears of any room, the others of plenty: else all of
 * them wake for each small batch that has gone. */
static void wake_waiting(struct lanes *l)
{
    give_room(lane_of(l, l->current));
    if (!l->has_waiting || l->nbytes > l->most_nbytes / 2)
        return;
    l->has_waiting = false;
    for (size_t i = l->current; i < l->next_input; i++)
        give_room(lane_of(l, i));
}

/* Wake one worker where there is room for a run of any length; the next input's end wakes another.
 */
static void wake_idle(struct lanes *l)
{
    if (l->next_input < l->inputs.n && l->next_input + LANES_RUN <= l->current + l->n_lanes)
        (void)pthread_cond_signal(&l->to_idle);
}

/* The batch counts for so much from now on. */
static void hold(struct lanes *l, struct lane *lane, struct batch *b, size_t nbytes)
{
    lane->nbytes = lane->nbytes - b->held_nbytes + nbytes;
    l->nbytes = l->nbytes - b->held_nbytes + nbytes;
    b->held_nbytes = nbytes;
}

static void append(struct lanes *l, struct lane *lane, struct batch *b, size_t nbytes)
{
    b->next = NULL;
    if (lane->first)
        lane->last->next = b;
    else
        lane->first = b;
    lane->last = b;
    b->held_nbytes = 0;
    hold(l, lane, b, nbytes);
    lane->stats = b->so_far;
    lane->pauses = false;
}

bool lanes_put(struct lanes *l, size_t input, struct batch *b)
{
    (void)pthread_mutex_lock(&l->lock);
    wait_for_room(l, input, batch_nbytes(b));
    append(l, lane_of(l, input), b, batch_nbytes(b));
    bool going = !l->stopped;
    tell_engine(l);
    (void)pthread_mutex_unlock(&l->lock);
    return going;
}

enum lanes_handed lanes_hand(struct lanes *l, struct block *b)
{
    enum lanes_handed handed = LANES_HANDED;
    (void)pthread_mutex_lock(&l->lock);
    wait_for_room(l, b->input, block_nbytes(b));
    if (l->stopped) {
        handed = LANES_STOPPED;
    } else if (l->n_idle <= l->n_blocks) {
        handed = LANES_BUSY;
    } else {
        b->batch->open = true;
        append(l, lane_of(l, b->input), b->batch, block_nbytes(b));
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
    hold(l, lane_of(l, b->input), b->batch, batch_nbytes(b->batch));
    b->batch->open = false;
    tell_engine(l);
    wake_waiting(l);
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
    if (pauses && input == l->current)
        wake_engine(l);
    else if (pauses)
        tell_engine(l); /* of those before it */
    bool going = !l->stopped;
    (void)pthread_mutex_unlock(&l->lock);
    return going;
}

const struct bell *lanes_stopped(const struct lanes *l)
{
    return &l->to_pausing;
}

bool lanes_end(struct lanes *l, size_t input, const struct lanes_end *end)
{
    size_t nbytes = end->batch ? batch_nbytes(end->batch) : 0;
    (void)pthread_mutex_lock(&l->lock);
    struct lane *lane = lane_of(l, input);
    if (end->batch) {
        wait_for_room(l, input, nbytes);
        append(l, lane, end->batch, nbytes);
    }
    lane->ended = true;
    lane->result = end->result;
    lane->stats = end->stats;
    bool going = !l->stopped;
    if (!end->more) {
        tell_engine(l);
        l->n_reading--;
        (void)pthread_cond_broadcast(&l->to_idle);
    }
    (void)pthread_mutex_unlock(&l->lock);
    return going;
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
    while (going && !is_ready(lane))
        going = wait_for_worker(l, w);
    struct batch *b = lane->first;
    if (!going) {
        b = NULL;
        *result = READER_STOPPED;
        *stats = lane->stats;
    } else if (b) {
        lane->first = b->next;
        hold(l, lane, b, 0);
    } else {
        *result = lane->result;
        *stats = lane->stats;
        *lane = (struct lane){0};
        l->current = input + 1;
        wake_idle(l);
    }
    wake_waiting(l);
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
    for (size_t i = 0; i < l->n_lanes; i++)
        give_room(&l->lane[i]);
    (void)pthread_cond_broadcast(&l->to_idle);
    (void)pthread_mutex_unlock(&l->lock);
}
