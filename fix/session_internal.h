/* What the parts of the session share among themselves. Nobody else includes it.
 *
 * Pure, as session.h. The parts: session.c (life, states), session_timer.c (time),
 * session_stream.c (frames), session_receive.c (checks, in the order of the project's
 * session behaviours §12), session_logon.c, session_admin.c (one function per message
 * type), session_reset.c (our resets of a running session), session_early.c (gaps),
 * session_resend.c and session_send.c. */
#ifndef FIX_SESSION_INTERNAL_H
#define FIX_SESSION_INTERNAL_H

#include "fix/session.h"
#include "fix/tags.h"
#include "fix/text.h"
#include "fix/timestamp.h"

/* Numbers beyond this are no sequence numbers: at a thousand messages a second
 * it lasts for seven weeks without a reset, and no sum of ours can overflow. */
#define SESSION_SEQ_MAX UINT64_C(4294967295)

#define SESSION_NEVER UINT64_MAX

/* After a fault of the peer its Logout is awaited no longer than this. */
#define SESSION_LEAVE_NS (UINT64_C(2) * TIMESTAMP_SECOND_NS)

/* A gap that does not become smaller for this long is asked for again: part of
 * the answer may have been garbled. */
#define SESSION_GAP_RETRY_NS (UINT64_C(30) * TIMESTAMP_SECOND_NS)

/* Between two TestRequests that follow resends. The peer may ask in many pieces, and
 * each TestRequest, early for it, may make it ask again. */
#define SESSION_PROOF_PAUSE_NS TIMESTAMP_SECOND_NS

/* One inbound message and the step it is part of. */
struct inbound {
    struct message *message;
    struct span type;
    uint64_t now_ns;
    uint64_t seq;
    bool poss_dup;
    bool kept; /* From the early messages: what is checked at arrival was checked. */
    struct effects *out;
};

/* --- session.c --- */

/* The only writer of `state`: asserts that the move is legal, and says it. */
void session_become(struct session *session, enum session_state state, struct effects *out);
bool session_logged_on(const struct session *session);
void session_log(struct effects *out, enum effect_severity severity, struct span text);
/* Both numbers to 1 and all that hung on them away. */
void session_restart_numbers(struct session *session, uint64_t now_ns, struct effects *out);
/* CLOSE with `why`; the session is DISCONNECTED. */
void session_close(struct session *session, uint64_t now_ns, struct span why, struct effects *out);
/* "Leave" of the behaviours: the peer broke a rule that ends the connection. */
void session_leave(struct session *session, uint64_t now_ns, struct span why, struct effects *out);
/* What follows from a step once its message is done with: the gap, READY, the
 * end of a Logout. */
void session_settle(struct session *session, uint64_t now_ns, struct effects *out);

/* --- session_receive.c --- */

/* Checks and acts on an indexed message: all of §12 behind the framing. */
void session_process(struct session *session, struct inbound *in);
/* Uses the message's number up, if it is the one that is due. */
void session_take(struct session *session, const struct inbound *in);
/* The three checks that a first Logon needs too. Each says what is wrong and
 * leaves it to the caller what to do about it. */
bool session_begin_string_right(const struct session *session, const struct inbound *in);
bool session_comp_ids_right(const struct session *session, const struct inbound *in,
                            uint32_t *wrong_tag);
bool session_sending_time_right(const struct session *session, const struct inbound *in);
/* The line of the log that explains why not: by how much, and by which clock. */
void session_explain_sending_time(const struct session *session, const struct inbound *in);
struct validate_fault session_content_fault(const struct session *session,
                                            const struct inbound *in);
/* The reason to reject a field that was read so. */
enum session_reject_reason session_value_fault(enum value_result read);
/* Checks an in-step message's content, origin and PossDup, and acts on it. */
void session_process_numbered(struct session *session, struct inbound *in);
/* Reads MsgSeqNum(34); false if there is none that could be one. */
bool session_read_seq(struct inbound *in);

/* --- session_logon.c --- */

/* Why a Logon is refused. `reject.reason` REJECT_NONE: a Logout says it alone. */
struct refusal {
    struct validate_fault reject;
    struct text why;
};

