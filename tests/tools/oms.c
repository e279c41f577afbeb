#include "tests/tools/oms.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "fix/timestamp.h"
#include "gateway/bus_client.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/zeromq.h"
#include "tests/tools/broker_fields.h"

enum {
    OMS_ANSWER_TEXT_BYTES = 1024,
    OMS_ANSWER_BYTES_MAX = 64 * 1024,
    OMS_REQUESTS_MAX = 1024 * 1024,
    OMS_RESUBMIT_PER_POLL_MAX = 256, /* After an outage the backlog goes out in shares. */
    OMS_QUEUE_MAX = 20000,           /* Messages queued per socket. */
    OMS_TAKE_PER_POLL_MAX = 4096,    /* Messages of one kind that one poll takes. */
    OMS_SOH = 1,
};

/* The numbers of FIX 4.4 and of FIX44-internal.xml that an OMS reads. Written
 * here again: the other side does not take the gateway's word for them. */
enum {
    TAG_CL_ORD_ID = 11,
    TAG_CUM_QTY = 14,
    TAG_MSG_TYPE = 35,
    TAG_ORD_STATUS = 39,
    TAG_ORIG_CL_ORD_ID = 41,
    TAG_SENDER_COMP_ID = 49,
    TAG_TEXT = 58,
    TAG_TRANSACT_TIME = 60,
    TAG_EXEC_TYPE = 150,
    TAG_LEAVES_QTY = 151,
    TAG_REF_ID = 379, /* BusinessRejectRefID: ClOrdID of what was rejected. */
    TAG_SECONDARY_CL_ORD_ID = 526,
    TAG_BROKER = 10003,
    TAG_ORDER_STATE = 10005,
};

struct oms {
    struct oms_config config;
    struct oms_counts counts;
    struct oms_journal journal;
    struct clock clock;
    struct zeromq zeromq;
    struct zeromq_socket order_entry; /* DEALER. */
    struct zeromq_socket bus_raw;     /* SUB: what stands on the bus, unchecked. */
    struct zeromq_frames frames;      /* Of the message being taken. */
    struct bus_client bus;
    struct name_map names;        /* ClOrdID → index into requests. */
    struct oms_request *requests; /* Owned; grows. */
    uint32_t requests_count;
    uint32_t requests_capacity;
    uint32_t unanswered_first; /* No request before this one waits for an answer. */
    uint8_t answer[OMS_ANSWER_BYTES_MAX];
    size_t answer_size;
};

static void write_down(struct oms *oms, enum oms_journal_kind kind, struct span message)
{
    struct oms_journal_line line = {
        .kind = kind, .time_ns = clock_read(&oms->clock).engine_ns, .message = message};
    oms_journal_write(&oms->journal, &line);
}

/* Requests. */

static struct oms_request *request_add(struct oms *oms, const char *cl_ord_id)
{
    if (oms->requests_count == oms->requests_capacity) {
        ASSERT(oms->requests_capacity < OMS_REQUESTS_MAX);
        uint32_t capacity = oms->requests_capacity == 0 ? 1024 : 2 * oms->requests_capacity;
        oms->requests = realloc(oms->requests, capacity * sizeof oms->requests[0]);
        ASSERT(oms->requests != NULL);
        oms->requests_capacity = capacity;
    }
    bool added = false;
    uint32_t index = name_map_add(&oms->names, span_text(cl_ord_id), &added);
    ASSERT(added); /* An OMS never gives a ClOrdID twice. */
    ASSERT(index == oms->requests_count);
    struct oms_request *request = &oms->requests[oms->requests_count++];
    *request = (struct oms_request){.order = index};
    (void)snprintf(request->cl_ord_id, sizeof request->cl_ord_id, "%s", cl_ord_id);
    return request;
}

