#include "ctlock/seed.h"

#include "ctlock/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

static bool read_all(int fd, void *to, size_t n)
{
    char *at = to;
    while (n) {
        ssize_t m = read(fd, at, n);
        if (m == 0 || (m < 0 && errno != EINTR))
            return false;
        at += m > 0 ? m : 0;
        n -= m > 0 ? (size_t)m : 0;
    }
    return true;
}

struct hash_key seed_make(void)
{
    struct hash_key key;
    int fd = file_open("/dev/urandom", O_RDONLY, 0);
    bool got = fd >= 0 && read_all(fd, &key, sizeof key);
    if (fd >= 0)
        (void)close(fd);
    if (got)
        return key;
    struct timespec ts = {0};
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (struct hash_key){(uint64_t)ts.tv_nsec ^ (uint64_t)(uintptr_t)&key,
                             (uint64_t)ts.tv_sec ^ (uint64_t)getpid() << 32};
}
