/* [OPERATOR] sections: who may do what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/core/commands/command.h"
#include "tests/unit/config_fixture.h"

/* As keys look in Z85, and the keys of a socket that has them. */
#define KEY    "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define SECURE "ControlSecureEndpoint=tcp://10.0.0.1:7000\nControlSecureKeyFile=k\n"

static void operators_have_the_roles_that_are_named(void **state)
{
    (void)state;
    struct gateway_config *config =
        parse_right(GATEWAY BROKER SESSION "[OPERATOR]\nName=jane\nRoles=view, operate,approve\n"
                                           "[operator]\nName=router\nRoles=serve\n"
                                           "[OPERATOR]\nName=boss\nRoles=view,admin\n");
    assert_int_equal(3, config->operators_count);
    assert_string_equal("jane", config->operators[0].name);
    assert_int_equal(MAY_VIEW | MAY_OPERATE | MAY_APPROVE, config->operators[0].may);
    assert_int_equal(MAY_SERVE, config->operators[1].may);
    assert_int_equal(MAY_VIEW | MAY_ADMIN, config->operators[2].may);
    assert_int_equal(0, config->warnings.count);
    gateway_config_free(config);
}

static void the_router_is_an_operator_without_a_section_of_its_own(void **state)
{
    (void)state;
    struct gateway_config *config =
        parse_right(GATEWAY BROKER SESSION "[OPERATOR]\nName=jane\nRoles=view\n");
    assert_int_equal(2, config->operators_count);
    assert_string_equal("router", config->operators[1].name);
    assert_int_equal(MAY_VIEW | MAY_SERVE, config->operators[1].may);
    gateway_config_free(config);
}

static void the_router_that_runs_needs_its_roles_and_no_key(void **state)
{
    static const char words[] = "needs the roles view and serve, and no PublicKey";
    (void)state;
    assert_error_with(GATEWAY BROKER SESSION "[ROUTER]\nRun=Y\n[OPERATOR]\nName=router\n"
                                             "Roles=serve\n",
                      words);
    assert_error_with(GATEWAY SECURE BROKER SESSION "[ROUTER]\nRun=Y\n[OPERATOR]\nName=router\n"
                                                    "Roles=view,serve\nPublicKey=" KEY "\n",
                      words);
    gateway_config_free(parse_right(GATEWAY BROKER SESSION "[ROUTER]\nRun=Y\n[OPERATOR]\n"
                                                           "Name=router\nRoles=view,serve\n"));
}

static void without_operators_it_warns_that_nobody_is_told_apart(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(GATEWAY BROKER SESSION);
    assert_int_equal(0, config->operators_count);
    assert_int_equal(1, config->warnings.count);
    assert_non_null(strstr(config->warnings.list[0].text, "there is no [OPERATOR]"));
    gateway_config_free(config);
}

static void an_operator_may_have_a_key_for_the_socket_with_keys(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(
        GATEWAY SECURE BROKER SESSION "[OPERATOR]\nName=jane\nRoles=view\nPublicKey=" KEY "\n"
                                      "[OPERATOR]\nName=vic\nRoles=view\n");
    assert_string_equal("tcp://10.0.0.1:7000", config->control_secure_endpoint);
    assert_string_equal(KEY, config->operators[0].public_key);
    assert_null(config->operators[1].public_key);
    gateway_config_free(config);
}

static void the_socket_with_keys_needs_its_key_and_tcp(void **state)
{
    (void)state;
    assert_error_with(GATEWAY "ControlSecureEndpoint=tcp://10.0.0.1:7000\n" BROKER SESSION,
                      "ControlSecureEndpoint needs ControlSecureKeyFile");
    assert_error_with(GATEWAY "ControlSecureKeyFile=k\n" BROKER SESSION,
                      "ControlSecureKeyFile without ControlSecureEndpoint");
    assert_error_with(GATEWAY
                      "ControlSecureEndpoint=ipc://x\nControlSecureKeyFile=k\n" BROKER SESSION,
                      "ControlSecureEndpoint must be tcp://ADDRESS:PORT");
    errors.count = 0;
    assert_null(gateway_config_parse("x.cfg", span_text(GATEWAY SECURE BROKER SESSION),
                                     CONFIG_NEED_ALL, &errors));
    assert_said(&errors, "ControlSecureKeyFile k cannot be opened");
}

static void a_proposal_waits_as_long_as_is_configured(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(GATEWAY BROKER SESSION);
    assert_int_equal(UINT64_C(900000000000), config->engine.proposal_ns);
    gateway_config_free(config);
    config = parse_right(GATEWAY "ApprovalTimeout=1m30s\n" BROKER SESSION);
    assert_int_equal(UINT64_C(90000000000), config->engine.proposal_ns);
    gateway_config_free(config);
}

static void wrong_operators_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *sections;
        const char *reason;
    } cases[] = {
        {"[OPERATOR]\nName=jane\n", "[OPERATOR] lacks Roles"},
        {"[OPERATOR]\nRoles=view\n", "[OPERATOR] lacks Name"},
        {"[OPERATOR]\nName=jane\nRoles=view,root\n",
         "Roles 'root' is none of view, operate, admin, approve and serve"},
        {"[OPERATOR]\nName=jane\nRoles=view,,admin\n", "is not a list of names"},
        {"[OPERATOR]\nName=jane\nRoles=view\n[OPERATOR]\nName=jane\nRoles=admin\n",
         "an operator named jane stands already in line"},
        {"[OPERATOR]\nName=jane\nRoles=view\nPublicKey=short\n", "PublicKey"},
        {"[OPERATOR]\nName=jane\nRoles=view\nPublicKey=" KEY "\n",
         "PublicKey without ControlSecureEndpoint"},
        {SECURE
         "[OPERATOR]\nName=jane\nRoles=view\nPublicKey=          no key of forty bytes         x\n",
         "PublicKey"},
        {SECURE "[OPERATOR]\nName=jane\nRoles=view\nPublicKey=" KEY "\n"
                "[OPERATOR]\nName=bob\nRoles=view\nPublicKey=" KEY "\n",
         "PublicKey is that of jane already"},
        {"[OPERATOR]\nName=engine\nRoles=view\n", "the audit calls the gateway itself"},
        {"[OPERATOR]\nName=jane doe\nRoles=view\n", "Name"},
        {"[OPERATOR]\nName=jane\nRoles=view\nWeight=1\n",
         "Weight does not belong in [OPERATOR]; move it to [BROKER]"},
        {"[DEFAULT]\nRoles=view\n", "Roles does not belong in [DEFAULT]; move it to [OPERATOR]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[1024];
        bool secure = strncmp(cases[i].sections, SECURE, strlen(SECURE)) == 0;
        (void)snprintf(text, sizeof(text), "%s%s%s%s", GATEWAY, secure ? SECURE : "",
                       BROKER SESSION, cases[i].sections + (secure ? strlen(SECURE) : 0));
        assert_error_with(text, cases[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_have_the_roles_that_are_named),
        cmocka_unit_test(the_router_is_an_operator_without_a_section_of_its_own),
        cmocka_unit_test(the_router_that_runs_needs_its_roles_and_no_key),
        cmocka_unit_test(without_operators_it_warns_that_nobody_is_told_apart),
        cmocka_unit_test(an_operator_may_have_a_key_for_the_socket_with_keys),
        cmocka_unit_test(the_socket_with_keys_needs_its_key_and_tcp),
        cmocka_unit_test(a_proposal_waits_as_long_as_is_configured),
        cmocka_unit_test(wrong_operators_are_refused_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
