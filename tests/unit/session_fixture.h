/* A session that is fed by hand, and what it does of that. */
#ifndef TESTS_UNIT_SESSION_FIXTURE_H
#define TESTS_UNIT_SESSION_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "fix/session.h"
#include "fix/timestamp.h"

enum { EARLY_MAX = 4 };

#define START_NS (UINT64_C(1795219200) * TIMESTAMP_SECOND_NS) /* 2026-11-21T00:00:00Z */

static inline uint64_t seconds(uint64_t count)
{
    return count * TIMESTAMP_SECOND_NS;
}

struct fixture {
    struct session_config config;
    struct session session;
    struct session_early early[EARLY_MAX];
    uint8_t *early_bytes;
    struct field fields[FIX_FIELDS_MAX];
    struct message message;
    struct effects effects;
    uint64_t now_ns;
};

static inline int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    fixture->config = session_config_default();
    fixture->config.sender_comp_id = "GATE";
    fixture->config.target_comp_id = "BROKER";
    fixture->early_bytes = malloc(FIX_EARLY_BYTES_MAX);
    assert_non_null(fixture->early_bytes);
    fixture->now_ns = START_NS;
    message_init(&fixture->message, fixture->fields, FIX_FIELDS_MAX);
    session_init(&fixture->session, &fixture->config, fixture->early, EARLY_MAX,
                 fixture->early_bytes, 1, 1);
    *state = fixture;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *fixture = *state;
    free(fixture->early_bytes);
    free(fixture);
    return 0;
}

/* A peer's message with `rest` behind the header, `|` for SOH. */
static inline void give(struct fixture *fixture, const char *type, uint64_t seq, const char *rest)
{
    char time[TIMESTAMP_TEXT_BYTES_MAX + 1];
    time[timestamp_format(fixture->now_ns, 3, time)] = '\0';
    char body[1024];
    int body_size = snprintf(body, sizeof(body), "35=%s|49=BROKER|56=GATE|34=%llu|52=%s|%s", type,
                             (unsigned long long)seq, time, rest);
    assert_true(body_size > 0 && (size_t)body_size < sizeof(body));
    char whole[1200];
    int size = snprintf(whole, sizeof(whole), "8=FIX.4.4|9=%d|%s", body_size, body);
    unsigned sum = 0;
    for (int i = 0; i < size; i++) {
        if (whole[i] == '|') {
            whole[i] = 1;
        }
        sum += (uint8_t)whole[i];
    }
    size += snprintf(whole + size, sizeof(whole) - (size_t)size, "10=%03u%c", sum % 256, 1);
    effects_reset(&fixture->effects);
    size_t used = session_receive(&fixture->session, fixture->now_ns, span_of(whole, (size_t)size),
                                  &fixture->message, &fixture->effects);
    assert_int_equal(used, size);
}

static inline bool kept(struct fixture *fixture)
{
    effects_reset(&fixture->effects);
    return session_receive_kept(&fixture->session, fixture->now_ns, &fixture->message,
                                &fixture->effects);
}

static inline size_t count_of(const struct fixture *fixture, enum effect_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < fixture->effects.count; i++) {
        count += fixture->effects.list[i].kind == kind;
    }
    return count;
}

static inline const struct effect *sent(const struct fixture *fixture, size_t number)
{
    for (size_t i = 0; i < fixture->effects.count; i++) {
        if (fixture->effects.list[i].kind == EFFECT_SEND) {
            if (number == 0) {
                return &fixture->effects.list[i];
            }
            number -= 1;
        }
    }
    fail_msg("fewer messages were sent than expected");
    return NULL;
}

static inline bool holds(const struct effect *effect, const char *field)
{
    char text[64];
    int size = snprintf(text, sizeof(text), "%c%s%c", 1, field, 1);
    const uint8_t *at = effect->bytes.data;
    for (size_t i = 0; i + (size_t)size <= effect->bytes.size; i++) {
        if (memcmp(at + i, text, (size_t)size) == 0) {
            return true;
        }
    }
    return false;
}

static inline void make_ready(struct fixture *fixture)
{
    effects_reset(&fixture->effects);
    session_connected(&fixture->session, fixture->now_ns, &fixture->effects);
    give(fixture, "A", 1, "98=0|108=30|");
    char echo[64];
    (void)snprintf(echo, sizeof(echo), "112=%llu|",
                   (unsigned long long)fixture->session.test_request_id);
    give(fixture, "0", 2, echo);
    assert_int_equal(fixture->session.state, SESSION_READY);
}

/* A message of ours as the outbound queue would hold it. */
static inline size_t send_order(struct fixture *fixture, uint8_t *copy)
{
    effects_reset(&fixture->effects);
    (void)session_send(&fixture->session, fixture->now_ns, span_text("D"),
                       span_text("11=a\00138=5\001"), &fixture->effects);
    const struct effect *effect = sent(fixture, 0);
    memcpy(copy, effect->bytes.data, effect->bytes.size);
    return effect->bytes.size;
}

static inline void resend(struct fixture *fixture, struct span bytes, enum message_kind kind)
{
    effects_reset(&fixture->effects);
    session_resend_message(&fixture->session, fixture->now_ns, bytes, kind, false,
                           &fixture->effects);
}

#endif
