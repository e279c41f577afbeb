/* What is asked of an order: quantity, type, price, and until when. */
#include "fix/tags.h"
#include "fix/timestamp.h"
#include "gateway/core/orders/intake.h"

static uint64_t day_end_after(const struct engine *engine, uint64_t instant_ns)
{
    uint64_t end = instant_ns - instant_ns % TIMESTAMP_DAY_NS + engine->config->day_end_ns;
    return end > instant_ns ? end : end + TIMESTAMP_DAY_NS;
}

static bool read_expiry(const struct engine *engine, const struct message *message,
                        struct order_terms *terms, struct text *fault)
{
    switch (terms->time_in_force) {
    case TimeInForce_GOOD_TILL_CANCEL:
    case TimeInForce_IMMEDIATE_OR_CANCEL:
    case TimeInForce_FILL_OR_KILL:
        terms->expires_ns = UINT64_MAX;
        return true;
    case TimeInForce_GOOD_TILL_DATE: {
        uint64_t day_ns;
        if (message_timestamp(message, TAG_ExpireTime, &terms->expires_ns) == VALUE_OK) {
            return true;
        }
        if (date_only_parse(message_value(message, TAG_ExpireDate), &day_ns)) {
            terms->expires_ns = day_end_after(engine, day_ns);
            return true;
        }
        intake_name_field(engine, TAG_ExpireTime, fault);
        text_add(fault, "a good-till-date order needs it, or ExpireDate(432)");
        return false;
    }
    default:
        terms->expires_ns = day_end_after(engine, engine->now_ns);
        return true;
    }
}

static bool needs_price(char ord_type)
{
    return ord_type == OrdType_LIMIT || ord_type == OrdType_STOP_LIMIT;
}

bool intake_terms(const struct engine *engine, const struct request *request,
                  struct order_terms *terms, int *reason, struct text *fault)
{
    const struct message *message = &request->message;
    *terms = (struct order_terms){.time_in_force = TimeInForce_DAY};
    if (message_decimal(message, TAG_OrderQty, &terms->quantity) != VALUE_OK ||
        terms->quantity.units <= 0) {
        *reason = ORD_REJ_QUANTITY;
        intake_name_field(engine, TAG_OrderQty, fault);
        text_add(fault, "needed, and above zero");
        return false;
    }
    if (message_char(message, TAG_OrdType, &terms->ord_type) != VALUE_OK) {
        *reason = ORD_REJ_OTHER;
        intake_name_field(engine, TAG_OrdType, fault);
        text_add(fault, "needed");
        return false;
    }
    enum value_result price = message_decimal(message, TAG_Price, &terms->price);
    terms->has_price = price == VALUE_OK;
    if ((price != VALUE_OK && price != VALUE_ABSENT) ||
        (needs_price(terms->ord_type) && (!terms->has_price || terms->price.units <= 0))) {
        *reason = ORD_REJ_OTHER;
        intake_name_field(engine, TAG_Price, fault);
        text_add(fault, "a limit order needs it, above zero and within 8 decimal places");
        return false;
    }
    char time_in_force;
    if (message_char(message, TAG_TimeInForce, &time_in_force) == VALUE_OK) {
        terms->time_in_force = time_in_force;
    }
    *reason = ORD_REJ_OTHER;
    if (!read_expiry(engine, message, terms, fault)) {
        return false;
    }
    if (terms->expires_ns <= engine->now_ns) {
        text_add(fault, "its time in force has ended already");
        return false;
    }
    return true;
}
