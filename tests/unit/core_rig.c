#include "tests/unit/core_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fix/builder.h"
#include "fix/dictionary_loader.h"
#include "fix/tags.h"
#include "gateway/core/event.h"
#include "gateway/core/tables.h"

/* --- Files and texts --------------------------------------------------------- */

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        abort();
    }
    char *data = malloc(4 * 1024 * 1024);
    *size = fread(data, 1, 4 * 1024 * 1024, file);
    (void)fclose(file);
    return data;
}

static struct dictionary *load_dictionary(void)
{
    const char *paths[] = {"dictionaries/FIX44.xml", "dictionaries/FIX44-internal.xml"};
    struct dictionary_source sources[2];
    char *data[2];
    for (size_t i = 0; i < 2; i++) {
        size_t size;
        data[i] = read_file(paths[i], &size);
        sources[i] = (struct dictionary_source){.name = paths[i], .xml = span_of(data[i], size)};
    }
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary *dictionary = dictionary_load(sources, 2, error);
    free(data[0]);
    free(data[1]);
    if (dictionary == NULL) {
        (void)fprintf(stderr, "%s\n", error);
        abort();
    }
    return dictionary;
}

static void log_line(struct rig_log *log, struct span topic, struct span message, uint64_t bus_seq)
{
    ASSERT(log->count < RIG_LOG_MAX);
    char *line = malloc(topic.size + message.size + 3);
    size_t size = 0;
    if (topic.size > 0) {
        memcpy(line, topic.data, topic.size);
        size = topic.size;
        line[size++] = ' ';
    }
    line[size++] = '|';
    for (size_t i = 0; i < message.size; i++) {
        line[size++] = message.data[i] == FIX_SOH ? '|' : (char)message.data[i];
    }
    line[size] = '\0';
    log->line[log->count] = line;
    log->bus_seq[log->count] = bus_seq;
    log->count += 1;
}

static size_t with_soh(const char *text, uint8_t *bytes)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = text[i] == '|' ? FIX_SOH : (uint8_t)text[i];
    }
    return size;
}

const char *rig_value(const char *line, const char *tag)
{
    static char value[512];
    char wanted[16];
    value[0] = '\0';
    (void)snprintf(wanted, sizeof(wanted), "|%s=", tag);
    const char *found = line == NULL ? NULL : strstr(line, wanted);
    if (found != NULL) {
        found += strlen(wanted);
        size_t size = strcspn(found, "|");
        size = size < sizeof(value) - 1 ? size : sizeof(value) - 1;
        memcpy(value, found, size);
        value[size] = '\0';
    }
    return value;
}

const char *rig_event(const struct rig *rig, const char *a, const char *b)
{
    for (size_t i = rig->events.count; i > 0; i--) {
        const char *line = rig->events.line[i - 1];
        if (strstr(line, a) != NULL && (b == NULL || strstr(line, b) != NULL)) {
            return line;
        }
    }
    return NULL;
}

size_t rig_event_count(const struct rig *rig, const char *a)
{
    size_t count = 0;
    for (size_t i = 0; i < rig->events.count; i++) {
        count += strstr(rig->events.line[i], a) != NULL;
    }
    return count;
}

/* --- Lines ---------------------------------------------------------------------- */

static void line_add(struct rig_line *line, struct span bytes)
{
    ASSERT(bytes.size <= RIG_LINE_BYTES - line->size);
    memcpy(line->bytes + line->size, bytes.data, bytes.size);
    line->size += bytes.size;
}

static void line_take(struct rig_line *line, size_t size)
{
    memmove(line->bytes, line->bytes + size, line->size - size);
    line->size -= size;
}

/* --- The brokers ------------------------------------------------------------------ */

static void broker_effects(struct rig *rig, struct rig_broker *broker,
                           const struct message *message);

