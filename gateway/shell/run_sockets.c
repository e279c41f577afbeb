#include "gateway/shell/run_sockets.h"

_Static_assert((int)CONFIG_LISTENERS_MAX <= (int)LISTENERS_MAX, "all listeners must fit");

static enum status open_session(struct run_sockets *sockets, const struct gateway_config *config,
                                uint32_t session, char *error)
{
    const struct session_socket_config *socket = &config->sockets[session];
    struct tls_context *tls = NULL;
    if (socket->tls && socket->endpoints_count > 0) {
        char name[CREDENTIALS_NAME_BYTES_MAX + 1];
        (void)snprintf(name, sizeof(name), "session %s", config->sessions[session].id);
        TRY(credentials_add(&sockets->credentials, name, &socket->tls_config, &tls, error));
    }
    for (uint32_t i = 0; i < socket->endpoints_count; i++) {
        const struct session_endpoint *endpoint = &socket->endpoints[i];
        sockets->endpoints[session][i] = (struct tcp_config){
            .host = endpoint->host,
            .port = endpoint->port,
            .nodelay = socket->nodelay,
            .connect_timeout_ns = socket->connect_timeout_ns,
            .source_host = endpoint->source_host,
            .source_port = endpoint->source_port,
            .send_buffer_bytes = socket->send_buffer_bytes,
            .receive_buffer_bytes = socket->receive_buffer_bytes,
            .tls = tls,
            .tls_name = socket->tls_name,
        };
    }
    sockets->connections[session] = (struct connection_config){
        .endpoints = sockets->endpoints[session],
        .endpoints_count = socket->endpoints_count,
    };
    return STATUS_OK;
}

static enum status open_listener(struct run_sockets *sockets,
                                 const struct listener_config *listener, char *error)
{
    struct tls_context *tls = NULL;
    if (listener->tls) {
        char name[CREDENTIALS_NAME_BYTES_MAX + 1];
        (void)snprintf(name, sizeof(name), "port %u", (unsigned)listener->port);
        TRY(credentials_add(&sockets->credentials, name, &listener->tls_config, &tls, error));
    }
    sockets->listeners[sockets->listeners_count] = (struct listen_config){
        .host = listener->host,
        .port = listener->port,
        .reuse_address = true,
        .logon_timeout_ns = listener->logon_timeout_ns,
        .tcp = {.nodelay = listener->nodelay,
                .send_buffer_bytes = listener->send_buffer_bytes,
                .receive_buffer_bytes = listener->receive_buffer_bytes,
                .tls = tls},
    };
    sockets->listeners_count++;
    return STATUS_OK;
}

enum status run_sockets_open(struct run_sockets *sockets, const struct gateway_config *config,
                             struct log *log, char error[CREDENTIALS_ERROR_BYTES_MAX])
{
    sockets->credentials.log = log;
    for (uint32_t i = 0; i < config->engine.sessions_count; i++) {
        TRY(open_session(sockets, config, i, error));
    }
    for (uint32_t i = 0; i < config->listeners_count; i++) {
        TRY(open_listener(sockets, &config->listeners[i], error));
    }
    return STATUS_OK;
}

void run_sockets_close(struct run_sockets *sockets)
{
    credentials_close(&sockets->credentials);
}
