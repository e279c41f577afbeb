/* What is right, but dangerous. */
#include "gateway/shell/config_parts.h"

static void warn(struct gateway_config *config, const struct config_settings *settings,
                 enum config_key key, const char *text)
{
    config_errors_add(&config->warnings, setting_line(settings, key), "%s", text);
}

static void warn_of_resets(struct gateway_config *config, const struct config_settings *settings)
{
    static const enum config_key keys[] = {CONFIG_KEY_ResetOnLogon, CONFIG_KEY_ResetOnLogout,
                                           CONFIG_KEY_ResetOnDisconnect};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (setting_yes(settings, keys[i])) {
            config_errors_add(&config->warnings, setting_line(settings, keys[i]),
                              "%s=Y on a session with orders: with the numbers goes the proof of "
                              "what arrived; an order that is in doubt then stays so until the "
                              "broker or a person says what became of it",
                              config_key_definition(keys[i])->name);
        }
    }
    if (!setting_yes(settings, CONFIG_KEY_PersistMessages)) {
        warn(config, settings, CONFIG_KEY_PersistMessages,
             "PersistMessages=N on a session with orders: an order that was lost on the way is "
             "never sent again");
    }
}

static void warn_of_checks(struct gateway_config *config, const struct config_settings *settings)
{
    if (!setting_yes(settings, CONFIG_KEY_CheckCompID)) {
        warn(config, settings, CONFIG_KEY_CheckCompID,
             "CheckCompID=N: messages of another session are taken for this one's");
    }
    if (setting_yes(settings, CONFIG_KEY_DisableHeartBeatCheck)) {
        warn(config, settings, CONFIG_KEY_DisableHeartBeatCheck,
             "DisableHeartBeatCheck=Y: a dead connection is not noticed, and orders wait on it");
    }
    if (setting_text(settings, CONFIG_KEY_Password) != NULL ||
        setting_text(settings, CONFIG_KEY_NewPassword) != NULL) {
        warn(
            config, settings,
            setting_text(settings, CONFIG_KEY_Password) != NULL ? CONFIG_KEY_Password
                                                                : CONFIG_KEY_NewPassword,
            "a password stands in this file, for all who may read it; PasswordFile keeps it apart");
    }
}

static bool is_loopback(const char *host)
{
    return host != NULL && (strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
                            strcmp(host, "localhost") == 0);
}

static void warn_of_connection(struct gateway_config *config, uint32_t index)
{
    const struct config_settings *settings = &config->session_settings[index];
    const struct engine_session_config *session = &config->sessions[index];
    if (!session->fix.acceptor) {
        if (config->sockets[index].tls && config->sockets[index].tls_config.insecure_skip_verify) {
            warn(config, settings, CONFIG_KEY_SocketInsecureSkipVerify,
                 "SocketInsecureSkipVerify=Y: whoever answers is believed to be the peer");
        }
        return;
    }
    const struct listener_config *listener = &config->listeners[session->listener];
    bool mutual = listener->tls && listener->tls_config.client_verify == TLS_CLIENT_REQUIRED;
    bool password = setting_text(settings, CONFIG_KEY_Password) != NULL ||
                    setting_text(settings, CONFIG_KEY_PasswordFile) != NULL;
    if (!mutual && !password && session->allowed_count == 0 && !is_loopback(listener->host)) {
        warn(config, settings, CONFIG_KEY_SocketAcceptPort,
             "whoever reaches this port and knows the ids can log on; set AllowedRemoteAddresses, "
             "PasswordFile, or TLS with CertificateVerifyLevel=1");
    }
}

static void warn_of_operators(struct gateway_config *config)
{
    if (config->operators_count == 0) {
        config_errors_add(&config->warnings, config->settings.line,
                          "there is no [OPERATOR]: whoever reaches ControlEndpoint may do "
                          "everything, and may be his own second person under another name");
    }
}

void config_warn(struct gateway_config *config)
{
    warn_of_operators(config);
    for (uint32_t i = 0; i < config->engine.sessions_count; i++) {
        const struct config_settings *settings = &config->session_settings[i];
        if (config->sessions[i].role == ROLE_ORDERS) {
            warn_of_resets(config, settings);
        }
        warn_of_checks(config, settings);
        warn_of_connection(config, i);
    }
}

void gateway_config_warn(const struct gateway_config *config, struct log *log, uint64_t now_ns)
{
    for (uint32_t i = 0; i < config->warnings.count; i++) {
        log_text(log, now_ns, SEVERITY_WARNING, config->warnings.list[i].text);
    }
}
