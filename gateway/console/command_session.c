/* `fixgate session`: how the sessions of a running gateway are, and what to ask of one. */
#include "gateway/console/control_client.h"
#include "gateway/console/session_table.h"
#include "gateway/shell/control.h"
#include "gateway/shell/json_text.h"
#include "gateway/shell/nearest.h"

#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "usage: fixgate session list|show|logon|logoff|reset|disconnect|test [SESSION]\n"
    "                       (-c FILE | --control ENDPOINT) [--operator NAME] [--confirm] [--json]\n"
    "\n"
    "  list        all sessions: state, sequence numbers, orders, when their time ends or begins\n"
    "  show        one session, all that is known of it\n"
    "  logoff      log out, and stay logged off until `logon`, over restarts too\n"
    "  logon       may log on again, and does so at once when it is its time\n"
    "  reset       both sequence numbers from 1: by a Logon with ResetSeqNumFlag=Y when it is\n"
    "              logged on; when it is not, the peer must do the same. While orders are open\n"
    "              there it is refused, unless you confirm\n"
    "  disconnect  close the connection; an initiator comes back by itself\n"
    "  test        ask the peer for a sign of life (TestRequest)\n"
    "\n"
    "SESSION is a session's id, its TargetCompID (BETA), or any part of the id that only one has.\n"
    "Every change is an event on the bus and stands in the audit, under the operator's name.\n"
    "\n"
    "  -c, --config FILE       the configuration of the gateway\n"
    "      --control ENDPOINT  its ControlEndpoint, without a configuration\n"
    "      --operator NAME     who asks (default: your login name)\n"
    "      --server-key KEY    the gateway's public key, at its ControlSecureEndpoint,\n"
    "      --secret FILE       and the file of your secret key (`fixgate keys`)\n"
    "      --confirm           reset although orders are open\n"
    "      --json              rows as JSON; {\"ok\":false,\"answer\":\"...\"} if it fails\n"
    "\n"
    "Exit code: 0 done, 1 refused, 2 wrong options or no such session, 3 the gateway is not "
    "there.\n"
    "\n"
    "examples:\n"
    "  fixgate session list -c config/fixgate.cfg\n"
    "  fixgate session logoff BETA -c config/fixgate.cfg --operator jane\n"
    "  fixgate session show ALPHA-DC -c config/fixgate.cfg --json | jq .seq_out_next\n";

struct asked {
    const char *config;
    const char *control;
    const char *operator_name;
    bool confirm;
    bool json;
    struct control_client client;
};

/* --- One question ------------------------------------------------------------------- */

/* Asks for `verb`, of a session or (NULL) of none. */
static bool ask(struct asked *asked, const char *verb, const char *session)
{
    char bytes[CONTROL_REQUEST_BYTES_MAX];
    char command[64];
    struct json_text text;
    (void)snprintf(command, sizeof(command), "session.%s", verb);
    json_text_init(&text, bytes, sizeof(bytes));
    json_text_words(&text, "{");
    json_text_pair(&text, true, "command", span_text(command));
    if (session != NULL) {
        json_text_pair(&text, false, "session", span_text(session));
    }
    if (asked->operator_name != NULL) {
        json_text_pair(&text, false, "operator", span_text(asked->operator_name));
    }
    json_text_words(&text, session != NULL && asked->confirm ? ",\"confirm\":true}" : "}");
    struct span request = json_text_span(&text);
    if (request.size == 0) {
        command_fail(&asked->client.fault, "--operator is too long");
        return false;
    }
    return control_client_ask(&asked->client, request,
                              session == NULL ? NULL
                                              : "whether it was done is not known: look with "
                                                "`fixgate session list`");
}

/* --- Finding the session -------------------------------------------------------------- */

/* How a session may be named, the plainest way first. */
enum naming {
    NAMING_ID,     /* FIX.4.4:FIXGATE->BETA */
    NAMING_TARGET, /* BETA: its TargetCompID, though there is a BETA-DC too. */
    NAMING_PART,   /* BET */
    NAMINGS_COUNT,
};

static bool ends_with_target(const char *id, const char *name)
{
    static const char arrow[] = "->";
    size_t size = strlen(arrow) + strlen(name);
    if (strlen(id) < size) {
        return false;
    }
    const char *end = id + strlen(id) - size;
    return strncmp(end, arrow, strlen(arrow)) == 0 && strcmp(end + strlen(arrow), name) == 0;
}

