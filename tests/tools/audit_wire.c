/* The audit's last part: no sequence number ever means two things.
 *
 * A broker keeps every message it received, as it stood on the wire, in
 * DIR/wire.log. Whatever comes under a number that came before must say the same,
 * apart from the fields that a resend changes, or be a gap fill: for a session
 * message, or for a request that the broker's own book shows as answered. */
#include "tests/tools/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "tests/tools/broker_fields.h"

enum {
    WIRE_LINE_BYTES_MAX = 128 * 1024,
    PATH_BYTES_MAX = 600,
    NAME_BYTES_MAX = 160,
    SOH = 1,
    TAG_BODY_LENGTH = 9,
    TAG_CL_ORD_ID = 11,
    TAG_CHECK_SUM = 10,
    TAG_MSG_SEQ_NUM = 34,
    TAG_MSG_TYPE = 35,
    TAG_POSS_DUP_FLAG = 43,
    TAG_SENDER_COMP_ID = 49,
    TAG_SENDING_TIME = 52,
    TAG_ORIG_SENDING_TIME = 122,
    TAG_GAP_FILL_FLAG = 123,
};

static bool changes_in_resend(unsigned long tag)
{
    return tag == TAG_BODY_LENGTH || tag == TAG_CHECK_SUM || tag == TAG_POSS_DUP_FLAG ||
           tag == TAG_SENDING_TIME || tag == TAG_ORIG_SENDING_TIME;
}

/* A hash of what the message says, without what a resend changes. Never 0. */
static uint64_t meaning_of(const char *message, size_t size)
{
    uint64_t hash = 0;
    const char *end = message + size;
    for (const char *at = message; at < end;) {
        const char *soh = memchr(at, SOH, (size_t)(end - at));
        const char *next = soh != NULL ? soh : end;
        if (!changes_in_resend(strtoul(at, NULL, 10))) {
            hash = hash * UINT64_C(31) + name_map_hash(span_of(at, (size_t)(next - at)));
        }
        at = next + 1;
    }
    return hash;
}

static bool is_session_message(char type)
{
    return type != '\0' && strchr("0123456A", type) != NULL;
}

/* The broker has given its word on it: it needs no resend. */
static bool is_answered(const struct book *book, const char *cl_ord_id)
{
    uint32_t request = book_find(book, cl_ord_id);
    return request != 0 && !book_request(book, request)->aside &&
           book_request(book, request)->state != BOOK_REQUEST_PENDING;
}

static void take_message(struct audit *audit, const struct book *book, const char *broker,
                         const char *message, size_t size)
{
    char sender[AUDIT_ID_BYTES_MAX];
    char target[AUDIT_ID_BYTES_MAX];
    char number[24];
    char name[NAME_BYTES_MAX];
    char gap_fill = fields_char(message, size, TAG_GAP_FILL_FLAG, 'N');
    char type = fields_char(message, size, TAG_MSG_TYPE, '\0');
    if (!fields_get(message, size, TAG_MSG_SEQ_NUM, number, sizeof number) ||
        !fields_get(message, size, TAG_SENDER_COMP_ID, sender, sizeof sender) ||
        !fields_get(message, size, 56, target, sizeof target)) {
        audit_fault(audit, "%s received a message without 34, 49 or 56", broker);
        return;
    }
    if (type == '4' && gap_fill != 'Y') {
        return; /* A SequenceReset's own number is ignored (FIX 4.4 Vol. 2). */
    }
    (void)snprintf(name, sizeof name, "%s %s>%s %s", broker, sender, target, number);
    uint64_t meaning = meaning_of(message, size);
    bool added = false;
    uint32_t index = name_map_add(&audit->wire, span_text(name), &added);
    audit->wire_messages = audit_room(audit->wire_messages, &audit->wire_capacity, index,
                                      sizeof audit->wire_messages[0]);
    struct audit_wire_message *first = &audit->wire_messages[index];
    if (added) {
        *first =
            (struct audit_wire_message){.meaning = meaning, .session = is_session_message(type)};
        (void)fields_get(message, size, TAG_CL_ORD_ID, first->cl_ord_id, sizeof first->cl_ord_id);
        audit->counts.wire_messages++;
        return;
    }
    audit->counts.wire_repeats++;
    bool filled = type == '4' && (first->session || is_answered(book, first->cl_ord_id));
    if (first->meaning != meaning && !filled) {
        audit_fault(audit, "number %s means two things: it came again as 35=%c", name, type);
    }
}

bool audit_wire(struct audit *audit, const char *broker, const char *directory)
{
    char path[PATH_BYTES_MAX];
    (void)snprintf(path, sizeof path, "%s/wire.log", directory);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        audit_fault(audit, "%s: %s", path, strerror(errno));
        return false;
    }
    char error[512];
    struct book book;
    (void)snprintf(path, sizeof path, "%s/book.log", directory);
    book_init(&book);
    if (!book_load(&book, path, NULL, error, sizeof error)) {
        audit_fault(audit, "%s", error);
    }
    char *line = malloc(WIRE_LINE_BYTES_MAX);
    ASSERT(line != NULL);
    while (fgets(line, WIRE_LINE_BYTES_MAX, file) != NULL) {
        size_t size = strlen(line);
        if (line[size - 1] == '\n') { /* Else it was cut off by a kill. */
            take_message(audit, &book, broker, line, size - 1);
        }
    }
    free(line);
    book_free(&book);
    (void)fclose(file);
    return true;
}
