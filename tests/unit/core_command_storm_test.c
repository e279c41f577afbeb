/* Every command of the engine with arguments of every kind, right and wrong, while orders flow
 * and the gateway dies, or a read of its store fails, now and then: each is answered, and
 * nothing is lost by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core/commands/audit.h"
#include "tests/unit/core_rig.h"

enum {
    SEEDS = 6,
    ROUNDS = 700,
    SPECS_MAX = 256,
    VALUE_BYTES_MAX = 300,
    DRAW_MAX = INT32_MAX,
};

struct storm {
    struct rig *rig;
    uint64_t random;
    unsigned orders;
    const struct command_spec *specs[SPECS_MAX];
    uint32_t specs_count;
    unsigned results[3];
};

static uint32_t draw(struct storm *storm, uint32_t below)
{
    storm->random = storm->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(storm->random >> 33) % below;
}

/* --- What is asked ------------------------------------------------------------------------ */

/* What suits it, as a rule; else an order's ClOrdID. */
static struct span plausible(struct storm *storm, struct span name, char text[VALUE_BYTES_MAX])
{
    struct span suiting = rig_suiting(name, draw(storm, DRAW_MAX));
    if (suiting.size > 0) {
        return suiting;
    }
    if (!span_is(name, "order") && draw(storm, 5) != 0) {
        return rig_number(draw(storm, DRAW_MAX));
    }
    (void)snprintf(text, VALUE_BYTES_MAX, "C%u", 1 + draw(storm, storm->orders + 1));
    return span_text(text);
}

/* One that suits none, as a slip or malice may have it. */
static struct span hostile(struct storm *storm, char text[VALUE_BYTES_MAX])
{
    static const char *const words[] = {"",
                                        "-1",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "9223372036854775808",
                                        "1e9",
                                        "0.000000001",
                                        "92233720368.54775807",
                                        "\001\002|=",
                                        "%s%n",
                                        "../..",
                                        "a\nb",
                                        "\xff\xfe",
                                        "ALPHA "};
    if (draw(storm, 4) == 0) {
        memset(text, 'x', VALUE_BYTES_MAX - 1);
        text[VALUE_BYTES_MAX - 1] = '\0';
        return span_text(text);
    }
    return span_text(words[draw(storm, ARRAY_LEN(words))]);
}

static const char *const operators[] = {"ann", "bob", "cid"};

/* All that it must have and some of what it may; now and then something else or nothing. */
static uint32_t choose_arguments(struct storm *storm, const struct command_spec *spec,
                                 struct command_argument *arguments,
                                 char texts[COMMAND_ARGUMENTS_MAX][VALUE_BYTES_MAX])
{
    const char *rest = spec->arguments;
    uint32_t count = 0;
    struct span name;
    bool optional;
    while (count < COMMAND_ARGUMENTS_MAX && command_argument_next(&rest, &name, &optional)) {
        if (draw(storm, 20) == 0 || (optional && draw(storm, 2) == 0)) {
            continue;
        }
        arguments[count].name = name;
        arguments[count].value = draw(storm, 12) == 0 ? hostile(storm, texts[count])
                                                      : plausible(storm, name, texts[count]);
        count += 1;
    }
    return count;
}

static void ask(struct storm *storm)
{
    static char texts[COMMAND_ARGUMENTS_MAX][VALUE_BYTES_MAX];
    struct command_argument arguments[COMMAND_ARGUMENTS_MAX];
    char key[16];
    const struct command_spec *spec = storm->specs[draw(storm, storm->specs_count)];
    struct command command = {.name = span_text(spec->name),
                              .operator_name = span_text(operators[draw(storm, 3)]),
                              .may = draw(storm, 15) == 0 ? MAY_VIEW : ~0U,
                              .arguments = arguments};
    command.arguments_count = choose_arguments(storm, spec, arguments, texts);
    if (draw(storm, 5) == 0) {
        (void)snprintf(key, sizeof(key), "k%u", draw(storm, 20));
        command.key = span_text(key);
    }
    const struct rig_answer *answer = rig_carry_out(storm->rig, &command);
    storm->results[answer->result] += 1;
    if (answer->words[0] == '\0') {
        fail_msg("%s is answered with nothing", spec->name);
    }
}

