/* file: system calls on files that a signal may interrupt. */
#ifndef CTLOCK_FILE_H
#define CTLOCK_FILE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* open(2), until no signal interrupts it; mode counts with O_CREAT. Close-on-exec; never the
 * controlling terminal. -1 and errno on failure. Any thread. */
int file_open(const char *path, int flags, mode_t mode);

/* What a name leads to, links followed. */
struct file_status {
    struct stat st;
    bool is_link; /* the name is a symbolic link */
};

/* Look at a name in the directory dir (or AT_FDCWD). 0 or an errno. Any thread. */
int file_look(int dir, const char *name, struct file_status *status);

/* Let a pipe hold more, so that its writer waits less and each read gives more. Advice: fd may be
 * anything, and the system may refuse. Linux alone knows it. Any thread. */
void file_widen_pipe(int fd);

/* Close fd; flush it to the disk first with file_sync. 0 or an errno. Any thread. */
int file_close(int fd);
int file_sync(int fd);

#endif
