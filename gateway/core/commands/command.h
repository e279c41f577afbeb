/* Commands: what people and services ask of the gateway, besides orders (design §12).
 *
 * Pure; part of the engine, called from its thread. The shell's control socket reads a request
 * into a struct command, engine_command() carries it out within the turn, and the answer goes out
 * behind the commit. Each module that knows commands has a table of them (struct command_spec)
 * and a line in COMMAND_GROUPS; command.c does for all alike what stands below, so that a handler
 * only does its work:
 *
 *   role        an operator without the role that the spec names is refused;
 *   arguments   one that the spec does not name, one that is missing, and one with a control
 *               character in it are refused by their names;
 *   key         the same idempotency key of the same operator is answered as before (without the
 *               rows), and done once; with another request it is refused;
 *   two persons a spec that needs them makes a proposal instead (approvals.h); the handler runs
 *               when another operator approves it;
 *   record      what changes something, done or refused, and what an operator may not do, is in
 *               the audit, on the bus and in the log (a request with wrong arguments is not).
 */
#ifndef GATEWAY_CORE_COMMANDS_COMMAND_H
#define GATEWAY_CORE_COMMANDS_COMMAND_H

#include "fix/text.h"
#include "gateway/core/engine/engine.h"

/* What an operator may do; several together. */
enum command_role {
    MAY_VIEW = 1,    /* Look at everything. */
    MAY_OPERATE = 2, /* Sessions, brokers, orders. */
    MAY_ADMIN = 4,   /* Limits, modes, the routing's policy. */
    MAY_APPROVE = 8, /* Be the second person. */
    MAY_SERVE = 16,  /* Post as a service: measured states, prices, findings. */
};

enum {
    COMMAND_ARGUMENTS_MAX = 24,
    COMMAND_FIELDS_MAX = 32, /* Of a row. */
    COMMAND_NAME_BYTES_MAX = 63,
    COMMAND_KEY_BYTES_MAX = 64,
    COMMAND_KEYS_MAX = 4096,  /* Remembered; then the oldest is forgotten. */
    COMMAND_BYTES_MAX = 4096, /* Of its name, and all names and values of arguments. */
};

struct command_argument {
    struct span name;
    struct span value; /* "true" and "false" for truths. */
};

struct command {
    struct span name;          /* "broker.drain" */
    struct span operator_name; /* Checked: printable, at most ENGINE_NAME_BYTES_MAX. */
    unsigned may;              /* enum command_role, as the shell knows the operator. */
    struct span key;           /* Idempotency key; empty: none. Of what changes something. */
    const struct command_argument *arguments;
    uint32_t arguments_count;
};

/* --- The answer ---------------------------------------------------------------------------- */

enum command_field_kind {
    FIELD_WORDS,
    FIELD_NUMBER,
    FIELD_DECIMAL,
    FIELD_TRUTH,
    FIELD_TIME, /* Nanoseconds since the epoch; 0 and UINT64_MAX: never. */
};

struct command_field {
    const char *name;
    enum command_field_kind kind;
    struct span words;
    uint64_t number; /* NUMBER, TIME; TRUTH: 0 or 1. */
    struct decimal decimal;
};

/* Where rows go. The spans of a row are valid during the call only. */
struct command_out {
    void *context;
    /* False: there is no room for it. The command takes an argument 'after', and says by
     * command_more() what to ask for to have the rest. */
    bool (*row)(void *context, const struct command_field *fields, uint32_t count);
    struct text answer; /* One sentence for a person. */
    struct text more; /* For a client: the value of 'after' that gives the rest; empty: all told. */
};

enum command_result {
    COMMAND_DONE,
    COMMAND_REFUSED,  /* The answer says why, and what would help. */
    COMMAND_PROPOSED, /* Waits for a second person; the answer has its number. */
};

/* Carries a command out. ASSERTs the limits above. */
enum command_result engine_command(struct engine *engine, const struct command *command,
                                   struct command_out *out);

/* --- For the modules that know commands ----------------------------------------------------- */

/* One command under way. */
struct command_call {
    struct engine *engine;
    const struct command *command;
    struct command_out *out;
    struct span proposer; /* With two persons: who proposed it; operator_name approved it. */
    uint64_t proposal;    /* With two persons: the number of the proposal, from its plan on. */
};

