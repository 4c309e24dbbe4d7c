#include "ctlock/names.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(test_each_text_has_one_number)
{
    struct names *n = names_new((struct hash_key){1, 2});
    uint32_t number;
    char text[32];
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 1000; i++) {
            (void)snprintf(text, sizeof text, "%u", i);
            ck_assert(names_number(n, str_of(text), &number));
            ck_assert_uint_eq(number, i);
        }
    for (uint32_t i = 0; i < 1000; i++) {
        (void)snprintf(text, sizeof text, "%u", i);
        ck_assert(str_eq(names_text(n, i), str_of(text)));
        ck_assert_int_eq(names_text(n, i).p[strlen(text)], 0);
    }
    names_free(n);
}
END_TEST

START_TEST(test_any_bytes_are_a_text)
{
    static const struct str texts[] = {{"", 0}, {"\0", 1}, {"\0\0", 2}, {"a\0b", 3}, {"a", 1}};
    struct names *n = names_new((struct hash_key){1, 2});
    uint32_t number;
    for (uint32_t i = 0; i < 5; i++)
        ck_assert(names_number(n, texts[i], &number) && number == i);
    for (uint32_t i = 0; i < 5; i++)
        ck_assert(str_eq(names_text(n, i), texts[i]));
    names_free(n);
    names_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("names");
    TCase *t = tcase_create("names");
    tcase_add_test(t, test_each_text_has_one_number);
    tcase_add_test(t, test_any_bytes_are_a_text);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
