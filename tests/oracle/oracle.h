/* The judge: was any order lost, did any execute twice, and is all that was said true?
 *
 * It sees what the clients, the brokers and the bus saw, and nothing of the gateway's. It judges
 * as things happen, and once more at rest. The simulator tells it everything live; the audit of
 * real processes (tests/tools/audit.h) tells it what stands in journals and books. Written
 * without fix/ and gateway/, so that it shares no mistake with them.
 *
 * An order is known by (client, ClOrdID), and at a broker by SecondaryClOrdID(526), which the
 * client sets to "client/ClOrdID" (or the ClOrdID alone, with one client) and the gateway must
 * pass on. Quantities and prices are in 1e-8 (tests/tools/broker_number.h). One thread. */
#ifndef TESTS_ORACLE_ORACLE_H
#define TESTS_ORACLE_ORACLE_H

#include "fix/base.h"

/*     rule               what it means */
#define ORACLE_RULES(X)                                                                            \
    X(SINGLE_OUTCOME, "every order with a durable answer ends in exactly one outcome")             \
    X(NO_DOUBLE, "no order executes twice, beyond its quantity, or at two brokers")                \
    X(ONE_CONTENT, "a (session, direction, MsgSeqNum) means one content for ever")                 \
    X(DURABLE_FIRST, "what is released is durable")                                                \
    X(BUS_COMPLETE, "each execution is published exactly once, and BusSeq has no hole")            \
    X(FIGURES, "CumQty, LeavesQty and AvgPx are those of the executions")                          \
    X(LEGAL_MOVES, "orders and sessions take only legal moves")                                    \
    X(ANSWERS, "every request is answered, and answers do not contradict each other")              \
    X(NUMBERS_AGREE, "sequence numbers only grow, and agree at rest")                              \
    X(LIMITS, "memory, queues and orders stay within their limits")                                \
    X(TWO_PERSONS, "what needs two persons is done by two")                                        \
    X(OBEYS, "no new order goes where people, or the router, let none go")                         \
    X(BREAKERS, "the router's breakers open with cause, move as they may, and never flap")         \
    X(SHARES, "a broker that is well gets its warm share of the orders")                           \
    X(DEADLINE, "after a tick at the deadline the deadline has moved")                             \
    X(SETTLES, "when faults are over, everything settles in bounded time")                         \
    X(STARTS, "the gateway starts on what it left behind")                                         \
    X(SAME_TRACE, "the same seed gives the same trace")

enum oracle_rule {
#define X(name, text) ORACLE_##name,
    ORACLE_RULES(X)
#undef X
};

/* "NO_DOUBLE"; what it means. */
const char *oracle_rule_name(enum oracle_rule rule);
const char *oracle_rule_text(enum oracle_rule rule);

enum { ORACLE_SESSIONS_MAX = 32, ORACLE_BROKERS_MAX = 16 };

struct oracle;

/* `violated` is called at each violation, in the call that showed it. */
struct oracle *oracle_new(void (*violated)(void *context, enum oracle_rule rule, const char *text),
                          void *context);
void oracle_free(struct oracle *oracle);

/* In the order of their numbers, each before anything is told of it. */
void oracle_add_broker(struct oracle *oracle, const char *name);
void oracle_add_session(struct oracle *oracle, const char *name, uint32_t broker);

/* So many orders of a client, or of all (NULL), may be open at once; of that quantity at most. */
void oracle_limit_open(struct oracle *oracle, const char *client, uint32_t most);
void oracle_limit_quantity(struct oracle *oracle, const char *client, int64_t most);

/* So many orders without its word may be with a broker when another goes there; HALF_OPEN, so
 * many new ones go there in all. */
void oracle_broker_capacity(struct oracle *oracle, uint32_t broker, uint32_t most);
void oracle_broker_probes(struct oracle *oracle, uint32_t broker, uint32_t most);

/* All brokers can take orders as long as nothing on the bus says otherwise: each of them gets so
 * many thousandths of the orders at least, beside the others. Told of worlds without rates,
 * capacities, limits and rules. */
void oracle_warm_share(struct oracle *oracle, uint32_t permille);

