#include "ctlock/output.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

START_TEST(a_pipe_gets_each_line_at_once)
{
    int fd[2];
    char got[64];
    struct output o;
    ck_assert_int_eq(pipe(fd), 0);
    output_init(&o, fd[1]);
    ck_assert(o.at_once);
    ck_assert(output_write(&o, STR("one\n")));
    ck_assert_int_eq(read(fd[0], got, sizeof got), 4);
    ck_assert(output_write(&o, STR("two\n")));
    ck_assert_int_eq(read(fd[0], got, sizeof got), 4);
    ck_assert_mem_eq(got, "two\n", 4);
    ck_assert(output_flush(&o));
    output_free(&o);
}
END_TEST

START_TEST(a_file_gets_them_together)
{
    char path[] = "/tmp/ctlock-test-XXXXXX";
    int fd = mkstemp(path);
    struct output o;
    ck_assert_int_ge(fd, 0);
    output_init(&o, fd);
    ck_assert(!o.at_once);
    for (int i = 0; i < 30000; i++)
        ck_assert(output_write(&o, STR("line\n")));
    ck_assert_int_gt(lseek(fd, 0, SEEK_END), 0);
    ck_assert_int_lt(lseek(fd, 0, SEEK_END), 150000);
    ck_assert(output_flush(&o));
    ck_assert_int_eq(lseek(fd, 0, SEEK_END), 150000);
    output_free(&o);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(a_full_disk_is_remembered)
{
    int fd = open("/dev/full", O_WRONLY);
    struct output o;
    ck_assert_int_ge(fd, 0);
    output_init(&o, fd);
    ck_assert(!output_write(&o, STR("x\n")));
    ck_assert_int_eq(o.error, ENOSPC);
    ck_assert(!output_write(&o, STR("x\n")));
    ck_assert(!output_flush(&o));
    ck_assert_int_eq(output_all(fd, STR("x")), ENOSPC);
    ck_assert_int_eq(output_all(fd, (struct str){0}), 0);
    output_free(&o);
    ck_assert_int_eq(close(fd), 0);
}
END_TEST

START_TEST(a_reader_that_went_away_is_an_error)
{
    int fd[2];
    struct output o;
    ck_assert_int_eq(pipe(fd), 0);
    ck_assert_int_eq(close(fd[0]), 0);
    ck_assert(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    output_init(&o, fd[1]);
    ck_assert(!output_write(&o, STR("x\n")));
    ck_assert_int_eq(o.error, EPIPE);
    output_free(&o);
}
END_TEST

static void count(void *self)
{
    ++*(int *)self;
}

START_TEST(what_a_terminal_gets_is_announced)
{
    int n = 0, fd[2], master = posix_openpt(O_RDWR | O_NOCTTY);
    struct output o;
    ck_assert_int_ge(master, 0);
    ck_assert_int_eq(grantpt(master), 0);
    ck_assert_int_eq(unlockpt(master), 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    ck_assert_int_ge(slave, 0);
    output_init(&o, slave);
    output_share_terminal(&o, count, &n);
    ck_assert(output_write(&o, STR("one\n")));
    ck_assert_int_eq(n, 1);
    ck_assert(output_flush(&o)); /* of nothing */
    ck_assert_int_eq(n, 1);
    output_free(&o);
    ck_assert_int_eq(close(slave), 0);
    ck_assert_int_eq(close(master), 0);
    ck_assert_int_eq(pipe(fd), 0);
    output_init(&o, fd[1]);
    output_share_terminal(&o, count, &n);
    ck_assert(output_write(&o, STR("two\n")));
    ck_assert_int_eq(n, 1);
    output_free(&o);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("output");
    TCase *t = tcase_create("output");
    tcase_add_test(t, a_pipe_gets_each_line_at_once);
    tcase_add_test(t, a_file_gets_them_together);
    tcase_add_test(t, a_full_disk_is_remembered);
    tcase_add_test(t, a_reader_that_went_away_is_an_error);
    tcase_add_test(t, what_a_terminal_gets_is_announced);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
