#include "ctlock/statebook.h"

#include <check.h>
#include <stdlib.h>

static struct addressbook *book;
static struct stateline line;

static void set_up(void)
{
    static const struct book_hooks none = {0};
    book = book_new((struct hash_key){1, 2}, 21600, &none);
    statebook_begin(book, 60);
    line = (struct stateline){0};
    ck_assert_ptr_nonnull(book);
}

static void tear_down(void)
{
    book_free(book);
    stateline_free(&line);
}

/* Why the line is refused, or NULL. */
static const char *read_one(struct str text)
{
    bool known;
    struct str type = stateline_start(&line, text);
    ck_assert(type.p != NULL);
    ck_assert(statebook_read(&line, type, book, &known));
    ck_assert(known);
    (void)stateline_finish(&line);
    return line.why;
}

/* Lines, each but the last of which must be taken. Why the last is refused. */
static const char *read_lines(const char *text)
{
    struct str rest = str_of(text);
    const char *why = NULL;
    while (rest.n) {
        const char *lf = memchr(rest.p, '\n', rest.n);
        size_t n = lf ? (size_t)(lf - rest.p) : rest.n;
        ck_assert_msg(!why, "%s: %s", text, why);
        why = read_one((struct str){rest.p, n});
        rest = str_skip(rest, lf ? n + 1 : n);
    }
    return why;
}

static bool put(void *self, struct str text)
{
    buf_str(self, text);
    return true;
}

static bool put_no_more(void *self, struct str text)
{
    (void)text;
    return --*(int *)self > 0;
}

static const char whole[] =
    "{\"type\":\"book\",\"unnamed\":2}\n"
    "{\"type\":\"vpc\",\"id\":\"v\"}\n"
    "{\"type\":\"instance\",\"id\":\"i-1\",\"due\":50,\"turn\":2,\"terminated\":9,\"stopped\":4,"
    "\"started\":5,"
    "\"written\":3,"
    "\"vpc\":\"v\",\"public_credit\":{\"granted\":7,\"association\":\"a-1\"},\"private_credit\":{"
    "\"granted\":8,\"interface\":\"eni-1\"}}\n"
    "{\"type\":\"instance\",\"id\":\"i-2\",\"public_credit\":{\"granted\":7,\"interface\":\"eni-"
    "2\"}}\n"
    "{\"type\":\"interface\",\"id\":\"eni-1\",\"written\":2,\"instance\":\"i-1\",\"attachment\":"
    "\"at-1\","
    "\"addresses\":[{\"ip\":\"10.0.0.0\",\"bits\":28,\"present\":true,\"written\":1},{\"ip\":"
    "\"2001:db8::1\",\"bits\":128,\"written\":1,\"due\":40,\"turn\":1}]}\n"
    "{\"type\":\"interface\",\"id\":\"eni-2\",\"instance\":\"i-2\"}\n"
    "{\"type\":\"attachment\",\"id\":\"at-1\",\"written\":1,\"interface\":\"eni-1\"}\n"
    "{\"type\":\"allocation\",\"id\":\"al-1\",\"written\":1,\"associated\":2,\"ip\":\"192.0.2.1\"}"
    "\n"
    "{\"type\":\"nat\",\"id\":\"n-1\",\"written\":1,\"vpc\":\"v\",\"ended\":true}\n"
    "{\"type\":\"association\",\"id\":\"a-1\",\"written\":1,\"instance\":\"i-1\",\"ip\":\"192.0.2."
    "1\","
    "\"allocation\":\"al-1\",\"is_its_latest\":true}\n"
    "{\"type\":\"association\",\"id\":\"a-2\",\"written\":1,\"unnamed\":true,\"interface\":\"eni-"
    "1\","
    "\"digest\":\"0000000000000001\",\"digest_end\":\"00000000000000ff\",\"by_credit\":true}\n"
    "{\"type\":\"association\",\"id\":\"a-3\",\"nat\":\"n-1\"}\n"
    "{\"type\":\"association\",\"id\":\"a-4\",\"written\":4}\n"
    "{\"type\":\"address\",\"digest\":\"0000000000000001\",\"digest_end\":"
    "\"00000000000000ff\"}\n"
    "{\"type\":\"address\",\"ip\":\"192.0.2.1\",\"written\":1,\"allocation\":\"al-1\"}\n";

