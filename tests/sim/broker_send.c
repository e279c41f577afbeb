/* What goes out: numbers, resends, and what waits to be said. */
#include "tests/sim/broker_parts.h"

static bool can_speak(const struct broker_session *session)
{
    return session->line != NULL && broker_awake(session->broker) && !session->broker->mute;
}

static void emit(struct broker_session *session, const struct wire_header *header, struct span body)
{
    struct sim *sim = session->broker->sim;
    struct wire_text text;
    struct span whole = wire_compose(header, body, &text);
    bool garbled = session->broker->garbles && header->original_ns != 0;
    if (garbled) {
        char *last = &text.data[whole.size - 2];
        *last = *last == '0' ? '1' : '0';
        session->broker->garbles = false;
    } else {
        oracle_sent(sim->oracle, session->set->number, whole);
    }
    trace_message(&sim->trace, session->to, whole, garbled ? "wrong CheckSum" : NULL);
    session->sent_ns = sim->now_ns;
    line_send(session->line, LINE_BROKER, whole);
}

static struct wire_header header_of(const struct broker_session *session, const char *type,
                                    uint64_t seq)
{
    return (struct wire_header){.type = type,
                                .sender = session->set->broker_comp,
                                .target = session->set->gateway_comp,
                                .seq = seq,
                                .sending_ns = session->broker->sim->now_ns};
}

/* The next number is given to something. */
static void number_add(struct broker_session *session, uint32_t report, bool poss_resend)
{
    session->sent = broker_grow(session->sent, session->sent_count, &session->sent_capacity,
                                sizeof(*session->sent));
    session->sent[session->sent_count++] = (struct broker_sent){
        .sent_ns = session->broker->sim->now_ns, .report = report, .poss_resend = poss_resend};
    session->out_next++;
    ASSERT(session->out_next == session->sent_count + UINT64_C(1));
}

bool broker_send(struct broker_session *session, const char *type, struct span body)
{
    if (!can_speak(session)) {
        return false;
    }
    struct wire_header header = header_of(session, type, session->out_next);
    number_add(session, BROKER_NONE, false);
    emit(session, &header, body);
    return true;
}

bool broker_send_text(struct broker_session *session, const char *type, const char *text)
{
    struct wire_text body;
    body.size = 0;
    wire_add(&body, 58, text);
    return broker_send(session, type, wire_fields(&body));
}

void broker_send_reject(struct broker_session *session, const struct wire *wire, unsigned reason,
                        uint32_t tag, const char *text)
{
    struct wire_text body;
    body.size = 0;
    wire_add_uint(&body, 45, wire->seq);
    wire_add_uint(&body, 371, tag);
    wire_add_span(&body, 372, wire->type);
    wire_add_uint(&body, 373, reason);
    wire_add(&body, 58, text);
    (void)broker_send(session, "3", wire_fields(&body));
}

bool broker_send_logon(struct broker_session *session, bool reset)
{
    struct wire_text body;
    body.size = 0;
    wire_add(&body, 98, "0");
    wire_add_uint(&body, 108, session->heart_ns / SIM_SECOND_NS);
    if (reset) {
        wire_add(&body, 141, "Y");
    }
    if (session->set->next_expected && !reset) {
        wire_add_uint(&body, 789, session->in_next);
    }
    return broker_send(session, "A", wire_fields(&body));
}

void broker_skip(struct broker_session *session, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        number_add(session, BROKER_NONE, false);
    }
}

/* --- Resends -------------------------------------------------------------------------- */

/* One SequenceReset-GapFill for the numbers from `begin` up to `next`. */
static void fill_gap(struct broker_session *session, uint64_t begin, uint64_t next)
{
    if (begin == next) {
        return;
    }
    struct wire_text body;
    body.size = 0;
    wire_add(&body, 123, "Y");
    wire_add_uint(&body, 36, next);
    struct wire_header header = header_of(session, "4", begin);
    header.original_ns = session->sent[begin - 1].sent_ns;
    emit(session, &header, wire_fields(&body));
}

