/* Loaded before the C library (LD_PRELOAD) this counts calls of it and has chosen ones go wrong.
 *
 * INJECT="CALLS FROM STEP ACTION REPORT", where
 *   CALLS   names of calls between commas, or `files` or `memory` for all of a kind
 *   FROM    the number of the first one that goes wrong, from 1; 0 for none
 *   STEP    0: that one only; 1: all from there on; 2: every second one; and so on
 *   ACTION  kill (SIGKILL before the call), short (one byte is read or written), or an errno
 *   REPORT  a file to which a line is appended for each call that goes wrong (all calls where FROM
 *           is 0): its number, its name and the file it is about; for memory, the code that asks
 *
 * A file that is opened as standard input, output or error ends the program with status 97.
 * message is a write to standard error. stat stands for fstat and lstat, too; malloc for calloc and
 * realloc. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum call {
    CALL_READ,
    CALL_PREAD,
    CALL_WRITE,
    CALL_MESSAGE,
    CALL_OPEN,
    CALL_CLOSE,
    CALL_FSYNC,
    CALL_FCNTL,
    CALL_STAT,
    CALL_RENAME,
    CALL_LINK,
    CALL_UNLINK,
    CALL_FTRUNCATE,
    CALL_LSEEK,
    CALL_REALPATH,
    CALL_OPENDIR,
    CALL_READDIR,
    CALL_MALLOC,
    N_CALLS
};

static const char *const names[N_CALLS] = {
    "read",   "pread", "write",  "message",   "open",  "close",    "fsync",   "fcntl",   "stat",
    "rename", "link",  "unlink", "ftruncate", "lseek", "realpath", "opendir", "readdir", "malloc"};

static const struct {
    const char *name;
    int error;
} errors[] = {{"EIO", EIO},     {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT},
              {"EINTR", EINTR}, {"ENOMEM", ENOMEM}, {"EACCES", EACCES}};

enum { NOTHING = 0, KILL = -1, SHORT = -2 }; /* or an errno */

static bool watched[N_CALLS];
static unsigned long from, step;
static int action;
static int report_fd = -1;
static atomic_ulong count;

/* What the library needs to find itself its functions; never given back. */
static _Alignas(16) char early[4096];
static size_t early_n;
static bool finding;

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_aligned_alloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);

static void find(void *function, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

static bool read_calls(char *list)
{
    char *rest = NULL;
    for (char *w = strtok_r(list, ",", &rest); w; w = strtok_r(NULL, ",", &rest)) {
        bool known = false;
        for (int c = 0; c < N_CALLS; c++)
            if (strcmp(w, names[c]) == 0 || (strcmp(w, "files") == 0 && c != CALL_MALLOC) ||
                (strcmp(w, "memory") == 0 && c == CALL_MALLOC))
                watched[c] = known = true;
        if (!known)
            return false;
    }
    return true;
}

static bool read_action(const char *text)
{
    action = strcmp(text, "kill") == 0 ? KILL : strcmp(text, "short") == 0 ? SHORT : NOTHING;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (strcmp(text, errors[i].name) == 0)
            action = errors[i].error;
    return action != NOTHING || strcmp(text, "nothing") == 0;
}

__attribute__((constructor)) static void start(void)
{
    static char text[8192];
    const char *wanted = getenv("INJECT");
    if (!wanted || strlen(wanted) >= sizeof text)
        return;
    memcpy(text, wanted, strlen(wanted));
    char *rest = NULL, *word[5];
    for (int i = 0; i < 5; i++)
        if (!(word[i] = strtok_r(i ? NULL : text, " ", &rest)))
            _exit(98);
    from = strtoul(word[1], NULL, 10);
    step = strtoul(word[2], NULL, 10);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, word[4], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                          0600);
    /* Out of the way of the program's descriptors. */
    report_fd = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 500);
    (void)syscall(SYS_close, fd);
    if (report_fd < 0 || !read_action(word[3]) || !read_calls(word[0]))
        _exit(98);
}

