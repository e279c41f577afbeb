/* What goes over a line once more: all that was asked for, and no order that must not. What needs
 * to know what the bus had told by then is judged where all is told live. */
#include "tests/oracle/oracle_parts.h"

#include <inttypes.h>

/* --- Wholly, and nothing in between ------------------------------------------------------- */

/* Where the resend of a range ends: it was asked for up to what had been sent by then. */
static uint64_t end_of(const struct session *session, const struct range *range)
{
    if (range->by_logon) {
        return session->logon_last - 1; /* The Logon itself has arrived. */
    }
    return range->end < session->out_last ? range->end : session->out_last;
}

static void check_whole(struct oracle *oracle, const struct session *session, char type)
{
    uint64_t last = session->again_next - 1;
    uint32_t count =
        session->asked_count < ORACLE_RANGES_MAX ? session->asked_count : ORACLE_RANGES_MAX;
    bool left = type == '5' || type == '3'; /* It was broken off, to leave. */
    for (uint32_t index = 0; index < count && !left; index++) {
        const struct range *range = &session->asked[index];
        left = range->begin <= last && end_of(session, range) == last;
    }
    if (!left && session->sent_seen) {
        oracle_violate(oracle, ORACLE_NUMBERS_AGREE,
                       "%s: what was asked for again ends with %" PRIu64
                       ", which is not its end, and then comes 35=%c",
                       session->name, last, type);
    }
}

/* Both have told by 789 what they expect: what the broker misses comes first, unasked. */
static void check_expected(struct oracle *oracle, const struct session *session, char type,
                           uint64_t seq, bool poss_dup)
{
    bool due = session->logon_tells && session->expects != 0 &&
               session->expects < session->logon_last && type != '5' && type != '3';
    if (due && (!poss_dup || seq != session->expects)) {
        oracle_violate(oracle, ORACLE_NUMBERS_AGREE,
                       "%s said by 789 that it expects %" PRIu64 ", and first gets 35=%c under "
                       "%" PRIu64,
                       session->name, session->expects, type, seq);
    }
}

static bool begins_with(struct span text, const char *words)
{
    size_t size = strlen(words);
    return text.size >= size && memcmp(text.data, words, size) == 0;
}

void oracle_line_begins(struct session *session, const struct oracle_message *logon, uint64_t seq)
{
    uint64_t expects = 0;
    session->logon_last = seq;
    session->logon_tells = oracle_uint(logon, TAG_NEXT_EXPECTED_MSG_SEQ_NUM, &expects) &&
                           oracle_char(logon, TAG_RESET_SEQ_NUM_FLAG, 'N') != 'Y';
    session->first_due = true;
    session->again_next = 0;
    session->proven = false;
    session->asked_for_had = false;
    session->broken = false;
    session->misses = session->logon_tells;
}

void oracle_line_goes_on(struct oracle *oracle, uint32_t number,
                         const struct oracle_message *message, uint64_t seq, bool poss_dup)
{
    struct session *session = &oracle->sessions[number];
    uint64_t next = seq + 1;
    char type = message->type;
    if (session->first_due) {
        check_expected(oracle, session, type, seq, poss_dup);
    }
    if (type == '5' && session->reset_asked && !session->broken &&
        begins_with(oracle_value(message, TAG_TEXT), "MsgSeqNum too low")) {
        oracle_violate(
            oracle, ORACLE_NUMBERS_AGREE,
            "%s asked by 141=Y for numbers from 1, and is told that its number is too low",
            session->name);
    }
    session->reset_asked = false;
    session->misses = session->misses || type == '2';
    session->first_due = false;
    if (session->again_next != 0 && (!poss_dup || seq != session->again_next)) {
        check_whole(oracle, session, type);
    }
    if (type == '4') {
        (void)oracle_uint(message, TAG_NEW_SEQ_NO, &next);
    }
    session->again_next = poss_dup ? next : 0;
}

/* --- Orders --------------------------------------------------------------------------------- */

/* Both are UTC timestamps, of whatever precision. */
static bool is_after(struct span a, struct span b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    return size > 0 && memcmp(a.data, b.data, size) > 0;
}

/* Whether the broker asked for the number again, and only after that event: what it asked for
 * earlier may still be on its way. */
static bool asked_after(const struct session *session, uint64_t seq, uint64_t bus_seq)
{
    uint32_t count =
        session->asked_count < ORACLE_RANGES_MAX ? session->asked_count : ORACLE_RANGES_MAX;
    bool asked = false;
    for (uint32_t index = 0; index < count; index++) {
        const struct range *range = &session->asked[index];
        if (range->begin <= seq && seq <= range->end) {
            asked = true;
            if (range->bus_seq < bus_seq) {
                return false;
            }
        }
    }
    return asked && bus_seq != 0;
}