/* All that must be right about any Logon of the peer. */
bool session_logon_right(const struct session *session, struct inbound *in, uint64_t *heart_bt_int,
                         bool *restart, struct refusal *refusal);
/* What follows from a wrong one in a running session: Reject where it fits, then Leave. */
void session_logon_leave(struct session *session, const struct inbound *in,
                         const struct refusal *refusal);
/* Logged on, by the peer's Logon `in`: its number is taken, its gap seen to. */
void session_logged_on_by(struct session *session, struct inbound *in);
/* The first message of a connection, in LOGON_SENT or LOGON_AWAITED. */
void session_first_message(struct session *session, struct inbound *in);
/* A Logon with ResetSeqNumFlag(141)=Y in a running session (8.1). */
void session_logon_again(struct session *session, struct inbound *in);

/* --- session_reset.c --- */

/* Any message while the answer to our reset is awaited: the answer (`restart`: it is a
 * Logon with 141=Y), or what was on its way. */
void session_receive_before_reset(struct session *session, struct inbound *in, bool restart);

/* --- session_admin.c --- */

/* Acts on a message whose number was taken, or does not matter. */
void session_act(struct session *session, struct inbound *in);
void session_act_logout(struct session *session, const struct inbound *in);
void session_act_resend_request(struct session *session, const struct inbound *in);
bool session_is_sequence_reset(const struct inbound *in); /* Not a gap fill. */

/* --- session_early.c --- */

void session_early_clear(struct session *session);
/* Keeps an early message; `done` = its number only. Full: it is dropped, and
 * asked for when the gap before it has closed. */
void session_early_keep(struct session *session, const struct inbound *in, bool done);
/* Drops what is kept below the number due. True if any of it had not been acted upon. */
bool session_early_void(struct session *session);
/* Notes that `seq` was seen while a lower number was due. */
void session_gap_note(struct session *session, uint64_t seq);
/* Asks for what is missing, or for its next chunk, unless that was done (2.2). */
void session_gap_ask(struct session *session, uint64_t now_ns, struct effects *out);
/* The peer read in our Logon what we miss and sends it unasked (789): asked for only
 * when it does not come. */
void session_gap_promised(struct session *session, uint64_t now_ns);
/* Sees whether the gap has closed, or needs another request. */
void session_gap_update(struct session *session, uint64_t now_ns, struct effects *out);

/* --- session_send.c --- */

struct outbound {
    struct span msg_type;
    uint64_t seq;
    bool poss_dup;
    struct span orig_sending_time; /* As text; empty = the SendingTime of this sending. */
    struct span header;            /* Further header fields. */
    struct span body;
    enum message_kind kind;
    bool keep;
};

void session_emit(struct session *session, uint64_t now_ns, const struct outbound *message,
                  struct effects *out);
/* A session message with the next number. */
void session_emit_admin(struct session *session, uint64_t now_ns, const char *msg_type,
                        struct span body, struct effects *out);
void session_send_logon(struct session *session, uint64_t now_ns, bool reset, struct effects *out);
/* Without 112 when `test_req_id` is empty. */
void session_send_heartbeat(struct session *session, uint64_t now_ns, struct span test_req_id,
                            struct effects *out);
void session_send_test_request(struct session *session, uint64_t now_ns, struct effects *out);
/* The TestRequest whose answer proves both sides to be in step (4.9), if the
 * session is to send one at all. */
void session_prove(struct session *session, uint64_t now_ns, struct effects *out);
void session_send_resend_request(struct session *session, uint64_t now_ns, uint64_t begin,
                                 uint64_t end, struct effects *out);
void session_send_logout(struct session *session, uint64_t now_ns, struct span text,
                         struct effects *out);
/* `tag` 0: none to name. `text` empty: the standard's words for the reason. */
void session_send_reject(struct session *session, const struct inbound *in,
                         struct validate_fault fault, struct span text);

/* --- session_resend.c --- */

void session_resend_begin(struct session *session, uint64_t begin, uint64_t end,
                          struct effects *out);

#endif
