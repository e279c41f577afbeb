/* From attempt to attempt: an order goes on to another only when the one before is dead, as those
 * saw it who saw all, or when two persons took it on themselves. */
#include "tests/oracle/oracle_parts.h"

#include <inttypes.h>

/* --- What proves that a gap fill arrived ----------------------------------------------- */

void oracle_fill_note(struct oracle *oracle, struct session *session, struct wire_number *number)
{
    number->filled_at = session->fills;
    if (number->type == '\0') {
        session->blind_seq = oracle->bus_understood;
        session->blind_any = true;
    }
}

/* What came before it is answered for by whoever answers it. */
void oracle_test_received(struct session *session, const struct oracle_message *message)
{
    session->tests[session->tests_count++ % ORACLE_TESTS_MAX] = (struct test_sent){
        .id = oracle_key(0, oracle_value(message, TAG_TEST_REQ_ID)),
        .fills = session->fills,
        .blind_seq = session->blind_seq,
        .blind_any = session->blind_any,
    };
}

void oracle_test_answered(struct session *session, const struct oracle_message *message)
{
    uint64_t id = oracle_key(0, oracle_value(message, TAG_TEST_REQ_ID));
    uint32_t count =
        session->tests_count < ORACLE_TESTS_MAX ? session->tests_count : ORACLE_TESTS_MAX;
    for (uint32_t index = 0; index < count; index++) {
        const struct test_sent *test = &session->tests[index];
        if (test->id != id) {
            continue;
        }
        if (test->fills > session->fills_proven) {
            session->fills_proven = test->fills;
        }
        if (test->blind_any) {
            session->blind_proven = true;
            session->blind_proven_seq = test->blind_seq > session->blind_proven_seq
                                            ? test->blind_seq
                                            : session->blind_proven_seq;
        }
    }
}

/* --- Dead or not ----------------------------------------------------------------------- */

/* Its number was filled over, and an echo behind the fill has come back. */
static const char *filled_denied(const struct oracle *oracle, const struct attempt *attempt)
{
    const struct session *session = &oracle->sessions[attempt->session];
    const struct wire_number *number =
        attempt->number != ORACLE_NONE ? &oracle->numbers[attempt->number] : NULL;
    if (number == NULL || number->filled_at == 0) {
        return "its number was not filled over";
    }
    return number->filled_at <= session->fills_proven
               ? NULL
               : "its broker answered no TestRequest behind the gap fill";
}

/* Its number was never seen: some number that was not seen either, was. */
static const char *unseen_denied(const struct oracle *oracle, const struct attempt *attempt)
{
    for (uint32_t index = 0; index < oracle->sessions_count; index++) {
        const struct session *session = &oracle->sessions[index];
        if (session->broker == attempt->broker && session->blind_proven &&
            (!attempt->told_live || session->blind_proven_seq >= attempt->told_seq)) {
            return NULL;
        }
    }
    return "no number that its broker missed was filled over and answered for since";
}

const char *oracle_attempt_lives(const struct oracle *oracle, const struct attempt *attempt)
{
    if (attempt->taken) {
        bool over = attempt->ended && attempt->end != ORACLE_FILLED;
        return over && !oracle_attempt_is_full(attempt) ? NULL : "its broker's book has it";
    }
    if (attempt->refused) {
        return NULL;
    }
    return attempt->sighted && attempt->session != ORACLE_NONE ? filled_denied(oracle, attempt)
                                                               : unseen_denied(oracle, attempt);
}

void oracle_attempt_given_up(struct oracle *oracle, uint64_t bus_seq, uint32_t number,
                             bool possible_duplicate)
{
    struct attempt *attempt = &oracle->attempts[number];
    if (attempt->given_up) {
        return;
    }
    attempt->given_up = true;
    const char *lives = oracle_attempt_lives(oracle, attempt);
    if (lives == NULL) {
        attempt->forced = possible_duplicate && (attempt->followed || !attempt->sighted);
        return;
    }
    if (!oracle->bus_live && !oracle_attempt_is_live(attempt)) {
        attempt->forced = possible_duplicate; /* What was known then is not known now. */
        return;
    }
    if (possible_duplicate) { /* Who said so is told behind it. */
        attempt->forced = true;
        oracle->orders[attempt->order].risks++;
        return;
    }
    oracle_violate(
        oracle, ORACLE_NO_DOUBLE,
        "event %" PRIu64 ": %s goes on from attempt %s at %s, which may live: %s", bus_seq,
        oracle->orders[attempt->order].name, attempt->name,
        attempt->broker != ORACLE_NONE ? oracle->brokers[attempt->broker].name : "nobody's", lives);
}

