// no_sync - a disk that fails: LD_PRELOAD it, and nothing can be synced.
#include <errno.h>

int fdatasync(int fd);

int fdatasync(int fd)
{
    (void)fd;
    errno = EIO;
    return -1;
}
