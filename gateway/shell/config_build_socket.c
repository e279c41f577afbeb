/* How a session is reached: endpoints of an initiator, listener of an acceptor. */
#include "gateway/shell/config_parts.h"

/* --- Initiator ----------------------------------------------------------------------- */

static const struct config_setting *numbered(const struct config_settings *settings,
                                             enum config_family family, uint32_t number)
{
    return &settings->numbered[family][number - 1];
}

/* The first line that speaks of alternate `number`; NULL if none does. */
static const struct config_setting *any_of(const struct config_settings *settings, uint32_t number)
{
    static const enum config_family families[] = {
        CONFIG_FAMILY_CONNECT_HOST, CONFIG_FAMILY_CONNECT_PORT, CONFIG_FAMILY_SOURCE_HOST,
        CONFIG_FAMILY_SOURCE_PORT};
    for (size_t i = 0; i < ARRAY_LEN(families); i++) {
        const struct config_setting *setting = numbered(settings, families[i], number);
        if (setting->value != NULL) {
            return setting;
        }
    }
    return NULL;
}

/* Alternate `number`; what it does not say of its own side is as for the first. */
static void add_endpoint(struct session_socket_config *socket,
                         const struct config_settings *settings, uint32_t number)
{
    const struct config_setting *source_host =
        numbered(settings, CONFIG_FAMILY_SOURCE_HOST, number);
    const struct config_setting *source_port =
        numbered(settings, CONFIG_FAMILY_SOURCE_PORT, number);
    struct session_endpoint endpoint = socket->endpoints[0];
    endpoint.host = numbered(settings, CONFIG_FAMILY_CONNECT_HOST, number)->value;
    endpoint.port = (uint16_t)config_value_number(
        CONFIG_KEY_SocketConnectPort,
        numbered(settings, CONFIG_FAMILY_CONNECT_PORT, number)->value);
    if (source_host->value != NULL) {
        endpoint.source_host = source_host->value;
    }
    if (source_port->value != NULL) {
        endpoint.source_port =
            (uint16_t)config_value_number(CONFIG_KEY_SocketConnectSourcePort, source_port->value);
    }
    socket->endpoints[socket->endpoints_count] = endpoint;
    socket->endpoints_count += 1;
}

static void build_endpoints(struct session_socket_config *socket,
                            const struct config_settings *settings, struct config_errors *errors)
{
    socket->endpoints[0] = (struct session_endpoint){
        .host = setting_text(settings, CONFIG_KEY_SocketConnectHost),
        .port = (uint16_t)setting_number(settings, CONFIG_KEY_SocketConnectPort),
        .source_host = setting_text(settings, CONFIG_KEY_SocketConnectSourceHost),
        .source_port = (uint16_t)setting_number(settings, CONFIG_KEY_SocketConnectSourcePort),
    };
    socket->endpoints_count = 1;
    uint32_t last = config_family_max(CONFIG_FAMILY_CONNECT_HOST);
    for (uint32_t number = 1; number <= last; number++) {
        const struct config_setting *setting = any_of(settings, number);
        bool host = numbered(settings, CONFIG_FAMILY_CONNECT_HOST, number)->value != NULL;
        bool port = numbered(settings, CONFIG_FAMILY_CONNECT_PORT, number)->value != NULL;
        if (setting == NULL) {
            continue;
        }
        if (!host || !port) {
            config_errors_add(errors, setting->line,
                              "endpoint %u lacks its %s; set SocketConnectHost%u and "
                              "SocketConnectPort%u, or neither",
                              number, host ? "port" : "host", number, number);
        } else if (number != socket->endpoints_count) {
            config_errors_add(errors, setting->line,
                              "SocketConnectHost%u is there and SocketConnectHost%u is not; number "
                              "the endpoints without a gap",
                              number, socket->endpoints_count);
        } else {
            add_endpoint(socket, settings, number);
        }
    }
}

static void build_initiator(struct gateway_config *config, uint32_t index,
                            struct config_errors *errors)
{
    const struct config_settings *settings = &config->session_settings[index];
    struct engine_session_config *session = &config->sessions[index];
    struct session_socket_config *socket = &config->sockets[index];
    build_endpoints(socket, settings, errors);
    socket->connect_timeout_ns = setting_ns(settings, CONFIG_KEY_SocketConnectTimeout);
    socket->tls = config_build_tls(settings, &socket->tls_config, errors);
    socket->tls_name = setting_text(settings, CONFIG_KEY_SocketServerName);
    session->endpoints_count = socket->endpoints_count;
    session->endpoint_tries = (uint32_t)setting_number(settings, CONFIG_KEY_EndpointTries);
    session->endpoint_policy = setting_choice(settings, CONFIG_KEY_HostSelectionPolicy) == 0
                                   ? ENDPOINT_ROUND_ROBIN
                                   : ENDPOINT_PRIORITY;
    session->endpoint_failback_ns =
        setting_ns(settings, CONFIG_KEY_HostSelectionPolicyPriorityStartOverInterval);
    session->reconnect_interval_ns = setting_ns(settings, CONFIG_KEY_ReconnectInterval);
    session->reconnect_interval_max_ns = setting_ns(settings, CONFIG_KEY_ReconnectIntervalMax);
    if (session->reconnect_interval_max_ns < session->reconnect_interval_ns) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_ReconnectIntervalMax),
                          "ReconnectIntervalMax must not be below ReconnectInterval");
    }
}

