#include "ctlock/lanes.h"

#include <pthread.h>
#include <stdlib.h>

/* What all workers together may be ahead of the engine, in bytes of events; each gets its share. */
#define AHEAD_NBYTES ((size_t)24 << 20)
#define MIN_LANE_NBYTES ((size_t)1 << 20)

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
    return l;
}

void lanes_free(struct lanes *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->n_lanes; i++)
        batch_free_chain(l->lane[i].first);
    batch_free_chain(l->spare);
    bell_close(&l->to_engine);
    bell_close(&l->to_pausing);
    (void)pthread_cond_destroy(&l->to_workers);
    (void)pthread_mutex_destroy(&l->lock);
    free(l->lane);
    free(l);
}

static struct lane *lane_of(struct lanes *l, size_t input)
{
    return &l->lane[input % l->n_lanes];
}

bool lanes_take_input(struct lanes *l, size_t *input)
{
    (void)pthread_mutex_lock(&l->lock);
    while (!l->stopped && l->next_input < l->n_inputs && l->next_input >= l->current + l->n_lanes)
        (void)pthread_cond_wait(&l->to_workers, &l->lock);
    bool taken = !l->stopped && l->next_input < l->n_inputs;
    if (taken)
        *input = l->next_input++;
    (void)pthread_mutex_unlock(&l->lock);
    return taken;
}

struct batch *lanes_take_batch(struct lanes *l)
{
    (void)pthread_mutex_lock(&l->lock);
    struct batch *b = l->spare;
    if (b)
        l->spare = b->next;
    (void)pthread_mutex_unlock(&l->lock);
    if (!b)
        return calloc(1, sizeof *b);
    batch_clear(b);
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

bool lanes_put(struct lanes *l, size_t input, struct batch *b)
{
    (void)pthread_mutex_lock(&l->lock);
    struct lane *lane = lane_of(l, input);
    while (!l->stopped && lane->first && lane->nbytes + b->events.n > l->lane_nbytes)
        (void)pthread_cond_wait(&l->to_workers, &l->lock);
    b->next = NULL;
    if (lane->first)
        lane->last->next = b;
    else
        lane->first = b;
    lane->last = b;
    lane->nbytes += b->events.n;
    lane->stats = b->so_far;
    lane->pauses = false;
    bool going = !l->stopped;
    tell_engine(l, input);
    (void)pthread_mutex_unlock(&l->lock);
    return going;
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
    (void)pthread_mutex_unlock(&l->lock);
}

/* Wait with the lock let go. */
static bool wait_for_worker(struct lanes *l, const struct waiting *w)
{
    l->engine_waits = true;
    (void)pthread_mutex_unlock(&l->lock);
    bool going = wait_input(l->to_engine.end[0], w) == WAIT_READY;
    bell_hush(&l->to_engine);
    (void)pthread_mutex_lock(&l->lock);
    l->engine_waits = false;
    return going;
}

struct batch *lanes_get(struct lanes *l, size_t input, const struct waiting *w,
                        enum reader_result *result, struct reading_stats *stats)
{
    (void)pthread_mutex_lock(&l->lock);
    struct lane *lane = lane_of(l, input);
    bool going = true;
    while (going && !lane->first && !lane->ended)
        going = wait_for_worker(l, w);
    struct batch *b = lane->first;
    if (!going) {
        b = NULL;
        *result = READER_STOPPED;
        *stats = lane->stats;
    } else if (b) {
        lane->first = b->next;
        lane->nbytes -= b->events.n;
    } else {
        *result = lane->result;
        *stats = lane->stats;
        *lane = (struct lane){0};
        l->current = input + 1;
    }
    (void)pthread_cond_broadcast(&l->to_workers);
    (void)pthread_mutex_unlock(&l->lock);
    return b;
}

struct reading_stats lanes_so_far(struct lanes *l, size_t input, bool *pauses)
{
    (void)pthread_mutex_lock(&l->lock);
    struct reading_stats so_far = lane_of(l, input)->stats;
    *pauses = lane_of(l, input)->pauses;
    (void)pthread_mutex_unlock(&l->lock);
    return so_far;
}

void lanes_recycle(struct lanes *l, struct batch *b)
{
    (void)pthread_mutex_lock(&l->lock);
    b->next = l->spare;
    l->spare = b;
    (void)pthread_mutex_unlock(&l->lock);
}

void lanes_stop(struct lanes *l)
{
    (void)pthread_mutex_lock(&l->lock);
    l->stopped = true;
    bell_ring(&l->to_pausing);
    (void)pthread_cond_broadcast(&l->to_workers);
    (void)pthread_mutex_unlock(&l->lock);
}