void oracle_order_goes_out(struct oracle *oracle, uint32_t session, uint32_t number,
                           const struct oracle_message *message, uint64_t seq, bool poss_dup)
{
    const struct attempt *attempt = &oracle->attempts[number];
    const char *name = oracle->sessions[session].name;
    if (attempt->order == ORACLE_NONE) {
        return;
    }
    const struct order *order = &oracle->orders[attempt->order];
    struct span limit = oracle_value(message, TAG_EXPIRE_TIME);
    if (is_after(oracle_value(message, TAG_SENDING_TIME), limit)) {
        oracle_violate(oracle, ORACLE_LEGAL_MOVES,
                       "%s gets %s (attempt %s) when its time has ended, 126=%.*s", name,
                       order->name, attempt->name, (int)limit.size, (const char *)limit.data);
    }
    const struct session *on = &oracle->sessions[session];
    /* What went out on this line may wait behind the gap: it goes again under its number. */
    if (poss_dup && on->fills_over && seq < on->logon_last) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE,
                       "%s gets %s (attempt %s) again: its number is to be filled over", name,
                       order->name, attempt->name);
    }
    if (poss_dup && order->attempt == number && order->now.state == STATE_DEAD_LETTER &&
        asked_after(on, seq, attempt->held_seq)) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE,
                       "%s gets %s (attempt %s) again, which is held for a person", name,
                       order->name, attempt->name);
    }
    if (poss_dup && asked_after(on, seq, attempt->answered_seq)) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE,
                       "%s gets %s (attempt %s) again, and had answered it before it asked", name,
                       order->name, attempt->name);
    }
}

/* --- Drop copies ------------------------------------------------------------------------------ */

static struct copied *copied_of(struct oracle *oracle, uint32_t broker, struct span exec_id)
{
    bool added = false;
    uint32_t number =
        oracle_map_add(&oracle->copies_by_name,
                       oracle_key_number(oracle_execution_key(oracle, broker, exec_id), 3),
                       oracle->copies_count, &added);
    if (added) {
        oracle->copies =
            oracle_room(oracle->copies, &oracle->copies_capacity, number, sizeof oracle->copies[0]);
        oracle->copies_count++;
        oracle->copies[number] = (struct copied){.session = 0};
    }
    return &oracle->copies[number];
}

void oracle_copy_sent(struct oracle *oracle, uint32_t number, const struct oracle_message *message)
{
    const struct session *session = &oracle->sessions[number];
    struct span exec_id = oracle_value(message, TAG_EXEC_ID);
    uint64_t seq = 0;
    bool added = false;
    if (session->takes_orders || exec_id.size == 0 ||
        !oracle_uint(message, TAG_MSG_SEQ_NUM, &seq)) {
        return;
    }
    /* When numbers began anew, the gateway may ask for all of it again. */
    uint64_t key = oracle_key_number(oracle_number_key(number, 0, seq), session->excuse_moment);
    (void)oracle_map_add(&oracle->copies_by_number, oracle_key(key, exec_id), 0, &added);
    struct copied *copied = copied_of(oracle, session->broker, exec_id);
    copied->sent += added ? 1 : 0;
    copied->session = number;
}

void oracle_copy_event(struct oracle *oracle, uint64_t bus_seq,
                       const struct oracle_message *message)
{
    struct span exec_id = oracle_value(message, TAG_EXEC_ID);
    struct span name = oracle_value(message, TAG_BROKER);
    uint32_t broker = oracle_broker_find(oracle, name);
    if (broker == ORACLE_NONE || exec_id.size == 0) {
        return;
    }
    struct copied *copied = copied_of(oracle, broker, exec_id);
    copied->told++;
    if (oracle->lives_told && copied->told > copied->sent) {
        oracle_violate(oracle, ORACLE_BUS_COMPLETE,
                       "event %" PRIu64
                       " tells the drop copy %.*s of %.*s for the %uth time; it was "
                       "sent %u times",
                       bus_seq, (int)exec_id.size, (const char *)exec_id.data, (int)name.size,
                       (const char *)name.data, copied->told, copied->sent);
    }
}

/* A broker may withhold a few of a session's drop copies, but not all. */
void oracle_judge_copies(struct oracle *oracle)
{
    enum { COPIES_LEAST = 10 };
    uint32_t sent[ORACLE_SESSIONS_MAX] = {0};
    uint32_t told[ORACLE_SESSIONS_MAX] = {0};
    for (uint32_t index = 0; index < oracle->copies_count; index++) {
        const struct copied *copied = &oracle->copies[index];
        sent[copied->session] += copied->sent;
        told[copied->session] += copied->told;
    }
    for (uint32_t session = 0; session < oracle->sessions_count; session++) {
        if (oracle->copies_told && !oracle->sessions[session].copies) {
            continue;
        }
        if (sent[session] >= COPIES_LEAST && told[session] == 0 &&
            oracle->sessions[session].excuse_moment == 0) {
            oracle_violate(oracle, ORACLE_BUS_COMPLETE,
                           "none of %u drop copies of %s ever reached the bus", sent[session],
                           oracle->sessions[session].name);
        }
    }
}
