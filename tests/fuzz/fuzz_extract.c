/* extract_record on any bytes: all ways to read them give the same, and that is what cJSON finds.
 */
#include "../unit/extract_oracle.h"

#include "ctlock/wrapping.h"

#include <stdint.h>

static const struct str issuers[] = {{"lambda.amazonaws.com", 20}};

static void require(bool ok)
{
    if (!ok)
        abort();
}

static void check_ways(struct extractor *x, const struct extract_options *opt, struct str rec,
                       enum extract_result first, const struct event *event)
{
    static const enum simd ways[] = {SIMD_PORTABLE, SIMD_AVX2, SIMD_AVX512, SIMD_NEON};
    struct extract_options o = *opt;

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const struct event *e = NULL;
        const char *why = NULL;
        o.simd = ways[i];
        o.no_prefilter = i != 1;
        if (!simd_has(o.simd))
            continue;
        require(extract_record(x, &o, rec, &e, &why) == first);
        if (first == EXTRACT_EVENT)
            require(e->nbytes == event->nbytes && memcmp(e, event, e->nbytes) == 0);
    }
}

static void check_oracle(const struct extract_options *opt, struct str rec,
                         enum extract_result first, const struct event *event, const char *why)
{
    const char *end = NULL;
    struct oracle o;

    if (rec.n == 0 || rec.p[0] != '{' || !oracle_applies(rec.p, rec.n))
        return;
    cJSON *tree = cJSON_ParseWithLengthOpts(rec.p, rec.n, &end, 0);
    if (tree != NULL && end == rec.p + rec.n) {
        oracle_read(&o, tree, rec.p, rec.n, opt);
        require(o.unsure || first == o.result);
        if (!o.unsure && first == EXTRACT_MALFORMED)
            require(strcmp(why, o.why) == 0);
        if (!o.unsure && first == EXTRACT_EVENT)
            require(oracle_compare(&o, event) == NULL);
        oracle_free(&o);
    }
    cJSON_Delete(tree);
}

/* As the first of an input: all ways find the same form, and nothing is told but that, what lacks
 * beside none, or that the identity is text. */
static void check_first(struct extractor *x, struct str rec)
{
    const char *why = NULL;

    require(extract_first(x, rec, &why));
    if (rec.n == 0 || rec.p[0] != '{')
        return;
    void *mem = malloc(jsonscan_mem_nbytes(rec.n));
    require(mem != NULL);
    const char *form = wrapping_of(rec, mem, SIMD_PORTABLE);
    require(wrapping_of(rec, mem, SIMD_BEST) == form);
    require(why == NULL || why == form || why == wrapping_of_identity(STR("\"{")) ||
            (form == NULL && (strcmp(why, "no eventTime") == 0 ||
                              strcmp(why, "no eventTime and no eventName") == 0)));
    free(mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The first byte chooses the options, the rest is the record. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct extractor x, others;
    struct extract_options opt = {0};
    const struct event *event = NULL;
    const char *why = NULL;

    if (n == 0)
        return 0;
    if (data[0] % 2) {
        opt.issuers = issuers;
        opt.n_issuers = 1;
    }
    struct str rec = {(const char *)data + 1, n - 1};
    enum extract_result result = extract_record(&x, &opt, rec, &event, &why);
    require(result != EXTRACT_NOMEM);
    check_ways(&others, &opt, rec, result, event);
    check_oracle(&opt, rec, result, event, why);
    int64_t time_s;
    (void)extract_time(&others, rec, &time_s);
    check_first(&others, rec);
    return 0;
}
