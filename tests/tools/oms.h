/* An OMS as a platform has it: hands orders to the gateway, sees what comes back,
 * and writes all of it into its own journal (oms_journal.h) as it happens.
 *
 * It lives outside the gateway and outlives it: a request without an answer is
 * sent again with the same bytes until it has one. It holds one view of each
 * order, made of the bus alone, for conditions such as "all are done"; the audit
 * does not use that view. One thread; oms_poll() does all the work. */
#ifndef TESTS_TOOLS_OMS_H
#define TESTS_TOOLS_OMS_H

#include "tests/tools/broker_number.h"
#include "tests/tools/name_map.h"
#include "tests/tools/oms_journal.h"

enum {
    OMS_ID_BYTES_MAX = 64,
    OMS_BROKER_BYTES_MAX = 64,
    OMS_STATE_BYTES_MAX = 24,
    OMS_TEXT_BYTES_MAX = 127
};

struct oms_config {
    const char *comp_id; /* SenderCompID(49) of the requests. */
    const char *order_entry_endpoint;
    const char *bus_endpoint;
    const char *replay_endpoint;
    const char *journal_path;
    uint64_t resubmit_ns; /* A request without an answer for that long goes out again. */
    bool resume;          /* Take up what an earlier OMS wrote into this journal, if it is there. */
};

/* One request: NewOrderSingle, cancel or replace. */
struct oms_request {
    char cl_ord_id[OMS_ID_BYTES_MAX + 1];
    uint32_t order;         /* Index of the request that began the order; itself for 35=D. */
    char msg_type;          /* 'D', 'F', 'G'. */
    struct span bytes;      /* Owned: the same at every sending. */
    uint64_t first_sent_ns; /* Monotonic. */
    uint64_t last_sent_ns;
    uint64_t answered_ns; /* 0: no answer yet. */
    uint32_t sent_count;
    char text[OMS_TEXT_BYTES_MAX + 1]; /* Text(58) of the answer; empty if it had none. */
    char answer; /* ExecType(150) of the answer; '9' OrderCancelReject, '3', 'j' garbage; 0 none. */

    /* Of an order (35=D), by the bus: */
    char ord_status;                       /* OrdStatus(39); 0 = nothing heard. */
    char state[OMS_STATE_BYTES_MAX + 1];   /* OrderState(10005). */
    char broker[OMS_BROKER_BYTES_MAX + 1]; /* Broker(10003). */
    int64_t cum_qty;                       /* In 1e-8, as broker_number.h has it. */
    int64_t leaves_qty;
};

struct oms_counts {
    uint64_t submitted;   /* Requests. */
    uint64_t unanswered;  /* Requests that wait for an answer. */
    uint64_t resubmitted; /* Sendings beyond the first. */
    uint64_t answers;     /* Of any kind. */
    uint64_t events;      /* From the bus client. */
    uint64_t frames;      /* As they stood on the bus. */
    uint64_t open_orders; /* Answered with a durable 'A', not ended by the bus yet. */
};

struct oms;

/* NULL if a socket or the journal cannot be made; says why on stderr. Begins the
 * bus at the first event of all, or behind the last one in a journal it resumes. */
MUST_USE struct oms *oms_open(const struct oms_config *config);
void oms_close(struct oms *oms);

/* Sends `request`, tag=value with '|' or SOH, from 35= on: 11 is needed, 41 for F
 * and G; 8, 49, 60 and the marker SecondaryClOrdID(526) are added here. Returns
 * its index. */
uint32_t oms_submit(struct oms *oms, const char *request);

/* Sends frames that are not a request at all; nothing is kept of them. */
void oms_send_raw(struct oms *oms, const struct span *frames, uint32_t count);

/* Waits up to `timeout_ms` for anything, then takes all there is and sends again
 * what waited too long. */
void oms_poll(struct oms *oms, int timeout_ms);

const struct oms_counts *oms_counts(const struct oms *oms);
uint32_t oms_requests_count(const struct oms *oms);
const struct oms_request *oms_request(const struct oms *oms, uint32_t index);
/* NULL if there is none. */
const struct oms_request *oms_request_find(const struct oms *oms, const char *cl_ord_id);

/* FILLED, CANCELLED, REJECTED, EXPIRED by the bus, or refused at the door. */
bool oms_order_ended(const struct oms_request *order);

/* The last answer of all, as FIX with SOH; empty if there was none. For tests of
 * single requests. */
struct span oms_last_answer(const struct oms *oms);

#endif
