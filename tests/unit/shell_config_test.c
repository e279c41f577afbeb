/* The configuration: what is right, what is wrong, and that all of it is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/shell/config_names.h"
#include "tests/unit/config_fixture.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void smallest_configuration_gets_the_defaults(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(GATEWAY BROKER SESSION);
    assert_string_equal(config->order_entry_endpoint, "ipc://s/order-entry.ipc");
    assert_string_equal(config->bus_endpoint, "ipc://s/bus.ipc");
    assert_string_equal(config->replay_endpoint, "ipc://s/replay.ipc");
    assert_int_equal(config->durability, STORE_COMMIT);
    assert_int_equal(config->store_map_initial_bytes, 64 << 20);
    assert_string_equal(config->engine.comp_id, "FIXGATE");
    assert_int_equal(config->engine.bus_heartbeat_ns, 1000000000);
    assert_int_equal(config->engine.brokers_count, 1);
    assert_int_equal(config->engine.sessions_count, 1);
    assert_string_equal(config->engine.brokers[0].name, "ALPHA");
    assert_int_equal(config->engine.brokers[0].weight, 1);
    const struct engine_session_config *session = &config->engine.sessions[0];
    assert_string_equal(session->id, "FIX.4.4:A->B");
    assert_int_equal(session->role, ROLE_ORDERS);
    assert_int_equal(session->fix.heart_bt_int_seconds, 30);
    assert_int_equal(session->fix.max_latency_seconds, 120);
    assert_int_equal(session->fix.timestamp_precision, 3);
    assert_true(session->fix.check_comp_id);
    assert_true(session->fix.validate.fields_have_values);
    assert_true(config->sockets[0].nodelay);
    assert_int_equal(config->sockets[0].endpoints[0].port, 1);
    gateway_config_free(config);
}

static void sections_inherit_default_and_override_it(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(
        GATEWAY BROKER "[DEFAULT]\nHeartBtInt=10\nCheckLatency=N\n" SESSION "SessionQualifier=Q\n"
                       "[SESSION]\nBroker=ALPHA\nSenderCompID=A\nTargetCompID=B\nHeartBtInt=5\n"
                       "SocketConnectHost=h\nSocketConnectPort=2\n");
    assert_int_equal(config->engine.sessions[0].fix.heart_bt_int_seconds, 10);
    assert_int_equal(config->engine.sessions[1].fix.heart_bt_int_seconds, 5);
    assert_int_equal(config->engine.sessions[0].fix.max_latency_seconds, 0);
    assert_string_equal(config->engine.sessions[0].id, "FIX.4.4:A->B:Q");
    const struct config_setting *own = &config->session_settings[1].list[CONFIG_KEY_HeartBtInt];
    assert_int_equal(own->origin, CONFIG_ORIGIN_FILE);
    assert_int_equal(own->line, 19);
    assert_int_equal(config->session_settings[0].list[CONFIG_KEY_HeartBtInt].line, 6);
    gateway_config_free(config);
}

static void default_may_stand_behind_the_sessions(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(GATEWAY BROKER SESSION "[DEFAULT]\nHeartBtInt=7\n");
    assert_int_equal(config->engine.sessions[0].fix.heart_bt_int_seconds, 7);
    gateway_config_free(config);
}

static void keys_are_the_same_in_any_case_and_indented(void **state)
{
    (void)state;
    struct gateway_config *config =
        parse_right("\xEF\xBB\xBF[gateway]\r\n  STOREPATH = s \r\n" BROKER SESSION
                    "\t heartbtint = 3 ; comment\n# comment\n; comment\n");
    assert_string_equal(config->store_path, "s");
    assert_int_equal(config->engine.sessions[0].fix.heart_bt_int_seconds, 3);
    gateway_config_free(config);
}

static void values_of_every_type_are_read(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(
        GATEWAY "Durability=PROCESS\nStoreReserve=3G\nDayEnd=17:30:00\nLogLevel=debug\n"
                "LogFormat=json\nBusEndpoint=tcp://127.0.0.1:5602\n" BROKER "Weight=0\n" SESSION
                "Role=dropcopy\nTimeStampPrecision=MICROS\nValidateUnorderedGroupFields=N\n"
                "AllowUnknownMsgFields=y\nResetOnLogon=Y\nBacklogHigh=512K\nPassword=geheim\n");
    assert_int_equal(config->durability, STORE_PROCESS);
    assert_int_equal(config->store_reserve_bytes, UINT64_C(3) << 30);
    assert_int_equal(config->engine.day_end_ns, UINT64_C(63000) * 1000000000);
    assert_int_equal(config->log.level, SEVERITY_DEBUG);
    assert_true(config->log.json);
    assert_int_equal(config->engine.brokers[0].weight, 0);
    const struct engine_session_config *session = &config->engine.sessions[0];
    assert_int_equal(session->role, ROLE_DROPCOPY);
    assert_int_equal(session->fix.timestamp_precision, 6);
    assert_true(session->fix.validate.groups_unordered_allowed);
    assert_true(session->fix.validate.unknown_fields_allowed);
    assert_true(session->fix.reset_on_logon);
    assert_int_equal(session->backlog_bytes_high, 512 << 10);
    assert_string_equal(session->fix.password, "geheim");
    gateway_config_free(config);
}

static void timestamp_precision_wins_over_milliseconds(void **state)
{
    (void)state;
    struct gateway_config *config =
        parse_right(GATEWAY BROKER SESSION "MillisecondsInTimeStamp=N\n");
    assert_int_equal(config->engine.sessions[0].fix.timestamp_precision, 0);
    gateway_config_free(config);
    config =
        parse_right(GATEWAY BROKER SESSION "MillisecondsInTimeStamp=N\nTimestampPrecision=9\n");
    assert_int_equal(config->engine.sessions[0].fix.timestamp_precision, 9);
    gateway_config_free(config);
}

static void misspelt_key_is_named_with_the_nearest_one(void **state)
{
    (void)state;
    assert_error(GATEWAY "Durabilty=commit\n" BROKER SESSION,
                 "x.cfg:3: unknown key 'Durabilty'; did you mean 'Durability'?");
    assert_error_with(GATEWAY BROKER SESSION "Xyzzyquux=1\n", "see `fixgate help config`");
}

static void key_of_quickfix_that_is_refused_has_reason_and_remedy(void **state)
{
    (void)state;
    assert_error(GATEWAY BROKER SESSION "HttpAcceptPort=9911\n",
                 "x.cfg:11: HttpAcceptPort is not taken: a page without authentication, on all "
                 "addresses, where anybody can reset a session; remove the line");
    assert_error_with(GATEWAY BROKER SESSION "mysqlstorehost=x\n", "StorePath");
    assert_error_with(GATEWAY BROKER SESSION "SocketKeyStore=x.jks\n", "openssl pkcs12");
    assert_error_with(GATEWAY BROKER SESSION "DefaultApplVerID=9\n", "only for FIXT.1.1");
}

static void key_of_quickfix_without_effect_is_a_note(void **state)
{
    (void)state;
    struct gateway_config *config =
        parse_right(GATEWAY BROKER SESSION "FileStorePath=/x\nScreenLogShowEvents=Y\n"
                                           "ValidateLengthAndChecksum=y\n");
    assert_int_equal(config->notes.count, 3);
    assert_non_null(strstr(config->notes.list[0].text,
                           "x.cfg:11: FileStorePath has no effect here: numbers and messages"));
    assert_int_equal(warnings_count(config), 0);
    gateway_config_free(config);
}

static void key_with_one_right_value_refuses_the_other(void **state)
{
    (void)state;
    assert_error_with(GATEWAY BROKER SESSION "ValidateSequenceNumbers=N\n",
                      "ValidateSequenceNumbers=N is not taken: without the numbers an execution "
                      "could be lost or counted twice; write ValidateSequenceNumbers=Y or remove "
                      "the line");
    assert_error_with(GATEWAY BROKER SESSION "ResetOnError=Y\n", "write ResetOnError=N");
}

static void name_stands_in_one_table_only(void **state)
{
    (void)state;
    uint32_t index = 0;
    uint32_t seen = 0;
    struct config_name name;
    while (config_name_next(&index, &name)) {
        struct config_name found = config_name_find(name.spelling);
        assert_int_equal(found.word, name.word);
        assert_int_equal(found.alias, name.alias);
        assert_string_equal(found.spelling, name.spelling);
        seen++;
    }
    assert_true(seen > CONFIG_KEYS_COUNT + 80);
}

static void every_default_passes_its_own_check(void **state)
{
    (void)state;
    for (uint32_t key = 0; key < CONFIG_KEYS_COUNT; key++) {
        const struct config_key_definition *definition =
            config_key_definition((enum config_key)key);
        char reason[CONFIG_REASON_BYTES_MAX];
        bool given = definition->fallback != NULL && definition->fallback[0] != CONFIG_REQUIRED[0];
        assert_false(given &&
                     config_value_check((enum config_key)key, definition->fallback, reason));
    }
}

static void all_errors_are_reported_in_the_order_of_lines(void **state)
{
    (void)state;
    assert_null(parse("[GATEWAY]\nDurability=x\nStoreReserve=1X\n[BROKR]\n" BROKER
                      "Weight=-1\n" SESSION "HeartBtInt=0\nfoo\n"));
    uint32_t line = 0;
    assert_int_equal(errors.count, 7);
    for (uint32_t i = 0; i < errors.count; i++) {
        assert_true(errors.list[i].line >= line);
        line = errors.list[i].line;
    }
    assert_string_equal(errors.list[0].text, "x.cfg:1: [GATEWAY] lacks StorePath; add StorePath=… "
                                             "(where everything durable is kept)");
}

static void wrong_values_are_refused(void **state)
{
    static const struct {
        const char *line;
        const char *words;
    } cases[] = {
        {"HeartBtInt=+3\n", "not a whole number from 1 to 3600"},
        {"HeartBtInt=99999999999999999999\n", "not a whole number"},
        {"SocketConnectPort=65536\n", "65535"},
        {"CheckLatency=yes\n", "neither Y nor N"},
        {"Role=order\n", "not one of orders|dropcopy|marketdata"},
        {"TimestampPrecision=10\n", "from 0 to 9"},
        {"SessionQualifier=a b\n", "letters, digits"},
        {"SenderSubID=\xC3\xA4\n", "not printable ASCII"},
        {"Username=\n", "has no value"},
        {"BeginString=FIX.4.2\n", "not one of FIX.4.4"},
        {"ConnectionType=acceptor\n", "is for initiators only"},
        {"Broker=NOBODY\n", ""},
        {"BacklogHigh=16M\n", "BacklogMax must be above BacklogHigh"},
        {"Weight=1\n", "does not belong in [SESSION]; move it to [BROKER]"},
        {"StorePath=x\n", "move it to [GATEWAY]"},
        {"HeartBtInt=3\nHEARTBTINT=3\n", "HEARTBTINT stands already in line 11"},
        {"Password=a\nPasswordFile=b\n", "remove Password"},
        {"JustAWord\n", "neither [SECTION] nor Key=Value"},
        {"[SESSION\n", "section header is not closed"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[1024];
        (void)snprintf(text, sizeof(text), "%s%s%s%s", GATEWAY, BROKER, SESSION, cases[i].line);
        assert_error_with(text, cases[i].words);
    }
}

static void endpoints_beyond_loopback_are_refused(void **state)
{
    (void)state;
    assert_error_with(GATEWAY "BusEndpoint=tcp://0.0.0.0:5602\n" BROKER SESSION, "loopback");
    assert_error_with(GATEWAY "BusEndpoint=tcp://10.1.2.3:5602\n" BROKER SESSION, "loopback");
    assert_error_with(GATEWAY "BusEndpoint=udp://127.0.0.1:1\n" BROKER SESSION, "BusEndpoint");
    assert_error_with(GATEWAY "BusEndpoint=ipc://a\nReplayEndpoint=ipc://a\n" BROKER SESSION,
                      "must differ");
}

static void what_does_not_go_together_is_refused(void **state)
{
    (void)state;
    assert_error_with(GATEWAY BROKER SESSION SESSION, "tell the two apart with SessionQualifier");
    assert_error_with(GATEWAY BROKER BROKER SESSION, "names are unique");
    assert_error_with(GATEWAY BROKER "[BROKER]\nName=alpha\n" SESSION, "names are unique");
    assert_error_with(GATEWAY "[BROKER]\nName=BETA\n" SESSION,
                      "no [BROKER] has Name=ALPHA; there are: BETA");
    assert_error_with(BROKER SESSION, "there is no [GATEWAY] section");
    assert_error_with(GATEWAY SESSION, "there is no [BROKER]");
    assert_error_with(GATEWAY BROKER, "there is no [SESSION]");
    assert_error_with(GATEWAY GATEWAY BROKER SESSION, "[GATEWAY] stands already in line 1");
    assert_error_with("StorePath=x\n" GATEWAY BROKER SESSION, "before any section");
}

static void long_line_is_an_error_and_never_cut(void **state)
{
    (void)state;
    char line[512];
    memset(line, 'x', sizeof(line));
    memcpy(line, "LogFile=", 8);
    line[CONFIG_LINE_BYTES_MAX] = '\0';
    char text[1024];
    (void)snprintf(text, sizeof(text), "%s%s\n%s%s", GATEWAY, line, BROKER, SESSION);
    assert_error_with(text, "LogFile is longer than 180 bytes"); /* Whole, and judged whole. */
    line[CONFIG_LINE_BYTES_MAX] = 'x';
    line[CONFIG_LINE_BYTES_MAX + 1] = '\0';
    (void)snprintf(text, sizeof(text), "%s%s\n%s%s", GATEWAY, line, BROKER, SESSION);
    assert_error(text, "x.cfg:3: line is longer than 196 bytes");
}

