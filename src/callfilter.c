/* The numbers and structures of seccomp are Linux's own, not POSIX. */
#define _GNU_SOURCE

#include "ctlock/callfilter.h"

#if defined __linux__ && (defined __x86_64__ || defined __aarch64__) &&                            \
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && !defined __ILP32__

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __x86_64__
#define THIS_ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define THIS_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* Older headers lack it; so do older kernels, see install. */
#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif

/* Calls that are harmless whatever their arguments, the frequent first. A number that an
 * architecture lacks is left out; x32's, which have a bit of their own, are not among them. */
static const uint32_t always[] = {
    /* reading and writing what is open */
    SYS_read,
    SYS_write,
    SYS_close,
    SYS_lseek,
    SYS_fstat,
    SYS_newfstatat,
    SYS_readv,
    SYS_writev,
    SYS_pread64,
    SYS_pwrite64,
    SYS_fadvise64,
    SYS_ftruncate,
    SYS_fsync,
    SYS_fdatasync,
    SYS_flock,
    SYS_dup,
    SYS_dup3,
    SYS_pipe2,
    SYS_ppoll,
    /* looking at names */
    SYS_getdents64,
    SYS_faccessat,
    SYS_readlinkat,
    SYS_getcwd,
#ifdef SYS_statx
    SYS_statx,
#endif
#ifdef SYS_faccessat2
    SYS_faccessat2,
#endif
    /* memory */
    SYS_futex,
    SYS_madvise,
    SYS_munmap,
    SYS_mremap,
    SYS_brk,
    /* threads, and asking about oneself */
    SYS_exit,
    SYS_exit_group,
    SYS_set_robust_list,
#ifdef SYS_rseq
    SYS_rseq,
#endif
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_getcpu,
    SYS_getpid,
    SYS_gettid,
    SYS_getrandom,
    SYS_sysinfo,
    /* signals, but not to others */
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigpending,
    SYS_rt_sigsuspend,
    SYS_rt_sigtimedwait,
    SYS_sigaltstack,
    SYS_restart_syscall,
    /* time */
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
#ifdef __x86_64__
    /* the older forms of the above, which aarch64 never had */
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
    SYS_dup2,
    SYS_pipe,
    SYS_poll,
    SYS_pause,
    SYS_time,
#endif
};

/* Calls that change files by name, with callfilter_enter's may_change_files. */
static const uint32_t changes[] = {
    SYS_openat, SYS_renameat2, SYS_renameat, SYS_linkat, SYS_unlinkat,
#ifdef __x86_64__
    SYS_open,   SYS_rename,    SYS_link,     SYS_unlink,
#endif
};

/* The call is allowed if argument number arg, of which the kernel sees 32 bits or we look at bits
 * that are among the lower 32, is value where mask has a bit. */
struct condition {
    uint32_t call;
    uint32_t arg, mask, value;
    bool own_pid; /* value is this process */
};

#define WHOLE UINT32_MAX

/* What makes a thread of this process, and what else a C library may ask for with it. Another
 * process, and another name space, is neither. */
#define THREAD_NEEDS (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
#define THREAD_MAY                                                                                 \
    (THREAD_NEEDS | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |  \
     CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED)

#define OPEN_CHANGES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

