/* Sends requests to order entry and collects the durable answers.
 *
 * Main thread. At most `window` requests are out at a time. A request without
 * answer is sent again with the same bytes: the gateway answers a ClOrdID that it
 * knows with the order's present state, so nothing can happen twice (design §5). */
#ifndef GATEWAY_CONSOLE_SUBMIT_H
#define GATEWAY_CONSOLE_SUBMIT_H

#include "gateway/console/submit_input.h"
#include "gateway/shell/zeromq.h"

enum {
    SUBMIT_WINDOW_MAX = 1000,
    SUBMIT_RETRY_MS = 50, /* Between attempts while nobody takes our messages. */
};

/* One request that is out. */
struct submit_slot {
    uint64_t number; /* Order of the requests, from 1; 0 = the slot is free. */
    uint32_t line;
    uint32_t tries;               /* Times given to the socket. */
    uint64_t begun_ns;            /* When it was first due to be sent; */
    uint64_t sent_ns;             /* when it was sent last; 0 = it waits to be sent. */
    char id[SUBMIT_ID_BYTES_MAX]; /* ClOrdID(11), "" if it cannot be read. */
    size_t size;
    uint8_t *bytes; /* A copy, from malloc. */
};

struct submit_summary {
    uint64_t submitted;
    uint64_t accepted;
    uint64_t rejected;
    uint64_t unanswered;
    uint64_t resent;
    uint64_t unreadable; /* Lines of the input that were not sent. */
};

struct submit {
    /* Set by the caller. */
    const struct dictionary *dictionary;
    uint32_t window;
    uint64_t timeout_ns; /* Wait for an answer before sending again. */
    uint32_t tries_max;
    void *context;
    /* Each answer, in the order of arrival. */
    void (*answered)(void *context, uint32_t line, struct span answer, bool rejected);
    /* A request that is given up, or a line that is not sent: `why` in words. */
    void (*failed)(void *context, uint32_t line, const char *id, const char *why);
    /* Its own. */
    struct zeromq_socket socket;
    struct zeromq_frames frames;
    uint64_t number_last;
    uint32_t out_count;
    struct submit_summary summary;
    struct submit_slot slots[SUBMIT_WINDOW_MAX];
    struct submit_input input;
};

/* Sends all of the input and waits until every request is answered or given up.
 * IO: the socket or the input failed; `error` says how. */
MUST_USE enum status submit_run(struct submit *submit, struct zeromq *zeromq, const char *endpoint,
                                int fd, char error[ZEROMQ_ERROR_BYTES_MAX]);

#endif
