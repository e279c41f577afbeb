/* QuickFIX (C++) as a C library: the engine of the brokers on the other side.
 *
 * It never runs inside the gateway. It is here because an independent engine is
 * the only honest partner for interop tests, the demo and the benchmarks.
 *
 * One struct quickfix is one acceptor or one initiator. Everything happens inside
 * quickfix_poll(), on the caller's thread: QuickFIX's single-threaded sockets are
 * used, because its threaded ones resend wrongly after a partial write. No C++
 * exception leaves this library. Messages are given as text with SOH.
 *
 * SocketUseSSL=Y in [DEFAULT] (a word of the Java engine; QuickFIX has another class
 * instead) makes it speak TLS, with QuickFIX's settings for that. Then its handshakes
 * block quickfix_poll() until they end or the line is closed. */
#ifndef TESTS_TOOLS_QUICKFIX_C_H
#define TESTS_TOOLS_QUICKFIX_C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct quickfix;         /* An acceptor or an initiator. */
struct quickfix_session; /* One session of it; valid until quickfix_stop(). */

enum quickfix_role {
    QUICKFIX_ACCEPTOR,
    QUICKFIX_INITIATOR,
};

/* What the application says to an application message. */
enum quickfix_verdict {
    QUICKFIX_TAKEN,
    QUICKFIX_UNSUPPORTED,   /* BusinessMessageReject 380=3. */
    QUICKFIX_FIELD_MISSING, /* Reject 373=1 with *tag. */
    QUICKFIX_FIELD_WRONG,   /* Reject 373=5 with *tag. */
};

/* Any of the functions may be NULL. Spans are valid during the call only. */
struct quickfix_callbacks {
    void *context;
    void (*created)(void *context, struct quickfix_session *session);
    void (*logon)(void *context, struct quickfix_session *session);
    void (*logout)(void *context, struct quickfix_session *session); /* Also a lost line. */

    /* A session message came. False refuses a Logon, with `reason` (NUL-ended) in
     * the Logout's Text; for other types the result is ignored. */
    bool (*from_admin)(void *context, struct quickfix_session *session, const char *message,
                       size_t size, char *reason, size_t reason_size);

    /* A session message is about to go out. May write more fields for it
     * ("tag=value<SOH>…") into `more`; returns their bytes, 0 for none. */
    size_t (*to_admin)(void *context, struct quickfix_session *session, const char *message,
                       size_t size, char *more, size_t more_size);

    enum quickfix_verdict (*from_app)(void *context, struct quickfix_session *session,
                                      const char *message, size_t size, int *tag);

    /* An application message is about to go out, new or again. False: do not send
     * (a resend then gap-fills it). */
    bool (*to_app)(void *context, struct quickfix_session *session, const char *message,
                   size_t size);

    /* Every message of any type as it came, before any check: also those that QuickFIX
     * then ignores as repeated. */
    void (*received)(void *context, const char *message, size_t size);

    /* Every message of any type as it goes out. */
    void (*sent)(void *context, const char *message, size_t size);

    /* QuickFIX's own log of events, one line without newline. */
    void (*event)(void *context, const char *text);
};

/* Creates the sessions of `settings` (a QuickFIX configuration as text; the file
 * store is used, so FileStorePath is required) and their stored numbers. Nothing
 * listens or connects before the first quickfix_poll(). NULL on failure, with the
 * reason in `error`. `callbacks` is copied. */
struct quickfix *quickfix_start(enum quickfix_role role, const char *settings,
                                const struct quickfix_callbacks *callbacks, char *error,
                                size_t error_size);

/* Does all the work that is due, waiting at most `wait_ms` for some. The first
 * call binds or connects; false when that failed or the engine broke, with the
 * reason in `error`. Heartbeats are kept going here: call it several times a
 * second. */
bool quickfix_poll(struct quickfix *engine, int wait_ms, char *error, size_t error_size);

/* The chores of time alone (heartbeats, timeouts) without reading any socket:
 * what a peer that does not read, but is alive, still does. */
void quickfix_tick(struct quickfix *engine);

/* Logs out, polls until the peers have answered or `wait_ms` is over, closes and
 * frees. wait_ms 0: closes the lines without a word. QuickFIX keeps an acceptor's
 * port until the process ends. */
void quickfix_stop(struct quickfix *engine, int wait_ms);

/* The session with these ids, or NULL. */
struct quickfix_session *quickfix_session_find(struct quickfix *engine, const char *sender_comp_id,
                                               const char *target_comp_id);

/* "FIX.4.4:SENDER->TARGET"; valid as long as the session. */
const char *quickfix_session_name(const struct quickfix_session *session);

bool quickfix_logged_on(struct quickfix_session *session);

/* Sends "35=8<SOH>37=…<SOH>…": MsgType first, without 8, 9, 34, 49, 52, 56, 10.
 * Header fields (97, 50, 57, …) are put where they belong. The message has a number and is
 * stored when this returns true, even if the line is down. Repeating groups are
 * not supported: QuickFIX sorts fields by tag. */
bool quickfix_send(struct quickfix_session *session, const char *body, size_t size);

/* Sends a SequenceReset-Reset: our next number becomes `next`, at both sides. False: not
 * logged on, `next` is below our next number, or the store failed. */
bool quickfix_sequence_reset(struct quickfix_session *session, int next);

/* Sends a Logon with 141=Y in the middle of the session: both numbers to 1. For an
 * initiator only (an acceptor of QuickFIX would answer the answer). */
bool quickfix_reset_by_logon(struct quickfix_session *session);

/* Drops the line now, without a Logout. */
void quickfix_disconnect(struct quickfix_session *session);

/* Disables the session with a Logout / enables it again. */
void quickfix_logout(struct quickfix_session *session, const char *reason);
void quickfix_logon(struct quickfix_session *session);

/* When the stored numbers were last 1, in milliseconds of Unix time (after a restart:
 * whole seconds): what changes with each reset. 0 when the store fails. */
int64_t quickfix_created_ms(struct quickfix_session *session);

/* Next MsgSeqNum in each direction; 0 or false when the store fails. */
int quickfix_seq_out_next(struct quickfix_session *session);
int quickfix_seq_in_next(struct quickfix_session *session);
bool quickfix_seq_out_set(struct quickfix_session *session, int next);
bool quickfix_seq_in_set(struct quickfix_session *session, int next);

#ifdef __cplusplus
}
#endif

#endif
