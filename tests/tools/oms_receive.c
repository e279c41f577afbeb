/* The OMS's sockets, and what comes back on them. */
#include "tests/tools/oms_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/tools/broker_fields.h"

void oms_view_answer(struct oms *oms, struct span bytes)
{
    oms->counts.answers++;
    oms->answer_size = bytes.size < sizeof oms->answer ? bytes.size : sizeof oms->answer;
    memcpy(oms->answer, bytes.data, oms->answer_size);

    const char *text = (const char *)oms->answer;
    char id[OMS_ID_BYTES_MAX + 1];
    if (!fields_get(text, oms->answer_size, TAG_CL_ORD_ID, id, sizeof id)) {
        (void)fields_get(text, oms->answer_size, TAG_REF_ID, id, sizeof id);
    }
    uint32_t index = 0;
    if (!name_map_find(&oms->names, span_text(id), &index) ||
        oms->requests[index].answered_ns != 0) {
        return; /* An answer to a repetition, or to something that was no request. */
    }
    struct oms_request *request = &oms->requests[index];
    char type = fields_char(text, oms->answer_size, TAG_MSG_TYPE, '?');
    request->answered_ns = clock_monotonic_ns();
    char said[OMS_ANSWER_TEXT_BYTES];
    (void)fields_get(text, oms->answer_size, TAG_TEXT, said, sizeof said);
    (void)snprintf(request->text, sizeof request->text, "%.*s", OMS_TEXT_BYTES_MAX, said);
    request->answer = type == '8' ? fields_char(text, oms->answer_size, TAG_EXEC_TYPE, '?') : type;
    ASSERT(oms->counts.unanswered > 0);
    oms->counts.unanswered--;
    if (request->msg_type == 'D' && !oms_order_ended(request)) {
        oms->counts.open_orders++;
    }
}

void oms_view_event(struct oms *oms, struct span bytes)
{
    const char *text = (const char *)bytes.data;
    char value[OMS_ID_BYTES_MAX + 1];
    uint32_t index = 0;
    if (!fields_get(text, bytes.size, TAG_CL_ORD_ID, value, sizeof value) ||
        !name_map_find(&oms->names, span_text(value), &index)) {
        return; /* Not of an order, or not of ours. */
    }
    struct oms_request *order = &oms->requests[oms->requests[index].order];
    bool ended = oms_order_ended(order);
    order->ord_status = fields_char(text, bytes.size, TAG_ORD_STATUS, order->ord_status);
    if (fields_get(text, bytes.size, TAG_ORDER_STATE, value, sizeof value)) {
        (void)snprintf(order->state, sizeof order->state, "%.*s", OMS_STATE_BYTES_MAX, value);
    }
    if (fields_get(text, bytes.size, TAG_BROKER, value, sizeof value)) {
        (void)snprintf(order->broker, sizeof order->broker, "%s", value);
    }
    int64_t quantity = 0;
    if (fields_get(text, bytes.size, TAG_CUM_QTY, value, sizeof value) &&
        broker_number_parse(value, &quantity)) {
        order->cum_qty = quantity;
    }
    if (fields_get(text, bytes.size, TAG_LEAVES_QTY, value, sizeof value) &&
        broker_number_parse(value, &quantity)) {
        order->leaves_qty = quantity;
    }
    bool ends = oms_order_ended(order);
    if (order->answered_ns != 0 && ends && !ended) {
        ASSERT(oms->counts.open_orders > 0);
        oms->counts.open_orders--;
    } else if (order->answered_ns != 0 && ended && !ends) {
        oms->counts.open_orders++; /* A bust can open it again. */
    }
}

static void take_answer(struct oms *oms, struct span bytes)
{
    oms_write_down(oms, JOURNAL_ANSWER, bytes);
    oms_view_answer(oms, bytes);
}

static void take_answers(struct oms *oms)
{
    for (uint32_t taken = 0; taken < OMS_TAKE_PER_POLL_MAX; taken++) {
        enum status status = zeromq_receive(&oms->order_entry, &oms->frames);
        if (status != STATUS_OK) {
            ASSERT(status == STATUS_BUSY);
            return;
        }
        /* REQ peers put an empty frame before the message; a DEALER may get it too. */
        take_answer(oms, oms->frames.list[oms->frames.count - 1]);
    }
}

static uint64_t number_of(struct span bytes)
{
    uint64_t number = 0;
    for (size_t index = 0; index < bytes.size; index++) {
        number = number << 8 | bytes.data[index];
    }
    return number;
}

/* Topic, BusSeq, instance, message. False: a heartbeat, or another encoding. */
static bool frame_read(const struct zeromq_frames *frames, struct oms_journal_line *line)
{
    ASSERT(frames->count == 4);
    span_to_text(frames->list[0], line->topic, sizeof line->topic);
    line->bus_seq = number_of(frames->list[1]);
    line->instance = number_of(frames->list[2]);
    line->message = frames->list[3];
    return strcmp(line->topic, "HB") != 0 && strncmp(line->topic, "json.", 5) != 0;
}

/* The bus as it is, so that the audit need not trust the client library. */
static void take_frames(struct oms *oms)
{
    for (uint32_t taken = 0; taken < OMS_TAKE_PER_POLL_MAX; taken++) {
        enum status status = zeromq_receive(&oms->bus_raw, &oms->frames);
        if (status != STATUS_OK) {
            ASSERT(status == STATUS_BUSY);
            return;
        }
        struct oms_journal_line line = {.kind = JOURNAL_FRAME,
                                        .time_ns = clock_read(&oms->clock).engine_ns};
        if (frame_read(&oms->frames, &line)) {
            char hash[24];
            (void)snprintf(hash, sizeof hash, "%" PRIx64, name_map_hash(line.message));
            line.message = span_text(hash);
            oms_journal_write(&oms->journal, &line);
            oms->counts.frames++;
        }
    }
}

