#include "ctlock/wrapping.h"

#include "../exact.h"
#include "ctlock/jsonscan.h"

#include <check.h>
#include <string.h>

/* The form of exactly these bytes. */
static const char *form_of(struct str text)
{
    char *mem = malloc(jsonscan_mem_nbytes(text.n));
    ck_assert_ptr_nonnull(mem);
    const char *form = wrapping_of(text, mem, SIMD_BEST);
    free(mem);
    return form;
}

/* want stands in the form; NULL where there is none. */
static void check(const char *text, const char *want)
{
    struct str exact = exact_of(text);
    const char *form = form_of(exact);
    ck_assert_msg(!form == !want, "%s: %s", text, form ? form : "no form");
    if (want)
        ck_assert_msg(strstr(form, want) != NULL, "%s: %s", text, form);
    exact_free(exact);
}

START_TEST(knows_the_forms)
{
    check("{\"version\":\"0\",\"detail-type\":\"x\",\"detail\":{\"eventTime\":1}}",
          "jq -c '.Records? // .|arrays[] // .|.detail?|objects' ");
    check("{\"Events\":[{\"CloudTrailEvent\":\"{}\"}],\"NextToken\":\"x\"}",
          "jq -r '..|.CloudTrailEvent?|strings' | tac ");
    check("{\"EventId\":\"x\",\"CloudTrailEvent\":\"{}\"}",
          "jq -r '..|.CloudTrailEvent?|strings' | tac ");
    check("{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[]}",
          "jq -c '..|.logEvents?|arrays[].message|fromjson?' ");
    check("{\"preview\":false,\"result\":{\"_raw\":\"{}\"}}", "jq -r '..|.result?._raw?|strings' ");
    check("{\"@timestamp\":1,\"event\":{\"kind\":[\"a\"],\"original\":\"{}\"}}",
          "jq -r '.Records? // .|arrays[] // .|.event?.original?|strings' ");
    check("{\"@timestamp\":1,\"message\" : \"{\\\"eventTime\\\":1}\"}",
          "jq -r '.Records? // .|arrays[] // .|.message?|strings' ");
    check("{\"a\":[],\"records\":[{}]}", "jq -c '.Records? // .|arrays[] // .|.[]?|arrays[]' ");
    check("{\"RECORDS\" : [ ] }", "jq -c '.Records? // .|arrays[] // .|.[]?|arrays[]' ");
}
END_TEST

START_TEST(looks_at_the_objects_own_members)
{
    check("{}", NULL);
    check("{\"a\":{\"detail\":{}}}", NULL);
    check("{\"a\":[{\"detail\":{}},{\"records\":[]}],\"b\":1}", NULL);
    check("{\"a\":\"\\\"detail\\\":{}\"}", NULL);
    check("{\"a\":[[{}]],\"detail\":{}}", "EventBridge");
    check("{\"a\":{\"x\":{}},\"detail\":\n {}}", "EventBridge");
    check("{\"event\":{\"a\":{\"original\":\"x\"}}}", NULL);
    check("{\"event\":{},\"original\":\"x\"}", NULL);
    check("{\"event\":{\"a\":[1,{}],\"original\":\"x\"}}", "Beats");
    check("{\"logEvents\":[],\"detail\":{}}", "CloudWatch");
}
END_TEST

START_TEST(looks_at_the_kind_of_the_value)
{
    check("{\"detail\":\"x\",\"Events\":{},\"CloudTrailEvent\":[],\"logEvents\":null}", NULL);
    check("{\"result\":\"x\",\"event\":\"original\",\"records\":{}}", NULL);
    check("{\"event\":{\"original\":{}}}", NULL);
    check("{\"message\":{}}", NULL);
    check("{\"message\":\"GET /{\"}", NULL);
    check("{\"message\":\"\"}", NULL);
    check("{\"event\":[\"original\",\"x\"]}", NULL);
    check("{\"recorder\":[],\"recordss\":[],\"record\":[]}", NULL);
}
END_TEST

/* Text that is no JSON may be of any form, but is not read past its end. */
START_TEST(takes_any_text)
{
    static const char *const texts[] = {
        "{\"a\":{\"b\":[{},{}]},\"event\":{\"x\":[],\"original\":\"\\\"\"},\"detail\":{}}",
        "{:::[}{]]}{\"event\":{:{\"original\":\"\"",
        "{\"a\":1,\"message\":\"{\"}",
        "{\"event\":{\"original\"::\"x\"}\x1a:\x1a{\"records\":[",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t n = 1; n <= strlen(texts[i]); n++) {
            char *text = malloc(n);
            ck_assert_ptr_nonnull(text);
            memcpy(text, texts[i], n);
            (void)form_of((struct str){text, n});
            free(text);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wrapping");
    TCase *t = tcase_create("wrapping");
    tcase_add_test(t, knows_the_forms);
    tcase_add_test(t, looks_at_the_objects_own_members);
    tcase_add_test(t, looks_at_the_kind_of_the_value);
    tcase_add_test(t, takes_any_text);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
