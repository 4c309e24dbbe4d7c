/* callfilter: the list of system calls that the rest of a run needs, held by the kernel (seccomp).
 *
 * A list of what is allowed, not of what is forbidden: the kernel gets new calls every year. What
 * is not on it fails with ENOSYS, as on a kernel that does not have the call, so that a C library
 * that tries a newer one falls back to an older one on the list. A call that is allowed with some
 * arguments only fails with EPERM for others. Nothing is killed for a call, except for calls of
 * another architecture, which no library makes. */
#ifndef CTLOCK_CALLFILTER_H
#define CTLOCK_CALLFILTER_H

#include <stdbool.h>

/* Hold the calling thread, and those it makes later, to the list. With may_change_files it has what
 * replaces a file safely (open for writing, rename, link, unlink). False where the system, or this
 * build's architecture, cannot. The caller has set no_new_privs. */
bool callfilter_enter(bool may_change_files);

#endif
