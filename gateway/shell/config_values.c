#include "gateway/shell/config_values.h"

#include "fix/timestamp.h"
#include "gateway/shell/endpoint.h"

#include <stdio.h>
#include <strings.h>

/* Digits only, so that no sign, space or hexadecimal slips in. -1: not that, or too big. */
static int64_t digits_value(struct span text)
{
    int64_t value = 0;
    if (text.size == 0 || text.size > 18) {
        return -1;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return -1;
        }
        value = value * 10 + (text.data[i] - '0');
    }
    return value;
}

/* "64M" → 67108864; -1 if it is not that. */
static int64_t bytes_value(const char *value)
{
    struct span text = span_text(value);
    unsigned shift = 0;
    if (text.size > 0) {
        char last = (char)(text.data[text.size - 1] & ~0x20); /* Upper case. */
        shift = last == 'K' ? 10 : last == 'M' ? 20 : last == 'G' ? 30 : 0;
    }
    text.size -= shift > 0 ? 1 : 0;
    int64_t number = digits_value(text);
    return number < 0 || number > (INT64_MAX >> shift) ? -1 : number << shift;
}

static int64_t precision_value(const char *value)
{
    static const struct {
        const char *word;
        int64_t digits;
    } words[] = {{"SECONDS", 0}, {"MILLIS", 3}, {"MICROS", 6}, {"NANOS", 9}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcasecmp(words[i].word, value) == 0) {
            return words[i].digits;
        }
    }
    return digits_value(span_text(value));
}

/* Place of `value` among the words of `form`; -1 if it is none of them. */
static int choice_find(const char *form, const char *value)
{
    int place = 0;
    for (const char *word = form; *word != '\0'; place++) {
        size_t size = strcspn(word, "|");
        if (strlen(value) == size && strncasecmp(word, value, size) == 0) {
            return place;
        }
        word += size + (word[size] == '|' ? 1 : 0);
    }
    return -1;
}

int64_t config_value_number(enum config_key key, const char *value)
{
    enum config_type type = config_key_definition(key)->type;
    ASSERT(type == CONFIG_NUMBER || type == CONFIG_BYTES || type == CONFIG_PRECISION ||
           type == CONFIG_SECONDS || type == CONFIG_DECIMAL);
    return type == CONFIG_NUMBER    ? digits_value(span_text(value))
           : type == CONFIG_BYTES   ? bytes_value(value)
           : type == CONFIG_SECONDS ? config_duration_seconds(value)
           : type == CONFIG_DECIMAL ? config_decimal_permille(value)
                                    : precision_value(value);
}

bool config_value_bool(const char *value)
{
    return value[0] == 'Y' || value[0] == 'y';
}

uint32_t config_value_choice(enum config_key key, const char *value)
{
    int place = choice_find(config_key_definition(key)->form, value);
    ASSERT(place >= 0);
    return (uint32_t)place;
}

uint64_t config_value_time_ns(const char *value)
{
    uint64_t time_ns = 0;
    bool parsed = time_only_parse(span_text(value), &time_ns);
    ASSERT(parsed);
    return time_ns;
}

