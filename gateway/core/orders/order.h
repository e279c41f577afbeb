/* An order: what the OMS asked for, and where it stands (design §8).
 *
 * Pure. Orders live in the store and are read through the view; a struct order
 * is a decoded copy whose texts point into the record it was read from (valid
 * until the end of the turn) or wherever a step has put them. */
#ifndef GATEWAY_CORE_ORDERS_ORDER_H
#define GATEWAY_CORE_ORDERS_ORDER_H

#include "fix/decimal.h"
#include "gateway/core/engine/names.h"
#include "gateway/core/engine/view.h"

/*    state        OrdStatus(39)   meaning */
#define ORDER_STATES(X)                                                                            \
    X(RECEIVED, 'A')    /* Durable; nothing decided yet. */                                        \
    X(QUEUED, 'A')      /* No broker can take it now; safe, waiting. */                            \
    X(ROUTED, 'A')      /* A broker was chosen. */                                                 \
    X(SENT, 'A')        /* Has a MsgSeqNum at that broker's session; no word yet. */               \
    X(IN_DOUBT, 'A')    /* The session dropped before any word came. */                            \
    X(ACKED, '0')       /* The broker has it. */                                                   \
    X(PARTIAL, '1')     /* Partly filled. */                                                       \
    X(FILLED, '2')      /* All of it. */                                                           \
    X(CANCELLED, '4')   /* */                                                                      \
    X(REJECTED, '8')    /* By the broker. */                                                       \
    X(EXPIRED, 'C')     /* */                                                                      \
    X(DEAD_LETTER, 'A') /* Cannot go on by itself: a person is needed. */

enum order_state {
#define X(name, status) ORDER_##name,
    ORDER_STATES(X)
#undef X
};

/* What is known of whether the broker got the latest attempt (docs/failover.md). */
#define ORDER_EVIDENCES(X)                                                                         \
    X(NONE)         /* It went out, and the line has held since; or nothing is known. */           \
    X(NOT_RECEIVED) /* The broker asked for its number, or expects it: it is filled over and can   \
                       never arrive. Dead once an echo behind the fill proves that it was taken.   \
                     */                                                                            \
    X(RECEIVED)     /* The broker's numbers are past it, or it spoke of it. */                     \
    X(UNPROVEN)     /* Numbers prove nothing: the broker lost its state, or began anew. */         \
    X(UNKNOWN)      /* Asked for its status, the broker says that it knows no such order. */

enum order_evidence {
#define X(name) EVIDENCE_##name,
    ORDER_EVIDENCES(X)
#undef X
};
enum { ORDER_EVIDENCES_COUNT = EVIDENCE_UNKNOWN + 1 };

/* What a replace may change. */
struct order_terms {
    struct decimal quantity; /* OrderQty(38) */
    struct decimal price;    /* Price(44), if has_price. */
    bool has_price;
    char ord_type;       /* OrdType(40) */
    char time_in_force;  /* TimeInForce(59); '0' if it was not given. */
    uint64_t expires_ns; /* When time_in_force ends it; UINT64_MAX = never. */
};

struct order {
    struct span client;        /* Who it belongs to; with cl_ord_id its identity for ever. */
    struct span cl_ord_id;     /* As first given. */
    struct span cl_ord_id_now; /* After accepted replaces: what the OMS names it by. */
    uint64_t number;           /* Of our OrderID(37). */
    uint64_t content;          /* Of the original request, to recognise its repetition. */
    enum order_state state;    /* Written only by order_become(). */
    uint64_t created_ns;
    uint64_t changed_ns; /* When the state last changed. */
    struct span reason;  /* Why it is in this state; may be empty. */

    /* What was asked for, as it stands after replaces. */
    struct span symbol;
    struct span account;
    struct span currency;
    char side;
    struct order_terms terms;
    /* The request's fields that go to a broker: not ClOrdID, header, in-house. */
    struct span body;

    /* The order's own totals, over all its attempts. */
    struct decimal cum_quantity;
    struct decimal_sum notional; /* Σ price × quantity of its fills. */

    uint64_t arrival; /* Place in the queue; 0 = not queued. */

