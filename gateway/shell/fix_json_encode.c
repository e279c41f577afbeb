#include "gateway/shell/fix_json.h"

#include "fix/message.h"
#include "gateway/shell/json_text.h"
#include "gateway/shell/message_walk.h"

#include <stdio.h>

struct encode {
    struct json_text text;
    bool comma; /* Something stands already at this level. */
};

static void next(struct encode *encode)
{
    json_text_words(&encode->text, encode->comma ? "," : "");
    encode->comma = true;
}

static void put_name(struct encode *encode, uint32_t tag, const struct dictionary_field *definition)
{
    next(encode);
    if (definition != NULL) {
        json_text_string(&encode->text, span_text(definition->name));
    } else {
        json_text_words(&encode->text, "\"");
        json_text_uint(&encode->text, tag);
        json_text_words(&encode->text, "\"");
    }
    json_text_words(&encode->text, ":");
}

static void put_field(void *context, uint32_t tag, const struct dictionary_field *definition,
                      struct span value)
{
    struct encode *encode = context;
    bool counted = definition != NULL && definition->data_tag != 0;
    if (tag == 9 || tag == 10 || counted) {
        return;
    }
    put_name(encode, tag, definition);
    if (definition != NULL && definition->type == DICTIONARY_TYPE_DATA) {
        json_text_base64(&encode->text, value);
    } else {
        json_text_string(&encode->text, value);
    }
}

static void begin_group(void *context, const struct dictionary_field *definition, struct span count)
{
    (void)count;
    struct encode *encode = context;
    ASSERT(definition != NULL);
    put_name(encode, definition->tag, definition);
    json_text_words(&encode->text, "[");
    encode->comma = false;
}

static void begin_entry(void *context, uint32_t number)
{
    (void)number;
    struct encode *encode = context;
    next(encode);
    json_text_words(&encode->text, "{");
    encode->comma = false;
}

static void end_entry(void *context)
{
    struct encode *encode = context;
    json_text_words(&encode->text, "}");
    encode->comma = true;
}

static void end_group(void *context)
{
    struct encode *encode = context;
    json_text_words(&encode->text, "]");
    encode->comma = true;
}

bool fix_json_encode(const struct dictionary *dictionary, struct span message_bytes, uint8_t *out,
                     size_t capacity, struct span *json)
{
    static const struct {
        enum walk_part part;
        const char *words;
    } parts[] = {{WALK_HEADER, "{\"Header\":{"},
                 {WALK_BODY, "},\"Body\":{"},
                 {WALK_TRAILER, "},\"Trailer\":{"}};
    struct field fields[FIX_FIELDS_MAX];
    struct message message;
    message_init(&message, fields, FIX_FIELDS_MAX);
    *json = span_of(out, 0);
    if (message_index_unframed(&message, message_bytes, dictionary) != FRAME_FAULT_NONE) {
        return false;
    }
    struct encode encode;
    json_text_init(&encode.text, (char *)out, capacity);
    const struct walk_visitor visitor = {.context = &encode,
                                         .field = put_field,
                                         .group_begin = begin_group,
                                         .entry_begin = begin_entry,
                                         .entry_end = end_entry,
                                         .group_end = end_group};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        json_text_words(&encode.text, parts[i].words);
        encode.comma = false;
        message_walk(&message, dictionary, parts[i].part, &visitor);
    }
    json_text_words(&encode.text, "}}");
    *json = json_text_span(&encode.text);
    return !encode.text.overflow;
}
