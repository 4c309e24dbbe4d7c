#include "ctlock/input.h"

#include "ctlock/walk.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_TOLD 16

static char home[4096]; /* a directory of its own for each test, and where it works */
static struct input_list list;
static struct told {
    char path[512];
    const char *why;
    int error;
    bool harmless;
} told[MAX_TOLD];
static size_t n_told;
static const struct stat *output;
static char asked[64][64]; /* paths that first_time was asked for */
static size_t n_asked;

static void set_up(void)
{
    const char *dir = getenv("TMPDIR");
    int n = snprintf(home, sizeof home, "%s/ctlock-input-XXXXXX", dir ? dir : "/tmp");
    ck_assert(n > 0 && (size_t)n < sizeof home);
    ck_assert_ptr_nonnull(mkdtemp(home));
    ck_assert_int_eq(chdir(home), 0);
}

static void remove_tree(const char *path);

static void tear_down(void)
{
    output = NULL;
    input_free(&list);
    ck_assert_ptr_null(list.file);
    ck_assert_uint_eq(list.n, 0);
    ck_assert_int_eq(chdir("/"), 0);
    remove_tree(home);
}

static void remove_tree(const char *path)
{
    char command[sizeof home + 32];
    int n = snprintf(command, sizeof command, "exec rm -rf '%s'", path);
    ck_assert(n > 0 && (size_t)n < sizeof command);
    ck_assert_int_eq(system(command), 0);
}

