/* What came over the lines from the gateway: a number means one content for ever. */
#include "tests/oracle/oracle_parts.h"

#include <inttypes.h>
#include <stdlib.h>

enum { GAP_NUMBERS_MAX = 1024 * 1024 };

static void epoch_begin(struct oracle *oracle, uint32_t number)
{
    struct session *session = &oracle->sessions[number];
    session->epoch++;
    session->epoch_due = false;
    session->out_last = 0;
    session->out_any = false;
    session->in_order = false;
    oracle_session_excuse(oracle, number);
}

/* One message of the gateway's, on its way into the record. */
struct arrival {
    struct oracle *oracle;
    uint32_t session_number;
    struct session *session;
    const struct oracle_message *message;
    uint64_t seq;
    bool poss_dup;
};

static bool is_session_message(char type)
{
    return type != '\0' && strchr("0123456A", type) != NULL;
}

static struct wire_number *number_of(const struct arrival *in, uint64_t seq, bool *added)
{
    struct oracle *oracle = in->oracle;
    uint32_t number = oracle_map_add(&oracle->numbers_by_key,
                                     oracle_number_key(in->session_number, in->session->epoch, seq),
                                     oracle->numbers_count, added);
    if (*added) {
        oracle->numbers = oracle_room(oracle->numbers, &oracle->numbers_capacity, number,
                                      sizeof oracle->numbers[0]);
        oracle->numbers_count++;
        oracle->numbers[number] = (struct wire_number){.attempt = ORACLE_NONE};
    }
    return &oracle->numbers[number];
}

/* A cancel or replace goes where the order's attempt is; its name is another one of that. */
static void take_change(const struct arrival *in)
{
    struct oracle *oracle = in->oracle;
    struct span name = oracle_value(in->message, TAG_CL_ORD_ID);
    struct span orig = oracle_value(in->message, TAG_ORIG_CL_ORD_ID);
    uint32_t number = ORACLE_NONE;
    bool added = false;
    bool known = oracle_attempt_find(oracle, orig, &number);
    if (known) {
        (void)oracle_map_add(&oracle->attempts_by_name, oracle_key(0, name), number, &added);
    }
    uint32_t owner = known ? oracle->attempts[number].broker : ORACLE_NONE;
    if (owner != ORACLE_NONE && owner != in->session->broker) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE,
                       "%s is sent a 35=%c of attempt %.*s, which is %s's", in->session->name,
                       in->message->type, (int)orig.size, (const char *)orig.data,
                       oracle->brokers[owner].name);
    }
}

/* A new order: its attempt. Names that the gateway gives to brokers are of one order each. */
static uint32_t take_order(const struct arrival *in)
{
    struct oracle *oracle = in->oracle;
    const struct oracle_message *message = in->message;
    struct span name = oracle_value(message, TAG_CL_ORD_ID);
    struct span marker = oracle_value(message, TAG_SECONDARY_CL_ORD_ID);
    uint32_t order = ORACLE_NONE;
    uint32_t number = oracle_attempt_add(oracle, name);
    struct attempt *attempt = &oracle->attempts[number];
    in->session->takes_orders = true;
    bool first = !attempt->sighted;
    if (first) {
        attempt->sighted = true;
        attempt->sighted_moment = oracle->moments_passed;
        attempt->session = in->session_number;
        attempt->epoch = in->session->epoch;
    }
    if (!oracle_map_find(&oracle->orders_by_marker, oracle_key(0, marker), &order)) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE,
                       "%s is sent an order (attempt %.*s, marker \"%.*s\") that no client ever "
                       "submitted",
                       in->session->name, (int)name.size, (const char *)name.data, (int)marker.size,
                       (const char *)marker.data);
        return number;
    }
    oracle_attempt_belongs(oracle, number, order);
    if (first) {
        oracle_attempt_follows(oracle, number);
    }
    if (!oracle_order_asked_for(oracle, attempt, message)) {
        oracle_violate(
            oracle, ORACLE_FIGURES, "%s is sent %s (attempt %.*s) on terms that nobody asked for",
            in->session->name, oracle->orders[order].name, (int)name.size, (const char *)name.data);
    }
    return number;
}

