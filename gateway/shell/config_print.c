#include "gateway/shell/config.h"
#include "gateway/shell/json_text.h"

#include <inttypes.h>

/* Values are at most a line of the file long; escaped, six bytes for one. */
enum { PRINT_BYTES_MAX = 4096 };

static const char *shown(enum config_key key, const char *value)
{
    return value != NULL && config_key_definition(key)->type == CONFIG_SECRET ? "***" : value;
}

static void print_text(const struct gateway_config *config, const char *title,
                       const struct config_settings *settings, FILE *out)
{
    (void)fprintf(out, "[%s]\n", title);
    for (uint32_t i = 0; i < CONFIG_KEYS_COUNT; i++) {
        enum config_key key = (enum config_key)i;
        const struct config_setting *setting = &settings->list[key];
        if (setting->value == NULL) {
            continue;
        }
        const char *name = config_key_definition(key)->name;
        const char *value = shown(key, setting->value);
        int width = (int)(strlen(name) + strlen(value) + 1);
        (void)fprintf(out, "%s=%s%*s", name, value, width < 64 ? 64 - width : 1, "");
        if (setting->origin == CONFIG_ORIGIN_FILE) {
            (void)fprintf(out, " # %s:%" PRIu32 "\n", config->file.path, setting->line);
        } else {
            (void)fprintf(out, " # default\n");
        }
    }
    (void)fprintf(out, "\n");
}

static void print_json(const struct gateway_config *config, const struct config_settings *settings,
                       FILE *out)
{
    const char *comma = "";
    (void)fprintf(out, "{");
    for (uint32_t i = 0; i < CONFIG_KEYS_COUNT; i++) {
        enum config_key key = (enum config_key)i;
        const struct config_setting *setting = &settings->list[key];
        if (setting->value == NULL) {
            continue;
        }
        char bytes[PRINT_BYTES_MAX];
        struct json_text text;
        json_text_init(&text, bytes, sizeof(bytes));
        json_text_words(&text, comma);
        json_text_string(&text, span_text(config_key_definition(key)->name));
        json_text_words(&text, ":{");
        json_text_pair(&text, true, "value", span_text(shown(key, setting->value)));
        bool from_file = setting->origin == CONFIG_ORIGIN_FILE;
        json_text_pair(&text, false, "origin", span_text(from_file ? "file" : "default"));
        if (from_file) {
            json_text_pair(&text, false, "file", span_text(config->file.path));
            json_text_words(&text, ",\"line\":");
            json_text_uint(&text, setting->line);
        }
        json_text_words(&text, "}");
        (void)fwrite(bytes, 1, json_text_span(&text).size, out);
        comma = ",";
    }
    (void)fprintf(out, "}");
}

void gateway_config_print(const struct gateway_config *config, bool json, FILE *out)
{
    if (!json) {
        print_text(config, "GATEWAY", &config->settings, out);
        for (uint32_t i = 0; i < config->engine.brokers_count; i++) {
            print_text(config, "BROKER", &config->broker_settings[i], out);
        }
        for (uint32_t i = 0; i < config->engine.sessions_count; i++) {
            (void)fprintf(out, "# %s\n", config->sessions[i].id);
            print_text(config, "SESSION", &config->session_settings[i], out);
        }
        return;
    }
    (void)fprintf(out, "{\"GATEWAY\":");
    print_json(config, &config->settings, out);
    (void)fprintf(out, ",\"BROKER\":[");
    for (uint32_t i = 0; i < config->engine.brokers_count; i++) {
        (void)fprintf(out, "%s", i > 0 ? "," : "");
        print_json(config, &config->broker_settings[i], out);
    }
    (void)fprintf(out, "],\"SESSION\":[");
    for (uint32_t i = 0; i < config->engine.sessions_count; i++) {
        (void)fprintf(out, "%s", i > 0 ? "," : "");
        print_json(config, &config->session_settings[i], out);
    }
    (void)fprintf(out, "]}\n");
}
