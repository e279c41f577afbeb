#include "gateway/shell/config.h"
#include "gateway/shell/json_text.h"

#include <inttypes.h>

/* Values are at most a line of the file long; escaped, six bytes for one. */
enum { PRINT_BYTES_MAX = 4096 };

/* A LogonTag may be any credential that a broker made up: its value is not shown. */
static const char *shown(enum config_key key, const char *value)
{
    enum config_type type = config_key_definition(key)->type;
    return type == CONFIG_SECRET || type == CONFIG_LOGON_TAG ? "***" : value;
}

/* One setting to be printed: a key, or a numbered one of a family. */
struct shown_setting {
    char name[CONFIG_WORD_BYTES_MAX + 16];
    const char *value;
    const struct config_setting *setting;
};

/* Setting `at` of `key`: 0 without number. False: there is none. */
static bool setting_at(const struct config_settings *settings, enum config_key key, uint32_t at,
                       struct shown_setting *out)
{
    enum config_family family = config_key_family(key);
    out->setting = at == 0 ? &settings->list[key] : &settings->numbered[family][at - 1];
    if (out->setting->value == NULL) {
        return false;
    }
    char number[16] = "";
    if (at > 0) {
        (void)snprintf(number, sizeof(number), "%" PRIu32, at);
    }
    (void)snprintf(out->name, sizeof(out->name), "%s%s", config_key_definition(key)->name, number);
    out->value = shown(key, out->setting->value);
    return true;
}

static uint32_t numbers_of(enum config_key key)
{
    enum config_family family = config_key_family(key);
    return family == CONFIG_FAMILIES_COUNT ? 0 : config_family_max(family);
}

static void print_text_one(const struct gateway_config *config, const struct shown_setting *shown,
                           FILE *out)
{
    int width = (int)(strlen(shown->name) + strlen(shown->value) + 1);
    (void)fprintf(out, "%s=%s%*s", shown->name, shown->value, width < 64 ? 64 - width : 1, "");
    if (shown->setting->origin == CONFIG_ORIGIN_FILE) {
        (void)fprintf(out, " # %s:%" PRIu32 "\n", config->file.path, shown->setting->line);
    } else {
        (void)fprintf(out, " # default\n");
    }
}

static void print_text(const struct gateway_config *config, const char *title,
                       const struct config_settings *settings, FILE *out)
{
    (void)fprintf(out, "[%s]\n", title);
    for (uint32_t i = 0; i < CONFIG_KEYS_COUNT; i++) {
        enum config_key key = (enum config_key)i;
        struct shown_setting setting;
        for (uint32_t at = 0; at <= numbers_of(key); at++) {
            if (setting_at(settings, key, at, &setting)) {
                print_text_one(config, &setting, out);
            }
        }
    }
    (void)fprintf(out, "\n");
}

static void print_json_one(const struct gateway_config *config, const struct shown_setting *shown,
                           const char *comma, FILE *out)
{
    char bytes[PRINT_BYTES_MAX];
    struct json_text text;
    json_text_init(&text, bytes, sizeof(bytes));
    json_text_words(&text, comma);
    json_text_string(&text, span_text(shown->name));
    json_text_words(&text, ":{");
    json_text_pair(&text, true, "value", span_text(shown->value));
    bool from_file = shown->setting->origin == CONFIG_ORIGIN_FILE;
    json_text_pair(&text, false, "origin", span_text(from_file ? "file" : "default"));
    if (from_file) {
        json_text_pair(&text, false, "file", span_text(config->file.path));
        json_text_words(&text, ",\"line\":");
        json_text_uint(&text, shown->setting->line);
    }
    json_text_words(&text, "}");
    (void)fwrite(bytes, 1, json_text_span(&text).size, out);
}

static void print_json(const struct gateway_config *config, const struct config_settings *settings,
                       FILE *out)
{
    const char *comma = "";
    (void)fprintf(out, "{");
    for (uint32_t i = 0; i < CONFIG_KEYS_COUNT; i++) {
        enum config_key key = (enum config_key)i;
        struct shown_setting setting;
        for (uint32_t at = 0; at <= numbers_of(key); at++) {
            if (setting_at(settings, key, at, &setting)) {
                print_json_one(config, &setting, comma, out);
                comma = ",";
            }
        }
    }
    (void)fprintf(out, "}");
}

void gateway_config_print(const struct gateway_config *config, bool json, FILE *out)
{
    if (!json) {
        print_text(config, "GATEWAY", &config->settings, out);
        print_text(config, "ROUTER", &config->router_settings, out);
        for (uint32_t i = 0; i < config->engine.brokers_count; i++) {
            print_text(config, "BROKER", &config->broker_settings[i], out);
        }
        for (uint32_t i = 0; i < config->operator_sections; i++) {
            print_text(config, "OPERATOR", &config->operator_settings[i], out);
        }
        for (uint32_t i = 0; i < config->limit_sections; i++) {
            print_text(config, "LIMIT", &config->limit_settings[i], out);
        }
        for (uint32_t i = 0; i < config->engine.sessions_count; i++) {
            (void)fprintf(out, "# %s\n", config->sessions[i].id);
            print_text(config, "SESSION", &config->session_settings[i], out);
        }
        return;
    }
    (void)fprintf(out, "{\"GATEWAY\":");
    print_json(config, &config->settings, out);
    (void)fprintf(out, ",\"ROUTER\":");
    print_json(config, &config->router_settings, out);
    (void)fprintf(out, ",\"BROKER\":[");
    for (uint32_t i = 0; i < config->engine.brokers_count; i++) {
        (void)fprintf(out, "%s", i > 0 ? "," : "");
        print_json(config, &config->broker_settings[i], out);
    }
    (void)fprintf(out, "],\"OPERATOR\":[");
    for (uint32_t i = 0; i < config->operator_sections; i++) {
        (void)fprintf(out, "%s", i > 0 ? "," : "");
        print_json(config, &config->operator_settings[i], out);
    }
    (void)fprintf(out, "],\"LIMIT\":[");
    for (uint32_t i = 0; i < config->limit_sections; i++) {
        (void)fprintf(out, "%s", i > 0 ? "," : "");
        print_json(config, &config->limit_settings[i], out);
    }
    (void)fprintf(out, "],\"SESSION\":[");
    for (uint32_t i = 0; i < config->engine.sessions_count; i++) {
        (void)fprintf(out, "%s", i > 0 ? "," : "");
        print_json(config, &config->session_settings[i], out);
    }
    (void)fprintf(out, "]}\n");
}