/* What goes out again was asked for again. */
static void check_asked(const struct arrival *in, uint64_t first, uint64_t last)
{
    const struct session *session = in->session;
    uint32_t count =
        session->asked_count < ORACLE_RANGES_MAX ? session->asked_count : ORACLE_RANGES_MAX;
    if (!session->sent_seen) {
        return;
    }
    for (uint32_t index = 0; index < count; index++) {
        if (session->asked[index].begin <= first && last <= session->asked[index].end) {
            return;
        }
    }
    oracle_violate(in->oracle, ORACLE_NUMBERS_AGREE,
                   "%s gets number %" PRIu64 " to %" PRIu64 " again (35=%c), which it never asked "
                   "for",
                   session->name, first, last, in->message->type);
}

/* A new number is above all that came; on a line after its Logon, right above. */
static void take_new(const struct arrival *in)
{
    struct session *session = in->session;
    char type = in->message->type;
    bool may_jump = type == 'A' || type == '5' || type == '3' || !session->in_order;
    if (session->out_any && in->seq <= session->out_last) {
        oracle_violate(in->oracle, ORACLE_NUMBERS_AGREE,
                       "%s gets a new 35=%c under number %" PRIu64 ", after %" PRIu64,
                       session->name, type, in->seq, session->out_last);
    } else if (session->out_any && !may_jump && in->seq != session->out_last + 1) {
        oracle_violate(in->oracle, ORACLE_NUMBERS_AGREE,
                       "%s gets number %" PRIu64 " right after %" PRIu64 " on one line (35=%c)",
                       session->name, in->seq, session->out_last, type);
    }
    session->in_order = session->in_order || type == 'A';
    session->out_any = true;
    session->out_last = in->seq;
    in->oracle->counts.wire_messages++;
}

static void take_first(const struct arrival *in, struct wire_number *number)
{
    number->content = oracle_content_of_wire(in->message);
    number->type = in->message->type;
    struct span time = oracle_value(in->message, TAG_SENDING_TIME);
    struct span original = oracle_value(in->message, TAG_ORIG_SENDING_TIME);
    if (!in->poss_dup || !span_equal(original, time)) {
        number->sending_time =
            oracle_texts_keep(&in->oracle->texts, in->poss_dup ? original : time);
    }
}

static void check_again(const struct arrival *in, const struct wire_number *number)
{
    struct oracle *oracle = in->oracle;
    const char *name = in->session->name;
    bool same = number->content == oracle_content_of_wire(in->message);
    if (number->type != '\0' && !same) {
        oracle_violate(oracle, ORACLE_ONE_CONTENT,
                       "number %" PRIu64 " of %s means two things: first 35=%c, now 35=%c%s",
                       in->seq, name, number->type, in->message->type,
                       in->message->type == number->type ? " with other content" : "");
    } else if (!in->poss_dup) {
        oracle_violate(oracle, ORACLE_ONE_CONTENT,
                       "number %" PRIu64 " of %s (35=%c) goes out again without PossDupFlag",
                       in->seq, name, in->message->type);
    } else if (number->filled) {
        oracle_violate(oracle, ORACLE_ONE_CONTENT,
                       "number %" PRIu64 " of %s goes out as 35=%c, after a gap fill stood for it",
                       in->seq, name, in->message->type);
    }
}

/* 122 is when it was first sent; or, where the clock was set back behind that, the sending's. */
static bool is_original_time(const struct arrival *in, const struct wire_number *number,
                             struct span original)
{
    struct span now = oracle_value(in->message, TAG_SENDING_TIME);
    if (number->sending_time == NULL || span_is(original, number->sending_time)) {
        return true;
    }
    size_t size = strlen(number->sending_time);
    return span_equal(original, now) && size == now.size &&
           memcmp(number->sending_time, now.data, size) > 0;
}

