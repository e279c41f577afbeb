#include "gateway/shell/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum status signals_open(int *fd)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
        signal(SIGXFSZ, SIG_IGN) == SIG_ERR) {
        return STATUS_IO;
    }
    *fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return *fd >= 0 ? STATUS_OK : STATUS_IO;
}

void signals_close(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

uint32_t signals_take(int fd)
{
    struct signalfd_siginfo seen[4];
    ssize_t got = read(fd, seen, sizeof(seen));
    return got > 0 ? (uint32_t)((size_t)got / sizeof(seen[0])) : 0;
}
