/* extract, prefilter, fields, straight: all ways to read a record find the same, and what cJSON
 * finds. */
#include "ctlock/extract.h"

#include "ctlock/fields.h"
#include "ctlock/prefilter.h"
#include "ctlock/straight.h"
#include "extract_oracle.h"
#include "made_record.h"

#include <check.h>
#include <stdlib.h>

static const struct extract_options plain = {0};
static const struct str issuers[] = {{"ecs-tasks.amazonaws.com", 23}, {"lambda.amazonaws.com", 20}};
static const struct extract_options with_issuers = {.issuers = issuers, .n_issuers = 2};

static const enum simd ways[] = {SIMD_PORTABLE, SIMD_AVX2, SIMD_AVX512, SIMD_NEON};
enum { N_WAYS = sizeof ways / sizeof *ways };

/* All ways to read a record give the same. */
static void check_all_ways(struct extractor *x, const struct extract_options *opt, struct str rec,
                           struct buf *copy)
{
    struct extract_options o = *opt;
    const struct event *e = NULL;
    const char *why = NULL, *first_why;
    size_t name_at;

    buf_clear(copy);
    enum extract_result first = extract_record(x, &o, rec, &e, &why);
    first_why = why;
    if (first == EXTRACT_EVENT)
        buf_add(copy, e, e->nbytes);
    for (size_t i = 0; i < 2 * (size_t)N_WAYS; i++) {
        o.simd = ways[i / 2];
        o.no_prefilter = i % 2;
        if (!simd_has(o.simd))
            continue;
        if (x->mem != NULL)
            memset(x->mem, (int)i + 1, x->cap); /* an event has nothing of the one before */
        why = NULL;
        enum extract_result got = extract_record(x, &o, rec, &e, &why);
        ck_assert_msg(got == first && why == first_why, "%d and %d: %.*s", (int)first, (int)got,
                      (int)rec.n, rec.p);
        if (first == EXTRACT_EVENT)
            ck_assert_msg(e->nbytes == copy->n && memcmp(e, copy->p, copy->n) == 0, "%.*s",
                          (int)rec.n, rec.p);
    }
    o.no_prefilter = true;
    if (extract_record(x, &o, rec, &e, &why) == EXTRACT_EVENT)
        ck_assert(prefilter_may_matter(rec, opt->n_issuers > 0, SIMD_BEST, &name_at));
}

enum { N_RECORDS = 5000 };

START_TEST(agrees_with_cjson)
{
    struct extractor x = {0};
    struct maker m = {0};
    size_t n_events = 0, n_irrelevant = 0;

    for (unsigned number = 0; number < N_RECORDS; number++) {
        const struct extract_options *opt = number % 2 ? &with_issuers : &plain;
        const struct event *e = NULL;
        const char *why = NULL;
        struct oracle o;
        make_record(&m, number);
        cJSON *tree = cJSON_ParseWithLength(m.out.p, m.out.n);
        ck_assert_msg(tree != NULL && oracle_applies(m.out.p, m.out.n), "%.*s", (int)m.out.n,
                      m.out.p);
        oracle_read(&o, tree, m.out.p, m.out.n, opt);
        enum extract_result got = extract_record(&x, opt, buf_view(&m.out), &e, &why);
        if (!o.unsure) {
            ck_assert_msg(got == o.result, "%u: %d, not %d: %.*s", number, (int)got, (int)o.result,
                          (int)m.out.n, m.out.p);
            if (got == EXTRACT_MALFORMED)
                ck_assert_str_eq(why, o.why);
            const char *differs = got == EXTRACT_EVENT ? oracle_compare(&o, e) : NULL;
            ck_assert_msg(differs == NULL, "%u: %s: %.*s", number, differs, (int)m.out.n, m.out.p);
        }
        n_events += got == EXTRACT_EVENT;
        n_irrelevant += got == EXTRACT_IRRELEVANT;
        oracle_free(&o);
        cJSON_Delete(tree);
    }
    ck_assert_uint_gt(n_events, N_RECORDS / 8);
    ck_assert_uint_gt(n_irrelevant, N_RECORDS / 8);
    buf_free(&m.out);
    extract_free(&x);
}
END_TEST

