/* The walk over a session's unacknowledged attempts, page by page: what is proven of each by
 * now, and what is due. */
#include "fix/tags.h"
#include "gateway/core/doubt/doubt_parts.h"

/* An echo that does not come although the line is alive is asked for anew. */
#define ECHO_RETRY_NS (UINT64_C(30) * 1000000000)
/* A question that the outbound rate held back is tried again. */
#define ASK_RETRY_NS (UINT64_C(1) * 1000000000)

void doubt_due(struct link *link, uint64_t at_ns)
{
    if (at_ns < link->application_due_ns) {
        link->application_due_ns = at_ns;
    }
    if (at_ns < link->doubt.found_ns) {
        link->doubt.found_ns = at_ns;
    }
}

void doubt_walk_begin(struct link *link)
{
    struct link_doubt *doubt = &link->doubt;
    doubt->walking = link->unacked_count > 0;
    doubt->wait = true;
    doubt->dropped = false;
    doubt->next = 0;
    doubt->found_ns = UINT64_MAX;
    link->application_due_ns = UINT64_MAX;
}

/* --- What is known -------------------------------------------------------------------- */

static void hold(struct engine *engine, struct order *order, const char *why)
{
    doubt_become(engine, order, ORDER_IN_DOUBT, span_text(why));
}

static void save_and_tell(struct engine *engine, const struct order *order)
{
    order_save(&engine->view, order, engine->scratch_record);
    bus_order_event(engine, order);
}

/* What the numbers say of it by now. */
static void judge(struct engine *engine, struct link *link, struct order *order)
{
    if (doubt_is_unproven(link, order) && !order->vouched) {
        if (order->evidence != EVIDENCE_UNPROVEN) {
            doubt_evidence(engine, order, EVIDENCE_UNPROVEN);
            order->asked_ns = 0;
            order->asked_count = 0;
            hold(engine, order, "the broker lost its state, or the numbers began anew; held");
            save_and_tell(engine, order);
        }
        return;
    }
    bool has_it = order->attempt_seq <= link->doubt.peer_has;
    bool news = has_it && order->evidence == EVIDENCE_NONE;
    if (news) {
        doubt_evidence(engine, order, EVIDENCE_RECEIVED);
    }
    /* What others say that the broker has stays SENT: it does not hang on the line. */
    if (link->doubt.dropped && order->state == ORDER_SENT && !order->vouched) {
        hold(engine, order, "its session dropped before the broker answered; held");
        save_and_tell(engine, order);
    } else if (link->doubt.in_step && order->state == ORDER_IN_DOUBT &&
               order->evidence == EVIDENCE_RECEIVED) {
        order->doubt_told = false;
        doubt_become(engine, order, ORDER_SENT,
                     span_text("its session is in step again; the broker has it"));
        save_and_tell(engine, order);
    } else if (news) {
        order_save(&engine->view, order, engine->scratch_record);
    }
}

/* True: it is dead, and its order has gone on. */
static bool free_dead(struct engine *engine, struct link *link, struct order *order)
{
    const struct broker_config *broker = doubt_broker(engine, link);
    if (order->evidence != EVIDENCE_NOT_RECEIVED || !link->doubt.in_step) {
        return false;
    }
    uint64_t free_ns = order->evidence_ns + broker->dead_attempt_grace_ns;
    if (engine->now_ns < free_ns) {
        doubt_due(link, free_ns);
        return true;
    }
    if (broker->dead_attempt_status) {
        return false; /* It is asked for. */
    }
    doubt_free(engine, order);
    return true;
}

/* --- Questions ---------------------------------------------------------------------------- */

static uint64_t interval_ns(const struct link *link)
{
    uint64_t interval_ns = link->config->order_status_interval_ns;
    return interval_ns > ASK_RETRY_NS ? interval_ns : ASK_RETRY_NS;
}

void doubt_ask_mass(struct engine *engine, struct link *link)
{
    struct builder body;
    builder_init(&body, engine->scratch_body, sizeof(engine->scratch_body));
    builder_uint(&body, TAG_MassStatusReqID, engine->now_ns);
    builder_uint(&body, TAG_MassStatusReqType, 7); /* All orders of this connection. */
    (void)link_send(engine, link, MSG_OrderMassStatusRequest, builder_fields(&body),
                    span_text(ATTEMPT_QUESTION));
    link->doubt.mass_asked = true;
}

