#include "gateway/console/control_client.h"

#include "gateway/shell/key_file.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

enum { REACH_MS_MAX = 3000, ANSWER_MS_MAX = 5000 };

bool control_client_find(struct control_client *client, const char *config_path,
                         const char *control)
{
    uint8_t key[ZEROMQ_KEY_BYTES];
    if ((client->server_key == NULL) != (client->secret_file == NULL)) {
        command_fail(&client->fault, "--server-key and --secret go together");
        return false;
    }
    if (client->server_key != NULL && !zeromq_key_read(client->server_key, key)) {
        command_fail(&client->fault, "--server-key is no CURVE key of 40 characters");
        return false;
    }
    if (control != NULL) {
        (void)snprintf(client->endpoint, sizeof(client->endpoint), "%s", control);
        return true;
    }
    if (config_path == NULL) {
        command_fail(&client->fault, "which gateway? Give -c FILE or --control ENDPOINT");
        return false;
    }
    struct config_errors errors;
    struct gateway_config *config =
        command_config_or_errors(client->fault.command, config_path, CONFIG_NEED_SETTINGS, &errors);
    if (config == NULL) {
        (void)snprintf(client->fault.text, sizeof(client->fault.text), "%.500s",
                       errors.list[0].text);
        return false;
    }
    (void)snprintf(client->endpoint, sizeof(client->endpoint), "%s", config->control_endpoint);
    gateway_config_free(config);
    return true;
}

/* The options of the socket with the operator's key, if he has one. */
static bool read_keys(struct control_client *client, struct zeromq_options *options,
                      char secret[ZEROMQ_KEY_TEXT_BYTES + 1])
{
    char error[KEY_FILE_ERROR_BYTES_MAX];
    if (client->server_key == NULL) {
        return true;
    }
    if (key_file_read(client->secret_file, secret, error) != STATUS_OK) {
        command_fail(&client->fault, "--secret %s", error);
        return false;
    }
    options->server_key = client->server_key;
    options->secret_key = secret;
    return true;
}

bool control_client_open(struct control_client *client)
{
    char error[ZEROMQ_ERROR_BYTES_MAX];
    char secret[ZEROMQ_KEY_TEXT_BYTES + 1];
    struct zeromq_options options = {.kind = ZEROMQ_DEALER};
    if (!read_keys(client, &options, secret)) {
        return false;
    }
    if (zeromq_open(&client->zeromq) != STATUS_OK) {
        command_fail(&client->fault, "cannot make a ZeroMQ context");
        return false;
    }
    if (zeromq_socket_open(&client->zeromq, &options, &client->socket, error) != STATUS_OK ||
        zeromq_connect(&client->socket, client->endpoint, error) != STATUS_OK) {
        command_fail(&client->fault, "%s", error);
        control_client_close(client);
        return false;
    }
    return true;
}

void control_client_close(struct control_client *client)
{
    zeromq_frames_release(&client->frames);
    zeromq_socket_close(&client->socket);
    zeromq_close(&client->zeromq);
}

/* Waits until the gateway is connected to, then sends. */
static bool send_request(struct control_client *client, struct span request)
{
    struct zeromq_poll item = {.socket = &client->socket, .want_write = true};
    if (zeromq_poll(&item, 1, REACH_MS_MAX) != STATUS_OK || !item.writable) {
        command_fail(&client->fault, "nobody answers at %s; is the gateway running%s?",
                     client->endpoint,
                     client->server_key != NULL ? ", and does it know your key" : "");
        return false;
    }
    if (zeromq_send(&client->socket, &request, 1) != STATUS_OK) {
        command_fail(&client->fault, "the request cannot be sent to %s", client->endpoint);
        return false;
    }
    return true;
}

bool control_client_ask(struct control_client *client, struct span request, const char *doubtful)
{
    if (!send_request(client, request)) {
        return false;
    }
    struct zeromq_poll item = {.socket = &client->socket};
    if (zeromq_poll(&item, 1, ANSWER_MS_MAX) != STATUS_OK || !item.readable ||
        zeromq_receive(&client->socket, &client->frames) != STATUS_OK ||
        client->frames.count == 0) {
        command_fail(&client->fault, "%s does not answer within %d s%s%s", client->endpoint,
                     ANSWER_MS_MAX / 1000, doubtful != NULL ? "; " : "",
                     doubtful != NULL ? doubtful : "");
        return false;
    }
    return control_client_read(client, 0);
}

bool control_client_read(struct control_client *client, uint32_t frame)
{
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    if (json_flat_read(client->frames.list[frame], &client->row, error)) {
        return true;
    }
    command_fail(&client->fault, "the gateway's answer cannot be read: %s", error);
    return false;
}

const char *control_client_value(const struct control_client *client, const char *name)
{
    const char *text = json_flat_find(&client->row, name);
    return text != NULL ? text : "";
}

void control_client_print(const struct control_client *client, uint32_t frame)
{
    struct span text = client->frames.list[frame];
    (void)fwrite(text.data, 1, text.size, stdout);
}

const char *control_client_login(char text[CONTROL_CLIENT_LOGIN_BYTES_MAX])
{
    const struct passwd *user = getpwuid(getuid());
    if (user != NULL) {
        (void)snprintf(text, CONTROL_CLIENT_LOGIN_BYTES_MAX, "%.60s", user->pw_name);
    } else {
        (void)snprintf(text, CONTROL_CLIENT_LOGIN_BYTES_MAX, "uid-%lu", (unsigned long)getuid());
    }
    return text;
}