static int (*real_main)(int, char **, char **);

static int main_alone(int argc, char **argv, char **environment)
{
    int status = real_main(argc, argv, environment);
    memset(watched, 0, sizeof watched);
    return status;
}

typedef int start_main(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void),
                       void (*)(void), void *);

/* What comes behind main is not the program's: a build for coverage writes its counters there. */
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end);
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    start_main *real;
    find(&real, "__libc_start_main");
    real_main = main;
    return real(main_alone, argc, argv, init, fini, rtld_fini, stack_end);
}

static void report(unsigned long n, enum call call, int fd, const char *path)
{
    char line[4608], target[4096] = "", link[64];
    if (fd >= 0) {
        (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        (void)!syscall(SYS_readlinkat, AT_FDCWD, link, target, sizeof target - 1);
        path = target;
    }
    int length = snprintf(line, sizeof line, "%lu %s %s\n", n, names[call], path ? path : "");
    (void)!syscall(SYS_write, report_fd, line, (size_t)length);
}

/* Count a call; what is to become of it. fd is -1 where path tells what it is about. */
static int meet(enum call call, int fd, const char *path)
{
    if (!watched[call])
        return NOTHING;
    unsigned long n = atomic_fetch_add(&count, 1) + 1;
    bool hit = from > 0 && (n == from || (step && n > from && (n - from) % step == 0));
    int saved = errno;
    if (hit || from == 0)
        report(n, call, fd, path);
    errno = saved;
    if (!hit)
        return NOTHING;
    if (action == KILL)
        (void)syscall(SYS_kill, getpid(), SIGKILL);
    if (action > 0)
        errno = action;
    return action;
}

static size_t shortened(int what, size_t n)
{
    return what == SHORT && n > 1 ? 1 : n;
}

ssize_t read(int fd, void *to, size_t n)
{
    int what = meet(CALL_READ, fd, NULL);
    return what > 0 ? -1 : syscall(SYS_read, fd, to, shortened(what, n));
}

ssize_t pread(int fd, void *to, size_t n, off_t at)
{
    int what = meet(CALL_PREAD, fd, NULL);
    return what > 0 ? -1 : syscall(SYS_pread64, fd, to, shortened(what, n), at);
}

ssize_t write(int fd, const void *from_p, size_t n)
{
    int what = meet(fd == STDERR_FILENO ? CALL_MESSAGE : CALL_WRITE, fd, NULL);
    return what > 0 ? -1 : syscall(SYS_write, fd, from_p, shortened(what, n));
}

int open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    if (meet(CALL_OPEN, -1, path) > 0)
        return -1;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0 && fd <= STDERR_FILENO)
        _exit(97);
    return fd;
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
    return open(path, flags);
}

/* The descriptor is gone whatever close says. */
int close(int fd)
{
    int what = meet(CALL_CLOSE, fd, NULL);
    int got = (int)syscall(SYS_close, fd);
    if (what <= 0)
        return got;
    errno = what;
    return -1;
}

int fsync(int fd)
{
    return meet(CALL_FSYNC, fd, NULL) > 0 ? -1 : (int)syscall(SYS_fsync, fd);
}

int fcntl(int fd, int what, ...)
{
    va_list ap;
    va_start(ap, what);
    void *argument = va_arg(ap, void *);
    va_end(ap);
    return meet(CALL_FCNTL, fd, NULL) > 0 ? -1 : (int)syscall(SYS_fcntl, fd, what, argument);
}

static int look(int fd, const char *path, struct stat *st, int flags)
{
    bool is_open = *path == '\0';
    return meet(CALL_STAT, is_open ? fd : -1, path) > 0
               ? -1
               : (int)syscall(SYS_newfstatat, fd, path, st, flags | (is_open ? AT_EMPTY_PATH : 0));
}

