/* An OMS that died and comes back: all it knows is what it had written down. */
#include "tests/tools/oms_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/tools/broker_fields.h"

/* It counts as never sent in this life: what has no answer goes out at once. */
static void restore_request(struct oms *oms, struct span message)
{
    uint8_t *bytes = malloc(message.size + 1);
    ASSERT(bytes != NULL);
    memcpy(bytes, message.data, message.size);
    bytes[message.size] = '\0';
    const char *text = (const char *)bytes;
    char cl_ord_id[OMS_ID_BYTES_MAX + 1];
    bool named = fields_get(text, message.size, TAG_CL_ORD_ID, cl_ord_id, sizeof cl_ord_id);
    ASSERT(named);
    struct oms_request *request = oms_request_add(oms, cl_ord_id);
    request->msg_type = fields_char(text, message.size, TAG_MSG_TYPE, '?');
    request->order = oms_order_of(oms, text, message.size, request->order);
    request->bytes = span_of(bytes, message.size);
    request->sent_count = 1;
    oms->counts.submitted++;
    oms->counts.unanswered++;
}

static void restore_line(struct oms *oms, const struct oms_journal_line *line,
                         struct oms_place *place)
{
    switch (line->kind) {
    case JOURNAL_SUBMIT:
        restore_request(oms, line->message);
        break;
    case JOURNAL_AGAIN:
        oms->counts.resubmitted++;
        break;
    case JOURNAL_ANSWER:
        oms_view_answer(oms, line->message);
        break;
    case JOURNAL_EVENT:
        *place = (struct oms_place){.bus_seq = line->bus_seq + 1, .instance = line->instance};
        oms->counts.events++;
        oms_view_event(oms, line->message);
        break;
    case JOURNAL_BREAK:
        *place = (struct oms_place){.bus_seq = line->bus_seq, .instance = line->instance};
        break;
    case JOURNAL_FRAME:
        oms->counts.frames++;
        break;
    }
}

bool oms_restore(struct oms *oms, const char *path, struct oms_place *place)
{
    struct oms_journal journal;
    if (!oms_journal_open(&journal, path)) {
        return errno == ENOENT;
    }
    struct oms_journal_line line;
    long whole = 0; /* Where the last whole line ends. */
    while (oms_journal_read(&journal, &line)) {
        restore_line(oms, &line, place);
        whole = ftell(journal.file);
    }
    oms_journal_close(&journal);
    return whole >= 0 && truncate(path, whole) == 0;
}
