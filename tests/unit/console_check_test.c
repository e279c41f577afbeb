/* `fixgate check` on configurations of QuickFIX, QuickFIX/J and quickfixgo. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/console/check_explain.h"
#include "gateway/shell/config_quickfix.h"

#include <stdlib.h>
#include <unistd.h>

#define FOLDER "tests/system/quickfix/"

/* What is said of one file; freed by the next call. */
static const char *explain(const char *path, bool json, bool *taken)
{
    static char *text;
    size_t size = 0;
    free(text);
    text = NULL;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    bool quickfix = check_explain(path, json, out, taken);
    (void)fclose(out);
    if (!quickfix) {
        assert_int_equal(size, 0);
        free(text);
        text = NULL;
    }
    return text;
}

static void assert_says(const char *text, const char *words)
{
    if (strstr(text, words) == NULL) {
        (void)fprintf(stderr, "no \"%s\" in:\n%s\n", words, text);
    }
    assert_non_null(strstr(text, words));
}

/* `later` stands behind `sooner`. */
static void assert_order(const char *text, const char *sooner, const char *later)
{
    const char *first = strstr(text, sooner);
    assert_non_null(first);
    assert_non_null(strstr(first, later));
}

static void file_of_quickfix_is_explained_in_three_groups(void **state)
{
    (void)state;
    bool taken = true;
    const char *text = explain(FOLDER "quickfix.cfg", false, &taken);
    assert_non_null(text);
    assert_false(taken);
    assert_says(text, "no [GATEWAY]");
    assert_order(text, "[DEFAULT], line 3\n  takes\n", "      6  ReconnectInterval=60\n");
    assert_order(text, "is different here\n", "      4  FileStorePath=store\n");
    assert_says(text, "no effect here: numbers and messages are in StorePath");
    assert_order(text, "  refuses\n", "     16  HttpAcceptPort=9911\n");
    assert_says(text, "a page without authentication");
    assert_says(text, "[SESSION], line 18: FIX.4.4:TRADER->ALPHA.FIX, initiator\n");
    assert_says(text, "     24  SocketConnectHost1=fix2.alpha.example\n");
    assert_says(text, "SocketNodelay is not set; here: Y (QF: N)");
    assert_says(text, "[SESSION], line 29: FIX.4.4:TRADER->CLIENT, acceptor\n");
    assert_says(text, "warning: " FOLDER "quickfix.cfg:27: ResetOnLogon=Y");
}

static void what_is_to_be_added_can_be_pasted(void **state)
{
    (void)state;
    bool taken = true;
    const char *text = explain(FOLDER "quickfix.cfg", false, &taken);
    assert_says(text, "\n[GATEWAY]\nStorePath=/var/lib/fixgate\n");
    assert_says(text, "\n[BROKER]\nName=ALPHA-FIX\n"); /* A name has no dots. */
    assert_says(text, "\n[BROKER]\nName=CLIENT\n");
    assert_says(text, "Broker=ALPHA-FIX                # [SESSION] of line 18\n");
}

static void secrets_of_any_engine_are_masked(void **state)
{
    static const char *const files[] = {FOLDER "quickfix.cfg", FOLDER "quickfixj.cfg"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        for (int json = 0; json < 2; json++) {
            bool taken = true;
            const char *text = explain(files[i], json == 1, &taken);
            assert_null(strstr(text, "hush"));
            assert_says(text, "***");
        }
    }
}

static void java_stores_passwords_and_versions_are_refused_with_the_remedy(void **state)
{
    (void)state;
    bool taken = true;
    const char *text = explain(FOLDER "quickfixj.cfg", false, &taken);
    assert_false(taken);
    assert_says(text, "openssl pkcs12 -in X.p12 -nodes -out X.pem");
    assert_says(text, "tag 554: write PasswordFile");
    assert_says(text, "ValidateSequenceNumbers=N is not taken");
    assert_says(text, "BeginString 'FIX.4.2' is not one of FIX.4.4");
    assert_order(text, "     15  SocketTcpNoDelay=Y\n", "is SocketNodelay here\n");
    assert_order(text, "  takes\n", "      9  StartTime=07:30:00 US/Central\n");
    assert_says(text, "TestRequestDelayMultiplier is not set; here: 0.2 (J: 0.5)");
}

static void file_of_which_all_is_taken_says_so(void **state)
{
    (void)state;
    bool taken = false;
    const char *text = explain(FOLDER "quickfixgo.cfg", false, &taken);
    assert_true(taken);
    assert_null(strstr(text, "refuses"));
    assert_null(strstr(text, "Besides"));
    assert_says(text, "Broker=ISLD                     # [SESSION] of line 24\n");
    assert_says(text, "FIX.4.4:TW->ISLD/DROP");
}

