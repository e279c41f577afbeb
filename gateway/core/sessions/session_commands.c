/* What operators ask of a session. */
#include "gateway/core/commands/command_parts.h"
#include "gateway/core/sessions/link_parts.h"

/* The session that the command names; NULL after saying that there is none. */
static struct link *link_of(struct command_call *call)
{
    struct engine *engine = call->engine;
    struct span id = command_value(call, "session");
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        if (span_is(id, engine->config->sessions[number].id)) {
            return &engine->links[number];
        }
    }
    (void)command_refused(call, "'session' is not one of this gateway; session.list names them");
    return NULL;
}

/* --- The commands ------------------------------------------------------------------ */

static bool log_on(struct command_call *call)
{
    struct link *link = link_of(call);
    if (link == NULL) {
        return false;
    }
    link_down_store(call->engine, link, false, call->command->operator_name);
    if (link->connected && (link->closing || link->logging_out)) {
        return command_done(call, "it is still logging off, and may log on again after that");
    }
    if (link->connected) {
        return command_done(call, link->logged_on ? "it is logged on" : "it is connected already");
    }
    const char *closed = link_closed_now(call->engine, link);
    if (closed != NULL) {
        text_add(&call->out->answer, "it logs on when it may: ");
        return command_done(call, closed);
    }
    if (link->config->fix.acceptor) {
        return command_done(call, "a Logon of the peer is taken");
    }
    link->connect_at_ns = call->engine->now_ns;
    return command_done(call, "it connects now");
}

static bool log_off(struct command_call *call)
{
    struct link *link = link_of(call);
    if (link == NULL) {
        return false;
    }
    link_down_store(call->engine, link, true, call->command->operator_name);
    if (link->connected) {
        link_logout(call->engine, link, "logged off by an operator");
        return command_done(call, "it logs out, and stays logged off until LOGON");
    }
    return command_done(call, "it stays logged off until LOGON");
}

static bool reset(struct command_call *call)
{
    struct link *link = link_of(call);
    if (link == NULL) {
        return false;
    }
    if (link->open_count > 0 && !command_true(call, "confirm")) {
        text_add_uint(&call->out->answer, link->open_count);
        return command_refused(call,
                               " orders are open there; what the broker says of them by old "
                               "numbers would be lost. Nothing was done; to reset all the same, "
                               "repeat the command with its confirmation");
    }
    if (!link->connected) {
        link_reset(call->engine, link);
        return command_done(call, "both numbers are 1; the peer must do the same");
    }
    if (!link->logged_on || link->closing || link->logging_out) {
        return command_refused(call,
                               "it is neither logged on nor disconnected: try again in a moment");
    }
    link_request_reset(call->engine, link);
    return command_done(call, "a Logon with ResetSeqNumFlag=Y asks the peer for numbers from 1");
}

static bool disconnect(struct command_call *call)
{
    struct link *link = link_of(call);
    if (link == NULL) {
        return false;
    }
    if (!link->connected) {
        return command_refused(call, "it is not connected");
    }
    link_close(call->engine, link, SEVERITY_WARNING, span_text("closed by an operator"));
    return command_done(call, "its connection is closed");
}

static bool test_request(struct command_call *call)
{
    struct link *link = link_of(call);
    if (link == NULL) {
        return false;
    }
    struct engine *engine = call->engine;
    uint64_t next;
    uint64_t end;
    if (!link->logged_on || link->closing || link->logging_out) {
        return command_refused(call, "it is not logged on");
    }
    if (session_resend_next(&link->session, &next, &end)) {
        return command_refused(call, "a resend is under way: try again in a moment");
    }
    effects_reset(&engine->effects);
    session_request_test(&link->session, engine->now_ns, &engine->effects);
    link_carry_out(engine, link, NULL, span_of(NULL, 0));
    return command_done(call, "a TestRequest is sent");
}

/* --- By name ------------------------------------------------------------------------ */

const struct command_spec session_commands[] = {
    {.name = "session.list",
     .may = MAY_VIEW,
     .arguments = "",
     .help = "all sessions: state, sequence numbers, orders, when their time ends or begins",
     .run = session_list},
    {.name = "session.logon",
     .may = MAY_OPERATE,
     .changes = true,
     .arguments = "session",
     .help = "may log on again, and does so at once when it is its time",
     .run = log_on},
    {.name = "session.logoff",
     .may = MAY_OPERATE,
     .changes = true,
     .arguments = "session",
     .help = "logs out, and stays logged off until session.logon, over restarts too",
     .run = log_off},
    {.name = "session.reset",
     .may = MAY_OPERATE,
     .changes = true,
     .arguments = "session confirm?",
     .help = "both sequence numbers from 1; with open orders only with confirm=true",
     .run = reset},
    {.name = "session.disconnect",
     .may = MAY_OPERATE,
     .changes = true,
     .arguments = "session",
     .help = "closes the connection; an initiator comes back by itself",
     .run = disconnect},
    {.name = "session.test",
     .may = MAY_OPERATE,
     .changes = true,
     .arguments = "session",
     .help = "asks the peer for a sign of life (TestRequest)",
     .run = test_request},
    /* A service asks every few seconds: session.list has what came of it. */
    {.name = "session.probe",
     .may = MAY_OPERATE | MAY_SERVE,
     .arguments = "session",
     .help = "the same without a record: what the router measures round trips with",
     .run = test_request},
    {.name = NULL},
};

const char *session_command_name(enum session_command command)
{
    static const char *const names[] = {
#define X(name) #name,
        SESSION_COMMANDS(X)
#undef X
    };
    ASSERT((size_t)command < ARRAY_LEN(names));
    return names[command];
}

static const char *spec_name(enum session_command command)
{
    switch (command) {
    case SESSION_COMMAND_LOGON:
        return "session.logon";
    case SESSION_COMMAND_LOGOFF:
        return "session.logoff";
    case SESSION_COMMAND_RESET:
        return "session.reset";
    case SESSION_COMMAND_DISCONNECT:
        return "session.disconnect";
    case SESSION_COMMAND_TEST_REQUEST:
        return "session.test";
    }
    return "";
}

static bool no_rows(void *context, const struct command_field *fields, uint32_t count)
{
    (void)context;
    (void)fields;
    (void)count;
    return false;
}

bool engine_session_command(struct engine *engine, uint32_t session, enum session_command command,
                            bool confirmed, struct span operator_name,
                            char answer[ENGINE_TEXT_BYTES_MAX + 1])
{
    ASSERT(session < engine->config->sessions_count);
    const struct command_argument arguments[] = {
        {span_text("session"), span_text(engine->config->sessions[session].id)},
        {span_text("confirm"), span_text("true")},
    };
    const struct command asked = {
        .name = span_text(spec_name(command)),
        .operator_name = operator_name,
        .may = MAY_OPERATE,
        .arguments = arguments,
        .arguments_count = command == SESSION_COMMAND_RESET && confirmed ? 2 : 1,
    };
    struct command_out out = {.row = no_rows};
    enum command_result result = engine_command(engine, &asked, &out);
    span_to_text(text_span(&out.answer), answer, ENGINE_TEXT_BYTES_MAX + 1);
    return result == COMMAND_DONE;
}