static void take_repeat(const struct arrival *in, const struct wire_number *number)
{
    struct oracle *oracle = in->oracle;
    struct span time = oracle_value(in->message, TAG_ORIG_SENDING_TIME);
    char type = in->message->type;
    oracle->counts.wire_repeats++;
    check_asked(in, in->seq, in->seq);
    if (type != '3' && is_session_message(type)) {
        oracle_violate(oracle, ORACLE_ONE_CONTENT,
                       "number %" PRIu64 " of %s: a session message (35=%c) is resent", in->seq,
                       in->session->name, type);
    } else if (time.size == 0) {
        oracle_violate(oracle, ORACLE_ONE_CONTENT,
                       "number %" PRIu64 " of %s (35=%c) is resent without OrigSendingTime(122)",
                       in->seq, in->session->name, type);
    } else if (!is_original_time(in, number, time)) {
        oracle_violate(oracle, ORACLE_ONE_CONTENT,
                       "number %" PRIu64 " of %s (35=%c) is resent with 122=%.*s, which is not "
                       "when it was sent",
                       in->seq, in->session->name, type, (int)time.size, (const char *)time.data);
    }
}

static void take_message(const struct arrival *in)
{
    bool added = false;
    struct wire_number *number = number_of(in, in->seq, &added);
    if (!added) {
        check_again(in, number);
    }
    if (in->poss_dup) {
        take_repeat(in, number);
    } else if (added) {
        take_new(in);
    }
    if (number->type == '\0') {
        take_first(in, number);
        number->attempt = in->message->type == 'D' ? take_order(in) : ORACLE_NONE;
        if (number->attempt != ORACLE_NONE) {
            in->oracle->attempts[number->attempt].number = (uint32_t)(number - in->oracle->numbers);
            in->oracle->attempts[number->attempt].seq = in->seq;
        }
        if (in->message->type == 'F' || in->message->type == 'G') {
            take_change(in);
        }
    }
    if (number->attempt != ORACLE_NONE) {
        oracle_order_goes_out(in->oracle, in->session_number, number->attempt, in->message, in->seq,
                              in->poss_dup);
    }
}

/* SequenceReset with GapFillFlag: what stands for a number that is filled over never goes out
 * after it. */
static void take_gap_fill(const struct arrival *in)
{
    struct oracle *oracle = in->oracle;
    uint64_t next = 0;
    if (!oracle_uint(in->message, TAG_NEW_SEQ_NO, &next) || next <= in->seq ||
        next - in->seq > GAP_NUMBERS_MAX) {
        oracle_violate(oracle, ORACLE_NUMBERS_AGREE,
                       "%s gets a gap fill from %" PRIu64 " to %" PRIu64, in->session->name,
                       in->seq, next);
        return;
    }
    if (in->poss_dup) {
        oracle->counts.wire_repeats++;
        check_asked(in, in->seq, next - 1);
    } else {
        take_new(in);
        in->session->out_last = next - 1;
    }
    in->session->fills++;
    if (in->poss_dup && in->seq == in->session->lost_from) {
        in->session->losses++;
        in->session->lost_from = 0;
    }
    if (in->session->asked_for_had) { /* What was on its way when it asked is in doubt, too. */
        oracle_session_excuse(oracle, in->session_number);
    }
    for (uint64_t seq = in->seq; seq < next; seq++) {
        bool added = false;
        struct wire_number *number = number_of(in, seq, &added);
        number->filled = true;
        oracle_fill_note(oracle, in->session, number);
        /* When new ones are due, these may be the first of them. */
        if (!in->session->epoch_due && number->attempt != ORACLE_NONE &&
            !oracle->attempts[number->attempt].reported) {
            oracle->attempts[number->attempt].voided = true;
        }
    }
}

/* The gateway refuses a message (2.8: its number is used up): what it said is never known. */
static void refused(struct oracle *oracle, uint32_t session, uint64_t seq)
{
    uint32_t number = 0;
    if (oracle_map_find(&oracle->reports_by_number, oracle_report_key(session, seq), &number)) {
        const struct report_sent *report = &oracle->reports[number];
        uint32_t execution = ORACLE_NONE;
        oracle->attempts[report->attempt].withheld = true;
        if (oracle_map_find(&oracle->executions_by_name, report->execution, &execution)) {
            oracle->executions[execution].withheld = true;
        }
    }
}

/* By its Reject for a wrong SendingTime, when that arrives; */
static void take_reject(const struct arrival *in)
{
    uint64_t seq = 0;
    if (span_is(oracle_value(in->message, TAG_SESSION_REJECT_REASON), "10") &&
        oracle_uint(in->message, TAG_REF_SEQ_NUM, &seq)) {
        refused(in->oracle, in->session_number, seq);
    }
}