/* Its reports wait, in their order, until its session can send. */
static void broker_flush(struct rig *rig, struct rig_broker *broker)
{
    while (broker->waiting != NULL && broker->connected && session_can_send(&broker->session)) {
        struct rig_waiting *first = broker->waiting;
        broker->waiting = first->next;
        effects_reset(&rig->effects);
        (void)session_send(&broker->session, rig->now_ns, span_text(first->msg_type),
                           span_of(first->body, first->size), &rig->effects);
        free(first);
        broker_effects(rig, broker, NULL);
    }
}

static void broker_send(struct rig *rig, struct rig_broker *broker, const char *msg_type,
                        struct span body)
{
    struct rig_waiting **last = &broker->waiting;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = calloc(1, sizeof(**last));
    span_to_text(span_text(msg_type), (*last)->msg_type, sizeof((*last)->msg_type));
    ASSERT(body.size <= sizeof((*last)->body));
    memcpy((*last)->body, body.data, body.size);
    (*last)->size = body.size;
    broker_flush(rig, broker);
}

static void report(struct rig *rig, struct rig_broker *broker, const struct message *order,
                   char exec_type, char ord_status, bool fill)
{
    uint8_t bytes[2048];
    struct builder body;
    char id[32];
    broker->executions += fill ? 1 : 0;
    builder_init(&body, bytes, sizeof(bytes));
    (void)snprintf(id, sizeof(id), "O%u", broker->orders);
    builder_text(&body, TAG_OrderID, id);
    broker->reports += 1;
    (void)snprintf(id, sizeof(id), "E%u", broker->reports);
    builder_text(&body, TAG_ExecID, id);
    builder_span(&body, TAG_ClOrdID, message_value(order, TAG_ClOrdID));
    if (message_find(order, TAG_OrigClOrdID) != NULL) {
        builder_span(&body, TAG_OrigClOrdID, message_value(order, TAG_OrigClOrdID));
    }
    builder_char(&body, TAG_ExecType, exec_type);
    builder_char(&body, TAG_OrdStatus, ord_status);
    builder_span(&body, TAG_Symbol, message_value(order, TAG_Symbol));
    builder_span(&body, TAG_Side, message_value(order, TAG_Side));
    struct span quantity = message_value(order, TAG_OrderQty);
    if (fill) {
        builder_span(&body, TAG_LastQty, quantity);
        builder_text(&body, TAG_LastPx, "10.5");
    }
    builder_span(&body, TAG_CumQty, fill ? quantity : span_text("0"));
    builder_text(&body, TAG_LeavesQty, "0");
    builder_text(&body, TAG_AvgPx, fill ? "10.5" : "0");
    struct span fields = builder_fields(&body);
    ASSERT(fields.size <= sizeof(broker->last_report));
    memcpy(broker->last_report, fields.data, fields.size);
    broker->last_report_size = fields.size;
    broker_send(rig, broker, MSG_ExecutionReport, fields);
}

static void broker_answer(struct rig *rig, struct rig_broker *broker, const struct message *message)
{
    struct span type = message_type(message);
    span_to_text(message_value(message, TAG_ClOrdID), broker->last_cl_ord_id, 64);
    span_to_text(message_value(message, TAG_OrigClOrdID), broker->last_orig_cl_ord_id, 64);
    span_to_text(type, broker->last_msg_type, 4);
    if (span_is(type, MSG_NewOrderSingle)) {
        broker->orders += 1;
        log_line(&rig->taken, span_of(NULL, 0), message_value(message, TAG_SecondaryClOrdID), 0);
    }
    if (broker->manner == RIG_SILENT) {
        return;
    }
    if (broker->manner == RIG_REFUSE) {
        session_business_reject(&broker->session, rig->now_ns, message, 4, "closed", &rig->effects);
        broker_effects(rig, broker, NULL);
        return;
    }
    if (span_is(type, MSG_OrderCancelRequest)) {
        report(rig, broker, message, ExecType_CANCELED, OrdStatus_CANCELED, false);
    } else if (span_is(type, MSG_OrderCancelReplaceRequest)) {
        report(rig, broker, message, ExecType_REPLACED, OrdStatus_NEW, false);
    } else if (span_is(type, MSG_NewOrderSingle)) {
        report(rig, broker, message, ExecType_NEW, OrdStatus_NEW, false);
        if (broker->manner == RIG_FILL) {
            report(rig, broker, message, ExecType_TRADE, OrdStatus_FILLED, true);
        }
    }
}

