/* sandbox: what a hijacked program can no longer do, and what the program still can. Each attempt
 * is made by a child, for there is no way back. Where the system grants nothing, nothing is tested,
 * and the test says so. */
#define _GNU_SOURCE

#include "ctlock/sandbox.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A coverage build may write its counters (sandbox.c): only Landlock then keeps it from the rest.
 */
#ifdef CTLOCK_COVERAGE_DIR
enum { NO_CHANGE = SANDBOX_CALLS | SANDBOX_FILES };
#else
enum { NO_CHANGE = SANDBOX_CALLS };
#endif

enum { NOT_GRANTED = 77 };

/* Both exist, each with the file `old`. */
static char dir[] = "/tmp/ctlock-sandbox-XXXXXX";
static char inside[64], outside[64];
static const char *const writable[] = {inside};

static const char *in(const char *directory, const char *name)
{
    static char path[8][128];
    static unsigned n;
    char *p = path[n++ % 8];
    (void)snprintf(p, sizeof path[0], "%s/%s", directory, name);
    return p;
}

static void make_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "old", 3), 3);
    ck_assert_int_eq(close(fd), 0);
}

static void set_up(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(inside, sizeof inside, "%s/in", dir);
    (void)snprintf(outside, sizeof outside, "%s/out", dir);
    ck_assert_int_eq(mkdir(inside, 0700) | mkdir(outside, 0700), 0);
    make_file(in(inside, "old"));
    make_file(in(outside, "old"));
}

static void tear_down(void)
{
    static const char *const names[] = {"old", "state", "state.prev", "new"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)unlink(in(inside, names[i]));
        (void)unlink(in(outside, names[i]));
    }
    ck_assert_int_eq(rmdir(inside) | rmdir(outside) | rmdir(dir), 0);
    memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
}

/* In a child: says what is not as it should be, and gives up. */
#define WANT(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)dprintf(2, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);     \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

/* valgrind needs for itself what the sandbox gives up. */
static bool is_under_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");
    return preload && strstr(preload, "vgpreload");
}

/* What wait says of a child that does this in a sandbox; NOT_GRANTED where the system lacks one. */
static int confine(unsigned need, bool writes, void (*act)(void))
{
    struct sandbox_options o = {.writable = writable, .n_writable = writes};
    int status;
    if (is_under_valgrind())
        return NOT_GRANTED << 8;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if ((sandbox_enter(&o) & need) != need)
            _exit(NOT_GRANTED);
        act();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

static bool is_not_granted(int status)
{
    if (!WIFEXITED(status) || WEXITSTATUS(status) != NOT_GRANTED)
        return false;
    puts("skipped: this system or build grants no such sandbox");
    return true;
}

static void assert_confined(unsigned need, bool writes, void (*act)(void))
{
    int status = confine(need, writes, act);
    ck_assert_msg(is_not_granted(status) || status == 0, "wait status %x", (unsigned)status);
}

static void no_program(void)
{
    char *argv[] = {(char[]){"true"}, NULL};
    WANT(execv("/bin/true", argv) == -1 && errno == ENOSYS);
    WANT(fork() == -1 && errno == EPERM);
    WANT(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == -1 && errno == EPERM);
    /* The memory is shared, but it is another process. */
    WANT(syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND, 0, 0, 0, 0) == -1 && errno == EPERM);
    /* A thread in another name space. */
    WANT(syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWNS, 0, 0, 0, 0) ==
             -1 &&
         errno == EPERM);
#ifdef SYS_clone3
    /* Its flags cannot be seen; the C library must believe that there is no such call. */
    WANT(syscall(SYS_clone3, NULL, 0) == -1 && errno == ENOSYS);
#endif
#ifdef SYS_vfork
    WANT(syscall(SYS_vfork) == -1 && errno == ENOSYS);
#endif
}

static void no_network(void)
{
    static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
    int pair[2];
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        WANT(socket(families[i], SOCK_DGRAM, 0) == -1 && errno == ENOSYS);
    WANT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1);
    WANT(connect(0, (struct sockaddr *)pair, 0) == -1 && errno == ENOSYS);
}

