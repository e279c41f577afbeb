/* The engine: one pure step over all orders, brokers and sessions.
 *
 * Pure: no I/O, no clock, no allocation. Called from the engine's thread only.
 *
 *   engine_turn_begin            the reader sees what is committed; time stands still
 *   engine_received, _request …  one call per event, until engine_turn_full()
 *   engine_turn_end              → turn.batch, turn.releases for apply_turn()
 *
 * After a failed read or commit the engine must not be used again (design §1): the turn
 * is ended, apply_turn() refuses it, and the process ends with the store's reason. */
#ifndef GATEWAY_CORE_ENGINE_ENGINE_H
#define GATEWAY_CORE_ENGINE_ENGINE_H

#include "gateway/core/commands/approvals.h"
#include "gateway/core/commands/bulk.h"
#include "gateway/core/commands/sha256.h"
#include "gateway/core/doubt/doubt_link.h"
#include "gateway/core/engine/config.h"
#include "gateway/core/engine/release.h"
#include "gateway/core/limits/kill.h"
#include "gateway/core/limits/order_limits.h"
#include "gateway/core/orders/order.h"
#include "gateway/core/routing/failover.h"
#include "gateway/core/routing/routing_table.h"

/* What a turn produces. */
struct turn {
    struct batch batch;
    struct release_list releases;
};

/* Durable counters; each names the next value to give. */
struct counters {
    uint64_t bus_seq;      /* From 1, gap-free. */
    uint64_t attempt;      /* Number in the broker-facing ClOrdID. */
    uint64_t arrival;      /* Place in the queue. */
    uint64_t order_number; /* Number in our OrderID(37). */
};

/* The end of the audit's chain (audit.h). */
struct audit_chain {
    uint64_t count; /* Entries; the last one has this number. */
    uint8_t hash[SHA256_BYTES];
};

/* A session with what the engine knows of it. */
struct link {
    const struct engine_session_config *config;
    uint32_t number; /* Index into sessions. */
    struct session session;
    enum session_state told; /* What the bus was last told; LOGON_SENT = nothing yet, */
    uint64_t told_ns;        /* and when; 0: not since the start. */
    struct text why;         /* It has no connection; empty while it is logged on. */

    /* The connection. */
    bool connected;
    bool connecting;
    bool closing;           /* RELEASE_CLOSE is out: what still comes in is not read. */
    bool logged_on;         /* The Logon exchange of this connection was completed. */
    bool logging_out;       /* We began a Logout on this connection. */
    bool kept_waiting;      /* The turn was full before all kept early messages were taken. */
    bool was_logged_on;     /* The connection before it was: a new choice may be made. */
    uint64_t backlog_bytes; /* Unsent bytes at the shell. */
    uint64_t stuck_ns;      /* Since when they keep a resend from going on; 0: they do not. */

    /* Where it goes next (link_connect.c). */
    uint32_t endpoint;      /* Where it connects to. */
    uint32_t tries;         /* In a row at this endpoint that led to no Logon. */
    uint64_t connect_at_ns; /* Initiator, disconnected: when to try. */
    uint64_t backoff_ns;    /* Before the next try, without its jitter. */
    bool backoff_waited;    /* That long was waited already: a failed round doubles it. */
    uint64_t first_left_ns; /* When the first endpoint was left. */

    /* When it may be logged on, and when its numbers begin anew (link_schedule.c). */
    struct session_day day;    /* The session day of now, or the next one. */
    uint64_t day_due_ns;       /* The next border; then it is looked up anew. */
    uint64_t reset_due_ns;     /* ResetSeqTime, the first since the numbers were 1; 0 = unknown. */
    uint64_t reset_due_for_ns; /* The created_ns it was reckoned from. */
    uint64_t reset_retry_ns;   /* Not to be tried again before. */
    uint64_t open_count;       /* Live attempts: with any, a reset wants a person. Durable. */
    uint64_t archive_due_ns;   /* When old session days are next looked at. */
    bool in_day;               /* `day` is the one of now. */
    bool down;                 /* An operator keeps it logged off. Durable. */
    bool reset_told;           /* That ResetSeqTime is postponed. */
    bool stored_reset_wanted;  /* As last written, with the numbers below. */
    uint32_t stored_resets;
    uint64_t stored_peer_has;
    uint64_t stored_unproven_end;

