/* Canary orders of the router: entered by order entry as any client's. */
#include "fix/builder.h"
#include "fix/tags.h"
#include "gateway/core/routing/canary.h"
#include "gateway/services/router_parts.h"

#include <inttypes.h>
#include <stdio.h>

enum { CANARY_TIME_DIGITS = 3 };

/* The engine's time within the ClOrdID makes it unique; were it given twice, it
 * would be the same order, and not go out twice. */
static struct span request_of(const struct router_run *run, uint32_t broker, char *bytes)
{
    const struct router_canary *canary = &run->gateway->router.canary;
    char id[ENGINE_CL_ORD_ID_BYTES_MAX + 1];
    struct builder order;
    (void)snprintf(id, sizeof(id), "%.*s%c%" PRIx64, CANARY_BROKER_BYTES_MAX,
                   run->gateway->brokers[broker].name, CANARY_SEPARATOR, run->now.engine_ns);
    builder_init(&order, bytes, CONTROL_LINK_REQUEST_BYTES_MAX);
    builder_text(&order, TAG_MsgType, MSG_NewOrderSingle);
    builder_text(&order, TAG_SenderCompID, CANARY_CLIENT);
    builder_text(&order, TAG_ClOrdID, id);
    if (canary->account != NULL) {
        builder_text(&order, TAG_Account, canary->account);
    }
    builder_text(&order, TAG_Symbol, canary->symbol);
    builder_char(&order, TAG_Side, Side_BUY);
    builder_timestamp(&order, TAG_TransactTime, run->now.engine_ns, CANARY_TIME_DIGITS);
    builder_text(&order, TAG_OrderQty, canary->quantity);
    builder_char(&order, TAG_OrdType, OrdType_LIMIT);
    builder_text(&order, TAG_Price, canary->price);
    if (canary->currency != NULL) {
        builder_text(&order, TAG_Currency, canary->currency);
    }
    /* Nothing of it rests at the broker, and it does not wait in our queue
     * either. */
    builder_char(&order, TAG_TimeInForce, TimeInForce_IMMEDIATE_OR_CANCEL);
    return builder_fields(&order);
}

/* The first of a row is told. */
static void take_refusal(struct router_run *run, uint32_t broker, struct span why)
{
    char words[512];
    bool refused = why.data != NULL;
    if (refused && !run->canary_refused[broker]) {
        (void)snprintf(words, sizeof(words), "%s: its canary order is refused: %.*s",
                       run->gateway->brokers[broker].name, (int)(why.size < 300 ? why.size : 300),
                       (const char *)why.data);
        router_run_say(run, SEVERITY_WARNING, words);
    }
    run->canary_refused[broker] = refused;
}

/* One that could not be sent is not tried again before its time. */
void router_run_send_canaries(struct router_run *run)
{
    uint32_t broker = 0;
    for (uint32_t i = 0; i < ENGINE_BROKERS_MAX && router_canary_next(&run->router, &broker); i++) {
        char bytes[CONTROL_LINK_REQUEST_BYTES_MAX];
        struct control_wish wish = {.number = broker};
        struct span request = request_of(run, broker, bytes);
        ASSERT(request.size > 0);
        if (control_link_send(&run->order_entry, wish, request) != STATUS_OK) {
            take_refusal(run, broker, span_text("order entry does not answer"));
        }
        router_canary_sent(&run->router, broker);
    }
}

/* The reply's Text(58), if the order was not taken. */
static void take_reply(struct router_run *run, uint32_t broker)
{
    const struct zeromq_frames *frames = &run->order_entry.frames;
    struct message reply;
    message_init(&reply, run->router.fields, FIX_FIELDS_MAX);
    if (frames->count == 0 ||
        message_index_unframed(&reply, frames->list[frames->count - 1], NULL) != FRAME_FAULT_NONE) {
        return;
    }
    struct span text = message_value(&reply, TAG_Text);
    bool taken = span_is(message_type(&reply), MSG_ExecutionReport) &&
                 !span_is(message_value(&reply, TAG_OrdStatus), "8");
    struct span why = text.data != NULL ? text : span_text("without a reason");
    take_refusal(run, broker, taken ? span_of(NULL, 0) : why);
}

bool router_run_take_replies(struct router_run *run)
{
    struct control_wish wish = {.kind = 0};
    for (uint32_t i = 0; i < 2 * CONTROL_LINK_WAITING_MAX; i++) {
        switch (control_link_next(&run->order_entry, &wish)) {
        case CONTROL_LINK_ANSWER:
            take_reply(run, wish.number);
            break;
        case CONTROL_LINK_LOST: /* The bus tells what became of it. */
            break;
        case CONTROL_LINK_NONE:
            return true;
        case CONTROL_LINK_FAILED:
            return false;
        }
    }
    return true;
}
