/* The book: what orders there are, and what became of them. The oracle hears of each deed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/broker_parts.h"

/* --- Finding --------------------------------------------------------------------------- */

static uint32_t place_of(const struct sim_broker *broker, const char *cl_ord_id)
{
    uint32_t hash = 2166136261U;
    for (const char *at = cl_ord_id; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * 16777619U;
    }
    uint32_t place = hash % broker->lookup_capacity;
    while (broker->lookup[place] != BROKER_NONE &&
           strcmp(broker->requests[broker->lookup[place]].cl_ord_id, cl_ord_id) != 0) {
        place = (place + 1) % broker->lookup_capacity;
    }
    return place;
}

uint32_t book_find(const struct sim_broker *broker, const char *cl_ord_id)
{
    return broker->lookup_capacity == 0 ? BROKER_NONE : broker->lookup[place_of(broker, cl_ord_id)];
}

static void lookup_add(struct sim_broker *broker, uint32_t request)
{
    uint32_t place = place_of(broker, broker->requests[request].cl_ord_id);
    broker->lookup_count += broker->lookup[place] == BROKER_NONE ? 1 : 0;
    broker->lookup[place] = request;
}

static void lookup_widen(struct sim_broker *broker)
{
    if (2 * (broker->lookup_count + 1) <= broker->lookup_capacity) {
        return;
    }
    broker->lookup_capacity = broker->lookup_capacity == 0 ? 256 : 2 * broker->lookup_capacity;
    broker->lookup = realloc(broker->lookup, broker->lookup_capacity * sizeof(broker->lookup[0]));
    ASSERT(broker->lookup != NULL);
    for (uint32_t i = 0; i < broker->lookup_capacity; i++) {
        broker->lookup[i] = BROKER_NONE;
    }
    broker->lookup_count = 0;
    for (uint32_t i = 0; i + 1 < broker->requests_count; i++) {
        if (broker->requests[i].kind != 'H') {
            lookup_add(broker, i);
        }
    }
}

uint32_t book_add_request(struct sim_broker *broker, const struct broker_request *request)
{
    broker->requests = broker_grow(broker->requests, broker->requests_count,
                                   &broker->requests_capacity, sizeof(*broker->requests));
    uint32_t number = broker->requests_count++;
    broker->requests[number] = *request;
    lookup_widen(broker);
    lookup_add(broker, number);
    return number;
}

uint32_t book_find_marker(const struct sim_broker *broker, const char *marker)
{
    for (uint32_t i = broker->orders_count; i > 0; i--) {
        if (strcmp(broker->orders[i - 1].marker, marker) == 0) {
            return i - 1;
        }
    }
    return BROKER_NONE;
}

uint32_t book_last_execution(const struct sim_broker *broker)
{
    for (uint32_t i = broker->executions_count; i > 0; i--) {
        if (!broker->executions[i - 1].reversed) {
            return i - 1;
        }
    }
    return BROKER_NONE;
}

struct broker_order *book_order(struct sim_broker *broker, uint32_t order)
{
    ASSERT(order < broker->orders_count);
    return &broker->orders[order];
}

/* --- State ------------------------------------------------------------------------------- */

bool book_is_live(const struct broker_order *order)
{
    return order->state == BOOK_PENDING || order->state == BOOK_LIVE;
}

char book_status(const struct broker_order *order)
{
    switch (order->state) {
    case BOOK_PENDING:
        return order->cumulative > 0 ? '1' : 'A';
    case BOOK_LIVE:
        return order->cumulative > 0 ? '1' : '0';
    case BOOK_FILLED:
        return '2';
    case BOOK_CANCELLED:
        return '4';
    case BOOK_REJECTED:
        return '8';
    case BOOK_EXPIRED:
        return 'C';
    }
    return '0';
}

int64_t book_leaves(const struct broker_order *order)
{
    return book_is_live(order) ? order->quantity - order->cumulative : 0;
}

/* A fill, a bust or a correction has changed how much is executed. */
static void settle_state(struct broker_order *order)
{
    bool by_fills = book_is_live(order) || order->state == BOOK_FILLED;
    if (by_fills) {
        order->state = order->cumulative == order->quantity ? BOOK_FILLED : BOOK_LIVE;
    }
}

/* --- Deeds --------------------------------------------------------------------------------- */

uint32_t book_take(struct sim_broker *broker, const struct wire *wire)
{
    broker->orders = broker_grow(broker->orders, broker->orders_count, &broker->orders_capacity,
                                 sizeof(*broker->orders));
    uint32_t number = broker->orders_count++;
    struct broker_order *order = &broker->orders[number];
    *order = (struct broker_order){.side = wire_char(wire, 54, '1'),
                                   .time_in_force = wire_char(wire, 59, '0'),
                                   .quantity = wire_number(wire, 38),
                                   .price = wire_number(wire, 44)};
    wire_copy(wire, 11, order->attempt, sizeof(order->attempt));
    wire_copy(wire, 526, order->marker, sizeof(order->marker));
    wire_copy(wire, 55, order->symbol, sizeof(order->symbol));
    wire_copy(wire, 1, order->account, sizeof(order->account));
    if (order->marker[0] == '\0') {
        memcpy(order->marker, order->attempt, sizeof(order->attempt));
    }
    oracle_book_taken(broker->sim->oracle, broker->index, order->attempt, order->marker,
                      order->quantity, order->price);
    return number;
}