    /* What goes out (link_rate.c, queue.c). */
    int64_t tokens;         /* In billionths of a message; may be below 0. */
    uint64_t tokens_at_ns;  /* When that was so. */
    int64_t current_weight; /* Smooth weighted round robin. */
    bool could_send_new;    /* At the last tick: a change sets the queue moving. */
    bool could_send_change;

    /* Of the application. */
    bool application_busy;       /* Its tick() has more to do. */
    bool resend_told;            /* Of the resend under way. */
    bool hunting;                /* Hunted attempts are dealt with: no new orders (hunt.h). */
    bool hunt_wait;              /* Their walk goes on in the next turn, which sees all of this. */
    bool hunt_echo;              /* Some are filled over: an echo proves them dead. */
    uint64_t application_due_ns; /* When its tick() is wanted by itself; UINT64_MAX: it is not. */
    uint64_t unacked_count;      /* Attempts sent and not yet acknowledged, */
    uint64_t in_doubt_count;     /* and those of them whose orders are IN_DOUBT. */
    struct link_doubt doubt;
    uint64_t hunt_count;    /* How many there are. */
    uint64_t hunt_next;     /* Where it is: attempt number. */
    uint64_t hunt_ready_ns; /* When the session became READY: cancels from before were lost. */

    uint64_t stored_in; /* Numbers as last written to the batch. */
    uint64_t stored_out;
    uint64_t stored_created_ns;
    uint64_t stored_open_count;

    struct session_early early[FIX_EARLY_MESSAGES_MAX];
    uint8_t early_bytes[FIX_EARLY_BYTES_MAX];
};

struct engine {
    const struct engine_config *config;
    struct turn *turn; /* Borrowed: where this turn's results go. */
    struct view view;
    uint64_t now_ns;
    uint64_t batch_number; /* Of the last batch. */
    struct counters counters;
    bool counters_changed;
    uint64_t queued_count;    /* Entries in the queue. */
    uint64_t queued_changes;  /* Those of them that are cancels or replaces. */
    uint64_t queue_next;      /* Where the dispatch walk is: arrival. */
    uint64_t queue_fresh;     /* Entries from this arrival on were not offered to any broker yet. */
    uint32_t queue_for;       /* Bit by broker: the walk is for these, whose state has changed. */
    bool queue_walk;          /* A walk is under way or wanted. */
    bool queue_held;          /* The walk waits for an outbound rate. */
    bool queue_appended;      /* In this turn: the walk sees it in the next. */
    uint64_t expiry_added_ns; /* Earliest time limit added in this turn; UINT64_MAX if none. */
    uint64_t expiry_next_ns;  /* No queued order expires before; UINT64_MAX if none does. */
    uint64_t heartbeat_next_ns;
    uint64_t random; /* For jitter; never 0. */
    bool space_low;  /* Intake is stopped. */
    bool stopping;   /* Logouts are out; no new orders. */
    struct routing_table routing;
    struct order_limits limits;
    struct kills kills;
    struct audit_chain audit;
    struct approvals approvals;
    struct bulks bulks;
    struct failover failover;
    struct link links[ENGINE_SESSIONS_MAX];
    struct field fields[FIX_FIELDS_MAX];       /* Of the message being read. */
    struct field fields_other[FIX_FIELDS_MAX]; /* Of a stored message beside it. */
    struct effects effects;
    /* Where things are built before they are copied into the turn; each for one
     * purpose, so that no step builds over another's bytes. */
    uint8_t scratch_message[2 * FIX_MESSAGE_BYTES_MAX];    /* A reply or an event. */
    uint8_t scratch_event[2 * FIX_MESSAGE_BYTES_MAX];      /* The event's record. */
    uint8_t scratch_record[ORDER_RECORD_BYTES_MAX];        /* An order's record. */
    uint8_t scratch_body[2 * FIX_MESSAGE_BYTES_MAX];       /* What goes to a broker. */
    uint8_t scratch_request[2 * ENGINE_REQUEST_BYTES_MAX]; /* The fields kept of a request. */
    uint8_t scratch_out[2 * FIX_MESSAGE_BYTES_MAX];        /* A record of the outbound queue. */
};

