#include "gateway/console/log_filter.h"

#include "fix/tags.h"
#include "gateway/shell/nearest.h"

#include <stdio.h>
#include <strings.h>

enum { TYPE_BYTES_MAX = 3 }; /* Of a MsgType that no dictionary has: U1, UA1. */

static bool same_name(const char *name, struct span word)
{
    return strlen(name) == word.size && strncasecmp(name, (const char *)word.data, word.size) == 0;
}

static struct span type_find(const struct dictionary *dictionary, struct span word)
{
    if (dictionary_message(dictionary, word) != NULL) {
        return word;
    }
    for (uint32_t i = 0; i < dictionary->messages_count; i++) {
        if (same_name(dictionary->messages[i].name, word)) {
            return span_text(dictionary->messages[i].msg_type);
        }
    }
    return word.size <= TYPE_BYTES_MAX ? word : span_of(NULL, 0);
}

static void type_unknown(const struct dictionary *dictionary, struct span word,
                         char error[LOG_FILTER_ERROR_BYTES_MAX])
{
    struct nearest nearest;
    nearest_init(&nearest, word);
    for (uint32_t i = 0; i < dictionary->messages_count; i++) {
        nearest_offer(&nearest, dictionary->messages[i].name);
    }
    (void)snprintf(error, LOG_FILTER_ERROR_BYTES_MAX, "no message is called '%.*s'%s%s%s",
                   word.size < 64 ? (int)word.size : 64, (const char *)word.data,
                   nearest.best != NULL ? "; did you mean " : "",
                   nearest.best != NULL ? nearest.best : "", nearest.best != NULL ? "?" : "");
}

bool log_filter_types(struct log_filter *filter, const struct dictionary *dictionary,
                      const char *text, char error[LOG_FILTER_ERROR_BYTES_MAX])
{
    while (*text != '\0') {
        size_t size = strcspn(text, ",");
        struct span word = span_of(text, size);
        struct span type = size > 0 ? type_find(dictionary, word) : word;
        if (type.data == NULL) {
            type_unknown(dictionary, word, error);
            return false;
        }
        if (filter->types_count == LOG_FILTER_TYPES_MAX) {
            (void)snprintf(error, LOG_FILTER_ERROR_BYTES_MAX, "more than %d types",
                           LOG_FILTER_TYPES_MAX);
            return false;
        }
        if (size > 0) {
            filter->types[filter->types_count] = type;
            filter->types_count += 1;
        }
        text += size;
        text += *text == ',' ? 1 : 0;
    }
    return true;
}

bool log_filter_record(const struct log_filter *filter, const struct log_record *record)
{
    if (record->time_ns < filter->from_ns || record->time_ns >= filter->to_ns) {
        return false;
    }
    if (filter->session != NULL && strstr(record->session, filter->session) == NULL) {
        return false;
    }
    if (record->kind != LOG_RECORD_BYTES || filter->in == filter->out) {
        return true;
    }
    return record->direction == (filter->in ? LOG_DIRECTION_IN : LOG_DIRECTION_OUT);
}

static bool type_wanted(const struct log_filter *filter, const struct message *message)
{
    struct span type = message_type(message);
    for (uint32_t i = 0; i < filter->types_count; i++) {
        if (span_equal(filter->types[i], type)) {
            return true;
        }
    }
    return filter->types_count == 0;
}

static bool order_wanted(const struct log_filter *filter, const struct message *message)
{
    for (uint32_t i = 0; filter->cl_ord_id != NULL && i < message->count; i++) {
        const struct field *field = &message->fields[i];
        if ((field->tag == TAG_ClOrdID || field->tag == TAG_OrigClOrdID) &&
            span_is(field_value(message, field), filter->cl_ord_id)) {
            return true;
        }
    }
    return filter->cl_ord_id == NULL;
}

bool log_filter_message(const struct log_filter *filter, const struct message *message)
{
    return type_wanted(filter, message) && order_wanted(filter, message);
}
