#include "ctlock/readahead.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_NBYTES = 256 * 1024, N_CHUNKS = 4 };

/* One result of stream_read. Filled by the thread, emptied by the reader, never both. */
struct chunk {
    enum stream_result result;
    struct stream_problem problem;
    uint64_t in_nbytes;
    size_t n, taken;
    char text[CHUNK_NBYTES];
};

struct readahead {
    struct stream *stream; /* the thread's */
    pthread_t thread;
    pthread_mutex_t lock; /* guards the numbers below */
    pthread_cond_t changed;
    size_t filled, emptied; /* chunks, since the beginning */
    bool stop;
    bool pauses; /* the thread waits for the input */
    const struct bell *wake;
    uint64_t in_nbytes; /* the reader's */
    struct chunk chunk[N_CHUNKS];
};

/* The next chunk to fill, or NULL when the reader has gone. */
static struct chunk *wait_for_room(struct readahead *a)
{
    (void)pthread_mutex_lock(&a->lock);
    while (!a->stop && a->filled - a->emptied == N_CHUNKS)
        (void)pthread_cond_wait(&a->changed, &a->lock);
    struct chunk *c = a->stop ? NULL : &a->chunk[a->filled % N_CHUNKS];
    (void)pthread_mutex_unlock(&a->lock);
    return c;
}

static void count(struct readahead *a, size_t *counter)
{
    (void)pthread_mutex_lock(&a->lock);
    ++*counter;
    if (counter == &a->filled)
        a->pauses = false; /* up to the next read, at least */
    (void)pthread_cond_signal(&a->changed);
    (void)pthread_mutex_unlock(&a->lock);
}

/* In the thread: nothing is there to be read. */
static bool tell_pause(void *self, int *timeout_ms)
{
    struct readahead *a = self;
    *timeout_ms = -1;
    (void)pthread_mutex_lock(&a->lock);
    a->pauses = true;
    (void)pthread_cond_signal(&a->changed);
    (void)pthread_mutex_unlock(&a->lock);
    return !a->wake || !bell_is_rung(a->wake);
}

static void *read_on(void *self)
{
    struct readahead *a = self;
    for (struct chunk *c; (c = wait_for_room(a));) {
        c->n = c->taken = 0;
        c->result = stream_read(a->stream, c->text, sizeof c->text, &c->n, &c->problem);
        c->in_nbytes = stream_in_nbytes(a->stream);
        /* The reader may free everything once it sees the last chunk. */
        bool last = c->result != STREAM_BYTES && c->result != STREAM_PROBLEM;
        count(a, &a->filled);
        if (last)
            break;
    }
    return NULL;
}

struct readahead *readahead_new(int fd, const struct wait_how *w)
{
    struct readahead *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->stream = stream_new(fd);
    if (!a->stream || pthread_mutex_init(&a->lock, NULL) != 0) {
        stream_free(a->stream);
        free(a);
        return NULL;
    }
    (void)pthread_cond_init(&a->changed, NULL);
    a->wake = w->wake;
    struct wait_how mine = *w;
    mine.self = a;
    mine.pause = tell_pause;
    stream_wait(a->stream, &mine);
    if (pthread_create(&a->thread, NULL, read_on, a) == 0)
        return a;
    (void)pthread_cond_destroy(&a->changed);
    (void)pthread_mutex_destroy(&a->lock);
    stream_free(a->stream);
    free(a);
    return NULL;
}

void readahead_free(struct readahead *a)
{
    if (!a)
        return;
    (void)pthread_mutex_lock(&a->lock);
    a->stop = true;
    (void)pthread_cond_signal(&a->changed);
    (void)pthread_mutex_unlock(&a->lock);
    (void)pthread_join(a->thread, NULL);
    (void)pthread_cond_destroy(&a->changed);
    (void)pthread_mutex_destroy(&a->lock);
    stream_free(a->stream);
    free(a);
}

bool readahead_pauses(struct readahead *a)
{
    (void)pthread_mutex_lock(&a->lock);
    while (a->filled == a->emptied && !a->pauses)
        (void)pthread_cond_wait(&a->changed, &a->lock);
    bool pauses = a->filled == a->emptied;
    (void)pthread_mutex_unlock(&a->lock);
    return pauses;
}

static struct chunk *wait_for_chunk(struct readahead *a)
{
    (void)pthread_mutex_lock(&a->lock);
    while (a->filled == a->emptied)
        (void)pthread_cond_wait(&a->changed, &a->lock);
    (void)pthread_mutex_unlock(&a->lock);
    return &a->chunk[a->emptied % N_CHUNKS];
}

enum stream_result readahead_read(struct readahead *a, char *out, size_t cap, size_t *nbytes,
                                  struct stream_problem *problem)
{
    struct chunk *c = wait_for_chunk(a);
    enum stream_result result = c->result;
    a->in_nbytes = c->in_nbytes;
    if (result == STREAM_BYTES) {
        *nbytes = c->n - c->taken < cap ? c->n - c->taken : cap;
        memcpy(out, c->text + c->taken, *nbytes);
        c->taken += *nbytes;
        if (c->taken < c->n)
            return result;
    } else if (result == STREAM_PROBLEM) {
        *problem = c->problem;
    } else {
        return result; /* stays, for the thread has ended */
    }
    count(a, &a->emptied);
    return result;
}

uint64_t readahead_in_nbytes(struct readahead *a)
{
    return a->in_nbytes;
}
