/* What is done to it, in words. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/sim/broker_parts.h"
#include "tests/sim/gateway.h"
#include "tests/sim/words.h"

enum { COUNT_MAX = 1000 };

/* The words behind it may name the session. */
static struct broker_session *session_named(struct sim_broker *broker, const char **rest)
{
    if (words_take(rest, "dropcopy") && broker->set.dropcopy.present) {
        return &broker->sessions[BROKER_DROPCOPY];
    }
    (void)words_take(rest, "orders");
    return &broker->sessions[BROKER_ORDERS];
}

static bool count_of(const char **rest, uint64_t *count)
{
    int64_t number;
    if (!words_number(rest, &number) || number < 1 || number > COUNT_MAX) {
        return false;
    }
    *count = (uint64_t)number;
    return true;
}

/* --- Life and manners of speaking ----------------------------------------------------------- */

static bool act_die(struct sim_broker *broker, const char **rest)
{
    bool silently = words_take(rest, "silently");
    if (!words_done(*rest)) {
        return false;
    }
    broker->dead = true;
    broker->hung = false;
    broker->mute = false;
    broker->slow = false;
    for (int i = 0; i < BROKER_SESSIONS; i++) {
        broker_line_die(&broker->sessions[i], silently);
    }
    return true;
}

/* It lives, or reads and writes, again. */
static void awake(struct sim_broker *broker)
{
    if (!broker_awake(broker)) {
        return;
    }
    for (int i = 0; i < BROKER_SESSIONS; i++) {
        struct broker_session *session = &broker->sessions[i];
        broker_border(session);
        broker_line_read(session);
        broker_flush(session);
        broker_arm(session);
    }
    broker_jobs_resume(broker);
}

static bool act_return(struct sim_broker *broker, const char **rest)
{
    (void)rest;
    broker->dead = false;
    awake(broker);
    return true;
}

static bool act_hang(struct sim_broker *broker, const char **rest)
{
    (void)rest;
    broker->hung = !broker->dead;
    return true;
}

static bool act_resume(struct sim_broker *broker, const char **rest)
{
    (void)rest;
    broker->hung = false;
    awake(broker);
    return true;
}

static bool act_mute(struct sim_broker *broker, const char **rest)
{
    (void)rest;
    broker->mute = !broker->dead;
    return true;
}

static bool act_speak(struct sim_broker *broker, const char **rest)
{
    (void)rest;
    if (!broker->mute) {
        return true;
    }
    broker->mute = false;
    for (int i = 0; i < BROKER_SESSIONS; i++) {
        struct broker_session *session = &broker->sessions[i];
        if (session->state != BROKER_LOGGED_ON || !broker_awake(broker)) {
            continue;
        }
        if (session->reset_wanted && !session->reset_awaited) {
            broker_reset(session);
        }
        broker_gap_ask(session);
    }
    awake(broker);
    return true;
}

static bool act_reads(struct sim_broker *broker, const char **rest)
{
    broker->slow = words_take(rest, "slowly") && !broker->dead;
    awake(broker);
    return true;
}

static bool act_unreachable(struct sim_broker *broker, const char **rest)
{
    int64_t endpoint;
    if (words_number(rest, &endpoint)) {
        broker->unreachable |= endpoint >= 0 && endpoint < 32 ? 1U << endpoint : 0;
    } else {
        broker->unreachable = UINT32_MAX;
    }
    return true;
}

static bool act_reachable(struct sim_broker *broker, const char **rest)
{
    (void)rest;
    broker->unreachable = 0;
    return true;
}

/* --- New orders ----------------------------------------------------------------------------- */

static bool act_answers(struct sim_broker *broker, const char **rest)
{
    int64_t ms = 0;
    if (words_take(rest, "slowly") && !words_number(rest, &ms)) {
        return false;
    }
    (void)words_take(rest, "quickly");
    broker->slower_ns = ms > 0 ? (uint64_t)ms * SIM_MS_NS : 0;
    return true;
}

static bool act_rejects(struct sim_broker *broker, const char **rest)
{
    if (words_take(rest, "all")) {
        broker->rejects = BROKER_REJECTS_ALL;
        return true;
    }
    if (!words_next(rest, broker->rejects_symbol, sizeof(broker->rejects_symbol))) {
        return false;
    }
    broker->rejects = words_take(rest, "halted") ? BROKER_REJECTS_HALTED : BROKER_REJECTS_SYMBOL;
    return true;
}

static bool act_refuses(struct sim_broker *broker, const char **rest)
{
    bool all = words_take(rest, "all");
    broker->rejects = all ? BROKER_REFUSES_ALL : broker->rejects;
    return all;
}

static bool act_takes(struct sim_broker *broker, const char **rest)
{
    bool all = words_take(rest, "all");
    broker->rejects = all ? BROKER_TAKES : broker->rejects;
    return all;
}

/* --- Numbers ------------------------------------------------------------------------------- */

/* Whether it can be seen that numbers from `begin` on were processed: the gateway has had a word
 * that proves it, or asks for the status of what it believes dead. One that loses an order's number
 * and keeps the order, without a word that shows it, is beyond what FIX can tell
 * (docs/failover.md). */
static bool can_be_seen(const struct broker_session *session, uint64_t begin)
{
    const struct sim_broker *broker = session->broker;
    bool takes = false;
    for (uint32_t i = 0; i < broker->requests_count; i++) {
        takes = takes || (broker->requests[i].kind == 'D' && broker->requests[i].seq >= begin);
    }
    return !takes || broker->set.asked_when_dead ||
           sim_gateway_peer_has(broker->sim->gateway, session->set->number) >= begin;
}

