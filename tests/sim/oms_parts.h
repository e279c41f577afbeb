/* The inside of a simulated client: what its files share. */
#ifndef TESTS_SIM_OMS_PARTS_H
#define TESTS_SIM_OMS_PARTS_H

#include "tests/sim/oms.h"

enum {
    OMS_NAME_BYTES_MAX = 15,
    OMS_ID_BYTES_MAX = 64, /* As the gateway takes them. */
    OMS_SYMBOL_BYTES_MAX = 15,
    OMS_NUMBER_BYTES_MAX = 23,
    OMS_TIF_BYTES_MAX = 63,
    OMS_EXTRA_BYTES_MAX = 63,
    OMS_TEXT_BYTES_MAX = 1023, /* Of a sensible request. */
    OMS_UTC_BYTES = 48,
    OMS_BUCKETS = 256,
    OMS_REQUESTS_MAX = 100 * 1000,
    OMS_PIPE_MAX = 1000 * 1000,
};

#define OMS_NONE UINT32_MAX

/* What an order asks for, as text: what is written is what is compared. */
struct oms_terms {
    char quantity[OMS_NUMBER_BYTES_MAX + 1];
    char price[OMS_NUMBER_BYTES_MAX + 1]; /* Empty: at the market. */
    char tif[OMS_TIF_BYTES_MAX + 1];      /* Fields: "59=6|126=…|" */
    char extra[OMS_EXTRA_BYTES_MAX + 1];  /* More fields, or none. */
};

/* What the client believes of an order; wrong at times, and empty after its death. */
struct oms_order {
    char id[OMS_ID_BYTES_MAX + 1];     /* As first given: ClOrdID(11) of its D. */
    char latest[OMS_ID_BYTES_MAX + 1]; /* The latest accepted ClOrdID. */
    char symbol[OMS_SYMBOL_BYTES_MAX + 1];
    char side;
    struct oms_terms terms;
    char status;      /* OrdStatus(39); 0: not known. */
    uint32_t cancels; /* Given so far. */
    uint32_t replaces;
};

/* An entry of the journal. What is sent again are its bytes. */
struct oms_request {
    uint8_t *bytes; /* Owned. */
    size_t size;
    char id[OMS_ID_BYTES_MAX + 1]; /* ClOrdID(11); empty: the request has none that can be read. */
    uint32_t next;                 /* Older one in its bucket, by ClOrdID. */
    uint32_t order;                /* OMS_NONE: garbage. */
    char kind;                     /* MsgType(35); '?' garbage */
    uint32_t sent;                 /* Times. */
    bool answered;
    bool refused;
    uint64_t answered_ns;
};

/* Something on its way. */
struct oms_passage {
    uint64_t number; /* Its own; the agenda's entry has it too. */
    uint64_t connection;
    uint32_t request;
    uint8_t *bytes; /* Of an answer; owned. */
    size_t size;
};

/* What is on its way in one direction, in order. */
struct oms_pipe {
    struct oms_passage *items; /* A ring; owned. */
    uint32_t first;
    uint32_t count;
    uint32_t capacity; /* A power of two, or 0. */
    uint64_t last_ns;  /* When the newest arrives. */
};

struct sim_oms {
    struct sim *sim;
    uint32_t index;
    struct sim_oms_settings settings;
    char name[OMS_NAME_BYTES_MAX + 1];
    char to_gateway[2 * OMS_NAME_BYTES_MAX]; /* For the trace: "OMS1 > gateway" */
    char from_gateway[2 * OMS_NAME_BYTES_MAX];
    bool dead;
    bool mended;
    uint64_t connection; /* Grows with each new one. */
    uint64_t passages;   /* Numbers given. */

    struct oms_request *requests; /* The journal; owned. */
    uint32_t requests_count;
    uint32_t requests_capacity;
    uint32_t unanswered;
    uint32_t buckets[OMS_BUCKETS]; /* The newest request of each hash, plus 1. */

