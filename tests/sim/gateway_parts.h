/* What the parts of the gateway's place in the world share. */
#ifndef TESTS_SIM_GATEWAY_PARTS_H
#define TESTS_SIM_GATEWAY_PARTS_H

#include "gateway/shell/apply.h"
#include "gateway/shell/clock.h"
#include "tests/sim/durable.h"
#include "tests/sim/gateway.h"
#include "tests/sim/store_faults.h"

enum {
    GATEWAY_NEWCOMERS_MAX = 32,
    GATEWAY_COMMANDS_MAX = 2 * SIM_SESSIONS_MAX + 16,
    GATEWAY_PATH_BYTES_MAX = 128,
    GATEWAY_ASKED_MAX = 64,
    GATEWAY_WORDS_BYTES_MAX = 160,
};

/* The connection of a session, as gateway/shell/connections.c has it. */
enum slot_state {
    SLOT_CLOSED,
    SLOT_CONNECTING,
    SLOT_OPEN,
    SLOT_ENDED, /* By the peer, the network, or because nobody was there. */
};

struct slot {
    struct sim_gateway *gateway;
    uint32_t session;
    enum slot_state state;
    struct line *line; /* OPEN, ENDED: what is left in it counts. */
    uint32_t serial;   /* Of the connection: an outcome of an earlier one is passed over. */
    uint32_t endpoint;
    bool up;     /* The engine was told. */
    bool wanted; /* The engine believes in it. */
    bool cut;    /* The engine closed it, and has yet to hear that it is gone. */
    bool ended;  /* In this turn: no other one is adopted in it. */
    bool held;   /* Partitioned. */
    bool waits;  /* What was said waits for the end of a resend. */
    uint64_t backlog_told;
    uint64_t allowed; /* By its rate, at that instant of the gateway's clock; 0: all. */
    uint64_t allowed_ns;
    uint64_t down_ns; /* Since then, and since that turn. */
    uint64_t down_turn;
    uint64_t up_ns;
    char reason[128];
};

/* A connection that somebody opened, before it is known whose it is. */
struct newcomer {
    struct sim_gateway *gateway;
    struct line *line; /* NULL: free. */
    bool ask;
    bool ended;
    uint64_t deadline_ns;
};

struct request {
    struct request *next;
    uint32_t oms;
    size_t size;
    uint8_t bytes[];
};

enum crash_point {
    CRASH_NONE,
    CRASH_BEFORE_COMMIT,
    CRASH_IN_COMMIT,
    CRASH_AFTER_RELEASES, /* So many. */
};

struct session_asked {
    uint32_t session;
    enum session_command command;
    bool confirmed;
};

/* By a person, or by a service, which is told what comes of it. */
struct asked_words {
    char words[GATEWAY_WORDS_BYTES_MAX];
    char reason[ENGINE_TEXT_BYTES_MAX + 1]; /* The argument that has blanks in it. */
    uint64_t wish;                          /* A service's; 0: a person asks. */
};

struct sim_gateway {
    struct sim *sim;
    const struct engine_config *config;
    struct sim_gateway_settings settings;
    char path[GATEWAY_PATH_BYTES_MAX]; /* Of the store. */
    struct durable durable;
    struct clock clock;
    int64_t skew_ns; /* Of the system's clock. */
    bool skewed;     /* It was set once, and may go slowly since. */

    /* Of this life. */
    bool up;
    uint32_t life;
    struct store *store;
    struct store_reader *store_reader;
    struct store_reader *check_reader; /* What the checks and replay read with. */
    struct apply_reader reader;
    struct release_ports ports;
    struct engine *engine;
    struct turn *turn;
    bool stopping;
    bool stop_wanted;
    uint64_t stop_deadline_ns;
    uint64_t turns; /* Of this life. */
    uint64_t turns_total;
    uint64_t batch_last; /* Committed, in whatever life. */
    uint64_t busy_until_ns;
    uint64_t turn_at_ns; /* When the next one is due; UINT64_MAX: not planned. */
    uint64_t turn_serial;
    unsigned idle_turns; /* In a row, with the deadline at or before now. */
    uint64_t resend_places;
    uint32_t slow_turns; /* So many more take slow_ns each. */
    uint64_t slow_ns;
    bool disk_low;
    bool fault_meant; /* A failure of the store was planned. */

    enum crash_point crash_point;
    uint64_t crash_releases; /* Left until then. */
    bool crash_silent;
    bool crashed; /* Within this turn: nothing more is let out. */

    struct slot slots[SIM_SESSIONS_MAX];
    struct newcomer newcomers[GATEWAY_NEWCOMERS_MAX];
    struct request *requests; /* Oldest first. */
    struct request *requests_last;
    struct session_asked commands[GATEWAY_COMMANDS_MAX];
    uint32_t commands_count;
    struct asked_words asked[GATEWAY_ASKED_MAX];
    uint32_t asked_count;
    uint64_t proposal; /* The newest one's number. */
};

/* gateway.c */
void gateway_wake(struct sim_gateway *gateway, uint64_t at_ns);
/* Its end, at this instant; it comes back by itself if the settings say so. */
void gateway_die(struct sim_gateway *gateway, bool silent, const char *how);
const char *gateway_session_name(const struct sim_gateway *gateway, uint32_t session);
/* "ALPHA > gateway" and the like, static. */
const char *gateway_to(const struct sim_gateway *gateway, uint32_t session);

/* gateway_lines.c */
void lines_start(struct sim_gateway *gateway);
void lines_step(struct sim_gateway *gateway); /* In the turn: what the engine is to hear. */
bool lines_pending(const struct sim_gateway *gateway);
void lines_flush(struct sim_gateway *gateway); /* Behind the turn. */
void lines_die(struct sim_gateway *gateway, bool silent);
uint64_t lines_deadline_ns(const struct sim_gateway *gateway);
void lines_connect(struct sim_gateway *gateway, uint32_t session, uint32_t endpoint);
void lines_send(struct sim_gateway *gateway, uint32_t session, struct span bytes);
void lines_close(struct sim_gateway *gateway, uint32_t session, struct span reason);

/* gateway_commands.c */
bool commands_add(struct sim_gateway *gateway, const char *words);
void commands_step(struct sim_gateway *gateway); /* In the turn. */

/* gateway_limits.c */
void limits_sent(struct slot *slot, struct span message);
void limits_turned(const struct slot *slot);
void limits_answered(struct sim_gateway *gateway, struct span message);
void limits_committed(struct sim_gateway *gateway, uint64_t batch);
void limits_started(struct sim_gateway *gateway, uint64_t batch);
void limits_down(struct slot *slot);
void limits_up(struct slot *slot);

/* gateway_ports.c */
void ports_init(struct sim_gateway *gateway);

#endif