/* Rebuilds what memory needs from the committed state: counters, session
 * numbers, counts of what is queued and unacknowledged. `engine` and `turn` are
 * zeroed memory of the caller's. Returns NULL, or why the store must not be used
 * (a number that went backwards, a record of an unknown version) with the remedy;
 * the text is static or in `error`. If a read failed, that is why, whatever else there
 * is; its reason is with whoever implements the reader. */
MUST_USE const char *engine_start(struct engine *engine, const struct engine_config *config,
                                  struct turn *turn, const struct reader *reader,
                                  uint64_t batch_number, uint64_t now_ns,
                                  char error[ENGINE_TEXT_BYTES_MAX + 1]);

void engine_turn_begin(struct engine *engine, const struct reader *reader, uint64_t now_ns);

/* Seals the batch. True if there is anything to apply. */
bool engine_turn_end(struct engine *engine);

/* No further event fits into this turn, or a read has failed in it; end it first. */
bool engine_turn_full(const struct engine *engine);

/* A request of the OMS as tag=value fields. `client` is the authenticated
 * identity, empty if the transport has none; then SenderCompID(49) of the
 * request counts. `route` comes back with the reply. */
void engine_request(struct engine *engine, struct span client, struct span route,
                    struct span request);

/* A request that the shell could not even decode (JSON of the wrong shape): it is
 * answered with a Reject that carries `reason`. */
void engine_request_undecodable(struct engine *engine, struct span route, const char *reason);

/* The transport of a session is up; is gone (or could not be made). */
void engine_connected(struct engine *engine, uint32_t session);
void engine_disconnected(struct engine *engine, uint32_t session, const char *reason);

/* Bytes of a session's peer. Returns how many are done with; the caller keeps the
 * rest and offers them again, with more behind, in this or a later turn. 0 means:
 * nothing more can be taken now (half a message, or a resend goes first). */
size_t engine_received(struct engine *engine, uint32_t session, struct span bytes);

/* Bytes that the shell could not yet write to the peer. */
void engine_backlog(struct engine *engine, uint32_t session, uint64_t bytes);

/* Room in the store: low = stop taking orders. */
void engine_space(struct engine *engine, bool low);

/* Whatever is due: timers of sessions, reconnects, the next page of a resend, the
 * queue, expiries. Called once in every turn, after the events. */
void engine_tick(struct engine *engine);

/* The instant at which engine_tick() is next wanted; `now` if it has work left. */
uint64_t engine_deadline_ns(const struct engine *engine);

/* What an operator may ask of a session. */
#define SESSION_COMMANDS(X)                                                                        \
    X(LOGON)        /* May log on again, and does so at once if it is its time. */                 \
    X(LOGOFF)       /* Logs out and stays so until LOGON, over restarts too. */                    \
    X(RESET)        /* Numbers from 1, with the peer if it is logged on. */                        \
    X(DISCONNECT)   /* Closes the connection; an initiator comes back by itself. */                \
    X(TEST_REQUEST) /* Asks the peer for a sign of life. */

enum session_command {
#define X(name) SESSION_COMMAND_##name,
    SESSION_COMMANDS(X)
#undef X
};

/* One of them as a command (command.h) with the role to operate: true if it was done; `answer`
 * says what was, or why not and what would help. A RESET while orders are open there wants
 * `confirmed`. Sessions with the same id are the first of them. */
bool engine_session_command(struct engine *engine, uint32_t session, enum session_command command,
                            bool confirmed, struct span operator_name,
                            char answer[ENGINE_TEXT_BYTES_MAX + 1]);

/* "TEST_REQUEST" */
const char *session_command_name(enum session_command command);

/* Our clock jumped by `step_ns` against the monotonic one: peers may refuse what we date,
 * and we what they date (3.3). Log and bus tell of each. */
void engine_clock_step(struct engine *engine, int64_t step_ns);

/* Begins an orderly end: Logout on all sessions. Done when engine_stopped(). */
void engine_stop(struct engine *engine);
bool engine_stopped(const struct engine *engine);

/* Session number by BeginString, SenderCompID and TargetCompID seen from us; -1. */
int engine_session_find(const struct engine *engine, const char *id);

#endif
