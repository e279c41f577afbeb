/* What clients asked for, and the orders that come of it. */
#include "tests/oracle/oracle_parts.h"

static uint64_t request_key(struct span client, struct span cl_ord_id)
{
    return oracle_key(oracle_key(0, client), cl_ord_id);
}

uint32_t oracle_request_find(const struct oracle *oracle, struct span client, struct span cl_ord_id)
{
    uint32_t request = ORACLE_NONE;
    return oracle_map_find(&oracle->requests_by_name, request_key(client, cl_ord_id), &request)
               ? request
               : ORACLE_NONE;
}

uint32_t oracle_request_order(const struct oracle *oracle, uint32_t number)
{
    const struct request *request = &oracle->requests[number];
    return request->accepted != ORACLE_NONE ? oracle->contents[request->accepted].order
                                            : request->order;
}

static uint32_t request_add(struct oracle *oracle, struct span client, struct span cl_ord_id)
{
    bool added = false;
    uint32_t number = oracle_map_add(&oracle->requests_by_name, request_key(client, cl_ord_id),
                                     oracle->requests_count, &added);
    if (added) {
        oracle->requests = oracle_room(oracle->requests, &oracle->requests_capacity, number,
                                       sizeof oracle->requests[0]);
        oracle->requests_count++;
        oracle->requests[number] = (struct request){
            .name = oracle_texts_keep_pair(&oracle->texts, client, cl_ord_id),
            .contents = ORACLE_NONE,
            .accepted = ORACLE_NONE,
            .order = ORACLE_NONE,
        };
    }
    return number;
}

/* At a broker the order is known by 526; without one, by its name. */
static void mark(struct oracle *oracle, const struct oracle_message *message, uint32_t order)
{
    struct span marker = oracle_value(message, TAG_SECONDARY_CL_ORD_ID);
    bool added = false;
    if (marker.size == 0) {
        marker = span_text(oracle->orders[order].name);
    }
    (void)oracle_map_add(&oracle->orders_by_marker, oracle_key(0, marker), order, &added);
}

static uint32_t order_add(struct oracle *oracle, uint32_t request)
{
    uint32_t number = oracle->orders_count++;
    oracle->orders =
        oracle_room(oracle->orders, &oracle->orders_capacity, number, sizeof oracle->orders[0]);
    oracle->orders[number] = (struct order){
        .name = oracle->requests[request].name,
        .request = request,
        .current = request,
        .contents = ORACLE_NONE,
        .attempt = ORACLE_NONE,
        .asked_moment = oracle->moments_passed,
        .now = {.state = STATE_UNKNOWN},
        .moments = ORACLE_NONE,
        .moments_last = ORACLE_NONE,
        .matched = ORACLE_NONE,
        .pending = ORACLE_NONE,
        .pending_last = ORACLE_NONE,
        .asked_at = ORACLE_NONE,
        .known = ORACLE_NONE,
        .attempts = ORACLE_NONE,
    };
    oracle_map_set(&oracle->orders_by_name, oracle_key(0, span_text(oracle->orders[number].name)),
                   number);
    oracle->counts.orders++;
    return number;
}

static uint32_t content_find(const struct oracle *oracle, uint32_t request, uint64_t hash,
                             char kind)
{
    uint32_t content = oracle->requests[request].contents;
    while (content != ORACLE_NONE &&
           (oracle->contents[content].hash != hash || oracle->contents[content].kind != kind)) {
        content = oracle->contents[content].next;
    }
    return content;
}

/* The order that a new content of the request is about. */
static uint32_t order_meant(struct oracle *oracle, struct span client, uint32_t request,
                            const struct oracle_message *message)
{
    if (message->type == 'D') {
        uint32_t content = oracle->requests[request].contents;
        while (content != ORACLE_NONE && oracle->contents[content].kind != 'D') {
            content = oracle->contents[content].next;
        }
        return content != ORACLE_NONE ? oracle->contents[content].order
                                      : order_add(oracle, request);
    }
    uint32_t orig = oracle_request_find(oracle, client, oracle_value(message, TAG_ORIG_CL_ORD_ID));
    return orig != ORACLE_NONE ? oracle_request_order(oracle, orig) : ORACLE_NONE;
}

