#include "tests/tools/broker_fields.h"

#include "tests/tools/broker_number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOH = 1 };

/* The value of the first `tag`, not ended by NUL; NULL if it is absent. */
static const char *field_find(const char *message, size_t size, int tag, size_t *value_size)
{
    char wanted[16];
    size_t wanted_size = (size_t)snprintf(wanted, sizeof wanted, "%d=", tag);
    const char *end = message + size;
    const char *at = message;
    while (at < end) {
        const char *soh = memchr(at, SOH, (size_t)(end - at));
        const char *next = soh != NULL ? soh : end;
        if ((size_t)(next - at) >= wanted_size && memcmp(at, wanted, wanted_size) == 0) {
            *value_size = (size_t)(next - at) - wanted_size;
            return at + wanted_size;
        }
        at = next + 1;
    }
    *value_size = 0;
    return NULL;
}

bool fields_get(const char *message, size_t size, int tag, char *out, size_t out_size)
{
    size_t value_size = 0;
    const char *value = field_find(message, size, tag, &value_size);
    out[0] = '\0';
    if (value == NULL || value_size >= out_size) {
        return false;
    }
    memcpy(out, value, value_size);
    out[value_size] = '\0';
    return true;
}

size_t fields_size(const char *message, size_t size, int tag)
{
    size_t value_size = 0;
    field_find(message, size, tag, &value_size);
    return value_size;
}

char fields_char(const char *message, size_t size, int tag, char otherwise)
{
    char value[32];
    fields_get(message, size, tag, value, sizeof value);
    if (value[0] == '\0') {
        return otherwise;
    }
    return value[0];
}

void fields_clear(struct fields *fields)
{
    fields->size = 0;
    fields->overflow = false;
}

static void put(struct fields *fields, const char *text, size_t size)
{
    if (fields->overflow || size > sizeof fields->data - fields->size) {
        fields->overflow = true;
        return;
    }
    memcpy(fields->data + fields->size, text, size);
    fields->size += size;
}

void fields_text(struct fields *fields, int tag, const char *value)
{
    char name[16];
    put(fields, name, (size_t)snprintf(name, sizeof name, "%d=", tag));
    put(fields, value, strlen(value));
    put(fields, "\001", 1);
}

void fields_text_if(struct fields *fields, int tag, const char *value)
{
    if (value[0] != '\0') {
        fields_text(fields, tag, value);
    }
}

void fields_char_add(struct fields *fields, int tag, char value)
{
    char text[2] = {value, '\0'};
    fields_text(fields, tag, text);
}

void fields_int(struct fields *fields, int tag, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    fields_text(fields, tag, text);
}

void fields_number(struct fields *fields, int tag, int64_t value)
{
    char text[BROKER_NUMBER_BYTES_MAX];
    broker_number_format(value, text);
    fields_text(fields, tag, text);
}

void line_begin(struct fields *line, const char *kind)
{
    fields_clear(line);
    put(line, kind, strlen(kind));
}

void line_text(struct fields *line, const char *key, const char *value)
{
    put(line, " ", 1);
    put(line, key, strlen(key));
    put(line, "=", 1);
    for (const char *at = value; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte > ' ' && byte < 0x7f && byte != '%' && byte != '=') {
            put(line, at, 1);
            continue;
        }
        char code[4];
        put(line, code, (size_t)snprintf(code, sizeof code, "%%%02X", byte));
    }
}

void line_char(struct fields *line, const char *key, char value)
{
    char text[2] = {value, '\0'};
    line_text(line, key, text);
}

void line_uint(struct fields *line, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    line_text(line, key, text);
}

void line_number(struct fields *line, const char *key, int64_t value)
{
    char text[BROKER_NUMBER_BYTES_MAX];
    broker_number_format(value, text);
    line_text(line, key, text);
}

void line_end(struct fields *line)
{
    put(line, "\n", 1);
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Copies a value up to its blank, decoding %XX. False if it is too long or a code is broken. */
static bool value_decode(const char *at, const char *end, char *out, size_t out_size)
{
    size_t count = 0;
    for (; at < end && *at != ' '; at++) {
        if (count + 1 >= out_size) {
            return false;
        }
        if (*at != '%') {
            out[count++] = *at;
            continue;
        }
        if (end - at < 3 || hex_digit(at[1]) < 0 || hex_digit(at[2]) < 0) {
            return false;
        }
        out[count++] = (char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
        at += 2;
    }
    out[count] = '\0';
    return true;
}

bool line_get(const char *line, size_t size, const char *key, char *out, size_t out_size)
{
    size_t key_size = strlen(key);
    const char *end = line + size;
    const char *blank = memchr(line, ' ', size);
    out[0] = '\0';
    while (blank != NULL) {
        const char *at = blank + 1;
        if ((size_t)(end - at) > key_size && memcmp(at, key, key_size) == 0 &&
            at[key_size] == '=') {
            bool good = value_decode(at + key_size + 1, end, out, out_size);
            if (!good) {
                out[0] = '\0';
            }
            return good;
        }
        blank = memchr(at, ' ', (size_t)(end - at));
    }
    return false;
}

uint64_t line_get_uint(const char *line, size_t size, const char *key)
{
    char text[24];
    return line_get(line, size, key, text, sizeof text) ? strtoull(text, NULL, 10) : 0;
}

int64_t line_get_number(const char *line, size_t size, const char *key)
{
    char text[BROKER_NUMBER_BYTES_MAX];
    int64_t value = 0;
    bool good = line_get(line, size, key, text, sizeof text) && broker_number_parse(text, &value);
    return good ? value : 0;
}

char line_get_char(const char *line, size_t size, const char *key)
{
    char text[8];
    line_get(line, size, key, text, sizeof text); /* Empty if it is not there. */
    return text[0];
}
