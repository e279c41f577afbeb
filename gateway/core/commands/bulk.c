#include "gateway/core/commands/bulk.h"

#include "gateway/core/commands/audit.h"
#include "gateway/core/commands/bulk_parts.h"
#include "gateway/core/engine/bus.h"
#include "gateway/core/orders/order_filter.h"

const char *bulk_state_name(enum bulk_state state)
{
    static const char *const names[] = {
#define X(name) #name,
        BULK_STATES(X)
#undef X
    };
    ASSERT((size_t)state < ARRAY_LEN(names));
    return names[state];
}

bool bulk_is_one(struct command_call *call)
{
    return command_value(call, "order").size > 0;
}

/* --- The bulks there are --------------------------------------------------------------------- */

struct bulk *bulk_find(struct engine *engine, uint64_t number)
{
    for (uint32_t i = 0; i < engine->bulks.count; i++) {
        if (engine->bulks.list[i].number == number) {
            return &engine->bulks.list[i];
        }
    }
    return NULL;
}

static bool has_ended(const struct bulk *bulk)
{
    return bulk->state != BULK_WAITING && bulk->state != BULK_RUNNING && !bulk->listed;
}

struct bulk *bulk_make(struct engine *engine, uint64_t number)
{
    struct bulks *bulks = &engine->bulks;
    uint32_t at = 0;
    while (at < bulks->count && !has_ended(&bulks->list[at])) {
        at++;
    }
    if (bulks->count == BULKS_MAX) {
        if (at == BULKS_MAX) {
            return NULL;
        }
        bulk_forget(engine, &bulks->list[at]);
        bulks->count -= 1;
        memmove(&bulks->list[at], &bulks->list[at + 1],
                (bulks->count - at) * sizeof(bulks->list[0]));
    }
    struct bulk *bulk = &bulks->list[bulks->count++];
    *bulk = (struct bulk){
        .number = number, .state = BULK_WAITING, .since_ns = engine->now_ns, .listed = true};
    return bulk;
}

void bulk_become(struct engine *engine, struct bulk *bulk, enum bulk_state state)
{
    ASSERT(bulk->state == BULK_WAITING || bulk->state == BULK_RUNNING);
    bulk->state = state;
    bulk->since_ns = engine->now_ns;
    bulk->wait = true;
    bulk_save(engine, bulk);
}

/* --- Why orders are left --------------------------------------------------------------------- */

void bulk_why_add(struct bulk_whys *whys, struct span words)
{
    char cut[BULK_WHY_BYTES_MAX + 1];
    uint32_t at = 0;
    span_to_text(words, cut, sizeof(cut));
    while (at < whys->count && strcmp(cut, whys->list[at].words) != 0) {
        at++;
    }
    if (at == BULK_WHYS_MAX) {
        at = BULK_WHYS_MAX - 1;
        span_to_text(span_text("other reasons: see audit.list"), whys->list[at].words,
                     sizeof(whys->list[at].words));
    } else if (at == whys->count) {
        memcpy(whys->list[at].words, cut, sizeof(cut));
        whys->list[at].orders = 0;
        whys->count += 1;
    }
    whys->list[at].orders += 1;
}

uint32_t bulk_whys_count(const struct bulk_whys *whys)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < whys->count; i++) {
        sum += whys->list[i].orders;
    }
    return sum;
}

/* --- One order ------------------------------------------------------------------------------- */

static bool no_row(void *context, const struct command_field *fields, uint32_t count)
{
    (void)context;
    (void)fields;
    (void)count;
    return true;
}

static void add_argument(struct bulk_one *one, const char *name, struct span value)
{
    ASSERT(one->command.arguments_count < COMMAND_ARGUMENTS_MAX);
    one->arguments[one->command.arguments_count++] =
        (struct command_argument){.name = span_text(name), .value = value};
}

