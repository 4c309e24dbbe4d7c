#include "ctlock/statefile.h"

#include "ctlock/checksum.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEAD "{\"type\":\"ctlock-state\",\"version\":2}\n"

static char folder[64], path[80];
static struct buf why;

static const char *name_of(const char *suffix)
{
    static char name[96];
    (void)snprintf(name, sizeof name, "%s%s", path, suffix);
    return name;
}

static void set_up(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/ctlock-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/s", folder);
    why = (struct buf){0};
}

static void tear_down(void)
{
    static const char *const suffixes[] = {"", ".prev", ".lock", ".new"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        (void)remove(name_of(suffixes[i]));
    ck_assert_int_eq(rmdir(folder), 0);
    buf_free(&why);
}

static void make(const char *text)
{
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

/* A file of these lines and of a last line that is right, but for what is behind its checksum. */
static void make_whole(const char *lines, const char *more)
{
    char text[1024];
    uint64_t n = 0;
    for (const char *p = lines; *p; p++)
        n += *p == '\n';
    (void)snprintf(text, sizeof text,
                   "%s{\"type\":\"end\",\"lines\":%" PRIu64 ",\"crc64\":\"%016" PRIx64 "\"%s",
                   lines, n - 1, checksum_crc64(0, str_of(lines)), more);
    make(text);
}

static bool told(const char *words)
{
    buf_putc(&why, '\0');
    bool is = strstr(why.p, words) != NULL;
    if (!is)
        (void)printf("told: %s\n", why.p);
    buf_clear(&why);
    return is;
}

/* What is read at the end; *n becomes the number of lines before it. */
static enum statefile_result read_all(size_t *n)
{
    struct statefile *f = statefile_open(path, &why);
    struct str line;
    enum statefile_result got;
    ck_assert_ptr_nonnull(f);
    for (*n = 0; (got = statefile_read(f, &line, &why)) == STATEFILE_LINE; ++*n)
        ck_assert(line.n > 0 && line.p[line.n] == '\n');
    if (got == STATEFILE_END)
        ck_assert_int_eq(statefile_read(f, &line, &why), STATEFILE_END);
    statefile_free(f);
    return got;
}

static void save(const char *lines, uint64_t n)
{
    struct statefile *f = statefile_open(path, &why);
    struct str line;
    ck_assert_ptr_nonnull(f);
    while (statefile_read(f, &line, &why) == STATEFILE_LINE)
        ;
    ck_assert(statefile_begin(f, &why));
    ck_assert(statefile_write(f, str_of(lines), n, &why));
    ck_assert_int_eq(statefile_commit(f, &why), STATEFILE_SAVED);
    ck_assert_uint_eq(why.n, 0);
    statefile_free(f);
}

START_TEST(test_what_was_saved_is_read)
{
    size_t n;
    ck_assert_int_eq(read_all(&n), STATEFILE_END);
    ck_assert_uint_eq(n, 0);
    save("{}\n{}\n", 2);
    ck_assert_int_eq(access(name_of(".prev"), F_OK), -1);
    ck_assert_int_eq(read_all(&n), STATEFILE_END);
    ck_assert_uint_eq(n, 2);
    save("", 0);
    ck_assert_int_eq(access(name_of(".prev"), F_OK), 0);
    ck_assert_int_eq(read_all(&n), STATEFILE_END);
    ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(test_long_lines_and_many)
{
    struct buf lines = {0};
    for (int i = 0; i < 300000; i++)
        buf_putc(&lines, 'x');
    for (int i = 0; i < 300000; i++)
        buf_puts(&lines, "\ny");
    buf_putc(&lines, '\n');
    buf_putc(&lines, '\0');
    save(lines.p, 300001);
    size_t n;
    ck_assert_int_eq(read_all(&n), STATEFILE_END);
    ck_assert_uint_eq(n, 300001);
    buf_free(&lines);
}
END_TEST

START_TEST(test_what_is_not_committed_is_gone)
{
    save("{}\n", 1);
    struct statefile *f = statefile_open(path, &why);
    ck_assert(statefile_begin(f, &why));
    ck_assert(statefile_write(f, STR("x\n"), 1, &why));
    ck_assert_int_eq(access(name_of(".new"), F_OK), 0);
    statefile_free(f);
    ck_assert_int_eq(access(name_of(".new"), F_OK), -1);
    size_t n;
    ck_assert_int_eq(read_all(&n), STATEFILE_END);
    ck_assert_uint_eq(n, 1);
    statefile_free(NULL);
}
END_TEST

START_TEST(test_wrong_number_of_lines)
{
    size_t n;
    save("{}\n", 2);
    ck_assert_int_eq(read_all(&n), STATEFILE_WRONG);
    ck_assert(told(": byte 39: the checksum does not fit the bytes before (--state-reset"));
}
END_TEST

static const struct {
    const char *lines, *more, *told;
} wrong[] = {
    {HEAD, "}", ": cut ("},
    {HEAD, "}\nx", ": something behind the last line ("},
    {HEAD, "}\n\n", ": something behind the last line ("},
    {HEAD, ",\"x\":1}\n", ": something that does not belong here ("},
    {HEAD "{}\n", "", ": cut ("},
    {"{\"type\":\"ctlock-state\",\"version\":3}\n", "}\n", ": written by a newer ctlock ("},
    {"{\"type\":\"ctlock-state\",\"version\":0}\n", "}\n", ": not a state of ctlock ("},
    {"{\"type\":\"ctlock-state\",\"version\":x}\n", "}\n", ": not a state of ctlock ("},
    {"{\"type\":\"ctlock-state\"}\n", "}\n", ": not a state of ctlock ("},
    {"{\"type\":\"ctlock\",\"version\":1}\n", "}\n", ": not a state of ctlock ("},
    {"{\"type\":\"ctlock-state\",\"version\":1,\"x\":1}\n", "}\n",
     ": byte 34: something that does not belong here ("},
    {"\n", "}\n", ": not a state of ctlock ("},
};

START_TEST(test_what_is_no_state_is_refused)
{
    size_t n;
    make_whole(wrong[_i].lines, wrong[_i].more);
    ck_assert_int_eq(read_all(&n), STATEFILE_WRONG);
    ck_assert(told(wrong[_i].told));
}
END_TEST

START_TEST(test_an_end_without_its_numbers)
{
    size_t n;
    make(HEAD "{\"type\":\"end\"}\n");
    ck_assert_int_eq(read_all(&n), STATEFILE_WRONG);
    ck_assert(told("the checksum does not fit"));
    make(HEAD "{\"type\":\"end\",\"lines\":0}\n");
    ck_assert_int_eq(read_all(&n), STATEFILE_WRONG);
    ck_assert(told("the checksum does not fit"));
}
END_TEST

START_TEST(test_the_damaged_byte_is_told)
{
    struct str line;
    save("{\"a\":1}\n{\"b\":2}\n", 2);
    struct statefile *f = statefile_open(path, &why);
    ck_assert_int_eq(statefile_read(f, &line, &why), STATEFILE_LINE);
    ck_assert_int_eq(statefile_read(f, &line, &why), STATEFILE_LINE);
    statefile_damaged(f, 3, "odd", &why);
    ck_assert(told(": byte 47: odd (--state-reset starts afresh)"));
    statefile_free(f);
}
END_TEST

START_TEST(test_another_process_has_it)
{
    struct statefile *f = statefile_open(path, &why);
    char holder[32];
    (void)snprintf(holder, sizeof holder, "in use by process %ld", (long)getpid());
    ck_assert_ptr_nonnull(f);
    pid_t child = fork();
    if (child == 0)
        _exit(statefile_open(path, &why) == NULL && told(holder) ? 0 : 1);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    statefile_free(f);
}
END_TEST

START_TEST(test_what_stands_in_the_way)
{
    struct statefile *f = statefile_open(path, &why);
    ck_assert_int_eq(mkdir(name_of(".new"), 0777), 0);
    ck_assert(!statefile_begin(f, &why));
    ck_assert(told("s.new: File exists"));
    statefile_free(f);
    ck_assert_int_eq(rmdir(name_of(".new")), 0);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    ck_assert_ptr_null(statefile_open(path, &why));
    ck_assert(told("not a regular file"));
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(unlink(name_of(".lock")), 0);
    ck_assert_int_eq(symlink("x", name_of(".lock")), 0);
    ck_assert_ptr_null(statefile_open(path, &why));
    ck_assert(told("s.lock: "));
}
END_TEST

START_TEST(test_missing_beside_the_one_before)
{
    size_t n;
    save("", 0);
    save("", 0);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(read_all(&n), STATEFILE_WRONG);
    ck_assert(told(": is missing (the state before it is "));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("statefile");
    TCase *t = tcase_create("statefile");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, test_what_was_saved_is_read);
    tcase_add_test(t, test_long_lines_and_many);
    tcase_add_test(t, test_what_is_not_committed_is_gone);
    tcase_add_test(t, test_wrong_number_of_lines);
    tcase_add_loop_test(t, test_what_is_no_state_is_refused, 0, sizeof wrong / sizeof wrong[0]);
    tcase_add_test(t, test_an_end_without_its_numbers);
    tcase_add_test(t, test_the_damaged_byte_is_told);
    tcase_add_test(t, test_another_process_has_it);
    tcase_add_test(t, test_what_stands_in_the_way);
    tcase_add_test(t, test_missing_beside_the_one_before);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
