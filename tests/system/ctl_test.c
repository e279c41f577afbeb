/* `fixgate ctl` at a running gateway: two operators and what neither may do alone, a key asked
 * twice, an audit that somebody wrote into. Each command is a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <signal.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "gateway/core/engine/tables.h"
#include "gateway/shell/control.h"
#include "gateway/shell/json_flat.h"
#include "gateway/shell/key_file.h"
#include "session-store/store.h"
#include "tests/tools/gateway_process.h"

#define SECTIONS                                                                                   \
    "[SESSION]\nBroker=ALPHA\nTargetCompID=ALPHA\nSocketConnectHost=127.0.0.1\n"                   \
    "SocketConnectPort=1\n\n"                                                                      \
    "[OPERATOR]\nName=jane\nRoles=view,operate,admin,approve\n\n"                                  \
    "[OPERATOR]\nName=bob\nRoles=view,approve\n\n"                                                 \
    "[OPERATOR]\nName=vic\nRoles=view\n\n"

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_AWAY = 3, EXIT_PROPOSED = 4 };

/* Writes the configuration with these keys in its [GATEWAY], and starts. */
static void start_with(struct gateway_process *gateway, const char *keys, const char *sections)
{
    gateway_configure(gateway, sections);
    char text[8192];
    FILE *file = fopen(gateway->config, "re");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    assert_int_equal(0, fclose(file));
    file = fopen(gateway->config, "we");
    assert_non_null(file);
    const char *rest = strstr(text, "StorePath");
    assert_non_null(rest);
    (void)fprintf(file, "[GATEWAY]\n%s\n%s", keys, rest);
    assert_int_equal(0, fclose(file));
    gateway_start(gateway);
}

/* A gateway whose proposals expire after `timeout`, started. */
static struct gateway_process *gateway_new(const char *timeout)
{
    char keys[64];
    struct gateway_process *gateway = calloc(1, sizeof *gateway);
    assert_non_null(gateway);
    gateway_open(gateway);
    (void)snprintf(keys, sizeof keys, "ApprovalTimeout=%s", timeout);
    start_with(gateway, keys, SECTIONS);
    return gateway;
}

static void gateway_end(struct gateway_process *gateway)
{
    gateway_remove(gateway, false);
    free(gateway);
}

static void killed_and_started(struct gateway_process *gateway)
{
    (void)process_end(&gateway->process, SIGKILL, GATEWAY_WAIT_MS);
    gateway_start(gateway);
}

/* `fixgate ctl WORDS` ends with that code and says that. */
static void ctl(struct gateway_process *gateway, int code, const char *words, const char *says)
{
    char line[400];
    (void)snprintf(line, sizeof line, "ctl %s", words);
    int ended = gateway_ask(gateway, line);
    if (ended != code || strstr(gateway->output, says) == NULL) {
        fail_msg("%s: exit code %d, not %d, or no \"%s\" in:\n%s", line, ended, code, says,
                 gateway->output);
    }
}

/* --- Two persons ------------------------------------------------------------------------- */

static void a_proposal_outlives_the_gateway_and_is_done_when_another_operator_approves(void **state)
{
    (void)state;
    struct gateway_process *gateway = gateway_new("900");
    ctl(gateway, EXIT_PROPOSED, "route mode PINNED --operator jane", "proposal 1 waits until ");
    assert_non_null(strstr(gateway->output, "\nbob may approve it, and types:\n"
                                            "  fixgate ctl approvals approve 1 -c "));
    ctl(gateway, EXIT_DONE, "approvals list --operator vic", "mode=PINNED");
    ctl(gateway, EXIT_REFUSED, "approvals approve 1 --operator jane", "you proposed it");
    ctl(gateway, EXIT_REFUSED, "approvals approve 1 --operator vic", "needs the role approve");
    ctl(gateway, EXIT_REFUSED, "approvals approve 1 --operator eve", "no operator of this gateway");
    ctl(gateway, EXIT_DONE, "route table --operator vic", "ACTIVE_ACTIVE");
    killed_and_started(gateway);
    ctl(gateway, EXIT_DONE, "approvals list --operator vic --json", "\"state\":\"WAITING\"");
    ctl(gateway, EXIT_DONE, "approvals approve 1 --operator bob", "");
    ctl(gateway, EXIT_DONE, "route table --operator vic", "PINNED");
    ctl(gateway, EXIT_REFUSED, "approvals approve 1 --operator bob", "DONE by bob");
    killed_and_started(gateway);
    ctl(gateway, EXIT_DONE, "route table --operator vic", "PINNED");
    ctl(gateway, EXIT_DONE, "audit list --by jane --operator vic", "route.mode");
    ctl(gateway, EXIT_DONE, "audit verify --operator vic", "entries fit");
    gateway_end(gateway);
}

