/* A broker's order book, as its journal tells it.
 *
 * The journal DIR/book.log is the truth: one line per fact, written before any
 * report leaves. The broker itself changes its book only by writing a line and
 * applying that very line, so what a reader rebuilds is what the broker knew.
 * Test programs link this file alone: book_load() and the rows.
 *
 * Every line is KIND time=… key=value…  The kinds:
 *
 *   BOOK              the first line: version, name, created, start
 *   ORDER             a NewOrderSingle was taken in (not yet answered)
 *   CANCEL, REPLACE   a request on an order was taken in
 *   ACCEPTED          150=0    n, exec, clordid, order
 *   EXECUTED          150=F    … qty, px, cum, count: the broker's own count of
 *                              executions of this order, for audits
 *   CANCELLED         150=4    … orig is absent when the broker did it unasked
 *   REPLACED          150=5    … orig, qty, price
 *   REJECTED          150=8    … reason, text
 *   CANCEL-REJECTED   35=9     … orig, reason, response, text
 *   BUSTED            150=H    … ref (the n of the execution), qty, px
 *   STATUS            150=I    an answer that is never repeated; uses up its n
 *   ASIDE             after a crash: a request whose MsgSeqNum is still due, so for FIX it
 *                     never came. It is not acted upon until it comes again
 *   TAKEN             … and now it has come again
 *   LOGON             the order session is logged on
 *   DUPLICATE         a ClOrdID came again: how (plain, possdup, possresend) and the answer
 *   SENT, COPIED      report n is in the store of the order / drop-copy session
 *
 * n is one number for all reports, gap-free from 1. No I/O but in book_load();
 * one thread per book. */
#ifndef TESTS_TOOLS_BROKER_BOOK_H
#define TESTS_TOOLS_BROKER_BOOK_H

#include "tests/tools/broker_number.h"

#include <stddef.h>
#include <stdio.h>

enum {
    BOOK_ID_BYTES_MAX = 64,
    BOOK_TEXT_BYTES_MAX = 128,
    BOOK_TIME_BYTES_MAX = 24, /* YYYYMMDD-HH:MM:SS.mmm */
};

enum book_state {
    BOOK_PENDING, /* Taken in, not answered. */
    BOOK_OPEN,
    BOOK_PARTIAL,
    BOOK_FILLED,
    BOOK_CANCELLED,
    BOOK_REJECTED,
};

/* Orders are numbered from 1 in the order of their arrival; 0 is none. The same
 * holds for requests and reports. */
struct book_order {
    uint32_t request_first; /* The request that brought it. */
    uint32_t request_now;   /* The request whose ClOrdID it bears now. */
    enum book_state state;
    char symbol[24];
    char account[32];
    char secondary_cl_ord_id[BOOK_ID_BYTES_MAX];
    char currency[4];
    char side;
    char type; /* OrdType(40). */
    char tif;
    int64_t quantity;
    int64_t price;      /* 0 for a market order. */
    int64_t cumulative; /* Executed, busts taken back. */
    broker_wide notional;
    uint32_t executions;
    bool executed_twice; /* Executed beyond its quantity, or after its end. */
};

enum book_request_state {
    BOOK_REQUEST_PENDING,
    BOOK_REQUEST_ACCEPTED,
    BOOK_REQUEST_REJECTED,
};

/* One ClOrdID: of a D, an F or a G. */
struct book_request {
    size_t cl_ord_id; /* Offset in texts; use book_cl_ord_id(). */
    size_t orig;      /* OrigClOrdID, likewise; 0 is "". */
    char kind;        /* 'D', 'F', 'G'. */
    char type;        /* 'G': the wanted OrdType; '\0' to keep. */
    enum book_request_state state;
    bool aside;     /* For FIX it never came; see ASIDE. */
    uint64_t seq;   /* MsgSeqNum(34) it came under last. */
    uint32_t order; /* 0: refers to no order of this book. */
    uint32_t taken; /* How often an ORDER line brought it; more than 1 is a broker's mistake. */
    int64_t quantity;
    int64_t price;
};

enum book_report_kind {
    BOOK_REPORT_NONE, /* A number that was used up: nothing to send again. */
    BOOK_REPORT_ACCEPTED,
    BOOK_REPORT_EXECUTED,
    BOOK_REPORT_CANCELLED,
    BOOK_REPORT_REPLACED,
    BOOK_REPORT_REJECTED,
    BOOK_REPORT_CANCEL_REJECTED,
    BOOK_REPORT_BUSTED,
};

