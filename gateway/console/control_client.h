/* A plain client of the control socket: one question, one answer of frames.
 *
 * Main thread. What goes wrong is said on standard error, in the name of the command, and kept. */
#ifndef GATEWAY_CONSOLE_CONTROL_CLIENT_H
#define GATEWAY_CONSOLE_CONTROL_CLIENT_H

#include "gateway/console/command_line.h"
#include "gateway/shell/json_flat.h"
#include "gateway/shell/zeromq.h"

enum { CONTROL_CLIENT_LOGIN_BYTES_MAX = 64 };

/* Start from zeroed memory. */
struct control_client {
    struct command_fault fault; /* Its command is set by the caller. */
    const char *server_key;     /* CURVE, in Z85: the gateway's public key. Borrowed; NULL: none. */
    const char *secret_file;    /* Holds the operator's secret key. Borrowed; NULL: none. */
    char endpoint[ZEROMQ_ENDPOINT_BYTES_MAX + 1];
    struct zeromq zeromq;
    struct zeromq_socket socket;
    struct zeromq_frames frames; /* The answer: its sentence, then the rows. */
    struct json_flat row;        /* The frame last read. */
};

/* Where the gateway is: `control`, or by the configuration file `config` if that is NULL.
 * False: said why not, and the options are wrong. */
MUST_USE bool control_client_find(struct control_client *client, const char *config,
                                  const char *control);

/* False: said why not. */
MUST_USE bool control_client_open(struct control_client *client);
void control_client_close(struct control_client *client);

/* Sends the request and waits for the answer; its first frame is read into client->row.
 * `doubtful`: what to say besides when it was sent and no answer came; NULL: nothing. False:
 * said why not. */
MUST_USE bool control_client_ask(struct control_client *client, struct span request,
                                 const char *doubtful);

/* Reads a frame of the answer into client->row. False: said why not. */
MUST_USE bool control_client_read(struct control_client *client, uint32_t frame);

/* A member of client->row; "" if it does not have it. */
const char *control_client_value(const struct control_client *client, const char *name);

/* A frame as it is, on standard output. */
void control_client_print(const struct control_client *client, uint32_t frame);

/* The login name; the user's number where there is none, as in a bare container. */
const char *control_client_login(char text[CONTROL_CLIENT_LOGIN_BYTES_MAX]);

#endif
