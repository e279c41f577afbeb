/* What the parts of a broker share.
 *
 *   broker.c           its life, and how it stands
 *   broker_wire.c      reading and writing FIX
 *   broker_line.c      lines: bytes in, dialling, the end of a line
 *   broker_send.c      numbers out, resends, what waits to be said
 *   broker_session.c   messages in, by their numbers
 *   broker_logon.c     the Logon exchange, and resets
 *   broker_timer.c     silence, patience, the border of the day
 *   broker_orders.c    requests, and what it makes of them when
 *   broker_book.c      the book itself
 *   broker_reports.c   reports
 *   broker_status.c    questions about the book, mass cancels
 *   broker_acts.c      what is done to it, in words; broker_acts_book.c: to its book
 *   broker_garbage.c   bytes that should not be
 *   broker_draw.c      what chance does to it
 *
 * Things refer to each other by their place in an array, which never changes; BROKER_NONE is
 * none. */
#ifndef TESTS_SIM_BROKER_PARTS_H
#define TESTS_SIM_BROKER_PARTS_H

#include "tests/sim/broker.h"
#include "tests/sim/broker_wire.h"
#include "tests/tools/broker_number.h"

#define BROKER_NONE  UINT32_MAX
#define BROKER_NEVER UINT64_MAX

/* How long it waits for a Logon, or the answer to its Logout; and for that to an angry one. */
#define BROKER_ANSWER_NS (10 * SIM_SECOND_NS)
#define BROKER_LEAVE_NS  (2 * SIM_SECOND_NS)

enum {
    BROKER_ID_BYTES = 48,     /* ClOrdID, ExecID. */
    BROKER_MARKER_BYTES = 96, /* SecondaryClOrdID. */
    BROKER_NAME_BYTES = 32,
    BROKER_WHO_BYTES = 40,
    BROKER_EARLY_MAX = 512, /* Early messages kept; more are asked for again. */
    BROKER_WORDS_BYTES = 64,
};

/* --- Sessions ---------------------------------------------------------------------- */

enum broker_state {
    BROKER_DOWN,
    BROKER_AWAITING,   /* The line is up; the gateway's Logon is to come. */
    BROKER_LOGON_SENT, /* It dialled. */
    BROKER_LOGGED_ON,
    BROKER_LOGOUT_SENT,
    BROKER_LEAVING, /* Sent a Logout because of the peer's fault; only its answer counts. */
};

/* A number that it gave out. */
struct broker_sent {
    uint64_t sent_ns;
    uint32_t report;  /* BROKER_NONE: a session message, or never sent. */
    bool poss_resend; /* 97=Y */
    bool forgotten;   /* Its content is lost. */
};

struct broker_early {
    uint64_t seq;
    uint8_t *bytes; /* Owned; NULL: acted upon already, only its number counts. */
    size_t size;
};

/* Something to be said, once logged on. */
struct broker_waiting {
    uint32_t report;
    bool poss_resend;
    uint64_t due_ns;
};

struct broker_session {
    struct sim_broker *broker;
    const struct sim_broker_session *set;
    char name[BROKER_WHO_BYTES]; /* "ALPHA/dropcopy" */
    char to[BROKER_WHO_BYTES];   /* "ALPHA/dropcopy > gateway" */
    char from[BROKER_WHO_BYTES]; /* "ALPHA/dropcopy < gateway" */

    /* Survives its death. */
    uint64_t in_next;
    uint64_t out_next;
    uint64_t proven;          /* The gateway has all numbers below this one. */
    struct broker_sent *sent; /* By number - 1; owned. */
    uint32_t sent_count, sent_capacity;
    struct broker_waiting *waiting; /* Owned. */
    uint32_t waiting_count, waiting_capacity;
    bool reset_wanted; /* Its numbers begin anew, and the gateway has not confirmed it. */
    bool border_done;
    bool day_fresh; /* Nothing has come in order since its day began. */

