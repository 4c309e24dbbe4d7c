/* sched_getaffinity is the C library's own, not POSIX. */
#define _GNU_SOURCE

#include "ctlock/cores.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static unsigned by_affinity(void)
{
#ifdef CPU_COUNT
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (unsigned)CPU_COUNT(&set);
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

static bool read_number(const char *path, long long *out)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    bool ok = fscanf(f, "%lld", out) == 1; /* NOLINT(cert-err34-c): the kernel wrote it */
    (void)fclose(f);
    return ok;
}

/* Whole processors in the quota of the cgroup that the process sees as its own; 0: no limit. */
static unsigned by_cgroup(void)
{
    long long quota = 0, period = 0;
    FILE *f = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (f) {
        if (fscanf(f, "%lld %lld", &quota, &period) != 2) /* NOLINT(cert-err34-c) */
            quota = 0;                                    /* `max` */
        (void)fclose(f);
    } else if (!read_number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", &quota) ||
               !read_number("/sys/fs/cgroup/cpu/cpu.cfs_period_us", &period)) {
        quota = 0;
    }
    if (quota <= 0 || period <= 0)
        return 0;
    return quota < period ? 1 : (unsigned)(quota / period);
}

unsigned cores_available(void)
{
    unsigned cores = by_affinity(), quota = by_cgroup();
    return quota > 0 && quota < cores ? quota : cores;
}
