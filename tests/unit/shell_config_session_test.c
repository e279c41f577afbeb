/* Sessions out of a configuration: what QuickFIX's keys become, and what does not go together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/config_fixture.h"

static const struct session_config *first_fix(const struct gateway_config *config)
{
    return &config->engine.sessions[0].fix;
}

static void defaults_are_the_safe_ones(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(GATEWAY BROKER SESSION);
    const struct engine_session_config *session = &config->engine.sessions[0];
    const struct session_config *fix = &session->fix;
    assert_false(fix->acceptor);
    assert_true(fix->test_request_at_logon);
    assert_true(fix->heart_beat_check);
    assert_int_equal(fix->silence_test_permille, 1200);
    assert_int_equal(fix->silence_dead_permille, 2400);
    assert_int_equal(fix->logout_timeout_seconds, 2);
    assert_true(fix->requires_orig_sending_time);
    assert_true(fix->reject_invalid_message);
    assert_false(fix->reject_garbled_message);
    assert_false(fix->next_expected_seq_num);
    assert_int_equal(fix->logon_tags_count, 0);
    assert_true(session->persist_messages);
    assert_int_equal(session->schedule.kind, SCHEDULE_NON_STOP);
    assert_int_equal(session->endpoints_count, 1);
    assert_int_equal(session->endpoint_tries, 1);
    assert_int_equal(session->endpoint_policy, ENDPOINT_ROUND_ROBIN);
    assert_int_equal(session->reconnect_interval_ns, UINT64_C(30000000000));
    assert_int_equal(session->reconnect_interval_max_ns, UINT64_C(300000000000));
    assert_int_equal(session->rate_per_second, 0);
    assert_int_equal(session->rate_burst, 1);
    assert_true(config->sockets[0].nodelay);
    assert_false(config->sockets[0].tls);
    assert_int_equal(config->listeners_count, 0);
    assert_int_equal(warnings_count(config), 0);
    assert_int_equal(config->notes.count, 0);
    gateway_config_free(config);
}

static void every_switch_reaches_the_session(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(
        GATEWAY BROKER SESSION
        "SenderLocationID=L\nSendNextExpectedMsgSeqNum=Y\nEnableLastMsgSeqNumProcessed=Y\n"
        "ResendRequestChunkSize=250\nClosedResendInterval=Y\nSendRedundantResendRequests=Y\n"
        "RequiresOrigSendingTime=N\nRejectInvalidMessage=N\nRejectGarbledMessage=Y\n"
        "DisableHeartBeatCheck=Y\nTestRequestAtLogon=N\nFirstFieldInGroupIsDelimiter=Y\n"
        "PersistMessages=N\nOutboundArchiveDays=9\nOutboundRate=50\nStaleOrderAge=2m\nLogonTimeout="
        "1m30s\n"
        "TestRequestDelayMultiplier=0.125\nHeartBeatTimeoutMultiplier=3\n");
    const struct engine_session_config *session = &config->engine.sessions[0];
    const struct session_config *fix = &session->fix;
    assert_string_equal(fix->sender_location_id, "L");
    assert_true(fix->next_expected_seq_num);
    assert_true(fix->last_seq_num_processed);
    assert_int_equal(fix->resend_request_chunk_size, 250);
    assert_true(fix->closed_resend_interval);
    assert_true(fix->redundant_resend_requests);
    assert_false(fix->requires_orig_sending_time);
    assert_false(fix->reject_invalid_message);
    assert_true(fix->reject_garbled_message);
    assert_false(fix->heart_beat_check);
    assert_false(fix->test_request_at_logon);
    assert_true(fix->validate.first_in_group_delimits);
    assert_false(session->persist_messages);
    assert_int_equal(session->rate_per_second, 50);
    assert_int_equal(session->rate_burst, 50);
    assert_int_equal(session->archive_days, 9);
    assert_int_equal(session->stale_order_ns, UINT64_C(120000000000));
    assert_int_equal(fix->logon_timeout_seconds, 90);
    assert_int_equal(fix->silence_test_permille, 1125);
    assert_int_equal(fix->silence_dead_permille, 4000);
    gateway_config_free(config);
}

static void words_of_other_engines_set_the_same(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(
        GATEWAY "FileLogPath=logs\nFileLogHeartbeats=N\n" BROKER SESSION
                "EnableNextExpectedMsgSeqNum=Y\nSocketTcpNoDelay=N\nSocketTimeout=5s\n"
                "SocketLocalHost=127.0.0.2\nSocketUseSSL=Y\nSNIHostName=fix.example\n"
                "SocketCAFile=ca.pem\nSocketMinimumTLSVersion=TLS13\nTimeStampPrecision=NANOS\n"
                "SocketCertificateFile=c.pem\nSocketPrivateKeyFile=k.pem\n");
    const struct session_socket_config *socket = &config->sockets[0];
    assert_string_equal(config->message_log.directory, "logs");
    assert_false(config->message_log.heartbeats);
    assert_true(first_fix(config)->next_expected_seq_num);
    assert_int_equal(first_fix(config)->timestamp_precision, 9);
    assert_false(socket->nodelay);
    assert_int_equal(socket->connect_timeout_ns, UINT64_C(5000000000));
    assert_string_equal(socket->endpoints[0].source_host, "127.0.0.2");
    assert_true(socket->tls);
    assert_string_equal(socket->tls_name, "fix.example");
    assert_string_equal(socket->tls_config.ca_file, "ca.pem");
    assert_string_equal(socket->tls_config.certificate_file, "c.pem");
    assert_string_equal(socket->tls_config.key_file, "k.pem");
    assert_true(socket->tls_config.minimum_tls13);
    gateway_config_free(config);
    assert_error_with(GATEWAY BROKER SESSION "SocketNodelay=Y\nSocketTcpNoDelay=Y\n",
                      "SocketTcpNoDelay stands already in line 11 of this section, as "
                      "SocketNodelay");
    assert_error_with(GATEWAY BROKER SESSION "SocketTcpNoDelay=yes\n",
                      "SocketTcpNoDelay (SocketNodelay) 'yes' is neither Y nor N");
    assert_error_with(GATEWAY BROKER ACCEPTOR "NeedClientAuth=X\n", "is not one of Y=1|N=0");
}

static void logon_tags_are_kept_in_the_order_of_their_numbers(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(
        GATEWAY BROKER SESSION "LogonTag3=9002=c=d\nLogonTag=9000=a\nLogonTag1=9001=b\n");
    const struct session_config *fix = first_fix(config);
    assert_int_equal(fix->logon_tags_count, 3);
    assert_int_equal(fix->logon_tags[0].tag, 9000);
    assert_string_equal(fix->logon_tags[0].value, "a");
    assert_int_equal(fix->logon_tags[2].tag, 9002);
    assert_string_equal(fix->logon_tags[2].value, "c=d");
    gateway_config_free(config);
    assert_error_with(GATEWAY BROKER SESSION "LogonTag=553=me\n", "write Username");
    assert_error_with(GATEWAY BROKER SESSION "LogonTag1=554=x\n", "write PasswordFile");
    assert_error_with(GATEWAY BROKER SESSION "LogonTag=34=1\n", "the session itself writes");
    assert_error_with(GATEWAY BROKER SESSION "LogonTag=9000\n", "is not tag=value");
    assert_error_with(GATEWAY BROKER SESSION "LogonTag=9000=a\nLogonTag1=9000=b\n",
                      "tag 9000 stands in two LogonTags");
    assert_error_with(GATEWAY BROKER SESSION "LogonTag16=9000=a\n", "beyond LogonTag15");
}

static void names_of_others_are_a_list(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(
        GATEWAY BROKER SESSION "AllowedOnBehalfOfCompIDs=X, Y Z ,W\nAllowedDeliverToCompIDs=V\n");
    const struct session_config *fix = first_fix(config);
    assert_int_equal(fix->on_behalf_of.count, 3);
    assert_string_equal(fix->on_behalf_of.list[1], "Y Z");
    assert_int_equal(fix->deliver_to.count, 1);
    gateway_config_free(config);
    assert_error_with(GATEWAY BROKER SESSION "AllowedDeliverToCompIDs=a,,b\n",
                      "is not a list of names");
}

static void session_name_has_subs_and_locations(void **state)
{
    static const struct {
        const char *lines;
        const char *id;
    } cases[] = {
        {"", "FIX.4.4:A->B"},
        {"SenderSubID=S\n", "FIX.4.4:A/S->B"},
        {"SenderLocationID=L\n", "FIX.4.4:A//L->B"},
        {"SenderSubID=S\nSenderLocationID=L\nTargetSubID=T\nTargetLocationID=M\n"
         "SessionQualifier=Q\n",
         "FIX.4.4:A/S/L->B/T/M:Q"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[1024];
        (void)snprintf(text, sizeof(text), "%s%s%s%s", GATEWAY, BROKER, SESSION, cases[i].lines);
        struct gateway_config *config = parse_right(text);
        assert_string_equal(config->engine.sessions[0].id, cases[i].id);
        gateway_config_free(config);
    }
}

static void session_name_that_is_too_long_is_refused(void **state)
{
    char text[1024];
    char long_id[64];
    (void)state;
    memset(long_id, 'x', sizeof(long_id));
    long_id[63] = '\0';
    (void)snprintf(text, sizeof(text),
                   "%s%s%sSenderSubID=%s\nTargetSubID=%s\nTargetLocationID=%s\n", GATEWAY, BROKER,
                   SESSION, long_id, long_id, long_id);
    assert_error_with(text, "together longer than 180 bytes");
}

static void what_is_dangerous_is_warned_of(void **state)
{
    (void)state;
    struct gateway_config *config =
        parse_right(GATEWAY BROKER SESSION "ResetOnLogon=Y\nPassword=geheim\nCheckCompID=N\n"
                                           "PersistMessages=N\nDisableHeartBeatCheck=Y\n");
    assert_said(&config->warnings, "x.cfg:11: ResetOnLogon=Y on a session with orders");
    assert_said(&config->warnings, "x.cfg:12: a password stands in this file");
    assert_said(&config->warnings, "CheckCompID=N");
    assert_said(&config->warnings, "PersistMessages=N");
    assert_said(&config->warnings, "DisableHeartBeatCheck=Y");
    assert_int_equal(warnings_count(config), 5);
    gateway_config_free(config);
    config = parse_right(GATEWAY BROKER SESSION "ResetOnLogon=Y\nRole=dropcopy\n");
    assert_int_equal(warnings_count(config), 0);
    gateway_config_free(config);
}

static void values_that_contradict_each_other_are_refused(void **state)
{
    static const char *const cases[][2] = {
        {"HeartBeatTimeoutMultiplier=0.2\n", "must be above TestRequestDelayMultiplier"},
        {"OutboundBurst=5\n", "no use without OutboundRate"},
        {"ReconnectIntervalMax=5\n", "must not be below ReconnectInterval"},
        {"NewPassword=x\n", "a new password needs the old one"},
        {"Password=x\nNewPassword=y\nNewPasswordFile=z\n", "remove NewPassword"},
        {"TestRequestDelayMultiplier=0.1234\n", "at most three decimals"},
        {"TestRequestDelayMultiplier=.5\n", "is not a number from 0 to 9"},
        {"TestRequestDelayMultiplier=-1\n", "is not a number from 0 to 9"},
        {"LogonTimeout=10ms\n", "is not a whole number from 1 to 3600 (seconds"},
        {"LogonTimeout=2s1m\n", "is not a whole number"},
        {"LogonTimeout=2h\n", "is not a whole number"},
        {"CertificateVerifyLevel=1\n", "for acceptors only"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[1024];
        (void)snprintf(text, sizeof(text), "%s%s%s%s", GATEWAY, BROKER, SESSION, cases[i][0]);
        assert_error_with(text, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_safe_ones),
        cmocka_unit_test(every_switch_reaches_the_session),
        cmocka_unit_test(words_of_other_engines_set_the_same),
        cmocka_unit_test(logon_tags_are_kept_in_the_order_of_their_numbers),
        cmocka_unit_test(names_of_others_are_a_list),
        cmocka_unit_test(session_name_has_subs_and_locations),
        cmocka_unit_test(session_name_that_is_too_long_is_refused),
        cmocka_unit_test(what_is_dangerous_is_warned_of),
        cmocka_unit_test(values_that_contradict_each_other_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