/* --- What the router says, if there is one -------------------------------------- */

struct oracle_router {
    uint64_t backoff_first_ns; /* OPEN lasts so long at least, and doubles … */
    uint64_t backoff_most_ns;  /* … up to that, … */
    uint32_t jitter_permille;  /* … less that share; … */
    uint64_t forgive_ns;       /* … CLOSED for so long takes one doubling back. */
    uint64_t half_open_least_ns;
    uint32_t ramp_permille; /* With that it begins when CLOSED again, */
    uint64_t ramp_ns;       /* and grows to 1000 in that time. */

    /* So many orders in a row without a word for so long open a breaker; 0: that is not judged,
     * for the router may not see in time what the bus says. */
    uint32_t silent_orders;
    uint64_t silence_ns;
    bool shadow; /* It posts CLOSED, whatever it says. */
    bool calm;   /* Nothing is wrong in this world but orders of one instrument: none ever opens. */
};

/* Before anything is told of it; without, nobody is taken at a word about breakers. */
void oracle_router(struct oracle *oracle, const struct oracle_router *router);

/* It begins to rebuild its picture: all breakers are CLOSED as if they had never been open. Then
 * it follows the present, with nothing held against orders of before. And it ends, or stands
 * still. */
void oracle_router_begins(struct oracle *oracle);
void oracle_router_follows(struct oracle *oracle);
void oracle_router_ends(struct oracle *oracle);

/* It says that a breaker has moved, at that time by its own clock. It never runs backwards. */
void oracle_breaker_said(struct oracle *oracle, uint32_t broker, struct span state, uint64_t at_ns);

/* It asks the gateway for that. */
void oracle_router_posts(struct oracle *oracle, uint32_t broker, struct span state, uint32_t ramp,
                         uint64_t at_ns);

/* --- What clients saw: whole messages, SOH between fields ------------------------ */

/* Each sending, repetitions too. What is no FIX message is passed over. */
void oracle_request(struct oracle *oracle, const char *client, struct span message);
/* The same once more, of which only the name is known. */
void oracle_request_again(struct oracle *oracle, const char *client, struct span cl_ord_id);
void oracle_answer(struct oracle *oracle, const char *client, struct span message);

/* Two persons sent that order on, at their risk, as an event says that is told only behind the
 * books. That they did so is judged all the same. */
void oracle_forced(struct oracle *oracle, const char *client, struct span cl_ord_id);

/* --- What the bus said ----------------------------------------------------------- */

/* As it stood on the bus, and as it came to a subscriber, in order and once. An event's bytes
 * are the same both times. What was committed and not published before a crash is published
 * never: only replay has it. */
void oracle_published(struct oracle *oracle, uint64_t bus_seq, struct span topic,
                      struct span message);
void oracle_event(struct oracle *oracle, uint64_t bus_seq, struct span topic, struct span message);

/* FNV-1a, 64 bits. */
uint64_t oracle_hash(struct span bytes);

/* Only the oracle_hash() of what stood on the bus is known. */
void oracle_published_hash(struct oracle *oracle, uint64_t bus_seq, uint64_t hash);

/* A life of the gateway begins: the first number it publishes may leave some out. Whoever tells
 * of lives tells of all; without, published numbers need only grow. */
void oracle_gateway_started(struct oracle *oracle);

/* --- What went over a session's lines, as the broker saw it ----------------------- */

/* Of sessions whose settings say so: the gateway counts one as READY only when the broker has
 * answered its TestRequest. */
void oracle_session_proves(struct oracle *oracle, uint32_t session);

/* Whether it is a drop-copy session. Whoever tells of one session tells of all; without, it is one
 * as long as no order was sent there. */
void oracle_session_copies(struct oracle *oracle, uint32_t session, bool copies);

/* Of sessions whose settings say so (ResendOrders=N): a new order goes out once. When it is asked
 * for again, a gap fill takes its place. */
void oracle_session_fills_over(struct oracle *oracle, uint32_t session);

/* The gateway was without a line of that session for so long that it must have told what that
 * means for the session's orders: all up to that event were committed. */
