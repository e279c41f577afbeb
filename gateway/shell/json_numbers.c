#include "gateway/shell/json_numbers.h"

#include "gateway/shell/json_text.h"

/* Stands between the words of JSON. */
static bool separates(uint8_t byte)
{
    return byte != '\0' && strchr(" \t\r\n,:[]{}\"", byte) != NULL;
}

static bool digit_at(struct span text, size_t at)
{
    return at < text.size && text.data[at] >= '0' && text.data[at] <= '9';
}

/* Bytes of the number without exponent that `text` begins with (RFC 8259 §6); 0 if
 * it begins with none, or if the word goes on behind it. */
static size_t number_size(struct span text)
{
    size_t at = text.size > 0 && text.data[0] == '-' ? 1 : 0;
    if (!digit_at(text, at)) {
        return 0;
    }
    bool zero = text.data[at] == '0';
    at += 1;
    while (!zero && digit_at(text, at)) {
        at++;
    }
    if (at < text.size && text.data[at] == '.') {
        at += 1;
        if (!digit_at(text, at)) {
            return 0;
        }
        while (digit_at(text, at)) {
            at++;
        }
    }
    /* A value ends before one of these; before ':' it would be a name, which is a string. */
    size_t next = at;
    while (next < text.size && strchr(" \t\r\n", text.data[next]) != NULL &&
           text.data[next] != '\0') {
        next++;
    }
    bool ends = next == text.size || text.data[next] == ',' || text.data[next] == ']' ||
                text.data[next] == '}';
    return ends ? at : 0;
}

/* Bytes of the string that `text` begins with, with its quotes. */
static size_t string_size(struct span text)
{
    size_t at = 1;
    while (at < text.size && text.data[at] != '"') {
        at += text.data[at] == '\\' && at + 1 < text.size ? 2 : 1;
    }
    return at < text.size ? at + 1 : text.size;
}

enum json_numbers_result json_numbers_quote(struct span json, uint32_t depth_max, char *out,
                                            size_t capacity, size_t *size)
{
    struct json_text text;
    json_text_init(&text, out, capacity);
    uint32_t depth = 0;
    bool word = false; /* Within something that a number would be the tail of. */
    size_t at = 0;
    while (at < json.size) {
        struct span rest = span_of(json.data + at, json.size - at);
        uint8_t byte = rest.data[0];
        size_t number = word ? 0 : number_size(rest);
        size_t taken = byte == '"' ? string_size(rest) : number > 0 ? number : 1;
        if (byte == '{' || byte == '[') {
            depth += 1;
            if (depth > depth_max) {
                return JSON_NUMBERS_DEEP;
            }
        } else if ((byte == '}' || byte == ']') && depth > 0) {
            depth -= 1;
        }
        json_text_words(&text, number > 0 ? "\"" : "");
        json_text_raw(&text, span_of(rest.data, taken));
        json_text_words(&text, number > 0 ? "\"" : "");
        word = number == 0 && !separates(byte);
        at += taken;
    }
    *size = text.size;
    return text.overflow ? JSON_NUMBERS_FULL : JSON_NUMBERS_OK;
}
