#include "gateway/shell/watch.h"

/* A descriptor leaves epoll by itself when it is closed, so a new one with an old
 * number has to be added again: that is what the serial is for. */
enum status watch_update(struct watch *watch, struct poller *poller, const struct tcp *tcp,
                         uint64_t tag)
{
    int fd = tcp_fd(tcp);
    if (fd < 0) {
        watch->on = false;
        return STATUS_OK;
    }
    bool read = tcp_wants_read(tcp);
    bool write = tcp_wants_write(tcp);
    bool same = watch->on && watch->serial == tcp->serial;
    if (same && watch->read == read && watch->write == write) {
        return STATUS_OK;
    }
    TRY(same ? poller_change(poller, fd, tag, read, write)
             : poller_add(poller, fd, tag, read, write));
    *watch = (struct watch){.on = true, .read = read, .write = write, .serial = tcp->serial};
    return STATUS_OK;
}

void watch_end(struct watch *watch, struct poller *poller, const struct tcp *tcp)
{
    if (watch->on && watch->serial == tcp->serial && tcp_fd(tcp) >= 0) {
        poller_remove(poller, tcp_fd(tcp));
    }
    watch->on = false;
}
