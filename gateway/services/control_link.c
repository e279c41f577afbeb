#include "gateway/services/control_link.h"

#include "gateway/shell/clock.h"

#define MILLISECOND_NS UINT64_C(1000000)

static enum status open_socket(struct control_link *link, char error[ZEROMQ_ERROR_BYTES_MAX])
{
    const struct zeromq_options options = {.kind = ZEROMQ_DEALER};
    TRY(zeromq_socket_open(link->zeromq, &options, &link->socket, error));
    return zeromq_connect(&link->socket, link->endpoint, error);
}

enum status control_link_open(struct control_link *link, struct zeromq *zeromq,
                              const char *endpoint, char error[ZEROMQ_ERROR_BYTES_MAX])
{
    link->zeromq = zeromq;
    link->endpoint = endpoint;
    return open_socket(link, error);
}

void control_link_close(struct control_link *link)
{
    zeromq_frames_release(&link->frames);
    if (link->socket.handle != NULL) {
        zeromq_socket_close(&link->socket);
    }
}

enum status control_link_send(struct control_link *link, struct control_wish wish,
                              struct span request)
{
    if (link->count == CONTROL_LINK_WAITING_MAX) {
        return STATUS_BUSY;
    }
    TRY(zeromq_send(&link->socket, &request, 1));
    if (link->count == 0) {
        link->asked_ns = clock_monotonic_ns();
    }
    link->waiting[(link->first + link->count) % CONTROL_LINK_WAITING_MAX] = wish;
    link->count += 1;
    return STATUS_OK;
}

static struct control_wish take_first(struct control_link *link)
{
    struct control_wish wish = link->waiting[link->first];
    link->first = (link->first + 1) % CONTROL_LINK_WAITING_MAX;
    link->count -= 1;
    return wish;
}

/* A late answer would be taken for that of the next: the connection goes with the first that is
 * lost, and the others are lost with it. What was lost with a gateway that is back at once shows
 * in that something always waits: each answer is then taken for that of one before. */
static bool give_up(struct control_link *link)
{
    char error[ZEROMQ_ERROR_BYTES_MAX];
    zeromq_frames_release(&link->frames);
    zeromq_socket_close(&link->socket);
    link->lost = link->count;
    return open_socket(link, error) == STATUS_OK;
}

enum control_link_result control_link_next(struct control_link *link, struct control_wish *wish)
{
    uint64_t now_ns = clock_monotonic_ns();
    if (link->lost == 0) {
        enum status status = zeromq_receive(&link->socket, &link->frames);
        if (status == STATUS_OK || status == STATUS_FULL) {
            link->heard_ns = now_ns;
            if (link->count == 0) {
                return CONTROL_LINK_NONE; /* Nobody asked for it. */
            }
            *wish = take_first(link);
            return status == STATUS_OK ? CONTROL_LINK_ANSWER : CONTROL_LINK_LOST;
        }
        uint64_t patience_ns = CONTROL_LINK_ANSWER_MS * MILLISECOND_NS;
        if (status == STATUS_BUSY && (link->count == 0 || now_ns - link->asked_ns < patience_ns)) {
            return CONTROL_LINK_NONE;
        }
        if (status != STATUS_BUSY || !give_up(link)) {
            return CONTROL_LINK_FAILED;
        }
    }
    link->lost -= 1;
    link->asked_ns = now_ns;
    *wish = take_first(link);
    return CONTROL_LINK_LOST;
}