static void a_rejected_proposal_is_not_done(void **state)
{
    (void)state;
    struct gateway_process *gateway = gateway_new("900");
    ctl(gateway, EXIT_PROPOSED, "route mode PINNED --operator jane", "proposal 1 waits");
    ctl(gateway, EXIT_USAGE, "approvals reject 1 --operator bob", "'reason' is missing");
    ctl(gateway, EXIT_DONE, "approvals reject 1 --reason=early --operator bob", "will not be done");
    ctl(gateway, EXIT_REFUSED, "approvals approve 1 --operator bob", "REJECTED by bob");
    ctl(gateway, EXIT_DONE, "route table --operator vic", "ACTIVE_ACTIVE");
    gateway_end(gateway);
}

static void a_proposal_expires_by_the_clock(void **state)
{
    (void)state;
    struct gateway_process *gateway = gateway_new("1");
    ctl(gateway, EXIT_PROPOSED, "route mode PINNED --operator jane", "proposal 1 waits");
    assert_true(gateway_logs(gateway, "approvals.expire by engine, proposed by jane"));
    ctl(gateway, EXIT_REFUSED, "approvals approve 1 --operator bob", "EXPIRED by engine");
    ctl(gateway, EXIT_DONE, "route table --operator vic", "ACTIVE_ACTIVE");
    gateway_end(gateway);
}

/* --- Once --------------------------------------------------------------------------------- */

#define ALPHA "FIX.4.4:FIXGATE->ALPHA"

static void a_key_is_answered_again_and_done_once_over_a_kill(void **state)
{
    (void)state;
    struct gateway_process *gateway = gateway_new("900");
    static const char logoff[] = "session logoff " ALPHA " --operator jane --key nightly-7";
    ctl(gateway, EXIT_DONE, logoff, "stays logged off until LOGON");
    ctl(gateway, EXIT_DONE, "session logon " ALPHA " --operator jane", "");
    killed_and_started(gateway);
    ctl(gateway, EXIT_DONE, logoff, "stays logged off until LOGON");
    ctl(gateway, EXIT_DONE, "sessions --operator vic --json", "\"down\":false");
    ctl(gateway, EXIT_REFUSED, "session logon " ALPHA " --operator jane --key nightly-7",
        "another request");
    ctl(gateway, EXIT_DONE, "audit list --operator vic --json", "\"number\":3");
    assert_null(strstr(gateway->output, "\"number\":4"));
    gateway_end(gateway);
}

/* --- The audit ------------------------------------------------------------------------------ */

