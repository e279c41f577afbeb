/* One FIX 4.4 session: sequence numbers, logon, heartbeat, resend.
 *
 * Pure: bytes and time come in, effects come out (effects.h). The same inputs
 * always give the same effects. Called from the engine's thread only.
 * FIX 4.4 Vol. 2; the numbers (2.3, 6.2, …) in the code are those of the
 * project's list of session behaviours, which tests/session bears out.
 *
 * Life of a connection:
 *   session_connected → session_receive… / session_tick… → session_disconnected
 * While a resend is under way (session_resend_next() is true) the engine feeds
 * session_resend_message() from the outbound queue and offers no inbound bytes,
 * so nothing new comes between the pieces of a resend (6.4).
 *
 * After an EFFECT_CLOSE the session is DISCONNECTED already: what still arrives
 * on the dying connection is swallowed, ticks do nothing, and the later
 * session_disconnected() has no effect. */
#ifndef FIX_SESSION_H
#define FIX_SESSION_H

#include "fix/dictionary.h"
#include "fix/effects.h"
#include "fix/message.h"
#include "fix/validate.h"

/* One LogonTag: a field that our Logon carries besides. */
struct session_logon_tag {
    uint32_t tag;
    const char *value;
};

/* Names that a routing field may hold (3.8). */
struct session_names {
    const char *const *list;
    uint32_t count; /* 0: any name is as agreed. */
};

/* Settings, with QuickFIX's words. Borrowed text; the owner outlives the session. */
struct session_config {
    const char *begin_string;   /* BeginString */
    const char *sender_comp_id; /* SenderCompID */
    const char *target_comp_id; /* TargetCompID */
    const char *sender_sub_id;  /* NULL if none */
    const char *target_sub_id;
    const char *sender_location_id;
    const char *target_location_id;
    const char *username;     /* Username(553) of our Logon, NULL if none; an acceptor wants it. */
    const char *password;     /* Password(554): never in a log or in the queue's text form. */
    const char *new_password; /* NewPassword(925) of our Logon, NULL if none. */
    /* LogonTag, LogonTag<n>. All texts of our Logon together, with 16 bytes a field, are at
     * most FIX_LOGON_BYTES_MAX. */
    const struct session_logon_tag *logon_tags;
    uint32_t logon_tags_count;
    struct session_names on_behalf_of; /* Agreed OnBehalfOfCompID(115). */
    struct session_names deliver_to;   /* Agreed DeliverToCompID(128). */
    bool acceptor;                     /* ConnectionType */
    uint32_t heart_bt_int_seconds;     /* HeartBtInt; an acceptor takes the peer's. */
    bool heart_bt_int_override;        /* HeartBtIntOverride: an acceptor answers with its own. */
    bool heart_beat_check;             /* DisableHeartBeatCheck=N: silence ends the connection. */
    /* Silence before a TestRequest, and before the end, in thousandths of HeartBtInt: 1200
     * and 2400 (5.4, 5.5), as TestRequestDelayMultiplier=0.2 and
     * HeartBeatTimeoutMultiplier=1.4 say. */
    uint32_t silence_test_permille;
    uint32_t silence_dead_permille;
    uint32_t logon_timeout_seconds;
    uint32_t logout_timeout_seconds;
    uint32_t max_latency_seconds; /* MaxLatency; 0 = CheckLatency=N. */
    unsigned timestamp_precision; /* TimestampPrecision: digits, 0 to 9. */
    bool reset_on_logon;
    bool reset_on_logout; /* These two: an initiator's Logon has 141=Y when both numbers are 1. */
    bool reset_on_disconnect; /* An acceptor's, once the peer had logged on. */
    bool check_comp_id;
    bool test_request_at_logon;  /* READY only after a TestRequest of ours was answered (4.9):
                                    the initiator's way. Without, READY once our gap is closed. */
    bool next_expected_seq_num;  /* SendNextExpectedMsgSeqNum: 789 in Logon, and the peer's used. */
    bool last_seq_num_processed; /* EnableLastMsgSeqNumProcessed: 369 in each header. */
    uint32_t resend_request_chunk_size; /* ResendRequestChunkSize; 0 = the whole gap at once. */
    bool closed_resend_interval;        /* ClosedResendInterval: 16 = the true end, never 0. */
    bool redundant_resend_requests;     /* SendRedundantResendRequests: each early message asks. */
    bool requires_orig_sending_time;    /* RequiresOrigSendingTime: 43=Y without 122 is rejected. */
    bool reject_invalid_message; /* RejectInvalidMessage=N: content faults are only logged. */
    bool reject_garbled_message; /* RejectGarbledMessage=Y: a garbled message that names its
                                    number is rejected (and uses it up). */
    const struct dictionary *dictionary; /* NULL: no content checks. */
    struct validate_options validate;
};

