/* The clients of the gateway (OMSs), and a subscriber of its bus, as docs/bus.md tells them to
 * behave: a request without an answer is sent again, the same bytes, until it has one, also
 * after a crash of either side; whoever finds a hole in the bus asks for replay.
 *
 * What they send and see goes to the oracle and into the trace. Requests and answers of one
 * client travel in order and a little late. The n-th answer of a connection is to its n-th
 * request: one that names another ClOrdID violates ANSWERS. What survives a client's death: its
 * journal of requests, and of the answers but for the newest.
 *
 *   oms.c           its connection, its journal, its death
 *   oms_pipe.c      what is on its way
 *   oms_orders.c    what it knows of its orders, from answers and the bus
 *   oms_requests.c  the requests as text
 *   oms_garbage.c   and what is none
 *   oms_will.c      what it does of its own will
 *   oms_acts.c      what it is told to do
 *   bus.c           the subscriber
 *
 * One thread. */
#ifndef TESTS_SIM_OMS_H
#define TESTS_SIM_OMS_H

#include "tests/sim/sim.h"

struct sim_oms_settings {
    const char *name;        /* SenderCompID: "OMS1"; at most 15 bytes. */
    uint32_t orders_most;    /* Of its own will; an act may add more. */
    uint64_t pause_least_ns; /* Between two. */
    uint64_t pause_most_ns;
    uint64_t patience_ns;     /* Before a request goes out again. */
    unsigned cancel_permille; /* Of its orders, at once or later. */
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

/* An answer has left the gateway. There must be one for each sim_gateway_request(), in that
 * order, but for those that the gateway died with. */
void sim_oms_answered(struct sim_oms *oms, struct span message);

/* The gateway's process has ended, or is there again; sim_gateway_up() says which. At its end
 * the first of the answers on their way still arrive, as many as chance will have; requests on
 * their way are lost. When it is back all that has no answer is sent again. */
void sim_oms_reconnected(struct sim_oms *oms);

/* An event of the bus, of any client's order: what it knows of its own comes from there. */
void sim_oms_event(struct sim_oms *oms, struct span message);

/* In words; false if these are none of its:
 *
 *   new ID SIDE QTY SYMBOL [@ PX] [gtc|day|ioc|fok]       ID becomes "OMS1-ID"; buy or sell
 *   cancel ID | replace ID QTY [@ PX] | status ID | again ID | changed ID
 *   garbage | crash | return
 *
 * Only `again` and `changed` need an ID that was used. A cancel of order 7 is "7-C1", then
 * "7-C2"; a replace "7-R1". A client that is dead does nothing. */
bool sim_oms_act(struct sim_oms *oms, const char *words);

/* An order under just that ClOrdID, to buy, immediate-or-cancel: a canary of the router's. A client
 * that is dead, or whose gateway is, gives none. */
struct sim_oms_canary {
    const char *id;
    const char *symbol;
    const char *account; /* May be NULL. */
    const char *quantity;
    const char *price;
};
void sim_oms_canary(struct sim_oms *oms, const struct sim_oms_canary *canary);

/* Alive, and no more deeds of its own will; what waits for an answer is still asked for. */
void sim_oms_mend(struct sim_oms *oms);
/* Every request has its answer, repetitions too. `why` says what is missing. */
bool sim_oms_at_rest(const struct sim_oms *oms, char why[128]);
/* At rest: asks the status of every order; the answers go to the oracle. It is at rest again
 * when they are there. */
void sim_oms_ask_all(struct sim_oms *oms);
/* Orders given so far, of its own will and by acts, those refused too. */
uint32_t sim_oms_orders(const struct sim_oms *oms);

/* A subscriber: gets what the gateway publishes unless it is away or its queue is full, and
 * replays the rest. Each event goes once and in order to `take`; or, without one, to the oracle
 * and to the clients: that is the world's `bus`. Borrows the name. */
typedef void sim_bus_take(void *context, struct span topic, struct span message);
struct sim_bus *sim_bus_new(struct sim *sim, const char *name, sim_bus_take *take, void *context);
void sim_bus_free(struct sim_bus *bus);
void sim_bus_published(struct sim_bus *bus, struct span topic, uint64_t bus_seq,
                       struct span message);
void sim_bus_heartbeat(struct sim_bus *bus, uint64_t bus_seq);
/* The gateway's process has ended: of the frames on their way only the first arrive. */
void sim_bus_disconnected(struct sim_bus *bus);
/* It begins anew with that event, from replay. */
void sim_bus_follow(struct sim_bus *bus, uint64_t from);
/* It knows of events that it has not had, or asks whether there are any. */
bool sim_bus_behind(const struct sim_bus *bus);
uint64_t sim_bus_heard_ns(const struct sim_bus *bus); /* The last sign of life. */
/* away | back | slow | quick | stop | go */
bool sim_bus_act(struct sim_bus *bus, const char *words);
void sim_bus_mend(struct sim_bus *bus);
/* It has had every event up to the last one committed. */
bool sim_bus_at_rest(struct sim_bus *bus, char why[128]);

#endif
