/* Who believes whom, with QuickFIX at the other end of TLS. */
#include "tests/interop/session_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void refusal_is_told_and_nobody_logs_on(const void *argument)
{
    static struct session_world world;
    const struct session_setup *setup = argument;
    session_open(&world, setup);
    session_await_log(&world, setup->they_are_strange ? "unknown CA (CN=strange-ca)"
                                                      : "the peer refused with TLS alert 48");
    if (session_status(&world).logged_on) {
        session_fail(&world, "QuickFIX is logged on");
    }
    session_close(&world);
}

static void all_is_well(const void *argument)
{
    static struct session_world world;
    session_open(&world, argument);
    session_await(&world, true);
    session_finish(&world, true);
    session_close(&world);
}

static void run(void (*body)(const void *argument), struct session_setup setup)
{
    setup.tls = true;
    setup.seed = 1;
    assert_true(session_apart(body, &setup));
}

static void acceptor_refuses_a_quickfix_that_a_stranger_vouches_for(void **state)
{
    (void)state;
    run(refusal_is_told_and_nobody_logs_on, (struct session_setup){.they_are_strange = true});
}

static void initiator_refuses_a_quickfix_that_a_stranger_vouches_for(void **state)
{
    (void)state;
    run(refusal_is_told_and_nobody_logs_on,
        (struct session_setup){.we_initiate = true, .they_are_strange = true});
}

static void quickfix_initiator_refuses_us_and_we_are_told_why(void **state)
{
    (void)state;
    run(refusal_is_told_and_nobody_logs_on, (struct session_setup){.we_are_strange = true});
}

static void quickfix_acceptor_refuses_us_and_we_are_told_why(void **state)
{
    (void)state;
    run(refusal_is_told_and_nobody_logs_on,
        (struct session_setup){.we_initiate = true, .we_are_strange = true});
}

/* With CertificationAuthoritiesFile its initiator verifies us; without, it takes anyone. */
static void quickfix_initiator_that_knows_no_ca_believes_anyone(void **state)
{
    (void)state;
    run(all_is_well, (struct session_setup){.we_are_strange = true, .they_are_careless = true});
}

static void quickfix_acceptor_that_knows_no_ca_asks_for_no_certificate(void **state)
{
    (void)state;
    run(all_is_well, (struct session_setup){
                         .we_initiate = true, .we_are_strange = true, .they_are_careless = true});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acceptor_refuses_a_quickfix_that_a_stranger_vouches_for),
        cmocka_unit_test(initiator_refuses_a_quickfix_that_a_stranger_vouches_for),
        cmocka_unit_test(quickfix_initiator_refuses_us_and_we_are_told_why),
        cmocka_unit_test(quickfix_acceptor_refuses_us_and_we_are_told_why),
        cmocka_unit_test(quickfix_initiator_that_knows_no_ca_believes_anyone),
        cmocka_unit_test(quickfix_acceptor_that_knows_no_ca_asks_for_no_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