static void take_event(struct oms *oms, const struct bus_event *event)
{
    struct oms_journal_line line = {.kind = JOURNAL_EVENT,
                                    .time_ns = clock_read(&oms->clock).engine_ns,
                                    .bus_seq = event->bus_seq,
                                    .instance = event->instance_id,
                                    .message = event->message};
    span_to_text(event->topic, line.topic, sizeof line.topic);
    oms_journal_write(&oms->journal, &line);
    oms->counts.events++;
    oms_view_event(oms, event->message);
}

static void take_break(struct oms *oms, const struct bus_event *event, const char *what)
{
    struct oms_journal_line line = {.kind = JOURNAL_BREAK,
                                    .time_ns = clock_read(&oms->clock).engine_ns,
                                    .bus_seq = event->bus_seq,
                                    .instance = event->instance_id,
                                    .message = span_text(what)};
    oms_journal_write(&oms->journal, &line);
    (void)fprintf(stderr, "oms: the bus broke before %" PRIu64 ": %s\n", event->bus_seq, what);
}

static void take_events(struct oms *oms)
{
    for (uint32_t taken = 0; taken < OMS_TAKE_PER_POLL_MAX; taken++) {
        struct bus_event event = {0};
        switch (bus_client_next(&oms->bus, 0, &event)) {
        case BUS_CLIENT_EVENT:
            take_event(oms, &event);
            break;
        case BUS_CLIENT_TIMEOUT:
            return;
        case BUS_CLIENT_NEW_INSTANCE:
            take_break(oms, &event, "another store");
            break;
        case BUS_CLIENT_MISSING:
            take_break(oms, &event, "events are missing");
            break;
        case BUS_CLIENT_BACKWARD:
            take_break(oms, &event, "the store went backwards");
            break;
        case BUS_CLIENT_FAILED:
            ASSERT(false);
        }
    }
}

void oms_poll(struct oms *oms, int timeout_ms)
{
    struct zeromq_poll items[] = {
        {.socket = &oms->order_entry},
        {.socket = &oms->bus_raw},
        {.socket = &oms->bus.live},
        {.socket = &oms->bus.replay},
    };
    enum status status = zeromq_poll(items, ARRAY_LEN(items), timeout_ms);
    ASSERT(status == STATUS_OK);
    take_answers(oms);
    take_frames(oms);
    take_events(oms);
    oms_resubmit(oms);
}

/* Opening and closing. */

static bool sockets_open(struct oms *oms, const struct oms_place *place,
                         char error[ZEROMQ_ERROR_BYTES_MAX])
{
    struct zeromq_options dealer = {.kind = ZEROMQ_DEALER,
                                    .send_max = OMS_QUEUE_MAX,
                                    .receive_max = OMS_QUEUE_MAX,
                                    .connected_only_off = true};
    struct zeromq_options sub = {.kind = ZEROMQ_SUB, .receive_max = OMS_QUEUE_MAX};
    struct bus_client_config bus = {.zeromq = &oms->zeromq,
                                    .bus_endpoint = oms->config.bus_endpoint,
                                    .replay_endpoint = oms->config.replay_endpoint,
                                    .from_seq = place->bus_seq,
                                    .instance_id = place->instance};
    return zeromq_open(&oms->zeromq) == STATUS_OK &&
           zeromq_socket_open(&oms->zeromq, &dealer, &oms->order_entry, error) == STATUS_OK &&
           zeromq_socket_open(&oms->zeromq, &sub, &oms->bus_raw, error) == STATUS_OK &&
           zeromq_subscribe(&oms->bus_raw, span_of(NULL, 0)) == STATUS_OK &&
           zeromq_connect(&oms->bus_raw, oms->config.bus_endpoint, error) == STATUS_OK &&
           zeromq_connect(&oms->order_entry, oms->config.order_entry_endpoint, error) ==
               STATUS_OK &&
           bus_client_open(&oms->bus, &bus, error) == STATUS_OK;
}

/* What it holds in memory. */
static void oms_free(struct oms *oms)
{
    for (uint32_t index = 0; index < oms->requests_count; index++) {
        free((void *)(uintptr_t)oms->requests[index].bytes.data);
    }
    free(oms->requests);
    name_map_free(&oms->names);
    free(oms);
}

struct oms *oms_open(const struct oms_config *config)
{
    char error[ZEROMQ_ERROR_BYTES_MAX] = "";
    struct oms *oms = calloc(1, sizeof *oms);
    ASSERT(oms != NULL);
    oms->config = *config;
    struct oms_place place = {.bus_seq = 1};
    if (config->resume && !oms_restore(oms, config->journal_path, &place)) {
        (void)fprintf(stderr, "oms: cannot read %s: %s\n", config->journal_path, strerror(errno));
        oms_free(oms);
        return NULL;
    }
    if (!oms_journal_create(&oms->journal, config->journal_path)) {
        (void)fprintf(stderr, "oms: cannot write %s\n", config->journal_path);
        oms_free(oms);
        return NULL;
    }
    if (!sockets_open(oms, &place, error)) {
        (void)fprintf(stderr, "oms: %s\n", error);
        oms_close(oms);
        return NULL;
    }
    return oms;
}

void oms_close(struct oms *oms)
{
    bus_client_close(&oms->bus);
    zeromq_frames_release(&oms->frames);
    zeromq_socket_close(&oms->order_entry);
    zeromq_socket_close(&oms->bus_raw);
    zeromq_close(&oms->zeromq);
    oms_journal_close(&oms->journal);
    oms_free(oms);
}