void broker_resend(struct broker_session *session, uint64_t begin, uint64_t end)
{
    struct sim_broker *broker = session->broker;
    ASSERT(begin >= 1);
    ASSERT(end < session->out_next);
    if (!can_speak(session)) {
        return;
    }
    uint64_t run = begin;
    for (uint64_t number = begin; number <= end; number++) {
        const struct broker_sent *sent = &session->sent[number - 1];
        if (sent->report == BROKER_NONE) {
            continue;
        }
        if (sent->forgotten) {
            if (session == &broker->sessions[BROKER_ORDERS]) {
                broker_withhold(broker, sent->report);
            }
            continue;
        }
        fill_gap(session, run, number);
        const struct broker_report *report = &broker->reports[sent->report];
        struct wire_header header = header_of(session, report->type, number);
        header.original_ns = sent->sent_ns;
        header.poss_resend = sent->poss_resend;
        emit(session, &header, span_of(report->body, report->body_size));
        run = number + 1;
    }
    fill_gap(session, run, end + 1);
}

void broker_prove(struct broker_session *session, uint64_t next)
{
    if (next > session->proven && next <= session->out_next) {
        session->proven = next;
    }
}

void broker_numbers_restart(struct broker_session *session)
{
    struct sim_broker *broker = session->broker;
    bool orders = session == &broker->sessions[BROKER_ORDERS];
    for (uint64_t number = session->proven; orders && number < session->out_next; number++) {
        uint32_t report = session->sent[number - 1].report;
        if (report != BROKER_NONE) {
            broker_withhold(broker, report);
        }
    }
    session->in_next = 1;
    session->out_next = 1;
    session->proven = 1;
    session->sent_count = 0;
    session->test_number = 0;
    session->border_done = session->border_done || broker_border_passed(session);
    session->day_fresh = false;
    broker_early_clear(session);
    oracle_numbers_reset(broker->sim->oracle, session->set->number);
}

/* --- What waits ------------------------------------------------------------------------- */

void broker_say_later(struct broker_session *session, uint32_t report, bool poss_resend)
{
    struct sim *sim = session->broker->sim;
    if (!session->set->present) {
        return;
    }
    session->waiting = broker_grow(session->waiting, session->waiting_count,
                                   &session->waiting_capacity, sizeof(*session->waiting));
    session->waiting[session->waiting_count++] = (struct broker_waiting){
        .report = report,
        .poss_resend = poss_resend,
        .due_ns = session->broker->late ? sim->now_ns + 60 * SIM_SECOND_NS : sim->now_ns};
    broker_flush(session);
    broker_arm(session);
}

static void say(struct broker_session *session, const struct broker_waiting *waiting)
{
    const struct broker_report *report = &session->broker->reports[waiting->report];
    struct wire_header header = header_of(session, report->type, session->out_next);
    header.poss_resend = waiting->poss_resend;
    number_add(session, waiting->report, waiting->poss_resend);
    emit(session, &header, span_of(report->body, report->body_size));
}

/* Reports of one order never overtake each other. */
void broker_flush(struct broker_session *session)
{
    struct sim_broker *broker = session->broker;
    if (session->state != BROKER_LOGGED_ON || session->reset_awaited || !can_speak(session)) {
        return;
    }
    uint64_t pass = ++broker->passes;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < session->waiting_count; i++) {
        struct broker_waiting waiting = session->waiting[i];
        uint32_t order = broker->reports[waiting.report].order;
        bool overtakes = order != BROKER_NONE && broker->orders[order].passed == pass;
        if (waiting.due_ns <= broker->sim->now_ns && !overtakes) {
            say(session, &waiting);
            continue;
        }
        if (order != BROKER_NONE) {
            broker->orders[order].passed = pass;
        }
        session->waiting[kept++] = waiting;
    }
    session->waiting_count = kept;
}

uint64_t broker_flush_due_ns(const struct broker_session *session)
{
    uint64_t due_ns = BROKER_NEVER;
    if (session->state != BROKER_LOGGED_ON || session->reset_awaited || !can_speak(session)) {
        return due_ns;
    }
    for (uint32_t i = 0; i < session->waiting_count; i++) {
        uint64_t one_ns = session->waiting[i].due_ns;
        due_ns = one_ns > session->broker->sim->now_ns && one_ns < due_ns ? one_ns : due_ns;
    }
    return due_ns;
}
