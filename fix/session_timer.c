/* What a session does because time passes (§5, and the limits of §4 and §10). */
#include "fix/session_internal.h"

/* So many thousandths of the heartbeat interval, which is whole seconds (5.4, 5.5). A
 * century is as good as never, and no sum with an instant can overflow. */
static uint64_t permille_ns(const struct session *session, uint32_t permille)
{
    const uint64_t century_ns = UINT64_C(100) * 365 * 86400 * TIMESTAMP_SECOND_NS;
    uint64_t thousandth_ns = session->heart_bt_int_ns / 1000;
    if (permille != 0 && thousandth_ns > century_ns / permille) {
        return century_ns;
    }
    return thousandth_ns * permille;
}

static uint64_t silence_test_ns(const struct session *session)
{
    return permille_ns(session, session->config->silence_test_permille);
}

static uint64_t silence_dead_ns(const struct session *session)
{
    return permille_ns(session, session->config->silence_dead_permille);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Timers of a running session; not while a resend is under way, since nothing
 * may come between its pieces and nothing is being read (6.4). */
static bool timers_run(const struct session *session)
{
    bool running = session->state == SESSION_SYNCHRONISING || session->state == SESSION_READY;
    return running && session->resend_next == 0;
}

static uint64_t heartbeat_due_ns(const struct session *session)
{
    if (session->heart_bt_int_ns == 0) {
        return SESSION_NEVER;
    }
    return session->sent_last_ns + session->heart_bt_int_ns;
}

static uint64_t silence_due_ns(const struct session *session)
{
    if (session->heart_bt_int_ns == 0 || session->silence_tested) {
        return SESSION_NEVER;
    }
    return session->received_last_ns + silence_test_ns(session);
}

/* The TestRequest that proves both sides to be in step: sent a while after a resend
 * that came too soon after another, and repeated when its answer does not come
 * although the line is alive. */
static uint64_t echo_due_ns(const struct session *session)
{
    if (session->state != SESSION_SYNCHRONISING || !session->config->test_request_at_logon ||
        session->echo_seen || session->reset_awaited) {
        return SESSION_NEVER;
    }
    if (session->test_request_sent_ns == 0) {
        return session->proof_sent_ns + SESSION_PROOF_PAUSE_NS;
    }
    uint64_t patience_ns = silence_test_ns(session);
    if (patience_ns == 0) {
        patience_ns = session->config->logon_timeout_seconds * TIMESTAMP_SECOND_NS;
    }
    /* A limit of 0 s would otherwise ask for ever within one instant. */
    return session->test_request_sent_ns + later(patience_ns, TIMESTAMP_SECOND_NS);
}

static uint64_t dead_due_ns(const struct session *session)
{
    if (session->heart_bt_int_ns == 0 || !session->silence_tested ||
        !session->config->heart_beat_check) {
        return SESSION_NEVER;
    }
    /* However late the TestRequest went out, the peer has a full interval. Later ones, which others
     * want, give it no further one: else who asks often would keep a dead line. */
    return later(session->received_last_ns + silence_dead_ns(session),
                 session->silence_tested_ns + session->heart_bt_int_ns);
}

static uint64_t gap_due_ns(const struct session *session)
{
    if (!session->gap_asked) {
        return SESSION_NEVER;
    }
    return session->gap_moved_ns + SESSION_GAP_RETRY_NS;
}

/* An acceptor closes soon after it answered a Logout (10.3), but not on a peer that is
 * still filling our gap (2.3). */
static uint64_t goodbye_due_ns(const struct session *session)
{
    if (session->state != SESSION_LOGOUT_SENT || session->logout_initiated ||
        !session->config->acceptor || session->resend_next != 0) {
        return SESSION_NEVER;
    }
    return later(session->gap_moved_ns, session->sent_last_ns) + SESSION_LEAVE_NS;
}

uint64_t session_deadline_ns(const struct session *session)
{
    if (session->state == SESSION_DISCONNECTED) {
        return SESSION_NEVER;
    }
    uint64_t deadline = earlier(session->deadline_state_ns, goodbye_due_ns(session));
    if (timers_run(session)) {
        deadline = earlier(deadline, heartbeat_due_ns(session));
        deadline = earlier(deadline, silence_due_ns(session));
        deadline = earlier(deadline, echo_due_ns(session));
        deadline = earlier(deadline, dead_due_ns(session));
        deadline = earlier(deadline, gap_due_ns(session));
    }
    return deadline;
}

static void add_seconds(struct text *words, uint64_t duration_ns)
{
    text_add_uint(words, duration_ns / TIMESTAMP_SECOND_NS);
    text_add(words, " s");
}

static void state_expired(struct session *session, uint64_t now_ns, struct effects *out)
{
    const struct session_config *config = session->config;
    enum effect_severity severity = SEVERITY_WARNING;
    struct text why = {.size = 0};
    switch (session->state) {
    case SESSION_LOGON_SENT:
        text_add(&why, "no answer to our Logon within ");
        text_add_uint(&why, config->logon_timeout_seconds);
        text_add(&why, " s");
        break;
    case SESSION_LOGON_AWAITED:
        text_add(&why, "no Logon within ");
        text_add_uint(&why, config->logon_timeout_seconds);
        text_add(&why, " s");
        break;
    case SESSION_LOGOUT_SENT:
        if (session->leaving) {
            severity = SEVERITY_ERROR;
            text_add(&why, "left: no Logout of the peer within ");
            add_seconds(&why, SESSION_LEAVE_NS);
        } else if (session->logout_initiated && session->logout_received) {
            text_add(&why, "logged out, but messages before the peer's Logout are missing");
        } else if (session->logout_initiated) {
            text_add(&why, "no answer to our Logout within ");
            text_add_uint(&why, config->logout_timeout_seconds);
            text_add(&why, " s");
        } else {
            text_add(&why, config->acceptor ? "the peer logged out and left messages missing"
                                            : "the peer logged out but did not close in time");
        }
        break;
    case SESSION_SYNCHRONISING:
        ASSERT(session->reset_awaited);
        text_add(&why, "no answer to our reset of the sequence numbers within ");
        text_add_uint(&why, config->logon_timeout_seconds);
        text_add(&why, " s");
        break;
    case SESSION_DISCONNECTED:
    case SESSION_READY:
        ASSERT(false); /* These states have no time limit. */
    }
    session_log(out, severity, text_span(&why));
    session_close(session, now_ns, text_span(&why), out);
}

void session_tick(struct session *session, uint64_t now_ns, struct effects *out)
{
    if (session->state == SESSION_DISCONNECTED) {
        return;
    }
    if (now_ns >= earlier(session->deadline_state_ns, goodbye_due_ns(session))) {
        state_expired(session, now_ns, out);
        return;
    }
    if (!timers_run(session)) {
        return;
    }
    if (now_ns >= dead_due_ns(session)) {
        struct text why = {.size = 0};
        text_add(&why, "nothing received for ");
        add_seconds(&why, now_ns - session->received_last_ns);
        text_add(&why, ", not even an answer to a TestRequest");
        session_log(out, SEVERITY_ERROR, text_span(&why));
        session_close(session, now_ns, text_span(&why), out);
        return;
    }
    if (now_ns >= gap_due_ns(session)) {
        session_log(out, SEVERITY_WARNING,
                    span_text("the gap does not close: asking for it again"));
        session->gap_asked = false;
        session_gap_ask(session, now_ns, out);
    }
    bool silent = now_ns >= silence_due_ns(session);
    if (silent || now_ns >= echo_due_ns(session)) {
        if (silent) {
            session->silence_tested = true;
            session->silence_tested_ns = now_ns;
        }
        session_send_test_request(session, now_ns, out);
    }
    if (now_ns >= heartbeat_due_ns(session)) {
        session_send_heartbeat(session, now_ns, span_of(NULL, 0), out);
    }
}

void session_request_test(struct session *session, uint64_t now_ns, struct effects *out)
{
    if (timers_run(session) && !session->reset_awaited) {
        session_send_test_request(session, now_ns, out);
    }
}