/* The name of who did entry 2, written over in the store of a gateway that is down. */
static void write_into_the_audit(const struct gateway_process *gateway)
{
    const char *tables[TABLE_OUT];
    char path[PROCESS_PATH_BYTES_MAX];
    char error[STORE_ERROR_BYTES_MAX];
    uint8_t bytes[4096];
    static const uint8_t number[8] = {[7] = 2};
    struct span key = span_of(number, sizeof number);
    struct store *store = NULL;
    struct store_reader *reader = NULL;
    struct span value;
    for (uint32_t table = 0; table < TABLE_OUT; table++) {
        tables[table] = table_name((enum table)table);
    }
    (void)snprintf(path, sizeof path, "%.400s/store", gateway->directory);
    struct store_config config = {.path = path, .tables = tables, .tables_count = TABLE_OUT};
    assert_int_equal(STATUS_OK, store_open(&config, &store, error));
    assert_int_equal(STATUS_OK, store_reader_open(store, &reader));
    assert_int_equal(STATUS_OK, store_read_begin(reader));
    assert_int_equal(STATUS_OK, store_get(reader, TABLE_AUDIT, key, &value));
    assert_true(value.size <= sizeof bytes);
    memcpy(bytes, value.data, value.size);
    size_t size = value.size;
    store_read_end(reader);
    store_reader_close(reader);
    uint8_t *name = memchr(bytes, 'j', size);
    assert_non_null(name);
    memcpy(name, "jack", 4);
    assert_int_equal(STATUS_OK, store_begin(store));
    assert_int_equal(STATUS_OK, store_put(store, TABLE_AUDIT, key, span_of(bytes, size)));
    assert_int_equal(STATUS_OK, store_commit(store, store_batch_number(store) + 1));
    store_close(store);
}

static void an_entry_of_the_audit_changed_by_hand_is_named(void **state)
{
    (void)state;
    struct gateway_process *gateway = gateway_new("900");
    for (unsigned i = 0; i < 4; i++) {
        ctl(gateway, EXIT_DONE, "session logoff " ALPHA " --operator jane", "");
    }
    ctl(gateway, EXIT_DONE, "audit verify --operator vic", "all 4 entries fit");
    assert_int_equal(0, gateway_stop(gateway));
    write_into_the_audit(gateway);
    gateway_start(gateway);
    ctl(gateway, EXIT_REFUSED, "audit verify --operator vic", "entry 2 was changed");
    gateway_end(gateway);
}

/* --- Pages ----------------------------------------------------------------------------------- */

enum { MANY = CONTROL_ROWS_MAX + 14, ANSWER_MS = 10000 };

/* So many commands, as a script asks them: each stands in the audit. */
static void ask_many(const struct gateway_process *gateway)
{
    char endpoint[PROCESS_PATH_BYTES_MAX];
    char error[ZEROMQ_ERROR_BYTES_MAX];
    struct zeromq zeromq;
    struct zeromq_socket client;
    struct zeromq_frames *frames = calloc(1, sizeof *frames);
    const struct zeromq_options options = {.kind = ZEROMQ_DEALER};
    const struct span request = span_text("{\"command\":\"session.logoff\",\"session\":\"" ALPHA
                                          "\",\"operator\":\"jane\"}");
    assert_non_null(frames);
    (void)snprintf(endpoint, sizeof endpoint, "ipc://%.400s/store/control.ipc", gateway->directory);
    assert_int_equal(STATUS_OK, zeromq_open(&zeromq));
    assert_int_equal(STATUS_OK, zeromq_socket_open(&zeromq, &options, &client, error));
    assert_int_equal(STATUS_OK, zeromq_connect(&client, endpoint, error));
    for (unsigned i = 0; i < MANY; i++) {
        struct zeromq_poll item = {.socket = &client, .want_write = true};
        assert_int_equal(STATUS_OK, zeromq_poll(&item, 1, ANSWER_MS));
        assert_int_equal(STATUS_OK, zeromq_send(&client, &request, 1));
        item.want_write = false;
        assert_int_equal(STATUS_OK, zeromq_poll(&item, 1, ANSWER_MS));
        assert_int_equal(STATUS_OK, zeromq_receive(&client, frames));
    }
    zeromq_frames_release(frames);
    free(frames);
    zeromq_socket_close(&client);
    zeromq_close(&zeromq);
}

