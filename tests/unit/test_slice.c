/* What slices out of streams good and bad, and that neither engines nor cuts change it. */
#include "../slice_reference.h"

#include <check.h>

/* Records are given as their text, problems as "!reason@offset". */
struct known {
    const char *in;
    const char *out[8];
};

static const struct known good[] = {
    {"", {NULL}},
    {" \r\n\t\n", {NULL}},
    {"{\"Records\":[]}", {NULL}},
    {"[]", {NULL}},
    {"{}", {"{}"}},
    {"{\"Records\":[{\"a\":1},{\"b\":2}]}", {"{\"a\":1}", "{\"b\":2}"}},
    {"{\"Records\":[{\"a\":1}]}{\"Records\":[{\"b\":2}]}", {"{\"a\":1}", "{\"b\":2}"}},
    {"{ \"Records\" :\n[ {\"a\":1} ,\n {\"b\":2} ] }\n", {"{\"a\":1}", "{\"b\":2}"}},
    {"[{\"a\":1},{\"b\":2}]\n[{\"c\":3}]", {"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"}},
    {"{\"a\":1}\n{\"b\":2}\r\n\n{\"c\":3}", {"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"}},
    {"{\"a\":1}{\"b\":2},{\"c\":3},", {"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"}},
    {"\x1e{\"a\":1}\n\x1e{\"b\":2}\n", {"{\"a\":1}", "{\"b\":2}"}},
    {"\xEF\xBB\xBF{\"a\":1}", {"{\"a\":1}"}},
    {"{\"a\":1}[{\"b\":2}]{\"Records\":[{\"c\":3}]}{\"d\":4}",
     {"{\"a\":1}", "{\"b\":2}", "{\"c\":3}", "{\"d\":4}"}},
    {"{\n  \"a\": {\n    \"b\": [\n      {}\n    ]\n  }\n}\n{\n  \"c\": 1\n}\n",
     {"{\n  \"a\": {\n    \"b\": [\n      {}\n    ]\n  }\n}", "{\n  \"c\": 1\n}"}},
    {"{\n\"a\":[\n{\n\"b\":1\n},\n{\n\"c\":2\n}\n]\n}",
     {"{\n\"a\":[\n{\n\"b\":1\n},\n{\n\"c\":2\n}\n]\n}"}},
    {"{\"Records\":[\n{\"a\":1},\n{\"b\":2}\n]}\n", {"{\"a\":1}", "{\"b\":2}"}},
    /* Strings. */
    {"{\"a\":\"}{\\\"}\"}{\"b\":\"\\\\\"}", {"{\"a\":\"}{\\\"}\"}", "{\"b\":\"\\\\\"}"}},
    {"{\"Records\":[{\"a\":\"]}\"},{\"b\":\"{[\"}]}", {"{\"a\":\"]}\"}", "{\"b\":\"{[\"}"}},
    {"{\"a\":\"\\\"Records\\\":[{}]\"}", {"{\"a\":\"\\\"Records\\\":[{}]\"}"}},
    {"{\"a\":\"Records\",\"b\":[{}]}", {"{\"a\":\"Records\",\"b\":[{}]}"}},
    /* Other members of a document. */
    {"{\"v\":{\"x\":[{\"y\":1}]},\"Records\":[{\"a\":1}],\"t\":[{\"z\":\"]}\"}]}{\"b\":2}",
     {"{\"a\":1}", "{\"b\":2}"}},
    {"{\"Records\":[{\"a\":1}],\"Records\":[{\"b\":2}]}{\"c\":3}", {"{\"a\":1}", "{\"c\":3}"}},
    /* Records with such a name in other places, and of another kind. */
    {"{\"a\":{\"Records\":[{}]}}", {"{\"a\":{\"Records\":[{}]}}"}},
    {"{\"Records\":{\"a\":[1]}}", {"{\"Records\":{\"a\":[1]}}"}},
    {"{\"Records\":null,\"a\":[{}]}", {"{\"Records\":null,\"a\":[{}]}"}},
    {"{\"records\":[{}]}", {"{\"records\":[{}]}"}},
    {"{\"x\\\"Records\":[{}]}", {"{\"x\\\"Records\":[{}]}"}},
    {"{\"MyRecords\":[{}]}", {"{\"MyRecords\":[{}]}"}},
};

