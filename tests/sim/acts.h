/* What can be done to the world, in words: what the weather draws, what a scenario's script says
 * and what the trace shows are the same lines.
 *
 *   gateway …        sim_gateway_act()
 *   broker NAME …    sim_broker_act()
 *   oms NAME …       sim_oms_act()
 *   bus …            sim_bus_act()
 *   router …         sim_router_act()
 *   network latency LEAST_MS MOST_MS | split PERMILLE | window BYTES */
#ifndef TESTS_SIM_ACTS_H
#define TESTS_SIM_ACTS_H

#include "tests/sim/sim.h"

/* False if nobody understands them. Understood or not, the trace shows them. */
bool sim_act(struct sim *sim, const char *words);

#endif