static void broker_keep(struct rig_broker *broker, const struct effect *effect)
{
    ASSERT(effect->msg_seq_num < RIG_KEPT_MAX);
    struct rig_kept *kept = &broker->kept[effect->msg_seq_num];
    free(kept->bytes);
    kept->bytes = malloc(effect->bytes.size);
    memcpy(kept->bytes, effect->bytes.data, effect->bytes.size);
    kept->size = effect->bytes.size;
    kept->kind = effect->message;
}

static void broker_effects(struct rig *rig, struct rig_broker *broker,
                           const struct message *message)
{
    struct effect list[FIX_EFFECTS_MAX];
    size_t count = rig->effects.count;
    bool deliver = false;
    memcpy(list, rig->effects.list, sizeof(list[0]) * count);
    rig->effects.count = 0;
    for (size_t i = 0; i < count; i++) {
        if (list[i].kind == EFFECT_SEND) {
            if (list[i].keep) {
                broker_keep(broker, &list[i]);
            }
            line_add(&broker->to_gateway, list[i].bytes);
        } else if (list[i].kind == EFFECT_DELIVER) {
            deliver = true;
        }
    }
    if (deliver) {
        broker_answer(rig, broker, message);
    }
}

static void broker_resend(struct rig *rig, struct rig_broker *broker)
{
    uint64_t next;
    uint64_t end;
    while (session_resend_next(&broker->session, &next, &end)) {
        const struct rig_kept *kept = &broker->kept[next];
        effects_reset(&rig->effects);
        session_resend_message(&broker->session, rig->now_ns, span_of(kept->bytes, kept->size),
                               kept->kind, false, &rig->effects);
        broker_effects(rig, broker, NULL);
    }
}

static bool broker_move(struct rig *rig, struct rig_broker *broker)
{
    bool moved = false;
    struct message message;
    message_init(&message, rig->fields, FIX_FIELDS_MAX);
    while (broker->connected && !broker->deaf && broker->to_broker.size > 0) {
        effects_reset(&rig->effects);
        size_t taken = session_receive(&broker->session, rig->now_ns,
                                       span_of(broker->to_broker.bytes, broker->to_broker.size),
                                       &message, &rig->effects);
        broker_effects(rig, broker, &message);
        broker_resend(rig, broker);
        effects_reset(&rig->effects);
        while (session_receive_kept(&broker->session, rig->now_ns, &message, &rig->effects)) {
            broker_effects(rig, broker, &message);
            effects_reset(&rig->effects);
        }
        if (taken == 0) {
            break;
        }
        line_take(&broker->to_broker, taken);
        moved = true;
    }
    broker_flush(rig, broker);
    if (broker->connected && !broker->deaf &&
        rig->now_ns >= session_deadline_ns(&broker->session)) {
        effects_reset(&rig->effects);
        session_tick(&broker->session, rig->now_ns, &rig->effects);
        broker_effects(rig, broker, NULL);
    }
    return moved;
}

void rig_broker_repeats(struct rig *rig, unsigned number)
{
    struct rig_broker *broker = &rig->broker[number];
    if (broker->last_report_size > 0) {
        broker_send(rig, broker, MSG_ExecutionReport,
                    span_of(broker->last_report, broker->last_report_size));
        rig_settle(rig);
    }
}

void rig_broker_says(struct rig *rig, unsigned number, const char *msg_type, const char *body)
{
    uint8_t bytes[4096];
    size_t size = with_soh(body, bytes);
    broker_send(rig, &rig->broker[number], msg_type, span_of(bytes, size));
    rig_settle(rig);
}

/* --- The gateway ------------------------------------------------------------------- */

