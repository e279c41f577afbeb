/* The gate keeps the map from moving under a reader, and readers from a moving map. */
#include "tests/unit/store_fixture.h"

#include "session-store/gate.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

/* Turns that the other thread gets to do what it must not do. */
enum { PATIENCE_TURNS = 20000 };

struct gate_world {
    struct gate gate;
    atomic_bool passed;
};

static bool gate_is_closed(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    bool closed = gate->closed;
    pthread_mutex_unlock(&gate->mutex);
    return closed;
}

static void expect_not_passed(struct gate_world *world)
{
    for (int turn = 0; turn < PATIENCE_TURNS; turn++) {
        assert_false(world->passed);
        sched_yield();
    }
}

static void *closer_run(void *argument)
{
    struct gate_world *world = argument;
    gate_close(&world->gate);
    world->passed = true;
    gate_open(&world->gate);
    return NULL;
}

static void closing_waits_for_readers_inside(void **state)
{
    (void)state;
    struct gate_world world = {.passed = false};
    struct gate_pass passes[2];
    pthread_t closer;
    gate_init(&world.gate);
    for (size_t index = 0; index < ARRAY_LEN(passes); index++) {
        gate_pass_issue(&world.gate, &passes[index]);
        gate_enter(&world.gate, &passes[index]);
    }
    assert_int_equal(pthread_create(&closer, NULL, closer_run, &world), 0);
    while (!gate_is_closed(&world.gate)) {
        sched_yield();
    }
    expect_not_passed(&world);
    gate_leave(&world.gate, &passes[0]);
    expect_not_passed(&world);
    gate_leave(&world.gate, &passes[1]);
    assert_int_equal(pthread_join(closer, NULL), 0);
    assert_true(world.passed);
    for (size_t index = 0; index < ARRAY_LEN(passes); index++) {
        gate_pass_return(&world.gate, &passes[index]);
    }
    gate_destroy(&world.gate);
}

static void *reader_run(void *argument)
{
    struct gate_world *world = argument;
    struct gate_pass pass;
    gate_pass_issue(&world->gate, &pass);
    gate_enter(&world->gate, &pass);
    world->passed = true;
    gate_leave(&world->gate, &pass);
    gate_pass_return(&world->gate, &pass);
    return NULL;
}

static void reader_waits_while_the_gate_is_closed(void **state)
{
    (void)state;
    struct gate_world world = {.passed = false};
    pthread_t reader;
    gate_init(&world.gate);
    gate_close(&world.gate);
    assert_int_equal(pthread_create(&reader, NULL, reader_run, &world), 0);
    expect_not_passed(&world);
    gate_open(&world.gate);
    assert_int_equal(pthread_join(reader, NULL), 0);
    assert_true(world.passed);
    gate_destroy(&world.gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closing_waits_for_readers_inside),
        cmocka_unit_test(reader_waits_while_the_gate_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
