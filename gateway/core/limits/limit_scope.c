#include "gateway/core/limits/limit_scope.h"

static const char *const words[] = {
#define X(name, word) word,
    LIMIT_SCOPES(X)
#undef X
};

const char *limit_scope_word(enum limit_scope_kind kind)
{
    ASSERT(kind < ARRAY_LEN(words));
    return words[kind];
}

bool limit_scope_parse(struct span text, struct limit_scope *out)
{
    size_t size = 0;
    while (size < text.size && text.data[size] != ' ' && text.data[size] != ':') {
        size++;
    }
    struct span word = span_of(text.data, size);
    struct span name =
        size < text.size ? span_of(text.data + size + 1, text.size - size - 1) : span_of(NULL, 0);
    for (uint32_t kind = 0; kind < SCOPE_KINDS_COUNT; kind++) {
        if (!span_is(word, words[kind])) {
            continue;
        }
        bool whole = kind == SCOPE_ALL ? size == text.size
                                       : name.size > 0 && name.size <= ENGINE_NAME_BYTES_MAX;
        *out = (struct limit_scope){.kind = (enum limit_scope_kind)kind};
        span_to_text(name, out->name, sizeof(out->name));
        /* A NUL within would make it another name. */
        return whole && strlen(out->name) == name.size;
    }
    return false;
}

struct text *limit_scope_add(struct text *text, const struct limit_scope *scope)
{
    text_add(text, limit_scope_word(scope->kind));
    if (scope->kind != SCOPE_ALL) {
        text_add(text_add(text, " "), scope->name);
    }
    return text;
}

bool limit_scope_equal(const struct limit_scope *a, const struct limit_scope *b)
{
    return a->kind == b->kind && strcmp(a->name, b->name) == 0;
}

struct span limit_scope_name(const struct limit_parties *parties, enum limit_scope_kind kind)
{
    switch (kind) {
    case SCOPE_CLIENT:
        return parties->client;
    case SCOPE_ACCOUNT:
        return parties->account;
    case SCOPE_SYMBOL:
        return parties->symbol;
    case SCOPE_ALL:
    case SCOPE_BROKER:
    case SCOPE_KINDS_COUNT:
        break;
    }
    return span_of(NULL, 0);
}

bool limit_scope_holds(const struct limit_scope *scope, const struct limit_parties *parties)
{
    switch (scope->kind) {
    case SCOPE_ALL:
        return true;
    case SCOPE_CLIENT:
    case SCOPE_ACCOUNT:
    case SCOPE_SYMBOL:
        return span_is(limit_scope_name(parties, scope->kind), scope->name);
    case SCOPE_BROKER:
    case SCOPE_KINDS_COUNT:
        break;
    }
    return false;
}

struct text *limit_add_decimal(struct text *text, struct decimal number)
{
    char digits[DECIMAL_TEXT_BYTES_MAX];
    return text_add_span(text, span_of(digits, decimal_format(number, digits)));
}
