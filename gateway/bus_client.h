/* A client of the gateway's bus: every event exactly once and in order.
 *
 * Follows the live stream, sees what is missing by BusSeq or by the heartbeat, and
 * asks the replay service for it. It survives restarts of the gateway, its own slow
 * reading (what the live queue drops comes by replay), and silence. One thread per
 * client. docs/bus.md shows the same by hand.
 *
 *   struct bus_client client;
 *   struct bus_client_config config = {.bus_endpoint = "ipc://…", .replay_endpoint = "ipc://…",
 *                                      .from_seq = 1};
 *   char error[BUS_CLIENT_ERROR_BYTES_MAX];
 *   if (bus_client_open(&client, &config, error) != STATUS_OK) …
 *   struct bus_event event;
 *   while (bus_client_next(&client, 1000, &event) != BUS_CLIENT_FAILED) …
 *   bus_client_close(&client);
 *
 * To go on after a restart of its own, a program keeps the BusSeq it has finished
 * with, together with its results, and opens with the next one. */
#ifndef GATEWAY_BUS_CLIENT_H
#define GATEWAY_BUS_CLIENT_H

#include "gateway/core/engine/limits.h"
#include "gateway/shell/zeromq.h"

enum {
    BUS_CLIENT_ERROR_BYTES_MAX = ZEROMQ_ERROR_BYTES_MAX,
    BUS_CLIENT_TOPICS_MAX = 16,
    BUS_CLIENT_LIVE_MAX = 20000,     /* Live messages waiting here; beyond it, replay. */
    BUS_CLIENT_PAGE_EVENTS = 1000,   /* Asked for at once. */
    BUS_CLIENT_ANSWER_MS = 3000,     /* A replay without progress is asked for again. */
    BUS_CLIENT_RETRY_MS = 200,       /* Between attempts while the gateway is away or busy. */
    BUS_CLIENT_SILENCE_MS = 3000,    /* Without a sign of life: ask where the stream is. */
    BUS_CLIENT_MESSAGES_MAX = 65536, /* Looked at in one call, before time is looked at. */
};

struct bus_client_config {
    struct zeromq *zeromq; /* Borrowed; NULL = a context of its own. Needed for inproc://. */
    const char *bus_endpoint;
    const char *replay_endpoint;
    uint64_t from_seq;         /* First BusSeq wanted; 0 = from now on. */
    uint64_t instance_id;      /* The store that `from_seq` belongs to; 0 = whichever there is. */
    const char *const *topics; /* Prefixes wanted; copied by reference: they outlive the client. */
    uint32_t topics_count;     /* 0 = all; at most BUS_CLIENT_TOPICS_MAX. */
};

/* Spans are valid until the next call on the client. */
struct bus_event {
    uint64_t bus_seq;
    uint64_t instance_id;
    struct span topic;
    struct span message; /* A whole FIX message. */
};

enum bus_client_result {
    BUS_CLIENT_EVENT,
    BUS_CLIENT_TIMEOUT, /* Nothing wanted came in time; the client goes on trying. */
    /* The gateway runs on another store: its events begin at 1 again and come next.
     * `event->instance_id` is the new one. What was followed before is over. */
    BUS_CLIENT_NEW_INSTANCE,
    /* Events from the one expected up to before `event->bus_seq` are not kept any more;
     * the stream goes on from there. Only seen without topics. */
    BUS_CLIENT_MISSING,
    /* The store is the same and yet behind what was seen: it was restored, or lost its
     * end with Durability=process. `event->bus_seq` is the next it will give; the client
     * goes on from there. */
    BUS_CLIENT_BACKWARD,
    BUS_CLIENT_FAILED, /* A socket failed: close and open again. */
};

struct bus_client {
    struct bus_client_config config;
    struct zeromq context; /* Its own, if the configuration has none. */
    struct zeromq_socket live;
    struct zeromq_socket replay;
    struct zeromq_frames live_frames;
    struct zeromq_frames replay_frames;
    uint64_t instance_id;     /* 0 = not known yet. */
    uint64_t seq_next;        /* BusSeq due; 0 = not known yet. */
    bool behind;              /* Missing events: replay before live. */
    bool asked;               /* A request is out: one at most on each connection. */
    bool replay_stale;        /* Answers may still come that nobody wants: connect anew. */
    uint64_t asked_ns;        /* When it, or its last answer, was. */
    uint64_t retry_at_ns;     /* Not to be asked again before. */
    uint64_t heard_ns;        /* Last sign of life of the stream. */
    uint64_t gaps_count;      /* For those who watch the client: gaps seen, */
    uint64_t replayed_count;  /* events that came by replay, */
    uint64_t malformed_count; /* and messages that were none. */
};

/* INVALID or IO, with one line in `error`. The gateway need not be there yet. */
MUST_USE enum status bus_client_open(struct bus_client *client,
                                     const struct bus_client_config *config,
                                     char error[BUS_CLIENT_ERROR_BYTES_MAX]);

/* The next event, waiting for it at most `timeout_ms` (>= 0). */
MUST_USE enum bus_client_result bus_client_next(struct bus_client *client, int timeout_ms,
                                                struct bus_event *event);

void bus_client_close(struct bus_client *client);

#endif