/* The request as it goes out: 8, 35, 49, what was given, 60 and 526. */
static void request_build(struct oms *oms, struct oms_request *request, const char *text)
{
    struct fields fields;
    fields_clear(&fields);
    fields_text(&fields, 8, "FIX.4.4");
    fields_char_add(&fields, TAG_MSG_TYPE, request->msg_type);
    fields_text(&fields, TAG_SENDER_COMP_ID, oms->config.comp_id);
    const char *marker = oms->requests[request->order].cl_ord_id;
    fields_text(&fields, TAG_SECONDARY_CL_ORD_ID, marker);
    char time[TIMESTAMP_TEXT_BYTES_MAX];
    if (!fields_get(text, strlen(text), TAG_TRANSACT_TIME, time, sizeof time)) {
        size_t size = timestamp_format(clock_read(&oms->clock).engine_ns, 3, time);
        time[size] = '\0';
        fields_text(&fields, TAG_TRANSACT_TIME, time);
    }
    const char *rest = strchr(text, OMS_SOH) + 1; /* Behind 35=. */
    size_t rest_size = strlen(rest);
    uint8_t *bytes = malloc(fields.size + rest_size + 1);
    ASSERT(!fields.overflow);
    ASSERT(bytes != NULL);
    memcpy(bytes, fields.data, fields.size);
    memcpy(bytes + fields.size, rest, rest_size + 1);
    request->bytes = span_of(bytes, fields.size + rest_size);
}

static void request_send(struct oms *oms, struct oms_request *request)
{
    request->last_sent_ns = clock_monotonic_ns();
    if (request->sent_count == 0) {
        request->first_sent_ns = request->last_sent_ns;
    }
    request->sent_count++;
    oms_send_raw(oms, &request->bytes, 1);
}

uint32_t oms_submit(struct oms *oms, const char *request_text)
{
    char text[FIELDS_BYTES_MAX];
    size_t size = strlen(request_text);
    ASSERT(size > 3);
    ASSERT(size + 1 < sizeof text);
    for (size_t index = 0; index <= size; index++) {
        text[index] = request_text[index] == '|' ? OMS_SOH : request_text[index];
    }
    if (text[size - 1] != OMS_SOH) {
        text[size] = OMS_SOH;
        text[++size] = '\0';
    }
    ASSERT(memcmp(text, "35=", 3) == 0);
    char cl_ord_id[OMS_ID_BYTES_MAX + 1];
    bool named = fields_get(text, size, TAG_CL_ORD_ID, cl_ord_id, sizeof cl_ord_id);
    ASSERT(named);

    struct oms_request *request = request_add(oms, cl_ord_id);
    request->msg_type = text[3];
    char origin[OMS_ID_BYTES_MAX + 1];
    uint32_t index = 0;
    if (fields_get(text, size, TAG_ORIG_CL_ORD_ID, origin, sizeof origin) &&
        name_map_find(&oms->names, span_text(origin), &index)) {
        request->order = oms->requests[index].order;
    }
    request_build(oms, request, text);
    oms->counts.submitted++;
    oms->counts.unanswered++;
    write_down(oms, JOURNAL_SUBMIT, request->bytes);
    request_send(oms, request);
    return oms->requests_count - 1;
}

void oms_send_raw(struct oms *oms, const struct span *frames, uint32_t count)
{
    /* Busy: nobody there or its queue is full. The repetition comes by time. */
    enum status status = zeromq_send(&oms->order_entry, frames, count);
    ASSERT(status == STATUS_OK || status == STATUS_BUSY);
}

static void resubmit(struct oms *oms)
{
    uint64_t now_ns = clock_monotonic_ns();
    uint32_t sent = 0;
    for (uint32_t index = oms->unanswered_first; index < oms->requests_count; index++) {
        struct oms_request *request = &oms->requests[index];
        if (request->answered_ns != 0) {
            oms->unanswered_first += index == oms->unanswered_first ? 1 : 0;
            continue;
        }
        if (now_ns - request->last_sent_ns < oms->config.resubmit_ns) {
            continue;
        }
        write_down(oms, JOURNAL_AGAIN, span_text(request->cl_ord_id));
        request_send(oms, request);
        oms->counts.resubmitted++;
        if (++sent == OMS_RESUBMIT_PER_POLL_MAX) {
            return;
        }
    }
}

