/* Blocks: records that one worker slices and another extracts give what one worker alone finds. */
#include "ctlock/block.h"

#include "ctlock/lanes.h"
#include "ctlock/reader.h"

#include "made_event.h"

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CALL                                                                                       \
    "{\"eventTime\":\"2023-07-10T12:00:%02dZ\",\"eventID\":\"e%d\",\"eventSource\":"               \
    "\"s3.amazonaws.com\",\"eventName\":\"ListBuckets\",\"sourceIPAddress\":\"203.0.113.10\","     \
    "\"userIdentity\":{\"type\":\"AssumedRole\",\"arn\":"                                          \
    "\"arn:aws:sts::1:assumed-role/app/i-00000001\"}}"

enum { RECORDS = 20000 };

/* Lines, documents and bare arrays; irrelevant, malformed and huge records; junk and cuts. */
static void make_text(struct buf *out)
{
    static char huge[1500000];
    memset(huge, 'x', sizeof huge - 1);
    for (int i = 0; i < RECORDS; i++) {
        if (i % 1000 == 300)
            buf_puts(out, "{\"Records\" : [\n");
        else if (i % 1000 > 300 && i % 1000 < 330)
            buf_puts(out, ",\n ");
        buf_printf(out, CALL "%s", i % 60, i, i % 7 ? "\n" : "");
        if (i % 1000 == 329)
            buf_puts(out, "]}");
        if (i % 1500 == 1)
            buf_puts(out, "junk\n{\"eventTime\":\"never\",\"userIdentity\":{\"type\":"
                          "\"AssumedRole\",\"arn\":\"arn:aws:sts::1:assumed-role/app/"
                          "i-00000001\"}}\n{\"eventName\":\"x\"}\n");
        if (i % 4000 == 5)
            buf_puts(out, "{\"eventTime\":\"2023-\n");
        if (i == 9000)
            buf_printf(out, "{\"huge\":\"%s\"}\n", huge);
    }
    buf_puts(out, "{\"eventTime\":");
}

/* Everything that a reading came to, as text. */
struct seen {
    struct buf told;
    struct reader *other;
    struct block block;
    uint64_t state; /* of who has time; 0: nobody, 1: somebody, always */
    size_t blocks;
    struct reading_stats by_other;
};

static bool see_event(void *self, struct event *e)
{
    struct seen *s = self;
    buf_printf(&s->told, "%llu ", (unsigned long long)e->offset);
    buf_add(&s->told, e, e->nbytes);
    return true;
}

static bool see_problem(void *self, const struct reader_problem *p)
{
    struct seen *s = self;
    buf_printf(&s->told, "%llu %s\n", (unsigned long long)p->offset, p->why);
    return true;
}

static bool see_piece(void *self)
{
    (void)self;
    return true;
}

static struct block *lend(void *self)
{
    struct seen *s = self;
    if (s->state > 1) {
        s->state ^= s->state << 13;
        s->state ^= s->state >> 7;
        s->state ^= s->state << 17;
    }
    if (s->state == 0 || (s->state > 1 && s->state >> 40 & 1))
        return NULL;
    block_clear(&s->block);
    return &s->block;
}

static bool hand(void *self, struct block *b)
{
    struct seen *s = self;
    struct reader_sink sink = {.self = s, .event = see_event, .problem = see_problem};
    s->blocks++;
    ck_assert_int_eq(reader_extract(s->other, b, &sink, &s->by_other), READER_DONE);
    if (b->n > 0)
        memset(b->text, 'Z', b->text_cap); /* nothing may need it any more */
    return true;
}

static struct seen read_with(const char *path, uint64_t state, uint64_t skip,
                             struct reading_stats *stats)
{
    struct extract_options opt = {0};
    struct reader *r = reader_new(&opt, false);
    struct seen s = {.other = reader_new(&opt, false), .state = state};
    struct reader_sink sink = {.self = &s,
                               .event = see_event,
                               .problem = see_problem,
                               .piece = see_piece,
                               .lend = lend,
                               .hand = hand};
    *stats = (struct reading_stats){0};
    ck_assert_int_eq(reader_run(r, path, skip, &sink, stats), READER_DONE);
    stats->malformed += s.by_other.malformed;
    stats->problems += s.by_other.problems;
    reader_free(r);
    reader_free(s.other);
    free(s.block.text);
    free(s.block.item);
    return s;
}

