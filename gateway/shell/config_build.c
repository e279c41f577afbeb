#include "gateway/shell/config_parts.h"
#include "gateway/shell/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>

static uint64_t number(const struct config_settings *settings, enum config_key key)
{
    return (uint64_t)config_value_number(key, setting_text(settings, key));
}

static uint64_t seconds_ns(const struct config_settings *settings, enum config_key key)
{
    return number(settings, key) * UINT64_C(1000000000);
}

static bool yes(const struct config_settings *settings, enum config_key key)
{
    return config_value_bool(setting_text(settings, key));
}

static uint32_t choice(const struct config_settings *settings, enum config_key key)
{
    return config_value_choice(key, setting_text(settings, key));
}

/* An endpoint that is not set stands under the store, where only its owner can go. */
static const char *endpoint(struct gateway_config *config, enum config_key key, const char *name,
                            struct config_errors *errors)
{
    struct config_setting *setting = &config->settings.list[key];
    if (setting->value == NULL) {
        char text[ENDPOINT_ERROR_BYTES_MAX];
        (void)snprintf(text, sizeof(text), "ipc://%s/%s.ipc", config->store_path, name);
        setting->value = config_file_keep(&config->file, span_text(text));
        setting->origin = CONFIG_ORIGIN_BUILT_IN;
        char error[ENDPOINT_ERROR_BYTES_MAX] = "";
        if (endpoint_check(setting->value, error) != STATUS_OK) {
            config_errors_add(errors, setting_line(&config->settings, CONFIG_KEY_StorePath),
                              "%s follows from StorePath and is not accepted: %s",
                              config_key_definition(key)->name, error);
        }
    }
    return setting->value;
}

static void build_gateway(struct gateway_config *config, struct config_errors *errors)
{
    static const enum effect_severity levels[] = {SEVERITY_DEBUG, SEVERITY_INFO, SEVERITY_WARNING,
                                                  SEVERITY_ERROR};
    const struct config_settings *settings = &config->settings;
    config->store_path = setting_text(settings, CONFIG_KEY_StorePath);
    config->durability =
        choice(settings, CONFIG_KEY_Durability) == 0 ? STORE_COMMIT : STORE_PROCESS;
    config->store_map_initial_bytes = number(settings, CONFIG_KEY_StoreMapInitial);
    config->store_reserve_bytes = number(settings, CONFIG_KEY_StoreReserve);
    config->order_entry_endpoint =
        endpoint(config, CONFIG_KEY_OrderEntryEndpoint, "order-entry", errors);
    config->bus_endpoint = endpoint(config, CONFIG_KEY_BusEndpoint, "bus", errors);
    config->replay_endpoint = endpoint(config, CONFIG_KEY_ReplayEndpoint, "replay", errors);
    config->log.path = setting_text(settings, CONFIG_KEY_LogFile);
    config->log.level = levels[choice(settings, CONFIG_KEY_LogLevel)];
    config->log.json = choice(settings, CONFIG_KEY_LogFormat) == 1;
    config->engine.comp_id = setting_text(settings, CONFIG_KEY_CompID);
    config->engine.bus_heartbeat_ns = seconds_ns(settings, CONFIG_KEY_BusHeartbeatInterval);
    config->engine.day_end_ns = config_value_time_ns(setting_text(settings, CONFIG_KEY_DayEnd));
    config->engine.brokers = config->brokers;
    config->engine.sessions = config->sessions;
    const char *names[] = {config->order_entry_endpoint, config->bus_endpoint,
                           config->replay_endpoint};
    if (strcmp(names[0], names[1]) == 0 || strcmp(names[0], names[2]) == 0 ||
        strcmp(names[1], names[2]) == 0) {
        config_errors_add(errors, settings->line,
                          "OrderEntryEndpoint, BusEndpoint and ReplayEndpoint must differ");
    }
}

static void build_brokers(struct gateway_config *config, struct config_errors *errors)
{
    for (uint32_t i = 0; i < config->engine.brokers_count; i++) {
        const struct config_settings *settings = &config->broker_settings[i];
        const char *name = setting_text(settings, CONFIG_KEY_Name);
        for (uint32_t j = 0; j < i; j++) {
            /* Without regard to case: a person would take both for the same broker. */
            if (strcasecmp(config->brokers[j].name, name) == 0) {
                config_errors_add(errors, setting_line(settings, CONFIG_KEY_Name),
                                  "a broker named %s stands already in line %u; names are unique",
                                  name, config->broker_settings[j].line);
            }
        }
        config->brokers[i].name = name;
        config->brokers[i].weight = (uint32_t)number(settings, CONFIG_KEY_Weight);
    }
    if (config->engine.brokers_count == 0) {
        config_errors_add(errors, 0, "there is no [BROKER]; add one with Name");
    }
    if (config->engine.sessions_count == 0) {
        config_errors_add(errors, 0,
                          "there is no [SESSION]; add one with Broker, SenderCompID, TargetCompID, "
                          "SocketConnectHost and SocketConnectPort");
    }
}

