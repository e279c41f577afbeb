/* The replay service: "from BusSeq N, these topics" out of the store (docs/bus.md).
 *
 * A thread of its own with its own reader and ROUTER socket, so that however much is
 * asked for, the engine's turn does not notice. Read transactions are short (a page),
 * clients take turns page by page, and a client that does not read is waited for
 * without blocking anybody, then forgotten: it asks again from where it is.
 *
 *   → "REPLAY", from BusSeq (8), most events (4), topic prefix…     (no prefix = all)
 *   ← "EVENT", topic, BusSeq (8), instance id (8), FIX message      each
 *   ← "END", next BusSeq to ask from (8), last committed (8), instance id (8)
 *   → "LAST"
 *   ← "END", last committed + 1, last committed, instance id
 *   ← "ERROR", text
 * Numbers are big-endian. A leading empty frame (REQ) is given back. */
#ifndef GATEWAY_SHELL_REPLAY_H
#define GATEWAY_SHELL_REPLAY_H

#include "gateway/shell/zeromq.h"
#include "session-store/store.h"

enum {
    REPLAY_EVENTS_MAX = 10000,    /* Of one request; more is cut to this. */
    REPLAY_PAGE_EVENTS_MAX = 256, /* Looked at in one read transaction. */
    REPLAY_JOBS_MAX = 32,         /* Requests under way; further ones are told so. */
    REPLAY_PREFIXES_MAX = 16,
    REPLAY_IDENTITY_BYTES_MAX = 255,
    REPLAY_STALL_LIMIT_MS = 5000, /* A client that reads nothing for so long is dropped. */
};

struct replay_config {
    struct zeromq *zeromq;
    struct store *store;
    const char *endpoint;
    uint64_t instance_id;
    uint32_t event_table; /* Number of the table of events. */
};

struct replay; /* The running service. */

/* Binds and starts the thread. On failure *out is NULL and `error` has the reason. */
MUST_USE enum status replay_start(const struct replay_config *config, struct replay **out,
                                  char error[ZEROMQ_ERROR_BYTES_MAX]);

/* The endpoint as bound. */
const char *replay_endpoint(const struct replay *replay);

/* Ends the thread and waits for it: at most one page. NULL is right. */
void replay_stop(struct replay *replay);

#endif
