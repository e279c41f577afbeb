/* The router as a service: follows the bus, watches the sessions, posts what it measured to the
 * engine's routing table (design §9, docs/router.md). The policy is gateway/core/router/.
 *
 * One thread, the one that calls it. It keeps nothing on disk: at its start, and when the gateway
 * runs on another store, it rebuilds its picture from the last events, and posts nothing before
 * it has. A gateway that is away is waited for. While another router posts it is refused: as a
 * thread it waits for that one's end, as a process it ends with the remedy. */
#ifndef GATEWAY_SERVICES_ROUTER_H
#define GATEWAY_SERVICES_ROUTER_H

#include "gateway/services/service.h"

enum {
    ROUTER_REBUILD_EVENTS = 50000, /* So many of the last events are read at the start. */
    ROUTER_TURN_EVENTS_MAX = 4096, /* Of the bus in one turn, before time is looked at. */
    ROUTER_WAIT_MS = 20,           /* For the bus, in each turn. */
    ROUTER_SILENCE_MS = 1500,      /* Neither bus nor answers: the gateway was away. */
    ROUTER_REFUSED_MS = 8000,      /* Another router posts for so long: it is no successor. */
    ROUTER_ROWS_MS = 1000,         /* session.list is asked for so often, */
    ROUTER_ROWS_SOON_MS = 100,     /* and so while an echo is awaited. */
};

extern const struct service router_service;

#endif