static void no_new_code(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    WANT(p != MAP_FAILED);
    WANT(mprotect(p, page, PROT_READ | PROT_EXEC) == -1 && errno == EPERM);
    WANT(mprotect(p, page, PROT_READ) == 0);
    WANT(munmap(p, page) == 0);
    WANT(mmap(NULL, page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
         MAP_FAILED);
    int fd = open("/bin/true", O_RDONLY);
    WANT(fd >= 0 && mmap(NULL, page, PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED);
}

static void no_power_over_others(void)
{
    WANT(kill(getppid(), 0) == -1 && errno == EPERM);
    WANT(kill(0, 0) == -1 && kill(-1, 0) == -1 && kill(1, 0) == -1);
    WANT(syscall(SYS_tgkill, getppid(), getppid(), 0) == -1 && errno == EPERM);
    WANT(syscall(SYS_tkill, getppid(), 0) == -1 && errno == EPERM);
    /* A key typed into the terminal; a signal sent by the kernel. */
    char key = 'x';
    WANT(ioctl(0, TIOCSTI, &key) == -1 && errno == EPERM);
    WANT(fcntl(0, F_SETOWN, getppid()) == -1 && errno == EPERM);
}

static void no_system(void)
{
    static const long calls[] = {
        SYS_ptrace,
        SYS_process_vm_readv,
        SYS_process_vm_writev,
        SYS_mount,
        SYS_umount2,
        SYS_chroot,
        SYS_pivot_root,
        SYS_unshare,
        SYS_setns,
        SYS_init_module,
        SYS_bpf,
        SYS_finit_module,
        SYS_perf_event_open,
        SYS_setuid,
        SYS_setgid,
        SYS_setresuid,
        SYS_setgroups,
        SYS_capset,
        SYS_prctl,
        SYS_seccomp,
        SYS_reboot,
        SYS_personality,
        SYS_memfd_create,
        SYS_keyctl,
        SYS_prlimit64,
        SYS_setpgid,
        SYS_execveat,
        SYS_rt_sigqueueinfo,
        SYS_bind,
        SYS_sendmsg,
        SYS_listen,
        SYS_open_by_handle_at,
        SYS_mknodat,
        SYS_sync,
        SYS_acct,
#ifdef SYS_io_uring_setup
        SYS_io_uring_setup,
#endif
#ifdef SYS_pidfd_open
        SYS_pidfd_open,
#endif
#ifdef SYS_openat2
        SYS_openat2,
#endif
#ifdef SYS_userfaultfd
        SYS_userfaultfd,
#endif
        100000, /* of a kernel to come */
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (syscall(calls[i], 0, 0, 0, 0, 0, 0) != -1 || errno != ENOSYS) {
            (void)dprintf(2, "system call %ld: errno %d\n", calls[i], errno);
            _exit(1);
        }
#ifdef __x86_64__
    WANT(syscall(0x40000000 | SYS_read, 0, &(char){0}, 0) == -1 && errno == ENOSYS); /* x32 */
#endif
}

static void no_change(void)
{
    const char *old = in(outside, "old"), *new = in(outside, "new");
    WANT(open(old, O_WRONLY) == -1);
    WANT(open(old, O_RDWR) == -1);
    WANT(open(old, O_RDONLY | O_TRUNC) == -1);
    WANT(open(new, O_RDONLY | O_CREAT, 0600) == -1);
    WANT(open(outside, O_TMPFILE | O_RDWR, 0600) == -1);
    WANT(creat(new, 0600) == -1);
#ifdef SYS_open
    WANT(syscall(SYS_open, old, O_WRONLY) == -1);
#endif
    WANT(truncate(old, 0) == -1);
    WANT(rename(old, new) == -1);
    WANT(link(old, new) == -1);
    WANT(symlink(old, new) == -1);
    WANT(unlink(old) == -1);
    WANT(mkdir(new, 0700) == -1);
    WANT(mkfifo(new, 0700) == -1);
    WANT(rmdir(outside) == -1);
    WANT(chmod(old, 0777) == -1);
    WANT(fchmod(open(old, O_RDONLY), 0777) == -1);
    WANT(chown(old, 1, 1) == -1);
    WANT(utimensat(AT_FDCWD, old, NULL, 0) == -1);
    struct stat st;
    WANT(stat(old, &st) == 0 && st.st_size == 3 && (st.st_mode & 0777) == 0644);
    WANT(stat(new, &st) == -1 && errno == ENOENT);
}

static void *add_one(void *number)
{
    char *memory = malloc(1 << 20);
    if (memory)
        ++*(int *)number;
    free(memory);
    return NULL;
}

static void threads(void)
{
    pthread_t t[8];
    int n[8] = {0}, sum = 0;
    for (int i = 0; i < 8; i++)
        WANT(pthread_create(&t[i], NULL, add_one, &n[i]) == 0);
    for (int i = 0; i < 8; i++) {
        WANT(pthread_join(t[i], NULL) == 0);
        sum += n[i];
    }
    WANT(sum == 8);
    cpu_set_t set;
    WANT(sched_getaffinity(0, sizeof set, &set) == 0);
}

static volatile sig_atomic_t caught;

static void catch (int number)
{
    caught = number;
}

static void signals_and_time(void)
{
    struct sigaction a = {.sa_handler = catch};
    WANT(sigaction(SIGTERM, &a, NULL) == 0);
    WANT(raise(SIGTERM) == 0 && caught == SIGTERM);
    caught = 0;
    WANT(kill(getpid(), SIGTERM) == 0 && caught == SIGTERM);
    sigset_t set;
    WANT(sigemptyset(&set) == 0 && pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    struct timespec ts;
    WANT(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
    WANT(nanosleep(&(struct timespec){0}, NULL) == 0);
    int p[2];
    WANT(pipe(p) == 0);
    struct pollfd f = {.fd = p[0], .events = POLLIN};
    WANT(poll(&f, 1, 0) == 0);
    WANT(write(p[1], "x", 1) == 1 && ppoll(&f, 1, &(struct timespec){0}, &set) == 1);
}

static void reading(void)
{
    char text[8];
    struct stat st;
    int fd = open(in(outside, "old"), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    WANT(fd >= 0 && fstat(fd, &st) == 0 && read(fd, text, sizeof text) == 3);
    WANT(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL) == 0 && close(fd) == 0);
    errno = 0;
    WANT(isatty(open("/dev/null", O_RDONLY)) == 0 && errno == ENOTTY);
    WANT(access("/", R_OK) == 0);
    char *real = realpath("/proc/self/exe", NULL);
    WANT(real);
    free(real);
    FILE *f = fopen("/proc/self/status", "re");
    WANT(f && fgets(text, sizeof text, f) && fclose(f) == 0);
}

static int opened_before;

static void writing_what_is_open(void)
{
    WANT(write(opened_before, "!", 1) == 1 && ftruncate(opened_before, 1) == 0);
    WANT(fsync(opened_before) == 0 && close(opened_before) == 0);
}

static void replace_state(void)
{
    const char *state = in(inside, "state"), *new = in(inside, "new"), *old = in(inside, "old");
    int fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    WANT(fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0);
    WANT(fcntl(fd, F_SETLK, &(struct flock){.l_type = F_WRLCK}) == 0);
    WANT(fchmod(fd, 0600) == -1);
    WANT(write(fd, "state", 5) == 5 && fdatasync(fd) == 0 && fsync(fd) == 0);
    WANT(lseek(fd, 0, SEEK_SET) == 0 && ftruncate(fd, 4) == 0 && close(fd) == 0);
    WANT(rename(new, state) == 0);
    WANT(link(state, in(inside, "state.prev")) == 0);
    WANT(rename(old, state) == 0);
    WANT(unlink(in(inside, "state.prev")) == 0);
    fd = open(state, O_RDWR | O_TRUNC);
    WANT(fd >= 0 && close(fd) == 0);
    fd = open(inside, O_RDONLY | O_DIRECTORY);
    WANT(fd >= 0 && fsync(fd) == 0 && close(fd) == 0);
}

static void nowhere_else(void)
{
    no_change();
    no_program();
    no_network();
    const char *old = in(outside, "old"), *mine = in(inside, "old");
    WANT(open(old, O_WRONLY) == -1 && errno == EACCES);
    WANT(rename(mine, in(outside, "new")) == -1 && rename(old, mine) == -1);
    WANT(link(old, in(inside, "new")) == -1);
    WANT(open("/dev/null", O_WRONLY) == -1 && open("/proc/self/mem", O_RDWR) == -1);
}

static const struct {
    unsigned need;
    bool writes;
    void (*act)(void);
} confined[] = {
    {SANDBOX_CALLS, false, no_program},
    {SANDBOX_CALLS, false, no_network},
    {SANDBOX_CALLS, false, no_new_code},
    {SANDBOX_CALLS, false, no_power_over_others},
    {SANDBOX_CALLS, false, no_system},
    {SANDBOX_CALLS, true, no_system},
    {NO_CHANGE, false, no_change},
    {SANDBOX_CALLS, false, threads},
    {SANDBOX_CALLS, true, threads},
    {SANDBOX_CALLS, false, signals_and_time},
    {SANDBOX_CALLS, false, reading},
    {SANDBOX_CALLS, true, reading},
    {SANDBOX_CALLS, true, replace_state},
    {SANDBOX_FILES | SANDBOX_CALLS, true, replace_state},
    {SANDBOX_FILES | SANDBOX_CALLS, true, nowhere_else},
};

START_TEST(test_confined)
{
    assert_confined(confined[_i].need, confined[_i].writes, confined[_i].act);
}
END_TEST

START_TEST(test_what_is_open_stays_usable)
{
    opened_before = open(in(outside, "old"), O_WRONLY);
    ck_assert_int_ge(opened_before, 0);
    assert_confined(SANDBOX_CALLS, false, writing_what_is_open);
    ck_assert_int_eq(close(opened_before), 0);
}
END_TEST

static void give_up_by_abort(void)
{
    abort();
}

START_TEST(test_abort_ends)
{
    int status = confine(SANDBOX_CALLS, false, give_up_by_abort);
    ck_assert(is_not_granted(status) || (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT));
}
END_TEST

#ifdef __x86_64__
/* getpid the way of a 32-bit program, whose numbers mean something else. */
static void call_as_i386(void)
{
    int result = 20;
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
    (void)result;
}

START_TEST(test_other_architecture_is_killed)
{
    int status = confine(SANDBOX_CALLS, false, call_as_i386);
    /* A kernel without such programs has another signal for it. */
    ck_assert(is_not_granted(status) ||
              (WIFSIGNALED(status) && (WTERMSIG(status) == SIGSYS || WTERMSIG(status) == SIGSEGV)));
}
END_TEST
#endif

/* Builds in which sandbox.c asks for nothing. */
#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define IS_SANITIZED 1
#endif

/* Asked in another way than sandbox.c asks; emulators and valgrind have neither. */
static unsigned kernel_has(void)
{
    unsigned has = 0;
#ifndef IS_SANITIZED
#if defined __x86_64__ || defined __aarch64__
    uint32_t action = SECCOMP_RET_ERRNO;
    if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
        has |= SANDBOX_CALLS;
#endif
#ifdef SYS_landlock_create_ruleset
    if (syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1U) >= 1)
        has |= SANDBOX_FILES;
#endif
#endif
    return has;
}

static void nothing(void)
{
}

/* Otherwise all of the above could be left out, and nobody would know. */
START_TEST(test_what_the_kernel_has_is_used)
{
    if (!is_under_valgrind())
        ck_assert_int_eq(confine(kernel_has(), false, nothing), 0);
}
END_TEST

/* A directory that cannot be let write must not take the others with it: the run goes on with the
 * list of calls alone. */
static const char *const missing[] = {"/nowhere/at/all"};

START_TEST(test_missing_directory)
{
    struct sandbox_options o = {.writable = missing, .n_writable = 1};
    int status;
    if (is_under_valgrind())
        return;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        unsigned held = sandbox_enter(&o);
        int fd = open(in(inside, "new"), O_WRONLY | O_CREAT, 0600);
        _exit((held & SANDBOX_FILES) || fd < 0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sandbox");
    TCase *t = tcase_create("sandbox");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, test_confined, 0, (int)(sizeof confined / sizeof *confined));
    tcase_add_test(t, test_what_is_open_stays_usable);
    tcase_add_test(t, test_abort_ends);
#ifdef __x86_64__
    tcase_add_test(t, test_other_architecture_is_killed);
#endif
    tcase_add_test(t, test_what_the_kernel_has_is_used);
    tcase_add_test(t, test_missing_directory);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