bool oms_order_ended(const struct oms_request *order)
{
    return order->answer == '8' ||
           (order->ord_status != 0 && strchr("248C", order->ord_status) != NULL);
}

/* What comes back. */

static void take_answer(struct oms *oms, struct span bytes)
{
    write_down(oms, JOURNAL_ANSWER, bytes);
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

/* Takes an event into the view of its order. */
static void take_state(struct oms *oms, struct span bytes)
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
    if (order->answered_ns != 0 && !ended && oms_order_ended(order)) {
        ASSERT(oms->counts.open_orders > 0);
        oms->counts.open_orders--;
    }
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
    take_state(oms, event->message);
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
    resubmit(oms);
}

/* Opening and closing. */

static bool sockets_open(struct oms *oms, char error[ZEROMQ_ERROR_BYTES_MAX])
{
    struct zeromq_options dealer = {.kind = ZEROMQ_DEALER,
                                    .send_max = OMS_QUEUE_MAX,
                                    .receive_max = OMS_QUEUE_MAX,
                                    .connected_only_off = true};
    struct zeromq_options sub = {.kind = ZEROMQ_SUB, .receive_max = OMS_QUEUE_MAX};
    struct bus_client_config bus = {.zeromq = &oms->zeromq,
                                    .bus_endpoint = oms->config.bus_endpoint,
                                    .replay_endpoint = oms->config.replay_endpoint,
                                    .from_seq = 1};
    return zeromq_open(&oms->zeromq) == STATUS_OK &&
           zeromq_socket_open(&oms->zeromq, &dealer, &oms->order_entry, error) == STATUS_OK &&
           zeromq_socket_open(&oms->zeromq, &sub, &oms->bus_raw, error) == STATUS_OK &&
           zeromq_subscribe(&oms->bus_raw, span_of(NULL, 0)) == STATUS_OK &&
           zeromq_connect(&oms->bus_raw, oms->config.bus_endpoint, error) == STATUS_OK &&
           zeromq_connect(&oms->order_entry, oms->config.order_entry_endpoint, error) ==
               STATUS_OK &&
           bus_client_open(&oms->bus, &bus, error) == STATUS_OK;
}

struct oms *oms_open(const struct oms_config *config)
{
    char error[ZEROMQ_ERROR_BYTES_MAX] = "";
    struct oms *oms = calloc(1, sizeof *oms);
    ASSERT(oms != NULL);
    oms->config = *config;
    if (!oms_journal_create(&oms->journal, config->journal_path)) {
        (void)fprintf(stderr, "oms: cannot write %s\n", config->journal_path);
        free(oms);
        return NULL;
    }
    if (!sockets_open(oms, error)) {
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
    for (uint32_t index = 0; index < oms->requests_count; index++) {
        free((void *)(uintptr_t)oms->requests[index].bytes.data);
    }
    free(oms->requests);
    name_map_free(&oms->names);
    free(oms);
}

const struct oms_counts *oms_counts(const struct oms *oms)
{
    return &oms->counts;
}

uint32_t oms_requests_count(const struct oms *oms)
{
    return oms->requests_count;
}

const struct oms_request *oms_request(const struct oms *oms, uint32_t index)
{
    ASSERT(index < oms->requests_count);
    return &oms->requests[index];
}

const struct oms_request *oms_request_find(const struct oms *oms, const char *cl_ord_id)
{
    uint32_t index = 0;
    bool found = name_map_find(&oms->names, span_text(cl_ord_id), &index);
    return found ? &oms->requests[index] : NULL;
}

struct span oms_last_answer(const struct oms *oms)
{
    return span_of(oms->answer, oms->answer_size);
}
