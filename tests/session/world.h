/* A pure session and all that stands around it in a script: the clock, the
 * outbound queue, the stream of the connection, and what was observed. */
#ifndef TESTS_SESSION_WORLD_H
#define TESTS_SESSION_WORLD_H

#include "fix/session.h"
#include "tests/session/script.h"

enum {
    WORLD_OBSERVED_MAX = 4096,
    WORLD_QUEUE_MAX = 4096,
    WORLD_STREAM_BYTES_MAX = 4 * FIX_MESSAGE_BYTES_MAX,
    WORLD_ERROR_BYTES_MAX = 1024,
    WORLD_CONFIG_BYTES_MAX = 8 * 1024,
    WORLD_CONFIG_NAMES_MAX = 16,
};

enum observed_kind {
    OBSERVED_SEND,
    OBSERVED_DELIVER,
    OBSERVED_CLOSE,
    OBSERVED_RESET,
    OBSERVED_LOG,
};

/* One effect that a script may expect; bytes owned. */
struct observed {
    enum observed_kind kind;
    uint8_t *bytes;
    size_t size;
    uint64_t at_ns;
    bool poss_dup;
    bool taken; /* A line of the script was about it. */
};

struct queued {
    uint8_t *bytes;
    size_t size;
    enum message_kind kind;
    bool stale; /* Must not go out again. */
};

struct world {
    struct session_config config;
    struct session session;
    struct session_early *early;
    uint8_t *early_bytes;
    struct field fields[FIX_FIELDS_MAX];
    struct message message;
    struct effects effects;
    char config_text[WORLD_CONFIG_BYTES_MAX]; /* What the configuration points to. */
    size_t config_text_used;
    const char *config_names[WORLD_CONFIG_NAMES_MAX];
    size_t config_names_count;
    struct session_logon_tag logon_tags[WORLD_CONFIG_NAMES_MAX];
    uint64_t now_ns;
    uint64_t peer_seq; /* What `<` fills in for 34. */
    uint8_t stream[WORLD_STREAM_BYTES_MAX];
    size_t stream_size;
    struct queued queue[WORLD_QUEUE_MAX]; /* By MsgSeqNum. */
    struct observed observed[WORLD_OBSERVED_MAX];
    size_t observed_count;
    char error[WORLD_ERROR_BYTES_MAX]; /* An invariant that was broken; empty if none. */
};

void world_init(struct world *world, const struct dictionary *dictionary);
/* Makes the session anew from its numbers, as a restart does. */
void world_start(struct world *world, uint64_t seq_in_next, uint64_t seq_out_next);
void world_free(struct world *world);

void world_connect(struct world *world);
void world_disconnect(struct world *world);
/* Bytes from the peer; then resends are served and kept messages taken, until
 * nothing more happens of itself. */
void world_receive(struct world *world, struct span bytes);
void world_send(struct world *world, struct span msg_type, struct span body);
void world_ask_reset(struct world *world); /* session_request_reset() */
void world_new_day(struct world *world);   /* session_reset() */
void world_logout(struct world *world, const char *text);
void world_business_reject(struct world *world, int reason, const char *text);
/* Lets time pass, with a tick at each deadline on the way. */
void world_wait(struct world *world, uint64_t duration_ns);

/* The first observed effect that is not a log line and no line was about. */
struct observed *world_next(struct world *world);
void world_forget_logs(struct world *world);

#endif
