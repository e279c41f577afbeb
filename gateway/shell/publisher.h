/* The bus: the XPUB socket (design §6).
 *
 * Engine's thread. Four frames: topic, BusSeq (8 bytes, big-endian), instance id (8
 * bytes), FIX message. The same under "json.<topic>", in the JSON encoding, only while
 * somebody subscribes to a prefix that begins with "json." (a subscriber of everything
 * then sees both and leaves the ones with "json." alone). The heartbeat has the topic
 * "HB" ("json.HB"), the last BusSeq, and an empty message.
 *
 * Never waits: a subscriber that is PUBLISHER_QUEUE_MAX messages behind loses live
 * ones, sees the gap in BusSeq, and asks the replay service. */
#ifndef GATEWAY_SHELL_PUBLISHER_H
#define GATEWAY_SHELL_PUBLISHER_H

#include "gateway/core/engine/limits.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/log.h"
#include "gateway/shell/zeromq.h"

struct dictionary;

enum {
    PUBLISHER_QUEUE_MAX = 20000,        /* Messages waiting for one subscriber. */
    PUBLISHER_SUBSCRIPTIONS_MAX = 1024, /* (Un)subscriptions looked at in one turn. */
    PUBLISHER_JSON_BYTES_MAX = 8 * FIX_MESSAGE_BYTES_MAX,
};

struct publisher {
    struct zeromq_socket socket;
    const struct dictionary *dictionary;          /* Borrowed: FIX 4.4 with the in-house tags. */
    struct log *log;                              /* Borrowed. */
    const struct instant *now;                    /* Borrowed: of the turn. */
    char endpoint[ZEROMQ_ENDPOINT_BYTES_MAX + 1]; /* As bound. */
    uint8_t instance_id[8];
    uint64_t json_subscriptions; /* Different prefixes that begin with "json.". */
    struct zeromq_frames frames;
    uint8_t json[PUBLISHER_JSON_BYTES_MAX];
};

/* Binds; log, now and dictionary are set by the caller. `error` has the reason. */
MUST_USE enum status publisher_open(struct publisher *publisher, struct zeromq *zeromq,
                                    const char *endpoint, uint64_t instance_id,
                                    char error[ZEROMQ_ERROR_BYTES_MAX]);
void publisher_close(struct publisher *publisher);

/* Takes note of who subscribes to what. IO: the socket failed. */
MUST_USE enum status publisher_step(struct publisher *publisher);

/* Release ports. */
void publisher_publish(struct publisher *publisher, struct span topic, uint64_t bus_seq,
                       struct span message);
void publisher_heartbeat(struct publisher *publisher, uint64_t bus_seq);

/* There are subscriptions to take: do not sleep. */
bool publisher_pending(const struct publisher *publisher);

#endif
