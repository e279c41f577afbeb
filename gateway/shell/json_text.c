#include "gateway/shell/json_text.h"

#include <inttypes.h>
#include <stdio.h>

void json_text_init(struct json_text *text, char *data, size_t capacity)
{
    *text = (struct json_text){.data = data, .capacity = capacity};
}

void json_text_raw(struct json_text *text, struct span bytes)
{
    if (text->overflow || bytes.size > text->capacity - text->size) {
        text->overflow = true;
        return;
    }
    if (bytes.size > 0) {
        memcpy(text->data + text->size, bytes.data, bytes.size);
    }
    text->size += bytes.size;
}

void json_text_words(struct json_text *text, const char *words)
{
    json_text_raw(text, span_text(words));
}

void json_text_uint(struct json_text *text, uint64_t value)
{
    char digits[24];
    (void)snprintf(digits, sizeof(digits), "%" PRIu64, value);
    json_text_words(text, digits);
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
size_t utf8_size(struct span text)
{
    if (text.size == 0) {
        return 0;
    }
    uint8_t first = text.data[0];
    if (first < 0x80) {
        return 1;
    }
    size_t size = first >= 0xC2 && first < 0xE0   ? 2
                  : first >= 0xE0 && first < 0xF0 ? 3
                  : first >= 0xF0 && first < 0xF5 ? 4
                                                  : 0;
    if (size == 0 || size > text.size) {
        return 0;
    }
    for (size_t i = 1; i < size; i++) {
        if ((text.data[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    uint8_t second = text.data[1];
    bool wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second >= 0xA0) ||
                 (first == 0xF0 && second < 0x90) || (first == 0xF4 && second >= 0x90);
    return wrong ? 0 : size;
}

void json_text_string(struct json_text *text, struct span value)
{
    json_text_words(text, "\"");
    size_t i = 0;
    while (i < value.size && !text->overflow) {
        uint8_t byte = value.data[i];
        size_t size = utf8_size(span_of(value.data + i, value.size - i));
        char escape[8];
        if (byte == '"' || byte == '\\') {
            (void)snprintf(escape, sizeof(escape), "\\%c", byte);
            json_text_words(text, escape);
        } else if (byte < ' ' || byte == 0x7f) {
            (void)snprintf(escape, sizeof(escape), "\\u%04x", byte);
            json_text_words(text, escape);
        } else if (size == 0) {
            json_text_words(text, "\xEF\xBF\xBD");
            size = 1;
        } else {
            json_text_raw(text, span_of(value.data + i, size));
        }
        i += size;
    }
    json_text_words(text, "\"");
}

void json_text_pair(struct json_text *text, bool first, const char *name, struct span value)
{
    if (!first) {
        json_text_words(text, ",");
    }
    json_text_string(text, span_text(name));
    json_text_words(text, ":");
    json_text_string(text, value);
}

void json_text_base64(struct json_text *text, struct span value)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="; /* Behind the digits:
                                                                                the padding. */
    json_text_words(text, "\"");
    for (size_t i = 0; i < value.size; i += 3) {
        size_t left = value.size - i;
        uint32_t bits = (uint32_t)value.data[i] << 16;
        bits |= left > 1 ? (uint32_t)value.data[i + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)value.data[i + 2] : 0;
        char quad[4] = {alphabet[bits >> 18], alphabet[(bits >> 12) & 63],
                        alphabet[left > 1 ? (bits >> 6) & 63 : 64],
                        alphabet[left > 2 ? bits & 63 : 64]};
        json_text_raw(text, span_of(quad, sizeof(quad)));
    }
    json_text_words(text, "\"");
}

static int base64_digit(char byte)
{
    return byte >= 'A' && byte <= 'Z'   ? byte - 'A'
           : byte >= 'a' && byte <= 'z' ? byte - 'a' + 26
           : byte >= '0' && byte <= '9' ? byte - '0' + 52
           : byte == '+'                ? 62
           : byte == '/'                ? 63
                                        : -1;
}

bool base64_decode(struct span text, uint8_t *out, size_t *size)
{
    *size = 0;
    if (text.size % 4 != 0) {
        return false;
    }
    size_t padding = 0;
    while (padding < 2 && padding < text.size && text.data[text.size - 1 - padding] == '=') {
        padding++;
    }
    uint32_t bits = 0;
    for (size_t i = 0; i < text.size - padding; i++) {
        int digit = base64_digit((char)text.data[i]);
        if (digit < 0) {
            return false;
        }
        bits = (bits << 6) | (uint32_t)digit;
        if (i % 4 != 0) {
            unsigned shift = 6 - 2 * (i % 4);
            out[*size] = (uint8_t)(bits >> shift);
            *size += 1;
        }
    }
    return true;
}