/* Make a file that holds content, with the directories above it. */
static void make(const char *path, const char *content)
{
    char dir[512];
    ck_assert_uint_lt(strlen(path), sizeof dir);
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        memcpy(dir, path, (size_t)(slash - path));
        dir[slash - path] = 0;
        ck_assert(mkdir(dir, 0777) == 0 || errno == EEXIST);
    }
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(content, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

/* The test's files hold their time as a bare number; or nothing; or ! where they cannot be read. */
static int first_time(void *self, const char *path, int64_t *time_s)
{
    ck_assert_ptr_eq(self, &n_asked);
    if (n_asked < sizeof asked / sizeof *asked)
        (void)snprintf(asked[n_asked], sizeof asked[0], "%.63s", path);
    n_asked++;
    char line[32] = "";
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    const char *got = fgets(line, sizeof line, f);
    ck_assert_int_eq(fclose(f), 0);
    *time_s = got ? strtoll(line, NULL, 10) : TIME_NONE;
    return got && *line == '!' ? EIO : 0;
}

static void problem(void *self, const struct input_problem *p)
{
    ck_assert_ptr_eq(self, &n_asked);
    ck_assert_uint_lt(n_told, MAX_TOLD);
    ck_assert(!p->why != !p->error);
    struct told *t = &told[n_told++];
    (void)snprintf(t->path, sizeof t->path, "%.*s", (int)sizeof t->path - 1, p->path);
    t->why = p->why;
    t->error = p->error;
    t->harmless = p->harmless;
}

/* Expand up to eight operands, NULL behind the last. */
static void expand(const char *const *operands)
{
    char *copy[8] = {0};
    size_t n = 0;
    for (; operands[n]; n++) {
        copy[n] = strdup(operands[n]);
        ck_assert_ptr_nonnull(copy[n]);
    }
    struct input_hooks hooks = {
        .self = &n_asked, .first_time = first_time, .problem = problem, .output = output};
    input_free(&list);
    n_told = n_asked = 0;
    ck_assert(input_expand(&list, copy, n, &hooks));
    for (size_t i = 0; i < n; i++)
        free(copy[i]);
}

#define EXPAND(...) expand((const char *const[]){__VA_ARGS__, NULL})

static void assert_paths(const char *const *paths)
{
    size_t n = 0;
    for (; paths[n] && n < list.n; n++)
        ck_assert_str_eq(list.file[n].path, paths[n]);
    ck_assert_ptr_null(paths[n]);
    ck_assert_uint_eq(list.n, n);
}

#define ASSERT_PATHS(...) assert_paths((const char *const[]){__VA_ARGS__, NULL})

static void assert_told(const char *path, const char *why, int error)
{
    for (size_t i = 0; i < n_told; i++)
        if (strcmp(told[i].path, path) == 0) {
            ck_assert_pstr_eq(told[i].why, why);
            ck_assert_int_eq(told[i].error, error);
            return;
        }
    ck_abort_msg("nothing was told of %s", path);
}

START_TEST(test_no_operands)
{
    struct input_hooks hooks = {.self = &n_asked, .first_time = first_time, .problem = problem};
    ck_assert(input_expand(&list, NULL, 0, &hooks));
    ASSERT_PATHS("-");
    ck_assert(!list.file[0].regular);
    ck_assert_int_eq(list.file[0].time_s, TIME_NONE);
}
END_TEST

/* What stat tells of it reaches the hook. */
static bool wants(void *self, struct input_file *f, const struct file_status *status, bool *ok)
{
    struct stat same;
    (void)ok;
    ++*(size_t *)self;
    ck_assert(f->regular == (strcmp(f->path, "-") != 0));
    ck_assert(f->regular == (status != NULL));
    if (!status)
        return true;
    ck_assert(status->is_link == (strstr(f->path, "link") != NULL));
    ck_assert_int_eq(stat(f->path, &same), 0);
    ck_assert(status->st.st_ino == same.st_ino && S_ISREG(status->st.st_mode));
    ck_assert_int_eq(f->nbytes, same.st_size);
    return strstr(f->path, "no") == NULL;
}

START_TEST(test_wants)
{
    char a[] = "a.log", link[] = "link", folder_of[] = "d", in[] = "-";
    char *operands[] = {a, link, folder_of, in};
    struct input_hooks hooks = {
        .self = &n_asked, .first_time = first_time, .problem = problem, .wants = wants};
    n_asked = 0;
    make("a.log", "5");
    make("b.log", "6");
    ck_assert_int_eq(symlink("b.log", "link"), 0);
    ck_assert_int_eq(mkdir("d", 0700), 0);
    make("d/c.json", "7");
    make("d/no.json", "8");
    make("e.log", "9");
    ck_assert_int_eq(symlink("../e.log", "d/link.json"), 0);
    ck_assert(input_expand(&list, operands, 4, &hooks));
    ASSERT_PATHS("a.log", "link", "d/c.json", "d/link.json", "-");
}
END_TEST

START_TEST(test_one_file_is_not_looked_into)
{
    make("a.log", "5");
    EXPAND("a.log");
    ASSERT_PATHS("a.log");
    ck_assert(list.file[0].regular);
    ck_assert_uint_eq(n_asked, 0);
    EXPAND("a.log", "-");
    ASSERT_PATHS("a.log", "-");
    ck_assert_uint_eq(n_asked, 0);
}
END_TEST

START_TEST(test_order)
{
    ck_assert_int_eq(mkfifo("pipe-z", 0600), 0);
    ck_assert_int_eq(mkfifo("pipe-a", 0600), 0);
    /* 2023-07-10T12:00Z is 1688990400. */
    make("d/1_CloudTrail_us-east-1_20230710T1200Z_abcdefghijklmnop.json.gz", "999");
    make("e/1_CloudTrail_us-east-1_20230710T1155Z_abcdefghijklmnop.json.gz", "999");
    make("a/1_CloudTrail_us-east-1_20230710T1205Z_abcdefghijklmnop.json.gz", "999");
    make("z.json", "1688990399");
    make("b.json", "1688990400");
    make("f.json", "1688990400");
    make("none-b.json", "");
    make("none-a.json", "");
    EXPAND("pipe-z", "none-b.json", "z.json", "f.json", "-", "pipe-a", ".", "none-a.json");
    ASSERT_PATHS("./e/1_CloudTrail_us-east-1_20230710T1155Z_abcdefghijklmnop.json.gz", "z.json",
                 "./b.json", "./d/1_CloudTrail_us-east-1_20230710T1200Z_abcdefghijklmnop.json.gz",
                 "f.json", "./a/1_CloudTrail_us-east-1_20230710T1205Z_abcdefghijklmnop.json.gz",
                 "./none-a.json", "none-b.json", "pipe-z", "-", "pipe-a");
    ck_assert_int_eq(list.file[0].time_s, 1688990400 - 300);
    ck_assert_int_eq(list.file[1].time_s, 1688990399);
    ck_assert_int_eq(list.file[6].time_s, TIME_NONE);
    ck_assert(list.file[7].regular);
    for (size_t i = 8; i < 11; i++)
        ck_assert(!list.file[i].regular && list.file[i].time_s == TIME_NONE);
    /* The name tells, so nobody is asked. */
    ck_assert_uint_eq(n_asked, 5);
    for (size_t i = 0; i < n_asked; i++)
        ck_assert_ptr_null(strstr(asked[i], "CloudTrail"));
    ck_assert_uint_eq(n_told, 3); /* the pipes that the walk met, and none-a.json, found before */
}
END_TEST

START_TEST(test_file_that_cannot_be_read_is_told_and_left_out)
{
    make("d/a.json", "7");
    make("d/b.json", "!");
    make("d/c.json", "5");
    EXPAND("d");
    ASSERT_PATHS("d/c.json", "d/a.json");
    ck_assert_uint_eq(n_told, 1);
    ck_assert_str_eq(told[0].path, "d/b.json");
    ck_assert_int_eq(told[0].error, EIO);
}
END_TEST

START_TEST(test_paths_order_by_bytes)
{
    make("d/B.json", "7");
    make("d/a.json", "7");
    make("d/\xc3\xa4.json", "7");
    make("d/a/x.json", "7");
    make("d/a-.json", "7");
    make("d/neg.json", "-7");
    EXPAND("d");
    ASSERT_PATHS("d/neg.json", "d/B.json", "d/a-.json", "d/a.json", "d/a/x.json",
                 "d/\xc3\xa4.json");
}
END_TEST

START_TEST(test_names_that_a_walk_takes)
{
    static const char *const taken[] = {"a.json",      "a.json.gz",  "a.ndjson", "a.ndjson.gz",
                                        "a.jsonl",     "a.jsonl.gz", "B.JSON",   "B.Json.GZ",
                                        "B.NDJson.gZ", "B.JSONL",    "c.x.json", "with space.json"};
    static const char *const left[] = {"json",        "ajson",         "a.json.bz2", "a.gz",
                                       "a.jsonl.gz.", "a.json.gz.gz",  "a.jso",      "a.json~",
                                       "a.csv",       "a.json.gz.tmp", "README"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        ck_assert_msg(walk_is_trail_name(str_of(taken[i])), "%s", taken[i]);
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        ck_assert_msg(!walk_is_trail_name(str_of(left[i])), "%s", left[i]);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        make(taken[i], "");
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        make(left[i], "");
    make("dir.json/a.json", "");
    EXPAND(home);
    ck_assert_uint_eq(list.n, sizeof taken / sizeof *taken + 1);
    ck_assert_uint_eq(n_told, 0);
    EXPAND("README", "a.csv"); /* as operands they are taken */
    ASSERT_PATHS("README", "a.csv");
}
END_TEST

START_TEST(test_digests_and_insights)
{
#define OBJECT(kind) "1_CloudTrail" kind "_us-east-1_20230710T1200Z_abc.json.gz"
    make("L/1/CloudTrail/" OBJECT(""), "");
    make("L/1/CloudTrail/" OBJECT("-Digest"), "");
    make("L/1/CloudTrail/" OBJECT("-Insight"), "");
    make("L/1/CloudTrail-Digest/us-east-1/x.json.gz", "");
    make("L/1/CloudTrail-Insight/us-east-1/x.json.gz", "");
    make("L/1/CloudTrail-Digest-old/x.json.gz", "");
    make("L/1/MyCloudTrail-Digest/x.json.gz", "");
    EXPAND("L");
    ASSERT_PATHS("L/1/CloudTrail/" OBJECT(""), "L/1/CloudTrail-Digest-old/x.json.gz",
                 "L/1/MyCloudTrail-Digest/x.json.gz");
    EXPAND("L/1/CloudTrail/" OBJECT("-Digest"), "L/1/CloudTrail/" OBJECT("-Insight"),
           "L/1/CloudTrail-Insight/", "L/1/CloudTrail-Digest", "L/1/CloudTrail/" OBJECT(""));
    ASSERT_PATHS("L/1/CloudTrail/" OBJECT(""));
    ck_assert_uint_eq(n_told, 1); /* of the first */
    EXPAND("L/1/CloudTrail-Digest");
    ck_assert_uint_eq(list.n, 0);
    EXPAND("L/1/CloudTrail-Digest/us-east-1", "L/1/CloudTrail-Insight/us-east-1/x.json.gz");
    ASSERT_PATHS("L/1/CloudTrail-Digest/us-east-1/x.json.gz",
                 "L/1/CloudTrail-Insight/us-east-1/x.json.gz");
}
END_TEST

START_TEST(test_missing)
{
    make("a.json", "");
    make("d/b.json", "");
    ck_assert_int_eq(symlink("nowhere", "d/gone.json"), 0);
    ck_assert_int_eq(symlink("nowhere", "d/gone"), 0);
    ck_assert_int_eq(symlink("self", "d/self"), 0);
    EXPAND("no-such-file", "a.json", "a.json/x", "", "d");
    ASSERT_PATHS("a.json", "d/b.json");
    ck_assert_uint_eq(n_told, 5);
    assert_told("no-such-file", NULL, ENOENT);
    assert_told("a.json/x", NULL, ENOTDIR);
    assert_told("", NULL, ENOENT);
    assert_told("d/gone.json", NULL, ENOENT);
    assert_told("d/self", NULL, ELOOP);
}
END_TEST

START_TEST(test_unreadable_directory)
{
    if (geteuid() == 0)
        return; /* may read everything */
    make("d/closed/a.json", "");
    make("d/names-only/a.json", "");
    make("d/b.json", "");
    ck_assert_int_eq(chmod("d/closed", 0), 0);
    ck_assert_int_eq(chmod("d/names-only", 0400), 0);
    EXPAND("d");
    ASSERT_PATHS("d/b.json");
    ck_assert_uint_eq(n_told, 2);
    assert_told("d/closed", NULL, EACCES);
    assert_told("d/names-only/a.json", NULL, EACCES);
    ck_assert_int_eq(chmod("d/closed", 0700), 0);
    ck_assert_int_eq(chmod("d/names-only", 0700), 0);
}
END_TEST

START_TEST(test_directory_loops)
{
    make("d/e/a.json", "");
    ck_assert_int_eq(symlink("..", "d/e/up"), 0);
    ck_assert_int_eq(symlink(".", "d/here"), 0);
    EXPAND("d");
    ASSERT_PATHS("d/e/a.json");
    ck_assert_uint_eq(n_told, 2);
    assert_told("d/e/up", "a directory loop, not followed", 0);
    assert_told("d/here", "a directory loop, not followed", 0);
}
END_TEST

START_TEST(test_links_and_ways)
{
    make("real/a.json", "");
    make("d/x", "");
    ck_assert_int_eq(symlink("../real", "d/one"), 0);
    ck_assert_int_eq(symlink("../real", "d/two"), 0);
    ck_assert_int_eq(symlink("../real/a.json", "d/link.json"), 0);
    ck_assert_int_eq(symlink("../real/a.json", "d/link"), 0);
    make("real/b.json", "");
    EXPAND("d", "d/link", "real");
    ASSERT_PATHS("d/link.json", "d/one/b.json");
    ck_assert_uint_eq(n_told, 1);
    assert_told("d/link", "the same file as another input, read once", 0);
    for (size_t i = 0; i < list.n; i++)
        ck_assert(list.file[i].regular);
}
END_TEST

/* Of links there can be more ways to a directory than time to go them. */
START_TEST(test_ways_without_number)
{
    enum { LEVELS = 30 };
    char name[32], target[32];
    for (int i = 0; i < LEVELS; i++) {
        (void)snprintf(target, sizeof target, "../%d", i + 1);
        (void)snprintf(name, sizeof name, "w/%d/x", i);
        make(name, "");
        (void)snprintf(name, sizeof name, "w/%d/a", i);
        ck_assert_int_eq(symlink(target, name), 0);
        (void)snprintf(name, sizeof name, "w/%d/b", i);
        ck_assert_int_eq(symlink(target, name), 0);
    }
    (void)snprintf(name, sizeof name, "w/%d/it.json", LEVELS);
    make(name, "");
    EXPAND("w/0");
    ck_assert_uint_eq(list.n, 1);
    ck_assert_uint_eq(n_told, 0);
}
END_TEST

START_TEST(test_what_is_no_file)
{
    make("d/a.json", "");
    ck_assert_int_eq(mkfifo("d/p.json", 0600), 0);
    ck_assert_int_eq(mkfifo("d/p", 0600), 0);
    ck_assert_int_eq(symlink("/dev/null", "d/n.json"), 0);
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "d/s.json"};
    ck_assert_int_ge(s, 0);
    ck_assert_int_eq(bind(s, (const struct sockaddr *)&at, sizeof at), 0);
    EXPAND("d");
    ASSERT_PATHS("d/a.json");
    ck_assert_uint_eq(n_told, 4);
    assert_told("d/p.json", "not a regular file, left out", 0);
    assert_told("d/p", "not a regular file, left out", 0);
    assert_told("d/n.json", "not a regular file, left out", 0);
    assert_told("d/s.json", "not a regular file, left out", 0);
    EXPAND("d/p", "/dev/null");
    ASSERT_PATHS("d/p", "/dev/null");
    ck_assert(!list.file[0].regular && !list.file[1].regular);
    ck_assert_uint_eq(n_told, 0);
    ck_assert_int_eq(close(s), 0);
}
END_TEST

START_TEST(test_slashes)
{
    make("d/e/a.json", "");
    EXPAND("d/");
    ASSERT_PATHS("d/e/a.json");
    EXPAND("d//e");
    ASSERT_PATHS("d//e/a.json");
    EXPAND("./d/e/");
    ASSERT_PATHS("./d/e/a.json");
}
END_TEST

START_TEST(test_a_file_is_read_once)
{
    make("d/e/m.json", "");
    make("d/e/other.json", "");
    make("copy.json", "");
    /* The names come in this order from many file systems, and in another from others. */
    ck_assert_int_eq(link("d/e/m.json", "d/e/z.json"), 0);
    ck_assert_int_eq(link("d/e/m.json", "d/e/b.json"), 0);
    ck_assert_int_eq(link("d/e/m.json", "d/e/q.json"), 0);
    EXPAND("d", "d/e", "d/e/", "copy.json");
    ASSERT_PATHS("copy.json", "d/e/b.json", "d/e/other.json");
    ck_assert_uint_eq(n_told, 0);
    EXPAND("d/e/q.json", "d", "d/../d/e/q.json", "d/e/m.json");
    ASSERT_PATHS("d/e/other.json", "d/e/q.json");
    ck_assert_uint_eq(n_told, 2);
    assert_told("d/../d/e/q.json", "the same file as another input, read once", 0);
    assert_told("d/e/m.json", "the same file as another input, read once", 0);
    for (size_t i = 0; i < n_told; i++)
        ck_assert(told[i].harmless);
}
END_TEST

START_TEST(test_the_output_is_no_input)
{
    struct stat st;
    make("d/a.json", "");
    make("d/found.json", "");
    ck_assert_int_eq(link("d/found.json", "d/g.json"), 0);
    ck_assert_int_eq(stat("d/found.json", &st), 0);
    output = &st;
    EXPAND("d", "d/found.json");
    ASSERT_PATHS("d/a.json");
    ck_assert_uint_eq(n_told, 3);
    ck_assert_str_eq(told[0].path, "d/found.json");
    ck_assert(told[0].harmless && told[1].harmless);
    ck_assert_str_eq(told[2].path, "d/found.json");
    ck_assert(!told[2].harmless);
    assert_told("d/g.json", "is the output, left out", 0);
    int fd = open("d/found.json", O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    ck_assert_int_eq(lseek(fd, 1, SEEK_SET), 1);
    EXPAND("-", "d/a.json");
    ASSERT_PATHS("d/a.json");
    ck_assert_uint_eq(n_told, 1);
    assert_told("-", "is the output, left out", 0);
    ck_assert(!told[0].harmless);
    ck_assert_int_eq(close(fd), 0);
    /* What is no file may be both. */
    ck_assert_int_eq(stat("/dev/null", &st), 0);
    EXPAND("/dev/null");
    ASSERT_PATHS("/dev/null");
    ck_assert_uint_eq(n_told, 0);
}
END_TEST

START_TEST(test_pipes_and_devices_are_read_as_often_as_named)
{
    ck_assert_int_eq(mkfifo("p", 0600), 0);
    EXPAND("p", "./p", "/dev/null", "/dev/null");
    ASSERT_PATHS("p", "./p", "/dev/null", "/dev/null");
    ck_assert_uint_eq(n_told, 0);
}
END_TEST

START_TEST(test_standard_input_is_read_once)
{
    make("in.json", "x");
    int fd = open("in.json", O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    EXPAND("-", "in.json", "-");
    ASSERT_PATHS("-");
    ck_assert(!list.file[0].regular);
    ck_assert_uint_eq(n_told, 2);
    assert_told("in.json", "the same file as another input, read once", 0);
    assert_told("-", "named more than once, read once", 0);
    EXPAND("in.json", "-");
    ASSERT_PATHS("in.json");
    ck_assert(list.file[0].regular);
    ck_assert_uint_eq(n_told, 1);
    assert_told("-", "the same file as another input, read once", 0);
    /* The rest of it is not the file. */
    ck_assert_int_eq(lseek(fd, 1, SEEK_SET), 1);
    EXPAND("in.json", "-");
    ASSERT_PATHS("in.json", "-");
    ck_assert_uint_eq(n_told, 0);
    ck_assert_int_eq(close(fd), 0);
}
END_TEST

START_TEST(test_deep_and_wide)
{
    /* Deeper than the descriptors that are allowed, and than a path may be long. */
    enum { DEPTH = 2000, WIDTH = 500 };
    char name[64];
    for (int i = 0; i < WIDTH; i++) {
        ck_assert_int_gt(snprintf(name, sizeof name, "d/wide%03d.json", i), 0);
        make(name, "");
    }
    ck_assert_int_eq(chdir("d"), 0);
    for (int i = 0; i < DEPTH; i++) {
        ck_assert_int_eq(mkdir("dir", 0700), 0);
        ck_assert_int_eq(chdir("dir"), 0);
        if (i == DEPTH / 4)
            make("deep.json", "");
    }
    ck_assert_int_eq(chdir(home), 0);
    EXPAND("d");
    ck_assert_uint_eq(list.n, WIDTH + 1);
    ck_assert_uint_eq(n_told, 1);
    ck_assert_int_eq(told[0].error, ENAMETOOLONG);
    ck_assert_str_eq(list.file[WIDTH].path, "d/wide499.json");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("input");
    TCase *t = tcase_create("input");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, test_no_operands);
    tcase_add_test(t, test_wants);
    tcase_add_test(t, test_one_file_is_not_looked_into);
    tcase_add_test(t, test_order);
    tcase_add_test(t, test_file_that_cannot_be_read_is_told_and_left_out);
    tcase_add_test(t, test_paths_order_by_bytes);
    tcase_add_test(t, test_names_that_a_walk_takes);
    tcase_add_test(t, test_digests_and_insights);
    tcase_add_test(t, test_missing);
    tcase_add_test(t, test_unreadable_directory);
    tcase_add_test(t, test_directory_loops);
    tcase_add_test(t, test_links_and_ways);
    tcase_add_test(t, test_ways_without_number);
    tcase_add_test(t, test_what_is_no_file);
    tcase_add_test(t, test_slashes);
    tcase_add_test(t, test_a_file_is_read_once);
    tcase_add_test(t, test_the_output_is_no_input);
    tcase_add_test(t, test_pipes_and_devices_are_read_as_often_as_named);
    tcase_add_test(t, test_standard_input_is_read_once);
    tcase_add_test(t, test_deep_and_wide);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