/* Spoil a few bytes. */
static void mutate(struct maker *m)
{
    static const char bytes[] = "\"\"\\\\{}[]:,u0i-/ \n\x1a\x80\xff\0e9";

    for (unsigned n = make_pick(m, 4) + 1; n > 0 && m->out.n > 2; n--) {
        size_t at = 1 + make_pick(m, (unsigned)m->out.n - 1);
        switch (make_pick(m, 4)) {
        case 0:
            m->out.n = make_pick(m, 8) ? m->out.n : at;
            break;
        case 1:
            memmove(m->out.p + at, m->out.p + at + 1, m->out.n - at - 1);
            m->out.n--;
            break;
        default:
            m->out.p[at] = bytes[make_pick(m, sizeof bytes - 1)];
        }
    }
}

START_TEST(quick_looks_lose_nothing)
{
    struct extractor x = {0};
    struct maker m = {0};
    struct buf copy = {0};

    for (unsigned number = 0; number < N_RECORDS / 2; number++) {
        const struct extract_options *opt = number % 2 ? &with_issuers : &plain;
        make_record(&m, number);
        check_all_ways(&x, opt, buf_view(&m.out), &copy);
        for (int i = 0; i < 3; i++) {
            mutate(&m);
            check_all_ways(&x, opt, buf_view(&m.out), &copy);
        }
    }
    buf_free(&copy);
    buf_free(&m.out);
    extract_free(&x);
}
END_TEST

static void check_same_fields(const struct fields *a, const struct fields *b, const char *text)
{
    int field = 1;

    for (; field < N_FIELDS; field++) {
        struct str v = fields_raw(a, (enum field)field), w = fields_raw(b, (enum field)field);
        if (v.p != w.p || v.n != w.n)
            break;
    }
    ck_assert_msg(a->found == b->found && field == N_FIELDS, "field %d of %s", field, text);
}

START_TEST(straight_reader_agrees)
{
    static struct straight s;
    struct maker m = {0};
    struct buf mem = {0};
    size_t n_read = 0;

    for (unsigned number = 0; number < N_RECORDS; number++) {
        static struct fields quick, thorough;
        make_record(&m, number);
        if (number % 2)
            mutate(&m);
        struct str rec = {m.out.p, m.out.n};
        buf_putc(&m.out, '\0');
        rec.p = m.out.p;
        ck_assert(!m.out.failed);
        buf_clear(&mem);
        ck_assert(buf_reserve(&mem, jsonscan_mem_nbytes(rec.n)));
        enum simd simd = ways[number / 2 % N_WAYS];
        if (!straight_read(&s, &quick, rec, OBJECT_RECORD, simd_has(simd) ? simd : SIMD_BEST))
            continue;
        n_read++;
        fields_read(&thorough, rec, OBJECT_RECORD, mem.p, SIMD_BEST);
        check_same_fields(&quick, &thorough, m.out.p);
    }
    ck_assert_uint_gt(n_read, N_RECORDS / 16);
    buf_free(&mem);
    buf_free(&m.out);
}
END_TEST

/* Guesses want text behind what they guess. */
#define LONG "\"z\":\"0123456789012345678901234567890123456789012345678901234567890123456789\""

