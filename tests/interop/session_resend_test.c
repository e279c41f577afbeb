/* Ten thousand messages lost in each direction, and sent again. */
#include "tests/interop/session_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MESSAGES = 10000, QUIET_MS = 300 };

static void send_all(struct session_world *world)
{
    session_command(world, "send", MESSAGES);
    while (session_status(world).unsent > 0) {
        process_pause(5);
    }
}

/* Until nothing comes down any more: we have answered all that reached us. */
static void await_quiet(struct session_world *world)
{
    uint64_t before = 0;
    uint64_t now = cutter_counts(world->cutter).bytes[CUTTER_DOWN];
    while (now != before || now < (uint64_t)MESSAGES * 100) {
        before = now;
        process_pause(QUIET_MS);
        now = cutter_counts(world->cutter).bytes[CUTTER_DOWN] +
              cutter_counts(world->cutter).bytes[CUTTER_UP];
    }
}

static void lose_both_ways(const void *argument)
{
    static struct session_world world;
    session_open(&world, argument);
    enum cutter_way theirs = world.setup.we_initiate ? CUTTER_DOWN : CUTTER_UP;
    enum cutter_way ours = world.setup.we_initiate ? CUTTER_UP : CUTTER_DOWN;
    session_settle(&world);
    cutter_set_mode(world.cutter, ours, CUTTER_SWALLOW);
    send_all(&world); /* These reach us; our echoes are lost. */
    await_quiet(&world);
    cutter_set_mode(world.cutter, theirs, CUTTER_SWALLOW);
    send_all(&world); /* These are lost themselves. */
    await_quiet(&world);
    session_cut(&world);
    cutter_set_mode(world.cutter, ours, CUTTER_RELAY);
    cutter_set_mode(world.cutter, theirs, CUTTER_RELAY);
    session_finish(&world, true);
    if (world.journal.poss_dups < MESSAGES || world.journal.sent_again < MESSAGES) {
        session_fail(&world, "sent again: by us %u, by QuickFIX %u", world.journal.poss_dups,
                     world.journal.sent_again);
    }
    session_close(&world);
}

static void run(bool we_initiate, bool tls)
{
    const struct session_setup setup = {.we_initiate = we_initiate, .tls = tls, .seed = 1};
    assert_true(session_apart(lose_both_ways, &setup));
}

static void acceptor_and_quickfix_send_ten_thousand_lost_messages_again(void **state)
{
    (void)state;
    run(false, false);
}

static void initiator_and_quickfix_send_ten_thousand_lost_messages_again(void **state)
{
    (void)state;
    run(true, false);
}

static void acceptor_and_quickfix_send_them_again_over_tls(void **state)
{
    (void)state;
    run(false, true);
}

static void initiator_and_quickfix_send_them_again_over_tls(void **state)
{
    (void)state;
    run(true, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acceptor_and_quickfix_send_ten_thousand_lost_messages_again),
        cmocka_unit_test(initiator_and_quickfix_send_ten_thousand_lost_messages_again),
        cmocka_unit_test(acceptor_and_quickfix_send_them_again_over_tls),
        cmocka_unit_test(initiator_and_quickfix_send_them_again_over_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
