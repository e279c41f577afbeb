#include "gateway/core/orders/order.h"

#include "gateway/core/engine/record.h"

enum { ORDER_VERSION = 2 };

#define STATE(name) (1U << ORDER_##name)

/* From each state, where an order may go. A broker may answer a SENT order with
 * anything at once. From a terminal state only the broker's own later word leads
 * on: a fill that crossed a cancel, or a bust that opens the order again. */
static const uint32_t legal_moves[] = {
    [ORDER_RECEIVED] = STATE(QUEUED) | STATE(ROUTED) | STATE(CANCELLED) | STATE(EXPIRED),
    /* FILLED: by late fills of an attempt before. */
    [ORDER_QUEUED] =
        STATE(ROUTED) | STATE(CANCELLED) | STATE(EXPIRED) | STATE(DEAD_LETTER) | STATE(FILLED),
    [ORDER_ROUTED] = STATE(SENT) | STATE(QUEUED),
    [ORDER_SENT] = STATE(IN_DOUBT) | STATE(ACKED) | STATE(PARTIAL) | STATE(FILLED) |
                   STATE(CANCELLED) | STATE(REJECTED) | STATE(EXPIRED),
    [ORDER_IN_DOUBT] = STATE(SENT) | STATE(ACKED) | STATE(PARTIAL) | STATE(FILLED) |
                       STATE(CANCELLED) | STATE(REJECTED) | STATE(EXPIRED) | STATE(QUEUED) |
                       STATE(DEAD_LETTER),
    /* QUEUED: what was cancelled there moves on to another broker, if it still may. */
    [ORDER_ACKED] = STATE(PARTIAL) | STATE(FILLED) | STATE(CANCELLED) | STATE(REJECTED) |
                    STATE(EXPIRED) | STATE(QUEUED) | STATE(DEAD_LETTER),
    [ORDER_PARTIAL] = STATE(FILLED) | STATE(CANCELLED) | STATE(REJECTED) | STATE(EXPIRED) |
                      STATE(ACKED) | STATE(QUEUED) | STATE(DEAD_LETTER),
    [ORDER_FILLED] = STATE(PARTIAL) | STATE(ACKED),
    [ORDER_CANCELLED] = STATE(FILLED),
    [ORDER_REJECTED] = STATE(ACKED) | STATE(PARTIAL) | STATE(FILLED),
    [ORDER_EXPIRED] = STATE(FILLED),
    [ORDER_DEAD_LETTER] = STATE(QUEUED) | STATE(ACKED) | STATE(PARTIAL) | STATE(FILLED) |
                          STATE(CANCELLED) | STATE(REJECTED) | STATE(EXPIRED),
};

struct span order_key(uint8_t key[ORDER_KEY_BYTES_MAX], struct span client, struct span cl_ord_id)
{
    struct record_writer writer = record_writer_on(key, ORDER_KEY_BYTES_MAX);
    record_put_bytes(&writer, client);
    record_put_u8(&writer, 0);
    record_put_bytes(&writer, cl_ord_id);
    return record_written(&writer);
}

static void terms_encode(struct record_writer *writer, const struct order_terms *terms)
{
    record_put_i64(writer, terms->quantity.units);
    record_put_i64(writer, terms->price.units);
    record_put_u8(writer, terms->has_price);
    record_put_u8(writer, (uint8_t)terms->ord_type);
    record_put_u8(writer, (uint8_t)terms->time_in_force);
    record_put_u64(writer, terms->expires_ns);
}

static void terms_decode(struct record_reader *reader, struct order_terms *terms)
{
    terms->quantity.units = record_get_i64(reader);
    terms->price.units = record_get_i64(reader);
    terms->has_price = record_get_u8(reader) != 0;
    terms->ord_type = (char)record_get_u8(reader);
    terms->time_in_force = (char)record_get_u8(reader);
    terms->expires_ns = record_get_u64(reader);
}

