/* Sessions: resets of their numbers, what brokers say on them, and what the bus says of them. */
#include "tests/oracle/oracle_parts.h"

#include <inttypes.h>

void oracle_session_excuse(struct oracle *oracle, uint32_t session)
{
    oracle->moments_passed++;
    oracle->sessions[session].excuse_moment = oracle->moments_passed;
    oracle->brokers[oracle->sessions[session].broker].excuse_moment = oracle->moments_passed;
}

/* What is still on its way has its old number: the new ones begin when the first of them shows
 * itself, by a number that the old would not have. */
void oracle_numbers_reset(struct oracle *oracle, uint32_t session)
{
    ASSERT(session < oracle->sessions_count);
    oracle->sessions[session].epoch_due = true;
    oracle->sessions[session].lost_from = 0; /* What it asked for then has other numbers now. */
    oracle_session_excuse(oracle, session);
}

void oracle_numbers_lost(struct oracle *oracle, uint32_t session, uint64_t in_next)
{
    (void)in_next; /* What it had before still means what it meant. */
    ASSERT(session < oracle->sessions_count);
    oracle_session_excuse(oracle, session);
}

/* A number of the gateway's. */
uint64_t oracle_number_key(uint32_t session, uint32_t epoch, uint64_t seq)
{
    return oracle_key_number(oracle_key_number(oracle_key_number(1, session), epoch), seq);
}

/* --- What the broker sends --------------------------------------------------------------- */

/* It asks for what it has had: what it says of its numbers proves nothing. */
static void excuse_if_had(struct oracle *oracle, uint32_t number, uint64_t begin)
{
    uint32_t had = ORACLE_NONE;
    if (oracle_map_find(&oracle->numbers_by_key,
                        oracle_number_key(number, oracle->sessions[number].epoch, begin), &had)) {
        oracle->sessions[number].asked_for_had = true;
        oracle_session_excuse(oracle, number);
    }
}

/* The bus had told its answer to an order that it asks for again, or to a later one. */
static void note_loss(struct oracle *oracle, uint32_t number, uint64_t begin)
{
    struct session *session = &oracle->sessions[number];
    for (uint32_t index = 0; index < oracle->attempts_count && !session->epoch_due; index++) {
        const struct attempt *attempt = &oracle->attempts[index];
        if (attempt->session == number && attempt->epoch == session->epoch &&
            attempt->answered_seq != 0 && attempt->seq >= begin) {
            session->lost_from = begin;
        }
    }
}

static void ask(struct oracle *oracle, uint32_t number, uint64_t begin, uint64_t end, bool by_logon)
{
    struct session *session = &oracle->sessions[number];
    struct range range = {.begin = begin,
                          .end = end == 0 ? UINT64_MAX : end,
                          .bus_seq = oracle->bus_understood,
                          .by_logon = by_logon};
    uint32_t count =
        session->asked_count < ORACLE_RANGES_MAX ? session->asked_count : ORACLE_RANGES_MAX;
    excuse_if_had(oracle, number, begin);
    note_loss(oracle, number, begin);
    for (uint32_t index = 0; index < count; index++) {
        if (session->asked[index].begin == range.begin && session->asked[index].end == range.end &&
            session->asked[index].by_logon == by_logon) {
            return;
        }
    }
    session->asked[session->asked_count % ORACLE_RANGES_MAX] = range;
    session->asked_count++;
}

uint64_t oracle_report_key(uint32_t session, uint64_t seq)
{
    return oracle_key_number(oracle_key_number(2, session), seq);
}

/* The gateway may refuse this very message, and then never knows what it said. */
static void remember_report(struct oracle *oracle, uint32_t session, uint32_t attempt,
                            const struct oracle_message *message)
{
    uint64_t seq = 0;
    if (oracle_char(message, TAG_POSS_DUP_FLAG, 'N') == 'Y' ||
        !oracle_uint(message, TAG_MSG_SEQ_NUM, &seq)) {
        return;
    }
    uint32_t number = oracle->reports_count++;
    oracle->reports =
        oracle_room(oracle->reports, &oracle->reports_capacity, number, sizeof oracle->reports[0]);
    oracle->reports[number] = (struct report_sent){
        .attempt = attempt,
        .execution = oracle_execution_key(oracle, oracle->sessions[session].broker,
                                          oracle_value(message, TAG_EXEC_ID)),
    };
    oracle_map_set(&oracle->reports_by_number, oracle_report_key(session, seq), number);
}