/* 0 as soon as two are asked for under its names: which one holds is not known. */
static void take_account(struct order *order, char kind, struct span account)
{
    uint64_t key = oracle_key(0, account);
    if (kind == 'D' || kind == 'G') {
        bool first = order->contents == ORACLE_NONE;
        order->account = first || order->account == key ? key : 0;
    }
}

static uint32_t content_add(struct oracle *oracle, struct span client, uint32_t request,
                            const struct oracle_message *message, uint64_t hash)
{
    uint32_t order = order_meant(oracle, client, request, message);
    uint32_t number = oracle->contents_count++;
    oracle->contents = oracle_room(oracle->contents, &oracle->contents_capacity, number,
                                   sizeof oracle->contents[0]);
    struct content *content = &oracle->contents[number];
    *content = (struct content){
        .hash = hash,
        .kind = message->type,
        .side = oracle_char(message, TAG_SIDE, '?'),
        .time_in_force = oracle_char(message, TAG_TIME_IN_FORCE, '0'),
        .symbol = oracle_key(0, oracle_value(message, TAG_SYMBOL)),
        .order = order,
        .orig = oracle_request_find(oracle, client, oracle_value(message, TAG_ORIG_CL_ORD_ID)),
        .request = request,
        .next = ORACLE_NONE,
        .next_of_order = ORACLE_NONE,
    };
    (void)oracle_number(message, TAG_ORDER_QTY, &content->quantity);
    content->has_price = oracle_number(message, TAG_PRICE, &content->price);
    uint32_t *last = &oracle->requests[request].contents;
    while (*last != ORACLE_NONE) { /* Few: what a client changes under one name. */
        last = &oracle->contents[*last].next;
    }
    *last = number;
    if (oracle->requests[request].order == ORACLE_NONE) {
        oracle->requests[request].order = order;
    }
    if (order != ORACLE_NONE) {
        mark(oracle, message, order);
        struct order *meant = &oracle->orders[order];
        content->next_of_order = meant->contents;
        meant->symbol = content->kind == 'D' ? content->symbol : meant->symbol;
        take_account(meant, content->kind, oracle_value(message, TAG_ACCOUNT));
        meant->contents = number;
        if (content->kind != 'F' && content->quantity > meant->quantity_most) {
            meant->quantity_most = content->quantity;
        }
    }
    oracle->counts.requests++;
    return number;
}

void oracle_request(struct oracle *oracle, const char *client, struct span bytes)
{
    struct oracle_message message;
    oracle->sendings++;
    if (!oracle_message_read(&message, bytes)) {
        return;
    }
    struct span cl_ord_id = oracle_value(&message, TAG_CL_ORD_ID);
    bool names = message.type == 'D' || message.type == 'F' || message.type == 'G';
    if (cl_ord_id.size == 0 || (!names && message.type != 'H')) {
        return;
    }
    uint32_t number = request_add(oracle, span_text(client), cl_ord_id);
    oracle->requests[number].sendings++;
    if (names) {
        uint64_t hash = oracle_content_of_request(&message);
        uint32_t content = content_find(oracle, number, hash, message.type);
        if (content == ORACLE_NONE) {
            content = content_add(oracle, span_text(client), number, &message, hash);
        }
        oracle->contents[content].sendings++;
        return;
    }
    oracle->requests[number].status_sendings++;
    uint32_t order = oracle_request_order(oracle, number);
    if (order != ORACLE_NONE) {
        oracle->orders[order].asked = true;
        oracle->orders[order].asked_at = oracle->orders[order].moments_last;
    }
}

