#include "gateway/core/orders/order_filter.h"

enum { SECONDS_MAX = 366 * 86400 };

static const char *const names[] = {"broker", "symbol",   "account",
                                    "client", "evidence", "older-than"};

bool order_filter_names(struct span name)
{
    for (size_t index = 0; index < ARRAY_LEN(names); index++) {
        if (span_is(name, names[index])) {
            return true;
        }
    }
    return false;
}

static bool read_evidence(struct command_call *call, struct order_filter *out)
{
    struct span word = command_value(call, "evidence");
    if (word.size == 0) {
        return true;
    }
    text_add(&call->out->answer, "'evidence' must be");
    for (uint32_t index = 0; index < ORDER_EVIDENCES_COUNT; index++) {
        const char *name = order_evidence_name((enum order_evidence)index);
        if (span_is(word, name)) {
            call->out->answer = (struct text){.size = 0};
            out->has_evidence = true;
            out->evidence = (enum order_evidence)index;
            return true;
        }
        bool last = index + 1 == ORDER_EVIDENCES_COUNT;
        text_add(&call->out->answer, index == 0 ? " " : last ? " or " : ", ");
        text_add(&call->out->answer, name);
    }
    return false;
}

bool order_filter_read(struct command_call *call, struct order_filter *out)
{
    uint64_t now_ns = call->engine->now_ns;
    uint64_t seconds = 0;
    uint32_t broker;
    *out = (struct order_filter){
        .broker = command_value(call, "broker"),
        .symbol = command_value(call, "symbol"),
        .account = command_value(call, "account"),
        .client = command_value(call, "client"),
        .changed_until_ns = UINT64_MAX,
    };
    if ((out->broker.size > 0 && !command_broker(call, "broker", &broker)) ||
        !command_number(call, "older-than", 0, SECONDS_MAX, &seconds)) {
        return false;
    }
    if (seconds > 0) {
        uint64_t age_ns = seconds * UINT64_C(1000000000);
        out->changed_until_ns = now_ns > age_ns ? now_ns - age_ns : 0;
    }
    return read_evidence(call, out);
}

static bool is(struct span wanted, struct span has)
{
    return wanted.size == 0 || span_equal(wanted, has);
}

bool order_filter_fits(const struct order_filter *filter, const struct order *order)
{
    return is(filter->client, order->client) && is(filter->broker, order->broker) &&
           is(filter->symbol, order->symbol) && is(filter->account, order->account) &&
           (!filter->has_evidence || filter->evidence == order->evidence) &&
           order->changed_ns <= filter->changed_until_ns;
}
