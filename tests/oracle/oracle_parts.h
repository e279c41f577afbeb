/* What the parts of the oracle share.
 *
 *   oracle.c            names of rules, memory, violations
 *   oracle_message.c    reading FIX            oracle_map.c    looking up
 *   oracle_requests.c   what clients asked for, and the orders that come of it
 *   oracle_answers.c    what they were answered
 *   oracle_bus.c        the stream of events
 *   oracle_orders.c     an order's events: state, figures, terms
 *   oracle_fills.c      executions on the bus
 *   oracle_books.c      what the brokers did
 *   oracle_control.c    what people said, and that it was obeyed
 *   oracle_canary.c     canary orders, each for one broker
 *   oracle_failover.c   the failover procedure
 *   oracle_limits.c     limits on orders
 *   oracle_breakers.c   the router's breakers, and shares of the orders (oracle_breakers.h)
 *   oracle_ladder.c     from attempt to attempt: whether the one before is dead
 *   oracle_sessions.c   resets, what brokers sent, events of sessions
 *   oracle_wire.c       what came from the gateway over the lines
 *   oracle_judge.c      the judgement at rest
 *
 * Things refer to each other by their place in an array, which never changes; ORACLE_NONE is
 * none. */
#ifndef TESTS_ORACLE_ORACLE_PARTS_H
#define TESTS_ORACLE_ORACLE_PARTS_H

#include "tests/oracle/oracle.h"
#include "tests/oracle/oracle_breakers.h"
#include "tests/oracle/oracle_map.h"
#include "tests/oracle/oracle_message.h"
#include "tests/tools/broker_number.h"

#define ORACLE_NONE UINT32_MAX

enum {
    ORACLE_TEXT_BYTES_MAX = 400,
    ORACLE_RANGES_MAX = 32,
    ORACLE_TESTS_MAX = 16,
    ORACLE_LIMITS_MAX = 8,
    ORACLE_KILLS_MAX = 32
};

/*    state         OrdStatus(39)   after it nothing more happens by itself */
#define ORACLE_STATES(X)                                                                           \
    X(RECEIVED, 'A', false)                                                                        \
    X(QUEUED, 'A', false)                                                                          \
    X(ROUTED, 'A', false)                                                                          \
    X(SENT, 'A', false)                                                                            \
    X(IN_DOUBT, 'A', false)                                                                        \
    X(ACKED, '0', false)                                                                           \
    X(PARTIAL, '1', false)                                                                         \
    X(FILLED, '2', true)                                                                           \
    X(CANCELLED, '4', true)                                                                        \
    X(REJECTED, '8', true)                                                                         \
    X(EXPIRED, 'C', true)                                                                          \
    X(DEAD_LETTER, 'A', false)

/* OrderState(10005). */
enum state {
#define X(name, status, terminal) STATE_##name,
    ORACLE_STATES(X)
#undef X
        STATE_UNKNOWN, /* Before the first event; or a name that is none of these. */
};

/* What an order is at one moment, as events and answers tell it. */
struct standing {
    enum state state;
    bool has_price;
    int64_t quantity;
    int64_t price;
    int64_t cumulative;
    int64_t leaves;
    int64_t average;
};

/* A standing in the life of an order, or one that an answer told and no event yet. */
struct moment {
    struct standing standing;
    uint32_t next;
};

/* One of the things that were asked for under one ClOrdID. */
struct content {
    uint64_t hash;
    char kind; /* 'D', 'F', 'G' */
    char side;
    char time_in_force;
    bool has_price;
    int64_t quantity;
    int64_t price;
    uint64_t symbol; /* A key. */
    uint32_t orig;   /* The request that it names by 41; or NONE. */
    uint32_t order;  /* That it begins, or is about. */
    uint32_t sendings;
    uint32_t request;
    uint32_t next;          /* Of the same request. */
    uint32_t next_of_order; /* That it begins, or is about. */
};