/* and by its alert, whether that Reject arrives or not: "SESSION: message NUMBER of type …". */
void oracle_alert_event(struct oracle *oracle, const struct oracle_message *message)
{
    static const char mark[] = ": message ";
    char text[ORACLE_TEXT_BYTES_MAX];
    uint32_t session = ORACLE_NONE;
    span_to_text(oracle_value(message, TAG_TEXT), text, sizeof(text));
    const char *at = strstr(text, mark);
    if (at != NULL && strstr(at, "SendingTime accuracy problem") != NULL &&
        oracle_map_find(&oracle->sessions_by_name,
                        oracle_key(0, span_of(text, (size_t)(at - text))), &session)) {
        refused(oracle, session, strtoull(at + strlen(mark), NULL, 10));
    }
}

/* A Logon that resets; or, when numbers begin anew by what was told, one that they had before. */
static bool begins_epoch(const struct arrival *in)
{
    uint32_t number = ORACLE_NONE;
    if (in->message->type == 'A' && in->seq == 1 && !in->poss_dup &&
        oracle_char(in->message, TAG_RESET_SEQ_NUM_FLAG, 'N') == 'Y') {
        return true;
    }
    if (!in->session->epoch_due) {
        return false;
    }
    if (!in->poss_dup) {
        return in->session->out_any && in->seq <= in->session->out_last;
    }
    return in->message->type != '4' &&
           oracle_map_find(&in->oracle->numbers_by_key,
                           oracle_number_key(in->session_number, in->session->epoch, in->seq),
                           &number) &&
           in->oracle->numbers[number].type != '\0' &&
           in->oracle->numbers[number].content != oracle_content_of_wire(in->message);
}

/* FIX: a peer rejects what was first sent later than it is sent. */
static void check_original_time(const struct arrival *in)
{
    struct span sent = oracle_value(in->message, TAG_SENDING_TIME);
    struct span first = oracle_value(in->message, TAG_ORIG_SENDING_TIME);
    size_t size = first.size < sent.size ? first.size : sent.size;
    if (size > 0 && memcmp(first.data, sent.data, size) > 0) {
        oracle_violate(in->oracle, ORACLE_LEGAL_MOVES,
                       "%s: MsgSeqNum %" PRIu64
                       " says that it was first sent at %.*s, and is sent at %.*s",
                       in->session->name, in->seq, (int)first.size, (const char *)first.data,
                       (int)sent.size, (const char *)sent.data);
    }
}

void oracle_received(struct oracle *oracle, uint32_t session, struct span bytes)
{
    struct oracle_message message;
    ASSERT(session < oracle->sessions_count);
    struct arrival in = {.oracle = oracle,
                         .session_number = session,
                         .session = &oracle->sessions[session],
                         .message = &message};
    if (!oracle_message_read(&message, bytes) || !oracle_uint(&message, TAG_MSG_SEQ_NUM, &in.seq)) {
        oracle_violate(oracle, ORACLE_NUMBERS_AGREE, "%s gets a message without MsgSeqNum(34)",
                       in.session->name);
        return;
    }
    in.poss_dup = oracle_char(&message, TAG_POSS_DUP_FLAG, 'N') == 'Y';
    check_original_time(&in);
    if (begins_epoch(&in)) {
        epoch_begin(oracle, session);
    }
    if (message.type == 'A') {
        oracle_line_begins(in.session, &message, in.seq);
    } else {
        oracle_line_goes_on(oracle, session, &message, in.seq, in.poss_dup);
    }
    if (message.type == '3') {
        take_reject(&in);
    } else if (message.type == '1') {
        oracle_test_received(in.session, &message);
    }
    if (message.type != '4') {
        take_message(&in);
    } else if (oracle_char(&message, TAG_GAP_FILL_FLAG, 'N') == 'Y') {
        take_gap_fill(&in);
    } else if (oracle_uint(&message, TAG_NEW_SEQ_NO, &in.seq) && in.seq > in.session->out_last) {
        in.session->out_last = in.seq - 1; /* Its own number does not matter. */
    }
}