static bool named(const char *id, const char *name, enum naming naming)
{
    switch (naming) {
    case NAMING_ID:
        return strcmp(id, name) == 0;
    case NAMING_TARGET:
        return ends_with_target(id, name);
    case NAMING_PART:
        return strstr(id, name) != NULL;
    case NAMINGS_COUNT:
        break;
    }
    return false;
}

/* How many sessions are named so; the last of them in *frame. */
static uint32_t count_named(struct asked *asked, const char *name, enum naming naming,
                            uint32_t *frame)
{
    uint32_t count = 0;
    for (uint32_t i = 1; i < asked->client.frames.count; i++) {
        if (control_client_read(&asked->client, i) &&
            named(control_client_value(&asked->client, "session"), name, naming)) {
            *frame = i;
            count += 1;
        }
    }
    return count;
}

/* The row of the session with that name; 0 after saying why there is none. */
static uint32_t find_row(struct asked *asked, const char *name)
{
    uint32_t found = 0;
    uint32_t count = 0;
    for (int naming = 0; naming < NAMINGS_COUNT && count == 0; naming++) {
        count = count_named(asked, name, (enum naming)naming, &found);
    }
    if (count == 1) {
        return found;
    }
    command_fail(&asked->client.fault,
                 count == 0 ? "no session has '%s' in its id; there are:"
                            : "more than one session has '%s' in its id; there are:",
                 name);
    for (uint32_t frame = 1; frame < asked->client.frames.count; frame++) {
        if (control_client_read(&asked->client, frame)) {
            (void)fprintf(stderr, "  %s\n", control_client_value(&asked->client, "session"));
        }
    }
    return 0;
}

/* --- Output --------------------------------------------------------------------------- */

static void list_json(struct asked *asked)
{
    (void)fputs("[", stdout);
    for (uint32_t frame = 1; frame < asked->client.frames.count; frame++) {
        (void)fputs(frame > 1 ? ",\n " : "", stdout);
        control_client_print(&asked->client, frame);
    }
    (void)fputs("]\n", stdout);
}

static int list(struct asked *asked)
{
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    if (asked->json) {
        list_json(asked);
        return EXIT_CODE_OK;
    }
    if (!session_table_print(&asked->client.frames, &asked->client.row, error)) {
        command_fail(&asked->client.fault, "the gateway's answer cannot be read: %s", error);
        return EXIT_CODE_ENVIRONMENT;
    }
    return EXIT_CODE_OK;
}

static int show(struct asked *asked, uint32_t frame)
{
    if (asked->json) {
        control_client_print(&asked->client, frame);
        (void)fputc('\n', stdout);
        return EXIT_CODE_OK;
    }
    if (!control_client_read(&asked->client, frame)) {
        return EXIT_CODE_ENVIRONMENT;
    }
    for (uint32_t i = 0; i < asked->client.row.count; i++) {
        const struct json_member *member = &asked->client.row.list[i];
        (void)printf("%-16s %s\n", member->name, member->value[0] != '\0' ? member->value : "-");
    }
    return EXIT_CODE_OK;
}

/* --- The command ------------------------------------------------------------------------ */

static int steer(struct asked *asked, const char *verb, uint32_t frame)
{
    char session[CONFIG_SESSION_ID_BYTES_MAX + 1];
    if (!control_client_read(&asked->client, frame)) {
        return EXIT_CODE_ENVIRONMENT;
    }
    (void)snprintf(session, sizeof(session), "%s", control_client_value(&asked->client, "session"));
    bool open = strcmp(control_client_value(&asked->client, "open_orders"), "0") != 0;
    if (!ask(asked, verb, session)) {
        return EXIT_CODE_ENVIRONMENT;
    }
    bool ok = json_flat_true(&asked->client.row, "ok");
    if (asked->json) {
        control_client_print(&asked->client, 0);
        (void)fputc('\n', stdout);
    } else {
        (void)fprintf(ok ? stdout : stderr, "%s: %s\n", session,
                      control_client_value(&asked->client, "answer"));
    }
    if (!ok && strcmp(verb, "reset") == 0 && !asked->confirm && open) {
        command_say("session", "add --confirm once you have agreed with the broker on it");
    }
    return ok ? EXIT_CODE_OK : EXIT_CODE_REFUSED;
}

