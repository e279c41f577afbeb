/* A service's line to the control socket, or to order entry: requests go out without waiting,
 * answers come back in their order (design §6: what a service has to say it posts).
 *
 * One thread. A gateway that is away, or restarts, costs time only: what had no answer is told
 * as lost, and the next request goes over a new connection. */
#ifndef GATEWAY_SERVICES_CONTROL_LINK_H
#define GATEWAY_SERVICES_CONTROL_LINK_H

#include "gateway/shell/json_flat.h"
#include "gateway/shell/json_text.h"
#include "gateway/shell/zeromq.h"

enum {
    CONTROL_LINK_WAITING_MAX = 32, /* Requests without an answer; one more is BUSY. */
    CONTROL_LINK_ANSWER_MS = 3000, /* After so long with something waiting, all of it is lost. */
    CONTROL_LINK_REQUEST_BYTES_MAX = 2048,
};

/* What a request was for: the service's own words. */
struct control_wish {
    uint32_t kind;
    uint32_t number;
};

struct control_link {
    struct zeromq *zeromq; /* Borrowed. */
    const char *endpoint;  /* Borrowed. */
    struct zeromq_socket socket;
    struct zeromq_frames frames;
    uint64_t asked_ns; /* Since when something has waited, whatever was answered meanwhile. */
    uint64_t heard_ns; /* The last answer; monotonic, 0 = none yet. */
    uint32_t first;
    uint32_t count;
    uint32_t lost; /* So many of the first will have no answer. */
    struct control_wish waiting[CONTROL_LINK_WAITING_MAX];
};

/* `link` is zeroed. IO with one line in `error`. The gateway need not be there yet. */
MUST_USE enum status control_link_open(struct control_link *link, struct zeromq *zeromq,
                                       const char *endpoint, char error[ZEROMQ_ERROR_BYTES_MAX]);
void control_link_close(struct control_link *link);

/* Sends. OK; BUSY: nobody is there, or too much waits; IO. */
MUST_USE enum status control_link_send(struct control_link *link, struct control_wish wish,
                                       struct span request);

enum control_link_result {
    CONTROL_LINK_ANSWER, /* Its frames are in link->frames, until the next call. */
    CONTROL_LINK_LOST,   /* There will be no answer; whether it was done is not known. */
    CONTROL_LINK_NONE,   /* Nothing has come. */
    CONTROL_LINK_FAILED, /* The socket cannot be used: close. */
};

/* The next answer, or loss, and what it was for. Does not wait. */
MUST_USE enum control_link_result control_link_next(struct control_link *link,
                                                    struct control_wish *wish);

#endif
