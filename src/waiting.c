#include "ctlock/waiting.h"

#include "ctlock/array.h"
#include "ctlock/idset.h"
#include "ctlock/word.h"

#include <stdlib.h>
#include <string.h>

/* Of each size. The address sanitizer is to see that memory is given back: for it none is kept. */
#ifndef WAITING_KEPT
#define WAITING_KEPT 256
#endif

struct waiting_spare {
    struct waiting_spare *next;
};

/* Memory for an event is of whole steps. Of WAITING_SIZES steps and more none is kept. */
static size_t steps_of(size_t nbytes)
{
    return (nbytes + WAITING_STEP_NBYTES - 1) / WAITING_STEP_NBYTES;
}

static struct event *pool_take(struct waiting_pool *pool, size_t nbytes)
{
    size_t size = steps_of(nbytes);
    if (size >= WAITING_SIZES || !pool->first[size])
        return malloc(size * WAITING_STEP_NBYTES);
    struct waiting_spare *spare = pool->first[size];
    pool->first[size] = spare->next;
    pool->n[size]--;
    return (struct event *)(void *)spare;
}

void waiting_release(struct waiting_pool *pool, struct event *e)
{
    size_t size = steps_of(e->nbytes);
    bool is_kept = size < WAITING_SIZES && pool->n[size] + 1 <= WAITING_KEPT; /* which may be 0 */
    if (!is_kept) {
        free(e);
        return;
    }
    struct waiting_spare *spare = (struct waiting_spare *)(void *)e;
    spare->next = pool->first[size];
    pool->first[size] = spare;
    pool->n[size]++;
}

void waiting_pool_free(struct waiting_pool *pool)
{
    for (size_t size = 0; size < WAITING_SIZES; size++)
        for (struct waiting_spare *s = pool->first[size], *next; s; s = next) {
            next = s->next;
            free(s);
        }
    *pool = (struct waiting_pool){0};
}

static struct str name_of(const struct event *e, enum event_field f)
{
    return idset_is_name(e, f) ? event_str(e, f) : (struct str){0};
}

struct event *waiting_names(struct waiting_pool *pool, const struct event *e)
{
    size_t text_nbytes = 0;
    for (int f = 0; f < EVENT_NFIELDS; f++)
        text_nbytes += name_of(e, (enum event_field)f).n;
    size_t nbytes = event_nbytes(text_nbytes);
    struct event *to = pool_take(pool, nbytes);
    if (!to)
        return NULL;
    *to = (struct event){
        .nbytes = (uint32_t)nbytes, .time_s = e->time_s, .hash = e->hash, .seq = e->seq};
    for (int f = 0; f < EVENT_NFIELDS; f++)
        event_add(to, (enum event_field)f, name_of(e, (enum event_field)f));
    return to;
}

void waiting_free(struct waiting_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->p[i].event);
    free(l->p);
}

void waiting_shrink(struct waiting_list *l)
{
    enum { KEPT = 1024 };
    if (l->n > 0 || l->cap <= KEPT)
        return;
    free(l->p);
    *l = (struct waiting_list){0};
}

bool waiting_room(struct waiting_list *l)
{
    if (l->n < l->cap)
        return true;
    struct waiting_place *p = array_grow(l->p, &l->cap, sizeof *p);
    if (!p)
        return false;
    l->p = p;
    return true;
}

/* The first two bits of a turn: changes, issues, calls. */
enum { RANK_SHIFT = 62 };

static uint64_t rank(const struct event *e)
{
    return e->roles & EVENT_CHANGE ? 0 : e->roles & EVENT_ISSUE ? 1 : 2;
}

/* Bytes as a number that orders like them; missing ones count as zeros. */
static uint64_t head_of(struct str id)
{
    uint64_t head = 0;
    if (id.n >= 8)
        return __builtin_bswap64(word_le64(id.p));
    for (size_t i = 0; i < 8; i++)
        head = head << 8 | (i < id.n ? (unsigned char)id.p[i] : 0u);
    return head;
}

struct event *waiting_new(struct waiting_pool *pool, const struct event *e)
{
    struct event *copy = pool_take(pool, e->nbytes);
    if (copy)
        memcpy(copy, e, e->nbytes);
    return copy;
}

uint64_t waiting_turn(const struct event *e)
{
    return rank(e) << RANK_SHIFT | head_of(event_str(e, EF_EVENT_ID)) >> 2;
}

/* Of two that are alike in what lies beside them. */
static bool is_later_by_id(const struct event *a, const struct event *b)
{
    int c = str_cmp(event_str(a, EF_EVENT_ID), event_str(b, EF_EVENT_ID));
    return c ? c > 0 : a->seq > b->seq;
}

static inline bool is_later(const struct waiting_place *a, const struct waiting_place *b)
{
    if (a->time_s != b->time_s)
        return a->time_s > b->time_s;
    if (a->turn != b->turn)
        return a->turn > b->turn;
    return is_later_by_id(a->event, b->event);
}

static int by_turn(const void *a, const void *b)
{
    return a == b ? 0 : is_later(a, b) ? 1 : -1;
}

/* Put runs of a few in order: each is put in its place among those before it. */
static void sort_runs(struct waiting_place *p, size_t n, size_t run)
{
    for (size_t i = 1; i < n; i++) {
        struct waiting_place one = p[i];
        size_t to = i, first = i - i % run;
        for (; to > first && is_later(&p[to - 1], &one); to--)
            p[to] = p[to - 1];
        p[to] = one;
    }
}

/* Merge two runs, one behind the other, into out. No branch asks which is next: it can't be
 * guessed. */
static void merge(const struct waiting_place *p, size_t middle, size_t n, struct waiting_place *out)
{
    size_t a = 0, b = middle;
    while (a < middle && b < n) {
        bool later = is_later(&p[a], &p[b]);
        *out++ = p[later ? b : a];
        a += !later;
        b += later;
    }
    memcpy(out, a < middle ? &p[a] : &p[b], (middle - a + n - b) * sizeof *p);
}

/* A second has few events as a rule: they have room on the stack. */
enum { FEW = 128 };

static void sort_few(struct waiting_place *p, size_t n)
{
    enum { RUN = 4 };
    struct waiting_place other[FEW], *from = p, *to = other;
    sort_runs(p, n, RUN);
    for (size_t run = RUN; run < n; run *= 2) {
        for (size_t i = 0; i < n; i += 2 * run) {
            size_t left = n - i;
            merge(&from[i], left < run ? left : run, left < 2 * run ? left : 2 * run, &to[i]);
        }
        struct waiting_place *was = from;
        from = to;
        to = was;
    }
    if (from != p)
        memcpy(p, from, n * sizeof *p);
}

static bool is_sorted(const struct waiting_place *p, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (is_later(&p[i - 1], &p[i]))
            return false;
    return true;
}

void waiting_sort(struct waiting_place *p, size_t n)
{
    if (n <= FEW)
        sort_few(p, n);
    else if (!is_sorted(p, n))
        qsort(p, n, sizeof *p, by_turn);
}
