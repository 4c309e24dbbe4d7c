#include "ctlock/staterow.h"

#include <check.h>
#include <stdlib.h>

#define SESSION "\"partition\":\"aws\",\"account\":\"1\",\"role\":\"r\",\"session\":\"i-00000001\""
#define ROW "{\"type\":\"row\"," SESSION ",\"expiry\":5000"
#define LOCK "\"since\":100,\"last\":200"

static struct locktable *table;
static struct stateline line;

static void set_up(void)
{
    table = table_new((struct hash_key){1, 2});
    line = (struct stateline){0};
    ck_assert_ptr_nonnull(table);
}

static void tear_down(void)
{
    table_free(table);
    stateline_free(&line);
}

static const char *read_row(const char *text)
{
    ck_assert(str_eq(stateline_start(&line, str_of(text)), STR("row")));
    ck_assert(staterow_read(&line, table));
    (void)stateline_finish(&line);
    return line.why;
}

/* All rows, as they are written. */
static struct buf written(void)
{
    struct row **rows;
    struct buf out = {0};
    size_t n;
    ck_assert(table_sorted(table, &rows, &n));
    for (size_t i = 0; i < n; i++)
        staterow_write(rows[i], &out);
    free(rows);
    ck_assert(!out.failed);
    return out;
}

START_TEST(test_what_is_read_is_written)
{
    static const char text[] = ROW
        ",\"first_lock\":100,\"last_issue\":50,\"excepted_slots\":[\"public\",\"ipv6\"],"
        "\"endpoint_accounts\":[\"2\",\"3\"],\"marks\":[\"0000000000000001\",\"00000000000000ff\"],"
        "\"locks\":[{\"slot\":\"public\",\"ip\":\"192.0.2.1\",\"provisional\":true," LOCK
        ",\"event\":\"e\"},{\"slot\":\"private\",\"text\":\"x\"," LOCK
        ",\"endpoints\":[\"vpce-1\"]},"
        "{\"slot\":\"ipv6\",\"text\":\"\"," LOCK "}]}";
    ck_assert_ptr_null(read_row(text));
    struct buf out = written();
    ck_assert_uint_eq(out.n, sizeof text);
    ck_assert_mem_eq(out.p, text, sizeof text - 1);
    buf_free(&out);
}
END_TEST

static const struct {
    const char *text, *why;
} refused[] = {
    {"{\"type\":\"row\"}", "not a row"},
    {"{\"type\":\"row\"," SESSION "}", "not a row"},
    {"{\"type\":\"row\",\"partition\":\"\",\"account\":\"1\",\"role\":\"r\",\"session\":\"s\","
     "\"expiry\":1}",
     "not a row"},
    {"{\"type\":\"row\",\"account\":\"1\",\"role\":\"r\",\"session\":\"s\",\"expiry\":1}",
     "not a row"},
    {"{\"type\":\"row\",\"partition\":\"aws\",\"role\":\"r\",\"session\":\"s\",\"expiry\":1}",
     "not a row"},
    {"{\"type\":\"row\",\"partition\":\"aws\",\"account\":\"1\",\"session\":\"s\",\"expiry\":1}",
     "not a row"},
    {"{\"type\":\"row\",\"partition\":\"aws\",\"account\":\"1\",\"role\":\"r\",\"expiry\":1}",
     "not a row"},
    {"{\"type\":\"row\"," SESSION ",\"expiry\":900000000000}", "not a time"},
    {ROW ",\"excepted_slots\":[\"none\"]}", "not a slot"},
    {ROW ",\"excepted_slots\":[1]}", "no text"},
    {ROW ",\"excepted_slots\":{}", "no list"},
    {ROW ",\"excepted_slots\":[", "cut"},
    {ROW ",\"endpoint_accounts\":[\"a\" \"b\"]}", "no comma"},
    {ROW ",\"endpoint_accounts\":[7]}", "no text"},
    {ROW ",\"marks\":[\"1\"]}", "not a hash"},
    {ROW ",\"marks\":[1]}", "no text"},
    {ROW ",\"locks\":[1]}", "no list"},
    {ROW ",\"locks\":[{" LOCK "}]}", "not a slot"},
    {ROW ",\"locks\":[{\"slot\":\"public\"," LOCK "}]}", "not a lock"},
    {ROW ",\"locks\":[{\"slot\":\"public\",\"ip\":\"1\"," LOCK "}]}", "not an address"},
    {ROW ",\"locks\":[{\"slot\":\"public\",\"ip\":\"192.0.2.1\",\"last\":2}]}", "not a lock"},
    {ROW ",\"locks\":[{\"slot\":\"public\",\"ip\":\"192.0.2.1\",\"since\":2}]}", "not a lock"},
    {ROW ",\"locks\":[{\"slot\":\"public\",\"ip\":\"192.0.2.1\"," LOCK ",\"x\":1}]}", "not a lock"},
    {ROW ",\"locks\":[{\"slot\":\"public\",\"ip\":\"192.0.2.1\"," LOCK ",\"event\":1}]}",
     "no text"},
    {ROW ",\"locks\":[{\"slot\":\"public\",\"ip\":\"192.0.2.1\"," LOCK ",\"endpoints\":[1]}]}",
     "no text"},
    {ROW ",\"locks\":[{\"slot\":\"public\",\"ip\":\"192.0.2.1\"," LOCK
         "},{\"slot\":\"public\",\"ip\":\"192.0.2.1\"," LOCK "}]}",
     "locked twice"},
    {ROW ",\"locks\":[{\"slot\":\"private\",\"text\":\"x\"," LOCK
         "},{\"slot\":\"private\",\"text\":\"x\"," LOCK "}]}",
     "locked twice"},
    {ROW ",\"locks\":[]", "something that does not belong here"},
    {ROW ",\"marks\":[],\"endpoint_accounts\":[]}", "something that does not belong here"},
};

START_TEST(test_what_no_row_says_is_refused)
{
    const char *why = read_row(refused[_i].text);
    ck_assert_msg(why != NULL, "%s", refused[_i].text);
    ck_assert_str_eq(why, refused[_i].why);
}
END_TEST

START_TEST(test_a_row_comes_once)
{
    ck_assert_ptr_null(read_row(ROW "}"));
    ck_assert_str_eq(read_row(ROW ",\"first_lock\":1}"), "a row twice");
    struct buf out = written();
    ck_assert(str_eq(buf_view(&out), STR(ROW "}\n")));
    buf_free(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("staterow");
    TCase *t = tcase_create("staterow");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, test_what_is_read_is_written);
    tcase_add_loop_test(t, test_what_no_row_says_is_refused, 0, sizeof refused / sizeof refused[0]);
    tcase_add_test(t, test_a_row_comes_once);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