START_TEST(test_what_is_read_is_written)
{
    struct buf out = {0};
    ck_assert_ptr_null(read_lines(whole));
    ck_assert(statebook_end(book));
    ck_assert(statebook_write(book, put, &out));
    buf_putc(&out, '\0');
    ck_assert_str_eq(out.p, whole);
    buf_free(&out);
}
END_TEST

START_TEST(test_writing_can_be_stopped)
{
    ck_assert_ptr_null(read_lines(whole));
    for (int n = 1; n <= 15; n++) {
        int left = n;
        ck_assert(!statebook_write(book, put_no_more, &left));
        ck_assert_int_eq(left, 0);
    }
}
END_TEST

#define INSTANCE "{\"type\":\"instance\",\"id\":\"i-1\""
#define INTERFACE "{\"type\":\"interface\",\"id\":\"eni-1\""
#define ASSOCIATION "{\"type\":\"association\",\"id\":\"a-1\""
#define OF_1 ",\"instance\":\"i-1\""
#define IP ",\"ip\":\"192.0.2.1\""

static const struct {
    const char *text, *why;
} refused[] = {
    {"{\"type\":\"instance\"}", "no id"},
    {"{\"type\":\"vpc\",\"id\":\"v\",\"due\":1,\"turn\":-1}", "not a turn"},
    {"{\"type\":\"instance\",\"id\":\"\"}", "no id"},
    {"{\"type\":\"instance\",\"id\":7}", "no text"},
    {INSTANCE ",\"stopped\":900000000000}", "not a time"},
    {INSTANCE ",\"public_credit\":1}", "no list"},
    {INSTANCE ",\"public_credit\":{\"association\":\"a\"}}", "not a credit"},
    {INSTANCE ",\"public_credit\":{\"granted\":1}}", "not a credit"},
    {INSTANCE ",\"public_credit\":{\"granted\":1,\"association\":\"a\",\"interface\":\"e\"}}",
     "not a credit"},
    {INSTANCE ",\"public_credit\":{\"granted\":1,\"association\":\"a\",\"x\":1}}", "not a credit"},
    {INSTANCE ",\"private_credit\":{\"granted\":1,\"association\":\"a\"}}", "not a credit"},
    {INTERFACE OF_1 "}\n" INTERFACE OF_1 "}", "an interface twice"},
    {INTERFACE ",\"addresses\":[{\"ip\":\"10.0.0.1\",\"bits\":32,\"written\":1}]}\n" INTERFACE "}",
     "an interface twice"},
    {INTERFACE ",\"addresses\":[1]}", "no list"},
    {INTERFACE ",\"addresses\":[{\"bits\":32,\"written\":1}]}", "not an address"},
    {INTERFACE ",\"addresses\":[{\"ip\":\"x\",\"bits\":32,\"written\":1}]}", "not an address"},
    {INTERFACE ",\"addresses\":[{\"ip\":\"10.0.0.1\",\"written\":1}]}", "not an address"},
    {INTERFACE ",\"addresses\":[{\"ip\":\"10.0.0.1\",\"bits\":-1,\"written\":1}]}",
     "not an address"},
    {INTERFACE ",\"addresses\":[{\"ip\":\"10.0.0.1\",\"bits\":33,\"written\":1}]}",
     "not an address"},
    {INTERFACE ",\"addresses\":[{\"ip\":\"::1\",\"bits\":129,\"written\":1}]}", "not an address"},
    {INTERFACE ",\"addresses\":[{\"ip\":\"10.0.0.1\",\"bits\":32}]}", "not an address"},
    {INTERFACE ",\"addresses\":[{\"digest\":\"0000000000000001\",\"bits\":32,\"written\":1}]}",
     "half a digest"},
    {ASSOCIATION OF_1 "}\n" ASSOCIATION OF_1 "}", "an association twice"},
    {ASSOCIATION IP "}", "not an association"},
    {ASSOCIATION ",\"allocation\":\"al-1\"}", "not an association"},
    {ASSOCIATION OF_1 ",\"is_its_latest\":true}", "not an association"},
    {ASSOCIATION OF_1 IP "}\n{\"type\":\"association\",\"id\":\"a-2\",\"instance\":\"i-2\"" IP "}",
     "not an association"},
    {ASSOCIATION OF_1
     ",\"allocation\":\"al-1\",\"is_its_latest\":true}\n{\"type\":\"association\","
     "\"id\":\"a-2\",\"instance\":\"i-2\",\"allocation\":\"al-1\",\"is_its_latest\":"
     "true}",
     "not an association"},
    {ASSOCIATION OF_1 ",\"interface\":\"eni-1\"}", "something that does not belong here"},
    {"{\"type\":\"address\"}", "no address"},
    {"{\"type\":\"address\",\"ip\":\"1\"}", "not an address"},
    {"{\"type\":\"address\",\"digest\":\"1\"}", "not a hash"},
    {"{\"type\":\"book\",\"unnamed\":x}", "not a number"},
    {"{\"type\":\"book\",\"named\":1}", "something that does not belong here"},
};