    /* Of the line. */
    enum broker_state state;
    struct line *line; /* NULL: none. */
    uint8_t *bytes;    /* What was read and is no whole message yet; owned. */
    size_t bytes_size, bytes_capacity;
    bool resting;       /* A slow reader reads on later. */
    bool estranged;     /* The gateway's numbers are those of another day. */
    bool reset_awaited; /* Its Logon with 141=Y in a running session has no answer yet. */
    uint64_t in_before; /* Next number by the old numbering, meanwhile. */
    uint64_t heart_ns;  /* 0: no heartbeats. */
    uint64_t until_ns;  /* It has patience in this state; BROKER_NEVER: for ever. */
    uint64_t received_ns;
    uint64_t sent_ns;
    bool tested;          /* A TestRequest waits for any word. */
    uint64_t test_number; /* MsgSeqNum of its last TestRequest; 0: answered. */
    uint64_t gap_end;     /* The highest early number; 0: no gap. */
    bool gap_asked;
    uint64_t gap_moved_ns;
    struct broker_early early[BROKER_EARLY_MAX]; /* In order of their numbers. */
    uint32_t early_count;

    uint64_t redial_ns; /* When it dials next. */
    uint64_t timer_ns;  /* Of the earliest entry on the agenda that is for it. */
};

/* --- The book ----------------------------------------------------------------------- */

enum book_state {
    BOOK_PENDING, /* Nothing was said about it yet. */
    BOOK_LIVE,
    BOOK_FILLED,
    BOOK_CANCELLED,
    BOOK_REJECTED,
    BOOK_EXPIRED,
};

struct broker_order {
    char attempt[BROKER_ID_BYTES]; /* ClOrdID by which it is known now. */
    char marker[BROKER_MARKER_BYTES];
    char symbol[BROKER_NAME_BYTES];
    char account[BROKER_NAME_BYTES];
    char side;
    char time_in_force;
    enum book_state state;
    int64_t quantity;
    int64_t price; /* 0: at market. */
    int64_t cumulative;
    broker_wide notional;
    uint32_t fills_left; /* That it means to make. */
    uint32_t jobs;       /* On the agenda. */
    uint64_t passed;     /* Of broker_flush(): an earlier report of it waits. */
};

/* A message of the gateway's with a ClOrdID. */
struct broker_request {
    char kind; /* D, F, G or H */
    char cl_ord_id[BROKER_ID_BYTES];
    char original[BROKER_ID_BYTES];
    char status_id[BROKER_ID_BYTES]; /* OrdStatusReqID(790). */
    uint32_t order;                  /* BROKER_NONE: unknown. */
    int64_t quantity;
    int64_t price;
    uint64_t seq;
    bool told; /* PendingCancel or PendingReplace was said. */
};

struct broker_execution {
    char exec_id[BROKER_ID_BYTES];
    uint32_t order;
    int64_t quantity;
    int64_t price;
    bool reversed; /* By a bust or a correction, which are never reversed themselves. */
};

struct broker_report {
    const char *type; /* 8, 9 or j */
    uint32_t order;   /* BROKER_NONE: of none. */
    char attempt[BROKER_ID_BYTES];
    char exec_id[BROKER_ID_BYTES]; /* Of the execution that it makes, busts or corrects; or "". */
    bool matters;                  /* The oracle hears if the gateway can never get it. */
    bool withheld;
    uint8_t *body; /* Owned. */
    size_t body_size;
};

enum broker_job_kind {
    BROKER_JOB_ANSWER,  /* To a new order: its request. */
    BROKER_JOB_REQUEST, /* A cancel, replace or status request. */
    BROKER_JOB_FILL,    /* An order. */
    BROKER_JOB_END,     /* An order that may not rest. */
    BROKER_JOB_EXPIRE,  /* An order. */
};

/* Something that it means to do later. */
struct broker_job {
    enum broker_job_kind kind;
    uint32_t subject; /* The order or request. */
    bool deferred;    /* It was due while the broker could do nothing. */
};

enum { BROKER_ORDERS, BROKER_DROPCOPY, BROKER_SESSIONS };

/* New orders that it does not take at present, and what it says. */
enum broker_rejects {
    BROKER_TAKES,
    BROKER_REJECTS_SYMBOL, /* Of one instrument: exchange closed. */
    BROKER_REJECTS_HALTED, /* The same in words only: 103=99, and its Text says why. */
    BROKER_REJECTS_ALL,    /* For a reason of its own. */
    BROKER_REFUSES_ALL,    /* Application not available. */
};

struct sim_broker {
    struct sim *sim;
    uint32_t index;
    struct sim_broker_settings set;
    struct broker_session sessions[BROKER_SESSIONS];
    bool dead;
    bool hung;
    bool mute;
    bool slow;
    bool late;          /* The next report. */
    bool garbles;       /* The next message of a resend. */
    uint64_t slower_ns; /* All its answers take so much longer. */
    enum broker_rejects rejects;
    char rejects_symbol[BROKER_NAME_BYTES];
    uint32_t unreachable; /* A bit for each endpoint. */
    char drawn[BROKER_WORDS_BYTES];