void oracle_session_was_down(struct oracle *oracle, uint32_t session, uint64_t bus_seq);

/* Whole messages that came from the gateway; that the broker sent. */
void oracle_received(struct oracle *oracle, uint32_t session, struct span message);
void oracle_sent(struct oracle *oracle, uint32_t session, struct span message);

/* Numbers begin anew in both directions by the rules: the day of either side ended, an operator
 * had them reset, or a Logon with 141=Y was exchanged (one from the gateway, 34=1, is seen here
 * by itself; telling it too does no harm). Or against them, since the broker lost its state: what
 * is due from the gateway is `in_next`. Both excuse what was in doubt by then. */
void oracle_numbers_reset(struct oracle *oracle, uint32_t session);
void oracle_numbers_lost(struct oracle *oracle, uint32_t session, uint64_t in_next);

/* --- What the brokers' books did ---------------------------------------------------- */

/* It took a new order into its book, under the attempt's ClOrdID. */
void oracle_book_taken(struct oracle *oracle, uint32_t broker, const char *attempt,
                       const char *marker, int64_t quantity, int64_t price);
/* It said something about it: accepted it, say. Whatever oracle_sent() is told does so too. */
void oracle_book_acknowledged(struct oracle *oracle, uint32_t broker, const char *attempt);
/* It accepted a replace: from now on the attempt is known by `attempt_new`. */
void oracle_book_replaced(struct oracle *oracle, uint32_t broker, const char *attempt,
                          const char *attempt_new, int64_t quantity, int64_t price);
void oracle_book_executed(struct oracle *oracle, uint32_t broker, const char *attempt,
                          const char *exec_id, int64_t quantity, int64_t price);
/* `exec_id` is that of the execution in question, however often it was corrected. */
void oracle_book_busted(struct oracle *oracle, uint32_t broker, const char *exec_id);
void oracle_book_corrected(struct oracle *oracle, uint32_t broker, const char *exec_id,
                           int64_t quantity, int64_t price);

/* A bust opens an order again that was filled; none that ended otherwise. An order whose
 * executions reach its quantity is filled without being told so. */
enum oracle_end {
    ORACLE_FILLED,
    ORACLE_CANCELLED,
    ORACLE_REJECTED,
    ORACLE_EXPIRED,
};
void oracle_book_ended(struct oracle *oracle, uint32_t broker, const char *attempt,
                       enum oracle_end how);

/* A report that the gateway can never get by FIX: the broker filled the gap over it, lost it, or
 * its numbers began anew before it had arrived. Its order may then stay where the gateway last
 * knew it, and its figures behind the book's; never the other way round. `exec_id` NULL: some
 * report on that attempt that was no execution. */
void oracle_book_withheld(struct oracle *oracle, uint32_t broker, const char *attempt,
                          const char *exec_id);

/* The bus told of a failover that has not ended. */
bool oracle_failover_runs(const struct oracle *oracle);

/* --- Judgement ----------------------------------------------------------------------- */

struct oracle_counts {
    uint64_t requests; /* Different ones. */
    uint64_t orders;
    uint64_t acknowledged;
    uint64_t refused;
    uint64_t filled;
    uint64_t cancelled;
    uint64_t rejected;
    uint64_t expired;
    uint64_t resting; /* At a broker, live in its book. */
    uint64_t queued;
    uint64_t held;                            /* IN_DOUBT or DEAD_LETTER, with an excuse. */
    uint64_t forced;                          /* Sent on by two persons, at their risk. */
    uint64_t lost;                            /* Acknowledged, and nobody knows where they are. */
    uint64_t unanswered;                      /* Requests without any answer. */
    uint64_t executed_at[ORACLE_BROKERS_MAX]; /* Orders with an execution there. */
    uint64_t executions;
    uint64_t events;
    uint64_t wire_messages; /* First sendings. */
    uint64_t wire_repeats;  /* With PossDup. */
    uint64_t violations;
};

/* At rest: every request answered, nothing on its way, the subscriber at the bus's end. */
void oracle_judge(struct oracle *oracle);
struct oracle_counts oracle_counts(const struct oracle *oracle);

#endif
