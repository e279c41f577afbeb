/* The judge: was any order lost, and did any execute twice?
 *
 * It reads the OMS's journal and the brokers' books, nothing of the gateway's. An
 * order is recognised at a broker by SecondaryClOrdID(526), which the OMS set and
 * the gateway must pass on unchanged, and again by the attempt's name as the bus
 * told it. Judge a world at rest: every request answered, nothing in flight.
 *
 *   lost      the OMS has a durable answer, and neither the bus nor any book knows
 *             an outcome or a place where the order still is
 *   doubled   executed beyond what was ordered, at two brokers, or live in two places
 *   fault     anything else where the three records contradict each other
 *
 * One thread. */
#ifndef TESTS_TOOLS_AUDIT_H
#define TESTS_TOOLS_AUDIT_H

#include "tests/tools/broker_book.h"
#include "tests/tools/name_map.h"
#include "tests/tools/oms_journal.h"

enum {
    AUDIT_BROKERS_MAX = 4,
    AUDIT_FAULTS_MAX = 20, /* Kept as text; all are counted. */
    AUDIT_FAULT_BYTES_MAX = 320,
    AUDIT_ID_BYTES_MAX = 64,
    AUDIT_STATE_BYTES_MAX = 24,
};

/* What a durable answer is about: an order, a cancel or a replace. */
struct audit_request {
    char id[AUDIT_ID_BYTES_MAX + 1]; /* ClOrdID */
    char msg_type;                   /* 'D', 'F', 'G' */
    uint32_t order;                  /* Index of the request that began the order. */
    int64_t quantity;
    bool acknowledged; /* Durable answer: 150=A, or I, 4, 6, E … */
    bool refused;      /* 150=8, 35=3, 9, j. */

    /* Of an order, by the bus: */
    uint32_t events;
    char ord_status;
    char state[AUDIT_STATE_BYTES_MAX + 1];
    int64_t cumulative;
    int64_t average;
    int64_t executed_on_bus; /* Σ LastQty */

    /* Of an order, by the books: */
    uint32_t rows; /* Attempts that a broker has. */
    uint32_t rows_live;
    uint32_t brokers;      /* Bits: where it executed. */
    int64_t quantity_most; /* The largest quantity that was ever asked for. */
    int64_t executed;
    broker_wide notional;
    enum book_state book_state; /* Of its last row. */
};

/* One execution as the bus told it. */
struct audit_execution {
    uint32_t order;
    int64_t quantity;
    int64_t price;
    bool in_book;
};

struct audit_counts {
    uint64_t submitted; /* Orders. */
    uint64_t cancels;   /* Requests. */
    uint64_t replaces;
    uint64_t unanswered;                     /* Requests without any answer. */
    uint64_t acknowledged;                   /* Orders with a durable answer. */
    uint64_t refused;                        /* Orders refused at the door. */
    uint64_t executed;                       /* Orders wholly executed. */
    uint64_t executed_at[AUDIT_BROKERS_MAX]; /* Orders with an execution there. */
    uint64_t executions;                     /* In all books. */
    uint64_t cancelled;
    uint64_t rejected; /* By a broker. */
    uint64_t expired;
    uint64_t open;   /* At a broker. */
    uint64_t queued; /* Safe, waiting for a broker. */
    uint64_t in_doubt;
    uint64_t lost;
    uint64_t doubled;
    uint64_t faults;
    uint64_t events;        /* Entries of the bus. */
    uint64_t frames;        /* Seen raw on the bus. */
    uint64_t wire_messages; /* First-time messages by (session, MsgSeqNum) at the brokers. */
    uint64_t wire_repeats;  /* Messages whose number had come before, equal in content. */
};

/* The first message under a number, as a broker received it. */
struct audit_wire_message {
    uint64_t meaning; /* Hash of what it says. */
    bool session;     /* Session level: a gap fill may stand for it. */
    char cl_ord_id[AUDIT_ID_BYTES_MAX];
};

struct audit {
    struct audit_counts counts;
    char faults[AUDIT_FAULTS_MAX][AUDIT_FAULT_BYTES_MAX];
    char broker_names[AUDIT_BROKERS_MAX][32];
    uint32_t brokers_count;

    struct name_map ids; /* ClOrdID → request. */
    struct audit_request *requests;
    uint32_t requests_count, requests_capacity;
    struct name_map attempts; /* Attempt → entry of attempt_orders. */
    uint32_t *attempt_orders;
    uint32_t attempts_capacity;
    struct name_map executions_by_id; /* "BROKER ExecID" → execution. */
    struct audit_execution *executions;
    uint32_t executions_capacity;
    struct name_map exec_ids; /* Our ExecIDs: none may come twice. */
    uint64_t *event_hashes;   /* By BusSeq; 0 = not seen. */
    uint64_t *frame_hashes;
    uint64_t bus_capacity;
    uint64_t bus_last;
    uint64_t instance;
    struct name_map wire; /* "SESSION NUMBER" → hash. */
    struct audit_wire_message *wire_messages;
    uint32_t wire_capacity;
};

void audit_init(struct audit *audit);
void audit_free(struct audit *audit);

/* In this order: the journal, each broker's directory (its book, and what it saw on
 * the wire), the judgement. The others return false when a file cannot be read; that is a fault
 * too. */
bool audit_journal(struct audit *audit, const char *path);
bool audit_broker(struct audit *audit, const char *directory);
bool audit_wire(struct audit *audit, const char *broker, const char *directory);
void audit_judge(struct audit *audit);

/* Nothing lost, nothing doubled, no fault. */
bool audit_good(const struct audit *audit);

/* For the parts of the audit. */
void audit_fault(struct audit *audit, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for one more element of `size` bytes in a growing array; zeroed. */
void *audit_room(void *array, uint32_t *capacity, uint32_t count, size_t size);

/* The summary for people, and the faults behind it. */
void audit_print(const struct audit *audit, FILE *to);

#endif
