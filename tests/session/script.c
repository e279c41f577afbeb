#include "tests/session/script.h"

#include <stdio.h>
#include <stdlib.h>

#include "fix/timestamp.h"

bool script_fields_read(struct script_fields *fields, const char *text)
{
    fields->count = 0;
    (void)snprintf(fields->text, sizeof(fields->text), "%s", text);
    char *at = fields->text;
    while (*at != '\0') {
        char *bar = strchr(at, '|');
        if (bar != NULL) {
            *bar = '\0';
        }
        char *equal = NULL;
        unsigned long tag = strtoul(at, &equal, 10);
        if (equal == at || *equal != '=' || fields->count == SCRIPT_FIELDS_MAX) {
            return false;
        }
        fields->list[fields->count].tag = (uint32_t)tag;
        fields->list[fields->count].value = equal + 1;
        fields->count += 1;
        if (bar == NULL) {
            break;
        }
        at = bar + 1;
    }
    return true;
}

const char *script_fields_find(const struct script_fields *fields, uint32_t tag)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (fields->list[i].tag == tag) {
            return fields->list[i].value;
        }
    }
    return NULL;
}

bool script_duration_read(const char *text, uint64_t *out_ns)
{
    char *unit = NULL;
    unsigned long long value = strtoull(*text == '+' ? text + 1 : text, &unit, 10);
    if (strcmp(unit, "s") == 0) {
        *out_ns = value * TIMESTAMP_SECOND_NS;
        return true;
    }
    if (strcmp(unit, "ms") == 0) {
        *out_ns = value * TIMESTAMP_MILLISECOND_NS;
        return true;
    }
    return false;
}

void script_value(const char *value, uint64_t now_ns, char *out, size_t out_size)
{
    uint64_t shift_ns = 0;
    bool relative = strncmp(value, "now", 3) == 0;
    if (relative && value[3] == '+' && script_duration_read(value + 4, &shift_ns)) {
        now_ns += shift_ns;
    } else if (relative && value[3] == '-' && script_duration_read(value + 4, &shift_ns)) {
        now_ns -= shift_ns;
    } else if (strcmp(value, "now") != 0) {
        (void)snprintf(out, out_size, "%s", value);
        return;
    }
    char text[TIMESTAMP_TEXT_BYTES_MAX];
    size_t size = timestamp_format(now_ns, 3, text);
    span_to_text(span_of(text, size), out, out_size);
}

/* The bytes being written, with a limit that a test must not reach. */
struct writer {
    char *data;
    size_t size;
    size_t capacity;
};

static void write_field(struct writer *writer, uint32_t tag, const char *value)
{
    int size = snprintf(writer->data + writer->size, writer->capacity - writer->size, "%u=%s\001",
                        tag, value);
    ASSERT(size > 0);
    ASSERT((size_t)size < writer->capacity - writer->size);
    writer->size += (size_t)size;
}

static void write_or_fill(struct writer *writer, const struct script_fields *fields, uint32_t tag,
                          const char *filling, uint64_t now_ns)
{
    const char *given = script_fields_find(fields, tag);
    if (given == NULL) {
        given = filling;
    }
    if (strcmp(given, "-") == 0) {
        return;
    }
    char value[SCRIPT_LINE_BYTES_MAX];
    script_value(given, now_ns, value, sizeof(value));
    write_field(writer, tag, value);
}

static bool is_filled(uint32_t tag)
{
    switch (tag) {
    case 8:
    case 9:
    case 10:
    case 34:
    case 35:
    case 49:
    case 52:
    case 56:
        return true;
    default:
        return false;
    }
}