static void port_send(void *context, uint32_t session, struct span bytes)
{
    struct rig *rig = context;
    if (rig->broker[session].connected && !rig->mute) {
        line_add(&rig->broker[session].to_broker, bytes);
    }
}

static void port_connect(void *context, uint32_t session)
{
    struct rig *rig = context;
    rig->connect_wanted[session] = !rig->mute;
}

static void port_close(void *context, uint32_t session, struct span reason)
{
    struct rig *rig = context;
    (void)reason;
    rig->close_wanted[session] = true;
}

static void port_reply(void *context, struct span route, struct span message)
{
    struct rig *rig = context;
    if (!rig->mute) {
        log_line(&rig->replies, route, message, 0);
    }
}

static void port_publish(void *context, struct span topic, uint64_t bus_seq, struct span message)
{
    struct rig *rig = context;
    if (!rig->mute) {
        log_line(&rig->events, topic, message, bus_seq);
    }
}

static void port_heartbeat(void *context, uint64_t bus_seq)
{
    (void)context;
    (void)bus_seq;
}

static void port_log(void *context, enum effect_severity severity, struct span line)
{
    (void)context;
    if (getenv("RIG_LOG") != NULL) {
        (void)fprintf(stderr, "log %d %.*s\n", (int)severity, (int)line.size,
                      (const char *)line.data);
    }
}

static void turn_begin(struct rig *rig)
{
    enum status status = store_read_begin(rig->store_reader);
    ASSERT(status == STATUS_OK);
    engine_turn_begin(rig->engine, &rig->reader.port, rig->now_ns);
}

static bool turn_end(struct rig *rig)
{
    engine_tick(rig->engine);
    bool something = engine_turn_end(rig->engine);
    /* All that the turn read has been copied; the map may have to move now. */
    store_read_end(rig->store_reader);
    enum status status = apply_turn(rig->store, &rig->reader, rig->turn, &rig->ports);
    if (status != STATUS_OK) {
        (void)fprintf(stderr, "apply: %s\n", store_error(rig->store));
        abort();
    }
    return something;
}

static bool feed_links(struct rig *rig)
{
    bool moved = false;
    for (uint32_t i = 0; i < RIG_BROKERS; i++) {
        struct rig_broker *broker = &rig->broker[i];
        if (rig->connect_wanted[i]) {
            rig->connect_wanted[i] = false;
            moved = true;
            if (!broker->listening) {
                engine_disconnected(rig->engine, i, "connection refused");
                continue;
            }
            broker->connected = true;
            effects_reset(&rig->effects);
            session_connected(&broker->session, rig->now_ns, &rig->effects);
            broker_effects(rig, broker, NULL);
            engine_connected(rig->engine, i);
        }
        if (broker->to_gateway.size > 0) {
            size_t taken = engine_received(
                rig->engine, i, span_of(broker->to_gateway.bytes, broker->to_gateway.size));
            line_take(&broker->to_gateway, taken);
            moved = moved || taken > 0;
        }
    }
    return moved;
}

void rig_settle(struct rig *rig)
{
    bool moved = true;
    for (unsigned round = 0; moved && round < 10000; round++) {
        moved = false;
        for (uint32_t i = 0; i < RIG_BROKERS; i++) {
            moved = broker_move(rig, &rig->broker[i]) || moved;
        }
        turn_begin(rig);
        moved = feed_links(rig) || moved;
        (void)turn_end(rig);
        for (uint32_t i = 0; i < RIG_BROKERS; i++) {
            moved = moved || rig->connect_wanted[i];
            if (rig->close_wanted[i]) {
                rig->close_wanted[i] = false;
                rig_drop(rig, i);
                moved = true;
            }
        }
        moved = moved || engine_deadline_ns(rig->engine) <= rig->now_ns;
    }
    ASSERT(!moved);
}

void rig_pass(struct rig *rig, unsigned milliseconds)
{
    for (unsigned passed = 0; passed < milliseconds; passed += 100) {
        rig->now_ns += 100 * UINT64_C(1000000);
        rig_settle(rig);
    }
}

