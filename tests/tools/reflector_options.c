#include "tests/tools/reflector_options.h"

#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>

const char options_help[] =
    "usage: reflector --port P --store DIR [--setting Key=Value]… [--session]…\n"
    "\n"
    "A FIX 4.4 counterparty for tests: the session engine of fixgate with an application\n"
    "that sends NewOrderSingle, SecurityDefinition and Email back with a fresh header, and\n"
    "refuses every other application message with BusinessMessageReject 380=3. A\n"
    "PossResend=Y of an ID it has seen before is ignored. It accepts one session,\n"
    "REFLECTOR (its own id) with PEER, unless settings say otherwise. When it is ready it\n"
    "says so in one line on standard output:\n"
    "\n"
    "  reflector ready pid=4711 port=9878\n"
    "\n"
    "  --port P             where to listen; 0 = any free port, see the line above\n"
    "  --store DIR          where numbers and messages are kept, and reflector.log; made if\n"
    "                       it is not there\n"
    "  --setting Key=Value  any key of `fixgate help config`, such as ResetOnLogon=Y,\n"
    "                       SenderCompID=…, TargetCompID=…, Durability=commit, or\n"
    "                       ConnectionType=initiator with SocketConnectHost, SocketConnectPort;\n"
    "                       the last of several counts\n"
    "  --session            begins a session; settings behind it are its own, those before\n"
    "                       the first are the defaults of all\n"
    "\n"
    "It logs out and ends on SIGTERM or SIGINT; after kill -9 it goes on where it was.\n"
    "Exit code: 0 ended by a signal, 2 wrong options or settings, 3 store or port refused.\n";

/* What a reflector is if nobody says otherwise. */
static const struct {
    const char *key;
    const char *value;
} defaults[] = {
    {"ConnectionType", "acceptor"},
    {"SenderCompID", "REFLECTOR"},
    {"TargetCompID", "PEER"},
    {"Broker", "PEER"},
    {"ReconnectInterval", "1"},
    {"DataDictionary", FIXGATE_SOURCE_DIR "/dictionaries/FIX44.xml"},
};

static const struct {
    const char *key;
    const char *value;
} gateway_defaults[] = {
    {"StorePath", "store"}, /* The true one is too long for a line, perhaps. */
    {"Durability", "process"},
    {"StoreMapInitial", "16M"},
    {"StoreReserve", "1M"},
    {"OrderEntryEndpoint", "inproc://orders"},
    {"BusEndpoint", "inproc://bus"},
    {"ReplayEndpoint", "inproc://replay"},
    {"ControlEndpoint", "inproc://control"},
    {"DataDictionary", FIXGATE_SOURCE_DIR "/dictionaries/FIX44.xml"},
    {"InternalDictionary", FIXGATE_SOURCE_DIR "/dictionaries/FIX44-internal.xml"},
};

/* --- Reading ---------------------------------------------------------------- */

static bool complain(char *error, const char *what, const char *about)
{
    (void)snprintf(error, OPTIONS_ERROR_BYTES_MAX, "%s: %s; see --help", about, what);
    return false;
}

static bool read_port(struct options *options, const char *text, char *error)
{
    char *end = NULL;
    unsigned long port = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || port > UINT16_MAX) {
        return complain(error, "not a port from 0 to 65535", text);
    }
    options->has_port = true;
    options->port = (uint16_t)port;
    return true;
}

static bool read_setting(struct options *options, const char *text, char *error)
{
    const char *equal = strchr(text, '=');
    if (equal == NULL || equal == text || (size_t)(equal - text) > OPTIONS_KEY_BYTES_MAX) {
        return complain(error, "not of the form Key=Value", text);
    }
    if (text[strcspn(text, "\r\n")] != '\0') {
        return complain(error, "has more than one line", text);
    }
    if (options->settings_count == OPTIONS_SETTINGS_MAX) {
        return complain(error, "too many settings", text);
    }
    struct option_setting *setting = &options->settings[options->settings_count];
    options->settings_count++;
    setting->session = options->sessions_count;
    setting->value = equal + 1;
    span_to_text(span_of(text, (size_t)(equal - text)), setting->key, sizeof(setting->key));
    return true;
}

static bool read_value(struct options *options, const char *name, const char *value, char *error)
{
    if (strcmp(name, "--port") == 0) {
        return read_port(options, value, error);
    }
    if (strcmp(name, "--setting") == 0) {
        return read_setting(options, value, error);
    }
    if (strcmp(name, "--scripted") == 0) {
        char *colon = NULL;
        options->scripted = true;
        options->scripted_seq_in = strtoull(value, &colon, 10);
        options->scripted_seq_out = *colon == ':' ? strtoull(colon + 1, NULL, 10) : 0;
        return options->scripted_seq_out > 0 || complain(error, "not IN:OUT", value);
    }
    ASSERT(strcmp(name, "--store") == 0);
    options->store = value;
    return value[0] != '\0' || complain(error, "needs a directory", name);
}