static uint32_t broker_find(const struct gateway_config *config,
                            const struct config_settings *settings, struct config_errors *errors)
{
    const char *name = setting_text(settings, CONFIG_KEY_Broker);
    for (uint32_t i = 0; i < config->engine.brokers_count; i++) {
        if (strcmp(config->brokers[i].name, name) == 0) {
            return i;
        }
    }
    char known[256] = "";
    for (uint32_t i = 0; i < config->engine.brokers_count; i++) {
        size_t used = strlen(known);
        (void)snprintf(known + used, sizeof(known) - used, "%s%s", used > 0 ? ", " : "",
                       config->brokers[i].name);
    }
    config_errors_add(errors, setting_line(settings, CONFIG_KEY_Broker),
                      "no [BROKER] has Name=%s; there are: %s", name, known);
    return 0;
}

static const char *session_id(struct gateway_config *config, const struct config_settings *settings)
{
    const char *qualifier = setting_text(settings, CONFIG_KEY_SessionQualifier);
    char id[STORE_NAME_BYTES_MAX + 64];
    int size =
        snprintf(id, sizeof(id), "%s:%s->%s%s%s", setting_text(settings, CONFIG_KEY_BeginString),
                 setting_text(settings, CONFIG_KEY_SenderCompID),
                 setting_text(settings, CONFIG_KEY_TargetCompID), qualifier != NULL ? ":" : "",
                 qualifier != NULL ? qualifier : "");
    ASSERT(size > 0 && (size_t)size < sizeof(id));
    return config_file_keep(&config->file, span_text(id));
}

static struct validate_options build_validate(const struct config_settings *settings)
{
    struct validate_options options = validate_options_default();
    options.fields_out_of_order = yes(settings, CONFIG_KEY_ValidateFieldsOutOfOrder);
    options.fields_have_values = yes(settings, CONFIG_KEY_ValidateFieldsHaveValues);
    options.user_defined_fields = yes(settings, CONFIG_KEY_ValidateUserDefinedFields);
    options.groups_unordered_allowed = !yes(settings, CONFIG_KEY_ValidateUnorderedGroupFields);
    options.unknown_fields_allowed = yes(settings, CONFIG_KEY_AllowUnknownMsgFields);
    options.unknown_enums_allowed = yes(settings, CONFIG_KEY_AllowUnknownEnumValues);
    return options;
}

/* TimestampPrecision wins over the older MillisecondsInTimeStamp, as in QuickFIX. */
static unsigned build_precision(const struct config_settings *settings)
{
    const char *milliseconds = setting_text(settings, CONFIG_KEY_MillisecondsInTimeStamp);
    bool precise = settings->list[CONFIG_KEY_TimestampPrecision].origin == CONFIG_ORIGIN_FILE;
    if (!precise && milliseconds != NULL) {
        return config_value_bool(milliseconds) ? 3 : 0;
    }
    return (unsigned)number(settings, CONFIG_KEY_TimestampPrecision);
}

static struct session_config build_fix(const struct config_settings *settings)
{
    struct session_config fix = session_config_default();
    fix.begin_string = setting_text(settings, CONFIG_KEY_BeginString);
    fix.sender_comp_id = setting_text(settings, CONFIG_KEY_SenderCompID);
    fix.target_comp_id = setting_text(settings, CONFIG_KEY_TargetCompID);
    fix.sender_sub_id = setting_text(settings, CONFIG_KEY_SenderSubID);
    fix.target_sub_id = setting_text(settings, CONFIG_KEY_TargetSubID);
    fix.username = setting_text(settings, CONFIG_KEY_Username);
    fix.password = setting_text(settings, CONFIG_KEY_Password);
    fix.acceptor = choice(settings, CONFIG_KEY_ConnectionType) == 1;
    fix.heart_bt_int_seconds = (uint32_t)number(settings, CONFIG_KEY_HeartBtInt);
    fix.logon_timeout_seconds = (uint32_t)number(settings, CONFIG_KEY_LogonTimeout);
    fix.logout_timeout_seconds = (uint32_t)number(settings, CONFIG_KEY_LogoutTimeout);
    fix.max_latency_seconds = yes(settings, CONFIG_KEY_CheckLatency)
                                  ? (uint32_t)number(settings, CONFIG_KEY_MaxLatency)
                                  : 0;
    fix.timestamp_precision = build_precision(settings);
    fix.reset_on_logon = yes(settings, CONFIG_KEY_ResetOnLogon);
    fix.reset_on_logout = yes(settings, CONFIG_KEY_ResetOnLogout);
    fix.reset_on_disconnect = yes(settings, CONFIG_KEY_ResetOnDisconnect);
    fix.check_comp_id = yes(settings, CONFIG_KEY_CheckCompID);
    fix.validate = build_validate(settings);
    return fix;
}