/* Somebody approves or rejects what waits: the newest, as a rule. */
static void decide(struct storm *storm)
{
    char arguments[64];
    uint64_t count = storm->rig->engine->approvals.count;
    uint64_t number = count > 3 ? count - draw(storm, 3) : count;
    (void)snprintf(arguments, sizeof(arguments), "number=%llu", (unsigned long long)number);
    storm->results[rig_ask(storm->rig, operators[draw(storm, 3)], "approvals.approve", arguments)
                       ->result] += 1;
}

/* --- What goes on meanwhile ------------------------------------------------------------------ */

static void submit(struct storm *storm)
{
    char request[256];
    storm->orders += 1;
    (void)snprintf(request, sizeof(request),
                   "35=D|49=OMS|11=C%u|1=ACC|55=VOD|54=%u|38=100|40=2|44=10.5|59=1|"
                   "60=20260921-14:13:20|",
                   storm->orders, 1 + draw(storm, 2));
    (void)rig_request(storm->rig, request);
}

static void live(struct storm *storm)
{
    struct rig *rig = storm->rig;
    switch (draw(storm, 12)) {
    case 0:
        rig_drop(rig, draw(storm, 2));
        break;
    case 1:
        rig_crash(rig);
        rig_start(rig);
        break;
    case 2:
        rig->broker[draw(storm, 2)].manner = (enum rig_manner)draw(storm, 4);
        break;
    case 3:
        rig->broker[draw(storm, 2)].listening = draw(storm, 4) != 0;
        break;
    case 4:
        rig->reads_left = draw(storm, 300);
        break;
    case 5:
    case 6:
        submit(storm);
        break;
    case 7:
    case 8:
        decide(storm);
        break;
    default:
        rig_pass(rig, 100 * draw(storm, 30));
        break;
    }
}

/* --- The test ----------------------------------------------------------------------------------
 */

static void gather(struct storm *storm)
{
    for (const struct command_group *group = command_groups; group->specs != NULL; group++) {
        for (const struct command_spec *spec = group->specs; spec->name != NULL; spec++) {
            assert_true(storm->specs_count < SPECS_MAX);
            storm->specs[storm->specs_count++] = spec;
        }
    }
}

static void check_audit(struct rig *rig)
{
    const char *fault = rig_audit_fault(rig);
    if (fault != NULL) {
        fail_msg("%s", fault);
    }
}

static void run_seed(uint64_t seed)
{
    struct storm *storm = calloc(1, sizeof(*storm));
    assert_non_null(storm);
    storm->random = seed;
    gather(storm);
    storm->rig = rig_new();
    rig_start(storm->rig);
    for (unsigned round = 0; round < ROUNDS; round++) {
        ask(storm);
        if (draw(storm, 3) == 0) {
            live(storm);
        }
    }
    check_audit(storm->rig);
    rig_crash(storm->rig);
    rig_start(storm->rig);
    rig_pass(storm->rig, 5000);
    check_audit(storm->rig);
    (void)rig_check_events(storm->rig);
    assert_true(storm->results[COMMAND_DONE] > ROUNDS / 10);
    assert_true(storm->results[COMMAND_PROPOSED] > 0);
    rig_free(storm->rig);
    free(storm);
}

static void any_command_in_any_state_is_answered_and_the_audit_stays_whole(void **state)
{
    (void)state;
    const char *only = getenv("STORM_SEED");
    if (only != NULL) {
        run_seed(strtoull(only, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        print_message("seed %llu\n", (unsigned long long)seed);
        run_seed(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_command_in_any_state_is_answered_and_the_audit_stays_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