    struct oms_order *orders; /* Owned. */
    uint32_t orders_count;
    uint32_t orders_capacity;
    uint32_t orders_willed; /* Of its own will. */
    uint32_t garbage_made;

    struct oms_pipe outward; /* Requests on their way. */
    struct oms_pipe asked;   /* Requests that the gateway has, and no answer has left yet. */
    struct oms_pipe inward;  /* Answers on their way. */
};

/* --- oms_pipe.c --- */

/* Counted from the oldest, which is at 0. */
struct oms_passage *oms_pipe_at(const struct oms_pipe *pipe, uint32_t place);
void oms_pipe_put(struct oms_pipe *pipe, const struct oms_passage *passage);
/* The oldest. The caller frees its bytes. */
struct oms_passage oms_pipe_take(struct oms_pipe *pipe);
/* Loses all behind the first `kept`. */
void oms_pipe_cut(struct oms_pipe *pipe, uint32_t kept);
void oms_pipe_free(struct oms_pipe *pipe);

/* --- oms.c --- */

/* Writes a request down; `id` may be empty. Returns its index. */
uint32_t oms_journal(struct sim_oms *oms, char kind, const char *id, uint32_t order,
                     struct span bytes);
/* Sends it, now or again. Nothing goes out while either side is dead. */
void oms_send(struct sim_oms *oms, uint32_t request);
/* Its process ends; it begins again, with its journal. */
void oms_crash(struct sim_oms *oms);
void oms_return(struct sim_oms *oms);

/* --- oms_orders.c --- */

/* The newest request with this ClOrdID; OMS_NONE if there is none. */
uint32_t oms_request_find(const struct sim_oms *oms, struct span id);
void oms_request_index(struct sim_oms *oms, uint32_t request);

/* The order that was first given under `id`, made if it is not known. */
uint32_t oms_order_add(struct sim_oms *oms, const char *id);

/* What a message of the gateway says; spans of it, or empty. */
struct oms_words {
    struct span msg_type;     /* 35 */
    struct span client;       /* 56 */
    struct span cl_ord_id;    /* 11 */
    struct span orig;         /* 41 */
    struct span business_ref; /* 379 */
    struct span exec_type;    /* 150 */
    struct span ord_status;   /* 39 */
    struct span quantity;     /* 38 */
    struct span price;        /* 44 */
};
void oms_read(struct span message, struct oms_words *words);
/* As an answer. */
bool oms_is_refusal(const struct oms_words *words);

/* Takes a report, or an answer that is no refusal, into what is believed of an order. */
void oms_order_learn(struct sim_oms *oms, const struct oms_words *words);
bool oms_order_ended(const struct oms_order *order);

/* --- oms_requests.c: each writes one down and sends it --- */

void oms_utc_text(uint64_t instant_ns, char text[OMS_UTC_BYTES]);
void oms_draw_number(struct random *random, char text[OMS_NUMBER_BYTES_MAX + 1]);
void oms_draw_instrument(struct sim_oms *oms, struct oms_order *order);
void oms_draw_terms(struct sim_oms *oms, struct oms_terms *terms);

void oms_new(struct sim_oms *oms, uint32_t order);
/* `orig` NULL: the latest accepted ClOrdID as far as it is known. */
void oms_cancel(struct sim_oms *oms, uint32_t order, const char *orig);
void oms_replace(struct sim_oms *oms, uint32_t order, const char *orig,
                 const struct oms_terms *terms);
/* `id`: of the order, or of a request on it. */
void oms_status(struct sim_oms *oms, const char *id);
/* The same ClOrdID as `request`, with other content. */
void oms_changed(struct sim_oms *oms, uint32_t request);

/* "35=D|11=…|" with SOH for '|'; returns its size. */
size_t oms_text(char *text, size_t room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* --- oms_garbage.c --- */

void oms_garbage(struct sim_oms *oms);

/* --- oms_will.c --- */

void oms_will_begin(struct sim_oms *oms);

#endif