#define NO_JSON "no JSON at the beginning: CSV, or compressed, but not by gzip?"
#define TWICE "gzip within gzip, or behind other bytes: unpack it first"
#define MARKUP "XML or HTML, not JSON: an error page instead of the object?"
#define UTF16 "UTF-16: convert it with iconv -f UTF-16 -t UTF-8 first"

static const struct known bad[] = {
    /* Junk. */
    {"hello world", {"!" NO_JSON "@0"}},
    {"\xEF\xBB\xBF\na,b\n", {"!" NO_JSON "@4"}},
    {"{\"a\":1}\njunk } ] x\n{\"b\":2}\n", {"{\"a\":1}", "!junk between records@8", "{\"b\":2}"}},
    {"host app: {\"a\":1}\nhost app: {\"b\":2}\n",
     {"!" NO_JSON "@0", "{\"a\":1}", "!junk between records@18", "{\"b\":2}"}},
    {"{ no, [none] {\"a\":1}", {"!" NO_JSON "@0", "{\"a\":1}"}},
    {"\xEF\xBBx{\"a\":1}", {"!" NO_JSON "@0", "{\"a\":1}"}},
    /* Junk that is known by its first bytes, or nearly is. */
    {"\x1F\x8B\x08", {"!" TWICE "@0"}},
    {"\xEF\xBB\xBF\n <html>\n<html>", {"!" MARKUP "@5"}},
    {"\xFF\xFE[x", {"!" UTF16 "@0"}},
    {"PK\x03{\"a\":1}", {"!" NO_JSON "@0", "{\"a\":1}"}},
    {"PK\x03", {"!" NO_JSON "@0"}},
    {"B{\"a\":1}BZh9", {"!" NO_JSON "@0", "{\"a\":1}", "!junk between records@8"}},
    {"[{\"a\":1}]]}{\"b\":2}", {"{\"a\":1}", "!junk between records@9", "{\"b\":2}"}},
    /* Elements that are no objects. */
    {"{\"Records\":[1,{\"a\":1},\"x\\\"]\",null,[[{\"n\":1}]],{\"b\":2}]}",
     {"!record is not an object@12", "{\"a\":1}", "!record is not an object@22",
      "!record is not an object@29", "!record is not an object@34", "{\"b\":2}"}},
    {"[\"line\nend\",{\"a\":1}]{\"b\":2}",
     {"!record is not an object@1", "{\"a\":1}", "{\"b\":2}"}},
    {"[\"\\\"", {"!record is not an object@1", "!cut in the middle of a document@4"}},
    /* Strings that do not end on their line. */
    {"{\"a\":\"x\n{\"b\":2}\n", {"!line ends inside a string@0", "{\"b\":2}"}},
    {"{\"Records\":[{\"a\":1},{\"b\":\"x\ny\"},{\"c\":3}]}\n{\"d\":4}",
     {"{\"a\":1}", "!line ends inside a string@20", "{\"c\":3}", "{\"d\":4}"}},
    {"{\"abcdef{\n\"eventVersion\":1}\n{\"b\":2}", {"!line ends inside a string@0", "{\"b\":2}"}},
    /* Records that are not closed. */
    {"{\"a\":{\"b\":1}\n{\"c\":3}\n", {"!record is not closed@0", "{\"c\":3}"}},
    {"{\"a\":1,\n{\"b\":2}\n{\"c\":3}\n", {"!record is not closed@0", "{\"b\":2}", "{\"c\":3}"}},
    {"{\"a\":1,\n{\"b\":2}\n", {"!record is not closed@0", "{\"b\":2}"}},
    {"{\"a\":{\"b\":2}", {"!cut in the middle of a record@0"}},
    {"{\"a\":\"", {"!cut in the middle of a record@0"}},
    {"{", {"!cut in the middle of a record@0"}},
    {"{\"a\":1,\"b\":{\"Records\":[{\"c\":3}]}", {"!record is not closed@0", "{\"c\":3}"}},
    {"[{\"a\":1,{\"eventVersion\":\"1\"},{\"b\":2}]",
     {"!record is not closed@1", "{\"eventVersion\":\"1\"}", "{\"b\":2}"}},
    /* Documents that are not closed. */
    {"{\"Records\":[{\"a\":1}", {"{\"a\":1}", "!cut in the middle of a document@19"}},
    {"{\"Records\":[{\"a\":1}]", {"{\"a\":1}", "!cut in the middle of a document@20"}},
    {"{\"Records\":[{\"a\":1}],\"t\":{", {"{\"a\":1}", "!cut in the middle of a document@20"}},
    {"{\"Records\":[{\"a\":1},{\"b\":", {"{\"a\":1}", "!cut in the middle of a record@20"}},
    {"{\"Records\":[{\"a\":1}\n{\"Records\":[{\"b\":2}]}",
     {"{\"a\":1}", "!document is not closed@20", "{\"b\":2}"}},
    {"{\"Records\":[{\"a\":1},{\"Records\":[{\"b\":2}]}",
     {"{\"a\":1}", "!document is not closed@20", "{\"b\":2}"}},
    {"{\"Records\":[{\"a\":1}]\n{\"Records\":[{\"b\":2}]}",
     {"{\"a\":1}", "!document is not closed@21", "{\"b\":2}"}},
    {"{\"Records\":[{\"a\":1}],\"t\":1\n{\"Records\":[{\"b\":2}]}",
     {"{\"a\":1}", "!document is not closed@20", "{\"b\":2}"}},
    {"{\"Records\":[{\"a\":{\n{\"Records\":[{\"b\":2}]}\n{\"c\":3}",
     {"!record is not closed@12", "{\"b\":2}", "{\"c\":3}"}},
    {"[{\"a\":1}}{\"Records\":[{\"b\":2}]}]",
     {"{\"a\":1}", "!document is not closed@8", "{\"b\":2}", "!junk between records@30"}},
    {"[{\"a\":1}}\n{\"b\":2}]\n", {"{\"a\":1}", "!document is not closed@8", "{\"b\":2}"}},
};

