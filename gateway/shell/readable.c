#include "gateway/shell/readable.h"

#include "fix/mask.h"
#include "gateway/shell/log.h"
#include "gateway/shell/message_walk.h"

#include <stdio.h>

/* Unlike json_text this cuts at the end of the room: it is for people. */
struct writer {
    const struct dictionary *dictionary;
    enum readable_form form;
    unsigned indent;
    bool logon;
    bool separate; /* A space (READABLE_LINE) or the end of a line is due before what comes. */
    char *out;
    size_t capacity;
    size_t size;
};

static void put(struct writer *writer, const char *words)
{
    size_t size = strlen(words);
    size_t room = writer->capacity - writer->size;
    size = size < room ? size : room;
    memcpy(writer->out + writer->size, words, size);
    writer->size += size;
}

static void put_value(struct writer *writer, struct span value)
{
    for (size_t i = 0; i < value.size; i++) {
        char form[8];
        uint8_t byte = value.data[i];
        (void)snprintf(form, sizeof(form), byte < ' ' || byte == 0x7f ? "\\x%02x" : "%c", byte);
        put(writer, form);
    }
}

static void begin(struct writer *writer)
{
    if (writer->form != READABLE_LINE) {
        put(writer, writer->separate ? "\n" : "");
        for (unsigned i = 0; i < writer->indent; i++) {
            put(writer, "  ");
        }
    } else if (writer->separate) {
        put(writer, " ");
    }
    writer->separate = true;
}

static void put_name(struct writer *writer, uint32_t tag, const struct dictionary_field *definition)
{
    char number[24];
    begin(writer);
    (void)snprintf(number, sizeof(number), definition != NULL ? "(%u)" : "%u", tag);
    put(writer, definition != NULL ? definition->name : "");
    if (definition == NULL || writer->form != READABLE_LINE) {
        put(writer, number);
    }
    put(writer, writer->form != READABLE_LINE ? " = " : "=");
}

static void visit_field(void *context, uint32_t tag, const struct dictionary_field *definition,
                        struct span value)
{
    struct writer *writer = context;
    put_name(writer, tag, definition);
    if (mask_is_secret(tag, writer->logon)) {
        put(writer, "***");
        return;
    }
    const char *words =
        definition != NULL ? dictionary_value_name(writer->dictionary, definition, value) : NULL;
    if (words != NULL && writer->form == READABLE_LINE) {
        put(writer, words);
        put(writer, "(");
        put_value(writer, value);
        put(writer, ")");
        return;
    }
    /* On one line, a value with spaces needs its ends shown. */
    bool quote = writer->form == READABLE_LINE &&
                 (value.size == 0 || memchr(value.data, ' ', value.size) != NULL);
    put(writer, quote ? "\"" : "");
    put_value(writer, value);
    put(writer, quote ? "\"" : "");
    if (words != NULL) {
        put(writer, " ");
        put(writer, words);
    }
}

static void visit_group_begin(void *context, const struct dictionary_field *definition,
                              struct span count)
{
    struct writer *writer = context;
    put_name(writer, definition->tag, definition);
    if (writer->form == READABLE_LINE) {
        put(writer, "[");
    } else {
        put_value(writer, count);
    }
    writer->separate = writer->form != READABLE_LINE;
    writer->indent += 1;
}

static void visit_entry_begin(void *context, uint32_t number)
{
    struct writer *writer = context;
    char words[24];
    begin(writer);
    (void)snprintf(words, sizeof(words), "%u.", number);
    put(writer, writer->form == READABLE_LINE ? "{" : words);
    writer->separate = writer->form != READABLE_LINE;
    writer->indent += 1;
}

static void visit_entry_end(void *context)
{
    struct writer *writer = context;
    put(writer, writer->form == READABLE_LINE ? "}" : "");
    writer->separate = true;
    writer->indent -= 1;
}

static void visit_group_end(void *context)
{
    struct writer *writer = context;
    put(writer, writer->form == READABLE_LINE ? "]" : "");
    writer->separate = true;
    writer->indent -= 1;
}

static void put_title(struct writer *writer, const struct message *message)
{
    struct span type = message_type(message);
    const struct dictionary_message *definition = dictionary_message(writer->dictionary, type);
    if (definition != NULL) {
        put(writer, definition->name);
    } else {
        put(writer, "MsgType=");
        put_value(writer, type);
    }
    writer->separate = true;
}

size_t readable_format(const struct dictionary *dictionary, struct span bytes,
                       enum readable_form form, char *out, size_t capacity)
{
    static const struct {
        enum walk_part part;
        const char *name;
    } parts[] = {{WALK_HEADER, "Header"}, {WALK_BODY, "Body"}, {WALK_TRAILER, "Trailer"}};
    struct field fields[FIX_FIELDS_MAX];
    struct message message;
    message_init(&message, fields, FIX_FIELDS_MAX);
    if (message_index_unframed(&message, bytes, dictionary) != FRAME_FAULT_NONE) {
        return log_mask_fix(bytes, out, capacity);
    }
    struct writer writer = {
        .dictionary = dictionary, .form = form, .out = out, .capacity = capacity};
    const struct walk_visitor visitor = {.context = &writer,
                                         .field = visit_field,
                                         .group_begin = visit_group_begin,
                                         .entry_begin = visit_entry_begin,
                                         .entry_end = visit_entry_end,
                                         .group_end = visit_group_end};
    writer.logon = span_is(message_type(&message), "A");
    if (form != READABLE_FIELDS) {
        put_title(&writer, &message);
    }
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (form == READABLE_LINE && parts[i].part != WALK_BODY) {
            continue;
        }
        writer.indent = 1;
        if (form == READABLE_LINES) {
            begin(&writer);
            put(&writer, parts[i].name);
            writer.indent = 2;
        }
        message_walk(&message, dictionary, parts[i].part, &visitor);
    }
    put(&writer, form != READABLE_LINE ? "\n" : "");
    return writer.size;
}