static void check_session(const struct gateway_config *config, uint32_t index,
                          struct config_errors *errors)
{
    const struct config_settings *settings = &config->session_settings[index];
    const struct engine_session_config *session = &config->sessions[index];
    for (uint32_t j = 0; j < index; j++) {
        if (strcmp(config->sessions[j].id, session->id) == 0) {
            config_errors_add(errors, settings->line,
                              "session %s stands already in line %u; tell the two apart with "
                              "SessionQualifier",
                              session->id, config->session_settings[j].line);
        }
    }
    if (session->fix.acceptor) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_ConnectionType),
                          "ConnectionType=acceptor is not supported by this version of fixgate; "
                          "let the gateway be the initiator");
    }
    if (session->backlog_bytes_max <= session->backlog_bytes_high) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_BacklogMax),
                          "BacklogMax must be above BacklogHigh, or a slow peer is cut off before "
                          "orders stop going to it");
    }
    if (session->fix.password != NULL && setting_text(settings, CONFIG_KEY_PasswordFile) != NULL) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_PasswordFile),
                          "Password and PasswordFile are both set; remove Password");
    }
}

static void build_session(struct gateway_config *config, uint32_t index,
                          struct config_errors *errors)
{
    static const enum session_role roles[] = {ROLE_ORDERS, ROLE_DROPCOPY, ROLE_MARKETDATA};
    const struct config_settings *settings = &config->session_settings[index];
    config->sessions[index] = (struct engine_session_config){
        .id = session_id(config, settings),
        .fix = build_fix(settings),
        .role = roles[choice(settings, CONFIG_KEY_Role)],
        .broker = broker_find(config, settings, errors),
        .endpoints_count = 1,
        .endpoint_tries = 1,
        .reconnect_interval_ns = seconds_ns(settings, CONFIG_KEY_ReconnectInterval),
        .reconnect_interval_max_ns = seconds_ns(settings, CONFIG_KEY_ReconnectInterval),
        .persist_messages = true,
        .backlog_bytes_high = number(settings, CONFIG_KEY_BacklogHigh),
        .backlog_bytes_max = number(settings, CONFIG_KEY_BacklogMax),
    };
    config->sockets[index] = (struct session_socket_config){
        .host = setting_text(settings, CONFIG_KEY_SocketConnectHost),
        .port = (uint16_t)number(settings, CONFIG_KEY_SocketConnectPort),
        .nodelay = yes(settings, CONFIG_KEY_SocketNodelay),
        .connect_timeout_ns = seconds_ns(settings, CONFIG_KEY_SocketConnectTimeout),
    };
    check_session(config, index, errors);
}

void config_build(struct gateway_config *config, struct config_errors *errors)
{
    build_gateway(config, errors);
    build_brokers(config, errors);
    for (uint32_t i = 0; i < config->engine.sessions_count; i++) {
        build_session(config, i, errors);
    }
}

/* The first line of a file that only its owner may read. NULL: `errors` says why. */
static const char *password_read(struct gateway_config *config, const char *path, uint32_t line,
                                 struct config_errors *errors)
{
    FILE *stream = fopen(path, "rbe");
    if (stream == NULL) {
        config_errors_add(errors, line, "PasswordFile %s cannot be opened (%s)", path,
                          strerror(errno));
        return NULL;
    }
    struct stat about;
    char text[130] = "";
    bool private = fstat(fileno(stream), &about) == 0 && (about.st_mode & 077) == 0;
    bool read = fgets(text, (int)sizeof(text), stream) != NULL;
    (void)fclose(stream);
    text[strcspn(text, "\r\n")] = '\0';
    char reason[CONFIG_REASON_BYTES_MAX];
    if (!private) {
        config_errors_add(errors, line, "PasswordFile %s can be read by others; chmod 600 it",
                          path);
    } else if (!read || text[0] == '\0') {
        config_errors_add(errors, line, "PasswordFile %s has no password in its first line", path);
    } else if (config_value_check(CONFIG_KEY_Password, text, reason) != NULL) {
        config_errors_add(errors, line,
                          "the password in PasswordFile %s is not printable ASCII "
                          "of at most 63 bytes",
                          path);
    } else {
        return config_file_keep(&config->file, span_text(text));
    }
    return NULL;
}

void config_passwords_read(struct gateway_config *config, struct config_errors *errors)
{
    for (uint32_t i = 0; i < config->engine.sessions_count; i++) {
        const struct config_settings *settings = &config->session_settings[i];
        const char *path = setting_text(settings, CONFIG_KEY_PasswordFile);
        if (path != NULL) {
            config->sessions[i].fix.password = password_read(
                config, path, setting_line(settings, CONFIG_KEY_PasswordFile), errors);
        }
    }
}