START_TEST(test_what_no_book_says_is_refused)
{
    const char *why = read_lines(refused[_i].text);
    ck_assert_msg(why != NULL, "%s", refused[_i].text);
    ck_assert_str_eq(why, refused[_i].why);
}
END_TEST

START_TEST(test_other_types_are_not_its)
{
    bool known = true;
    struct str type = stateline_start(&line, STR("{\"type\":\"row\"}"));
    ck_assert(statebook_read(&line, type, book, &known));
    ck_assert(!known);
}
END_TEST

/* A credit is the instance's by what it was granted for. */
static const struct {
    const char *text;
    bool is_sound;
} credits[] = {
    {INSTANCE ",\"public_credit\":{\"granted\":1,\"association\":\"a-1\"}}\n" ASSOCIATION OF_1 "}",
     true},
    {INSTANCE ",\"public_credit\":{\"granted\":1,\"association\":\"a-1\"}}", false},
    {INSTANCE ",\"public_credit\":{\"granted\":1,\"association\":\"a-1\"}}\n" ASSOCIATION
              ",\"instance\":\"i-2\"}",
     false},
    {INSTANCE ",\"public_credit\":{\"granted\":1,\"association\":\"a-1\"}}\n" ASSOCIATION
              ",\"nat\":\"n-1\"}",
     false},
    {INSTANCE ",\"public_credit\":{\"granted\":1,\"association\":\"a-1\"}}\n" INTERFACE OF_1
              "}\n" ASSOCIATION ",\"interface\":\"eni-1\"}",
     true},
    {INSTANCE ",\"private_credit\":{\"granted\":1,\"interface\":\"eni-1\"}}\n" INTERFACE OF_1 "}",
     true},
    {INSTANCE ",\"private_credit\":{\"granted\":1,\"interface\":\"eni-1\"}}", false},
    {INSTANCE ",\"private_credit\":{\"granted\":1,\"interface\":\"eni-1\"}}\n" INTERFACE
              ",\"instance\":\"i-2\"}",
     false},
};

START_TEST(test_a_credit_must_be_its_instance_s)
{
    ck_assert_ptr_null(read_lines(credits[_i].text));
    ck_assert(statebook_end(book) == credits[_i].is_sound);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("statebook");
    TCase *t = tcase_create("statebook");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, test_what_is_read_is_written);
    tcase_add_test(t, test_writing_can_be_stopped);
    tcase_add_loop_test(t, test_what_no_book_says_is_refused, 0,
                        sizeof refused / sizeof refused[0]);
    tcase_add_test(t, test_other_types_are_not_its);
    tcase_add_loop_test(t, test_a_credit_must_be_its_instance_s, 0,
                        sizeof credits / sizeof credits[0]);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
