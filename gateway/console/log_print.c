#include "gateway/console/log_print.h"

#include "fix/mask.h"
#include "gateway/shell/fix_json.h"
#include "gateway/shell/json_text.h"
#include "gateway/shell/message_log_file.h"
#include "gateway/shell/readable.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    MASKED_BYTES_MAX = MASK_BYTES_MAX(LOG_READER_BYTES),
    TEXT_BYTES_MAX = 2 * 1024 * 1024,
};

struct log_printer {
    enum log_print_form form;
    bool colour;
    struct field fields[FIX_FIELDS_MAX];
    uint8_t masked[MASKED_BYTES_MAX];
    uint8_t text[TEXT_BYTES_MAX];
};

struct log_printer *log_printer_new(enum log_print_form form, bool colour)
{
    struct log_printer *printer = malloc(sizeof(*printer));
    if (printer != NULL) {
        printer->form = form;
        printer->colour = colour;
    }
    return printer;
}

void log_printer_free(struct log_printer *printer)
{
    free(printer);
}

/* --- Reading -------------------------------------------------------------------------- */

static const char *fault_words(enum frame_fault fault)
{
    switch (fault) {
    case FRAME_FAULT_NONE:
        return NULL;
    case FRAME_FAULT_NOISE:
        return "no FIX message";
    case FRAME_FAULT_BEGIN_STRING:
        return "BeginString(8) is not FIX";
    case FRAME_FAULT_BODY_LENGTH:
        return "BodyLength(9) is wrong";
    case FRAME_FAULT_MSG_TYPE:
        return "MsgType(35) is not the third field";
    case FRAME_FAULT_CHECK_SUM:
        return "CheckSum(10) is wrong";
    case FRAME_FAULT_FIELD:
        return "a field without tag";
    case FRAME_FAULT_FIELDS_MAX:
        return "too many fields";
    }
    ASSERT(false);
    return NULL;
}

static bool ends_with(struct span bytes, const char *end, size_t size)
{
    return bytes.size >= size && memcmp(bytes.data + bytes.size - size, end, size) == 0;
}

/* Why these bytes are not exactly one message. A masked one cannot be judged. */
static const char *frame_judge(struct span masked)
{
    static const char masked_end[] = "\00110=***\001";
    struct frame frame;
    if (ends_with(masked, masked_end, sizeof(masked_end) - 1)) {
        return NULL;
    }
    switch (frame_find(masked, &frame)) {
    case FRAME_FOUND:
        return frame.consumed == masked.size ? NULL : "more than one message";
    case FRAME_PARTIAL:
        return "it has no end";
    case FRAME_GARBLED:
        return fault_words(frame.fault);
    }
    ASSERT(false);
    return NULL;
}

void log_printer_read(struct log_printer *printer, const struct dictionary *dictionary,
                      const struct log_record *record, struct log_message *message)
{
    size_t size = mask_message(record->bytes, printer->masked, sizeof(printer->masked));
    message->bytes = span_of(printer->masked, size);
    message_init(&message->fields, printer->fields, FIX_FIELDS_MAX);
    enum frame_fault fault = message_index_unframed(&message->fields, message->bytes, dictionary);
    message->readable = fault == FRAME_FAULT_NONE && message_type(&message->fields).size > 0;
    message->fault = frame_judge(message->bytes);
}

/* --- Writing -------------------------------------------------------------------------- */

static void write_bytes(struct span bytes)
{
    if (bytes.size > 0) {
        (void)fwrite(bytes.data, 1, bytes.size, stdout);
    }
}

/* '|' for SOH and '?' for what a terminal might obey. */
static struct span printable(struct log_printer *printer, struct span bytes)
{
    size_t size = bytes.size < sizeof(printer->text) ? bytes.size : sizeof(printer->text);
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = bytes.data[i];
        bool control = byte < ' ' || byte == 0x7f;
        printer->text[i] = byte == FIX_SOH ? '|' : control ? '?' : byte;
    }
    return span_of(printer->text, size);
}

static const char *direction_word(enum log_direction direction)
{
    switch (direction) {
    case LOG_DIRECTION_UNKNOWN:
        return "?";
    case LOG_DIRECTION_IN:
        return "in";
    case LOG_DIRECTION_OUT:
        return "out";
    }
    ASSERT(false);
    return "";
}

static const char *colour_of(const struct log_record *record)
{
    if (record->kind != LOG_RECORD_BYTES) {
        return "\x1b[33m";
    }
    return record->direction == LOG_DIRECTION_IN ? "\x1b[1;32m" : "\x1b[1;36m";
}

/* Of a note or a damaged record. Where a piece has lost its beginning, what stands before
 * the first SOH may be the rest of a secret. */
static struct span masked_bytes(struct log_printer *printer, const struct log_record *record)
{
    struct mask mask;
    struct span bytes = record->bytes;
    bool fields = bytes.size > 0 && memchr(bytes.data, FIX_SOH, bytes.size) != NULL;
    mask_begin(&mask);
    if (fields && !log_reader_knows(bytes)) {
        mask_begin_within(&mask);
    }
    size_t size = mask_bytes(&mask, bytes, printer->masked, sizeof(printer->masked));
    return printable(printer, span_of(printer->masked, size));
}