static void forget_received(struct broker_session *session, uint64_t count)
{
    struct sim *sim = session->broker->sim;
    uint64_t back = count < session->in_next ? count : session->in_next - 1;
    broker_line_die(session, false);
    if (back == 0 || back >= session->in_next || !can_be_seen(session, session->in_next - back)) {
        return; /* A new day may just have begun. */
    }
    session->in_next -= back;
    trace_say(&sim->trace, session->name, "expects %" PRIu64 " again", session->in_next);
    oracle_numbers_lost(sim->oracle, session->set->number, session->in_next);
}

static void forget_sent(struct broker_session *session, uint64_t count)
{
    for (uint32_t i = session->sent_count; i > 0 && count > 0; i--) {
        struct broker_sent *sent = &session->sent[i - 1];
        if (sent->report != BROKER_NONE) {
            sent->forgotten = true;
            count--;
        }
    }
}

static bool act_forget(struct sim_broker *broker, const char **rest)
{
    uint64_t count;
    bool received = words_take(rest, "received");
    if ((!received && !words_take(rest, "sent")) || !count_of(rest, &count)) {
        return false;
    }
    struct broker_session *session = session_named(broker, rest);
    if (received) {
        forget_received(session, count);
    } else {
        forget_sent(session, count);
    }
    return true;
}

static bool act_reset(struct sim_broker *broker, const char **rest)
{
    bool numbers = words_take(rest, "numbers");
    struct broker_session *session = session_named(broker, rest);
    if (!numbers) {
        broker_reset(session);
        broker_arm(session);
        return true;
    }
    broker_line_die(session, false);
    broker_numbers_restart(session);
    session->reset_wanted = false;
    return true;
}

static bool act_skip(struct sim_broker *broker, const char **rest)
{
    uint64_t count;
    if (!count_of(rest, &count)) {
        return false;
    }
    broker_skip(session_named(broker, rest), count);
    return true;
}

static void ask(struct broker_session *session, uint64_t begin, uint64_t end)
{
    struct wire_text body;
    body.size = 0;
    wire_add_uint(&body, 7, begin);
    wire_add_uint(&body, 16, end);
    if (session->state == BROKER_LOGGED_ON && !session->reset_awaited) {
        (void)broker_send(session, "2", wire_fields(&body));
    }
}

static bool act_ask(struct sim_broker *broker, const char **rest)
{
    uint64_t count;
    if (words_take(rest, "the") && words_take(rest, "impossible")) {
        struct broker_session *session = session_named(broker, rest);
        ask(session, session->in_next + COUNT_MAX, 0);
        return true;
    }
    if (!words_take(rest, "again") || !count_of(rest, &count)) {
        return false;
    }
    struct broker_session *session = session_named(broker, rest);
    uint64_t last = session->in_next - 1;
    uint64_t begin = count < last ? last - count + 1 : 1;
    if (last > 0 && can_be_seen(session, begin)) {
        ask(session, begin, last);
    }
    return true;
}

static bool act_test(struct sim_broker *broker, const char **rest)
{
    struct broker_session *session = session_named(broker, rest);
    if (session->state == BROKER_LOGGED_ON && !session->reset_awaited) {
        broker_test(session);
    }
    return true;
}

static bool act_logout(struct sim_broker *broker, const char **rest)
{
    struct broker_session *session = &broker->sessions[BROKER_ORDERS];
    if (!session->reset_awaited) {
        broker_logout(session, (*rest)[0] != '\0' ? *rest : "closing time");
        broker_arm(session);
    }
    *rest += strlen(*rest);
    return true;
}

static bool act_garbage(struct sim_broker *broker, const char **rest)
{
    char kind[BROKER_NAME_BYTES] = "";
    struct broker_session *session = session_named(broker, rest);
    if (words_next(rest, kind, sizeof(kind))) {
        session = session_named(broker, rest);
    }
    return broker_garbage(session, kind);
}

static bool act_garble(struct sim_broker *broker, const char **rest)
{
    (void)rest;
    broker->garbles = true;
    return true;
}

/* --- All of them -------------------------------------------------------------------------------
 */

bool sim_broker_act(struct sim_broker *broker, const char *words)
{
    static const struct {
        const char *word;
        bool (*act)(struct sim_broker *broker, const char **rest);
        bool bare;  /* No words follow. */
        bool awake; /* Only then it can be done. */
    } acts[] = {
        {"die", act_die, false, false},
        {"return", act_return, true, false},
        {"hang", act_hang, true, false},
        {"resume", act_resume, true, false},
        {"mute", act_mute, true, false},
        {"speak", act_speak, true, false},
        {"reads", act_reads, false, false},
        {"unreachable", act_unreachable, false, false},
        {"reachable", act_reachable, true, false},
        {"answers", act_answers, false, false},
        {"rejects", act_rejects, false, false},
        {"refuses", act_refuses, false, false},
        {"takes", act_takes, false, false},
        {"forget", act_forget, false, false},
        {"reset", act_reset, false, false},
        {"skip", act_skip, false, false},
        {"ask", act_ask, false, true},
        {"test", act_test, false, true},
        {"logout", act_logout, false, true},
        {"garbage", act_garbage, false, true},
        {"garble", act_garble, true, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        const char *rest = words;
        if (!words_take(&rest, acts[i].word)) {
            continue;
        }
        if (acts[i].bare && !words_done(rest)) {
            return false;
        }
        if (acts[i].awake && !broker_awake(broker)) {
            return true;
        }
        return acts[i].act(broker, &rest) && words_done(rest);
    }
    return broker_act_on_book(broker, words);
}