/* A ClOrdID of a client. */
struct request {
    const char *name; /* "OMS1/7" */
    uint32_t contents;
    uint32_t accepted; /* The content that the gateway took; NONE: unknown as yet. */
    bool doubtful;     /* Or another one with equal terms. */
    uint32_t order;    /* Of the first content that has one. */
    uint32_t sendings; /* With those of status requests. */
    uint32_t answers;
    uint32_t status_sendings; /* Of `sendings`: only its state was asked for. */
    uint32_t known_answers;   /* That told its order's state. */
    uint32_t refusals_after;  /* It was acknowledged. */
    char told; /* The ExecType of the answer that took it: 'A', '6', '4' …; or 0. */
    bool acknowledged;
    bool refused;
    bool outcome; /* Of a cancel or replace: the bus told it. */
};

struct order {
    const char *name; /* "OMS1/7", of the request that began it. */
    uint64_t id;      /* OrderID(37), as a key; 0: not told yet. */
    uint32_t request;
    uint32_t current;  /* The request whose terms it has. */
    uint32_t contents; /* All that was asked for it, newest first. */
    uint32_t attempt;  /* That the last event told. */
    uint64_t asked_moment;
    uint64_t queued_seq; /* The event that put it into the queue. */
    bool begun;          /* Its terms are known. */
    bool given_up;       /* It once was DEAD_LETTER, or came back to the queue. */
    char time_in_force;
    struct standing now; /* As the bus told it so far. */
    broker_wide notional;
    uint32_t events;
    uint32_t moments, moments_last;
    uint32_t matched;               /* The moment that the last answer told. */
    uint32_t pending, pending_last; /* Answers that are ahead of the bus. */
    uint32_t asked_at;              /* The newest moment when its status was last asked for. */
    bool asked;
    bool forced;           /* Two persons sent it on from an attempt that may live. */
    bool by_us;            /* The gateway has cancelled it, for people or a kill. */
    bool twice;            /* It was in two books at once. */
    bool overdone;         /* More was executed than was asked for. */
    uint32_t risks;        /* So often, by what its events say; */
    uint32_t forcings;     /* and by the persons. */
    uint32_t words;        /* So often it was no more in doubt, and nothing had proven that; */
    uint32_t settlings;    /* and so often a person had its broker's word. */
    uint32_t known;        /* Its attempts, in books or not, newest first. */
    uint32_t attempts;     /* In books, newest first. */
    uint64_t symbol;       /* A key. */
    uint64_t account;      /* As well; 0: not known. */
    int64_t quantity_most; /* The largest that was ever asked for. */
    int64_t executed;      /* In all books. */
};

/* A broker-facing ClOrdID of an order, and the broker's row under it. */
struct attempt {
    const char *name;
    uint32_t order;
    uint32_t broker;         /* NONE: not known yet. */
    uint32_t session;        /* Where it was first seen; NONE: on no line. */
    uint64_t sighted_moment; /* When it was first seen on a line, or in a book. */
    uint64_t answered_seq;   /* The event that first told of the broker's word on it; 0: none. */
    uint64_t held_seq;       /* The event that first called it held for a person; 0: none. */
    uint32_t epoch;          /* The numbering it was first seen in. */
    bool sighted;
    bool taken;    /* It is in the book. */
    bool reported; /* The broker said something about it. */
    bool withheld;
    bool voided;   /* Its number was filled over before the broker had said anything. */
    bool refused;  /* By its broker, with a Reject or BusinessMessageReject. */
    bool doubted;  /* The bus called it in doubt. */
    bool dropped;  /* Its order was back in the queue, or given up, before its broker's word. */
    bool given_up; /* The bus told that its order goes on without it. */
    bool forced;   /* Two persons did that. */
    bool followed; /* Another one showed itself at a broker while it might have lived. */
    bool told_live;
    uint64_t told_seq; /* The event that first named it. */
    uint32_t number;   /* The wire_number of its order; NONE: not seen. */
    uint64_t seq;      /* And its MsgSeqNum. */
    int64_t elsewhere; /* Executed of the order when the bus first named it. */
    uint32_t next_known;
    bool ended;
    enum oracle_end end;
    int64_t quantity;
    int64_t price;
    int64_t cumulative;
    uint32_t next; /* Of the order, in books. */
};

