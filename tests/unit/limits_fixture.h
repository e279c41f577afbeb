/* An engine with limits of the test's own, orders, and how they were answered. */
#ifndef TESTS_UNIT_LIMITS_FIXTURE_H
#define TESTS_UNIT_LIMITS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core/limits/order_limits.h"
#include "gateway/core/limits/order_limits_parts.h"
#include "tests/unit/core_rig_limits.h"
#include "tests/unit/core_rig_parts.h"

#define TIME             "60=20260921-14:13:20|"
#define VOD              "55=VOD|54=1|38=100|40=2|44=10.5|59=1|1=ISA-1|15=GBX|" TIME
#define ORDER(id)        "35=D|49=OMS|11=" id "|" VOD
#define CANCEL(id, orig) "35=F|49=OMS|11=" id "|41=" orig "|55=VOD|54=1|38=100|" TIME

enum { SETS = 8 };

/* The configuration's sets of the test under way. */
static struct order_limit_config sets[SETS];

static inline int with_rig(void **state)
{
    struct rig *rig = rig_new();
    memset(sets, 0, sizeof(sets));
    rig->config.limits = sets;
    rig->broker[0].manner = RIG_ACK;
    rig->broker[1].manner = RIG_ACK;
    *state = rig;
    return 0;
}

static inline struct order_limit_config *add_set(struct rig *rig, const char *scope)
{
    struct order_limit_config *set = &sets[rig->config.limits_count++];
    assert_true(limit_scope_parse(span_text(scope), &set->scope));
    return set;
}

static inline void put(struct order_limit_config *set, enum limit_kind kind, const char *value)
{
    set->has[kind] = true;
    assert_int_equal(DECIMAL_OK, decimal_parse(span_text(value), &set->value[kind]));
}

/* One set for a scope with one limit. */
static inline struct rig *limited(void **state, const char *scope, enum limit_kind kind,
                                  const char *value)
{
    struct rig *rig = *state;
    put(add_set(rig, scope), kind, value);
    return rig;
}

static inline const char *order(struct rig *rig, const char *id, const char *fields)
{
    char request[1024];
    (void)snprintf(request, sizeof(request), "35=D|49=OMS|11=%s|%s", id, fields);
    return rig_request(rig, request);
}

static inline void assert_taken(const char *reply)
{
    if (strcmp(rig_value(reply, "150"), "A") != 0) {
        print_error("taken expected: %s\n", reply);
    }
    assert_string_equal("A", rig_value(reply, "150"));
}

static inline void assert_refused(const char *reply, const char *reason, const char *words)
{
    if (strcmp(rig_value(reply, "150"), "8") != 0 || strstr(reply, words) == NULL) {
        print_error("refused with '%s' expected: %s\n", words, reply);
    }
    assert_string_equal("8", rig_value(reply, "150"));
    assert_string_equal("8", rig_value(reply, "39"));
    assert_string_equal(reason, rig_value(reply, "103"));
    assert_non_null(strstr(reply, words));
}

/* Two persons carry out a command. */
static inline const struct rig_answer *ask_two(struct rig *rig, const char *name,
                                               const char *arguments)
{
    char number[64] = "number=";
    const struct rig_answer *answer = rig_ask(rig, "alice", name, arguments);
    if (answer->result != COMMAND_PROPOSED) {
        print_error("%s\n", answer->words);
    }
    assert_int_equal(COMMAND_PROPOSED, answer->result);
    size_t size = strlen(number);
    for (const char *at = answer->words + strcspn(answer->words, "0123456789");
         *at >= '0' && *at <= '9'; at++) {
        number[size++] = *at;
    }
    answer = rig_ask(rig, "bob", "approvals.approve", number);
    return answer;
}

static inline void price(struct rig *rig, const char *arguments)
{
    const struct rig_answer *answer = rig_ask(rig, "feed", "limits.price", arguments);
    assert_int_equal(COMMAND_DONE, answer->result);
}

#endif
