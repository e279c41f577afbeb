/* The rule (design §1): commit, then release. The simulator runs this very file.
 *
 * No OS header. Called from the engine's thread only. */
#ifndef GATEWAY_SHELL_APPLY_H
#define GATEWAY_SHELL_APPLY_H

#include "gateway/core/engine/engine.h"
#include "session-store/store.h"

/* How releases reach the world. The simulator has ports of its own. */
struct release_ports {
    void *context;
    void (*send)(void *context, uint32_t session, struct span bytes);
    void (*connect)(void *context, uint32_t session, uint32_t endpoint);
    void (*close)(void *context, uint32_t session, struct span reason);
    void (*reply)(void *context, struct span route, struct span message);
    void (*publish)(void *context, struct span topic, uint64_t bus_seq, struct span message);
    void (*heartbeat)(void *context, uint64_t bus_seq);
    void (*log)(void *context, enum effect_severity severity, struct span line);
};

/* A reader over the store that remembers its first failure. */
struct apply_reader {
    struct store_reader *store_reader;
    enum status status; /* STATUS_OK until a read failed. */
    struct reader port;
};

/* Binds `reader->port` to the store's reader. */
void apply_reader_init(struct apply_reader *reader, struct store_reader *store_reader);

/* Commits the batch of the turn in one transaction and then, and only then,
 * carries out its releases in order. On any failure, also one that `reader` met
 * while the turn was stepped, nothing is released and the caller stops the
 * process with the reason (store_error()). The caller has ended its read
 * transaction: all that the turn read has been copied, and the map may have to
 * move before the commit. */
MUST_USE enum status apply_turn(struct store *store, const struct apply_reader *reader,
                                const struct turn *turn, const struct release_ports *ports);

#endif