struct execution {
    const char *name; /* "ALPHA E17" */
    uint32_t attempt; /* NONE: no book made it. */
    uint32_t order;   /* By the bus. */
    int64_t quantity; /* As it stands in the book. */
    int64_t price;
    int64_t quantity_first;
    int64_t price_first;
    int64_t bus_quantity;
    int64_t bus_price;
    uint32_t changes; /* Busts and corrections in the book; and on the bus. */
    uint32_t bus_changes;
    bool busted;
    bool bus_live;
    bool on_bus;
    bool withheld;
};

/* A number of the gateway's in one numbering. */
struct wire_number {
    uint64_t content;
    const char *sending_time; /* Of its first sending; NULL: that is not known. */
    uint32_t attempt;         /* Of a new order; or NONE. */
    char type;                /* MsgType; 0: only filled over as yet. */
    bool filled;              /* A gap fill has stood for it. */
    uint32_t filled_at;       /* The newest of the session's fills that did; 0: none. */
};

/* What a broker said under a number of its own. */
struct report_sent {
    uint32_t attempt;
    uint64_t execution; /* A key: of its ExecID. */
};

/* What the broker asked for again. */
struct range {
    uint64_t begin;
    uint64_t end;
    uint64_t bus_seq; /* What the bus had told by then. */
    bool by_logon;    /* By its 789. */
};

/* A TestRequest of the gateway's, and what had come before it. */
struct test_sent {
    uint64_t id; /* A key. */
    uint32_t fills;
    uint64_t blind_seq;
    bool blind_any;
};

/* A report of a drop copy, by its ExecID. */
struct copied {
    uint32_t session;
    uint32_t sent; /* Under so many numbers. */
    uint32_t told; /* So often on the bus. */
};

struct session {
    const char *name;
    uint32_t broker;
    uint32_t epoch;      /* Numberings so far. */
    bool epoch_due;      /* A new one was told of, and has not shown itself. */
    uint64_t out_last;   /* The highest number without PossDup in this one. */
    bool out_any;        /* There was one. */
    bool in_order;       /* Since a Logon on the line. */
    bool sent_seen;      /* What the broker sends is told to us, too. */
    bool takes_orders;   /* It was sent one. */
    bool copies;         /* It is told of as a drop copy. */
    bool proves;         /* READY needs an answer to the gateway's TestRequest. */
    bool proven;         /* There was one on this line. */
    bool reset_asked;    /* The broker's newest Logon had 141=Y. */
    bool broken;         /* The broker used a number again: the line must end. */
    bool misses;         /* On this line the gateway misses something: what is low, is not clear. */
    uint64_t sent_last;  /* The broker's newest number, on this line. */
    uint64_t logon_last; /* The gateway's newest Logon; what its 789 said. */
    bool logon_tells;    /* That had 789, and not 141=Y. */
    bool first_due;      /* Nothing has followed it yet. */
    uint64_t expects;    /* The broker's 789 at its newest Logon; 0: none. */
    uint64_t again_next; /* What is sent again goes on here; 0: nothing is. */
    uint64_t excuse_moment;                /* When its numbers last began anew or were lost. */
    struct range asked[ORACLE_RANGES_MAX]; /* What the broker asked for again: a ring. */
    uint32_t asked_count;
    bool asked_for_had;    /* On this line the broker asked for what it had had. */
    uint64_t lost_from;    /* It asked from this one on, and had answered a later one; 0: no. */
    uint32_t losses;       /* So often the gateway heard of that, */
    uint32_t losses_told;  /* and so often it told of a broker that has lost its state. */
    bool fills_over;       /* New orders never go out again here. */
    uint32_t fills;        /* Gap fills so far, of all numberings. */
    uint32_t fills_proven; /* So many were taken: the broker answered a TestRequest behind them. */
    bool blind_any;        /* A number that was never seen was filled over … */
    uint64_t blind_seq;    /* … and what the bus had told by then, at the newest. */
    bool blind_proven;     /* And was answered for. */
    uint64_t blind_proven_seq;
    struct test_sent tests[ORACLE_TESTS_MAX]; /* A ring. */
    uint32_t tests_count;
};