static const enum simd ways[] = {SIMD_PORTABLE, SIMD_AVX2, SIMD_AVX512, SIMD_NEON};
enum { N_WAYS = 4, N_GOOD = sizeof good / sizeof *good, N_BAD = sizeof bad / sizeof *bad };

static void expect(const struct known *k, const struct ref_list *l)
{
    size_t n = 0;
    for (; n < 8 && k->out[n]; n++) {
        char text[256];
        ck_assert_msg(n < l->n, "%s: no %s", k->in, k->out[n]);
        const struct ref_out *o = &l->out[n];
        if (o->kind == SLICE_RECORD)
            (void)snprintf(text, sizeof text, "%.*s", (int)o->nbytes, k->in + o->offset);
        else
            (void)snprintf(text, sizeof text, "!%s@%llu", o->why, (unsigned long long)o->offset);
        ck_assert_str_eq(text, k->out[n]);
        ck_assert(!o->oversized);
    }
    ck_assert_msg(l->n == n, "%s: %zu results, not %zu", k->in, l->n, n);
}

/* Pieces of the lengths given, the last one again and again. */
struct lengths {
    size_t n[3];
    size_t i;
};

static size_t next_length(void *self)
{
    struct lengths *l = self;
    return l->n[l->i < 2 ? l->i++ : 2];
}

