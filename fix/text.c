#include "fix/text.h"

struct text *text_add_span(struct text *text, struct span part)
{
    for (size_t index = 0; index < part.size && text->size < FIX_TEXT_BYTES_MAX; index++) {
        uint8_t byte = part.data[index];
        text->data[text->size] = byte < ' ' || byte > '~' ? '?' : (char)byte;
        text->size += 1;
    }
    text->data[text->size] = '\0';
    return text;
}

struct text *text_add(struct text *text, const char *part)
{
    return text_add_span(text, span_text(part));
}

struct text *text_add_uint(struct text *text, uint64_t number)
{
    char digits[20];
    size_t first = sizeof(digits);
    do {
        first -= 1;
        digits[first] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return text_add_span(text, span_of(digits + first, sizeof(digits) - first));
}
