/* Resets of a running session that we ask for (8.1, 8.2). */
#include "fix/session_internal.h"

void session_request_reset(struct session *session, uint64_t now_ns, struct effects *out)
{
    if (session->state != SESSION_SYNCHRONISING && session->state != SESSION_READY) {
        return;
    }
    if (session->reset_awaited) {
        return;
    }
    if (session->resend_next != 0) {
        session->reset_pending = true;
        return;
    }
    struct text words = {.size = 0};
    text_add(&words, "resetting the sequence numbers of a running session");
    if (session->gap_end != 0) {
        text_add(&words, ", although messages from ");
        text_add_uint(&words, session->seq_in_next);
        text_add(&words, " on are missing");
    }
    session_log(out, SEVERITY_WARNING, text_span(&words));
    session->seq_in_before = session->seq_in_next;
    session_restart_numbers(session, now_ns, out);
    session->reset_awaited = true;
    session->reset_wanted = !session->config->acceptor;
    session->echo_seen = false;
    session->test_request_sent_ns = 0;
    session->deadline_state_ns =
        now_ns + session->config->logon_timeout_seconds * TIMESTAMP_SECOND_NS;
    session_send_logon(session, now_ns, true, out);
    if (session->state == SESSION_READY) {
        session_become(session, SESSION_SYNCHRONISING, out);
    }
}

/* Also when the peer's own request crossed ours: both stand at 1 then. */
static void reset_answered(struct session *session, struct inbound *in)
{
    session->reset_awaited = false;
    session->reset_wanted = false;
    if (session->state == SESSION_LOGOUT_SENT) {
        session_take(session, in);
        return;
    }
    session->deadline_state_ns = SESSION_NEVER;
    struct refusal refusal;
    uint64_t heart_bt_int = 0;
    bool restart = true;
    if (!session_logon_right(session, in, &heart_bt_int, &restart, &refusal)) {
        session_logon_leave(session, in, &refusal);
        return;
    }
    session_log(in->out, SEVERITY_INFO, span_text("the peer confirms the reset"));
    session->reset_answered_ns = in->now_ns;
    session_logged_on_by(session, in);
}

static void ignore(const struct inbound *in)
{
    struct text words = {.size = 0};
    text_add(&words, "ignored while a reset is awaited: message ");
    text_add_uint(&words, in->seq);
    text_add(&words, " of type ");
    text_add_span(&words, in->type);
    session_log(in->out, SEVERITY_INFO, text_span(&words));
}

/* What asks for, or sets, numbers that are no more. */
static bool about_numbers(const struct inbound *in)
{
    return span_is(in->type, "2") || span_is(in->type, "4") || span_is(in->type, "A");
}

void session_receive_before_reset(struct session *session, struct inbound *in, bool restart)
{
    if (restart) {
        reset_answered(session, in);
        return;
    }
    if (span_is(in->type, "5")) {
        session_act_logout(session, in);
        return;
    }
    if (in->seq != session->seq_in_before || about_numbers(in)) {
        if (in->seq == session->seq_in_before) {
            session->seq_in_before += 1;
        }
        ignore(in);
        return;
    }
    /* The last of the old numbers: judged by them. */
    uint64_t due = session->seq_in_next;
    session->seq_in_next = session->seq_in_before;
    session_process_numbered(session, in);
    session->seq_in_before = session->seq_in_next;
    session->seq_in_next = due;
}