static void hold(struct slicer *s, const char *p, size_t n, struct lengths lengths,
                 const struct ref_list *want)
{
    struct ref_list got = {0};
    slice_reset(s);
    ref_feed(s, p, n, next_length, &lengths, &got);
    ck_assert_msg(ref_compare(want, &got, "cut"), "cut at %zu and %zu: %.300s", lengths.n[0],
                  lengths.n[1], p);
    free(got.out);
}

/* The known results, by the reference and by each engine, cut in three in every way and into single
 * bytes, under the usual limit and a very low one. */
static void every_cut(const struct known *k, size_t limit)
{
    size_t n = strlen(k->in);
    struct ref_list want = {0};
    ref_slice(k->in, n, limit, &want);
    if (limit == SLICE_MAX_RECORD_NBYTES)
        expect(k, &want);
    for (int e = 0; e < N_WAYS; e++) {
        struct slicer *s = slice_new(ways[e]);
        ck_assert_int_eq(s != NULL, simd_has(ways[e]));
        if (!s)
            continue;
        slice_set_limit(s, limit);
        hold(s, k->in, n, (struct lengths){{1, 1, 1}, 0}, &want);
        for (size_t i = 0; i <= n; i++)
            for (size_t j = 0; i + j <= n; j++)
                hold(s, k->in, n, (struct lengths){{i, j, n}, 0}, &want);
        slice_free(s);
    }
    free(want.out);
}

START_TEST(good_streams)
{
    every_cut(&good[_i], SLICE_MAX_RECORD_NBYTES);
    every_cut(&good[_i], 9);
}
END_TEST

START_TEST(bad_streams)
{
    every_cut(&bad[_i], SLICE_MAX_RECORD_NBYTES);
    every_cut(&bad[_i], 9);
}
END_TEST

START_TEST(zero_bytes_are_junk)
{
    static const char in[] = "{\"a\":1}\n\0\0\0\n{\"b\":2}\0";
    struct ref_list want = {0};
    ref_slice(in, sizeof in - 1, SLICE_MAX_RECORD_NBYTES, &want);
    ck_assert_uint_eq(want.n, 4);
    ck_assert_str_eq(want.out[1].why, "junk between records");
    ck_assert_uint_eq(want.out[1].offset, 8);
    ck_assert_uint_eq(want.out[3].offset, 19);
    struct slicer *s = slice_new(SIMD_BEST);
    ck_assert_ptr_nonnull(s);
    for (size_t i = 1; i < sizeof in; i++)
        hold(s, in, sizeof in - 1, (struct lengths){{i, i, i}, 0}, &want);
    slice_free(s);
    free(want.out);
}
END_TEST