void bulk_one_init(struct bulk_one *one, const struct command_call *bulk, struct span client,
                   struct span cl_ord_id)
{
    const struct command *command = bulk->command;
    uint8_t key[ORDER_KEY_BYTES_MAX];
    one->command = (struct command){.name = command->name,
                                    .operator_name = command->operator_name,
                                    .may = command->may,
                                    .arguments = one->arguments};
    one->out = (struct command_out){.row = no_row};
    one->call = (struct command_call){.engine = bulk->engine,
                                      .command = &one->command,
                                      .out = &one->out,
                                      .proposer = bulk->proposer,
                                      .proposal = bulk->proposal};
    one->label = order_label(client, cl_ord_id);
    one->number = (struct text){.size = 0};
    text_add_uint(&one->number, bulk->proposal);
    /* Names may hold '/': a label that leads to another order first is none. */
    struct span label = order_label_span(&one->label);
    if (span_equal(order_label_key(bulk->engine, label, one->key),
                   order_key(key, client, cl_ord_id))) {
        add_argument(one, "order", label);
    } else {
        add_argument(one, "order", cl_ord_id);
        add_argument(one, "client", client);
    }
    for (uint32_t i = 0; i < command->arguments_count; i++) {
        if (!order_filter_names(command->arguments[i].name)) {
            one->arguments[one->command.arguments_count++] = command->arguments[i];
        }
    }
    add_argument(one, "bulk", text_span(&one->number));
}

/* It stands as it did when the second person was asked about it. */
static bool is_as_it_was(const struct bulk_entry *then, const struct order *order)
{
    bool held = then->state == ORDER_IN_DOUBT || then->state == ORDER_DEAD_LETTER;
    return then->attempt_number == order->attempt_number && then->evidence == order->evidence &&
           (!held || (then->state == order->state && then->changed_ns == order->changed_ns));
}

static bool carry_out(const struct command_spec *spec, struct bulk_one *one, struct span key,
                      const struct bulk_entry *entry)
{
    struct order order;
    struct order_request request;
    if (order_load(&one->call.engine->view, key, &order, &request) != ORDER_RECORD_ORDER) {
        return command_refused(&one->call, "it is not kept any more");
    }
    if (!is_as_it_was(entry, &order)) {
        text_add(&one->out.answer, "it has changed since this was proposed, and is ");
        return command_refused(&one->call, order_state_name(order.state));
    }
    return spec->run(&one->call);
}

static void take_one(struct bulk *bulk, const struct command_spec *spec, struct command_call *call,
                     struct span key, const struct bulk_entry *entry)
{
    struct bulk_one one;
    struct span client;
    struct span cl_ord_id;
    order_key_parts(key, &client, &cl_ord_id);
    bulk_one_init(&one, call, client, cl_ord_id);
    bool done = carry_out(spec, &one, key, entry);
    command_record(&one.call, done ? COMMAND_DONE : COMMAND_REFUSED);
    if (done) {
        bulk->done += 1;
    } else {
        bulk->refused += 1;
        bulk_why_add(&bulk->left, text_span(&one.out.answer));
    }
    bulk_entry_remove(call->engine, bulk->number, key);
}

/* --- Turns ----------------------------------------------------------------------------------- */

static void tell(struct engine *engine, const struct bulk *bulk, struct span command)
{
    struct text words = {.size = 0};
    struct text object = {.size = 0};
    text_add(text_add_uint(text_add(&words, "bulk "), bulk->number), ", ");
    text_add(text_add_span(&words, command), ": ");
    text_add(text_add_uint(&words, bulk->done), " of ");
    text_add(text_add_uint(&words, bulk->orders), " orders are done, ");
    text_add(text_add_uint(&words, bulk->refused), " were left");
    text_add(&words, bulk->refused > 0 ? ": see bulk.show" : "");
    text_add_uint(text_add(&object, "number="), bulk->number);
    audit_add(engine, &(struct audit){.instant_ns = engine->now_ns,
                                      .operator_name = span_text("engine"),
                                      .command = span_text("bulk.end"),
                                      .object = text_span(&object),
                                      .carried_out = true,
                                      .outcome = text_span(&words)});
    bus_alert(engine, "warning", span_of(NULL, 0), span_of(NULL, 0), text_span(&words));
}