/* A report as it was, so that it can be said again word for word. */
struct book_report {
    enum book_report_kind kind;
    uint32_t order;
    uint32_t request;
    uint32_t reference; /* BUSTED: the busted report. */
    int reason;         /* OrdRejReason(103) or CxlRejReason(102). */
    char response;      /* CxlRejResponseTo(434). */
    char status;        /* OrdStatus(39). */
    char type;
    bool unasked;
    bool busted;
    size_t text;
    int64_t last_quantity;
    int64_t last_price;
    int64_t quantity;
    int64_t price;
    int64_t cumulative;
    int64_t average;
    char time[BOOK_TIME_BYTES_MAX];
};

enum book_stream {
    BOOK_STREAM_ORDERS,
    BOOK_STREAM_DROP_COPY,
    BOOK_STREAMS,
};

struct book {
    char name[32];
    char start[16];   /* StartTime of its sessions. */
    uint64_t created; /* Seconds since 1970; part of every id, so ids outlive a wiped directory. */
    struct book_order *orders;
    struct book_request *requests;
    struct book_report *reports;
    uint32_t *hash; /* ClOrdID → request; power of two, at most half full. */
    char *texts;
    uint32_t orders_count, orders_capacity;
    uint32_t requests_count, requests_capacity;
    uint32_t reports_count, reports_capacity;
    uint32_t hash_size;
    size_t texts_size, texts_capacity;
    uint32_t next[BOOK_STREAMS]; /* First report that is not in the store of that session. */
    uint32_t settled;            /* Requests up to this one came before the last LOGON. */
    uint64_t duplicates;         /* DUPLICATE lines. */
    uint64_t anomalies;          /* Facts that contradict each other: doubled or impossible. */
};

void book_init(struct book *book);
void book_free(struct book *book);

/* Applies one line (without its newline). False if it makes no sense. */
bool book_apply(struct book *book, const char *line, size_t size);

/* Reads a whole journal. A last line without newline was cut off by a crash
 * before anyone was told of it, and is left out; *good_bytes (may be NULL) is
 * where it begins. False with a reason ("book.log:17: …") if unreadable. */
bool book_load(struct book *book, const char *path, long *good_bytes, char *error,
               size_t error_size);

/* The hash of a ClOrdID in the book's table. */
uint32_t book_hash(const char *cl_ord_id);

/* The request with this ClOrdID, or 0. */
uint32_t book_find(const struct book *book, const char *cl_ord_id);

struct book_order *book_order(const struct book *book, uint32_t order);
struct book_request *book_request(const struct book *book, uint32_t request);
struct book_report *book_report(const struct book *book, uint32_t report);

const char *book_text(const struct book *book, size_t offset);
const char *book_cl_ord_id(const struct book *book, uint32_t request);

/* The row for a ClOrdID (of a D, or of a G that replaced it), or NULL: what
 * audits ask. Valid until the book changes. */
const struct book_order *book_row(const struct book *book, const char *cl_ord_id);

bool book_order_live(const struct book_order *order); /* Pending, open or partial. */
int64_t book_order_leaves(const struct book_order *order);
char book_order_status(const struct book_order *order); /* OrdStatus(39). */
const char *book_state_name(enum book_state state);

/* "NAME-hex-E17" and "NAME-hex-O17". */
void book_exec_id(const struct book *book, uint32_t report, char out[BOOK_ID_BYTES_MAX]);
void book_order_id(const struct book *book, uint32_t order, char out[BOOK_ID_BYTES_MAX]);
/* The report with this ExecID, or 0. */
uint32_t book_exec_find(const struct book *book, const char *exec_id);

/* What audits and `stats` count. */
struct book_totals {
    uint64_t orders;
    uint64_t executed; /* Orders with at least one execution that stands. */
    uint64_t executions;
    uint64_t cancelled;
    uint64_t rejected;
    uint64_t filled;
    uint64_t open;    /* Open or partly filled. */
    uint64_t pending; /* Taken in and not answered. */
    uint64_t aside;   /* Set aside: for FIX they never came. */
    uint64_t doubled; /* Orders executed beyond their quantity, after their end, or taken twice. */
    int64_t quantity_executed;
    broker_wide notional;
};

void book_count(const struct book *book, struct book_totals *out);

/* Prints one book as a JSON object: totals and, with `orders`, a row per order. */
void book_print_json(const struct book *book, bool orders, FILE *out);

#endif
