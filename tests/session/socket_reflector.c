#include "tests/session/socket_reflector.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 128, ARGUMENT_BYTES_MAX = 512 };

struct arguments {
    const char *list[ARGUMENTS_MAX + 1];
    size_t count;
    char text[ARGUMENTS_MAX][ARGUMENT_BYTES_MAX];
};

/* --- Its command line ------------------------------------------------------- */

static void add(struct arguments *arguments, const char *text)
{
    ASSERT(arguments->count < ARGUMENTS_MAX);
    char *kept = arguments->text[arguments->count];
    (void)snprintf(kept, ARGUMENT_BYTES_MAX, "%s", text);
    arguments->list[arguments->count++] = kept;
    arguments->list[arguments->count] = NULL;
}

static void set_text(struct arguments *arguments, const char *key, const char *value)
{
    char text[ARGUMENT_BYTES_MAX];
    if (value != NULL) {
        (void)snprintf(text, sizeof(text), "%s=%s", key, value);
        add(arguments, "--setting");
        add(arguments, text);
    }
}

static void set_flag(struct arguments *arguments, const char *key, bool value)
{
    set_text(arguments, key, value ? "Y" : "N");
}

static void set_number(struct arguments *arguments, const char *key, uint64_t value)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    set_text(arguments, key, text);
}

/* Silence in thousandths of HeartBtInt, as a fraction on top of it. */
static void set_silence(struct arguments *arguments, const char *key, uint32_t permille)
{
    char text[32];
    ASSERT(permille >= 1000);
    (void)snprintf(text, sizeof(text), "%u.%03u", (permille - 1000) / 1000, permille % 1000);
    set_text(arguments, key, text);
}

static void set_names(struct arguments *arguments, const char *key, struct session_names names)
{
    char text[ARGUMENT_BYTES_MAX] = "";
    size_t size = 0;
    for (uint32_t i = 0; i < names.count; i++) {
        size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%s", i > 0 ? "," : "",
                                 names.list[i]);
        ASSERT(size < sizeof(text));
    }
    set_text(arguments, key, names.count > 0 ? text : NULL);
}

static void set_identity(struct arguments *arguments, const struct session_config *config)
{
    set_text(arguments, "ConnectionType", config->acceptor ? "acceptor" : "initiator");
    set_text(arguments, "SenderCompID", config->sender_comp_id);
    set_text(arguments, "TargetCompID", config->target_comp_id);
    set_text(arguments, "SenderSubID", config->sender_sub_id);
    set_text(arguments, "TargetSubID", config->target_sub_id);
    set_text(arguments, "SenderLocationID", config->sender_location_id);
    set_text(arguments, "TargetLocationID", config->target_location_id);
    set_text(arguments, "Username", config->username);
    set_text(arguments, "Password", config->password);
    set_text(arguments, "NewPassword", config->new_password);
    set_names(arguments, "AllowedOnBehalfOfCompIDs", config->on_behalf_of);
    set_names(arguments, "AllowedDeliverToCompIDs", config->deliver_to);
    for (uint32_t i = 0; i < config->logon_tags_count; i++) {
        char key[16];
        char value[128];
        (void)snprintf(key, sizeof(key), i == 0 ? "LogonTag" : "LogonTag%u", (unsigned)i);
        (void)snprintf(value, sizeof(value), "%u=%s", (unsigned)config->logon_tags[i].tag,
                       config->logon_tags[i].value);
        set_text(arguments, key, value);
    }
}

static void set_behaviour(struct arguments *arguments, const struct session_config *config)
{
    if (config->heart_bt_int_seconds > 0) { /* Else an acceptor's, who takes the peer's. */
        set_number(arguments, "HeartBtInt", config->heart_bt_int_seconds);
    }
    set_flag(arguments, "HeartBtIntOverride", config->heart_bt_int_override);
    set_flag(arguments, "DisableHeartBeatCheck", !config->heart_beat_check);
    set_silence(arguments, "TestRequestDelayMultiplier", config->silence_test_permille);
    set_silence(arguments, "HeartBeatTimeoutMultiplier", config->silence_dead_permille);
    set_number(arguments, "LogonTimeout", config->logon_timeout_seconds);
    set_number(arguments, "LogoutTimeout", config->logout_timeout_seconds);
    set_flag(arguments, "CheckLatency", config->max_latency_seconds > 0);
    if (config->max_latency_seconds > 0) {
        set_number(arguments, "MaxLatency", config->max_latency_seconds);
    }
    set_number(arguments, "TimestampPrecision", config->timestamp_precision);
    set_flag(arguments, "ResetOnLogon", config->reset_on_logon);
    set_flag(arguments, "ResetOnLogout", config->reset_on_logout);
    set_flag(arguments, "ResetOnDisconnect", config->reset_on_disconnect);
    set_flag(arguments, "CheckCompID", config->check_comp_id);
    set_flag(arguments, "TestRequestAtLogon", config->test_request_at_logon);
    set_flag(arguments, "SendNextExpectedMsgSeqNum", config->next_expected_seq_num);
    set_flag(arguments, "EnableLastMsgSeqNumProcessed", config->last_seq_num_processed);
    set_number(arguments, "ResendRequestChunkSize", config->resend_request_chunk_size);
    set_flag(arguments, "ClosedResendInterval", config->closed_resend_interval);
    set_flag(arguments, "SendRedundantResendRequests", config->redundant_resend_requests);
    set_flag(arguments, "RequiresOrigSendingTime", config->requires_orig_sending_time);
}

