/* The cancels of a kill switch. */
#include "fix/tags.h"
#include "gateway/core/engine/report.h"
#include "gateway/core/limits/kill_parts.h"
#include "gateway/core/limits/order_limits.h"
#include "gateway/core/orders/dead_letters.h"
#include "gateway/core/orders/order_cancel.h"
#include "gateway/core/orders/queue.h"
#include "gateway/core/sessions/links.h"

#define MASS_GRACE_NS (3 * UINT64_C(1000000000))

enum { KILL_TIMESTAMP_DIGITS = 3 };

/* --- One order ------------------------------------------------------------------------------- */

/* ClOrdID of a mass cancel. */
static struct name next_name(struct engine *engine)
{
    struct name name =
        name_make(engine->config->instance_id, NAME_CANCEL, engine->counters.attempt);
    engine->counters.attempt += 1;
    engine->counters_changed = true;
    return name;
}

void kill_cancel_working(struct engine *engine, const struct kill *kill, struct order *order)
{
    struct text words = {.size = 0};
    struct name name;
    kill_add_words(&words, kill);
    order_cancel_by_us(engine, order, &name);
    report_event(engine, order,
                 &(struct report){.exec_type = ExecType_PENDING_CANCEL,
                                  .cl_ord_id = order->pending_id,
                                  .orig_cl_ord_id = order->cl_ord_id_now,
                                  .text = words.data});
}

void kill_cancel_waiting(struct engine *engine, const struct kill *kill, struct order *order)
{
    struct text words = {.size = 0};
    kill_add_words(&words, kill);
    if (order->state == ORDER_QUEUED) {
        queue_remove(engine, order);
    } else {
        dead_letter_remove(engine, order);
    }
    order->moving = false;
    order_become(order, ORDER_CANCELLED, engine->now_ns, text_span(&words));
    order_save(&engine->view, order, engine->scratch_record);
    order_ended(engine, order);
    report_event(engine, order,
                 &(struct report){.exec_type = ExecType_CANCELED,
                                  .cl_ord_id = order->cl_ord_id_now,
                                  .text = words.data});
}

/* --- Many ------------------------------------------------------------------------------------- */

static bool takes_mass_cancel(const struct engine *engine, const struct kill *kill,
                              const struct link *link)
{
    const char *broker = engine->config->brokers[link->config->broker].name;
    bool of_scope = kill->scope.kind == SCOPE_ALL || kill->scope.kind == SCOPE_SYMBOL ||
                    (kill->scope.kind == SCOPE_BROKER && strcmp(kill->scope.name, broker) == 0);
    return of_scope && link->config->mass_cancel && link->config->role == ROLE_ORDERS &&
           link->open_count > 0 && link_can_send(engine, link, LINK_CHANGE);
}

static void send_mass_cancel(struct engine *engine, struct kill *kill, struct link *link)
{
    struct name name = next_name(engine);
    struct builder body;
    builder_init(&body, engine->scratch_body, sizeof(engine->scratch_body));
    builder_span(&body, TAG_ClOrdID, name_span(&name));
    if (kill->scope.kind == SCOPE_SYMBOL) {
        builder_char(&body, TAG_MassCancelRequestType,
                     MassCancelRequestType_CANCEL_ORDERS_FOR_A_SECURITY);
        builder_text(&body, TAG_Symbol, kill->scope.name);
    } else {
        builder_char(&body, TAG_MassCancelRequestType, MassCancelRequestType_CANCEL_ALL_ORDERS);
    }
    builder_timestamp(&body, TAG_TransactTime, engine->now_ns, KILL_TIMESTAMP_DIGITS);
    (void)link_send(engine, link, MSG_OrderMassCancelRequest, builder_fields(&body),
                    span_text(KILL_MASS_TAG));
    kill->mass_sent |= UINT32_C(1) << link->number;
    kill->mass_ns = engine->now_ns;

    struct text words = {.size = 0};
    limit_scope_add(text_add(&words, "kill switch of "), &kill->scope);
    text_add(text_add(&words, ": mass cancel sent on "), link->config->id);
    kill_tell(engine, kill, "warning", &words);
}

_Static_assert(ENGINE_SESSIONS_MAX <= 32, "one bit for each session");

void kill_mass_cancel(struct engine *engine, struct kill *kill)
{
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        bool sent = (kill->mass_sent >> number & 1) != 0;
        if (!sent && takes_mass_cancel(engine, kill, &engine->links[number])) {
            send_mass_cancel(engine, kill, &engine->links[number]);
        }
    }
}

bool kill_mass_pending(const struct engine *engine, const struct kill *kill, struct span session_id)
{
    if (kill->mass_sent == 0 || engine->now_ns - kill->mass_ns >= MASS_GRACE_NS) {
        return false;
    }
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        if (span_is(session_id, engine->config->sessions[number].id)) {
            return (kill->mass_sent >> number & 1) != 0;
        }
    }
    return false;
}

void kill_mass_report(struct engine *engine, struct link *link, const struct message *message)
{
    bool refused = span_is(message_value(message, TAG_MassCancelResponse), "0");
    struct text words = {.size = 0};
    text_add(text_add(&words, link->config->id), refused ? " refuses" : " takes");
    text_add(&words, " the mass cancel");
    struct span text = message_value(message, TAG_Text);
    if (text.size > 0) {
        text_add_span(text_add(&words, ": "), text);
    }
    text_add(&words, refused ? "; orders are cancelled one by one" : "");
    bus_alert(engine, refused ? "warning" : "info",
              span_text(engine->config->brokers[link->config->broker].name), span_of(NULL, 0),
              text_span(&words));
    for (uint32_t i = 0; refused && i < engine->kills.count; i++) {
        struct kill *kill = &engine->kills.list[i];
        if ((kill->mass_sent >> link->number & 1) != 0) {
            kill->mass_ns = 0; /* The next pass need not wait for it. */
            kill->next_ns = engine->now_ns;
        }
    }
}
