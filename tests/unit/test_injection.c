/* What a terminal or a log gets is text and newlines of ours, whatever strangers wrote: whole lines
 * of alerts and messages, over all code points and all bytes, in every field. */
#include "ctlock/alert.h"
#include "ctlock/log.h"

#include "../safe_text.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Surrogates and what lies beyond Unicode are encoded like the rest, which makes invalid text. */
enum { CODES = 0x111000, BLOCK = 256, VALUE_MAX = BLOCK * 5 };

static size_t encode(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[len] | c);
    return len;
}

/* Something between the characters, so that each stands alone. */
static struct str block_of_codes(uint32_t first, char *room)
{
    size_t n = 0;
    for (uint32_t c = first; c < first + BLOCK; c++) {
        n += encode(c, room + n);
        room[n++] = 'a';
    }
    return (struct str){room, n};
}

/* A byte before, and one after, every other. */
static struct str block_of_bytes(unsigned byte, char *room)
{
    size_t n = 0;
    for (unsigned other = 0; other < 256; other++) {
        room[n++] = (char)byte;
        room[n++] = (char)other;
        room[n++] = (char)byte;
    }
    return (struct str){room, n};
}

/* Every text field of the event is the value. */
static struct event *event_of(struct str value)
{
    struct event *e = calloc(1, sizeof *e + EVENT_NFIELDS * value.n);
    ck_assert_ptr_nonnull(e);
    for (int f = 0; f < EVENT_NFIELDS; f++)
        event_add(e, (enum event_field)f, value);
    e->source = source_classify(value, value);
    return e;
}

/* One line, its end ours. */
static void assert_line(struct str s)
{
    ck_assert_uint_gt(s.n, 0);
    ck_assert_int_eq(s.p[s.n - 1], '\n');
    s.n--;
    if (!text_is_safe(s))
        ck_abort_msg("not safe: %.*s", (int)(s.n < 2000 ? s.n : 2000), s.p);
}

static void check_alert(struct str value, bool instance, struct buf *out)
{
    struct event *e = event_of(value);
    struct lock_source elsewhere = {.text = value, .slot = SLOT_PUBLIC};
    struct lock l;
    ck_assert(lock_init(&l, &elsewhere, 1, value, false));
    struct alert_lock locked[] = {{.lock = &l, .known = value}, {.lock = &l}};
    struct alert a = {.type = ALERT_SUPPRESSED,
                      .severity = SEVERITY_LOW,
                      .event = e,
                      .locked = locked,
                      .n_locked = 2,
                      .source_known = value,
                      .exception = value,
                      .file = value};
    e->instance_session = instance;
    buf_clear(out);
    alert_format_text(&a, false, out);
    assert_line(buf_view(out));
    buf_clear(out);
    alert_format_json(&a, out);
    assert_line(buf_view(out));
    /* The colour is the only escape: on, and off. */
    a.type = ALERT_ALERT;
    buf_clear(out);
    alert_format_text(&a, true, out);
    size_t escapes = 0;
    for (size_t i = 0; i < out->n; i++)
        escapes += out->p[i] == '\033';
    ck_assert_uint_eq(escapes, 2);
    ck_assert(!out->failed);
    lock_release(&l);
    free(e);
}

START_TEST(alerts)
{
    char room[VALUE_MAX];
    struct buf out = {0};
    for (uint32_t c = 0; c < CODES; c += BLOCK)
        check_alert(block_of_codes(c, room), c / BLOCK % 2, &out);
    for (unsigned byte = 0; byte < 256; byte++)
        check_alert(block_of_bytes(byte, room), byte % 2, &out);
    buf_free(&out);
}
END_TEST

/* What the log wrote since it was last asked. */
static struct str written(FILE *file, char *room, size_t cap)
{
    ssize_t n = pread(fileno(file), room, cap, 0);
    ck_assert_int_gt(n, 0);
    ck_assert_uint_lt((size_t)n, cap);
    ck_assert_int_eq(ftruncate(fileno(file), 0), 0);
    ck_assert_int_eq(lseek(fileno(file), 0, SEEK_SET), 0);
    return (struct str){room, (size_t)n};
}

/* A name of a file has no zero bytes. */
static void check_log(struct str value, struct log *l, FILE *file)
{
    static char got[VALUE_MAX * 16];
    char name[VALUE_MAX + 1];
    for (size_t i = 0; i < value.n; i++)
        name[i] = (char)(value.p[i] ? value.p[i] : '0');
    name[value.n] = '\0';
    log_about(l, name, "a reason", EIO);
    assert_line(written(file, got, sizeof got));
    log_problem(l, name, &(struct reader_problem){.why = "why", .has_offset = true});
    assert_line(written(file, got, sizeof got));
    l->problems[0] = LOG_PROBLEMS_A_FILE + 1;
    log_end_of_input(l, name);
    assert_line(written(file, got, sizeof got));
}

START_TEST(messages)
{
    char room[VALUE_MAX];
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    struct log l = {.fd = fileno(file)};
    for (uint32_t c = 0; c < CODES; c += BLOCK)
        check_log(block_of_codes(c, room), &l, file);
    for (unsigned byte = 0; byte < 256; byte++)
        check_log(block_of_bytes(byte, room), &l, file);
    log_free(&l);
    ck_assert_int_eq(fclose(file), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("injection");
    TCase *t = tcase_create("injection");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, alerts);
    tcase_add_test(t, messages);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