struct broker {
    const char *name;
    bool frozen;     /* It gets no new order until two persons thaw it. */
    bool unwanted;   /* People let no new order go there. */
    bool wanted;     /* They do, whatever is measured. */
    bool open;       /* Its breaker is; */
    bool half_open;  /* or half of it, */
    uint32_t probes; /* and so many orders went there since. */
    uint32_t probes_most;
    uint32_t capacity;      /* 0: any. */
    char admin;             /* What holds: 'A'uto, 'D'rain, 'M', 'O'pen, 'C'losed, 'K' canaries; */
    char people;            /* and what people said last, or a failover that was done. */
    bool left;              /* By a failover: no new order goes there. */
    uint64_t excuse_moment; /* The newest of its sessions. */
    uint64_t executed;      /* Orders with an execution here; counted by the judgement. */
};

/* What people killed: "all", "client:OMS1", "account:A", "symbol:VOD", "broker:ALPHA". */
struct kill_scope {
    const char *name;
    bool on;
};

/* Of all clients, or of one. */
struct limit {
    const char *client; /* NULL: all. */
    uint32_t open_most;
    uint32_t open;
    int64_t quantity_most;
};

/* The latest failover, as the bus told it (oracle_failover.c). */
struct failover_told {
    uint64_t number; /* 0: there was none. */
    uint32_t step;   /* Of oracle_failover.c. */
    uint32_t from;
    uint32_t to;
    uint64_t step_seq;        /* The event that told the step, */
    uint32_t second;          /* and when: of the day, by the gateway's clock. */
    const char *owed;         /* Why the step came too early, unless a person said so; static. */
    bool approved;            /* Its command was told. */
    bool goes_back;           /* It is the one before with its brokers changed round. */
    bool lifted;              /* CANARY: people let all orders go to the new broker. */
    bool switched;            /* It made the new broker the primary, */
    uint32_t primary_before;  /* in the place of this one. */
    uint32_t canaries_most;   /* As it was asked for, */
    uint32_t quiesce_seconds; /* too. */
};

/* An event of the bus, or what it looked like when it was published. */
struct bus_entry {
    uint64_t hash;      /* Of what a subscriber got; 0: nothing yet. */
    uint64_t published; /* Of what stood on the bus; 0: nothing. */
    uint64_t topic;     /* A key; 0: not told. */
};

struct oracle {
    void (*violated)(void *context, enum oracle_rule rule, const char *text);
    void *context;
    struct oracle_counts counts;
    struct oracle_texts texts;
    uint64_t moments_passed; /* Grows with each excuse. */
    uint64_t answers_unnamed;
    uint64_t answers;
    uint64_t sendings;

    struct oracle_breakers breakers;
    struct broker brokers[ORACLE_BROKERS_MAX];
    struct session sessions[ORACLE_SESSIONS_MAX];
    struct limit limits[ORACLE_LIMITS_MAX];
    struct kill_scope kills[ORACLE_KILLS_MAX];
    uint32_t kills_count;
    struct failover_told failover;
    bool by_primary;  /* All new orders go to one broker, */
    uint32_t primary; /* this one, */
    bool has_rules;   /* but for those that rules send elsewhere. */
    uint32_t brokers_count, sessions_count, limits_count;

