/* The real engine, the real apply.c and the real store, with two brokers at the
 * other end of in-memory lines: what the engine's unit tests stand on.
 *
 * The brokers are acceptors of our own session machine with a few lines of order
 * book; time is virtual. tests/interop has brokers that we did not write. */
#ifndef TESTS_UNIT_CORE_RIG_H
#define TESTS_UNIT_CORE_RIG_H

#include "gateway/core/commands/command.h"
#include "gateway/core/sessions/acceptor.h"
#include "gateway/shell/apply.h"

enum {
    RIG_BROKERS = 2,
    RIG_LOG_MAX = 4096,
    RIG_LINE_BYTES = 256 * 1024,
    RIG_KEPT_MAX = 4096,
    RIG_SAID_MAX = 256,
    RIG_ROWS_MAX = 256,
    RIG_ROW_BYTES = 4096,
};

/* How a broker answers a new order. */
enum rig_manner {
    RIG_FILL,   /* New, then one fill of all of it. */
    RIG_ACK,    /* New. */
    RIG_SILENT, /* Nothing. */
    RIG_REFUSE, /* BusinessMessageReject. */
};

struct rig_line {
    uint8_t bytes[RIG_LINE_BYTES];
    size_t size;
};

struct rig_kept {
    char *bytes;
    size_t size;
    enum message_kind kind;
};

struct rig_waiting {
    struct rig_waiting *next;
    char msg_type[4];
    size_t size;
    uint8_t body[2048];
};

struct rig_broker {
    struct session_config config;
    struct session session;
    struct session_early early[FIX_EARLY_MESSAGES_MAX];
    uint8_t early_bytes[FIX_EARLY_BYTES_MAX];
    struct rig_kept kept[RIG_KEPT_MAX]; /* By MsgSeqNum. */
    bool listening;                     /* Takes connections. */
    uint32_t deaf_endpoints;            /* Bit n: nobody listens at its endpoint n. */
    uint32_t endpoint;                  /* Where the gateway last wanted to connect. */
    unsigned connects;                  /* How often it did. */
    uint64_t connect_ns;                /* When it last did. */
    bool connected;
    bool dials;             /* The gateway is the acceptor: this one connects, and again. */
    uint64_t dial_at_ns;    /* When next. */
    bool knocking;          /* Connected, and the gateway does not know yet whose it is. */
    struct address address; /* Where it comes from; 10.0.0.1. */
    char refused[ENGINE_TEXT_BYTES_MAX + 1]; /* Why engine_identify() last refused it. */
    bool deaf; /* Hangs: reads and says nothing; what is sent to it is lost when the line drops. */
    struct rig_line to_broker;
    struct rig_line to_gateway;
    bool keeps_echoes; /* Its answers to TestRequests are lost on the way. */
    enum rig_manner manner;
    struct rig_waiting *waiting; /* Reports until the session can send: a list, oldest first. */
    unsigned orders;             /* New orders taken. */
    unsigned reports;
    uint8_t last_report[2048]; /* Body of the last report it made. */
    size_t last_report_size;
    unsigned executions;
    char last_cl_ord_id[64]; /* Of the last request it got, as it saw it. */
    char last_orig_cl_ord_id[64];
    char last_msg_type[4];
};

/* A reply or an event, as text with '|' for SOH. */
struct rig_log {
    char *line[RIG_LOG_MAX];
    uint64_t bus_seq[RIG_LOG_MAX];
    size_t count;
};

/* What the checks of the rule last saw of the store. */
struct rig_checked {
    uint32_t resets[RIG_BROKERS];
    uint64_t seq_in_next[RIG_BROKERS];
    uint64_t seq_out_next[RIG_BROKERS];
    uint64_t bus_seq;
};

struct rig {
    char path[64];
    uint64_t now_ns;
    struct dictionary *dictionary;
    struct broker_config broker_configs[RIG_BROKERS];
    struct engine_session_config sessions[RIG_BROKERS];
    struct engine_config config;
    struct store *store;
    struct store_reader *store_reader;
    struct apply_reader reader;
    struct engine *engine;
    struct turn *turn;
    struct release_ports ports;
    bool connect_wanted[RIG_BROKERS];
    bool close_wanted[RIG_BROKERS];
    struct rig_broker broker[RIG_BROKERS];
    struct rig_log replies;
    struct rig_log events; /* "topic message" */
    struct rig_log taken;  /* Each new order a broker took: "|<SecondaryClOrdID(526)>|". */
    char said[RIG_SAID_MAX][ENGINE_LINE_BYTES_MAX + 1]; /* The gateway's log, the newest lines. */
    size_t said_count;
    const char *drop_reason; /* Of rig_drop(); NULL: "dropped by the test". */
    struct rig_checked checked;
    unsigned releases_left; /* After so many releases the gateway is gone. */
    /* After so many reads of the engine one fails; UINT_MAX: none. The turn is then refused,
     * the gateway is gone and starts again at once. */
    unsigned reads_left;
    struct reader read; /* The port of `reader` without that. */
    struct effects effects;
    struct field fields[FIX_FIELDS_MAX];
};

/* A fresh store, two brokers listening, the gateway not started. */
struct rig *rig_new(void);
void rig_free(struct rig *rig);
/* The same of the rig that a test's state is; 0. */
int rig_teardown(void **state);
/* As rig_free() and rig_new(), but for the dictionary, which takes longest. */
void rig_renew(struct rig *rig);

