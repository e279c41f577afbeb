#include "gateway/shell/poller.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

enum status poller_open(struct poller *poller)
{
    poller->fd = epoll_create1(EPOLL_CLOEXEC);
    return poller->fd >= 0 ? STATUS_OK : STATUS_IO;
}

void poller_close(struct poller *poller)
{
    if (poller->fd >= 0) {
        (void)close(poller->fd);
        poller->fd = -1;
    }
}

static enum status control(struct poller *poller, int operation, int fd, uint64_t tag, bool read,
                           bool write)
{
    struct epoll_event event = {.data.u64 = tag};
    event.events =
        (read ? (uint32_t)(EPOLLIN | EPOLLRDHUP) : 0u) | (write ? (uint32_t)EPOLLOUT : 0u);
    return epoll_ctl(poller->fd, operation, fd, &event) == 0 ? STATUS_OK : STATUS_IO;
}

enum status poller_add(struct poller *poller, int fd, uint64_t tag, bool read, bool write)
{
    return control(poller, EPOLL_CTL_ADD, fd, tag, read, write);
}

enum status poller_change(struct poller *poller, int fd, uint64_t tag, bool read, bool write)
{
    return control(poller, EPOLL_CTL_MOD, fd, tag, read, write);
}

void poller_remove(struct poller *poller, int fd)
{
    (void)epoll_ctl(poller->fd, EPOLL_CTL_DEL, fd, NULL);
}

uint32_t poller_wait(struct poller *poller, int timeout_ms,
                     struct poller_event events[POLLER_EVENTS_MAX])
{
    struct epoll_event native[POLLER_EVENTS_MAX];
    int count = epoll_wait(poller->fd, native, POLLER_EVENTS_MAX, timeout_ms);
    if (count < 0) {
        ASSERT(errno == EINTR);
        return 0;
    }
    for (int i = 0; i < count; i++) {
        events[i] = (struct poller_event){
            .tag = native[i].data.u64,
            .readable = (native[i].events & EPOLLIN) != 0,
            .writable = (native[i].events & EPOLLOUT) != 0,
            .broken = (native[i].events & (EPOLLERR | EPOLLHUP)) != 0,
            .hung_up = (native[i].events & (EPOLLRDHUP | EPOLLHUP)) != 0,
        };
    }
    return (uint32_t)count;
}