/* One question for all of this logon, and it stands for the first of each; but it does not tell of
 * what the broker has not. */
static void ask(struct engine *engine, struct link *link, struct order *order)
{
    if (!link->config->order_mass_status_request || order->asked_count > 0 ||
        order->evidence == EVIDENCE_NOT_RECEIVED) {
        attempt_ask_status(engine, order, link);
        return;
    }
    if (!link->doubt.mass_asked) {
        doubt_ask_mass(engine, link);
    }
    order->asked_ns = engine->now_ns;
    order->asked_count = 1;
    order_save(&engine->view, order, engine->scratch_record);
}

/* When its status is to be asked for next; UINT64_MAX: not now. */
static uint64_t question_due_ns(const struct engine *engine, const struct link *link,
                                const struct order *order)
{
    bool before = order->attempt_number < link->doubt.ready_end;
    bool asked = order->asked_ns != 0 && order->asked_ns >= link->doubt.ready_ns;
    switch (order->evidence) {
    case EVIDENCE_NONE:
        if (before) {
            return UINT64_MAX; /* Numbers will tell what became of it. */
        }
        break;
    case EVIDENCE_NOT_RECEIVED:
        if (!doubt_broker(engine, link)->dead_attempt_status || !link->doubt.in_step) {
            return UINT64_MAX;
        }
        before = true;
        break;
    case EVIDENCE_UNPROVEN:
        before = true;
        break;
    case EVIDENCE_RECEIVED:
    case EVIDENCE_UNKNOWN:
        break;
    }
    if (!asked && before) {
        return engine->now_ns;
    }
    return (asked ? order->asked_ns : order->changed_ns) + interval_ns(link);
}

static void ask_if_due(struct engine *engine, struct link *link, struct order *order)
{
    if (!link->config->order_status_request || link->doubt.mute || !link->connected) {
        return;
    }
    if (!session_can_send(&link->session)) {
        doubt_due(link, engine->now_ns + ASK_RETRY_NS);
        return;
    }
    uint64_t due_ns = question_due_ns(engine, link, order);
    if (due_ns > engine->now_ns) {
        if (order->asked_count <= DOUBT_ASKS_MAX) {
            doubt_due(link, due_ns);
        }
        return;
    }
    if (order->asked_ns < link->doubt.ready_ns) {
        order->asked_count = 0;
    }
    if (order->asked_count > DOUBT_ASKS_MAX) {
        return;
    }
    if (order->asked_count == DOUBT_ASKS_MAX) {
        order->asked_count += 1;
        order->asked_ns = engine->now_ns;
        order_save(&engine->view, order, engine->scratch_record);
        doubt_alert(engine, "warning", order,
                    "asked for its status five times and got no word; ask the broker");
        return;
    }
    if (!link_can_send(engine, link, LINK_CHANGE)) {
        doubt_due(link, engine->now_ns + ASK_RETRY_NS);
        return;
    }
    ask(engine, link, order);
    doubt_due(link, engine->now_ns + interval_ns(link));
}

/* --- The deadline --------------------------------------------------------------------------- */

static const char *what_may_follow(enum in_doubt_policy policy)
{
    switch (policy) {
    case IN_DOUBT_HOLD:
        return "; InDoubtPolicy=hold: only the broker's word settles it";
    case IN_DOUBT_OPERATOR:
        return "; InDoubtPolicy=operator: two persons may force it to another broker";
    case IN_DOUBT_DROPCOPY:
        return "; InDoubtPolicy=dropcopy: an execution on the drop copy shows that the broker has "
               "it; absence shows nothing";
    }
    return "";
}

