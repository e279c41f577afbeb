/* One command for many orders: `doubt.reroute broker=ALPHA evidence=UNKNOWN` instead of an order.
 *
 * Pure; part of the engine. It always takes two persons. When it is proposed, the orders that fit
 * are looked at, and for each the command's own plan says whether it may be done. Those of which
 * it may are written down, one by one, as they stand: this very list is what the second person
 * approves, and nothing that comes later is part of it. Approved, the command is carried out for
 * one order after another, a few in each turn, as if it were given for that order alone: with all
 * its checks, its entry in the audit and its event. An order that has changed since is left, and
 * recorded as refused. An order leaves the list in the transaction that carries it out, so a crash
 * goes on with what is left of it.
 *
 *   bulk.c           the bulks there are, their turns and their end
 *   bulk_plan.c      what a bulk would do: the list
 *   bulk_record.c    what is durable, in `control`: "bulk/" number → the bulk;
 *                    "bulk-order/" number, order key → how the order stood
 *   bulk_commands.c  bulk.list, bulk.show, bulk.abort
 *
 * The handler of such a command begins its run() and its plan() with bulk_is_one(). */
#ifndef GATEWAY_CORE_COMMANDS_BULK_H
#define GATEWAY_CORE_COMMANDS_BULK_H

#include "fix/text.h"
#include "gateway/core/orders/order.h"

struct engine;
struct command_call;

enum { BULK_WHYS_MAX = 8, BULK_WHY_BYTES_MAX = 119 };

/*    state          what became of it */
#define BULK_STATES(X)                                                                             \
    X(WAITING) /* For the second person. */                                                        \
    X(RUNNING) /* Approved: some are done, the others come. */                                     \
    X(DONE)                                                                                        \
    X(ABORTED)      /* By a person: what was done stays done. */                                   \
    X(NOT_APPROVED) /* Rejected, withdrawn, or expired. */

enum bulk_state {
#define X(name) BULK_##name,
    BULK_STATES(X)
#undef X
};

/* Why orders were left, each with how many; the last one stands for all others. */
struct bulk_whys {
    uint32_t count;
    struct {
        uint32_t orders;
        char words[BULK_WHY_BYTES_MAX + 1];
    } list[BULK_WHYS_MAX];
};

/* What the orders of a bulk amount to. */
struct bulk_sums {
    uint32_t evidence[ORDER_EVIDENCES_COUNT]; /* How many of each. */
    uint32_t may_live;                        /* Orders with a live attempt. */
    uint32_t unpriced;                        /* Orders that the worth leaves out. */
    struct decimal quantity;                  /* Left of all of them. */
    struct decimal worth;                     /* At their own prices, */
    char currency[8];                         /* in this currency; empty: not said. */
    bool uncountable; /* Several currencies, or too large: the worth says nothing. */
};

struct bulk {
    uint64_t number; /* Of its proposal. */
    enum bulk_state state;
    uint64_t since_ns; /* In this state. */
    uint32_t orders;   /* On the list, when it was proposed. */
    uint32_t done;
    uint32_t refused; /* Of the list: not carried out. */
    bool more;        /* There were more orders than one bulk takes, or looks at. */
    bool listed;      /* There may be some left of its list. */
    bool wait;        /* It goes on in the next turn, which sees all of this one. Not durable. */
    struct bulk_sums sums;
    struct bulk_whys held; /* Fitted, but are not on the list. */
    struct bulk_whys left; /* The refused ones. */
};

/* The newest; a new one takes the place of the oldest that has ended. */
struct bulks {
    uint32_t count;
    struct bulk list[BULKS_MAX];
};

/* Where the orders of a command are looked for. */
enum bulk_source {
    BULK_IN_DOUBT, /* Of one broker. */
    BULK_OPEN,     /* Of one broker. */
    BULK_DEAD,     /* Dead letters. */
};

/* The call names an order, and is no bulk. As `alone` of a spec: then one person may. */
bool bulk_is_one(struct command_call *call);

/* The plan of a bulk: writes the list; the answer says what is on it and what is not. False:
 * refused, also where nothing would be done. */
bool bulk_plan(struct command_call *call, enum bulk_source source);

/* Approved: it begins in the next turn. */
bool bulk_begin(struct command_call *call);

/* NULL, or why the store must not be used, in `error`. */
MUST_USE const char *bulk_start(struct engine *engine, struct text *error);
/* The next orders of one bulk. */
void bulk_tick(struct engine *engine);
/* Reads nothing of the store: no turn is open. */
uint64_t bulk_deadline_ns(const struct engine *engine);

#endif