static uint32_t random_u32(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static size_t random_length(void *self)
{
    uint32_t *state = self;
    return 1 + random_u32(state) % (1u << (1 + random_u32(state) % 12));
}

static const char *const pieces[] = {
    "{\"Records\":[",
    "{\"eventVersion\":\"1.08\",",
    "\"userIdentity\":{\"type\":\"AssumedRole\"},",
    "\"key\":\"a \\\"quoted\\\" \\\\\",",
    "\"resources\":[{\"ARN\":\"x\"},{}],",
    "\"last\":null}",
    "]",
    "}",
    "]}\n",
    ",",
    "\n",
    "\n{",
    "\n    ",
    "{\"a\":1}\n",
    "\"",
    "\\",
    "junk",
    "[",
    "{",
    "\"Records\":[",
    "\"long\":\"________________________________________________________________\",",
    "\x1e",
    "\xEF\xBB\xBF",
    "BZh",
    "PK\x03",
};

/* A stream of pieces: whole records for the most part, and now and then anything. */
static size_t make_stream(char *p, size_t cap, uint32_t *state)
{
    enum { N_PIECES = sizeof pieces / sizeof *pieces };
    size_t n = 0, next = 1;
    uint32_t wild = 2 + random_u32(state) % 40;
    while (cap - n > 100) {
        size_t i = random_u32(state) % wild == 0 ? random_u32(state) % N_PIECES : next;
        size_t len = strlen(pieces[i]);
        memcpy(p + n, pieces[i], len);
        n += len;
        next = next == 5 ? (random_u32(state) % 2 ? 10 : 9) : next >= 9 ? 1 : next + 1;
    }
    return n;
}

START_TEST(random_streams)
{
    uint32_t state = (uint32_t)_i + 1;
    char p[6000];
    for (int round = 0; round < 20; round++) {
        size_t n = make_stream(p, 200 + random_u32(&state) % (sizeof p - 200), &state);
        size_t limit = round % 2 ? SLICE_MAX_RECORD_NBYTES : 16 + random_u32(&state) % 600;
        struct ref_list want = {0};
        ref_slice(p, n, limit, &want);
        for (int e = 0; e < N_WAYS; e++) {
            struct slicer *s = slice_new(ways[e]);
            if (!s)
                continue;
            struct ref_list got = {0};
            slice_set_limit(s, limit);
            ref_feed(s, p, n, random_length, &state, &got);
            ck_assert_msg(ref_compare(&want, &got, "random"), "engine %d, seed %d", e, _i);
            free(got.out);
            slice_free(s);
        }
        free(want.out);
    }
}
END_TEST

/* Sliced by the best engine, cut at first, 3 bytes later, and then every 100,000 bytes. */
static struct ref_list slice_big(const char *p, size_t n, size_t first)
{
    struct slicer *s = slice_new(SIMD_BEST);
    ck_assert_ptr_nonnull(s);
    struct ref_list got = {0};
    struct lengths lengths = {{first, 3, 100000}, 0};
    ref_feed(s, p, n, next_length, &lengths, &got);
    slice_free(s);
    return got;
}

static void expect_out(const struct ref_list *l, size_t i, struct ref_out want)
{
    ck_assert_uint_lt(i, l->n);
    ck_assert(ref_same(&l->out[i], &want));
}

START_TEST(limit_is_exact)
{
    size_t max = SLICE_MAX_RECORD_NBYTES, n = 0;
    char *p = malloc(2 * max + 100);
    ck_assert_ptr_nonnull(p);
    for (size_t nbytes = max; nbytes <= max + 1; nbytes++) {
        n += (size_t)sprintf(p + n, "{\"a\":\"");
        memset(p + n, 'x', nbytes - 8);
        n += nbytes - 8;
        n += (size_t)sprintf(p + n, "\"}\n");
    }
    n += (size_t)sprintf(p + n, "{\"b\":2}");
    struct ref_list got = slice_big(p, n, 100000);
    ck_assert_uint_eq(got.n, 3);
    expect_out(&got, 0, (struct ref_out){SLICE_RECORD, 0, max, NULL, false});
    expect_out(&got, 1, (struct ref_out){SLICE_PROBLEM, max + 1, 0, "record is above 1 MiB", true});
    expect_out(&got, 2, (struct ref_out){SLICE_RECORD, 2 * max + 3, 7, NULL, false});
    free(got.out);
    free(p);
}
END_TEST

START_TEST(document_may_be_large_around_its_records)
{
    size_t big = SLICE_MAX_RECORD_NBYTES + 5000, n = 0;
    char *p = malloc(3 * big);
    ck_assert_ptr_nonnull(p);
    n += (size_t)sprintf(p, "{\"x\":\"");
    memset(p + n, 'x', big);
    n += big;
    n += (size_t)sprintf(p + n, "\",\"Records\" : [{\"a\":1}],\"y\":\"");
    size_t at = n - strlen("{\"a\":1}],\"y\":\"");
    memset(p + n, 'y', big);
    n += big;
    n += (size_t)sprintf(p + n, "\"}{\"b\":2}");
    for (size_t first = at - 20; first < at + 10; first++) {
        struct ref_list got = slice_big(p, n, first);
        ck_assert_uint_eq(got.n, 2);
        expect_out(&got, 0, (struct ref_out){SLICE_RECORD, at, 7, NULL, false});
        expect_out(&got, 1, (struct ref_out){SLICE_RECORD, n - 7, 7, NULL, false});
        free(got.out);
    }
    free(p);
}
END_TEST

/* Hostile streams: work must be linear, else these take hours. The end shows that all was seen. */
static const char *const hostile[] = {
    "{",
    "{\"a\":",
    "\n{\"a\":",
    "\n{\"",
    "\n{",
    "{\"Records\":[",
    "[",
    "[{",
    "[{\"a\":[\n",
    "{\"eventVersion\":",
    "\n{\"Records\":[",
    "{\"Records\":",
    "{ \"Records\" \n",
    "\"",
    "\\",
    "}",
    "]",
    "{\"a\":1}",
    "{\"a\":1},\n{",
    "\n[",
    "{\"a\":\n[",
    "{\"Records\":[],\n[",
    "{   \n\n ",
    "\n\n {\"a\":,\n{",
};
enum { N_HOSTILE = sizeof hostile / sizeof *hostile };

START_TEST(work_is_linear)
{
    static const char end[] = "\"\n]}\n{\"Records\":[{\"last\":1}]}";
    const char *unit = hostile[_i];
    size_t len = strlen(unit), n = 0, total = (size_t)4 << 20;
    char *p = malloc(total + sizeof end);
    ck_assert_ptr_nonnull(p);
    for (; n + len <= total; n += len)
        memcpy(p + n, unit, len);
    memcpy(p + n, end, sizeof end);
    n += sizeof end - 1;
    struct ref_list got = slice_big(p, n, 100000);
    bool last = false;
    for (size_t i = 0; i < got.n; i++)
        last |= got.out[i].kind == SLICE_RECORD && got.out[i].offset == n - 12;
    ck_assert(last);
    free(got.out);
    free(p);
}
END_TEST

START_TEST(depth_of_a_hundred_thousand)
{
    size_t deep = 100000, n = 0;
    char *p = malloc(6 * deep + 100);
    ck_assert_ptr_nonnull(p);
    n += (size_t)sprintf(p, "{\"Records\":[");
    for (size_t i = 0; i < deep; i++)
        n += (size_t)sprintf(p + n, "{\"a\":");
    p[n++] = '1';
    memset(p + n, '}', deep);
    n += deep;
    n += (size_t)sprintf(p + n, ",{\"b\":2}]}");
    struct ref_list got = slice_big(p, n, 100000);
    ck_assert_uint_eq(got.n, 2);
    expect_out(&got, 0, (struct ref_out){SLICE_RECORD, 12, 6 * deep + 1, NULL, false});
    expect_out(&got, 1, (struct ref_out){SLICE_RECORD, n - 9, 7, NULL, false});
    free(got.out);
    free(p);
}
END_TEST

static void give(struct slicer *s, const char *text)
{
    size_t cap, n = strlen(text);
    char *room = slice_space(s, n, &cap);
    ck_assert_ptr_nonnull(room);
    memcpy(room, text, n);
    slice_commit(s, n);
}

START_TEST(gap_drops_what_is_open)
{
    struct slicer *s = slice_new(SIMD_BEST);
    ck_assert_ptr_nonnull(s);
    struct str rec;
    uint64_t offset;
    struct slice_problem problem;
    give(s, "{\"Records\":[{\"a\":1},{\"b\":\"");
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_RECORD);
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_MORE);
    slice_gap(s);
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_PROBLEM);
    ck_assert_str_eq(problem.why, "cut in the middle of a record");
    ck_assert_uint_eq(problem.offset, 20);
    give(s, "]{\"c\":3}");
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_PROBLEM);
    ck_assert_str_eq(problem.why, "junk between records");
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_RECORD);
    ck_assert_uint_eq(offset, 27);
    ck_assert(str_eq(rec, STR("{\"c\":3}")));
    slice_gap(s);
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_MORE);
    slice_gap(s);
    give(s, "{\"d\":4}");
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_RECORD);
    slice_end(s);
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_MORE);
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_MORE);
    slice_free(s);
}
END_TEST