static size_t write_body(const struct script_fields *fields, const char *sender, const char *target,
                         uint64_t seq, uint64_t now_ns, char *out, size_t out_size)
{
    struct writer body = {.data = out, .capacity = out_size};
    char number[24];
    (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)seq);
    write_or_fill(&body, fields, 35, "-", now_ns);
    write_or_fill(&body, fields, 49, sender, now_ns);
    write_or_fill(&body, fields, 56, target, now_ns);
    write_or_fill(&body, fields, 34, number, now_ns);
    write_or_fill(&body, fields, 52, "now", now_ns);
    for (size_t i = 0; i < fields->count; i++) {
        if (!is_filled(fields->list[i].tag)) {
            char value[SCRIPT_LINE_BYTES_MAX];
            script_value(fields->list[i].value, now_ns, value, sizeof(value));
            write_field(&body, fields->list[i].tag, value);
        }
    }
    return body.size;
}

size_t script_message_write(const struct script_fields *fields, const char *sender,
                            const char *target, uint64_t seq, uint64_t now_ns, uint8_t *out,
                            size_t out_size)
{
    static char body[4 * SCRIPT_LINE_BYTES_MAX];
    size_t body_size = write_body(fields, sender, target, seq, now_ns, body, sizeof(body));
    char number[24];
    (void)snprintf(number, sizeof(number), "%zu", body_size);
    struct writer whole = {.data = (char *)out, .capacity = out_size};
    write_or_fill(&whole, fields, 8, "FIX.4.4", now_ns);
    write_or_fill(&whole, fields, 9, number, now_ns);
    ASSERT(whole.size + body_size < out_size);
    memcpy(whole.data + whole.size, body, body_size);
    whole.size += body_size;
    unsigned sum = 0;
    for (size_t i = 0; i < whole.size; i++) {
        sum += (uint8_t)whole.data[i];
    }
    (void)snprintf(number, sizeof(number), "%03u", sum % 256);
    write_or_fill(&whole, fields, 10, number, now_ns);
    return whole.size;
}

bool script_message_find(struct span message, uint32_t tag, char *out, size_t out_size)
{
    size_t at = 0;
    while (at < message.size) {
        const uint8_t *begin = message.data + at;
        const uint8_t *soh = memchr(begin, 1, message.size - at);
        const uint8_t *equal = memchr(begin, '=', message.size - at);
        if (soh == NULL || equal == NULL || equal > soh) {
            return false;
        }
        if (strtoul((const char *)begin, NULL, 10) == tag) {
            span_to_text(span_of(equal + 1, (size_t)(soh - equal - 1)), out, out_size);
            return true;
        }
        at = (size_t)(soh - message.data) + 1;
    }
    return false;
}

static bool value_matches(const char *expected, const char *got)
{
    if (strcmp(expected, "*") == 0) {
        return true;
    }
    if (expected[0] == '~') {
        return strstr(got, expected + 1) != NULL;
    }
    return strcmp(expected, got) == 0;
}

bool script_fields_match(const struct script_fields *fields, struct span message, uint64_t now_ns,
                         char *error, size_t error_size)
{
    for (size_t i = 0; i < fields->count; i++) {
        const struct script_field *field = &fields->list[i];
        char expected[SCRIPT_LINE_BYTES_MAX];
        char got[SCRIPT_LINE_BYTES_MAX];
        script_value(field->value, now_ns, expected, sizeof(expected));
        bool found = script_message_find(message, field->tag, got, sizeof(got));
        bool absence = strcmp(expected, "-") == 0;
        if (absence && found) {
            (void)snprintf(error, error_size, "%u must not be there, is %.200s", field->tag, got);
            return false;
        }
        if (!absence && !found) {
            (void)snprintf(error, error_size, "%u is missing", field->tag);
            return false;
        }
        if (!absence && !value_matches(expected, got)) {
            (void)snprintf(error, error_size, "%u must be %.200s, is %.200s", field->tag, expected,
                           got);
            return false;
        }
    }
    return true;
}

void script_show(struct span message, char *out, size_t out_size)
{
    span_to_text(message, out, out_size);
    for (char *at = out; *at != '\0'; at++) {
        if (*at == 1) {
            *at = '|';
        }
    }
}