/* It says something about an attempt, by its name. */
static void take_report(struct oracle *oracle, uint32_t session,
                        const struct oracle_message *message)
{
    static const uint32_t names[] = {TAG_CL_ORD_ID, TAG_ORIG_CL_ORD_ID, TAG_REF_ID};
    uint32_t attempt = ORACLE_NONE;
    struct span status = oracle_value(message, TAG_ORD_STATUS);
    bool unknown = oracle_char(message, TAG_EXEC_TYPE, '\0') == 'I' && span_is(status, "8");
    for (size_t index = 0; index < ARRAY_LEN(names) && !unknown; index++) {
        struct span name = oracle_value(message, names[index]);
        if (name.size > 0 && oracle_attempt_find(oracle, name, &attempt)) {
            /* What it thinks of a cancel is no word on the order. */
            bool asked = span_is(oracle_value(message, TAG_REF_MSG_TYPE), "H");
            bool refused =
                message->type == 'j' && !asked && span_is(name, oracle->attempts[attempt].name);
            bool on_order = message->type == '8' || refused;
            oracle->attempts[attempt].refused = oracle->attempts[attempt].refused || refused;
            oracle->attempts[attempt].reported = oracle->attempts[attempt].reported || on_order;
            remember_report(oracle, session, attempt, message);
            return;
        }
    }
}

/* It refuses a message of the gateway's by its number. */
static void take_refusal(struct oracle *oracle, uint32_t session,
                         const struct oracle_message *message)
{
    uint64_t seq = 0;
    uint32_t number = 0;
    take_report(oracle, session, message);
    if (oracle_uint(message, TAG_REF_SEQ_NUM, &seq) &&
        oracle_map_find(&oracle->numbers_by_key,
                        oracle_number_key(session, oracle->sessions[session].epoch, seq),
                        &number) &&
        oracle->numbers[number].attempt != ORACLE_NONE) {
        oracle->attempts[oracle->numbers[number].attempt].reported = true;
        oracle->attempts[oracle->numbers[number].attempt].refused = true;
    }
}

/* A number that the broker used before ends the line, unless the message says that it may be a
 * repetition. */
static void note_number(struct session *session, const struct oracle_message *message)
{
    uint64_t seq = 0;
    uint64_t next = 0;
    if (!oracle_uint(message, TAG_MSG_SEQ_NUM, &seq)) {
        return;
    }
    if (message->type == 'A') {
        /* On a line that must end already, the refusal of what broke it may cross that. */
        session->reset_asked =
            oracle_char(message, TAG_RESET_SEQ_NUM_FLAG, 'N') == 'Y' && !session->broken;
        session->sent_last = seq;
        session->broken = false;
    } else if (message->type == '4') {
        bool given = oracle_uint(message, TAG_NEW_SEQ_NO, &next) && next > session->sent_last;
        session->sent_last = given ? next - 1 : session->sent_last;
    } else if (oracle_char(message, TAG_POSS_DUP_FLAG, 'N') != 'Y') {
        session->broken = session->broken || seq <= session->sent_last;
        session->sent_last = seq > session->sent_last ? seq : session->sent_last;
    }
    if (message->type == '0' && oracle_value(message, TAG_TEST_REQ_ID).size > 0) {
        session->proven = true;
    }
}

void oracle_session_copies(struct oracle *oracle, uint32_t session, bool copies)
{
    ASSERT(session < oracle->sessions_count);
    oracle->sessions[session].copies = copies;
    oracle->copies_told = true;
}

void oracle_session_fills_over(struct oracle *oracle, uint32_t session)
{
    ASSERT(session < oracle->sessions_count);
    oracle->sessions[session].fills_over = true;
}

void oracle_session_proves(struct oracle *oracle, uint32_t session)
{
    ASSERT(session < oracle->sessions_count);
    oracle->sessions[session].proves = true;
}

