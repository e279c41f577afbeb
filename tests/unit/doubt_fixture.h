/* What the tests of doubt share: ALPHA, which is asked for what has no word, and BETA, which comes
 * when a test wants it; ways to lose an order, or an answer; and what stands in the store. */
#ifndef TESTS_UNIT_DOUBT_FIXTURE_H
#define TESTS_UNIT_DOUBT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "gateway/core/doubt/doubt.h"
#include "tests/unit/core_rig_parts.h"

#define SECOND_NS UINT64_C(1000000000)

#define VOD       "55=VOD|54=1|38=100|40=2|44=10.5|59=1|60=20260921-14:13:20|"
#define ABOUT     "55=VOD|54=1|38=100|60=20260921-14:13:20|"
#define ORDER(id) "35=D|49=OMS|11=" id "|" VOD

/* OrdStatus and figures of a status report. */
#define KNOWN   "39=0|14=0|151=100|"
#define UNKNOWN "39=8|103=5|14=0|151=0|"

static inline int doubt_rig(void **state)
{
    struct rig *rig = rig_new();
    rig->broker[1].listening = false; /* BETA comes when a test wants it. */
    for (unsigned i = 0; i < RIG_BROKERS; i++) {
        rig->sessions[i].order_status_request = true;
        rig->sessions[i].order_status_interval_ns = 30 * SECOND_NS;
    }
    *state = rig;
    return 0;
}

static inline int without_rig(void **state)
{
    rig_free(*state);
    return 0;
}

static inline struct order order_of(struct rig *rig, const char *id)
{
    uint8_t key[ORDER_KEY_BYTES_MAX];
    struct order order;
    struct order_request request;
    rig_turn_begin(rig);
    enum order_record found = order_load(
        &rig->engine->view, order_key(key, span_text("OMS"), span_text(id)), &order, &request);
    assert_int_equal(ORDER_RECORD_ORDER, found);
    (void)rig_turn_end(rig);
    return order; /* Without its texts: those are of the turn. */
}

static inline void assert_stands(struct rig *rig, const char *id, enum order_state state,
                                 enum order_evidence evidence)
{
    struct order order = order_of(rig, id);
    assert_string_equal(order_state_name(state), order_state_name(order.state));
    assert_string_equal(order_evidence_name(evidence), order_evidence_name(order.evidence));
}

static inline const char *state_of(struct rig *rig, const char *id)
{
    return order_state_name(order_of(rig, id).state);
}

/* ALPHA does not read the order, the line drops, and it is away. */
static inline void lose_order(struct rig *rig, const char *request)
{
    rig->broker[0].deaf = true;
    (void)rig_request(rig, request);
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig->broker[0].deaf = false;
    rig_settle(rig);
}

/* ALPHA takes the order and says nothing; the line drops, and it is away. */
static inline void leave_unanswered(struct rig *rig, const char *request)
{
    rig->broker[0].manner = RIG_SILENT;
    (void)rig_request(rig, request);
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig_settle(rig);
}

static inline void come_back(struct rig *rig)
{
    rig->broker[0].listening = true;
    rig_pass(rig, 5000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
}

/* ALPHA's status report on its last request. */
static inline void say_status(struct rig *rig, const char *fields)
{
    char body[256];
    (void)snprintf(body, sizeof(body), "37=O9|17=0|11=%s|150=I|55=VOD|54=1|6=0|%s",
                   rig->broker[0].last_cl_ord_id, fields);
    rig_broker_says(rig, 0, "8", body);
}

#endif
