/* What operators ask of a session. */
#include "gateway/core/audit.h"
#include "gateway/core/link_parts.h"

static const char *const command_names[] = {
#define X(name) #name,
    SESSION_COMMANDS(X)
#undef X
};

const char *session_command_name(enum session_command command)
{
    ASSERT((size_t)command < ARRAY_LEN(command_names));
    return command_names[command];
}

/* One command, and what became of it so far. */
struct order_to {
    struct engine *engine;
    struct link *link;
    bool confirmed;
    struct text answer;
};

static bool done(struct order_to *order, const char *words)
{
    text_add(&order->answer, words);
    return true;
}

static bool refused(struct order_to *order, const char *words)
{
    text_add(&order->answer, words);
    return false;
}

/* --- The commands ------------------------------------------------------------------ */

static bool log_on(struct order_to *order, struct span operator_name)
{
    struct link *link = order->link;
    link_down_store(order->engine, link, false, operator_name);
    if (link->connected && (link->closing || link->logging_out)) {
        return done(order, "it is still logging off, and may log on again after that");
    }
    if (link->connected) {
        return done(order, link->logged_on ? "it is logged on" : "it is connected already");
    }
    const char *closed = link_closed_now(order->engine, link);
    if (closed != NULL) {
        text_add(&order->answer, "it logs on when it may: ");
        return done(order, closed);
    }
    if (link->config->fix.acceptor) {
        return done(order, "a Logon of the peer is taken");
    }
    link->connect_at_ns = order->engine->now_ns;
    return done(order, "it connects now");
}

static bool log_off(struct order_to *order, struct span operator_name)
{
    link_down_store(order->engine, order->link, true, operator_name);
    if (order->link->connected) {
        link_logout(order->engine, order->link, "logged off by an operator");
        return done(order, "it logs out, and stays logged off until LOGON");
    }
    return done(order, "it stays logged off until LOGON");
}

static bool reset(struct order_to *order)
{
    struct link *link = order->link;
    if (link->open_count > 0 && !order->confirmed) {
        text_add_uint(&order->answer, link->open_count);
        return refused(order, " orders are open there; what the broker says of them by old "
                              "numbers would be lost. Nothing was done; to reset all the same, "
                              "repeat the command with its confirmation");
    }
    if (!link->connected) {
        link_reset(order->engine, link);
        return done(order, "both numbers are 1; the peer must do the same");
    }
    if (!link->logged_on || link->closing || link->logging_out) {
        return refused(order, "it is neither logged on nor disconnected: try again in a moment");
    }
    link_request_reset(order->engine, link);
    return done(order, "a Logon with ResetSeqNumFlag=Y asks the peer for numbers from 1");
}

static bool disconnect(struct order_to *order)
{
    if (!order->link->connected) {
        return refused(order, "it is not connected");
    }
    link_close(order->engine, order->link, SEVERITY_WARNING, span_text("closed by an operator"));
    return done(order, "its connection is closed");
}

static bool test_request(struct order_to *order)
{
    struct engine *engine = order->engine;
    uint64_t next;
    uint64_t end;
    if (!order->link->logged_on || order->link->closing || order->link->logging_out) {
        return refused(order, "it is not logged on");
    }
    if (session_resend_next(&order->link->session, &next, &end)) {
        return refused(order, "a resend is under way: try again in a moment");
    }
    effects_reset(&engine->effects);
    session_request_test(&order->link->session, engine->now_ns, &engine->effects);
    link_carry_out(engine, order->link, NULL, span_of(NULL, 0));
    return done(order, "a TestRequest is sent");
}

static bool carry_out(struct order_to *order, enum session_command command,
                      struct span operator_name)
{
    switch (command) {
    case SESSION_COMMAND_LOGON:
        return log_on(order, operator_name);
    case SESSION_COMMAND_LOGOFF:
        return log_off(order, operator_name);
    case SESSION_COMMAND_RESET:
        return reset(order);
    case SESSION_COMMAND_DISCONNECT:
        return disconnect(order);
    case SESSION_COMMAND_TEST_REQUEST:
        return test_request(order);
    }
    return false;
}

/* --- The record of it --------------------------------------------------------------- */

/* "RESET by alice: both numbers are 1": on the bus, in the log and in the audit. */
static void tell(struct order_to *order, enum session_command command, struct span operator_name,
                 bool carried_out)
{
    struct text words = {.size = 0};
    text_add(&words, session_command_name(command));
    text_add_span(text_add(&words, " by "), operator_name);
    text_add(&words, carried_out ? ": " : " refused: ");
    text_add_span(&words, text_span(&order->answer));
    link_log(order->engine, SEVERITY_WARNING, order->link, text_span(&words));
    struct audit audit = {
        .instant_ns = order->engine->now_ns,
        .operator_name = operator_name,
        .command = span_text(session_command_name(command)),
        .object = span_text(order->link->config->id),
        .carried_out = carried_out,
        .outcome = text_span(&order->answer),
    };
    audit_add(order->engine, &audit);
    bus_session_event(order->engine, order->link, text_span(&words));
}

bool engine_session_command(struct engine *engine, uint32_t session, enum session_command command,
                            bool confirmed, struct span operator_name,
                            char answer[ENGINE_TEXT_BYTES_MAX + 1])
{
    ASSERT(session < engine->config->sessions_count);
    if (operator_name.size > ENGINE_NAME_BYTES_MAX) {
        operator_name.size = ENGINE_NAME_BYTES_MAX;
    }
    struct order_to order = {
        .engine = engine, .link = &engine->links[session], .confirmed = confirmed};
    bool carried_out = carry_out(&order, command, operator_name);
    tell(&order, command, operator_name, carried_out);
    span_to_text(text_span(&order.answer), answer, ENGINE_TEXT_BYTES_MAX + 1);
    return carried_out;
}
