/* The life of a session: its states, and the ends of a connection. */
#include "fix/session_internal.h"

static const char *const state_names[] = {
    [SESSION_DISCONNECTED] = "DISCONNECTED",
    [SESSION_LOGON_SENT] = "LOGON_SENT",
    [SESSION_LOGON_AWAITED] = "LOGON_AWAITED",
    [SESSION_SYNCHRONISING] = "SYNCHRONISING",
    [SESSION_READY] = "READY",
    [SESSION_LOGOUT_SENT] = "LOGOUT_SENT",
};

enum { STATES = ARRAY_LEN(state_names) };

/* Rows: from; columns: to. READY goes back to SYNCHRONISING when the numbers are
 * reset in a running session (8.1). */
static const bool legal_moves[STATES][STATES] = {
    [SESSION_DISCONNECTED] = {[SESSION_LOGON_SENT] = true, [SESSION_LOGON_AWAITED] = true},
    [SESSION_LOGON_SENT] = {[SESSION_SYNCHRONISING] = true, [SESSION_DISCONNECTED] = true},
    [SESSION_LOGON_AWAITED] = {[SESSION_SYNCHRONISING] = true, [SESSION_DISCONNECTED] = true},
    [SESSION_SYNCHRONISING] =
        {[SESSION_READY] = true, [SESSION_LOGOUT_SENT] = true, [SESSION_DISCONNECTED] = true},
    [SESSION_READY] = {[SESSION_SYNCHRONISING] = true,
                       [SESSION_LOGOUT_SENT] = true,
                       [SESSION_DISCONNECTED] = true},
    [SESSION_LOGOUT_SENT] = {[SESSION_DISCONNECTED] = true},
};

const char *session_state_name(enum session_state state)
{
    ASSERT((size_t)state < STATES);
    return state_names[state];
}

void session_become(struct session *session, enum session_state state, struct effects *out)
{
    ASSERT(legal_moves[session->state][state]);
    session->state = state;
    struct effect *effect = effects_add(out, EFFECT_STATE);
    effect->state = (int)state;
}

void session_log(struct effects *out, enum effect_severity severity, struct span text)
{
    struct effect *effect = effects_add(out, EFFECT_LOG);
    effect->severity = severity;
    effect->text = effects_text(out, text);
}

bool session_logged_on(const struct session *session)
{
    switch (session->state) {
    case SESSION_SYNCHRONISING:
    case SESSION_READY:
    case SESSION_LOGOUT_SENT:
        return true;
    case SESSION_DISCONNECTED:
    case SESSION_LOGON_SENT:
    case SESSION_LOGON_AWAITED:
        return false;
    }
    return false;
}

bool session_can_send(const struct session *session)
{
    return session->state == SESSION_READY && session->resend_next == 0;
}

struct session_config session_config_default(void)
{
    return (struct session_config){
        .begin_string = "FIX.4.4",
        .heart_bt_int_seconds = 30,
        .logon_timeout_seconds = 10,
        .logout_timeout_seconds = 10,
        .max_latency_seconds = 120,
        .timestamp_precision = 3,
        .check_comp_id = true,
        .heart_beat_check = true,
        .silence_test_permille = 1200,
        .silence_dead_permille = 2400,
        .test_request_at_logon = true,
        .requires_orig_sending_time = true,
        .reject_invalid_message = true,
        .validate = validate_options_default(),
    };
}

/* All that belongs to one connection only: a message of a dead connection is
 * never judged against the next one. */
static void forget_connection(struct session *session)
{
    session->deadline_state_ns = SESSION_NEVER;
    session->test_request_sent_ns = 0;
    session->silence_tested = false;
    session->echo_seen = false;
    session->proof_sent_ns = 0;
    session->reset_sent = false;
    session->logout_initiated = false;
    session->logout_received = false;
    session->logout_in_step = false;
    session->leaving = false;
    session->logout_pending = false;
    session->reset_pending = false;
    session->reset_awaited = false;
    session->reset_answered_ns = 0;
    session->peer_expects = 0;
    session->resend_next = 0;
    session->resend_end = 0;
    session->resend_gap = 0;
    session_early_clear(session);
}

void session_init(struct session *session, const struct session_config *config,
                  struct session_early *early, uint32_t early_max, uint8_t *early_bytes,
                  uint64_t seq_in_next, uint64_t seq_out_next)
{
    ASSERT(seq_in_next >= 1);
    ASSERT(seq_out_next >= 1);
    ASSERT(early_max <= FIX_EARLY_MESSAGES_MAX);
    ASSERT(early_max == 0 || early != NULL);
    ASSERT(early_max == 0 || early_bytes != NULL);
    ASSERT(config->timestamp_precision <= 9);
    ASSERT(config->logon_tags_count == 0 || config->logon_tags != NULL);
    *session = (struct session){
        .config = config,
        .state = SESSION_DISCONNECTED,
        .seq_in_next = seq_in_next,
        .seq_out_next = seq_out_next,
        .early = early,
        .early_max = early_max,
        .early_bytes = early_bytes,
    };
    forget_connection(session);
}