static void print_start(const struct log_record *record)
{
    char time[MESSAGE_LOG_TIME_BYTES];
    message_log_time_format(record->time_ns, time);
    (void)printf("%.*s %s %s", MESSAGE_LOG_TIME_BYTES, time, direction_word(record->direction),
                 record->session);
}

static void print_raw(struct log_printer *printer, const struct log_record *record,
                      const struct log_message *message)
{
    if (record->kind != LOG_RECORD_BYTES) {
        (void)printf("# %s %s: ", record->session,
                     record->kind == LOG_RECORD_NOTE ? "note" : "damaged record");
        write_bytes(masked_bytes(printer, record));
    } else {
        print_start(record);
        (void)putchar(' ');
        write_bytes(printable(printer, message->bytes));
    }
    (void)putchar('\n');
}

static void print_title(struct log_printer *printer, const struct dictionary *dictionary,
                        const struct log_message *message)
{
    if (!message->readable) {
        (void)printf(" %zu bytes", message->bytes.size);
    } else {
        struct span type = message_type(&message->fields);
        const struct dictionary_message *definition = dictionary_message(dictionary, type);
        struct span number = message_value(&message->fields, 34);
        struct span again = message_value(&message->fields, 43);
        (void)printf(" %s", definition != NULL ? definition->name : "MsgType ");
        write_bytes(printable(printer, definition != NULL ? span_of(NULL, 0) : type));
        (void)fputs(" MsgSeqNum ", stdout);
        write_bytes(printable(printer, number));
        (void)fputs(span_is(again, "Y") ? " PossDup" : "", stdout);
    }
    if (message->fault != NULL) {
        (void)printf(" [garbled: %s]", message->fault);
    }
}

static void print_fields(struct log_printer *printer, const struct dictionary *dictionary,
                         const struct log_record *record, const struct log_message *message)
{
    (void)fputs(printer->colour ? colour_of(record) : "", stdout);
    if (record->kind == LOG_RECORD_BYTES) {
        print_start(record);
        print_title(printer, dictionary, message);
    } else {
        (void)printf("%s %s", record->session,
                     record->kind == LOG_RECORD_NOTE ? "note" : "damaged record");
    }
    (void)fputs(printer->colour ? "\x1b[0m\n" : "\n", stdout);
    if (record->kind == LOG_RECORD_BYTES && message->readable) {
        size_t size = readable_format(dictionary, message->bytes, READABLE_FIELDS,
                                      (char *)printer->text, sizeof(printer->text));
        write_bytes(span_of(printer->text, size));
    } else {
        (void)fputs("  ", stdout);
        write_bytes(record->kind == LOG_RECORD_BYTES ? printable(printer, message->bytes)
                                                     : masked_bytes(printer, record));
        (void)putchar('\n');
    }
    (void)putchar('\n');
}

/* ,"name":"value" */
static void json_member(const char *name, struct span value)
{
    static char bytes[6 * MASKED_BYTES_MAX + 64];
    struct json_text text;
    json_text_init(&text, bytes, sizeof(bytes));
    json_text_pair(&text, false, name, value);
    write_bytes(json_text_span(&text));
}

static void print_json(struct log_printer *printer, const struct dictionary *dictionary,
                       const struct log_record *record, const struct log_message *message)
{
    char time[MESSAGE_LOG_TIME_BYTES];
    message_log_time_format(record->time_ns, time);
    (void)printf("{\"Time\":\"%.*s\"", MESSAGE_LOG_TIME_BYTES, time);
    json_member("Session", span_text(record->session));
    if (record->kind != LOG_RECORD_BYTES) {
        json_member(record->kind == LOG_RECORD_NOTE ? "Note" : "Damaged",
                    masked_bytes(printer, record));
        (void)fputs("}\n", stdout);
        return;
    }
    if (record->direction != LOG_DIRECTION_UNKNOWN) {
        json_member("Direction", span_text(direction_word(record->direction)));
    }
    if (message->fault != NULL) {
        json_member("Fault", span_text(message->fault));
    }
    struct span json;
    if (message->readable &&
        fix_json_encode(dictionary, message->bytes, printer->text, sizeof(printer->text), &json)) {
        struct span type = message_type(&message->fields);
        const struct dictionary_message *definition = dictionary_message(dictionary, type);
        json_member("Type", definition != NULL ? span_text(definition->name) : type);
        (void)fputs(",\"Message\":", stdout);
        write_bytes(json);
    } else {
        json_member("Raw", printable(printer, message->bytes));
    }
    (void)fputs("}\n", stdout);
}

void log_printer_print(struct log_printer *printer, const struct dictionary *dictionary,
                       const struct log_record *record, const struct log_message *message)
{
    switch (printer->form) {
    case LOG_PRINT_FIELDS:
        print_fields(printer, dictionary, record, message);
        return;
    case LOG_PRINT_RAW:
        print_raw(printer, record, message);
        return;
    case LOG_PRINT_JSON:
        print_json(printer, dictionary, record, message);
        return;
    }
    ASSERT(false);
}
