/* What one event of the bus says about a broker.
 *
 * Pure. Time is the engine's own (SendingTime(52) of the event), never the broker's
 * TransactTime(60): two clocks have no difference that means anything. */
#ifndef GATEWAY_CORE_ROUTER_SIGHTING_H
#define GATEWAY_CORE_ROUTER_SIGHTING_H

#include "fix/message.h"

enum sighting_kind {
    SIGHTING_NONE,      /* Nothing that the router needs, or it cannot be read. */
    SIGHTING_SENT,      /* An attempt went out. */
    SIGHTING_WITHDRAWN, /* The order goes on without that attempt, or waits for a person. */
    SIGHTING_ANSWERED,  /* The broker spoke of the attempt: the first time ends its wait. */
    SIGHTING_READY,     /* A session may take orders. */
    SIGHTING_DOWN,      /* Its connection is gone. */
};

/* What the broker's word means for it. */
enum sighting_verdict {
    VERDICT_TAKEN,    /* It has the order. */
    VERDICT_BUSINESS, /* Rejected for a reason of the instrument, the account or the order. */
    VERDICT_FAILED,   /* Rejected for a reason of its own, or for none. */
    VERDICT_REFUSED,  /* Its session or its application does not take orders: hard. */
};

/* Spans point into the event. */
struct sighting {
    enum sighting_kind kind;
    uint64_t at_ns;
    struct span broker;
    struct span attempt;
    struct span symbol;
    struct span session;
    enum sighting_verdict verdict; /* ANSWERED */
    struct span text;              /* The broker's words, or why the session is down. */
};

/* `fields` is where the message is indexed. */
struct sighting sighting_of(struct span topic, struct span event, struct field *fields,
                            uint32_t fields_max);

/* The reason in OrdRejReason(103), with Text(58), is one of the instrument, the account or the
 * order, and none of the broker's. */
bool sighting_is_business(int64_t ord_rej_reason, struct span text);

#endif