static void lists_of_many_pages_are_asked_for_to_their_end(void **state)
{
    (void)state;
    struct gateway_process *gateway = gateway_new("900");
    unsigned lines = 0;
    ask_many(gateway);
    ctl(gateway, EXIT_DONE, "audit list --operator vic --json", "\"number\":1,");
    for (const char *at = gateway->output; (at = strchr(at, '\n')) != NULL; at++) {
        lines += 1;
    }
    assert_int_equal(MANY, lines);
    ctl(gateway, EXIT_DONE, "audit list --operator vic --limit 10 --after 100 --json",
        "\"number\":110,");
    assert_null(strstr(gateway->output, "\"number\":111,"));
    ctl(gateway, EXIT_DONE, "audit verify --operator vic", "all 270 entries fit");
    gateway_end(gateway);
}

/* --- Keys ------------------------------------------------------------------------------------ */

/* A pair of keys whose secret stands in the file `name` of the gateway's directory. */
static void make_keys(const struct gateway_process *gateway, const char *name,
                      char file[PROCESS_PATH_BYTES_MAX], char public_key[ZEROMQ_KEY_TEXT_BYTES + 1])
{
    char secret[ZEROMQ_KEY_TEXT_BYTES + 1];
    char error[KEY_FILE_ERROR_BYTES_MAX];
    (void)snprintf(file, PROCESS_PATH_BYTES_MAX, "%.400s/%s", gateway->directory, name);
    assert_true(zeromq_key_pair(public_key, secret));
    assert_int_equal(STATUS_OK, key_file_write(file, secret, error));
}

/* As ctl(), by the socket with keys. */
static void ctl_with(struct gateway_process *gateway, const char *keys, int code, const char *words,
                     const char *says)
{
    char line[380];
    (void)snprintf(line, sizeof line, "%s %s", words, keys);
    ctl(gateway, code, line, says);
}

static void with_keys_nobody_is_two_persons(void **state)
{
    (void)state;
    struct gateway_process *gateway = calloc(1, sizeof *gateway);
    assert_non_null(gateway);
    gateway_open(gateway);
    static const char *const names[] = {"gateway.key", "jane.key", "bob.key", "eve.key"};
    char files[ARRAY_LEN(names)][PROCESS_PATH_BYTES_MAX];
    char keys[ARRAY_LEN(names)][ZEROMQ_KEY_TEXT_BYTES + 1];
    char options[ARRAY_LEN(names)][300];
    char endpoint[64];
    (void)snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u", process_free_port(0));
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        make_keys(gateway, names[i], files[i], keys[i]);
        (void)snprintf(options[i], sizeof options[i],
                       "--control %s --server-key %s --secret %.120s", endpoint, keys[0], files[i]);
    }
    char settings[512];
    char sections[1024];
    (void)snprintf(settings, sizeof settings,
                   "ControlSecureEndpoint=%s\nControlSecureKeyFile=%.200s", endpoint, files[0]);
    (void)snprintf(sections, sizeof sections,
                   "[SESSION]\nBroker=ALPHA\nTargetCompID=ALPHA\nSocketConnectHost=127.0.0.1\n"
                   "SocketConnectPort=1\n\n"
                   "[OPERATOR]\nName=jane\nRoles=view,admin,approve\nPublicKey=%s\n\n"
                   "[OPERATOR]\nName=bob\nRoles=view,approve\nPublicKey=%s\n\n",
                   keys[1], keys[2]);
    start_with(gateway, settings, sections);
    ctl(gateway, EXIT_REFUSED, "route mode PINNED --operator jane", "'jane' has a PublicKey");
    ctl_with(gateway, options[1], EXIT_PROPOSED, "route mode PINNED --operator jane",
             "proposal 1 waits");
    ctl_with(gateway, options[1], EXIT_REFUSED, "approvals approve 1 --operator bob",
             "your key is that of 'jane'");
    ctl_with(gateway, options[1], EXIT_REFUSED, "approvals approve 1 --operator jane",
             "you proposed it");
    ctl_with(gateway, options[3], EXIT_AWAY, "approvals approve 1 --operator bob",
             "does it know your key");
    ctl_with(gateway, options[2], EXIT_DONE, "approvals approve 1", "");
    ctl_with(gateway, options[2], EXIT_DONE, "route table --operator bob", "PINNED");
    ctl_with(gateway, options[1], EXIT_DONE, "audit list --by bob", "approvals.approve");
    gateway_end(gateway);
}

