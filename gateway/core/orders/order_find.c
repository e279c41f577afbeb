#include "gateway/core/orders/order_find.h"

#include "gateway/core/engine/record.h"
#include "gateway/core/orders/attempts.h"
#include "gateway/core/orders/intake.h"
#include "gateway/core/orders/order_filter.h"
#include "gateway/core/orders/queue.h"

/* --- Labels ------------------------------------------------------------------------ */

struct order_label order_label(struct span client, struct span cl_ord_id)
{
    struct order_label label = {.size = 0};
    struct record_writer writer = record_writer_on((uint8_t *)label.text, ORDER_LABEL_BYTES_MAX);
    record_put_bytes(&writer, client);
    record_put_u8(&writer, '/');
    record_put_bytes(&writer, cl_ord_id);
    label.size = record_written(&writer).size;
    return label;
}

void order_key_parts(struct span key, struct span *client, struct span *cl_ord_id)
{
    const uint8_t *end = memchr(key.data, 0, key.size);
    ASSERT(end != NULL);
    size_t size = (size_t)(end - key.data);
    *client = span_of(key.data, size);
    *cl_ord_id = span_of(end + 1, key.size - size - 1);
}

/* The label cut in two at its n-th '/', from 0. */
static bool cut(struct span label, unsigned nth, struct span *client, struct span *cl_ord_id)
{
    for (size_t index = 0; index < label.size; index++) {
        if (label.data[index] != '/') {
            continue;
        }
        if (nth == 0) {
            *client = span_of(label.data, index);
            *cl_ord_id = span_of(label.data + index + 1, label.size - index - 1);
            return client->size > 0 && client->size <= ENGINE_NAME_BYTES_MAX &&
                   cl_ord_id->size > 0 && cl_ord_id->size <= ENGINE_CL_ORD_ID_BYTES_MAX;
        }
        nth -= 1;
    }
    return false;
}

struct span order_label_key(const struct engine *engine, struct span label,
                            uint8_t key[ORDER_KEY_BYTES_MAX])
{
    struct span client;
    struct span cl_ord_id;
    for (unsigned nth = 0; cut(label, nth, &client, &cl_ord_id); nth++) {
        struct span value;
        struct span found = order_key(key, client, cl_ord_id);
        if (view_get(&engine->view, TABLE_ORDER, found, &value)) {
            return found;
        }
    }
    return cut(label, 0, &client, &cl_ord_id) ? order_key(key, client, cl_ord_id)
                                              : span_of(NULL, 0);
}

/* --- Finding ------------------------------------------------------------------------ */

static bool by_label(struct engine *engine, struct span name, struct order *order)
{
    struct span client;
    struct span cl_ord_id;
    for (unsigned nth = 0; cut(name, nth, &client, &cl_ord_id); nth++) {
        if (intake_find_order(engine, client, cl_ord_id, order)) {
            return true;
        }
    }
    return false;
}

/* The first client that comes after `client` in the table, empty: the first of all. */
static bool client_after(const struct engine *engine, struct span client,
                         uint8_t from[ORDER_KEY_BYTES_MAX], struct span *out)
{
    struct span key;
    struct span value;
    struct span cl_ord_id;
    struct record_writer writer = record_writer_on(from, ORDER_KEY_BYTES_MAX);
    record_put_bytes(&writer, client);
    if (client.size > 0) {
        record_put_u8(&writer, 1); /* Behind the NUL that ends it in a key. */
    }
    if (!view_seek(&engine->view, TABLE_ORDER, record_written(&writer), &key, &value)) {
        return false;
    }
    order_key_parts(key, out, &cl_ord_id);
    return true;
}

/* How many clients have the ClOrdID, of those that were tried; `order` is of the first. */
static unsigned by_cl_ord_id(struct engine *engine, struct span name, struct order *order,
                             bool *all_tried)
{
    unsigned found = 0;
    struct span client = span_of(NULL, 0);
    for (unsigned tried = 0; tried < ORDER_FIND_CLIENTS_MAX; tried++) {
        uint8_t from[ORDER_KEY_BYTES_MAX];
        struct order other;
        if (!client_after(engine, client, from, &client)) {
            *all_tried = true;
            return found;
        }
        if (intake_find_order(engine, client, name, found == 0 ? order : &other)) {
            found += 1;
        }
    }
    *all_tried = false;
    return found;
}

/* Open orders only: nothing leads from a number to its order. */
static bool by_number_in(const struct engine *engine, enum table table, uint64_t number,
                         struct order *order)
{
    struct span key;
    struct span value;
    bool found = view_seek(&engine->view, table, span_of(NULL, 0), &key, &value);
    for (unsigned count = 0; found && count < ORDER_FIND_OPEN_MAX; count++) {
        struct span at = key;
        char kind = 'D';
        if (table == TABLE_QUEUED) {
            queue_read(value, &kind, &key);
        }
        if (!order_follow(&engine->view, key, order)) {
            return false;
        }
        if (order->number == number) {
            return true;
        }
        found = view_after(&engine->view, table, at, &key, &value);
    }
    return false;
}

static bool by_name_of_ours(struct engine *engine, struct span name, struct order *order)
{
    struct attempt attempt;
    uint64_t number;
    if (attempt_load(engine, name, &attempt)) {
        return order_follow(&engine->view, attempt.order_key, order);
    }
    return name_number(name, NAME_ORDER, &number) &&
           (by_number_in(engine, TABLE_LIVE, number, order) ||
            by_number_in(engine, TABLE_QUEUED, number, order) ||
            by_number_in(engine, TABLE_DEADLETTER, number, order));
}

static bool unknown(struct command_call *call, struct span name)
{
    text_add(text_add_span(text_add(&call->out->answer, "no order '"), name), "'");
    return command_refused(call, "; name it client/ClOrdID, as orders.list does, or by its "
                                 "attempt; an OrderID(37) finds open orders only");
}

/* Words that choose among many say nothing of one; whoever gave both meant something else. */
static bool is_named_alone(struct command_call *call)
{
    for (uint32_t i = 0; i < call->command->arguments_count; i++) {
        struct span name = call->command->arguments[i].name;
        if (order_filter_names(name) && !span_is(name, "client")) {
            text_add_span(text_add(&call->out->answer, "'"), name);
            return command_refused(call, "' goes with many orders: name one order, or what many "
                                         "have in common, not both");
        }
    }
    return true;
}

bool order_find(struct command_call *call, struct order *order)
{
    struct engine *engine = call->engine;
    struct span name = command_value(call, "order");
    struct span client = command_value(call, "client");
    if (!is_named_alone(call)) {
        return false;
    }
    if (client.size > 0) {
        bool found =
            client.size <= ENGINE_NAME_BYTES_MAX && intake_find_order(engine, client, name, order);
        return found || unknown(call, name);
    }
    if (by_label(engine, name, order)) {
        return true;
    }
    bool all_tried;
    unsigned found = by_cl_ord_id(engine, name, order, &all_tried);
    if (found == 1 && all_tried) {
        return true;
    }
    if (found > 0) {
        return command_refused(call, all_tried ? "several clients have an order of that ClOrdID: "
                                                 "name it client/ClOrdID"
                                               : "too many clients to look at them all: name it "
                                                 "client/ClOrdID");
    }
    return by_name_of_ours(engine, name, order) || unknown(call, name);
}
