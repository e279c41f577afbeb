#include "tests/tools/reflector_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = PROCESS_ARGUMENTS_MAX, READY_MS = 20000, END_MS = 10000 };

/* --- The reflector ---------------------------------------------------------- */

static void start(struct reflector_process *reflector, const char *const *words)
{
    char program[PROCESS_PATH_BYTES_MAX];
    char log[PROCESS_PATH_BYTES_MAX];
    char store[PROCESS_PATH_BYTES_MAX];
    char line[256] = "";
    const char *arguments[ARGUMENTS_MAX] = {program, "--port", "0", "--store", store};
    size_t count = 5;
    const char *build = getenv("FIXGATE_BUILD");
    (void)snprintf(program, sizeof(program), "%s/tests/tools/reflector",
                   build != NULL ? build : "build");
    (void)snprintf(store, sizeof(store), "%.400s/store", reflector->directory);
    (void)snprintf(log, sizeof(log), "%.400s/output", reflector->directory);
    for (; *words != NULL; words++) {
        ASSERT(count + 1 < ARGUMENTS_MAX);
        arguments[count++] = *words;
    }
    bool started = process_start(&reflector->process, "reflector", log, arguments);
    ASSERT(started);
    uint64_t end_ns = process_now_ns() + (uint64_t)READY_MS * 1000000u;
    while (!process_logged(&reflector->process, "reflector ready", line, sizeof(line))) {
        bool waiting = process_running(&reflector->process) && process_now_ns() < end_ns;
        if (!waiting) {
            process_print_tail(&reflector->process, stderr, 20);
        }
        ASSERT(waiting);
        process_pause(2);
    }
    const char *port = strstr(line, "port=");
    ASSERT(port != NULL);
    reflector->port = (uint16_t)strtoul(port + 5, NULL, 10);
}

void reflector_begin(struct reflector_process *reflector, const char *const *words)
{
    *reflector = (struct reflector_process){.port = 0};
    (void)snprintf(reflector->directory, sizeof(reflector->directory),
                   "/tmp/fixgate-reflector-XXXXXX");
    char *made = mkdtemp(reflector->directory);
    ASSERT(made != NULL);
    start(reflector, words);
}

int reflector_stop(struct reflector_process *reflector)
{
    return process_end(&reflector->process, SIGTERM, END_MS);
}

void reflector_crash(struct reflector_process *reflector, const char *const *words)
{
    (void)process_end(&reflector->process, SIGKILL, END_MS);
    start(reflector, words);
}

void reflector_remove(struct reflector_process *reflector)
{
    char command[PROCESS_PATH_BYTES_MAX + 16];
    if (process_running(&reflector->process)) {
        (void)process_end(&reflector->process, SIGKILL, END_MS);
    }
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", reflector->directory);
    int removed = system(command);
    ASSERT(removed == 0);
}

static bool file_has(const char *path, const char *text)
{
    static char line[8192];
    bool found = false;
    FILE *file = fopen(path, "r");
    ASSERT(file != NULL);
    while (!found && fgets(line, sizeof(line), file) != NULL) {
        found = strstr(line, text) != NULL;
    }
    (void)fclose(file);
    return found;
}

bool reflector_logs(const struct reflector_process *reflector, const char *text)
{
    char path[PROCESS_PATH_BYTES_MAX];
    (void)snprintf(path, sizeof(path), "%.400s/store/reflector.log", reflector->directory);
    uint64_t end_ns = process_now_ns() + (uint64_t)CLIENT_WAIT_MS * 1000000u;
    while (!file_has(path, text)) {
        if (process_now_ns() >= end_ns) {
            return false;
        }
        process_pause(10);
    }
    return true;
}

/* --- The line --------------------------------------------------------------- */

int client_line(uint16_t port)
{
    int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int line = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT(line >= 0);
    int failed = connect(line, (const struct sockaddr *)&address, sizeof(address));
    ASSERT(failed == 0);
    (void)setsockopt(line, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return line;
}

void client_open(struct client *client, const char *name, uint16_t port)
{
    client->name = name;
    client->target = "REFLECTOR";
    client->port = port;
    client->line = -1;
    client->seq = 1;
    client->used = 0;
}

void client_hang_up(struct client *client)
{
    if (client->line >= 0) {
        (void)close(client->line);
        client->line = -1;
    }
    client->used = 0;
}

void client_connect(struct client *client)
{
    client_hang_up(client);
    client->line = client_line(client->port);
}

static bool wait_for(int line, short events, int wait_ms)
{
    struct pollfd item = {.fd = line, .events = events};
    return poll(&item, 1, wait_ms) > 0;
}

bool client_send_bytes(struct client *client, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t sent = send(client->line, at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return false;
        }
        at += sent;
        size -= (size_t)sent;
    }
    return true;
}