/* With the additions, and without what is refused, the gateway takes the file. */
static void file_with_the_additions_is_right(void **state)
{
    (void)state;
    static const char *const lines[] = {"Broker=ISLD\n", "[GATEWAY]\nStorePath=/var/lib/fixgate\n",
                                        "[BROKER]\nName=ISLD\n"};
    char text[4096];
    FILE *file = fopen(FOLDER "quickfixgo.cfg", "rbe");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof(text) - 256, file);
    (void)fclose(file);
    text[size] = '\0';
    char *second = strstr(strstr(text, "[SESSION]") + 1, "[SESSION]");
    memmove(second + strlen(lines[0]), second, strlen(second) + 1);
    memcpy(second, lines[0], strlen(lines[0]));
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s", lines[i]);
    }
    struct config_errors errors;
    struct gateway_config *config =
        gateway_config_parse("x.cfg", span_text(text), CONFIG_NEED_ALL, &errors);
    if (config == NULL) {
        config_errors_print(&errors, stderr);
    }
    assert_non_null(config);
    assert_int_equal(config->engine.sessions_count, 2);
    gateway_config_free(config);
}

static void explanation_as_json_has_the_same_groups(void **state)
{
    (void)state;
    bool taken = true;
    const char *text = explain(FOLDER "quickfix.cfg", true, &taken);
    assert_says(text, "{\"quickfix\":\"" FOLDER "quickfix.cfg\",\"taken\":false,\"sections\":[");
    assert_says(text, "\"refuses\":[{\"line\":16,\"key\":\"HttpAcceptPort\",\"value\":\"9911\","
                      "\"text\":\"HttpAcceptPort is not taken");
    assert_says(text, "{\"key\":\"SocketNodelay\",\"here\":\"Y\",\"elsewhere\":\"QF: N\"}");
    assert_says(text, "\"session\":\"FIX.4.4:TRADER->CLIENT\",\"add_broker\":\"CLIENT\"");
    assert_says(text, "\"add\":[{\"section\":\"GATEWAY\",\"key\":\"StorePath\"");
}

static void file_of_ours_and_no_file_are_left_to_the_usual_check(void **state)
{
    (void)state;
    bool taken = true;
    assert_null(explain("config/fixgate.cfg", false, &taken));
    assert_null(explain("/nonexistent/x.cfg", false, &taken));
    assert_null(explain("LICENSE", false, &taken));
}

/* Writes `content` and explains it. */
static const char *explain_text(const char *content, bool *taken)
{
    char path[] = "/tmp/fixgate-check-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), (int)strlen(content));
    (void)close(fd);
    const char *text = explain(path, false, taken);
    (void)unlink(path);
    return text;
}

static void what_is_missing_or_does_not_fit_is_said_besides(void **state)
{
    (void)state;
    bool taken = true;
    const char *text = explain_text("[DEFAULT]\nnonsense\n[SESSION]\nBeginString=FIX.4.4\n"
                                    "SenderCompID=A\nTargetCompID=B\nSocketConnectHost2=x\n"
                                    "SocketConnectPort2=1\nSocketAcceptPort=1\n",
                                    &taken);
    assert_non_null(text);
    assert_false(taken);
    assert_says(text, "Besides, this does not fit together:");
    assert_says(text, ":2: neither [SECTION] nor Key=Value");
    assert_says(text, ":3: [SESSION] lacks SocketConnectHost");
    assert_says(text, ":9: SocketAcceptPort is for acceptors only, and this session is an "
                      "initiator; remove the line, or set ConnectionType=acceptor");
}

static void file_with_as_many_sessions_as_there_may_be_is_explained(void **state)
{
    (void)state;
    static char text[64 * 1024];
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < ENGINE_SESSIONS_MAX + 2; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used,
                                 "[SESSION]\nSenderCompID=A\nTargetCompID=B%d\n"
                                 "SocketConnectHost=h\nSocketConnectPort=1\n",
                                 i);
    }
    bool taken = true;
    const char *said = explain_text(text, &taken);
    assert_non_null(said);
    assert_false(taken);
    assert_says(said, "more than 32 sessions");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_of_quickfix_is_explained_in_three_groups),
        cmocka_unit_test(what_is_to_be_added_can_be_pasted),
        cmocka_unit_test(secrets_of_any_engine_are_masked),
        cmocka_unit_test(java_stores_passwords_and_versions_are_refused_with_the_remedy),
        cmocka_unit_test(file_of_which_all_is_taken_says_so),
        cmocka_unit_test(file_with_the_additions_is_right),
        cmocka_unit_test(explanation_as_json_has_the_same_groups),
        cmocka_unit_test(file_of_ours_and_no_file_are_left_to_the_usual_check),
        cmocka_unit_test(what_is_missing_or_does_not_fit_is_said_besides),
        cmocka_unit_test(file_with_as_many_sessions_as_there_may_be_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
