/* The clients of the gateway (OMSs), and a subscriber of its bus, as docs/bus.md tells them to
 * behave: a request without an answer is sent again, the same bytes, until it has one, also
 * after a crash of either side; whoever finds a hole in the bus asks for replay.
 *
 * What they send and see goes to the oracle. What survives a client's death: its journal of
 * requests. One thread. */
#ifndef TESTS_SIM_OMS_H
#define TESTS_SIM_OMS_H

#include "tests/sim/sim.h"

struct sim_oms_settings {
    const char *name;         /* SenderCompID: "OMS1" */
    uint32_t orders_most;     /* Of its own will; an act may add more. */
    uint64_t pause_least_ns;  /* Between two. */
    uint64_t pause_most_ns;
    uint64_t patience_ns;     /* Before a request goes out again. */
    unsigned cancel_permille; /* Of its orders, later. */
    unsigned replace_permille;
    unsigned status_permille;
    unsigned again_permille;   /* A request is sent again although it was answered. */
    unsigned changed_permille; /* The same ClOrdID with other content: to be refused. */
    unsigned garbage_permille;
    unsigned short_lived_permille; /* IOC, FOK, Day, GTD; else GTC. */
};

struct sim_oms *sim_oms_new(struct sim *sim, uint32_t index,
                            const struct sim_oms_settings *settings);
void sim_oms_free(struct sim_oms *oms);
void sim_oms_start(struct sim_oms *oms);
const char *sim_oms_name(const struct sim_oms *oms);

/* An answer of the gateway, on connection `connection` (see sim_gateway_request()). An answer
 * to an earlier connection is lost: it does not come here. */
void sim_oms_answered(struct sim_oms *oms, struct span message);

/* The gateway is gone, or back: a new connection. What was not answered is sent again. */
void sim_oms_reconnected(struct sim_oms *oms);

/* In words; false if these are none of its:
 *
 *   new ID SIDE QTY SYMBOL [@ PX] [gtc|day|ioc|fok]       ID becomes "OMS1-ID"
 *   cancel ID | replace ID QTY [@ PX] | status ID | again ID | changed ID
 *   garbage | crash | return
 */
bool sim_oms_act(struct sim_oms *oms, const char *words);

/* No more new orders; what waits for an answer is still asked for. */
void sim_oms_mend(struct sim_oms *oms);
/* Every request has its answer. `why` says what is missing. */
bool sim_oms_at_rest(const struct sim_oms *oms, char why[128]);
/* At rest: asks the status of every order; the answers go to the oracle. */
void sim_oms_ask_all(struct sim_oms *oms);

/* The subscriber: gets what the gateway publishes unless it is away or its queue is full, and
 * replays the rest. */
struct sim_bus *sim_bus_new(struct sim *sim);
void sim_bus_free(struct sim_bus *bus);
void sim_bus_published(struct sim_bus *bus, struct span topic, uint64_t bus_seq,
                       struct span message);
void sim_bus_heartbeat(struct sim_bus *bus, uint64_t bus_seq);
/* away | back | slow | quick */
bool sim_bus_act(struct sim_bus *bus, const char *words);
void sim_bus_mend(struct sim_bus *bus);
/* It has had every event up to the last one committed. */
bool sim_bus_at_rest(struct sim_bus *bus, char why[128]);

#endif