static void more_errors_than_are_kept_are_counted(void **state)
{
    (void)state;
    char text[8192] = GATEWAY BROKER SESSION;
    for (uint32_t i = 0; i < CONFIG_ERRORS_MAX + 5; i++) {
        (void)strncat(text, "Nonsense\n", sizeof(text) - strlen(text) - 1);
    }
    assert_null(parse(text));
    assert_int_equal(errors.count, CONFIG_ERRORS_MAX);
    assert_int_equal(errors.dropped, 5);
}

static void too_many_sections_are_refused(void **state)
{
    (void)state;
    char text[8192] = GATEWAY BROKER;
    for (uint32_t i = 0; i < ENGINE_SESSIONS_MAX + 1; i++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof(text) - used, "%sSessionQualifier=%u\n", SESSION, i);
    }
    assert_error_with(text, "more than 32 sessions");
}

static void file_that_is_not_there_is_one_error(void **state)
{
    (void)state;
    struct gateway_config *config =
        gateway_config_load("/nonexistent/x.cfg", CONFIG_NEED_ALL, &errors);
    assert_null(config);
    assert_int_equal(errors.count, 1);
    assert_non_null(strstr(errors.list[0].text, "cannot be opened"));
}

static void example_configuration_is_right(void **state)
{
    (void)state;
    struct gateway_config *config =
        gateway_config_load("config/fixgate.cfg", CONFIG_NEED_ALL, &errors);
    if (config == NULL) {
        config_errors_print(&errors, stderr);
    }
    assert_non_null(config);
    assert_non_null(config->engine.dictionary);
    assert_non_null(config->engine.sessions[0].fix.dictionary);
    /* One dictionary for all sessions with the same files, and one for the bus. */
    for (uint32_t i = 1; i < config->engine.sessions_count; i++) {
        assert_ptr_equal(config->engine.sessions[0].fix.dictionary,
                         config->engine.sessions[i].fix.dictionary);
    }
    assert_int_equal(config->dictionaries_count, 2);
    gateway_config_free(config);
}