    /* Its latest attempt. */
    uint32_t attempts; /* How many there were. */
    bool unacked;      /* Sent, and no word of the broker yet. */
    bool left;         /* The order has done with it, by no word of the broker. */
    struct span broker;
    struct span session_id;
    struct span attempt_id;          /* Broker-facing ClOrdID. */
    struct span attempt_id_now;      /* After accepted replaces: what the broker names it by. */
    uint64_t attempt_number;         /* Of the attempt_id. */
    uint64_t attempt_seq;            /* MsgSeqNum(34) it went out with. */
    uint32_t attempt_resets;         /* Session day it went out in: struct session, `resets`. */
    struct span broker_order_id;     /* The broker's OrderID(37). */
    struct decimal attempt_quantity; /* What it asks for: all of the order, or its leaves then. */
    struct decimal elsewhere;        /* Of cum_quantity: what attempts before it executed. */

    /* Of the latest attempt while it is unacked; what is given up by doubt starts anew. */
    enum order_evidence evidence;
    uint64_t evidence_ns; /* Since when. */
    uint64_t asked_ns;    /* When its status was last asked for; 0: never. */
    uint32_t asked_count; /* How often. */
    bool doubt_told;      /* That it is in doubt for longer than InDoubtDeadline. */
    bool vouched;         /* A drop copy, or people, say that the broker has it: so it is, whatever
                             its session's numbers say. */

    bool forced; /* Two persons sent it on from an attempt that may live: PossibleDuplicate. */
    bool moving; /* Its attempt is being cancelled, so that its leaves go to another broker. */

    /* A cancel or replace on its way. */
    char pending;                   /* 'F', 'G', or 0. */
    bool pending_sent;              /* It is with the broker; else it waits in the queue. */
    struct span pending_id;         /* Its ClOrdID from the OMS. */
    struct span pending_attempt_id; /* Its broker-facing ClOrdID; empty until sent. */

    struct name made; /* Memory for an identifier given in this step; not stored. */
};

/* A cancel or replace request, kept under its own ClOrdID beside the orders, so
 * that its repetition is recognised and its name leads to the order. */
struct order_request {
    struct span order_key;
    char kind; /* 'F' or 'G' */
    uint64_t content;
    struct span body;         /* As in struct order. */
    struct order_terms terms; /* Of a replace. */
};

/* The key of the `order` table. Writes into `key`; both at most their limits. */
enum { ORDER_KEY_BYTES_MAX = ENGINE_NAME_BYTES_MAX + 1 + ENGINE_CL_ORD_ID_BYTES_MAX };
struct span order_key(uint8_t key[ORDER_KEY_BYTES_MAX], struct span client, struct span cl_ord_id);

enum order_record {
    ORDER_RECORD_NONE,
    ORDER_RECORD_ORDER,
    ORDER_RECORD_REQUEST,
};

/* What stands under a key: an order, or a request that leads to one. */
enum order_record order_load(const struct view *view, struct span key, struct order *order,
                             struct order_request *request);

/* What a key of another record leads to, and so must be there: ASSERTs that it is. False
 * only if a read has failed (view.h): the caller ends its step, for the turn is void. */
MUST_USE bool order_follow(const struct view *view, struct span key, struct order *order);
MUST_USE bool order_request_follow(const struct view *view, struct span key,
                                   struct order_request *request);

/* Writes it back. `scratch` is for encoding. */
void order_save(const struct view *view, const struct order *order,
                uint8_t scratch[ORDER_RECORD_BYTES_MAX]);
void order_request_save(const struct view *view, struct span key,
                        const struct order_request *request,
                        uint8_t scratch[ORDER_RECORD_BYTES_MAX]);

/* The only writer of the state: ASSERTs that the move is legal. Staying is not a
 * move. `reason` may be empty; it is cut at ENGINE_TEXT_BYTES_MAX. */
void order_become(struct order *order, enum order_state state, uint64_t now_ns, struct span reason);
bool order_may_become(enum order_state from, enum order_state to);

/* The cancel or replace on its way is settled, one way or the other. */
void order_pending_done(struct order *order);

/* Filled, cancelled, rejected or expired: nothing is working any more. */
bool order_is_terminal(enum order_state state);

/* OrdStatus(39) towards the OMS, with a pending cancel or replace shown. */
char order_status(const struct order *order);

struct decimal order_leaves(const struct order *order);
struct decimal order_average(const struct order *order);

/* "IN_DOUBT", "NOT_RECEIVED" */
const char *order_state_name(enum order_state state);
const char *order_evidence_name(enum order_evidence evidence);

#endif