    struct oracle_map requests_by_name; /* Client, ClOrdID. */
    struct oracle_map orders_by_marker;
    struct oracle_map orders_by_id;   /* OrderID(37). */
    struct oracle_map orders_by_name; /* "OMS1/7" */
    struct oracle_map attempts_by_name;
    struct oracle_map bulks; /* By number, as people said last: a key of who approved it, or 0. */
    struct oracle_map executions_by_name; /* Broker, ExecID. */
    struct oracle_map executions_by_id;   /* Our ExecID. */
    struct oracle_map exec_ids;           /* All of ours, and all of the brokers'. */
    struct oracle_map numbers_by_key;     /* Session, epoch, number. */
    struct oracle_map reports_by_number;  /* Session, the broker's number; the newest. */
    struct oracle_map sessions_by_name;
    struct oracle_map copies_by_name;   /* Broker, ExecID. */
    struct oracle_map copies_by_number; /* Session, epoch, number, ExecID. */
    struct oracle_map overrides;        /* Orders that two persons let pass their limits. */

    struct request *requests;
    struct content *contents;
    struct order *orders;
    struct attempt *attempts;
    struct execution *executions;
    struct moment *moments;
    struct wire_number *numbers;
    struct report_sent *reports;
    struct copied *copies;
    struct bus_entry *bus; /* By BusSeq - 1. */
    uint32_t requests_count, requests_capacity;
    uint32_t contents_count, contents_capacity;
    uint32_t orders_count, orders_capacity;
    uint32_t attempts_count, attempts_capacity;
    uint32_t executions_count, executions_capacity;
    uint32_t moments_count, moments_capacity;
    uint32_t numbers_count, numbers_capacity;
    uint32_t reports_count, reports_capacity;
    uint32_t copies_count, copies_capacity;
    uint32_t bus_count, bus_capacity;

    uint64_t bus_understood; /* The last event that was taken in. */
    bool bus_live;           /* It was taken in as it was published, not later by replay. */
    uint64_t bus_delivered;  /* The last that came to the subscriber. */
    uint64_t published_last; /* The last that stood on the bus. */
    bool copies_told;        /* oracle_session_copies() is used. */
    bool lives_told;         /* oracle_gateway_started() is used. */
    bool published_in_life;  /* Something was, in this life. */
};

/* --- oracle.c ------------------------------------------------------------------------ */

