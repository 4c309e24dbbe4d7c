/* sandbox: gives up what the rest of a run does not need, so that a bug in a parser does not become
 * a shell. On Linux, where the kernel has it; nothing elsewhere. */
#ifndef CTLOCK_SANDBOX_H
#define CTLOCK_SANDBOX_H

#include <stddef.h>

struct sandbox_options {
    /* Directories beneath which files may still be made, written, renamed within their directory
     * and removed; they must exist. None: no file may be changed. */
    const char *const *writable;
    size_t n_writable;
};

/* What sandbox_enter says holds from then on. */
enum {
    SANDBOX_CALLS = 1, /* system calls are held to a list (seccomp; see callfilter.h) */
    SANDBOX_FILES = 2  /* the file system is held to reading (Landlock), options->writable aside */
};

/* Give it up, for good: for the calling thread and all that it makes later, so before the first of
 * them. What is open stays usable. Files may be read everywhere: a link in a directory that was
 * asked for can lead anywhere. Returns what the system granted, as a sum of the above; 0 where it
 * grants nothing, which is no error. Builds with sanitizers, which need more than the program, ask
 * for nothing. */
unsigned sandbox_enter(const struct sandbox_options *options);

#endif
