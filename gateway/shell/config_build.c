/* The gateway and its brokers, out of settings that are right by themselves. */
#include "gateway/shell/config_parts.h"
#include "gateway/shell/endpoint.h"

#include <stdio.h>
#include <strings.h>

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
        setting_choice(settings, CONFIG_KEY_Durability) == 0 ? STORE_COMMIT : STORE_PROCESS;
    config->store_map_initial_bytes = setting_number(settings, CONFIG_KEY_StoreMapInitial);
    config->store_reserve_bytes = setting_number(settings, CONFIG_KEY_StoreReserve);
    config->order_entry_endpoint =
        endpoint(config, CONFIG_KEY_OrderEntryEndpoint, "order-entry", errors);
    config->bus_endpoint = endpoint(config, CONFIG_KEY_BusEndpoint, "bus", errors);
    config->replay_endpoint = endpoint(config, CONFIG_KEY_ReplayEndpoint, "replay", errors);
    config->control_endpoint = endpoint(config, CONFIG_KEY_ControlEndpoint, "control", errors);
    config->log.path = setting_text(settings, CONFIG_KEY_LogFile);
    config->log.level = levels[setting_choice(settings, CONFIG_KEY_LogLevel)];
    config->log.json = setting_choice(settings, CONFIG_KEY_LogFormat) == 1;
    config->message_log = (struct message_log_config){
        .directory = setting_text(settings, CONFIG_KEY_MessageLogPath),
        .rotate_bytes = setting_number(settings, CONFIG_KEY_MessageLogRotate),
        .keep = (uint32_t)setting_number(settings, CONFIG_KEY_MessageLogKeep),
        .heartbeats = setting_yes(settings, CONFIG_KEY_FileLogHeartbeats),
    };
    config->engine.comp_id = setting_text(settings, CONFIG_KEY_CompID);
    config->engine.bus_heartbeat_ns = setting_ns(settings, CONFIG_KEY_BusHeartbeatInterval);
    config->engine.proposal_ns = setting_ns(settings, CONFIG_KEY_ApprovalTimeout);
    config->engine.day_end_ns = config_value_time_ns(setting_text(settings, CONFIG_KEY_DayEnd));
    config->engine.warm_share = (uint32_t)setting_number(settings, CONFIG_KEY_WarmShare);
    config->engine.router_post_max_age_ns = setting_ns(settings, CONFIG_KEY_RouterPostMaxAge);
    config->engine.brokers = config->brokers;
    config->engine.sessions = config->sessions;
    const char *names[] = {config->order_entry_endpoint, config->bus_endpoint,
                           config->replay_endpoint, config->control_endpoint};
    for (size_t index = 1; index < ARRAY_LEN(names); index++) {
        for (size_t other = 0; other < index; other++) {
            if (strcmp(names[index], names[other]) == 0) {
                config_errors_add(errors, settings->line,
                                  "OrderEntryEndpoint, BusEndpoint, ReplayEndpoint and "
                                  "ControlEndpoint must differ; two are %s",
                                  names[index]);
            }
        }
    }
}

static void build_doubt(const struct config_settings *settings, struct broker_config *broker)
{
    static const enum in_doubt_policy policies[] = {IN_DOUBT_HOLD, IN_DOUBT_OPERATOR,
                                                    IN_DOUBT_DROPCOPY};
    broker->in_doubt_policy = policies[setting_choice(settings, CONFIG_KEY_InDoubtPolicy)];
    broker->in_doubt_deadline_ns = setting_ns(settings, CONFIG_KEY_InDoubtDeadline);
    broker->dead_attempt_grace_ns = setting_ns(settings, CONFIG_KEY_DeadAttemptGrace);
    broker->dead_attempt_status = setting_yes(settings, CONFIG_KEY_DeadAttemptStatus);
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
        build_doubt(settings, &config->brokers[i]);
        config->brokers[i].weight = (uint32_t)setting_number(settings, CONFIG_KEY_Weight);
        config->brokers[i].capacity = (uint32_t)setting_number(settings, CONFIG_KEY_Capacity);
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

void config_build(struct gateway_config *config, struct config_errors *errors)
{
    build_gateway(config, errors);
    build_brokers(config, errors);
    config_build_limits(config, errors);
    config_build_operators(config, errors);
    for (uint32_t i = 0; i < config->engine.sessions_count; i++) {
        config_build_session(config, i, errors);
    }
    config_build_router(config, errors); /* Looks at what sessions are for. */
}
