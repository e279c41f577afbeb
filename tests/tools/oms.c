#include "tests/tools/oms_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "fix/timestamp.h"
#include "tests/tools/broker_fields.h"

void oms_write_down(struct oms *oms, enum oms_journal_kind kind, struct span message)
{
    struct oms_journal_line line = {
        .kind = kind, .time_ns = clock_read(&oms->clock).engine_ns, .message = message};
    oms_journal_write(&oms->journal, &line);
}

/* Requests. */

struct oms_request *oms_request_add(struct oms *oms, const char *cl_ord_id)
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

uint32_t oms_order_of(const struct oms *oms, const char *text, size_t size, uint32_t otherwise)
{
    char origin[OMS_ID_BYTES_MAX + 1];
    uint32_t index = 0;
    if (!fields_get(text, size, TAG_ORIG_CL_ORD_ID, origin, sizeof origin) ||
        !name_map_find(&oms->names, span_text(origin), &index)) {
        return otherwise;
    }
    return oms->requests[index].order;
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

    struct oms_request *request = oms_request_add(oms, cl_ord_id);
    request->msg_type = text[3];
    request->order = oms_order_of(oms, text, size, request->order);
    request_build(oms, request, text);
    oms->counts.submitted++;
    oms->counts.unanswered++;
    oms_write_down(oms, JOURNAL_SUBMIT, request->bytes);
    request_send(oms, request);
    return oms->requests_count - 1;
}

void oms_send_raw(struct oms *oms, const struct span *frames, uint32_t count)
{
    /* Busy: nobody there or its queue is full. The repetition comes by time. */
    enum status status = zeromq_send(&oms->order_entry, frames, count);
    ASSERT(status == STATUS_OK || status == STATUS_BUSY);
}

void oms_resubmit(struct oms *oms)
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
        oms_write_down(oms, JOURNAL_AGAIN, span_text(request->cl_ord_id));
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