struct session_config session_config_default(void);

enum session_state {
    SESSION_DISCONNECTED,
    SESSION_LOGON_SENT,    /* Initiator: waiting for the answer. */
    SESSION_LOGON_AWAITED, /* Acceptor: waiting for the peer's Logon. */
    SESSION_SYNCHRONISING, /* Logged on; closing gaps: a TestRequest of ours is not answered yet. */
    SESSION_READY,         /* Logged on, both directions proven in step: application may send. */
    SESSION_LOGOUT_SENT,   /* We began, or answered; nothing new of the application goes out. */
};

/* A kept early message (2.2). */
struct session_early {
    uint64_t msg_seq_num;
    uint32_t start; /* Offset in `early_bytes`. */
    uint32_t size;
    bool done; /* Acted upon at arrival (2.3): only its number is to be taken. No bytes kept. */
};

struct session {
    const struct session_config *config; /* Borrowed; outlives the session. */
    enum session_state state;            /* Written only by session_become(). */

    /* Durable: the engine stores these four whenever a step changed them. */
    uint64_t seq_in_next;  /* MsgSeqNum(34) due from the peer. */
    uint64_t seq_out_next; /* MsgSeqNum(34) of our next message. */
    uint64_t created_ns;   /* When the numbers were last 1. */
    uint32_t resets;       /* How often they were reset: the session day's number. */

    uint64_t heart_bt_int_ns; /* In force, 0 = none. */
    uint64_t received_last_ns;
    uint64_t sent_last_ns;
    uint64_t deadline_state_ns;    /* Logon or Logout time limit; UINT64_MAX if none. */
    uint64_t test_request_sent_ns; /* 0: none outstanding. */
    uint64_t test_request_id;      /* TestReqID of the last one; grows. */
    uint64_t test_request_seq;     /* Its MsgSeqNum: once echoed, the peer has all up to it. */
    uint64_t proof_sent_ns;        /* When one last went out behind a resend; 0: never. */
    uint64_t echoes;               /* How many of ours were answered, over all connections. */
    uint64_t round_trip_ns;        /* How long the last answer took; 0: none came yet. */
    uint64_t silence_tested_ns;    /* When the present silence had its TestRequest (5.4); */
    bool silence_tested;           /* it had one. */
    bool echo_seen;                /* SYNCHRONISING: the TestRequest was answered. */
    bool reset_sent;               /* Our Logon had 141=Y; the answer must have it too. */
    bool logout_initiated;         /* We began the Logout. */
    bool logout_received;          /* The peer sent one. */
    bool logout_in_step;           /* Nothing that it sent before that is missing. */
    bool leaving;                  /* The peer broke the rules: only its Logout still counts. */
    bool logout_pending;           /* session_logout() came during a resend. */
    bool reset_pending;            /* session_request_reset() did. */
    bool reset_awaited;            /* It went out; the peer's Logon with 141=Y must answer. */
    bool reset_wanted;             /* It was never answered: an initiator's next Logon asks anew. */
    uint64_t reset_answered_ns;    /* When a reset was answered last, by either; 0: never. */
    uint64_t seq_in_before;        /* While it is awaited: the number due of the old numbering. */
    char logout_text[FIX_TEXT_BYTES_MAX + 1]; /* What that Logout will say. */

    /* NextExpectedMsgSeqNum(789) of the peer's Logon on this connection, whether we use it
     * or not: the peer has all of ours below it. 0: not told, or the numbers were reset. */
    uint64_t peer_expects;

    uint64_t gap_end;       /* Highest number seen early; 0 = no gap open. */
    bool gap_asked;         /* ResendRequest for it is out, or the peer fills it unasked (789). */
    uint64_t gap_asked_end; /* It covers the numbers up to this one. */
    uint64_t gap_moved_ns;  /* When it was asked, or last became smaller. */
    uint64_t skipped_begin; /* Numbers that a SequenceReset-Reset jumped over: never had (2.5). */
    uint64_t skipped_end;   /* One past the last; begin = end: none. */

    uint64_t resend_next; /* Next number of a resend under way; 0 = none. */
    uint64_t resend_end;  /* Last number of it. */
    uint64_t resend_gap;  /* First number of the run to be gap-filled; 0 = none. */

    struct session_early *early; /* Sorted by number. Owned by the caller. */
    uint32_t early_max;
    uint32_t early_count;
    uint8_t *early_bytes; /* Owned by the caller; FIX_EARLY_BYTES_MAX. */
    uint32_t early_bytes_used;
};