static void broker_hang_up(struct rig *rig, struct rig_broker *broker)
{
    broker->connected = false;
    broker->to_broker.size = 0;
    broker->to_gateway.size = 0;
    effects_reset(&rig->effects);
    session_disconnected(&broker->session, rig->now_ns, &rig->effects);
}

void rig_drop(struct rig *rig, unsigned number)
{
    broker_hang_up(rig, &rig->broker[number]);
    turn_begin(rig);
    engine_disconnected(rig->engine, number, "dropped by the test");
    (void)turn_end(rig);
}

const char *rig_request(struct rig *rig, const char *request)
{
    uint8_t bytes[64 * 1024];
    size_t size = with_soh(request, bytes);
    size_t before = rig->replies.count;
    turn_begin(rig);
    engine_request(rig->engine, span_text("OMS"), span_text("route"), span_of(bytes, size));
    (void)turn_end(rig);
    rig_settle(rig);
    ASSERT(rig->replies.count == before + 1);
    return rig->replies.line[before];
}

void rig_start(struct rig *rig)
{
    char error[STORE_ERROR_BYTES_MAX];
    const char *tables[TABLE_OUT + RIG_BROKERS];
    char out_names[RIG_BROKERS][64];
    for (uint32_t table = 0; table < TABLE_OUT; table++) {
        tables[table] = table_name((enum table)table);
    }
    for (uint32_t i = 0; i < RIG_BROKERS; i++) {
        (void)snprintf(out_names[i], sizeof(out_names[i]), "out/%s", rig->sessions[i].id);
        tables[TABLE_OUT + i] = out_names[i];
    }
    struct store_config config = {.path = rig->path,
                                  .durability = STORE_PROCESS,
                                  .tables = tables,
                                  .tables_count = TABLE_OUT + RIG_BROKERS,
                                  .instance_id = 0x123456789abcdefULL};
    if (store_open(&config, &rig->store, error) != STATUS_OK ||
        store_reader_open(rig->store, &rig->store_reader) != STATUS_OK) {
        (void)fprintf(stderr, "%s\n", error);
        abort();
    }
    rig->config.instance_id = store_instance_id(rig->store);
    apply_reader_init(&rig->reader, rig->store_reader);
    rig->engine = calloc(1, sizeof(*rig->engine));
    rig->turn = calloc(1, sizeof(*rig->turn));
    char reason[ENGINE_TEXT_BYTES_MAX + 1];
    enum status status = store_read_begin(rig->store_reader);
    ASSERT(status == STATUS_OK);
    const char *refused = engine_start(rig->engine, &rig->config, rig->turn, &rig->reader.port,
                                       store_batch_number(rig->store), rig->now_ns, reason);
    store_read_end(rig->store_reader);
    if (refused != NULL) {
        (void)fprintf(stderr, "%s\n", refused);
        abort();
    }
    rig_settle(rig);
}

void rig_crash(struct rig *rig)
{
    for (uint32_t i = 0; i < RIG_BROKERS; i++) {
        rig->connect_wanted[i] = false;
        rig->close_wanted[i] = false;
        broker_hang_up(rig, &rig->broker[i]);
    }
    store_reader_close(rig->store_reader);
    store_close(rig->store);
    free(rig->engine);
    free(rig->turn);
    rig->engine = NULL;
}

void rig_crash_unreleased(struct rig *rig, const char *request)
{
    uint8_t bytes[4096];
    rig->mute = true;
    turn_begin(rig);
    (void)feed_links(rig);
    if (request != NULL) {
        size_t size = with_soh(request, bytes);
        engine_request(rig->engine, span_text("OMS"), span_text("route"), span_of(bytes, size));
    }
    (void)turn_end(rig);
    rig->mute = false;
    rig_crash(rig);
}