/* --- Messages --------------------------------------------------------------- */

static void time_now(char text[32])
{
    struct timespec now;
    struct tm parts;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    size_t size = strftime(text, 32, "%Y%m%d-%H:%M:%S", &parts);
    (void)snprintf(text + size, 32 - size, ".%03ld", now.tv_nsec / 1000000);
}

size_t client_frame(const struct client *client, const char *msg_type, uint64_t seq,
                    const char *sending_time, const char *body, char *out)
{
    static _Thread_local char inner[CLIENT_MESSAGE_BYTES_MAX];
    char now[32];
    time_now(now);
    int inner_size = snprintf(inner, sizeof(inner), "35=%s|49=%s|56=%s|34=%llu|52=%s|%s", msg_type,
                              client->name, client->target, (unsigned long long)seq,
                              sending_time != NULL ? sending_time : now, body);
    ASSERT(inner_size > 0);
    int size = snprintf(out, CLIENT_MESSAGE_BYTES_MAX, "8=FIX.4.4|9=%d|%s", inner_size, inner);
    ASSERT((size_t)size < CLIENT_MESSAGE_BYTES_MAX - 8);
    unsigned sum = 0;
    for (int i = 0; i < size; i++) {
        out[i] = out[i] == '|' ? '\001' : out[i];
        sum += (unsigned char)out[i];
    }
    return (size_t)size + (size_t)snprintf(out + size, 8, "10=%03u\001", sum % 256);
}

bool client_send(struct client *client, const char *msg_type, const char *body)
{
    static _Thread_local char bytes[CLIENT_MESSAGE_BYTES_MAX];
    size_t size = client_frame(client, msg_type, client->seq, NULL, body, bytes);
    client->seq++;
    return client_send_bytes(client, bytes, size);
}

/* Takes a message off the front of what was read. */
static bool take(struct client *client)
{
    for (size_t i = 0; i + 8 <= client->used; i++) {
        if (memcmp(client->bytes + i, "\00110=", 4) != 0) {
            continue;
        }
        size_t size = i + 8;
        ASSERT(size <= CLIENT_MESSAGE_BYTES_MAX);
        for (size_t j = 0; j < size; j++) {
            client->message[j] = client->bytes[j] == '\001' ? '|' : client->bytes[j];
        }
        client->message[size] = '\0';
        client->used -= size;
        memmove(client->bytes, client->bytes + size, client->used);
        return true;
    }
    return false;
}

bool client_read(struct client *client)
{
    while (!take(client)) {
        if (!wait_for(client->line, POLLIN, CLIENT_WAIT_MS)) {
            return false;
        }
        /* Little at a time: what is read has to be moved. */
        size_t room = sizeof(client->bytes) - client->used;
        size_t some = room < CLIENT_MESSAGE_BYTES_MAX ? room : CLIENT_MESSAGE_BYTES_MAX;
        ssize_t got = recv(client->line, client->bytes + client->used, some, 0);
        if (got <= 0) {
            return false;
        }
        client->used += (size_t)got;
    }
    return true;
}

const char *client_value(struct client *client, const char *tag)
{
    char start[16];
    (void)snprintf(start, sizeof(start), "|%s=", tag);
    const char *found = strstr(client->message, start);
    client->value[0] = '\0';
    if (found != NULL) {
        found += strlen(start);
        span_to_text(span_of(found, strcspn(found, "|")), client->value, sizeof(client->value));
    }
    return client->value;
}

const char *client_await(struct client *client, const char *msg_type)
{
    while (client_read(client)) {
        if (strcmp(client_value(client, "35"), msg_type) == 0) {
            return client->message;
        }
    }
    return "";
}

bool client_log_on(struct client *client)
{
    client_connect(client);
    return client_send(client, "A", "98=0|108=30|") && client_await(client, "A")[0] != '\0';
}

bool client_line_ends(struct client *client, int wait_ms)
{
    static char bytes[CLIENT_MESSAGE_BYTES_MAX];
    uint64_t end_ns = process_now_ns() + (uint64_t)wait_ms * 1000000u;
    while (process_now_ns() < end_ns) {
        if (wait_for(client->line, POLLIN, 20) &&
            recv(client->line, bytes, sizeof(bytes), 0) <= 0) {
            return true;
        }
    }
    return false;
}