static void order_encode(struct record_writer *writer, const struct order *order)
{
    record_put_u8(writer, ORDER_VERSION);
    record_put_u8(writer, ORDER_RECORD_ORDER);
    record_put_span(writer, order->client);
    record_put_span(writer, order->cl_ord_id);
    record_put_span(writer, order->cl_ord_id_now);
    record_put_u64(writer, order->number);
    record_put_u64(writer, order->content);
    record_put_u8(writer, (uint8_t)order->state);
    record_put_u64(writer, order->created_ns);
    record_put_u64(writer, order->changed_ns);
    record_put_span(writer, order->reason);
    record_put_span(writer, order->symbol);
    record_put_span(writer, order->account);
    record_put_span(writer, order->currency);
    record_put_u8(writer, (uint8_t)order->side);
    terms_encode(writer, &order->terms);
    record_put_span(writer, order->body);
    record_put_i64(writer, order->cum_quantity.units);
    record_put_i64(writer, order->notional.high);
    record_put_u64(writer, order->notional.low);
    record_put_u64(writer, order->arrival);
    record_put_u32(writer, order->attempts);
    record_put_u8(writer, order->unacked);
    record_put_span(writer, order->broker);
    record_put_span(writer, order->session_id);
    record_put_span(writer, order->attempt_id);
    record_put_span(writer, order->attempt_id_now);
    record_put_u64(writer, order->attempt_number);
    record_put_u64(writer, order->attempt_seq);
    record_put_u32(writer, order->attempt_resets);
    record_put_span(writer, order->broker_order_id);
    record_put_u8(writer, order->left);
    record_put_i64(writer, order->attempt_quantity.units);
    record_put_i64(writer, order->elsewhere.units);
    record_put_u8(writer, (uint8_t)order->evidence);
    record_put_u64(writer, order->evidence_ns);
    record_put_u64(writer, order->asked_ns);
    record_put_u32(writer, order->asked_count);
    record_put_u8(writer, order->doubt_told);
    record_put_u8(writer, order->vouched);
    record_put_u8(writer, order->forced);
    record_put_u8(writer, order->moving);
    record_put_u8(writer, (uint8_t)order->pending);
    record_put_u8(writer, order->pending_sent);
    record_put_span(writer, order->pending_id);
    record_put_span(writer, order->pending_attempt_id);
}

static void order_decode(struct record_reader *reader, struct order *order)
{
    order->client = record_get_span(reader);
    order->cl_ord_id = record_get_span(reader);
    order->cl_ord_id_now = record_get_span(reader);
    order->number = record_get_u64(reader);
    order->content = record_get_u64(reader);
    order->state = (enum order_state)record_get_u8(reader);
    order->created_ns = record_get_u64(reader);
    order->changed_ns = record_get_u64(reader);
    order->reason = record_get_span(reader);
    order->symbol = record_get_span(reader);
    order->account = record_get_span(reader);
    order->currency = record_get_span(reader);
    order->side = (char)record_get_u8(reader);
    terms_decode(reader, &order->terms);
    order->body = record_get_span(reader);
    order->cum_quantity.units = record_get_i64(reader);
    order->notional.high = record_get_i64(reader);
    order->notional.low = record_get_u64(reader);
    order->arrival = record_get_u64(reader);
    order->attempts = record_get_u32(reader);
    order->unacked = record_get_u8(reader) != 0;
    order->broker = record_get_span(reader);
    order->session_id = record_get_span(reader);
    order->attempt_id = record_get_span(reader);
    order->attempt_id_now = record_get_span(reader);
    order->attempt_number = record_get_u64(reader);
    order->attempt_seq = record_get_u64(reader);
    order->attempt_resets = record_get_u32(reader);
    order->broker_order_id = record_get_span(reader);
    order->left = record_get_u8(reader) != 0;
    order->attempt_quantity.units = record_get_i64(reader);
    order->elsewhere.units = record_get_i64(reader);
    order->evidence = (enum order_evidence)record_get_u8(reader);
    order->evidence_ns = record_get_u64(reader);
    order->asked_ns = record_get_u64(reader);
    order->asked_count = record_get_u32(reader);
    order->doubt_told = record_get_u8(reader) != 0;
    order->vouched = record_get_u8(reader) != 0;
    order->forced = record_get_u8(reader) != 0;
    order->moving = record_get_u8(reader) != 0;
    order->pending = (char)record_get_u8(reader);
    order->pending_sent = record_get_u8(reader) != 0;
    order->pending_id = record_get_span(reader);
    order->pending_attempt_id = record_get_span(reader);
}

static void request_encode(struct record_writer *writer, const struct order_request *request)
{
    record_put_u8(writer, ORDER_VERSION);
    record_put_u8(writer, ORDER_RECORD_REQUEST);
    record_put_span(writer, request->order_key);
    record_put_u8(writer, (uint8_t)request->kind);
    record_put_u64(writer, request->content);
    record_put_span(writer, request->body);
    terms_encode(writer, &request->terms);
}

static void request_decode(struct record_reader *reader, struct order_request *request)
{
    request->order_key = record_get_span(reader);
    request->kind = (char)record_get_u8(reader);
    request->content = record_get_u64(reader);
    request->body = record_get_span(reader);
    terms_decode(reader, &request->terms);
}

