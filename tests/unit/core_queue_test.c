/* The order in which orders go that had to wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/core_rig.h"
#include "tests/unit/core_rig_parts.h"

#define ORDER(id)                                                                                  \
    "35=D|49=OMS|11=" id "|526=" id "|55=VOD|54=1|38=100|40=2|44=10.5|60=20260921-14:13:20|"

static int with_rig(void **state)
{
    *state = rig_new();
    return 0;
}

/* In one turn: the broker has read what it had to, and then an order comes. */
static void turn_with_room_and_order(struct rig *rig, const char *request)
{
    uint8_t bytes[512];
    ASSERT(strlen(request) <= sizeof(bytes));
    size_t size = rig_with_soh(request, bytes);
    enum status status = store_read_begin(rig->store_reader);
    assert_int_equal(STATUS_OK, status);
    engine_turn_begin(rig->engine, &rig->reader.port, rig->now_ns);
    engine_backlog(rig->engine, 0, 0);
    engine_request(rig->engine, span_of(NULL, 0), span_text("a"), span_of(bytes, size));
    engine_tick(rig->engine);
    (void)engine_turn_end(rig->engine);
    store_read_end(rig->store_reader);
    status = apply_turn(rig->store, &rig->reader, rig->turn, &rig->ports);
    assert_int_equal(STATUS_OK, status);
}

static void
an_order_does_not_overtake_in_the_turn_in_which_its_broker_can_be_reached_again(void **state)
{
    struct rig *rig = *state;
    rig->broker[1].listening = false;
    rig_start(rig);
    rig_settle(rig);
    rig_backlog(rig, 0, rig->sessions[0].backlog_bytes_high);
    assert_string_equal("QUEUED", rig_value(rig_request(rig, ORDER("C1")), "10005"));
    turn_with_room_and_order(rig, ORDER("C2"));
    rig_settle(rig);
    assert_int_equal(2, rig->taken.count);
    assert_string_equal("|C1", rig->taken.line[0]);
    assert_string_equal("|C2", rig->taken.line[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            an_order_does_not_overtake_in_the_turn_in_which_its_broker_can_be_reached_again,
            with_rig, rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