/* What was committed before a gap is sliced as before an end even if it was not taken out. */
START_TEST(gap_before_all_was_taken)
{
    struct slicer *s = slice_new(SIMD_PORTABLE);
    ck_assert_ptr_nonnull(s);
    struct str rec;
    uint64_t offset;
    struct slice_problem problem;
    give(s, "[{\"a\":1},{\"b\"");
    slice_gap(s);
    give(s, "{\"c\":3}");
    slice_end(s);
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_RECORD);
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_PROBLEM);
    ck_assert_uint_eq(problem.offset, 9);
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_RECORD);
    ck_assert_uint_eq(offset, 13);
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_MORE);
    slice_free(s);
}
END_TEST

START_TEST(space_and_reset)
{
    struct slicer *s = slice_new(SIMD_BEST);
    ck_assert_ptr_nonnull(s);
    struct str rec;
    uint64_t offset;
    struct slice_problem problem;
    size_t cap = 0;
    give(s, "{\"a\":1");
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_MORE);
    ck_assert_ptr_null(slice_space(s, SIZE_MAX, &cap));
    ck_assert_ptr_nonnull(slice_space(s, 0, &cap));
    ck_assert_uint_ge(cap, 1);
    give(s, "}");
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_RECORD);
    ck_assert(str_eq(rec, STR("{\"a\":1}")));
    give(s, "{\"cut");
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_MORE);
    slice_reset(s);
    give(s, "{}");
    ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_RECORD);
    ck_assert_uint_eq(offset, 0);
    slice_free(s);
    slice_free(NULL);
}
END_TEST