void session_restart_numbers(struct session *session, uint64_t now_ns, struct effects *out)
{
    session->seq_in_next = 1;
    session->seq_out_next = 1;
    session->created_ns = now_ns;
    session->resets += 1;
    session->skipped_begin = 0;
    session->skipped_end = 0;
    session->peer_expects = 0;
    session_early_clear(session);
    effects_add(out, EFFECT_RESET);
}

void session_reset(struct session *session, uint64_t now_ns, struct effects *out)
{
    ASSERT(session->state == SESSION_DISCONNECTED);
    session->reset_wanted = false;
    session_restart_numbers(session, now_ns, out);
}

void session_connected(struct session *session, uint64_t now_ns, struct effects *out)
{
    ASSERT(session->state == SESSION_DISCONNECTED);
    const struct session_config *config = session->config;
    forget_connection(session);
    session->heart_bt_int_ns = config->heart_bt_int_seconds * TIMESTAMP_SECOND_NS;
    session->received_last_ns = now_ns;
    session->sent_last_ns = now_ns;
    session->deadline_state_ns = now_ns + config->logon_timeout_seconds * TIMESTAMP_SECOND_NS;
    if (config->acceptor) {
        session_become(session, SESSION_LOGON_AWAITED, out);
        return;
    }
    if (config->reset_on_logon || session->reset_wanted) {
        session_restart_numbers(session, now_ns, out);
        session->reset_sent = true;
    }
    /* After a reset of ours the peer is asked for its own, as QuickFIX does: one side that
     * resets alone has no session any more. */
    if ((config->reset_on_logout || config->reset_on_disconnect) && session->seq_in_next == 1 &&
        session->seq_out_next == 1) {
        session->reset_sent = true;
        session->reset_wanted = true; /* Until it is answered: this Logon may be lost. */
    }
    session_send_logon(session, now_ns, session->reset_sent, out);
    session_become(session, SESSION_LOGON_SENT, out);
}

/* The connection is over; `proper` = after Logouts of both sides. */
static void session_end(struct session *session, uint64_t now_ns, struct effects *out)
{
    const struct session_config *config = session->config;
    bool proper =
        session->state == SESSION_LOGOUT_SENT && session->logout_received && !session->leaving;
    /* A peer that never logged on may not throw away what belongs to one that did. */
    bool stranger = session->state == SESSION_LOGON_AWAITED;
    session_become(session, SESSION_DISCONNECTED, out);
    forget_connection(session);
    if ((config->reset_on_disconnect && !stranger) || (config->reset_on_logout && proper)) {
        session_restart_numbers(session, now_ns, out);
    }
}

void session_disconnected(struct session *session, uint64_t now_ns, struct effects *out)
{
    if (session->state == SESSION_DISCONNECTED) {
        return;
    }
    session_end(session, now_ns, out);
}

void session_close(struct session *session, uint64_t now_ns, struct span why, struct effects *out)
{
    struct effect *effect = effects_add(out, EFFECT_CLOSE);
    effect->text = effects_text(out, why);
    session_end(session, now_ns, out);
}

void session_leave(struct session *session, uint64_t now_ns, struct span why, struct effects *out)
{
    ASSERT(session_logged_on(session));
    session_log(out, SEVERITY_ERROR, why);
    session->leaving = true;
    session->resend_next = 0;
    session->deadline_state_ns = now_ns + SESSION_LEAVE_NS;
    if (session->state != SESSION_LOGOUT_SENT) {
        session->logout_initiated = true;
        session_send_logout(session, now_ns, why, out);
        session_become(session, SESSION_LOGOUT_SENT, out);
    }
}

void session_logout(struct session *session, uint64_t now_ns, const char *text, struct effects *out)
{
    if (session->state != SESSION_SYNCHRONISING && session->state != SESSION_READY) {
        return;
    }
    struct text words = {.size = 0};
    text_add(&words, text);
    if (session->resend_next != 0) {
        session->logout_pending = true;
        span_to_text(text_span(&words), session->logout_text, sizeof(session->logout_text));
        return;
    }
    session->logout_initiated = true;
    session->deadline_state_ns =
        now_ns + session->config->logout_timeout_seconds * TIMESTAMP_SECOND_NS;
    session_send_logout(session, now_ns, text_span(&words), out);
    session_become(session, SESSION_LOGOUT_SENT, out);
}

void session_settle(struct session *session, uint64_t now_ns, struct effects *out)
{
    if (!session_logged_on(session) || session->leaving) {
        return;
    }
    session_gap_update(session, now_ns, out);
    bool whole = session->gap_end == 0 && session->resend_next == 0;
    bool proven = session->echo_seen || !session->config->test_request_at_logon;
    if (session->state == SESSION_SYNCHRONISING && proven && whole && !session->reset_awaited) {
        session_become(session, SESSION_READY, out);
        session->reset_sent = false;
    }
    if (session->state != SESSION_LOGOUT_SENT || !session->logout_received) {
        return;
    }
    if (!whole && !(session->logout_in_step && session->resend_next == 0)) {
        return;
    }
    /* An initiator lets the peer close that said goodbye first (10.3). */
    if (session->logout_initiated) {
        session_close(session, now_ns, span_text("logged out"), out);
    } else if (session->config->acceptor) {
        session_close(session, now_ns, span_text("the peer logged out"), out);
    }
}