/* Numbers as they were stored (1, 1 for a new session); the caller then sets
 * created_ns and resets as stored. Its arrays for early messages stay its own. */
void session_init(struct session *session, const struct session_config *config,
                  struct session_early *early, uint32_t early_max, uint8_t *early_bytes,
                  uint64_t seq_in_next, uint64_t seq_out_next);

/* The transport is up. An initiator's Logon is the first effect (4.8). */
void session_connected(struct session *session, uint64_t now_ns, struct effects *out);

/* The transport is gone, for whatever reason. Numbers stay (10.5). No effect if
 * the session closed it by itself. */
void session_disconnected(struct session *session, uint64_t now_ns, struct effects *out);

/* Both numbers to 1, by the schedule or an operator (8.2). ASSERTs DISCONNECTED. */
void session_reset(struct session *session, uint64_t now_ns, struct effects *out);

/* Takes the first frame of `bytes`, however they were split on arrival.
 *
 * Returns the count of bytes consumed, 0 while the frame is incomplete; the
 * caller keeps the rest and offers it again. Faults of the peer are not errors:
 * they become effects. After an EFFECT_DELIVER `message` holds the delivered
 * message, which refers to `bytes`. One frame per call, so at most one DELIVER.
 * A Reject(3) of the peer is delivered too: it may refuse an order of ours. */
size_t session_receive(struct session *session, uint64_t now_ns, struct span bytes,
                       struct message *message, struct effects *out);

/* Processes the next kept early message if its number is due now (2.2). False if
 * there was none. As session_receive(): `message` refers to the kept bytes, valid
 * until the next call on this session. Call until false after each receive and
 * after the end of a resend; during one it is always false. */
bool session_receive_kept(struct session *session, uint64_t now_ns, struct message *message,
                          struct effects *out);

/* True if the application may send now: READY and no resend under way. */
bool session_can_send(const struct session *session);

/* Sends an application message: header, `body` (tag=value<SOH>…, no header
 * fields), trailer, with the next number. ASSERTs session_can_send(). Returns
 * that number. */
uint64_t session_send(struct session *session, uint64_t now_ns, struct span msg_type,
                      struct span body, struct effects *out);

/* Sends a BusinessMessageReject (35=j) for a delivered message that the
 * application cannot accept; `reason` is its 380. For session-level faults the
 * session rejects by itself. Call it in the step of the delivery. No effect for a
 * Reject or a BusinessMessageReject (5.6), or when the session is not logged on. */
void session_business_reject(struct session *session, uint64_t now_ns,
                             const struct message *message, int reason, const char *text,
                             struct effects *out);

/* True while a resend is under way: *next and *end are the numbers wanted. */
bool session_resend_next(const struct session *session, uint64_t *next, uint64_t *end);

/* The stored message with number *next of session_resend_next(); empty `bytes`
 * if the queue has none (it is gap-filled). `gap_fill` = it must not go out again
 * (the engine's choice, 6.2). Runs to be filled become one SequenceReset. */
void session_resend_message(struct session *session, uint64_t now_ns, struct span bytes,
                            enum message_kind kind, bool gap_fill, struct effects *out);

/* Resets both numbers of a running session by a Logon with 141=Y (8.1, 8.2): the
 * engine's ResetSeqTime, or an operator. No effect while not logged on, or once a
 * Logout was sent. During a resend it waits for the end of that.
 *
 * SYNCHRONISING until the peer's Logon with 141=Y answers; one that crosses ours is
 * an answer, too. Until then what the peer had sent before it knew of the reset is
 * still taken in its old numbering, so nothing on its way is lost. No answer within
 * LogonTimeout: CLOSE, and an initiator asks for the reset again when it logs on. */
void session_request_reset(struct session *session, uint64_t now_ns, struct effects *out);

/* Sends a TestRequest, as an operator may want (5.4). No effect while not logged on,
 * during a resend, or while a reset is awaited. */
void session_request_test(struct session *session, uint64_t now_ns, struct effects *out);

/* Begins a Logout with `text` (10.1); no effect while not logged on. During a
 * resend it waits for the end of that. */
void session_logout(struct session *session, uint64_t now_ns, const char *text,
                    struct effects *out);

/* Does whatever is due at `now_ns`: heartbeat, test request, time limits. After a
 * tick at the deadline the deadline has moved. */
void session_tick(struct session *session, uint64_t now_ns, struct effects *out);

/* The instant session_tick() must next be called; UINT64_MAX if none. */
uint64_t session_deadline_ns(const struct session *session);

/* "LOGON_SENT" */
const char *session_state_name(enum session_state state);

#endif
