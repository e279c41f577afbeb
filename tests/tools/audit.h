/* The judge of real worlds: was any order lost, and did any execute twice?
 *
 * It reads the OMS's journal, the brokers' books and what they saw on the wire, nothing of the
 * gateway's, and tells all of it to the oracle (tests/oracle/oracle.h), which judges here by the
 * very rules of the simulator. Judge a world at rest: every request answered, nothing in flight.
 *
 *   lost      the OMS has a durable answer, and neither the bus nor any book knows
 *             an outcome or a place where the order still is
 *   doubled   executed beyond what was ordered, at two brokers, or live in two places
 *   fault     whatever breaks a rule, these two too, or cannot be read
 *
 * One thread. */
#ifndef TESTS_TOOLS_AUDIT_H
#define TESTS_TOOLS_AUDIT_H

#include <stdio.h>

#include "tests/oracle/oracle.h"
#include "tests/tools/name_map.h"

enum {
    AUDIT_BROKERS_MAX = 4,
    AUDIT_FAULTS_MAX = 20, /* Kept as text; all are counted. */
    AUDIT_FAULT_BYTES_MAX = 420,
    AUDIT_NAME_BYTES_MAX = 64,
    AUDIT_PATH_BYTES_MAX = 600,
    AUDIT_SESSION_BYTES_MAX = 160,
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
    uint64_t open;     /* At a broker. */
    uint64_t queued;   /* Safe, waiting for a broker. */
    uint64_t in_doubt; /* Or given to people, with an excuse. */
    uint64_t lost;
    uint64_t doubled;
    uint64_t faults;
    uint64_t events;        /* Entries of the bus. */
    uint64_t frames;        /* Seen raw on the bus. */
    uint64_t wire_messages; /* New messages at the brokers. */
    uint64_t wire_repeats;  /* Messages that came again. */
};

struct audit {
    struct audit_counts counts;
    char faults[AUDIT_FAULTS_MAX][AUDIT_FAULT_BYTES_MAX];
    char broker_names[AUDIT_BROKERS_MAX][32];
    uint32_t brokers_count;

    struct oracle *oracle; /* Owned. */
    char journal_path[AUDIT_PATH_BYTES_MAX];
    char client[AUDIT_NAME_BYTES_MAX]; /* The OMS. */
    struct name_map requests;          /* ClOrdIDs that it gave. */
    struct name_map sessions;          /* "FIX.4.4:SENDER->TARGET", as the bus names them. */
    uint64_t bus_last;
    uint64_t instance;
};

void audit_init(struct audit *audit);
void audit_free(struct audit *audit);

/* In this order: the journal, the brokers' directories (their books, all at once if an order may
 * have gone from one to another; and what each saw on the wire), the judgement, which reads the
 * journal once more. The others return false when a file cannot be read; that is a fault too. */
bool audit_journal(struct audit *audit, const char *path);
bool audit_brokers(struct audit *audit, const char *const *directories, uint32_t count);
bool audit_broker(struct audit *audit, const char *directory);
bool audit_wire(struct audit *audit, const char *broker, const char *directory);
void audit_judge(struct audit *audit);

/* Nothing lost, nothing doubled, no fault. */
bool audit_good(const struct audit *audit);

/* For the parts of the audit. */
void audit_fault(struct audit *audit, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The summary for people, and the faults behind it. */
void audit_print(const struct audit *audit, FILE *to);

#endif
