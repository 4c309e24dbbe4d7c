#include "ctlock/log.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static int from_log;

static struct log log_to_pipe(void)
{
    int fd[2];
    ck_assert_int_eq(pipe(fd), 0);
    from_log = fd[0];
    return (struct log){.fd = fd[1]};
}

static void expect(const char *text)
{
    char got[4096];
    ssize_t n = read(from_log, got, sizeof got - 1);
    ck_assert_int_ge(n, 0);
    got[n] = '\0';
    ck_assert_str_eq(got, text);
}

START_TEST(names_and_reasons)
{
    struct log l = log_to_pipe();
    log_say(&l, STR("hello"));
    expect("ctlock: hello\n");
    log_about(&l, "-", "no", 0);
    expect("ctlock: standard input: no\n");
    log_about(&l, "a\n\033[2J", NULL, ENOENT);
    expect("ctlock: a\\n\\u{001b}[2J: No such file or directory\n");
    log_about(&l, "x", "cannot be read", EIO);
    expect("ctlock: x: cannot be read: Input/output error\n");
    log_free(&l);
}
END_TEST

START_TEST(ten_problems_a_file)
{
    struct log l = log_to_pipe();
    for (uint64_t i = 0; i < 12; i++) {
        char text[64];
        log_problem(&l, "x",
                    &(struct reader_problem){.why = "junk", .has_offset = true, .offset = i});
        (void)snprintf(text, sizeof text, "ctlock: x: byte %d: junk\n", (int)i);
        if (i < 10)
            expect(text);
    }
    /* The cause of all these comes behind them. */
    log_problem(&l, "x", &(struct reader_problem){.why = "checksum", .is_of_file = true});
    expect("ctlock: x: checksum\n");
    log_end_of_input(&l, "x");
    expect("ctlock: x: 2 more problems not shown\n");
    log_problem(&l, "y", &(struct reader_problem){.error = EACCES});
    expect("ctlock: y: Permission denied\n");
    log_end_of_input(&l, "y");
    log_say(&l, STR("end"));
    expect("ctlock: end\n");
    log_free(&l);
}
END_TEST

START_TEST(messages_wipe_the_progress_line)
{
    struct log l = log_to_pipe();
    log_progress(&l, STR("unseen"));
    l.progress = true;
    log_progress(&l, STR("1 file"));
    expect("1 file");
    log_progress(&l, STR("2 files"));
    expect("\r\033[K2 files");
    log_say(&l, STR("x"));
    expect("\r\033[Kctlock: x\n");
    log_text(&l, STR("all\n"));
    expect("all\n");
    log_clear_progress(&l);
    log_progress(&l, STR("3 files"));
    expect("3 files");
    log_clear_progress(&l);
    expect("\r\033[K");
    log_say(&l, STR("y"));
    expect("ctlock: y\n");
    log_free(&l);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *t = tcase_create("log");
    tcase_add_test(t, names_and_reasons);
    tcase_add_test(t, ten_problems_a_file);
    tcase_add_test(t, messages_wipe_the_progress_line);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