/* However short the pieces are: a member of gzip may hold a byte. */
START_TEST(a_long_record_is_seldom_moved)
{
    enum { WANT = 256 * 1024, RECORD = 900 * 1024 };
    struct slicer *s = slice_new(SIMD_BEST);
    ck_assert_ptr_nonnull(s);
    struct str rec;
    uint64_t offset;
    struct slice_problem problem;
    unsigned n_moves = 0;
    size_t cap;
    const char *behind = NULL;
    for (int i = 0; i < RECORD; i++) {
        char *p = slice_space(s, WANT, &cap);
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_ge(cap, WANT);
        n_moves += p != behind;
        *p = i == 0 ? '{' : ' ';
        behind = p + 1;
        slice_commit(s, 1);
        ck_assert_int_eq(slice_next(s, &rec, &offset, &problem), SLICE_MORE);
    }
    ck_assert_uint_le(n_moves, 16);
    slice_free(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slice");
    TCase *tc = tcase_create("slice");
    tcase_set_timeout(tc, 60); /* under valgrind */
    tcase_add_loop_test(tc, good_streams, 0, N_GOOD);
    tcase_add_loop_test(tc, bad_streams, 0, N_BAD);
    tcase_add_test(tc, zero_bytes_are_junk);
    tcase_add_loop_test(tc, random_streams, 0, 20);
    tcase_add_test(tc, limit_is_exact);
    tcase_add_test(tc, document_may_be_large_around_its_records);
    tcase_add_loop_test(tc, work_is_linear, 0, N_HOSTILE);
    tcase_add_test(tc, depth_of_a_hundred_thousand);
    tcase_add_test(tc, gap_drops_what_is_open);
    tcase_add_test(tc, gap_before_all_was_taken);
    tcase_add_test(tc, space_and_reset);
    tcase_add_test(tc, a_long_record_is_seldom_moved);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