static const struct condition conditions[] = {
    {.call = SYS_openat, .arg = 2, .mask = OPEN_CHANGES},
#ifdef SYS_open
    {.call = SYS_open, .arg = 1, .mask = OPEN_CHANGES},
#endif
    /* Code comes from the program's file alone. */
    {.call = SYS_mmap, .arg = 2, .mask = PROT_EXEC},
    {.call = SYS_mprotect, .arg = 2, .mask = PROT_EXEC},
    /* clone3 is not on the list: its flags cannot be seen from here. C libraries fall back. */
    {.call = SYS_clone,
     .arg = 0,
     .mask = ~(uint32_t)THREAD_MAY | THREAD_NEEDS,
     .value = THREAD_NEEDS},
    /* raise and abort */
    {.call = SYS_tgkill, .arg = 0, .mask = WHOLE, .own_pid = true},
    {.call = SYS_tkill, .arg = 0, .mask = WHOLE, .own_pid = true},
    {.call = SYS_kill, .arg = 0, .mask = WHOLE, .own_pid = true},
    /* isatty and the like. A terminal takes other requests for input of its shell. */
    {.call = SYS_ioctl, .arg = 1, .mask = WHOLE, .value = TCGETS},
    {.call = SYS_ioctl, .arg = 1, .mask = WHOLE, .value = TIOCGWINSZ},
    {.call = SYS_ioctl, .arg = 1, .mask = WHOLE, .value = FIONREAD},
    /* Not those that make the kernel send signals to others. */
    {.call = SYS_fcntl, .arg = 1, .mask = WHOLE, .value = F_GETFD},
    {.call = SYS_fcntl, .arg = 1, .mask = WHOLE, .value = F_SETFD},
    {.call = SYS_fcntl, .arg = 1, .mask = WHOLE, .value = F_GETFL},
    {.call = SYS_fcntl, .arg = 1, .mask = WHOLE, .value = F_SETFL},
    {.call = SYS_fcntl, .arg = 1, .mask = WHOLE, .value = F_DUPFD},
    {.call = SYS_fcntl, .arg = 1, .mask = WHOLE, .value = F_DUPFD_CLOEXEC},
    {.call = SYS_fcntl, .arg = 1, .mask = WHOLE, .value = F_GETLK},
    {.call = SYS_fcntl, .arg = 1, .mask = WHOLE, .value = F_SETLK},
    {.call = SYS_fcntl, .arg = 1, .mask = WHOLE, .value = F_SETLKW},
    {.call = SYS_fcntl, .arg = 1, .mask = WHOLE, .value = F_SETPIPE_SZ},
};

#define N_OF(array) (sizeof(array) / sizeof *(array))

/* How many instructions the parts below take at most. */
enum {
    N_HEAD = 4,
    N_ALLOW = 2,
    N_CONDITION = 6,
    N_REFUSE = 2,
    N_TAIL = 2,
    N_ALL = N_HEAD + N_ALLOW * (N_OF(always) + N_OF(changes)) +
            (N_CONDITION + N_REFUSE) * N_OF(conditions) + N_TAIL
};

struct program {
    struct sock_filter code[N_ALL];
    unsigned short n;
};

static void put(struct program *p, unsigned op, uint32_t k, unsigned char yes, unsigned char no)
{
    p->code[p->n++] = (struct sock_filter){.code = (unsigned short)op, .jt = yes, .jf = no, .k = k};
}

static void load(struct program *p, size_t offset)
{
    put(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* Return verdict if what was loaded is value. */
static void decide(struct program *p, uint32_t value, uint32_t verdict)
{
    put(p, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    put(p, BPF_RET | BPF_K, verdict, 0, 0);
}

static void allow(struct program *p, const uint32_t *call, size_t n)
{
    for (size_t i = 0; i < n; i++)
        decide(p, call[i], SECCOMP_RET_ALLOW);
}

static void allow_if(struct program *p, const struct condition *c, uint32_t own_pid)
{
    load(p, offsetof(struct seccomp_data, nr));
    put(p, BPF_JMP | BPF_JEQ | BPF_K, c->call, 0, 4);
    load(p, offsetof(struct seccomp_data, args) + c->arg * sizeof(uint64_t));
    put(p, BPF_ALU | BPF_AND | BPF_K, c->mask, 0, 0);
    decide(p, c->own_pid ? own_pid : c->value, SECCOMP_RET_ALLOW);
}

static void compile(struct program *p, bool may_change_files)
{
    p->n = 0;
    load(p, offsetof(struct seccomp_data, arch));
    put(p, BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCHITECTURE, 1, 0);
    put(p, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
    load(p, offsetof(struct seccomp_data, nr));
    allow(p, always, N_OF(always));
    if (may_change_files)
        allow(p, changes, N_OF(changes));
    for (size_t i = 0; i < N_OF(conditions); i++)
        allow_if(p, &conditions[i], (uint32_t)getpid());
    load(p, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < N_OF(conditions); i++)
        decide(p, conditions[i].call, SECCOMP_RET_ERRNO | EPERM);
    put(p, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS, 0, 0);
}

bool callfilter_enter(bool may_change_files)
{
    struct program p;
    compile(&p, may_change_files);
    struct sock_fprog f = {.len = p.n, .filter = p.code};
    /* Kernels before 5.16 make a filtered process slow, lest it speculate; it has nothing to hide
     * from itself. Kernels before 4.17 do not know the flag. */
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &f) == 0 ||
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &f) == 0;
}

#else

bool callfilter_enter(bool may_change_files)
{
    (void)may_change_files;
    return false;
}

#endif