    struct broker_order *orders;
    struct broker_request *requests;
    struct broker_execution *executions;
    struct broker_report *reports;
    struct broker_job *jobs;
    uint32_t *lookup; /* Requests by ClOrdID: open addressing, the newest of a name. */
    uint32_t orders_count, orders_capacity;
    uint32_t requests_count, requests_capacity;
    uint32_t executions_count, executions_capacity;
    uint32_t reports_count, reports_capacity;
    uint32_t jobs_count, jobs_capacity;
    uint32_t lookup_count, lookup_capacity;
    uint32_t jobs_open;
    uint64_t exec_ids;
    uint64_t passes;
};

/* `array` with room for one more than `count`. */
void *broker_grow(void *array, uint32_t count, uint32_t *capacity, size_t size);

/* Neither dead nor hung. */
bool broker_awake(const struct sim_broker *broker);

/* The session of the gateway's number. */
struct broker_session *broker_session_of(struct sim_broker *broker, uint32_t number);

/* --- broker_line.c ---------------------------------------------------------------------- */

void broker_become(struct broker_session *session, enum broker_state state);
/* Reads what there is, if it may, and acts upon it. */
void broker_line_read(struct broker_session *session);
/* Ends its line and says why. */
void broker_line_drop(struct broker_session *session, const char *reason);
/* The process is gone. */
void broker_line_die(struct broker_session *session, bool silent);
void broker_dial(struct broker_session *session);

/* --- broker_send.c ------------------------------------------------------------------------ */

/* Under the next number. False: it cannot speak now, and the number is not used. */
bool broker_send(struct broker_session *session, const char *type, struct span body);
bool broker_send_text(struct broker_session *session, const char *type, const char *text);
void broker_send_reject(struct broker_session *session, const struct wire *wire, unsigned reason,
                        uint32_t tag, const char *text);
bool broker_send_logon(struct broker_session *session, bool reset);
/* The range that the gateway asks for; `end` within what was sent. */
void broker_resend(struct broker_session *session, uint64_t begin, uint64_t end);
/* All below `next` has arrived. */
void broker_prove(struct broker_session *session, uint64_t next);
/* So many numbers that will never have a message. */
void broker_skip(struct broker_session *session, uint64_t count);
/* Both numbers are 1 again; what has not arrived never will. */
void broker_numbers_restart(struct broker_session *session);
void broker_say_later(struct broker_session *session, uint32_t report, bool poss_resend);
/* Says what waits, if it may. */
void broker_flush(struct broker_session *session);
/* When the first of what waits is due; BROKER_NEVER. */
uint64_t broker_flush_due_ns(const struct broker_session *session);

/* --- broker_session.c ------------------------------------------------------------------- */

void broker_receive(struct broker_session *session, const struct wire *wire);
void broker_tell_received(struct broker_session *session, const struct wire *wire);
/* Asks whether the gateway is there; its answer proves what arrived before. */
void broker_test(struct broker_session *session);
void broker_early_clear(struct broker_session *session);
void broker_early_keep(struct broker_session *session, const struct wire *wire, bool done);
/* Early number `seq` shows a gap. */
void broker_gap_note(struct broker_session *session, uint64_t seq);
void broker_gap_ask(struct broker_session *session);
void broker_leave(struct broker_session *session, const char *text);
void broker_leave_too_low(struct broker_session *session, uint64_t seq);

/* --- broker_logon.c ---------------------------------------------------------------------- */

void broker_logon_first(struct broker_session *session, const struct wire *wire);
void broker_logon_again(struct broker_session *session, const struct wire *wire);
/* Its numbers begin anew, by its own will. */
void broker_reset(struct broker_session *session);
void broker_logout(struct broker_session *session, const char *text);

/* --- broker_timer.c ---------------------------------------------------------------------- */

/* Sees to it that the session's next deadline stands on the agenda. */
void broker_arm(struct broker_session *session);
bool broker_border_passed(const struct broker_session *session);
/* Its day is over: begins anew if the line is down, else logs out. */
void broker_border(struct broker_session *session);

/* --- broker_orders.c --------------------------------------------------------------------- */