static void execute(struct sim_broker *broker, uint32_t number, const char *exec_id,
                    int64_t quantity, int64_t price)
{
    struct broker_order *order = &broker->orders[number];
    order->cumulative += quantity;
    order->notional += (broker_wide)price * quantity;
    settle_state(order);
    broker->executions = broker_grow(broker->executions, broker->executions_count,
                                     &broker->executions_capacity, sizeof(*broker->executions));
    struct broker_execution *execution = &broker->executions[broker->executions_count++];
    *execution = (struct broker_execution){.order = number, .quantity = quantity, .price = price};
    memcpy(execution->exec_id, exec_id, BROKER_ID_BYTES);
}

void book_fill(struct sim_broker *broker, uint32_t number, int64_t quantity, int64_t price)
{
    char exec_id[BROKER_ID_BYTES];
    struct sim *sim = broker->sim;
    struct broker_order *order = &broker->orders[number];
    ASSERT(quantity > 0);
    ASSERT(quantity <= book_leaves(order));
    broker_exec_id(broker, exec_id);
    execute(broker, number, exec_id, quantity, price);
    oracle_book_executed(sim->oracle, broker->index, order->attempt, exec_id, quantity, price);
    if (order->state == BOOK_FILLED) {
        oracle_book_ended(sim->oracle, broker->index, order->attempt, ORACLE_FILLED);
    }
    broker_report(broker, number,
                  &(struct broker_words){
                      .exec_type = 'F', .exec_id = exec_id, .quantity = quantity, .price = price});
}

/* Its report is the caller's. */
void book_end(struct sim_broker *broker, uint32_t number, enum oracle_end how)
{
    static const enum book_state states[] = {
        [ORACLE_FILLED] = BOOK_FILLED,
        [ORACLE_CANCELLED] = BOOK_CANCELLED,
        [ORACLE_REJECTED] = BOOK_REJECTED,
        [ORACLE_EXPIRED] = BOOK_EXPIRED,
    };
    struct broker_order *order = &broker->orders[number];
    ASSERT(book_is_live(order));
    order->state = states[how];
    oracle_book_ended(broker->sim->oracle, broker->index, order->attempt, how);
}

void book_replace(struct sim_broker *broker, uint32_t number, const struct broker_request *request)
{
    struct broker_order *order = &broker->orders[number];
    ASSERT(request->quantity > order->cumulative);
    oracle_book_replaced(broker->sim->oracle, broker->index, order->attempt, request->cl_ord_id,
                         request->quantity, request->price);
    char before[BROKER_ID_BYTES];
    memcpy(before, order->attempt, sizeof(before));
    memcpy(order->attempt, request->cl_ord_id, sizeof(order->attempt));
    order->quantity = request->quantity;
    order->price = request->price;
    order->state = BOOK_LIVE;
    broker_report(broker, number, &(struct broker_words){.exec_type = '5', .original = before});
}

static void take_back(struct broker_order *order, struct broker_execution *execution)
{
    order->cumulative -= execution->quantity;
    order->notional -= (broker_wide)execution->price * execution->quantity;
    execution->reversed = true;
}

void book_bust(struct sim_broker *broker, uint32_t number)
{
    struct broker_execution *execution = &broker->executions[number];
    struct broker_order *order = &broker->orders[execution->order];
    take_back(order, execution);
    settle_state(order);
    oracle_book_busted(broker->sim->oracle, broker->index, execution->exec_id);
    broker_report(broker, execution->order,
                  &(struct broker_words){.exec_type = 'H',
                                         .exec_ref_id = execution->exec_id,
                                         .quantity = execution->quantity,
                                         .price = execution->price});
}

/* Another price, and sometimes half of the quantity. */
void book_correct(struct sim_broker *broker, uint32_t number)
{
    struct sim *sim = broker->sim;
    struct broker_execution *execution = &broker->executions[number];
    struct broker_order *order = &broker->orders[execution->order];
    bool half = execution->quantity >= 2 * BROKER_ONE && random_chance(&sim->random, 300);
    int64_t quantity =
        half ? execution->quantity / (2 * BROKER_ONE) * BROKER_ONE : execution->quantity;
    int64_t price = execution->price + BROKER_ONE / 100;
    take_back(order, execution);
    order->cumulative += quantity;
    order->notional += (broker_wide)price * quantity;
    settle_state(order);
    oracle_book_corrected(sim->oracle, broker->index, execution->exec_id, quantity, price);
    broker_report(broker, execution->order,
                  &(struct broker_words){.exec_type = 'G',
                                         .exec_ref_id = execution->exec_id,
                                         .quantity = quantity,
                                         .price = price});
}
