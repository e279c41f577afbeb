#include "tests/unit/core_rig_limits.h"

#include "gateway/core/engine/record.h"
#include "gateway/core/engine/tables.h"

/* Counts the orders of the store that are open and, if `name` is not NULL, in that scope. */
struct wanted {
    uint8_t scope; /* As in the counter's key: '0' + enum limit_scope_kind. */
    struct span name;
    unsigned order_state;
};

static bool is_wanted(const struct wanted *wanted, const struct order *order)
{
    struct limit_parties parties = {
        .client = order->client, .account = order->account, .symbol = order->symbol};
    if (order_is_terminal(order->state) ||
        (wanted->order_state <= ORDER_DEAD_LETTER && order->state != wanted->order_state)) {
        return false;
    }
    return wanted->scope == '0' + SCOPE_ALL ||
           span_equal(limit_scope_name(&parties, (enum limit_scope_kind)(wanted->scope - '0')),
                      wanted->name);
}

static unsigned count(struct rig *rig, const struct wanted *wanted)
{
    static struct batch none; /* Only the committed store is looked at. */
    struct view view = {.batch = &none, .reader = &rig->read};
    struct span key;
    struct span value;
    unsigned found = 0;
    enum status status = store_seek(rig->store_reader, TABLE_ORDER, span_of(NULL, 0), &key, &value);
    while (status == STATUS_OK) {
        struct order order;
        struct order_request request;
        if (order_load(&view, key, &order, &request) == ORDER_RECORD_ORDER) {
            found += is_wanted(wanted, &order) ? 1 : 0;
        }
        status = store_after(rig->store_reader, TABLE_ORDER, key, &key, &value);
    }
    return found;
}

static void begin(struct rig *rig)
{
    enum status status = store_read_begin(rig->store_reader);
    ASSERT(status == STATUS_OK);
}

unsigned rig_orders_in(struct rig *rig, unsigned order_state)
{
    begin(rig);
    unsigned found = count(rig, &(struct wanted){.scope = '0', .order_state = order_state});
    store_read_end(rig->store_reader);
    return found;
}

/* One counter; returns its number if it is the one of all orders. */
static uint64_t check_counter(struct rig *rig, struct span key, struct span value)
{
    struct record_reader reader = record_reader_of(value);
    (void)record_get_u8(&reader);
    uint64_t number = record_get_u64(&reader);
    struct wanted wanted = {.scope = key.data[1],
                            .name = span_of(key.data + 2, key.size - 2),
                            .order_state = ORDER_DEAD_LETTER + 1};
    ASSERT(number == count(rig, &wanted));
    return wanted.scope == '0' ? number : 0;
}

void rig_check_open_orders(struct rig *rig)
{
    struct span key;
    struct span value;
    uint64_t all = 0;
    unsigned looked = 0;
    begin(rig);
    struct span from = span_text("o");
    enum status status = store_seek(rig->store_reader, TABLE_LIMIT, from, &key, &value);
    while (status == STATUS_OK && key.data[0] == 'o') {
        /* Each reads all orders. */
        all += looked++ < 200 ? check_counter(rig, key, value) : 0;
        status = store_after(rig->store_reader, TABLE_LIMIT, key, &key, &value);
    }
    store_read_end(rig->store_reader);
    ASSERT(all == rig_orders_in(rig, ORDER_DEAD_LETTER + 1));
}

size_t rig_table_count(struct rig *rig, uint32_t table)
{
    struct span key;
    struct span value;
    size_t found = 0;
    begin(rig);
    enum status status = store_seek(rig->store_reader, table, span_of(NULL, 0), &key, &value);
    while (status == STATUS_OK) {
        found += 1;
        status = store_after(rig->store_reader, table, key, &key, &value);
    }
    store_read_end(rig->store_reader);
    return found;
}