static int run_verb(struct asked *asked, const char *verb, const char *session)
{
    if (!ask(asked, "list", NULL)) {
        return EXIT_CODE_ENVIRONMENT;
    }
    if (!json_flat_true(&asked->client.row, "ok")) {
        command_say("session", "%s", control_client_value(&asked->client, "answer"));
        if (asked->json) {
            control_client_print(&asked->client, 0);
            (void)fputc('\n', stdout);
        }
        return EXIT_CODE_REFUSED;
    }
    if (strcmp(verb, "list") == 0) {
        return list(asked);
    }
    uint32_t frame = find_row(asked, session);
    if (frame == 0) {
        return EXIT_CODE_USAGE;
    }
    return strcmp(verb, "show") == 0 ? show(asked, frame) : steer(asked, verb, frame);
}

static int connect_and_run(struct asked *asked, const char *verb, const char *session)
{
    if (!control_client_open(&asked->client)) {
        return EXIT_CODE_ENVIRONMENT;
    }
    int code = run_verb(asked, verb, session);
    control_client_close(&asked->client);
    return code;
}

static bool known_verb(const char *verb, struct nearest *nearest)
{
    static const char *const verbs[] = {"list",  "show",       "logon", "logoff",
                                        "reset", "disconnect", "test"};
    nearest_init(nearest, span_text(verb));
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (strcmp(verb, verbs[i]) == 0) {
            return true;
        }
        nearest_offer(nearest, verbs[i]);
    }
    return false;
}

static void fail_verb(struct asked *asked, const char *verb, const struct nearest *nearest)
{
    bool guessed = verb[0] != '\0' && nearest->best != NULL;
    command_fail(
        &asked->client.fault, "what is to be done?%s%.40s%s%s%s%s See `fixgate session --help`",
        verb[0] != '\0' ? " There is no '" : "", verb, verb[0] != '\0' ? "'." : "",
        guessed ? " Did you mean '" : "", guessed ? nearest->best : "", guessed ? "'?" : "");
}

/* What does not go together is said, not ignored. */
static bool words_right(struct asked *asked, uint32_t count, char **argv)
{
    const char *wrong = NULL;
    struct nearest nearest;
    const char *verb = count > 0 ? argv[0] : "";
    if (!known_verb(verb, &nearest)) {
        fail_verb(asked, verb, &nearest);
        return false;
    }
    if (strcmp(argv[0], "list") == 0 && count > 1) {
        wrong = "list names all sessions; for one, there is `fixgate session show`";
    } else if (strcmp(argv[0], "list") != 0 && (count < 2 || argv[1][0] == '\0')) {
        wrong = "which session? `fixgate session list` names them";
    } else if (asked->confirm && strcmp(argv[0], "reset") != 0) {
        wrong = "--confirm is for reset alone";
    } else if (asked->operator_name != NULL && asked->operator_name[0] == '\0') {
        wrong = "--operator is empty";
    }
    if (wrong != NULL) {
        command_fail(&asked->client.fault, "%s", wrong);
    }
    return wrong == NULL;
}

int command_session(int argc, char **argv)
{
    struct asked *asked = calloc(1, sizeof(*asked));
    if (asked == NULL) {
        command_say("session", "out of memory");
        return EXIT_CODE_ENVIRONMENT;
    }
    const struct command_option options[] = {
        {.name = "config", .letter = 'c', .value = &asked->config},
        {.name = "control", .value = &asked->control},
        {.name = "operator", .value = &asked->operator_name},
        {.name = "server-key", .value = &asked->client.server_key},
        {.name = "secret", .value = &asked->client.secret_file},
        {.name = "confirm", .flag = &asked->confirm},
        {.name = "json", .flag = &asked->json}};
    const struct command_words words = {.command = "session",
                                        .help = help,
                                        .options = options,
                                        .options_count = ARRAY_LEN(options),
                                        .arguments_max = 2};
    char login[CONTROL_CLIENT_LOGIN_BYTES_MAX];
    uint32_t count = 0;
    asked->client.fault.command = words.command;
    enum command_parsed parsed = command_parse(&words, argc, argv, &count);
    /* With keys it is the gateway that knows whose they are. */
    if (asked->operator_name == NULL && asked->client.server_key == NULL) {
        asked->operator_name = control_client_login(login);
    }
    int code = command_ended(parsed);
    if (parsed == COMMAND_GO && words_right(asked, count, argv) &&
        control_client_find(&asked->client, asked->config, asked->control)) {
        code = connect_and_run(asked, argv[0], count > 1 ? argv[1] : NULL);
    }
    if (asked->json && asked->client.fault.text[0] != '\0') {
        command_fault_json(&asked->client.fault);
    }
    free(asked);
    return code;
}