void oracle_sent(struct oracle *oracle, uint32_t session, struct span bytes)
{
    struct oracle_message message;
    uint64_t begin = 0;
    uint64_t end = 0;
    ASSERT(session < oracle->sessions_count);
    oracle->sessions[session].sent_seen = true;
    if (!oracle_message_read(&message, bytes)) {
        return;
    }
    note_number(&oracle->sessions[session], &message);
    switch (message.type) {
    case '0':
        oracle_test_answered(&oracle->sessions[session], &message);
        return;
    case '2':
        if (oracle_uint(&message, TAG_BEGIN_SEQ_NO, &begin) &&
            oracle_uint(&message, TAG_END_SEQ_NO, &end)) {
            ask(oracle, session, begin, end, false);
        }
        return;
    case 'A':
        oracle->sessions[session].expects = 0;
        if (oracle_uint(&message, TAG_NEXT_EXPECTED_MSG_SEQ_NUM, &begin)) {
            ask(oracle, session, begin, 0, true);
            oracle->sessions[session].expects =
                oracle_char(&message, TAG_RESET_SEQ_NUM_FLAG, 'N') != 'Y' ? begin : 0;
        }
        return;
    case '8':
        oracle_copy_sent(oracle, session, &message);
        take_report(oracle, session, &message);
        return;
    case '9':
        take_report(oracle, session, &message);
        return;
    case '3':
    case 'j':
        take_refusal(oracle, session, &message);
        return;
    default:
        return;
    }
}

/* --- Events of sessions ----------------------------------------------------------------- */

/* Whether a session must synchronise before it is READY is agreed with its broker; but what it is
 * called has a name, and it is one that was told of. */
void oracle_session_event(struct oracle *oracle, uint64_t bus_seq,
                          const struct oracle_message *message)
{
    static const char *const names[] = {"DISCONNECTED",  "LOGON_SENT", "LOGON_AWAITED",
                                        "SYNCHRONISING", "READY",      "LOGOUT_SENT"};
    struct span session = oracle_value(message, TAG_SESSION_NAME);
    struct span state = oracle_value(message, TAG_SESSION_STATE_NAME);
    uint32_t number = ORACLE_NONE;
    bool named = false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        named = named || span_is(state, names[i]);
    }
    if (!named || !oracle_map_find(&oracle->sessions_by_name, oracle_key(0, session), &number)) {
        oracle_violate(oracle, ORACLE_LEGAL_MOVES,
                       "event %" PRIu64 ": session %.*s is %.*s: there is no such thing", bus_seq,
                       (int)session.size, (const char *)session.data, (int)state.size,
                       (const char *)state.data);
        return;
    }
    const struct session *of = &oracle->sessions[number];
    bool command =
        oracle_value(message, TAG_TEXT).size > 0; /* Told with whatever state it is in. */
    if (oracle->bus_live && !command && span_is(state, "READY") && of->proves && !of->proven) {
        oracle_violate(oracle, ORACLE_LEGAL_MOVES,
                       "event %" PRIu64 ": %s is READY, and its broker has answered no TestRequest",
                       bus_seq, of->name);
    }
}

/* "session NAME: it asks for messages from … it has lost its state" */
void oracle_loss_event(struct oracle *oracle, const struct oracle_message *message)
{
    char text[ORACLE_TEXT_BYTES_MAX];
    span_to_text(oracle_value(message, TAG_TEXT), text, sizeof(text));
    for (uint32_t index = 0; index < oracle->sessions_count; index++) {
        struct session *session = &oracle->sessions[index];
        session->losses_told +=
            strstr(text, session->name) != NULL && strstr(text, "lost its state") != NULL ? 1 : 0;
    }
}

/* An order that its broker has not answered is in doubt while their session is down. */
void oracle_session_was_down(struct oracle *oracle, uint32_t session, uint64_t bus_seq)
{
    ASSERT(session < oracle->sessions_count);
    if (oracle->bus_understood < bus_seq) {
        return; /* What was committed before a crash may not have been seen yet. */
    }
    for (uint32_t index = 0; index < oracle->orders_count; index++) {
        const struct order *order = &oracle->orders[index];
        /* Its drop copy, or a person, may have told since that the broker has it. */
        if (order->now.state == STATE_SENT && order->attempt != ORACLE_NONE &&
            oracle->attempts[order->attempt].session == session &&
            !(oracle->attempts[order->attempt].doubted &&
              (oracle->attempts[order->attempt].reported || order->settlings > 0))) {
            oracle_violate(oracle, ORACLE_LEGAL_MOVES,
                           "%s is SENT, and was never called in doubt while %s was down",
                           order->name, oracle->sessions[session].name);
        }
    }
}