uint64_t rig_check_events(struct rig *rig)
{
    struct span key;
    struct span value;
    uint64_t last = 0;
    enum status status = store_read_begin(rig->store_reader);
    ASSERT(status == STATUS_OK);
    status = store_seek(rig->store_reader, TABLE_EVENT, span_of(NULL, 0), &key, &value);
    while (status == STATUS_OK) {
        uint64_t bus_seq = bus_seq_decode(key);
        ASSERT(bus_seq == last + 1);
        last = bus_seq;
        status = store_after(rig->store_reader, TABLE_EVENT, key, &key, &value);
    }
    ASSERT(status == STATUS_NOT_FOUND);
    store_read_end(rig->store_reader);
    return last;
}

/* --- Making ------------------------------------------------------------------------- */

static void make_broker(struct rig *rig, uint32_t i, const char *name, const char *id)
{
    rig->broker_configs[i] = (struct broker_config){.name = name, .weight = 1};
    struct engine_session_config *session = &rig->sessions[i];
    session->id = id;
    session->role = ROLE_ORDERS;
    session->broker = i;
    session->reconnect_interval_ns = 1000 * UINT64_C(1000000);
    session->backlog_bytes_high = 64 * 1024;
    session->backlog_bytes_max = 1024 * 1024;
    session->fix = session_config_default();
    session->fix.begin_string = "FIX.4.4";
    session->fix.sender_comp_id = "FIXGATE";
    session->fix.target_comp_id = name;
    session->fix.heart_bt_int_seconds = 30;
    session->fix.dictionary = rig->dictionary;

    struct rig_broker *broker = &rig->broker[i];
    broker->config = session->fix;
    broker->config.acceptor = true;
    broker->config.sender_comp_id = name;
    broker->config.target_comp_id = "FIXGATE";
    broker->listening = true;
    session_init(&broker->session, &broker->config, broker->early, FIX_EARLY_MESSAGES_MAX,
                 broker->early_bytes, 1, 1);
}

struct rig *rig_new(void)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    (void)snprintf(rig->path, sizeof(rig->path), "/tmp/fixgate-rig-XXXXXX");
    if (mkdtemp(rig->path) == NULL) {
        abort();
    }
    rig->now_ns = UINT64_C(1790000000) * 1000000000; /* 2026-09-21T14:13:20Z */
    rig->dictionary = load_dictionary();
    make_broker(rig, 0, "ALPHA", "FIX.4.4:FIXGATE->ALPHA");
    make_broker(rig, 1, "BETA", "FIX.4.4:FIXGATE->BETA");
    rig->config = (struct engine_config){.comp_id = "FIXGATE",
                                         .brokers = rig->broker_configs,
                                         .brokers_count = RIG_BROKERS,
                                         .sessions = rig->sessions,
                                         .sessions_count = RIG_BROKERS,
                                         .dictionary = rig->dictionary,
                                         .bus_heartbeat_ns = UINT64_C(1000000000)};
    rig->ports = (struct release_ports){.context = rig,
                                        .send = port_send,
                                        .connect = port_connect,
                                        .close = port_close,
                                        .reply = port_reply,
                                        .publish = port_publish,
                                        .heartbeat = port_heartbeat,
                                        .log = port_log};
    return rig;
}

static void free_log(struct rig_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        free(log->line[i]);
    }
}

void rig_free(struct rig *rig)
{
    if (rig->engine != NULL) {
        rig_crash(rig);
    }
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf %s", rig->path);
    if (system(command) != 0) {
        perror(command);
    }
    for (uint32_t i = 0; i < RIG_BROKERS; i++) {
        for (size_t seq = 0; seq < RIG_KEPT_MAX; seq++) {
            free(rig->broker[i].kept[seq].bytes);
        }
        while (rig->broker[i].waiting != NULL) {
            struct rig_waiting *first = rig->broker[i].waiting;
            rig->broker[i].waiting = first->next;
            free(first);
        }
    }
    free_log(&rig->replies);
    free_log(&rig->events);
    free_log(&rig->taken);
    dictionary_free(rig->dictionary);
    free(rig);
}
