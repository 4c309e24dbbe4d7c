/* syscall and O_PATH are the C library's own, not POSIX. */
#define _GNU_SOURCE

#include "ctlock/sandbox.h"

#include "ctlock/callfilter.h"

#include <stdbool.h>

/* The sanitizers' own threads, tracers and logs need what is given up here. */
#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define IS_SANITIZED 1
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

#ifdef __has_include
#if __has_include(<linux/landlock.h>) && !IS_SANITIZED
#define HAS_LANDLOCK 1
#endif
#endif

#ifdef __linux__
#include <sys/prctl.h>
#endif

#ifdef HAS_LANDLOCK
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers of some systems. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (UINT64_C(1) << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (UINT64_C(1) << 14)
#endif

/* What a file system lets do besides reading, and since which version of Landlock it is guarded. */
#define CHANGES_1                                                                                  \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |  \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |   \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)
#define CHANGES_2 (CHANGES_1 | LANDLOCK_ACCESS_FS_REFER)
#define CHANGES_3 (CHANGES_2 | LANDLOCK_ACCESS_FS_TRUNCATE)

/* What replacing a file within its directory takes. */
#define REPLACING                                                                                  \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                              \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_TRUNCATE)

static bool let_write(int rules, const char *directory, uint64_t guarded)
{
    struct landlock_path_beneath_attr beneath = {
        .allowed_access = REPLACING & guarded,
        .parent_fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (beneath.parent_fd < 0)
        return false;
    bool ok = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0U) == 0;
    (void)close(beneath.parent_fd);
    return ok;
}

static bool let_write_all(int rules, const struct sandbox_options *o, uint64_t guarded)
{
    for (size_t i = 0; i < o->n_writable; i++)
        if (!let_write(rules, o->writable[i], guarded))
            return false;
#ifdef CTLOCK_COVERAGE_DIR
    /* Counters are written when the program ends. */
    return let_write(rules, CTLOCK_COVERAGE_DIR, guarded);
#else
    return true;
#endif
}

/* All rules or none: without one, what was asked for could not be written. */
static bool hold_files(const struct sandbox_options *o)
{
    long version =
        syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return false;
    struct landlock_ruleset_attr attr = {.handled_access_fs = version >= 3   ? CHANGES_3
                                                              : version == 2 ? CHANGES_2
                                                                             : CHANGES_1};
    /* The size of what every version has. */
    size_t size = sizeof attr.handled_access_fs;
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0U);
    if (rules < 0)
        return false;
    bool ok = let_write_all(rules, o, attr.handled_access_fs) &&
              syscall(SYS_landlock_restrict_self, rules, 0U) == 0;
    (void)close(rules);
    return ok;
}
#else
#define hold_files(options) ((void)(options), 0)
#endif

unsigned sandbox_enter(const struct sandbox_options *options)
{
    unsigned held = 0;
#ifdef __linux__
    /* Both want that no program started from here could gain rights. */
    if (IS_SANITIZED || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return 0;
    bool writes = options->n_writable > 0;
#ifdef CTLOCK_COVERAGE_DIR
    writes = true;
#endif
    /* In this order, for the filter does not let the other be set up. */
    if (hold_files(options))
        held |= SANDBOX_FILES;
    if (callfilter_enter(writes))
        held |= SANDBOX_CALLS;
#else
    (void)options;
#endif
    return held;
}