/* What it learnt from some records does not show in the next. */
START_TEST(straight_reader_only_guesses)
{
    enum simd simd = simd_has(ways[_i]) ? ways[_i] : SIMD_BEST;
    static const char *const lessons[] = {
        "{\"userIdentity\":{\"type\":\"x\",\"arn\":\"y\"},\"awsRegion\":\"us-east-1\","
        "\"eventTime\":1," LONG "}",
        "{\"awsRegion\":\"us-east-1\",\"userIdentity\":{},\"eventTime\":\"2023-07-10T11:57:"
        "16Z\"," LONG "}"};
    static const char *const next[] = {
        "{\"userIdentity\":{},\"type\":\"x\",\"arn\":\"y\",\"eventTime\":2,\"z\":3," LONG "}",
        "{\"userIdentity\":null,\"type\":\"x\",\"awsRegion\":\"us-\",\"eventTime\":\"x\"," LONG "}",
        "{\"awsRegion\":\"us-east-1\\\",\\\"userIdentity\\\":{},\\\"\",\"eventTime\":\"x\"," LONG
        "}",
        "{\"awsRegion\":\"us-east-1\\\"\",\"userIdentity\":{},\"eventTime\":\"x\"," LONG "}",
        "{\"awsRegion\":\"us-east-1\\,\"userIdentity\":{},\"eventTime\":\"x\"," LONG "}",
        "{\"awsRegion\":\"us-e\\\"st-1\",\"userIdentity\":{},\"eventTime\":\"x\"," LONG "}",
        "{\"awsRegion\":\"us-east-1 \",\"userIdentity\":{},\"eventTime\":\"x\"," LONG "}",
        "{\"awsRegion\":\"us-east-\",\"userIdentity\":{},\"eventTime\":\"\",\"eventID\":\"x\"," LONG
        "}",
        "{\"awsRegion\" "
        ":\"us-east-1\",\"userIdentity\":{},\"eventTime\":\"\",\"eventID\":\"x\"," LONG "}",
        "{\"\":,\"userIdentity\":{\"\":,},\"eventTime\":\"a b\"," LONG "}",
        "{\"\":1,\"userIdentity\":{\"\":1,\"type\":\"x\"},\"\":1,\"type\":\"x\",\"\":1," LONG "}",
        "{\"awsRegion\":\"us-east-1\",\"awsRegion\":\"us-east-2\",\"eventTime\":\"a b\"," LONG "}",
        "{\"userIdentity\":{\"type\":\"x\"},\"userIdentity\":{\"type\":\"a b\"}," LONG "}",
        "{\"awsRegion\":\"us-east-1\",},\"eventTime\":\"a b\"," LONG "}",
        "{\"awsRegion:\":\"us-east-1\",\"userIdentity\":{},\"eventTime\":\"\",\"eventID\":"
        "\"x\"," LONG "}",
    };
    struct buf mem = {0};

    ck_assert(buf_reserve(&mem, jsonscan_mem_nbytes(400)));
    for (size_t i = 0; i < sizeof lessons / sizeof *lessons; i++)
        for (size_t k = 0; k < sizeof next / sizeof *next; k++) {
            struct straight s = {.place = {{0}}};
            struct fields quick, thorough;
            for (int times = 0; times < 12; times++)
                ck_assert(straight_read(&s, &quick, str_of(lessons[i]), OBJECT_RECORD, simd));
            fields_read(&thorough, str_of(next[k]), OBJECT_RECORD, mem.p, SIMD_BEST);
            if (straight_read(&s, &quick, str_of(next[k]), OBJECT_RECORD, simd))
                check_same_fields(&quick, &thorough, next[k]);
            else
                ck_assert(strpbrk(next[k], "\\ ") != NULL);
        }
    buf_free(&mem);
}
END_TEST

START_TEST(stays_inside_the_record)
{
    /* The sanitizers watch: each copy is as long as the record. */
    struct extractor x = {0};
    struct maker m = {0};
    struct buf copy = {0};

    make_record(&m, 1);
    for (size_t n = 0; n <= m.out.n; n++) {
        char *exact = malloc(n ? n : 1);
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, m.out.p, n);
        check_all_ways(&x, &plain, (struct str){exact, n}, &copy);
        check_all_ways(&x, &with_issuers, (struct str){exact, n}, &copy);
        free(exact);
    }
    buf_free(&copy);
    buf_free(&m.out);
    extract_free(&x);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("extract_ways");
    TCase *tc = tcase_create("extract_ways");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, agrees_with_cjson);
    tcase_add_test(tc, quick_looks_lose_nothing);
    tcase_add_test(tc, straight_reader_agrees);
    tcase_add_loop_test(tc, straight_reader_only_guesses, 0, N_WAYS);
    tcase_add_test(tc, stays_inside_the_record);
    suite_add_tcase(suite, tc);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
