/* Order entry: the ROUTER socket of the OMS (design §5).
 *
 * Engine's thread. Takes the envelope off, turns JSON into tag=value, and puts both
 * back on for the reply. What the engine gets as `route` and gives back holds the
 * client's ZeroMQ identity, whether an empty frame came first, and the encoding.
 *
 *   [identity] [empty, if the client is a REQ or likes it] [one FIX message]
 *
 * Whoever can be told gets an answer: wrong frames, a request that is too long, or
 * JSON of the wrong shape is a Reject from the engine, never a silence. Only who sends
 * a frame beyond ZEROMQ_FRAME_BYTES_MAX is cut off by libzmq without an answer. */
#ifndef GATEWAY_SHELL_ORDER_ENTRY_H
#define GATEWAY_SHELL_ORDER_ENTRY_H

#include "gateway/core/engine/engine.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/log.h"
#include "gateway/shell/zeromq.h"

enum {
    ORDER_ENTRY_REQUESTS_MAX = 256,  /* Taken in one turn. */
    ORDER_ENTRY_REPLIES_MAX = 20000, /* Waiting for one client; it loses further ones. */
    ORDER_ENTRY_LINGER_MS = 500,     /* For the last replies at an orderly end. */
    ORDER_ENTRY_JSON_BYTES_MAX = 8 * FIX_MESSAGE_BYTES_MAX,
};

struct order_entry {
    struct zeromq_socket socket;
    const struct dictionary *dictionary;          /* Borrowed: FIX 4.4 with the in-house tags. */
    struct log *log;                              /* Borrowed. */
    const struct instant *now;                    /* Borrowed: of the turn. */
    char endpoint[ZEROMQ_ENDPOINT_BYTES_MAX + 1]; /* As bound. */
    struct zeromq_frames frames;
    uint8_t request[FIX_MESSAGE_BYTES_MAX];
    uint8_t json[ORDER_ENTRY_JSON_BYTES_MAX];
};

/* Binds; log, now and dictionary are set by the caller. `error` has the reason. */
MUST_USE enum status order_entry_open(struct order_entry *entry, struct zeromq *zeromq,
                                      const char *endpoint, char error[ZEROMQ_ERROR_BYTES_MAX]);
void order_entry_close(struct order_entry *entry);

/* Feeds requests to the engine until there is none, the engine's turn is full, or
 * ORDER_ENTRY_REQUESTS_MAX were taken. IO: the socket failed. */
MUST_USE enum status order_entry_step(struct order_entry *entry, struct engine *engine);

/* Release port: sends the reply to where the request came from. A client that has
 * gone, or does not read, loses it: it asks again, with the same ClOrdID. */
void order_entry_reply(struct order_entry *entry, struct span route, struct span message);

/* There are requests to take: do not sleep. */
bool order_entry_pending(const struct order_entry *entry);

#endif
