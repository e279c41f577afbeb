/* What one turn lets out, once its batch is durable: in this order, never before.
 *
 * Pure. Bytes live in the list's arena until release_reset(). */
#ifndef GATEWAY_CORE_ENGINE_RELEASE_H
#define GATEWAY_CORE_ENGINE_RELEASE_H

#include "fix/effects.h"
#include "gateway/core/engine/limits.h"

enum release_kind {
    RELEASE_SEND,    /* Write `bytes` to the connection of `session`. */
    RELEASE_CONNECT, /* Open a connection for `session` to its `endpoint`; answer with
                        engine_connected() or engine_disconnected(). */
    RELEASE_CLOSE,   /* Close the connection of `session` behind what was sent; `topic` says why. */
    RELEASE_REPLY,   /* Answer the request that came with `route`. */
    RELEASE_PUBLISH, /* An event: `topic`, `bus_seq`, `bytes` (a whole FIX message). */
    RELEASE_HEARTBEAT, /* Tell subscribers the last BusSeq: `bus_seq`; it is not an event. */
    RELEASE_LOG,       /* One line: `bytes` at `severity`. */
};

struct release {
    enum release_kind kind;
    uint32_t session;
    uint32_t endpoint; /* CONNECT: index into the session's endpoints. */
    enum effect_severity severity;
    uint64_t bus_seq;
    struct span route; /* REPLY: as it was given to engine_request(). */
    struct span topic; /* PUBLISH; CLOSE: the reason. */
    struct span bytes;
};

struct release_list {
    uint32_t count;
    size_t used;
    struct release list[TURN_RELEASES_MAX];
    uint8_t bytes[TURN_RELEASE_BYTES];
};

void release_reset(struct release_list *releases);

/* Copies the spans of `release` into the arena and appends it. ASSERTs room. */
void release_add(struct release_list *releases, const struct release *release);

/* Appends a line for the log. */
void release_log(struct release_list *releases, enum effect_severity severity, struct span line);

#endif