bool options_read(struct options *options, int argc, char **argv,
                  char error[OPTIONS_ERROR_BYTES_MAX])
{
    static const char *const names[] = {"--port", "--store", "--setting", "--scripted"};
    *options = (struct options){.store = NULL};
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            options->help = true;
            return true;
        }
        if (strcmp(word, "--session") == 0) {
            if (options->sessions_count == OPTIONS_SESSIONS_MAX) {
                return complain(error, "too many sessions", word);
            }
            options->sessions_count++;
            continue;
        }
        const char *name = NULL;
        const char *value = NULL;
        for (size_t j = 0; j < ARRAY_LEN(names); j++) {
            size_t size = strlen(names[j]);
            if (strncmp(word, names[j], size) == 0 && (word[size] == '\0' || word[size] == '=')) {
                name = names[j];
                value = word[size] == '=' ? word + size + 1 : argv[i + 1];
                i += word[size] == '=' ? 0 : 1;
            }
        }
        if (name == NULL) {
            return complain(error, "no such option", word);
        }
        if (value == NULL) {
            return complain(error, "needs a value", name);
        }
        if (!read_value(options, name, value, error)) {
            return false;
        }
    }
    return options->store != NULL || complain(error, "is missing", "--store DIR");
}

/* --- Writing ---------------------------------------------------------------- */

struct writer {
    char *text;
    size_t size;
};

static void line(struct writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void line(struct writer *writer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(writer->text + writer->size, OPTIONS_TEXT_BYTES_MAX - writer->size, format,
                         arguments);
    va_end(arguments);
    ASSERT(size >= 0);
    ASSERT((size_t)size < OPTIONS_TEXT_BYTES_MAX - writer->size);
    writer->size += (size_t)size;
}

/* The one that counts: the last with this key in this section. */
static bool counts(const struct options *options, uint32_t index)
{
    const struct option_setting *setting = &options->settings[index];
    for (uint32_t i = index + 1; i < options->settings_count; i++) {
        const struct option_setting *later = &options->settings[i];
        if (later->session == setting->session && strcasecmp(later->key, setting->key) == 0) {
            return false;
        }
    }
    return true;
}

static bool is_of_gateway(const char *key)
{
    enum config_key found = config_key_find(key);
    return found != CONFIG_KEYS_COUNT && (config_key_definition(found)->places &
                                          (CONFIG_GATEWAY | CONFIG_SESSION)) == CONFIG_GATEWAY;
}

static void settings_lines(struct writer *writer, const struct options *options, uint32_t session,
                           bool gateway)
{
    for (uint32_t i = 0; i < options->settings_count; i++) {
        const struct option_setting *setting = &options->settings[i];
        if (setting->session == session && is_of_gateway(setting->key) == gateway &&
            counts(options, i)) {
            line(writer, "%s=%s\n", setting->key, setting->value);
        }
    }
}

static bool set_for_all(const struct options *options, const char *key)
{
    for (uint32_t i = 0; i < options->settings_count; i++) {
        if (options->settings[i].session == 0 && strcasecmp(options->settings[i].key, key) == 0) {
            return true;
        }
    }
    return false;
}

bool options_have(const struct options *options, const char *key)
{
    for (uint32_t i = 0; i < options->settings_count; i++) {
        if (strcasecmp(options->settings[i].key, key) == 0) {
            return true;
        }
    }
    return false;
}

struct span options_text(const struct options *options, char text[OPTIONS_TEXT_BYTES_MAX])
{
    struct writer writer = {.text = text};
    line(&writer, "[DEFAULT]\n");
    for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
        if (!set_for_all(options, defaults[i].key)) {
            line(&writer, "%s=%s\n", defaults[i].key, defaults[i].value);
        }
    }
    if (options->has_port && !set_for_all(options, "SocketAcceptPort")) {
        line(&writer, "SocketAcceptPort=%u\n", options->port > 0 ? (unsigned)options->port : 1u);
    }
    settings_lines(&writer, options, 0, false);
    line(&writer, "[GATEWAY]\n");
    for (size_t i = 0; i < ARRAY_LEN(gateway_defaults); i++) {
        bool overridden =
            is_of_gateway(gateway_defaults[i].key) && set_for_all(options, gateway_defaults[i].key);
        if (!overridden) {
            line(&writer, "%s=%s\n", gateway_defaults[i].key, gateway_defaults[i].value);
        }
    }
    settings_lines(&writer, options, 0, true);
    line(&writer, "[BROKER]\nName=PEER\n");
    if (options->sessions_count == 0) {
        line(&writer, "[SESSION]\n");
    }
    for (uint32_t session = 1; session <= options->sessions_count; session++) {
        line(&writer, "[SESSION]\n");
        settings_lines(&writer, options, session, false);
        settings_lines(&writer, options, session, true); /* Misplaced: the parser says so. */
    }
    return span_of(text, writer.size);
}