static const char *check_text(const struct config_key_definition *definition, const char *value,
                              char reason[CONFIG_REASON_BYTES_MAX])
{
    size_t size = strlen(value);
    if ((int64_t)size > definition->maximum) {
        (void)snprintf(reason, CONFIG_REASON_BYTES_MAX, "is longer than %lld bytes",
                       (long long)definition->maximum);
        return reason;
    }
    for (size_t i = 0; i < size; i++) {
        char byte = value[i];
        if (byte < ' ' || byte > '~') {
            return "holds a byte that is not printable ASCII";
        }
        bool word = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                    (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
        if (definition->type == CONFIG_NAME && !word) {
            return "may only hold letters, digits, '-' and '_'";
        }
    }
    return NULL;
}

static const char *check_number(enum config_key key, const char *value,
                                char reason[CONFIG_REASON_BYTES_MAX])
{
    const struct config_key_definition *definition = config_key_definition(key);
    int64_t number = config_value_number(key, value);
    if (number >= definition->minimum && number <= definition->maximum) {
        return NULL;
    }
    (void)snprintf(reason, CONFIG_REASON_BYTES_MAX,
                   "'%.60s' is not a whole number from %lld to %lld (%s)", value,
                   (long long)definition->minimum, (long long)definition->maximum,
                   definition->type == CONFIG_BYTES ? "bytes; K, M or G may stand behind it"
                                                    : definition->form);
    return reason;
}

static const char *check_endpoint(const char *value, char reason[CONFIG_REASON_BYTES_MAX])
{
    char error[ENDPOINT_ERROR_BYTES_MAX] = "";
    if (endpoint_check(value, error) == STATUS_OK) {
        return NULL;
    }
    (void)snprintf(reason, CONFIG_REASON_BYTES_MAX, "is not accepted: %.*s",
                   CONFIG_REASON_BYTES_MAX - 32, error);
    return reason;
}

static const char *check_bool(const char *value, char reason[CONFIG_REASON_BYTES_MAX])
{
    if (strlen(value) == 1 && strchr("YyNn", value[0]) != NULL) {
        return NULL;
    }
    (void)snprintf(reason, CONFIG_REASON_BYTES_MAX, "'%.60s' is neither Y nor N", value);
    return reason;
}

static const char *check_choice(const struct config_key_definition *definition, const char *value,
                                char reason[CONFIG_REASON_BYTES_MAX])
{
    if (choice_find(definition->form, value) >= 0) {
        return NULL;
    }
    (void)snprintf(reason, CONFIG_REASON_BYTES_MAX, "'%.60s' is not one of %s", value,
                   definition->form);
    return reason;
}

static const char *check_time(const char *value, char reason[CONFIG_REASON_BYTES_MAX])
{
    uint64_t time_ns = 0;
    if (time_only_parse(span_text(value), &time_ns)) {
        return NULL;
    }
    (void)snprintf(reason, CONFIG_REASON_BYTES_MAX, "'%.60s' is not a time of day (HH:MM:SS)",
                   value);
    return reason;
}

const char *config_value_check(enum config_key key, const char *value,
                               char reason[CONFIG_REASON_BYTES_MAX])
{
    const struct config_key_definition *definition = config_key_definition(key);
    switch (definition->type) {
    case CONFIG_TEXT:
    case CONFIG_NAME:
    case CONFIG_SECRET:
    case CONFIG_PATH:
        return check_text(definition, value, reason);
    case CONFIG_ENDPOINT:
        return check_endpoint(value, reason);
    case CONFIG_NUMBER:
    case CONFIG_BYTES:
    case CONFIG_PRECISION:
        return check_number(key, value, reason);
    case CONFIG_SECONDS:
        return config_check_duration(definition, value, reason);
    case CONFIG_DECIMAL:
        return config_check_decimal(definition, value, reason);
    case CONFIG_BOOL:
        return check_bool(value, reason);
    case CONFIG_CHOICE:
        return check_choice(definition, value, reason);
    case CONFIG_TIME:
        return check_time(value, reason);
    case CONFIG_CLOCK:
        return config_check_clock(value, reason);
    case CONFIG_ZONE:
        return config_check_zone(span_text(value), reason);
    case CONFIG_DAY:
    case CONFIG_DAYS:
        return config_check_days(value, definition->type == CONFIG_DAYS, reason);
    case CONFIG_ADDRESSES:
        return config_check_addresses(value, reason);
    case CONFIG_PINS:
        return config_check_pins(value, reason);
    case CONFIG_PROTOCOLS:
        return config_check_protocols(value, reason);
    case CONFIG_NAMES:
    case CONFIG_LOGON_TAG:
        break;
    }
    const char *wrong = check_text(definition, value, reason);
    if (wrong == NULL) {
        wrong = definition->type == CONFIG_NAMES ? config_check_names(value, reason)
                                                 : config_check_logon_tag(value, reason);
    }
    return wrong;
}