/* Handlers return done() or refused(), with words for the person who asked. */
bool command_done(struct command_call *call, const char *words);
bool command_refused(struct command_call *call, const char *words);

/* Done, but that was not all: the same command with after=`after` tells more. */
bool command_more(struct command_call *call, struct span after);
bool command_more_number(struct command_call *call, uint64_t after);

/* An argument; empty if it was not given. */
struct span command_value(const struct command_call *call, const char *name);
bool command_true(const struct command_call *call, const char *name);
/* A whole number; false, and the call is refused by the argument's name, if it is none, or
 * outside of least…most. Not given: `*out` stays as it is. */
MUST_USE bool command_number(struct command_call *call, const char *name, uint64_t least,
                             uint64_t most, uint64_t *out);
MUST_USE bool command_decimal(struct command_call *call, const char *name, struct decimal *out);
/* The index of the broker that the argument names; refused if there is none. */
MUST_USE bool command_broker(struct command_call *call, const char *name, uint32_t *out);

/* A row, field by field; out by command_row(). */
struct command_row {
    uint32_t count;
    struct command_field fields[COMMAND_FIELDS_MAX];
};

/* Each appends a field; `name` and bytes are borrowed until the row is out. */
void row_words(struct command_row *row, const char *name, struct span words);
void row_text(struct command_row *row, const char *name, const char *words);
void row_number(struct command_row *row, const char *name, uint64_t number);
void row_decimal(struct command_row *row, const char *name, struct decimal decimal);
void row_truth(struct command_row *row, const char *name, bool truth);
void row_time(struct command_row *row, const char *name, uint64_t instant_ns);

/* False: there is no room for it. */
bool command_row(struct command_call *call, const struct command_row *row);

struct command_spec {
    const char *name; /* "broker.drain" */
    unsigned may;     /* Any of these roles may; 0 is no role's. */
    bool changes;     /* Else it only looks: no audit, no event. */
    bool two_persons; /* Another operator must approve it. */
    /* "broker reason?": what it takes; '?': may be left out. None is named as what is of every
     * request (command, operator, key) or an option of `fixgate ctl` (config, control, json, help,
     * server-key, secret). */
    const char *arguments;
    const char *help; /* One line. */
    bool (*run)(struct command_call *call);
    /* NULL, or what will happen, into the proposal ("will move 3, hold 2"). False: refused
     * already now. */
    bool (*plan)(struct command_call *call);
    /* NULL, or whether this call of a command for two persons may be one's alone, for it cannot do
     * the harm that they answer for. Leaves the answer as it is. */
    bool (*alone)(struct command_call *call);
};

/* A module's table; the last entry has no name. */
struct command_group {
    const char *title;
    const struct command_spec *specs;
};

/* The modules' tables: each is `const struct command_spec NAME[]` of its module. In the order in
 * which `fixgate ctl --help` shows them. */
#define COMMAND_GROUPS(X)                                                                          \
    X(session_commands, "Sessions: lines to the brokers, and their sequence numbers")              \
    X(broker_commands, "Brokers: what people want of them beside what is measured")                \
    X(route_commands, "Routing: how new orders are spread, and why one went where it did")         \
    X(order_commands, "Orders: where they stand, cancel, move")                                    \
    X(doubt_commands, "Doubt: orders whose outcome at a broker is not known")                      \
    X(dead_letter_commands, "Dead letters: orders that cannot go on by themselves")                \
    X(approvals_commands, "Approvals: what needs a second person")                                 \
    X(bulk_commands, "Bulk: one command for many orders, as two persons agreed")                   \
    X(limit_commands, "Limits: what an order may ask for")                                         \
    X(kill_commands, "Kill switch: no new orders, and cancel what is there")                       \
    X(audit_commands, "Audit: who did what")                                                       \
    X(alert_commands, "Alerts: what services have found")                                          \
    X(failover_commands, "Failover: new orders move from one broker to another, by two persons")

#define X(specs, title) extern const struct command_spec specs[];
COMMAND_GROUPS(X)
#undef X

/* All groups; the last has no specs. */
extern const struct command_group command_groups[];

/* "operate"; of one role. */
const char *command_role_name(enum command_role role);

/* NULL: there is no command of that name. */
const struct command_spec *command_find(struct span name);

/* Walks the names in spec->arguments: `rest` begins as it. False at the end. */
bool command_argument_next(const char **rest, struct span *name, bool *optional);

#endif