void rig_start(struct rig *rig);
/* The gateway is gone between two turns; what it had committed is there. */
void rig_crash(struct rig *rig);
/* One more turn commits, and the gateway is gone after `releases` of its releases.
 * `request` may be NULL. */
void rig_crash_releasing(struct rig *rig, const char *request, unsigned releases);

/* Turns until nothing moves any more, at one instant of time. */
void rig_settle(struct rig *rig);
/* Advances time in steps of 100 ms, settling at each. */
void rig_pass(struct rig *rig, unsigned milliseconds);

/* Advances time in steps of five seconds, settling at each. */
void rig_wait(struct rig *rig, unsigned seconds);

/* Session `number` becomes an acceptor on listener 0; its broker connects, and again a
 * second after each loss. Before rig_start(). */
void rig_make_acceptor(struct rig *rig, unsigned number);

/* A newest line of the gateway's log that holds `text`, or NULL. */
const char *rig_said(const struct rig *rig, const char *text);

/* Carries out a command on a session; returns its answer. Asked again as a request is. */
const char *rig_command(struct rig *rig, uint32_t session, enum session_command command,
                        bool confirmed);

/* What a command (command.h) was answered with. */
struct rig_answer {
    enum command_result result;
    char words[FIX_TEXT_BYTES_MAX + 1];
    char more[FIX_TEXT_BYTES_MAX + 1]; /* command_out.more */
    uint32_t rows_count;
    char rows[RIG_ROWS_MAX][RIG_ROW_BYTES]; /* "|name=value|…|" */
};

/* Carries out a command as an operator who has every role. `arguments` as in
 * "broker=ALPHA|reason=two words"; "" for none. The answer is good until the next. Asked again
 * as a request is. */
const struct rig_answer *rig_ask(struct rig *rig, const char *operator_name, const char *name,
                                 const char *arguments);
/* The same of any command: with a key, with other roles. */
const struct rig_answer *rig_carry_out(struct rig *rig, const struct command *command);

/* The same, which must be done; with two persons; a post of the router; the row of an answer that
 * names a broker, or NULL (core_rig_ask.c). */
void rig_done(struct rig *rig, const char *name, const char *arguments);
void rig_done_by_two(struct rig *rig, const char *name, const char *arguments);
void rig_measure(struct rig *rig, const char *broker, const char *breaker, unsigned score,
                 unsigned ramp, unsigned probes);
const char *rig_row(const struct rig_answer *answer, const char *broker);

/* A command of jane's, which must be answered so: else the test fails with the answer. */
const struct rig_answer *rig_ask_for(struct rig *rig, enum command_result result, const char *name,
                                     const char *arguments);

/* A value that suits an argument of a command, chosen by `number`; empty if none is known. A number
 * of the kind that limits, pages, seconds and shares are. */
struct span rig_suiting(struct span argument, uint32_t number);
struct span rig_number(uint32_t number);

/* The chain of the audit, page by page: NULL if it is whole, or what audit.verify found. */
const char *rig_audit_fault(struct rig *rig);

/* What the shell tells the engine: room in the store, a step of the system's clock, bytes
 * not yet written to a broker. */
void rig_space(struct rig *rig, bool low);
void rig_clock_step(struct rig *rig, int64_t step_ns);
void rig_backlog(struct rig *rig, uint32_t session, uint64_t bytes);

/* Drops the line to a broker, both ways, with what is under way. */
void rig_drop(struct rig *rig, unsigned broker);

/* Every BusSeq from 1 to the last is in the store, once. Returns the last. */
uint64_t rig_check_events(struct rig *rig);

/* Sends a request ('|' for SOH), settles, returns the reply. If the gateway is gone before
 * it answers, sends it again, as a client may. */
const char *rig_request(struct rig *rig, const char *request);

/* A broker sends an application message with these body fields. */
void rig_broker_says(struct rig *rig, unsigned broker, const char *msg_type, const char *body);

/* A broker reports on an order to buy VOD that it knows by this name, under an ExecID(17) of its
 * own: "150=0|39=0|14=0|…". */
void rig_broker_reports(struct rig *rig, unsigned broker, const char *cl_ord_id,
                        const char *fields);

/* A broker's line says these bytes, whatever its session thinks of it. */
void rig_says_bytes(struct rig *rig, unsigned broker, struct span bytes);

/* Somebody connects in place of a broker that dials and is away, begins with these bytes,
 * and goes on as that broker would. No effect if it does not dial, or is connected. */
void rig_knock(struct rig *rig, unsigned broker, struct span bytes);

/* A broker logs out with `text`. */
void rig_broker_logs_out(struct rig *rig, unsigned broker, const char *text);

/* A broker sends its last report once more, as a new message with the same ExecID. */
void rig_broker_repeats(struct rig *rig, unsigned broker);

/* The last event whose text holds all of `a` and `b` (b may be NULL), or NULL. */
const char *rig_event(const struct rig *rig, const char *a, const char *b);
size_t rig_event_count(const struct rig *rig, const char *a);

/* Value of "|tag=" in a line, copied into a static buffer; "" if absent. */
const char *rig_value(const char *line, const char *tag);

#endif