/* --- As the next one shows itself at a broker ------------------------------------------- */

/* Their names are given in order: a longer one, or one behind it, is later. */
static bool is_earlier(const struct attempt *a, const struct attempt *b)
{
    size_t sizes[] = {strlen(a->name), strlen(b->name)};
    return sizes[0] != sizes[1] ? sizes[0] < sizes[1] : strcmp(a->name, b->name) < 0;
}

void oracle_attempt_follows(struct oracle *oracle, uint32_t number)
{
    const struct attempt *attempt = &oracle->attempts[number];
    uint32_t at = oracle->orders[attempt->order].known;
    for (; at != ORACLE_NONE; at = oracle->attempts[at].next_known) {
        struct attempt *before = &oracle->attempts[at];
        /* That two persons agreed on it may be told later. */
        if (is_earlier(before, attempt) && !before->given_up &&
            oracle_attempt_lives(oracle, before) != NULL) {
            before->followed = true;
        }
    }
}

void oracle_forced(struct oracle *oracle, const char *client, struct span cl_ord_id)
{
    uint32_t request = oracle_request_find(oracle, span_text(client), cl_ord_id);
    uint32_t number = request != ORACLE_NONE ? oracle_request_order(oracle, request) : ORACLE_NONE;
    if (number != ORACLE_NONE) {
        oracle->orders[number].forced = true;
    }
}

void oracle_judge_risks(struct oracle *oracle, const struct order *order)
{
    if (order->risks > order->forcings) {
        oracle_violate(oracle, ORACLE_TWO_PERSONS,
                       "%s went on %u times from an attempt that might have lived, and two persons "
                       "said so %u times",
                       order->name, order->risks, order->forcings);
    }
    if (order->words > 0 && order->settlings == 0) {
        oracle_violate(oracle, ORACLE_LEGAL_MOVES,
                       "%s was no more in doubt, though the numbers of its session began anew "
                       "since it went out, and nobody had its broker's word",
                       order->name);
    }
    bool forced = order->forced && order->forcings > 0;
    if (order->twice && !forced) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE,
                       "%s was in two books at once, and nobody forced it", order->name);
    }
    if (order->overdone && !forced) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE,
                       "%s executed more than was asked for, and nobody forced it", order->name);
    }
}

void oracle_judge_attempt(struct oracle *oracle, const struct attempt *attempt)
{
    if (attempt->followed && !attempt->forced) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE,
                       "another attempt of %s went out while %s might have lived, and nobody "
                       "forced it",
                       oracle->orders[attempt->order].name, attempt->name);
    }
}

bool oracle_order_has_moved(const struct oracle *oracle, const struct order *order)
{
    uint32_t at = order->known;
    while (at != ORACLE_NONE && !oracle->attempts[at].given_up && !oracle->attempts[at].followed) {
        at = oracle->attempts[at].next_known;
    }
    return at != ORACLE_NONE;
}

/* An attempt asks for what was asked for, less what others of its order had executed by then. */
bool oracle_attempt_may_ask(const struct oracle *oracle, const struct attempt *attempt,
                            int64_t wanted, int64_t quantity)
{
    const struct order *order = &oracle->orders[attempt->order];
    int64_t others = order->executed - attempt->cumulative;
    int64_t before = 0;
    if (order->forced && oracle->counts.events == 0) {
        return quantity > 0 && quantity <= wanted; /* What the gateway knew then is told later. */
    }
    for (uint32_t at = order->known; at != ORACLE_NONE; at = oracle->attempts[at].next_known) {
        const struct attempt *other = &oracle->attempts[at];
        before += is_earlier(other, attempt) ? other->cumulative : 0;
    }
    if (quantity == wanted - others || quantity == wanted - before) {
        return true;
    }
    return oracle_order_has_moved(oracle, order) &&
           (quantity == wanted - order->now.cumulative || quantity == wanted - attempt->elsewhere);
}