void broker_orders_receive(struct broker_session *session, const struct wire *wire);
void broker_later(struct sim_broker *broker, enum broker_job_kind kind, uint32_t subject,
                  uint64_t delay_ns);
/* The usual time that something takes it. */
uint64_t broker_pause_ns(struct sim_broker *broker);
/* It can work again. */
void broker_jobs_resume(struct sim_broker *broker);

/* --- broker_book.c ------------------------------------------------------------------------- */

bool book_is_live(const struct broker_order *order);
char book_status(const struct broker_order *order); /* OrdStatus(39). */
int64_t book_leaves(const struct broker_order *order);
struct broker_order *book_order(struct sim_broker *broker, uint32_t order);
/* The newest request under that ClOrdID, or BROKER_NONE. */
uint32_t book_find(const struct sim_broker *broker, const char *cl_ord_id);
/* The newest order with that marker, or BROKER_NONE. */
uint32_t book_find_marker(const struct sim_broker *broker, const char *marker);
uint32_t book_add_request(struct sim_broker *broker, const struct broker_request *request);
uint32_t book_take(struct sim_broker *broker, const struct wire *wire);
/* At least one of each; says so. */
void book_fill(struct sim_broker *broker, uint32_t order, int64_t quantity, int64_t price);
void book_end(struct sim_broker *broker, uint32_t order, enum oracle_end how);
void book_replace(struct sim_broker *broker, uint32_t order, const struct broker_request *request);
/* The newest execution that may still be reversed, or BROKER_NONE. */
uint32_t book_last_execution(const struct sim_broker *broker);
void book_bust(struct sim_broker *broker, uint32_t execution);
void book_correct(struct sim_broker *broker, uint32_t execution);

/* --- broker_reports.c ----------------------------------------------------------------------- */

/* What an ExecutionReport says beside the order itself. NULL and 0: nothing. */
struct broker_words {
    char exec_type;
    char ord_status;       /* 0: the order's. */
    const char *cl_ord_id; /* NULL: the order's. */
    const char *original;
    const char *exec_id; /* NULL: a new one. */
    const char *exec_ref_id;
    const char *status_id;
    const char *text;
    unsigned reason;     /* OrdRejReason(103) */
    const char *mass_id; /* MassStatusReqID(584), and with it: */
    unsigned mass_total; /* TotNumReports(911) */
    bool mass_last;      /* LastRptRequested(912) */
    int64_t quantity;
    int64_t price;
};

void broker_exec_id(struct sim_broker *broker, char exec_id[BROKER_ID_BYTES]);
/* Made, copied to the drop copy, and said when it can be. */
void broker_report(struct sim_broker *broker, uint32_t order, const struct broker_words *words);
void broker_report_unknown(struct sim_broker *broker, const struct broker_request *request);
void broker_refuse_unknown(struct sim_broker *broker, const struct broker_request *request);
/* There is no order to tell of. */
void broker_report_nothing(struct sim_broker *broker, const char *mass_id);
void broker_report_stray(struct sim_broker *broker);
/* Something on no order. */
void broker_say(struct sim_broker *broker, const char *type, const struct wire_text *body);
void broker_cancel_reject(struct sim_broker *broker, const struct broker_request *request,
                          unsigned reason, const char *text);
void broker_refuse(struct sim_broker *broker, uint32_t order, uint64_t seq);
/* Says its newest ExecutionReport again. False: there is none. */
bool broker_repeat(struct sim_broker *broker, bool poss_resend);
/* The gateway can never get it. */
void broker_withhold(struct sim_broker *broker, uint32_t report);

/* --- broker_status.c ------------------------------------------------------------------------ */

void broker_status_answer(struct sim_broker *broker, const struct broker_request *request);
/* It is a question for an order that it does not know, and its dialect is to reject those at
 * once: a Reject names nothing but the number. */
bool broker_status_rejected(struct broker_session *session, const struct wire *wire,
                            const struct broker_request *request);
/* False: it is none of these requests, or the broker does not know such. */
bool broker_mass_receive(struct broker_session *session, const struct wire *wire);

/* --- broker_garbage.c, broker_acts.c -------------------------------------------------------- */

/* "": any. False: no such kind. */
bool broker_garbage(struct broker_session *session, const char *kind);
/* sim_broker_act(), for those acts that are about the book. */
bool broker_act_on_book(struct sim_broker *broker, const char *words);

#endif
