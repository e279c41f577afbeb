/* The gateway in the world: the real engine and store behind apply.c, with everything that the
 * shell does played here, and a life that ends at any point of a turn.
 *
 * One thread. */
#ifndef TESTS_SIM_GATEWAY_H
#define TESTS_SIM_GATEWAY_H

#include "gateway/core/engine/config.h"
#include "gateway/core/routing/routing_table.h"
#include "tests/sim/sim.h"

struct sim_gateway_settings {
    bool durability_commit;
    uint64_t map_bytes;     /* Of a new store; 0 = the store's own. */
    uint64_t turn_least_ns; /* What a turn takes, its commit too. */
    uint64_t turn_most_ns;
    uint64_t restart_least_ns; /* After its end somebody starts it again; */
    uint64_t restart_most_ns;  /* 0: only an act does. */
    uint32_t requests_most;    /* Taken in one turn. */
};

/* `config` is borrowed. */
struct sim_gateway *sim_gateway_new(struct sim *sim, const struct engine_config *config,
                                    const struct sim_gateway_settings *settings);
void sim_gateway_free(struct sim_gateway *gateway);
/* Starts as a process does: opens the store, rebuilds, connects. */
void sim_gateway_start(struct sim_gateway *gateway);
bool sim_gateway_up(const struct sim_gateway *gateway);

/* A request of a client, whole, as ZeroMQ carries it; lost if the gateway is down. Answers go to
 * sim_oms_answered() of that client. */
void sim_gateway_request(struct sim_gateway *gateway, uint32_t oms, struct span bytes);

/* Somebody opens a connection to the gateway's listener. */
void sim_gateway_knock(struct sim_gateway *gateway, struct line *line);

/* Committed events from `from` on, at most `most`, as replay would give them; true if there are
 * more. False without a call if the gateway is down: replay does not answer. */
bool sim_gateway_replay(struct sim_gateway *gateway, uint64_t from, uint32_t most,
                        void (*take)(void *context, uint64_t bus_seq, struct span topic,
                                     struct span message),
                        void *context);
/* The last BusSeq committed; 0 if down, or none. */
uint64_t sim_gateway_last_event(struct sim_gateway *gateway);

/* It has had that session's line since that instant, with a clock that was never set: what it
 * must do in time, it can. */
bool sim_gateway_was_there(const struct sim_gateway *gateway, uint32_t session, uint64_t since_ns);

/* How often the numbers of a session began anew, as far as committed. */
uint32_t sim_gateway_resets(const struct sim_gateway *gateway, uint32_t session);

/* Both numbers of a session as the store has them. */
void sim_gateway_numbers(struct sim_gateway *gateway, uint32_t session, uint64_t *in_next,
                         uint64_t *out_next);

/* In words; false if these are none of its. A SESSION is a broker's name for its order session,
 * or NAME/dropcopy.
 *
 *   start | stop                           (stop: an orderly end)
 *   crash [silently]                       between two turns; silently: the machine, no line ends
 *   crash before commit [silently]         the next turn's end …
 *   crash in commit | crash in lasting commit
 *   crash after N releases [silently]      (0: right behind the commit)
 *   commit fails | commit fails but lasts | begin fails | read fails      the process stops
 *   disk low | disk free
 *   clock SECONDS                          the system's clock steps, forward or (-) back
 *   stall MS                               it does nothing for so long, as one that is stopped
 *   slow TURNS MS                          the next turns take so long each
 *   ask SESSION LOGON|LOGOFF|RESET|DISCONNECT|TEST_REQUEST [confirmed]
 *   command OPERATOR NAME [ARGUMENT=VALUE …]     jane and joe may everything, vera only looks;
 *                                          router is a service. Value "last": the newest proposal
 *   cut SESSION | half cut SESSION | hold SESSION | release SESSION       its line
 *   cut and return SESSION                 the line ends, and the next turn sees that together
 *                                          with the peer's return */
bool sim_gateway_act(struct sim_gateway *gateway, const char *words);

/* Turns of all its lives. */
uint64_t sim_gateway_turns(const struct sim_gateway *gateway);
/* What waits in its queue: orders; cancels and replaces, some perhaps of orders in doubt. */
uint64_t sim_gateway_queued(const struct sim_gateway *gateway);
uint64_t sim_gateway_queued_changes(const struct sim_gateway *gateway);
/* It will ask a broker about an order, or has still to wait for an answer; or hunts an attempt. */
bool sim_gateway_asks(const struct sim_gateway *gateway, uint32_t session);
/* Logged on, with the proof that both sides are in step. A broker may believe so in a line that is
 * dead. */
bool sim_gateway_ready(const struct sim_gateway *gateway, uint32_t session);

/* A service's command, in the words of "command" above, with a reason that may be empty.
 * sim_router_answered() hears what came of it. False: the gateway is down, or has no room. */
bool sim_gateway_ask(struct sim_gateway *gateway, const char *words, struct span reason,
                     uint64_t wish);

/* What its table has; OPEN while it is down. */
enum breaker_state sim_gateway_breaker(const struct sim_gateway *gateway, uint32_t broker);

/* The time of day on its machine. */
uint64_t sim_gateway_clock_ns(const struct sim_gateway *gateway);

/* The broker gets no new order until people say that it may. */
bool sim_gateway_frozen(const struct sim_gateway *gateway, uint32_t broker);

/* A kill switch is on, and something may still work in its scope. */
bool sim_gateway_kills(const struct sim_gateway *gateway);

/* It knows that the broker has processed all of its numbers up to this one. */
uint64_t sim_gateway_peer_has(const struct sim_gateway *gateway, uint32_t session);

/* Something may wait for a person: orders without a word of their broker, dead letters, hunts. */
bool sim_gateway_holds(const struct sim_gateway *gateway);

/* Up and all faults of its own are over; all sessions may log on. */
void sim_gateway_mend(struct sim_gateway *gateway);

#endif