static void missing_dictionary_is_one_error_with_its_line(void **state)
{
    (void)state;
    const char *text = GATEWAY BROKER "[DEFAULT]\nDataDictionary=nowhere.xml\n" SESSION
                                      "SessionQualifier=1\n" SESSION "SessionQualifier=2\n";
    struct gateway_config *config =
        gateway_config_parse("x.cfg", span_text(text), CONFIG_NEED_ALL, &errors);
    assert_null(config);
    assert_int_equal(errors.count, 2); /* For the bus, and for the sessions. */
    assert_non_null(strstr(errors.list[0].text, "nowhere.xml"));
}

/* Writes a password file with `mode` and loads a configuration that names it. */
static struct gateway_config *load_password(const char *content, mode_t mode, char *path)
{
    strcpy(path, "/tmp/fixgate-config-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), (int)strlen(content));
    assert_int_equal(fchmod(fd, mode), 0);
    (void)close(fd);
    char text[1024];
    (void)snprintf(text, sizeof(text), "%s%s%sPasswordFile=%s\n", GATEWAY, BROKER, SESSION, path);
    struct gateway_config *config =
        gateway_config_parse("x.cfg", span_text(text), CONFIG_NEED_ALL, &errors);
    (void)unlink(path);
    return config;
}

static void password_comes_from_a_private_file_only(void **state)
{
    (void)state;
    char path[64];
    struct gateway_config *config = load_password("geheim\n", 0600, path);
    assert_non_null(config);
    assert_string_equal(config->engine.sessions[0].fix.password, "geheim");
    gateway_config_free(config);
    assert_null(load_password("geheim\n", 0644, path));
    assert_non_null(strstr(errors.list[0].text, "chmod 600"));
    assert_null(load_password("\n", 0600, path));
    assert_non_null(strstr(errors.list[0].text, "has no password"));
    for (uint32_t i = 0; i < errors.count; i++) {
        assert_null(strstr(errors.list[i].text, "geheim"));
    }
}

static void printed_settings_tell_origin_and_hide_secrets(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(GATEWAY BROKER SESSION "Password=geheim\n");
    for (int json = 0; json < 2; json++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        gateway_config_print(config, json == 1, out);
        (void)fclose(out);
        assert_null(strstr(text, "geheim"));
        assert_non_null(strstr(text, "***"));
        assert_non_null(strstr(text, json == 1 ? "\"file\":\"x.cfg\",\"line\":2" : "# x.cfg:2\n"));
        assert_non_null(strstr(text, json == 1 ? "\"origin\":\"default\"" : "# default\n"));
        free(text);
    }
    gateway_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smallest_configuration_gets_the_defaults),
        cmocka_unit_test(sections_inherit_default_and_override_it),
        cmocka_unit_test(default_may_stand_behind_the_sessions),
        cmocka_unit_test(keys_are_the_same_in_any_case_and_indented),
        cmocka_unit_test(values_of_every_type_are_read),
        cmocka_unit_test(timestamp_precision_wins_over_milliseconds),
        cmocka_unit_test(misspelt_key_is_named_with_the_nearest_one),
        cmocka_unit_test(key_of_quickfix_that_is_refused_has_reason_and_remedy),
        cmocka_unit_test(key_of_quickfix_without_effect_is_a_note),
        cmocka_unit_test(key_with_one_right_value_refuses_the_other),
        cmocka_unit_test(name_stands_in_one_table_only),
        cmocka_unit_test(every_default_passes_its_own_check),
        cmocka_unit_test(all_errors_are_reported_in_the_order_of_lines),
        cmocka_unit_test(wrong_values_are_refused),
        cmocka_unit_test(endpoints_beyond_loopback_are_refused),
        cmocka_unit_test(what_does_not_go_together_is_refused),
        cmocka_unit_test(long_line_is_an_error_and_never_cut),
        cmocka_unit_test(more_errors_than_are_kept_are_counted),
        cmocka_unit_test(too_many_sections_are_refused),
        cmocka_unit_test(file_that_is_not_there_is_one_error),
        cmocka_unit_test(example_configuration_is_right),
        cmocka_unit_test(missing_dictionary_is_one_error_with_its_line),
        cmocka_unit_test(password_comes_from_a_private_file_only),
        cmocka_unit_test(printed_settings_tell_origin_and_hide_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
