/* A reflector as a child process, and peers of its sessions that a test plays itself.
 *
 * A peer knows how to frame, number and read messages, and nothing else: what it says may be
 * as wrong as the test likes. Text has '|' for SOH. ASSERTs what the system should grant. */
#ifndef TESTS_TOOLS_REFLECTOR_CLIENT_H
#define TESTS_TOOLS_REFLECTOR_CLIENT_H

#include "tests/tools/process.h"

enum {
    CLIENT_MESSAGE_BYTES_MAX = 64 * 1024,
    CLIENT_BUFFER_BYTES = 1024 * 1024,
    CLIENT_WAIT_MS = 10000,
    CLIENT_VALUE_BYTES_MAX = 256,
    CLIENT_SETTINGS_MAX = 16,
};

struct reflector_process {
    struct process process;
    char directory[PROCESS_PATH_BYTES_MAX]; /* Of its own; holds store and log. */
    uint16_t port;
};

/* `words`: further options, NULL at the end. The directory is made by the first start. */
void reflector_begin(struct reflector_process *reflector, const char *const *words);

/* SIGTERM, and waits; its exit code. The store stays. */
int reflector_stop(struct reflector_process *reflector);

/* kill -9 and start anew, on the same store. */
void reflector_crash(struct reflector_process *reflector, const char *const *words);

void reflector_remove(struct reflector_process *reflector);

/* Has its log (reflector.log) a line with that text? Waits for it. */
bool reflector_logs(const struct reflector_process *reflector, const char *text);

struct client {
    const char *name;   /* Its SenderCompID, */
    const char *target; /* and its TargetCompID: "REFLECTOR" unless set. */
    uint16_t port;
    int line;     /* -1: none. */
    uint64_t seq; /* Of its next message. */
    size_t used;
    char bytes[CLIENT_BUFFER_BYTES];
    char message[CLIENT_MESSAGE_BYTES_MAX + 1]; /* The last one read. */
    char value[CLIENT_VALUE_BYTES_MAX];
};

void client_open(struct client *client, const char *name, uint16_t port);
void client_connect(struct client *client);
void client_hang_up(struct client *client);

/* A framed message into `out` (CLIENT_MESSAGE_BYTES_MAX); returns its size. `body` has the
 * fields behind 52; `sending_time` NULL: now. */
size_t client_frame(const struct client *client, const char *msg_type, uint64_t seq,
                    const char *sending_time, const char *body, char *out);

/* False: the line has ended. */
bool client_send_bytes(struct client *client, const void *bytes, size_t size);

/* The next message, by number and time. */
bool client_send(struct client *client, const char *msg_type, const char *body);

/* The next message into client->message, within CLIENT_WAIT_MS. False: the line has ended, or
 * nothing came. */
bool client_read(struct client *client);

/* Reads until one of that type has come; "" if none does. */
const char *client_await(struct client *client, const char *msg_type);

/* The value of a field of client->message; "" if it is not there. */
const char *client_value(struct client *client, const char *tag);

/* Connects and logs on, with the numbers as they are. */
bool client_log_on(struct client *client);

/* The line ends within the time; what still comes is thrown away. */
bool client_line_ends(struct client *client, int wait_ms);

/* A connection, and no more. */
int client_line(uint16_t port);

#endif
