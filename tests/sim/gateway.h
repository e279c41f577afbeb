/* The gateway in the world: the real engine and store behind apply.c, with everything that the
 * shell does played here, and a life that ends at any point of a turn.
 *
 * One thread. */
#ifndef TESTS_SIM_GATEWAY_H
#define TESTS_SIM_GATEWAY_H

#include "gateway/core/config.h"
#include "tests/sim/sim.h"

struct sim_gateway *sim_gateway_new(struct sim *sim, const struct engine_config *config,
                                    bool durability_commit);
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

/* Both numbers of a session as the store has them. */
void sim_gateway_numbers(struct sim_gateway *gateway, uint32_t session, uint64_t *in_next,
                         uint64_t *out_next);

/* In words; false if these are none of its:
 *
 *   start | stop                           (stop: an orderly end)
 *   crash [silently]                       between two turns
 *   crash before commit | in commit | after commit | after N releases    the next turn's end;
 *                                          in commit: the store has it, or has it not
 *   commit fails | commit fails but lasts  an error from the store; the process stops
 *   read fails                             so does a read
 *   disk low | disk free
 *   clock +SECONDS | clock -SECONDS
 *   slow N                                 the next turns take N ms each
 *   ask SESSION LOGON|LOGOFF|RESET|DISCONNECT|TEST_REQUEST [confirmed]
 *   cut SESSION [half] | hold SESSION | release SESSION      its line
 *   cut and return SESSION                 its line ends and the peer is back in the same turn
 */
bool sim_gateway_act(struct sim_gateway *gateway, const char *words);

/* Up and all faults of its own are over. */
void sim_gateway_mend(struct sim_gateway *gateway);

#endif
