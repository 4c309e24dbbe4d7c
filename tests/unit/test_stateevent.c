#include "ctlock/stateevent.h"

#include <check.h>
#include <stdlib.h>

#define PARTS "\"partition\":\"aws\",\"account\":\"1\",\"role\":\"r\",\"session\":\"i-00000001\""
#define HEAD(is, role) "{\"type\":\"event\",\"is\":\"" is "\",\"time\":100," role
#define TAIL ",\"file\":\"f\",\"offset\":7"

static struct stateline line;
static struct buf memory;

static void set_up(void)
{
    line = (struct stateline){0};
    memory = (struct buf){0};
}

static void tear_down(void)
{
    stateline_free(&line);
    buf_free(&memory);
}

static const char *read_event(const char *text, enum order_place *where, struct str *file)
{
    /* What lay in the memory before shows nowhere. */
    for (int i = 0; i < 1024; i++)
        buf_putc(&memory, '\xff');
    ck_assert(str_eq(stateline_start(&line, str_of(text)), STR("event")));
    ck_assert(stateevent_read(&line, &memory, where, file));
    (void)stateline_finish(&line);
    return line.why;
}

static const char *const whole[] = {
    HEAD("window", "\"call\":true") ",\"creation\":50,\"console\":true" TAIL
                                    ",\"eventID\":\"e\",\"sourceIPAddress\":\"192.0.2.1\"," PARTS
                                    "}\n",
    HEAD("ahead", "\"issue\":true") ",\"expiration\":900" TAIL "," PARTS "}\n",
    HEAD("window", "\"change\":true") TAIL ",\"eventName\":\"\",\"requestParameters\":\"{}\"}\n",
    HEAD("judged", "\"eventID\":\"e\"}\n"),
    HEAD("judged", "\"eventID\":\"e\",\"sharedEventID\":\"s\"," PARTS "}\n"),
    HEAD("window", "\"change\":true,\"call\":true") TAIL "," PARTS
                                                         ",\"serviceEventDetails\":\"[]\"}\n",
};

START_TEST(test_what_is_read_is_written)
{
    enum order_place where;
    struct str file;
    struct buf text = {0}, out = {0};
    buf_add(&text, whole[_i], strlen(whole[_i]) - 1);
    buf_putc(&text, '\0');
    ck_assert_ptr_null(read_event(text.p, &where, &file));
    const struct event *e = (const struct event *)(void *)memory.p;
    ck_assert_uint_eq(e->nbytes % 8, 0);
    ck_assert_uint_eq(e->nbytes, memory.n);
    for (size_t i = sizeof *e + e->end[EVENT_NFIELDS - 1]; i < memory.n; i++)
        ck_assert_int_eq(memory.p[i], 0);
    ck_assert(e->instance_session == (event_str(e, EF_SESSION).n > 0));
    stateevent_write(e, where, file, &out);
    ck_assert(str_eq(buf_view(&out), str_of(whole[_i])));
    buf_free(&text);
    buf_free(&out);
}
END_TEST

static const struct {
    const char *text, *why;
} refused[] = {
    {"{\"type\":\"event\",\"time\":1,\"change\":true" TAIL "}", "not an event"},
    {HEAD("elsewhere", "\"change\":true") TAIL "}", "not an event"},
    {"{\"type\":\"event\",\"is\":\"window\",\"time\":1" TAIL "}", "not an event"},
    {"{\"type\":\"event\",\"is\":\"window\",\"change\":true" TAIL "}", "not an event"},
    {HEAD("window", "\"change\":1") TAIL "}", "not true"},
    {HEAD("judged", "\"change\":true") TAIL "}", "something that does not belong here"},
    {HEAD("window", "\"change\":true") ",\"offset\":7}", "not an event"},
    {HEAD("window", "\"change\":true") ",\"file\":\"f\"}", "not an event"},
    {HEAD("window", "\"change\":true") ",\"file\":\"f\",\"offset\":-1}", "not an event"},
    {HEAD("window", "\"change\":true") ",\"creation\":1e9" TAIL "}", "not an event"},
    {HEAD("window", "\"change\":true") TAIL ",\"eventID\":1}", "no text"},
    {HEAD("window", "\"change\":true") TAIL ",\"eventID\":\"x}", "a text without end"},
    {HEAD("window", "\"call\":true") TAIL "}", "not an event"},
    {HEAD("window", "\"issue\":true") TAIL "}", "not an event"},
    {HEAD("window", "\"call\":true") TAIL ",\"account\":\"1\",\"role\":\"r\",\"session\":\"s\"}",
     "not an event"},
    {HEAD("window", "\"call\":true") TAIL ",\"partition\":\"p\",\"role\":\"r\",\"session\":\"s\"}",
     "not an event"},
    {HEAD("window", "\"call\":true") TAIL
     ",\"partition\":\"p\",\"account\":\"1\",\"session\":\"s\"}",
     "not an event"},
    {HEAD("window", "\"change\":true") TAIL ",\"partition\":\"p\"}", "not an event"},
    {HEAD("window", "\"change\":true") TAIL ",\"userAgent\":\"b\",\"eventID\":\"a\"}",
     "something that does not belong here"},
};

START_TEST(test_what_no_event_says_is_refused)
{
    enum order_place where;
    struct str file;
    const char *why = read_event(refused[_i].text, &where, &file);
    ck_assert_msg(why != NULL, "%s", refused[_i].text);
    ck_assert_str_eq(why, refused[_i].why);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stateevent");
    TCase *t = tcase_create("stateevent");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, test_what_is_read_is_written, 0, sizeof whole / sizeof whole[0]);
    tcase_add_loop_test(t, test_what_no_event_says_is_refused, 0,
                        sizeof refused / sizeof refused[0]);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