int stat(const char *path, struct stat *st)
{
    return look(AT_FDCWD, path, st, 0);
}

int lstat(const char *path, struct stat *st)
{
    return look(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

int fstatat(int fd, const char *path, struct stat *st, int flags)
{
    return look(fd, path, st, flags);
}

int fstat(int fd, struct stat *st)
{
    return look(fd, "", st, 0);
}

int rename(const char *old, const char *new)
{
    return meet(CALL_RENAME, -1, new) > 0
               ? -1
               : (int)syscall(SYS_renameat, AT_FDCWD, old, AT_FDCWD, new);
}

int link(const char *old, const char *new)
{
    return meet(CALL_LINK, -1, new) > 0 ? -1
                                        : (int)syscall(SYS_linkat, AT_FDCWD, old, AT_FDCWD, new, 0);
}

int unlink(const char *path)
{
    return meet(CALL_UNLINK, -1, path) > 0 ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int ftruncate(int fd, off_t n)
{
    return meet(CALL_FTRUNCATE, fd, NULL) > 0 ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}

off_t lseek(int fd, off_t at, int whence)
{
    return meet(CALL_LSEEK, fd, NULL) > 0 ? -1 : (off_t)syscall(SYS_lseek, fd, at, whence);
}

char *realpath(const char *path, char *out)
{
    static char *(*real)(const char *, char *);
    if (!real)
        find(&real, "realpath");
    return meet(CALL_REALPATH, -1, path) > 0 ? NULL : real(path, out);
}

DIR *opendir(const char *path)
{
    static DIR *(*real)(const char *);
    if (!real)
        find(&real, "opendir");
    return meet(CALL_OPENDIR, -1, path) > 0 ? NULL : real(path);
}

struct dirent *readdir(DIR *d)
{
    static struct dirent *(*real)(DIR *);
    if (!real)
        find(&real, "readdir");
    return meet(CALL_READDIR, dirfd(d), NULL) > 0 ? NULL : real(d);
}

static void find_memory(void)
{
    finding = true;
    find(&real_malloc, "malloc");
    find(&real_calloc, "calloc");
    find(&real_aligned_alloc, "aligned_alloc");
    find(&real_realloc, "realloc");
    finding = false;
}

static void *take_early(size_t n)
{
    n = (n + 15) / 16 * 16;
    if (n > sizeof early - early_n)
        return NULL;
    early_n += n;
    return early + early_n - n;
}

/* Who asks, as `OBJECT+0xOFFSET`. Only for those that are reported, for it takes long. */
static const char *name_of_code(void *code, char *name, size_t cap)
{
    Dl_info at;
    unsigned long n = atomic_load(&count) + 1;
    bool hit = from > 0 && (n == from || (step && n > from && (n - from) % step == 0));
    if (!watched[CALL_MALLOC] || (!hit && from) || !dladdr(code, &at))
        return NULL;
    (void)snprintf(name, cap, "%s+0x%tx", at.dli_fname, (char *)code - (char *)at.dli_fbase);
    return name;
}

static bool is_refused(void *code)
{
    char name[1024];
    if (meet(CALL_MALLOC, -1, name_of_code(code, name, sizeof name)) <= 0)
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t n)
{
    if (finding)
        return take_early(n);
    if (!real_malloc)
        find_memory();
    return is_refused(__builtin_return_address(0)) ? NULL : real_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    if (finding)
        return take_early(n * size);
    if (!real_malloc)
        find_memory();
    return is_refused(__builtin_return_address(0)) ? NULL : real_calloc(n, size);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    if (!real_malloc)
        find_memory();
    return is_refused(__builtin_return_address(0)) ? NULL : real_aligned_alloc(alignment, n);
}

void *realloc(void *p, size_t n)
{
    if (!real_malloc)
        find_memory();
    return is_refused(__builtin_return_address(0)) ? NULL : real_realloc(p, n);
}