enum order_record order_load(const struct view *view, struct span key, struct order *order,
                             struct order_request *request)
{
    struct span value;
    if (!view_get(view, TABLE_ORDER, key, &value)) {
        return ORDER_RECORD_NONE;
    }
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    ASSERT(version == ORDER_VERSION);
    if (record_get_u8(&reader) == ORDER_RECORD_REQUEST) {
        request_decode(&reader, request);
        ASSERT(record_done(&reader));
        return ORDER_RECORD_REQUEST;
    }
    order_decode(&reader, order);
    ASSERT(record_done(&reader));
    return ORDER_RECORD_ORDER;
}

bool order_follow(const struct view *view, struct span key, struct order *order)
{
    struct order_request other;
    enum order_record found = order_load(view, key, order, &other);
    ASSERT(found == ORDER_RECORD_ORDER || view_failed(view));
    return found == ORDER_RECORD_ORDER;
}

bool order_request_follow(const struct view *view, struct span key, struct order_request *request)
{
    struct order other;
    enum order_record found = order_load(view, key, &other, request);
    ASSERT(found == ORDER_RECORD_REQUEST || view_failed(view));
    return found == ORDER_RECORD_REQUEST;
}

void order_save(const struct view *view, const struct order *order,
                uint8_t scratch[ORDER_RECORD_BYTES_MAX])
{
    uint8_t key[ORDER_KEY_BYTES_MAX];
    struct record_writer writer = record_writer_on(scratch, ORDER_RECORD_BYTES_MAX);
    order_encode(&writer, order);
    view_put(view, TABLE_ORDER, order_key(key, order->client, order->cl_ord_id),
             record_written(&writer));
}

void order_request_save(const struct view *view, struct span key,
                        const struct order_request *request,
                        uint8_t scratch[ORDER_RECORD_BYTES_MAX])
{
    struct record_writer writer = record_writer_on(scratch, ORDER_RECORD_BYTES_MAX);
    request_encode(&writer, request);
    view_put(view, TABLE_ORDER, key, record_written(&writer));
}

bool order_may_become(enum order_state from, enum order_state to)
{
    ASSERT(from < ARRAY_LEN(legal_moves));
    return (legal_moves[from] & 1U << to) != 0;
}

void order_become(struct order *order, enum order_state state, uint64_t now_ns, struct span reason)
{
    order->reason = reason;
    if (order->reason.size > ENGINE_TEXT_BYTES_MAX) {
        order->reason.size = ENGINE_TEXT_BYTES_MAX;
    }
    if (order->state == state) {
        return;
    }
    ASSERT(order_may_become(order->state, state));
    order->state = state;
    order->changed_ns = now_ns;
}

void order_pending_done(struct order *order)
{
    order->pending = 0;
    order->pending_sent = false;
    order->pending_id = span_of(NULL, 0);
    order->pending_attempt_id = span_of(NULL, 0);
}

bool order_is_terminal(enum order_state state)
{
    return state == ORDER_FILLED || state == ORDER_CANCELLED || state == ORDER_REJECTED ||
           state == ORDER_EXPIRED;
}

char order_status(const struct order *order)
{
    static const char status[] = {
#define X(name, ord_status) ord_status,
        ORDER_STATES(X)
#undef X
    };
    /* A cancel of our own, to move it, is none that the client knows of. */
    if (order->pending != 0 && !order->moving && !order_is_terminal(order->state)) {
        return order->pending == 'F' ? '6' : 'E';
    }
    /* What is partly filled stays so for the client while the rest goes to another broker. */
    if (status[order->state] == 'A' && order->cum_quantity.units > 0) {
        return '1';
    }
    return status[order->state];
}

struct decimal order_leaves(const struct order *order)
{
    struct decimal leaves;
    if (order_is_terminal(order->state) ||
        decimal_sub(order->terms.quantity, order->cum_quantity, &leaves) != DECIMAL_OK ||
        leaves.units < 0) {
        return decimal_zero();
    }
    return leaves;
}

struct decimal order_average(const struct order *order)
{
    struct decimal average;
    if (decimal_sum_average(order->notional, order->cum_quantity, &average) != DECIMAL_OK) {
        return decimal_zero();
    }
    return average;
}

const char *order_state_name(enum order_state state)
{
    static const char *const names[] = {
#define X(name, status) #name,
        ORDER_STATES(X)
#undef X
    };
    ASSERT(state < ARRAY_LEN(names));
    return names[state];
}

const char *order_evidence_name(enum order_evidence evidence)
{
    static const char *const names[] = {
#define X(name) #name,
        ORDER_EVIDENCES(X)
#undef X
    };
    ASSERT(evidence < ARRAY_LEN(names));
    return names[evidence];
}
