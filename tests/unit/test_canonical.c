#include "ctlock/canonical.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct canonical names;

static void touch(const char *path)
{
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fclose(f), 0);
}

static void set_up(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/ctlock-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(mkdir("a", 0700), 0);
    ck_assert_int_eq(mkdir("a/b", 0700), 0);
    touch("x");
    touch("a/x");
    touch("a/b/x");
    ck_assert_int_eq(symlink("a/b", "to-b"), 0);
    ck_assert_int_eq(symlink("../x", "a/to-x"), 0);
}

static void tear_down(void)
{
    static const char *const made[] = {"a/to-x", "to-b", "a/b/x", "a/x", "x", "a/b", "a"};
    canonical_free(&names);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        ck_assert_int_eq(remove(made[i]), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void assert_is_what_realpath_tells(const char *path)
{
    struct stat st;
    struct str name;
    char *want = realpath(path, NULL);
    ck_assert_ptr_nonnull(want);
    ck_assert_int_eq(lstat(path, &st), 0);
    ck_assert_int_eq(canonical_find(&names, path, S_ISLNK(st.st_mode), &name), 0);
    ck_assert_str_eq(name.p, want);
    ck_assert_uint_eq(name.n, strlen(want));
    free(want);
}

/* Each twice, and each behind every other. */
START_TEST(is_what_realpath_tells)
{
    static const char *const paths[] = {
        "x",      "./x",         "a/x",         "a//x", "a/b/x", "a/../x",     "to-b/x",
        "a/to-x", "to-b/../b/x", "./a/./b/./x", "/tmp", "//tmp", "/etc/passwd"};
    enum { N = sizeof paths / sizeof *paths };
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < N; k++) {
            assert_is_what_realpath_tells(paths[i]);
            assert_is_what_realpath_tells(paths[i]);
            assert_is_what_realpath_tells(paths[k]);
        }
}
END_TEST

START_TEST(the_directory_is_looked_up_once)
{
    struct str name;
    char want[80];
    assert_is_what_realpath_tells("to-b/x");
    ck_assert_int_eq(unlink("to-b"), 0);
    ck_assert_int_eq(symlink("a", "to-b"), 0);
    (void)snprintf(want, sizeof want, "%s/a/b/y", folder);
    ck_assert_int_eq(canonical_find(&names, "to-b/y", false, &name), 0);
    ck_assert_str_eq(name.p, want);
    assert_is_what_realpath_tells("x");
    assert_is_what_realpath_tells("to-b/x");
}
END_TEST

START_TEST(what_is_not_there_is_forgotten)
{
    struct str name;
    for (int i = 0; i < 2; i++) {
        assert_is_what_realpath_tells("a/x");
        ck_assert_int_eq(canonical_find(&names, "none/x", false, &name), ENOENT);
        ck_assert_int_eq(canonical_find(&names, "none", true, &name), ENOENT);
        ck_assert_int_eq(canonical_find(&names, "x/x", false, &name), ENOTDIR);
    }
}
END_TEST

/* Nothing could be opened by such a name, though it can be by a relative one. */
START_TEST(too_long_a_name_is_none)
{
    enum { DEPTH = 19, PART = 205, LONGEST = 255 };
    char part[PART + 1], file[LONGEST + 1];
    struct str name;
    memset(part, 'x', PART);
    memset(file, 'y', LONGEST);
    part[PART] = file[LONGEST] = '\0';
    for (int i = 0; i < DEPTH; i++) {
        ck_assert_int_eq(mkdir(part, 0700), 0);
        ck_assert_int_eq(chdir(part), 0);
    }
    ck_assert_int_eq(canonical_find(&names, "y", false, &name), 0);
    ck_assert_int_eq(canonical_find(&names, file, false, &name), ENAMETOOLONG);
    for (int i = 0; i < DEPTH; i++) {
        ck_assert_int_eq(chdir(".."), 0);
        ck_assert_int_eq(rmdir(part), 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("canonical");
    TCase *t = tcase_create("canonical");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, is_what_realpath_tells);
    tcase_add_test(t, the_directory_is_looked_up_once);
    tcase_add_test(t, what_is_not_there_is_forgotten);
    tcase_add_test(t, too_long_a_name_is_none);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
