/* Shared by the parts of the OMS: oms.c has the requests, oms_receive.c the sockets
 * and what comes back. */
#ifndef TESTS_TOOLS_OMS_INTERNAL_H
#define TESTS_TOOLS_OMS_INTERNAL_H

#include "gateway/bus_client.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/zeromq.h"
#include "tests/tools/oms.h"

enum {
    OMS_ANSWER_TEXT_BYTES = 1024,
    OMS_ANSWER_BYTES_MAX = 64 * 1024,
    OMS_REQUESTS_MAX = 1024 * 1024,
    OMS_RESUBMIT_PER_POLL_MAX = 256, /* After an outage the backlog goes out in shares. */
    OMS_QUEUE_MAX = 20000,           /* Messages queued per socket. */
    OMS_TAKE_PER_POLL_MAX = 4096,    /* Messages of one kind that one poll takes. */
    OMS_SOH = 1,
};

/* The numbers of FIX 4.4 and of FIX44-internal.xml that an OMS reads. Written
 * here again: the other side does not take the gateway's word for them. */
enum {
    TAG_CL_ORD_ID = 11,
    TAG_CUM_QTY = 14,
    TAG_MSG_TYPE = 35,
    TAG_ORD_STATUS = 39,
    TAG_ORIG_CL_ORD_ID = 41,
    TAG_SENDER_COMP_ID = 49,
    TAG_TEXT = 58,
    TAG_TRANSACT_TIME = 60,
    TAG_EXEC_TYPE = 150,
    TAG_LEAVES_QTY = 151,
    TAG_REF_ID = 379, /* BusinessRejectRefID: ClOrdID of what was rejected. */
    TAG_SECONDARY_CL_ORD_ID = 526,
    TAG_BROKER = 10003,
    TAG_ORDER_STATE = 10005,
};

struct oms {
    struct oms_config config;
    struct oms_counts counts;
    struct oms_journal journal;
    struct clock clock;
    struct zeromq zeromq;
    struct zeromq_socket order_entry; /* DEALER. */
    struct zeromq_socket bus_raw;     /* SUB: what stands on the bus, unchecked. */
    struct zeromq_frames frames;      /* Of the message being taken. */
    struct bus_client bus;
    struct name_map names;        /* ClOrdID → index into requests. */
    struct oms_request *requests; /* Owned; grows. */
    uint32_t requests_count;
    uint32_t requests_capacity;
    uint32_t unanswered_first; /* No request before this one waits for an answer. */
    uint8_t answer[OMS_ANSWER_BYTES_MAX];
    size_t answer_size;
};

/* One line of the journal that is not about the bus. */
void oms_write_down(struct oms *oms, enum oms_journal_kind kind, struct span message);

/* Sends again what has had no answer for too long. */
void oms_resubmit(struct oms *oms);

/* A request of that name, which was never given before; `bytes` are taken over. */
struct oms_request *oms_request_add(struct oms *oms, const char *cl_ord_id);
/* The request that began the order which OrigClOrdID(41) of `text` is about; `otherwise` if
 * there is none. */
uint32_t oms_order_of(const struct oms *oms, const char *text, size_t size, uint32_t otherwise);

/* Takes an answer, or an event, into the view of its order. */
void oms_view_answer(struct oms *oms, struct span bytes);
void oms_view_event(struct oms *oms, struct span bytes);

/* Where the bus is to be taken up. */
struct oms_place {
    uint64_t bus_seq;
    uint64_t instance; /* 0: whichever there is. */
};

/* Rebuilds the view from the journal at `path`, and cuts off a last line that was cut short.
 * Without a journal nothing happens. False: errno says why. */
MUST_USE bool oms_restore(struct oms *oms, const char *path, struct oms_place *place);

#endif