START_TEST(handing_over_changes_nothing)
{
    static const uint64_t skips[] = {0, 1, 777, RECORDS - 5, RECORDS * 2};
    char path[] = "/tmp/ctlock-test-XXXXXX";
    struct buf text = {0};
    make_text(&text);
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text.p, text.n), (ssize_t)text.n);
    ck_assert_int_eq(close(fd), 0);
    for (size_t i = 0; i < sizeof skips / sizeof skips[0]; i++) {
        struct reading_stats alone, shared;
        struct seen a = read_with(path, 0, skips[i], &alone);
        ck_assert_uint_eq(a.blocks, 0);
        ck_assert(i > 0 || (alone.problems > 30 && alone.oversized == 1));
        for (uint64_t state = 1; state < 20; state++) {
            struct seen b = read_with(path, state, skips[i], &shared);
            ck_assert_uint_gt(b.blocks, 5);
            ck_assert(str_eq(buf_view(&a.told), buf_view(&b.told)));
            ck_assert_mem_eq(&alone, &shared, sizeof alone);
            buf_free(&b.told);
        }
        buf_free(&a.told);
    }
    ck_assert_int_eq(unlink(path), 0);
    buf_free(&text);
}
END_TEST

static void add_number(struct batch *b, uint64_t number)
{
    struct event *e = make_event(EVENT_CALL, (int64_t)number, (struct made_field[]){{0, NULL}});
    ck_assert(batch_add_event(b, e));
    free(e);
}

enum { INPUTS = 5, NUMBERS = 2000 };

/* One number, by this worker, or by another if somebody has time. */
static void count_one(struct lanes *l, size_t input, uint64_t number)
{
    struct block *b = number % 3 ? lanes_lend(l) : NULL;
    if (b) {
        b->input = input;
        b->batch->so_far = (struct reading_stats){.records = number + 1};
        ck_assert(block_add(b, (struct block_item){.why = "number", .offset = number}));
        enum lanes_handed handed = lanes_hand(l, b);
        if (handed != LANES_HANDED)
            lanes_block_unused(l, b);
        if (handed != LANES_BUSY)
            return;
    }
    struct batch *own = lanes_take_batch(l);
    add_number(own, number);
    own->so_far = (struct reading_stats){.records = number + 1};
    (void)lanes_put(l, input, own);
}

static void *work(void *self)
{
    struct lanes *l = self;
    for (struct work w; lanes_take_work(l, &w);) {
        if (w.block) {
            add_number(w.block->batch, w.block->item[0].offset);
            w.block->batch->found.malformed = 1;
            lanes_block_done(l, w.block);
            continue;
        }
        for (uint64_t i = 0; i < NUMBERS; i++)
            count_one(l, w.input, i);
        (void)lanes_end(l, w.input, &(struct lanes_end){.stats = {.records = NUMBERS}});
    }
    return NULL;
}

START_TEST(blocks_keep_their_places)
{
    size_t workers = (size_t)_i;
    struct lanes *l = lanes_new(&(struct lanes_inputs){.n = INPUTS}, (unsigned)workers);
    pthread_t thread[8];
    uint64_t by_others = 0;
    for (size_t i = 0; i < workers; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, work, l), 0);
    for (size_t input = 0; input < INPUTS; input++) {
        enum reader_result result = READER_NOMEM;
        struct reading_stats stats = {0};
        uint64_t next = 0;
        for (struct batch *b; (b = lanes_get(l, input, &(struct wait_how){0}, &result, &stats));) {
            size_t at = 0;
            ck_assert(!b->open);
            struct event *e = batch_next_event(b, &at);
            ck_assert_int_eq(e->time_s, (int64_t)next++);
            ck_assert_uint_eq(b->so_far.records, next);
            by_others += b->found.malformed;
            lanes_recycle(l, b);
        }
        ck_assert_uint_eq(next, NUMBERS);
        ck_assert_uint_eq(stats.records, NUMBERS);
        ck_assert_int_eq(result, READER_DONE);
    }
    ck_assert(workers > 1 || by_others == 0);
    for (size_t i = 0; i < workers; i++)
        ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
    lanes_free(l);
}
END_TEST