/* --- Words ----------------------------------------------------------------------------------- */

static void words_that_name_nothing_are_told_with_what_may_be_meant(void **state)
{
    (void)state;
    struct gateway_process *gateway = gateway_new("900");
    ctl(gateway, EXIT_USAGE, "session lst", "Did you mean 'session list'?");
    ctl(gateway, EXIT_USAGE, "session logoff", "'session' is missing");
    ctl(gateway, EXIT_USAGE, "session list more", "one word too many: 'more'");
    ctl(gateway, EXIT_USAGE, "session list --colour red", "takes no --colour");
    ctl(gateway, EXIT_USAGE, "session logoff A --session B", "one word too many");
    ctl(gateway, EXIT_DONE, "session reset --help", "Needs the role operate");
    ctl(gateway, EXIT_DONE, "--help", "audit verify");
    ctl(gateway, EXIT_REFUSED, "session logoff NOBODY --operator jane", "not one of this gateway");
    assert_int_equal(0, gateway_stop(gateway));
    ctl(gateway, EXIT_AWAY, "session list --operator vic", "nobody answers");
    gateway_end(gateway);
}

/* One object a line. */
static void assert_refusal_is_json(struct gateway_process *gateway, int code, const char *words,
                                   const char *says)
{
    char line[380];
    struct json_flat object;
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    (void)snprintf(line, sizeof line, "%s --json", words);
    ctl(gateway, code, line, says);
    const char *json = strstr(gateway->output, "{\"ok\":false,\"answer\":\"");
    if (json == NULL || !json_flat_read(span_of(json, strcspn(json, "\n")), &object, error)) {
        fail_msg("%s: no refusal as JSON in:\n%s", line, gateway->output);
    }
    assert_non_null(strstr(json_flat_find(&object, "answer"), says));
}

static void whatever_goes_wrong_is_json_where_that_is_asked_for(void **state)
{
    (void)state;
    struct gateway_process *gateway = gateway_new("900");
    assert_refusal_is_json(gateway, EXIT_USAGE, "sesion list", "Did you mean 'session list'?");
    assert_refusal_is_json(gateway, EXIT_USAGE, "broker drain --operator jane", "is missing");
    assert_refusal_is_json(gateway, EXIT_REFUSED, "session list --operator eve", "no operator");
    assert_refusal_is_json(gateway, EXIT_REFUSED, "orders show C1 --operator jane", "no order");
    assert_int_equal(0, gateway_stop(gateway));
    assert_refusal_is_json(gateway, EXIT_AWAY, "session list --operator vic", "nobody answers");
    gateway_end(gateway);
}

static void only_its_user_reaches_the_socket(void **state)
{
    (void)state;
    struct gateway_process *gateway = gateway_new("900");
    char path[PROCESS_PATH_BYTES_MAX];
    struct stat facts;
    (void)snprintf(path, sizeof path, "%.400s/store/control.ipc", gateway->directory);
    assert_int_equal(0, stat(path, &facts));
    assert_int_equal(0600, facts.st_mode & 0777);
    gateway_end(gateway);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_proposal_outlives_the_gateway_and_is_done_when_another_operator_approves),
        cmocka_unit_test(a_rejected_proposal_is_not_done),
        cmocka_unit_test(a_proposal_expires_by_the_clock),
        cmocka_unit_test(a_key_is_answered_again_and_done_once_over_a_kill),
        cmocka_unit_test(an_entry_of_the_audit_changed_by_hand_is_named),
        cmocka_unit_test(lists_of_many_pages_are_asked_for_to_their_end),
        cmocka_unit_test(with_keys_nobody_is_two_persons),
        cmocka_unit_test(words_that_name_nothing_are_told_with_what_may_be_meant),
        cmocka_unit_test(whatever_goes_wrong_is_json_where_that_is_asked_for),
        cmocka_unit_test(only_its_user_reaches_the_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
