/* What the tests of commands ask the engine, and what they look for in its answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/core_rig.h"

const struct rig_answer *rig_ask_for(struct rig *rig, enum command_result result, const char *name,
                                     const char *arguments)
{
    const struct rig_answer *answer = rig_ask(rig, "jane", name, arguments);
    if (answer->result != result) {
        fail_msg("%s %s: %s", name, arguments, answer->words);
    }
    return answer;
}

void rig_done(struct rig *rig, const char *name, const char *arguments)
{
    const struct rig_answer *answer = rig_ask(rig, "alice", name, arguments);
    if (answer->result != COMMAND_DONE) {
        fail_msg("%s %s: %s", name, arguments, answer->words);
    }
}

void rig_done_by_two(struct rig *rig, const char *name, const char *arguments)
{
    char number[32];
    const struct rig_answer *answer = rig_ask(rig, "alice", name, arguments);
    assert_int_equal(COMMAND_PROPOSED, answer->result);
    (void)snprintf(number, sizeof(number), "number=%s", rig_value(answer->rows[0], "number"));
    answer = rig_ask(rig, "bob", "approvals.approve", number);
    assert_int_equal(COMMAND_DONE, answer->result);
}

void rig_measure(struct rig *rig, const char *broker, const char *breaker, unsigned score,
                 unsigned ramp, unsigned probes)
{
    char text[160];
    (void)snprintf(text, sizeof(text),
                   "broker=%s|breaker=%s|score=%u|ramp=%u|probes=%u|reason=test", broker, breaker,
                   score, ramp, probes);
    rig_done(rig, "broker.measure", text);
}

const char *rig_row(const struct rig_answer *answer, const char *broker)
{
    char wanted[64];
    (void)snprintf(wanted, sizeof(wanted), "|broker=%s|", broker);
    for (uint32_t i = 0; i < answer->rows_count; i++) {
        if (strstr(answer->rows[i], wanted) != NULL) {
            return answer->rows[i];
        }
    }
    return NULL;
}