/* --- Acceptor ------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
    return (a == NULL && b == NULL) || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_tls(const struct tls_config *a, const struct tls_config *b)
{
    return same_text(a->certificate_file, b->certificate_file) &&
           same_text(a->key_file, b->key_file) && same_text(a->ca_file, b->ca_file) &&
           same_text(a->ca_directory, b->ca_directory) && same_text(a->crl_file, b->crl_file) &&
           same_text(a->crl_directory, b->crl_directory) &&
           same_text(a->cipher_list, b->cipher_list) &&
           same_text(a->cipher_suites, b->cipher_suites) && a->client_verify == b->client_verify &&
           a->minimum_tls13 == b->minimum_tls13 && a->pins_count == b->pins_count &&
           memcmp(a->pins, b->pins, sizeof(a->pins)) == 0;
}

/* A connection is accepted, and its TLS begun, before it is known whose it is. */
static void check_shared(const struct gateway_config *config, const struct listener_config *first,
                         const struct listener_config *own, uint32_t index,
                         struct config_errors *errors)
{
    bool tls =
        first->tls == own->tls && (!own->tls || same_tls(&first->tls_config, &own->tls_config));
    bool socket = first->nodelay == own->nodelay &&
                  first->send_buffer_bytes == own->send_buffer_bytes &&
                  first->receive_buffer_bytes == own->receive_buffer_bytes;
    if (!tls || !socket) {
        config_errors_add(errors, config->session_settings[index].line,
                          "the sessions of lines %u and %u share port %u, but not their %s; make "
                          "them equal (in [DEFAULT], say), or give one another port",
                          config->session_settings[first->first_session].line,
                          config->session_settings[index].line, own->port,
                          !tls ? "TLS settings"
                               : "SocketNodelay, SocketSendBufferSize and "
                                 "SocketReceiveBufferSize");
    }
}

static void build_allowed(struct gateway_config *config, uint32_t index)
{
    const char *value =
        setting_text(&config->session_settings[index], CONFIG_KEY_AllowedRemoteAddresses);
    config->sessions[index].allowed = config->allowed[index];
    if (value != NULL) {
        config->sessions[index].allowed_count =
            config_value_addresses(value, config->allowed[index]);
    }
}

void config_build_listener(struct gateway_config *config, uint32_t index,
                           struct config_errors *errors)
{
    struct config_settings *settings = &config->session_settings[index];
    struct listener_config own = {
        .host = setting_text(settings, CONFIG_KEY_SocketAcceptHost),
        .port = (uint16_t)setting_number(settings, CONFIG_KEY_SocketAcceptPort),
        .nodelay = setting_yes(settings, CONFIG_KEY_SocketNodelay),
        .send_buffer_bytes = (int)setting_number(settings, CONFIG_KEY_SocketSendBufferSize),
        .receive_buffer_bytes = (int)setting_number(settings, CONFIG_KEY_SocketReceiveBufferSize),
        .logon_timeout_ns = setting_ns(settings, CONFIG_KEY_LogonTimeout),
        .first_session = index,
    };
    bool ca = setting_text(settings, CONFIG_KEY_CertificationAuthoritiesFile) != NULL ||
              setting_text(settings, CONFIG_KEY_CertificationAuthoritiesDirectory) != NULL;
    setting_default(settings, CONFIG_KEY_CertificateVerifyLevel, ca ? "1" : "0");
    own.tls = config_build_tls(settings, &own.tls_config, errors);
    uint32_t at = 0;
    while (at < config->listeners_count && !(config->listeners[at].port == own.port &&
                                             same_text(config->listeners[at].host, own.host))) {
        at++;
    }
    if (at == config->listeners_count) {
        config->listeners[at] = own;
        config->listeners_count += 1;
    } else {
        struct listener_config *first = &config->listeners[at];
        check_shared(config, first, &own, index, errors);
        if (own.logon_timeout_ns > first->logon_timeout_ns) {
            first->logon_timeout_ns = own.logon_timeout_ns;
        }
    }
    config->sessions[index].listener = at;
    config->sessions[index].endpoints_count = 1;
    config->sessions[index].endpoint_tries = 1;
    build_allowed(config, index);
}

void config_build_socket(struct gateway_config *config, uint32_t index,
                         struct config_errors *errors)
{
    const struct config_settings *settings = &config->session_settings[index];
    config->sockets[index] = (struct session_socket_config){
        .nodelay = setting_yes(settings, CONFIG_KEY_SocketNodelay),
        .send_buffer_bytes = (int)setting_number(settings, CONFIG_KEY_SocketSendBufferSize),
        .receive_buffer_bytes = (int)setting_number(settings, CONFIG_KEY_SocketReceiveBufferSize),
    };
    if (config->sessions[index].fix.acceptor) {
        config_build_listener(config, index, errors);
    } else {
        build_initiator(config, index, errors);
    }
}