static void tell_if_due(struct engine *engine, struct link *link, struct order *order)
{
    const struct broker_config *broker = doubt_broker(engine, link);
    if (order->state != ORDER_IN_DOUBT || order->doubt_told || broker->in_doubt_deadline_ns == 0) {
        return;
    }
    uint64_t due_ns = order->changed_ns + broker->in_doubt_deadline_ns;
    if (engine->now_ns < due_ns) {
        doubt_due(link, due_ns);
        return;
    }
    struct text text = {.size = 0};
    text_add(&text, "in doubt for longer than InDoubtDeadline, evidence ");
    text_add(&text, order_evidence_name(order->evidence));
    text_add(&text, what_may_follow(broker->in_doubt_policy));
    order->doubt_told = true;
    order_save(&engine->view, order, engine->scratch_record);
    doubt_alert(engine, "critical", order, text.data);
}

/* Our clock was ahead when it was written, and has been set right since: nothing would be due for
 * as long as it was ahead. */
static void set_right(struct engine *engine, struct order *order)
{
    uint64_t now_ns = engine->now_ns;
    if (order->changed_ns <= now_ns && order->evidence_ns <= now_ns && order->asked_ns <= now_ns) {
        return;
    }
    order->changed_ns = order->changed_ns < now_ns ? order->changed_ns : now_ns;
    order->evidence_ns = order->evidence_ns < now_ns ? order->evidence_ns : now_ns;
    order->asked_ns = order->asked_ns < now_ns ? order->asked_ns : 0;
    order_save(&engine->view, order, engine->scratch_record);
}

/* --- The walk --------------------------------------------------------------------------------- */

static void review(struct engine *engine, struct link *link, struct span key)
{
    struct order order;
    if (!order_follow(&engine->view, key, &order)) {
        return;
    }
    if (order.state != ORDER_SENT && order.state != ORDER_IN_DOUBT) {
        return;
    }
    set_right(engine, &order);
    judge(engine, link, &order);
    if (free_dead(engine, link, &order)) {
        return;
    }
    ask_if_due(engine, link, &order);
    tell_if_due(engine, link, &order);
}

static void walk_page(struct engine *engine, struct link *link)
{
    struct link_doubt *doubt = &link->doubt;
    struct span session_id = span_text(link->config->id);
    for (unsigned count = 0; count < TURN_DOUBT_MAX; count++) {
        uint8_t from[UNACKED_KEY_BYTES_MAX];
        struct span key;
        struct span order_key;
        uint64_t attempt_number;
        if (engine_turn_full(engine)) {
            return;
        }
        if (!view_seek(&engine->view, TABLE_UNACKED, doubt_key(from, session_id, doubt->next), &key,
                       &order_key) ||
            !doubt_key_number(key, session_id, &attempt_number)) {
            doubt->walking = false;
            link->application_due_ns = doubt->found_ns;
            return;
        }
        doubt->next = attempt_number + 1;
        review(engine, link, order_key);
    }
}

/* Whether the peer is in step by now; an echo is asked for where the session itself asks for
 * none and there is something to prove. */
static void watch_echo(struct engine *engine, struct link *link)
{
    struct link_doubt *doubt = &link->doubt;
    const struct session *session = &link->session;
    if (session->echo_seen && session->test_request_sent_ns == 0) {
        doubt_peer_has(link, session->test_request_seq, session->resets);
    }
    bool in_step = doubt_in_step(link);
    if (in_step && !doubt->in_step) {
        doubt->echo_wanted = false;
        doubt_walk_begin(link);
    }
    doubt->in_step = in_step;
    if (!doubt->echo_wanted || session->echo_seen || !link->connected || link->closing ||
        session->state != SESSION_READY || session->resend_next != 0) {
        return;
    }
    uint64_t again_ns = session->test_request_sent_ns == 0
                            ? engine->now_ns
                            : session->test_request_sent_ns + ECHO_RETRY_NS;
    if (engine->now_ns >= again_ns) {
        link_request_test(engine, link);
        again_ns = engine->now_ns + ECHO_RETRY_NS;
    }
    doubt_due(link, again_ns);
}

bool doubt_tick(struct engine *engine, struct link *link)
{
    struct link_doubt *doubt = &link->doubt;
    doubt_jumped(engine, link);
    watch_echo(engine, link);
    if (!doubt->walking && engine->now_ns >= link->application_due_ns) {
        doubt_walk_begin(link);
    } else if (doubt->walking && !doubt->wait) {
        walk_page(engine, link);
    }
    doubt->wait = false;
    bool more = doubt_open_page(engine, link);
    return doubt->walking || more;
}