/* The next one of the list, its key in `key`. */
static bool next_entry(struct engine *engine, const struct bulk *bulk,
                       uint8_t key[ORDER_KEY_BYTES_MAX], size_t *key_size, struct bulk_entry *out)
{
    struct span found;
    if (!bulk_entry_next(engine, bulk->number, span_of(key, *key_size), &found, out)) {
        return false;
    }
    ASSERT(found.size <= ORDER_KEY_BYTES_MAX);
    memcpy(key, found.data, found.size);
    *key_size = found.size;
    return true;
}

/* Some more orders; those that are not to be done leave the list all the same. */
static void slice(struct bulk *bulk, const struct command_spec *spec, struct command_call *call)
{
    struct engine *engine = call->engine;
    uint8_t key[ORDER_KEY_BYTES_MAX];
    size_t key_size = 0;
    for (unsigned count = 0; count < TURN_BULK_MAX; count++) {
        struct bulk_entry entry;
        if (engine_turn_full(engine)) {
            break;
        }
        if (!next_entry(engine, bulk, key, &key_size, &entry)) {
            bulk->listed = false;
            break;
        }
        if (bulk->state == BULK_RUNNING) {
            take_one(bulk, spec, call, span_of(key, key_size), &entry);
        } else {
            bulk_entry_remove(engine, bulk->number, span_of(key, key_size));
        }
    }
    if (bulk->state == BULK_RUNNING && !bulk->listed) {
        bulk_become(engine, bulk, BULK_DONE);
        tell(engine, bulk, call->command->name);
        return;
    }
    bulk_save(engine, bulk);
}

static void go_on(struct engine *engine, struct bulk *bulk)
{
    struct proposal proposal;
    if (!proposal_load(engine, bulk->number, &proposal)) {
        proposal = (struct proposal){.number = bulk->number};
    }
    const struct command command = {.name = proposal.command,
                                    .operator_name = proposal.decider,
                                    .arguments = proposal.arguments,
                                    .arguments_count = proposal.arguments_count};
    struct command_call call = {.engine = engine,
                                .command = &command,
                                .proposer = proposal.proposer,
                                .proposal = bulk->number};
    const struct command_spec *spec = command_find(proposal.command);
    if (bulk->state == BULK_RUNNING && spec == NULL) {
        /* A thousand proposals later, or another version of fixgate: nobody could say who
         * answers for it. */
        bulk_become(engine, bulk, BULK_ABORTED);
        return;
    }
    slice(bulk, spec, &call);
}

static bool is_waited_for(const struct engine *engine, const struct bulk *bulk)
{
    for (uint32_t i = 0; i < engine->approvals.waiting_count; i++) {
        if (engine->approvals.waiting[i].number == bulk->number) {
            return true;
        }
    }
    return false;
}

static bool has_work(const struct engine *engine, const struct bulk *bulk)
{
    return bulk->state == BULK_WAITING ? !is_waited_for(engine, bulk) : bulk->listed;
}

void bulk_tick(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->bulks.count; i++) {
        struct bulk *bulk = &engine->bulks.list[i];
        if (!has_work(engine, bulk)) {
            continue;
        }
        if (bulk->wait) {
            bulk->wait = false;
        } else if (bulk->state == BULK_WAITING) {
            bulk_become(engine, bulk, BULK_NOT_APPROVED);
        } else {
            go_on(engine, bulk);
        }
        return;
    }
}

uint64_t bulk_deadline_ns(const struct engine *engine)
{
    for (uint32_t i = 0; i < engine->bulks.count; i++) {
        if (has_work(engine, &engine->bulks.list[i])) {
            return engine->now_ns;
        }
    }
    return UINT64_MAX;
}

bool bulk_begin(struct command_call *call)
{
    struct bulk *bulk = bulk_find(call->engine, call->proposal);
    if (bulk == NULL || bulk->state != BULK_WAITING) {
        return command_refused(call, "its list is not there any more: propose it anew");
    }
    bulk_become(call->engine, bulk, BULK_RUNNING);
    text_add_uint(text_add(&call->out->answer, "bulk "), bulk->number);
    text_add_uint(text_add(&call->out->answer, " has begun, with "), bulk->orders);
    text_add_uint(text_add(&call->out->answer, " orders: bulk.show tells how far it is, bulk.abort "
                                               "number="),
                  bulk->number);
    return command_done(call, " stops it");
}
