/* The control socket DIR/control: one command per line, one line of answer. */
#include "tests/tools/broker.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool address_of(const char *store, struct sockaddr_un *out)
{
    memset(out, 0, sizeof *out);
    out->sun_family = AF_UNIX;
    int size = snprintf(out->sun_path, sizeof out->sun_path, "%s/control", store);
    return size > 0 && (size_t)size < sizeof out->sun_path;
}

bool control_open(struct broker *broker, char *error, size_t error_size)
{
    struct sockaddr_un address;
    for (size_t index = 0; index < BROKER_CLIENTS_MAX; index++) {
        broker->clients[index].fd = -1;
    }
    if (!address_of(broker->store, &address)) {
        snprintf(error, error_size, "%s: the name is too long for a socket in it", broker->store);
        return false;
    }
    unlink(address.sun_path); /* The book's lock says that no other broker lives here. */
    broker->control = socket(AF_UNIX, SOCK_STREAM, 0);
    if (broker->control < 0 ||
        bind(broker->control, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(broker->control, BROKER_CLIENTS_MAX) != 0) {
        snprintf(error, error_size, "%s: %s", address.sun_path, strerror(errno));
        return false;
    }
    return true;
}

static bool readable(int fd)
{
    struct pollfd look = {.fd = fd, .events = POLLIN};
    return poll(&look, 1, 0) > 0;
}

static void client_close(struct broker_client *client)
{
    close(client->fd);
    client->fd = -1;
    client->size = 0;
}

static void client_line(struct broker *broker, struct broker_client *client, char *line)
{
    char reply[BROKER_REPLY_BYTES_MAX];
    control_run(broker, line, reply, sizeof reply - 1);
    size_t size = strlen(reply);
    reply[size++] = '\n';
    if (send(client->fd, reply, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size) {
        client_close(client); /* It asks and does not read. */
    }
}

static void client_read(struct broker *broker, struct broker_client *client)
{
    ssize_t count = recv(client->fd, client->input + client->size,
                         sizeof client->input - client->size, MSG_DONTWAIT);
    if (count <= 0) {
        client_close(client);
        return;
    }
    client->size += (size_t)count;
    char *newline = memchr(client->input, '\n', client->size);
    while (newline != NULL && client->fd >= 0) {
        size_t used = (size_t)(newline - client->input) + 1;
        *newline = '\0';
        client_line(broker, client, client->input);
        client->size -= client->size >= used ? used : client->size;
        memmove(client->input, client->input + used, client->size);
        newline = memchr(client->input, '\n', client->size);
    }
    if (client->fd >= 0 && client->size == sizeof client->input) {
        client_close(client); /* No command is that long. */
    }
}

void control_poll(struct broker *broker)
{
    /* Accept first: a line that a command drops leaves its number in QuickFIX's
     * list until the next poll, and must not be given to a client before. */
    while (readable(broker->control)) {
        int fd = accept(broker->control, NULL, NULL);
        size_t index = 0;
        while (index < BROKER_CLIENTS_MAX && broker->clients[index].fd >= 0) {
            index++;
        }
        if (fd >= 0 && index == BROKER_CLIENTS_MAX) {
            close(fd);
        } else if (fd >= 0) {
            broker->clients[index] = (struct broker_client){.fd = fd};
        }
    }
    for (size_t index = 0; index < BROKER_CLIENTS_MAX; index++) {
        if (broker->clients[index].fd >= 0 && readable(broker->clients[index].fd)) {
            client_read(broker, &broker->clients[index]);
        }
    }
}

void control_close(struct broker *broker)
{
    struct sockaddr_un address;
    for (size_t index = 0; index < BROKER_CLIENTS_MAX; index++) {
        if (broker->clients[index].fd >= 0) {
            client_close(&broker->clients[index]);
        }
    }
    close(broker->control);
    if (address_of(broker->store, &address)) {
        unlink(address.sun_path);
    }
}

int control_command(const char *store, const char *command)
{
    struct sockaddr_un address;
    char reply[BROKER_REPLY_BYTES_MAX];
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || !address_of(store, &address) ||
        connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        fprintf(stderr, "broker: no broker answers at %s/control: %s\n", store, strerror(errno));
        return 1;
    }
    char line[BROKER_COMMAND_BYTES_MAX];
    int size = snprintf(line, sizeof line, "%s\n", command);
    size_t got = 0;
    ssize_t count = 0;
    bool whole = size > 0 && (size_t)size < sizeof line &&
                 send(fd, line, (size_t)size, MSG_NOSIGNAL) == (ssize_t)size;
    while (whole && got < sizeof reply && (got == 0 || reply[got - 1] != '\n')) {
        count = recv(fd, reply + got, sizeof reply - got, 0);
        whole = count > 0;
        got += whole ? (size_t)count : 0;
    }
    close(fd);
    if (!whole) {
        fputs("broker: the broker closed without an answer\n", stderr);
        return 1;
    }
    fwrite(reply, 1, got, stdout);
    return strncmp(reply, "ERROR", 5) == 0 ? 1 : 0;
}