static void set_checks(struct arguments *arguments, const struct session_config *config)
{
    const struct validate_options *validate = &config->validate;
    set_flag(arguments, "RejectInvalidMessage", config->reject_invalid_message);
    set_flag(arguments, "RejectGarbledMessage", config->reject_garbled_message);
    set_flag(arguments, "UseDataDictionary", config->dictionary != NULL);
    set_flag(arguments, "ValidateFieldsOutOfOrder", validate->fields_out_of_order);
    set_flag(arguments, "ValidateFieldsHaveValues", validate->fields_have_values);
    set_flag(arguments, "ValidateUserDefinedFields", validate->user_defined_fields);
    set_flag(arguments, "AllowUnknownMsgFields", validate->unknown_fields_allowed);
    set_flag(arguments, "AllowUnknownEnumValues", validate->unknown_enums_allowed);
    set_flag(arguments, "ValidateUnorderedGroupFields", !validate->groups_unordered_allowed);
    set_flag(arguments, "FirstFieldInGroupIsDelimiter", validate->first_in_group_delimits);
}

/* --- The process ------------------------------------------------------------ */

void reflector_open(struct reflector *reflector)
{
    *reflector = (struct reflector){.input = -1, .output = -1};
    (void)snprintf(reflector->store, sizeof(reflector->store), "/tmp/fixgate-script-XXXXXX");
    char *made = mkdtemp(reflector->store);
    ASSERT(made != NULL);
}

void reflector_close(struct reflector *reflector)
{
    char command[REFLECTOR_PATH_BYTES_MAX + 16];
    reflector_kill(reflector);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", reflector->store);
    int removed = system(command);
    ASSERT(removed == 0);
}

void reflector_kill(struct reflector *reflector)
{
    if (reflector->pid == 0) {
        return;
    }
    (void)kill(reflector->pid, SIGKILL);
    (void)waitpid(reflector->pid, NULL, 0);
    (void)close(reflector->input);
    (void)close(reflector->output);
    reflector->pid = 0;
    reflector->used = 0;
}

static void run(const struct arguments *arguments, int input, int output)
{
    static char path[ARGUMENT_BYTES_MAX];
    const char *build = getenv("FIXGATE_BUILD");
    (void)snprintf(path, sizeof(path), "%s/tests/tools/reflector", build != NULL ? build : "build");
    char *words[ARGUMENTS_MAX + 2];
    words[0] = path;
    for (size_t i = 0; i <= arguments->count; i++) {
        words[i + 1] = arguments->list[i] == NULL ? NULL : strdup(arguments->list[i]);
    }
    if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0) {
        _exit(126);
    }
    (void)execv(path, words);
    perror(path);
    _exit(127);
}

static void spawn(struct reflector *reflector, const struct arguments *arguments)
{
    int input[2];
    int output[2];
    int failed = pipe(input) | pipe(output);
    ASSERT(failed == 0);
    (void)signal(SIGPIPE, SIG_IGN);
    reflector->pid = fork();
    ASSERT(reflector->pid >= 0);
    if (reflector->pid == 0) {
        (void)close(input[1]);
        (void)close(output[0]);
        run(arguments, input[0], output[1]);
    }
    (void)close(input[0]);
    (void)close(output[1]);
    reflector->input = input[1];
    reflector->output = output[0];
}

void reflector_start(struct reflector *reflector, const struct session_config *config,
                     uint16_t peer_port, uint64_t seq_in_next, uint64_t seq_out_next)
{
    static struct arguments arguments;
    arguments.count = 0;
    ASSERT(reflector->pid == 0);
    add(&arguments, "--store");
    add(&arguments, reflector->store);
    add(&arguments, "--port");
    add(&arguments, "0");
    char scripted[64];
    (void)snprintf(scripted, sizeof(scripted), "--scripted=%llu:%llu",
                   (unsigned long long)seq_in_next, (unsigned long long)seq_out_next);
    add(&arguments, scripted);
    set_identity(&arguments, config);
    set_behaviour(&arguments, config);
    set_checks(&arguments, config);
    if (!config->acceptor) {
        set_text(&arguments, "SocketConnectHost", "127.0.0.1");
        set_number(&arguments, "SocketConnectPort", peer_port);
        set_number(&arguments, "ReconnectIntervalMax", 1);
    }
    spawn(reflector, &arguments);
    do {
        bool heard = reflector_hear(reflector);
        ASSERT(heard);
    } while (strncmp(reflector->line, "reflector ready", 15) != 0);
    const char *port = strstr(reflector->line, "port=");
    reflector->port = port == NULL ? 0 : (uint16_t)strtoul(port + 5, NULL, 10);
}

/* To one that has ended: reflector_hear() will say so. */
void reflector_tell(struct reflector *reflector, const char *command)
{
    static char line[REFLECTOR_LINE_BYTES_MAX];
    int size = snprintf(line, sizeof(line), "%s\n", command);
    ASSERT(size > 0);
    ASSERT((size_t)size < sizeof(line));
    (void)!write(reflector->input, line, (size_t)size);
}

bool reflector_hear(struct reflector *reflector)
{
    for (;;) {
        char *end = memchr(reflector->bytes, '\n', reflector->used);
        if (end != NULL) {
            size_t size = (size_t)(end - reflector->bytes) + 1;
            span_to_text(span_of(reflector->bytes, size - 1), reflector->line,
                         sizeof(reflector->line));
            memmove(reflector->bytes, end + 1, reflector->used - size);
            reflector->used -= size;
            return true;
        }
        struct pollfd item = {.fd = reflector->output, .events = POLLIN};
        if (reflector->used == sizeof(reflector->bytes) ||
            poll(&item, 1, REFLECTOR_WAIT_MS_MAX) <= 0) {
            return false;
        }
        ssize_t got = read(reflector->output, reflector->bytes + reflector->used,
                           sizeof(reflector->bytes) - reflector->used);
        if (got <= 0) {
            return false;
        }
        reflector->used += (size_t)got;
    }
}