void oracle_request_again(struct oracle *oracle, const char *client, struct span cl_ord_id)
{
    uint32_t number = oracle_request_find(oracle, span_text(client), cl_ord_id);
    oracle->sendings++;
    if (number != ORACLE_NONE) {
        struct request *request = &oracle->requests[number];
        request->sendings++;
        if (request->contents != ORACLE_NONE) {
            oracle->contents[request->contents].sendings++;
        }
    }
}

/* --- Which of several it was --------------------------------------------------------- */

/* But for the quantity. */
static bool terms_fit(const struct content *content, const struct oracle_message *message)
{
    int64_t price = 0;
    bool has_price = oracle_number(message, TAG_PRICE, &price);
    return has_price == content->has_price && price == content->price &&
           oracle_char(message, TAG_SIDE, '?') == content->side &&
           oracle_key(0, oracle_value(message, TAG_SYMBOL)) == content->symbol;
}

static bool content_fits(const struct content *content, const struct oracle_message *message)
{
    int64_t quantity = 0;
    return oracle_number(message, TAG_ORDER_QTY, &quantity) && quantity == content->quantity &&
           terms_fit(content, message);
}

bool oracle_order_asked_for(const struct oracle *oracle, const struct attempt *attempt,
                            const struct oracle_message *message)
{
    int64_t quantity = 0;
    (void)oracle_number(message, TAG_ORDER_QTY, &quantity);
    for (uint32_t at = oracle->orders[attempt->order].contents; at != ORACLE_NONE;
         at = oracle->contents[at].next_of_order) {
        const struct content *content = &oracle->contents[at];
        if (content->kind != 'F' && terms_fit(content, message) &&
            oracle_attempt_may_ask(oracle, attempt, content->quantity, quantity)) {
            return true;
        }
    }
    return false;
}

bool oracle_request_accept(struct oracle *oracle, uint32_t number, const char *kinds,
                           const struct oracle_message *message)
{
    struct request *request = &oracle->requests[number];
    if (request->accepted != ORACLE_NONE) {
        return strchr(kinds, oracle->contents[request->accepted].kind) != NULL;
    }
    uint32_t first = ORACLE_NONE;
    uint32_t fits = ORACLE_NONE;
    uint32_t count = 0;
    for (uint32_t at = request->contents; at != ORACLE_NONE; at = oracle->contents[at].next) {
        const struct content *content = &oracle->contents[at];
        if (strchr(kinds, content->kind) == NULL) {
            continue;
        }
        count++;
        first = first == ORACLE_NONE ? at : first;
        if (message != NULL && content_fits(content, message)) {
            request->doubtful = fits != ORACLE_NONE;
            fits = fits == ORACLE_NONE ? at : fits;
        }
    }
    if (count == 0) {
        return false;
    }
    if (count == 1 || fits != ORACLE_NONE) {
        request->accepted = count == 1 ? first : fits;
    }
    return true;
}

void oracle_order_take_terms(struct oracle *oracle, uint32_t number, uint32_t request)
{
    struct order *order = &oracle->orders[number];
    uint32_t accepted = oracle->requests[request].accepted;
    const struct content *content =
        &oracle->contents[accepted != ORACLE_NONE ? accepted : oracle->requests[request].contents];
    order->current = request;
    order->time_in_force = content->time_in_force;
    order->now.quantity = content->quantity;
    order->now.price = content->price;
    order->now.has_price = content->has_price;
}

void oracle_order_begin(struct oracle *oracle, uint32_t number,
                        const struct oracle_message *message)
{
    struct order *order = &oracle->orders[number];
    if (order->begun) {
        return;
    }
    order->begun = true;
    if (!oracle_request_accept(oracle, order->request, "D", message)) {
        oracle_violate(oracle, ORACLE_ANSWERS,
                       "%s is spoken of as an order, but was taken as another request",
                       order->name);
    }
    oracle_order_take_terms(oracle, number, order->request);
}