START_TEST(stopping_frees_blocks)
{
    struct lanes *l = lanes_new(&(struct lanes_inputs){.n = INPUTS}, 4);
    pthread_t thread[4];
    enum reader_result result;
    struct reading_stats stats;
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, work, l), 0);
    for (int i = 0; i < _i * 50; i++)
        lanes_recycle(l, lanes_get(l, 0, &(struct wait_how){0}, &result, &stats));
    lanes_stop(l);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
    lanes_free(l);
}
END_TEST

START_TEST(nobody_waits_for_a_block)
{
    struct lanes *l = lanes_new(&(struct lanes_inputs){.n = 1}, 1);
    struct work w;
    ck_assert(lanes_take_work(l, &w));
    ck_assert_ptr_null(w.block);
    ck_assert_ptr_null(lanes_lend(l));
    ck_assert(lanes_end(l, w.input, &(struct lanes_end){.result = READER_DONE}));
    ck_assert(!lanes_take_work(l, &w));
    lanes_free(l);
}
END_TEST

/* Takes one block and keeps it until told. */
struct slow {
    struct lanes *lanes;
    pthread_mutex_t go;
};

static void *work_slowly(void *self)
{
    struct slow *s = self;
    for (struct work w; lanes_take_work(s->lanes, &w);) {
        (void)pthread_mutex_lock(&s->go);
        (void)pthread_mutex_unlock(&s->go);
        lanes_block_done(s->lanes, w.block);
    }
    return NULL;
}

START_TEST(who_waited_for_a_block_may_be_busy)
{
    struct slow s = {.lanes = lanes_new(&(struct lanes_inputs){.n = 1}, 2),
                     .go = PTHREAD_MUTEX_INITIALIZER};
    struct lanes *l = s.lanes;
    struct work w;
    pthread_t thread;
    ck_assert(lanes_take_work(l, &w));
    (void)pthread_mutex_lock(&s.go);
    ck_assert_int_eq(pthread_create(&thread, NULL, work_slowly, &s), 0);
    struct block *one;
    while (!(one = lanes_lend(l)))
        ;
    struct block *other = lanes_lend(l);
    ck_assert_ptr_nonnull(other);
    one->input = other->input = w.input;
    ck_assert_int_eq(lanes_hand(l, one), LANES_HANDED);
    ck_assert_int_eq(lanes_hand(l, other), LANES_BUSY);
    lanes_block_unused(l, other);
    ck_assert_ptr_null(lanes_lend(l));
    /* Nothing of the lane can be had before, and it is not at rest. */
    bool pauses = true;
    enum reader_result result = READER_DONE;
    struct reading_stats stats = {0};
    ck_assert(lanes_note(l, w.input, &stats, true));
    (void)lanes_so_far(l, w.input, &pauses);
    ck_assert(!pauses);
    (void)pthread_mutex_unlock(&s.go);
    struct batch *b = lanes_get(l, w.input, &(struct wait_how){0}, &result, &stats);
    ck_assert_ptr_nonnull(b);
    (void)lanes_so_far(l, w.input, &pauses);
    ck_assert(pauses);
    lanes_recycle(l, b);
    ck_assert(lanes_end(l, w.input, &(struct lanes_end){.stats = stats}));
    ck_assert_ptr_null(lanes_get(l, w.input, &(struct wait_how){0}, &result, &stats));
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    lanes_free(l);
}
END_TEST

START_TEST(a_block_keeps_its_memory)
{
    struct block *b = calloc(1, sizeof *b);
    for (uint64_t i = 0; i < 1000; i++)
        ck_assert(block_add(b, (struct block_item){.offset = i}));
    for (uint64_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(b->item[i].offset, i);
    ck_assert(block_reserve(b, 100));
    char *text = b->text;
    ck_assert(block_reserve(b, 50));
    ck_assert_ptr_eq(b->text, text);
    ck_assert_uint_eq(b->text_cap, 100);
    block_clear(b);
    ck_assert_uint_eq(b->n, 0);
    ck_assert_ptr_eq(b->text, text);
    block_free_chain(b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("block");
    TCase *t = tcase_create("block");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, handing_over_changes_nothing);
    tcase_add_loop_test(t, blocks_keep_their_places, 1, 9);
    tcase_add_loop_test(t, stopping_frees_blocks, 0, 8);
    tcase_add_test(t, nobody_waits_for_a_block);
    tcase_add_test(t, who_waited_for_a_block_may_be_busy);
    tcase_add_test(t, a_block_keeps_its_memory);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