void oracle_violate(struct oracle *oracle, enum oracle_rule rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A number as text for a violation; several stand in one. */
struct number_text {
    char text[BROKER_NUMBER_BYTES_MAX];
};
struct number_text oracle_number_text(int64_t number);

const char *oracle_state_name(enum state state);
enum state oracle_state_of(struct span name);
char oracle_state_status(enum state state);
bool oracle_state_is_terminal(enum state state);

/* --- oracle_bus.c ----------------------------------------------------------------------- */

/* All events that were committed before now are known here. Nothing is, right after a crash: some
 * were never published. */
bool oracle_bus_is_known(const struct oracle *oracle);

/* --- oracle_requests.c --------------------------------------------------------------- */

/* The request of that name, or NONE. */
uint32_t oracle_request_find(const struct oracle *oracle, struct span client,
                             struct span cl_ord_id);

/* The order that the request began, or is about; NONE. */
uint32_t oracle_request_order(const struct oracle *oracle, uint32_t request);

/* Something shows that the gateway took the request. Which of several contents it was is seen by
 * the terms that `message` tells; false: none of those sent. */
bool oracle_request_accept(struct oracle *oracle, uint32_t request, const char *kinds,
                           const struct oracle_message *message);

/* The order's terms become those of the request that was accepted. */
void oracle_order_take_terms(struct oracle *oracle, uint32_t order, uint32_t request);

/* Something shows that the order is known to the gateway: its terms are settled. */
void oracle_order_begin(struct oracle *oracle, uint32_t order,
                        const struct oracle_message *message);

/* The message has the terms of something that was asked for the order. */
bool oracle_order_asked_for(const struct oracle *oracle, const struct attempt *attempt,
                            const struct oracle_message *message);

/* --- oracle_orders.c ------------------------------------------------------------------ */

/* What a report or order event tells of where its order stands. False: it tells nothing. */
bool oracle_standing_read(const struct oracle_message *message, struct standing *out);
bool oracle_standing_equal(const struct standing *a, const struct standing *b);
/* "SENT 0 of 100 @ 71.2, leaves 100, average 0" */
struct standing_text {
    char text[160];
};
struct standing_text oracle_standing_text(const struct standing *standing);

/* OrdStatus(39) says what OrderState(10005) says, or that a change of the order is pending. */
bool oracle_status_fits(const struct oracle_message *message, enum state state);

/* OrderID(37) is the same in all that is said of an order, and of no other. */
void oracle_order_check_id(struct oracle *oracle, uint32_t order,
                           const struct oracle_message *message, const char *where);

void oracle_order_event(struct oracle *oracle, uint64_t bus_seq, struct span topic,
                        const struct oracle_message *message);

/* --- oracle_fills.c ------------------------------------------------------------------- */

/* The event's execution, bust or correction is taken into the order's figures. */
void oracle_fill_event(struct oracle *oracle, uint64_t bus_seq, uint32_t order,
                       const struct oracle_message *message);

/* --- oracle_books.c ------------------------------------------------------------------- */

/* The attempt of that name; a new one if there is none. */
uint32_t oracle_attempt_add(struct oracle *oracle, struct span name);
bool oracle_attempt_find(const struct oracle *oracle, struct span name, uint32_t *attempt);
/* It belongs to the order, as all that was said of it before. */
void oracle_attempt_belongs(struct oracle *oracle, uint32_t attempt, uint32_t order);
uint64_t oracle_execution_key(const struct oracle *oracle, uint32_t broker, struct span exec_id);
uint32_t oracle_broker_find(const struct oracle *oracle, struct span name);
bool oracle_attempt_is_live(const struct attempt *attempt);
bool oracle_attempt_is_full(const struct attempt *attempt);
/* Since the attempt went out, numbers began anew or were lost: nobody can know. */
bool oracle_order_is_excused(const struct oracle *oracle, const struct order *order,
                             uint32_t attempt);
/* Some broker never told the gateway all it did with it, or what it said of it. */
bool oracle_order_is_withheld(const struct oracle *oracle, const struct order *order);
/* The newest attempt in a book that is live; NONE. */
uint32_t oracle_order_live_attempt(const struct oracle *oracle, const struct order *order);

/* --- oracle_control.c -------------------------------------------------------------------- */

void oracle_control_event(struct oracle *oracle, uint64_t bus_seq,
                          const struct oracle_message *message);
/* An alert may tell that a broker is frozen. */
void oracle_freeze_event(struct oracle *oracle, const struct oracle_message *message);
void oracle_routing_event(struct oracle *oracle, const struct oracle_message *message);
void oracle_attempt_goes(struct oracle *oracle, uint64_t bus_seq, const struct attempt *attempt,
                         const struct oracle_message *message);
/* The kill switch that holds the order (at that broker, or NONE); NULL. */
const char *oracle_order_killed(const struct oracle *oracle, const struct order *order,
                                uint32_t broker);
/* An event of the order: its first one is that it was taken. */
void oracle_order_comes(struct oracle *oracle, uint64_t bus_seq, const struct order *order);
/* What was killed works no more. */
void oracle_judge_kills(struct oracle *oracle);

/* "broker=ALPHA reason=phone": the value of `name`. */
struct span oracle_argument(struct span arguments, const char *name);

/* --- oracle_canary.c --------------------------------------------------------------------- */

bool oracle_order_is_canary(const struct order *order);
/* The order, whatever it is, goes to that broker, or is in its book. */
void oracle_canary_at(struct oracle *oracle, const struct order *order, uint32_t broker);

/* --- oracle_failover.c ------------------------------------------------------------------- */

/* An alert may tell a step; a command that was carried out may be about it. */
void oracle_failover_event(struct oracle *oracle, uint64_t bus_seq,
                           const struct oracle_message *message);
void oracle_failover_command(struct oracle *oracle, uint64_t bus_seq, struct span command,
                             struct span arguments);
/* A new order has just gone to that broker: NULL, or why it may not. */
const char *oracle_failover_refuses(const struct oracle *oracle, const struct order *order,
                                    uint32_t broker);
void oracle_judge_failover(struct oracle *oracle);

/* --- oracle_limits.c --------------------------------------------------------------------- */

/* Two persons let an order pass its limits. */
void oracle_limit_override(struct oracle *oracle, struct span command, struct span arguments);
/* The order is about to be in that state. */
void oracle_limit_count(struct oracle *oracle, uint64_t bus_seq, const struct order *order,
                        enum state state);

/* --- oracle_ladder.c --------------------------------------------------------------------- */

/* A gap fill stands for the number. */
void oracle_fill_note(struct oracle *oracle, struct session *session, struct wire_number *number);
/* The gateway's TestRequest came; the broker answers one. */
void oracle_test_received(struct session *session, const struct oracle_message *message);
void oracle_test_answered(struct session *session, const struct oracle_message *message);
/* NULL: it is dead, and can never execute again. Else why that is not sure. */
const char *oracle_attempt_lives(const struct oracle *oracle, const struct attempt *attempt);
/* The bus says that its order goes on without it. */
void oracle_attempt_given_up(struct oracle *oracle, uint64_t bus_seq, uint32_t attempt,
                             bool possible_duplicate);
/* It shows itself at a broker for the first time. */
void oracle_attempt_follows(struct oracle *oracle, uint32_t attempt);
void oracle_judge_attempt(struct oracle *oracle, const struct attempt *attempt);
void oracle_judge_risks(struct oracle *oracle, const struct order *order);
/* It has gone on from an attempt. */
bool oracle_order_has_moved(const struct oracle *oracle, const struct order *order);
/* With `wanted` of its order asked for, the attempt may ask for `quantity`. */
bool oracle_attempt_may_ask(const struct oracle *oracle, const struct attempt *attempt,
                            int64_t wanted, int64_t quantity);

/* --- oracle_sessions.c ------------------------------------------------------------------ */

/* Numbers begin anew or were lost: what was out before may be in doubt for good. */
void oracle_session_excuse(struct oracle *oracle, uint32_t session);
/* An alert may tell that a broker has lost its state. */
void oracle_loss_event(struct oracle *oracle, const struct oracle_message *message);
void oracle_alert_event(struct oracle *oracle, const struct oracle_message *message);

/* A number of the gateway's in one numbering; the newest report under a number of the broker's. */
uint64_t oracle_number_key(uint32_t session, uint32_t epoch, uint64_t seq);
uint64_t oracle_report_key(uint32_t session, uint64_t seq);

void oracle_session_event(struct oracle *oracle, uint64_t bus_seq,
                          const struct oracle_message *message);

/* --- oracle_resends.c ------------------------------------------------------------------- */

/* The gateway's Logon came, or something behind it: what was asked for again comes wholly, and
 * nothing in between. */
void oracle_line_begins(struct session *session, const struct oracle_message *logon, uint64_t seq);
void oracle_line_goes_on(struct oracle *oracle, uint32_t session,
                         const struct oracle_message *message, uint64_t seq, bool poss_dup);

/* An order goes to a broker: whether it may. */
void oracle_order_goes_out(struct oracle *oracle, uint32_t session, uint32_t attempt,
                           const struct oracle_message *message, uint64_t seq, bool poss_dup);

/* A report on a session without orders; what the bus says of it. */
void oracle_copy_sent(struct oracle *oracle, uint32_t session,
                      const struct oracle_message *message);
void oracle_copy_event(struct oracle *oracle, uint64_t bus_seq,
                       const struct oracle_message *message);
void oracle_judge_copies(struct oracle *oracle);

#endif
