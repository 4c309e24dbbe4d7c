#include "ctlock/seed.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

struct hash_key seed_make(void)
{
    struct hash_key key;
    int fd;
    ssize_t n = -1;
    do
        fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd >= 0)
        do
            n = read(fd, &key, sizeof key);
        while (n < 0 && errno == EINTR);
    if (fd >= 0)
        (void)close(fd);
    if (n == (ssize_t)sizeof key)
        return key;
    struct timespec ts = {0};
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (struct hash_key){(uint64_t)ts.tv_nsec ^ (uint64_t)(uintptr_t)&key,
                             (uint64_t)ts.tv_sec ^ (uint64_t)getpid() << 32};
}
