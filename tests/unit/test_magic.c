#include "ctlock/magic.h"

#include "ctlock/str.h"

#include <check.h>

#define NO_JSON "no JSON at the beginning: CSV, or compressed, but not by gzip?"

static const struct {
    struct str bytes;
    const char *what;
} known[] = {
    {{"\x1F\x8B", 2}, "gzip within gzip, or behind other bytes: unpack it first"},
    {{"\xFF\xFE", 2}, "UTF-16: convert it with iconv -f UTF-16 -t UTF-8 first"},
    {{"\xFE\xFF", 2}, "UTF-16: convert it with iconv -f UTF-16 -t UTF-8 first"},
    {{"PK\x03\x04", 4}, "a zip archive: unpack it with unzip first"},
    {{"BZh", 3}, "compressed by bzip2: unpack it with bzip2 -dc first"},
    {{"\xFD\x37zXZ\0", 6}, "compressed by xz: unpack it with xz -dc first"},
    {{"\x28\xB5\x2F\xFD", 4}, "compressed by zstd: unpack it with zstd -dc first"},
    {{"PAR1", 4}, "Parquet, not JSON"},
    {{"<", 1}, "XML or HTML, not JSON: an error page instead of the object?"},
};
enum { N_KNOWN = sizeof known / sizeof *known };

START_TEST(told_by_all_of_its_bytes)
{
    struct str all = known[_i].bytes;
    char p[16] = {0};
    memcpy(p, all.p, all.n);
    for (size_t n = all.n; n <= sizeof p; n++) {
        ck_assert_str_eq(magic_tell(p, n, false), known[_i].what);
        ck_assert_str_eq(magic_tell(p, n, true), known[_i].what);
    }
}
END_TEST

START_TEST(not_told_by_some)
{
    struct str all = known[_i].bytes;
    for (size_t n = 1; n < all.n; n++) {
        ck_assert_ptr_null(magic_tell(all.p, n, false));
        ck_assert_str_eq(magic_tell(all.p, n, true), NO_JSON);
    }
}
END_TEST

START_TEST(not_told_where_one_is_another)
{
    struct str all = known[_i].bytes;
    char p[16];
    for (size_t n = 1; n <= all.n; n++) {
        memcpy(p, all.p, n);
        p[n - 1] ^= 0x40;
        ck_assert_str_eq(magic_tell(p, n, false), NO_JSON);
        ck_assert_str_eq(magic_tell(p, n, true), NO_JSON);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("magic");
    TCase *t = tcase_create("magic");
    tcase_add_loop_test(t, told_by_all_of_its_bytes, 0, N_KNOWN);
    tcase_add_loop_test(t, not_told_by_some, 0, N_KNOWN);
    tcase_add_loop_test(t, not_told_where_one_is_another, 0, N_KNOWN);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
