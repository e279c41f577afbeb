/* The one door to <zmq.h>: sockets whose options are set before they are used,
 * messages of bounded frames, and results that never block.
 *
 * A context belongs to the process and may be used by several threads; a socket
 * belongs to one thread. Nothing here waits except zeromq_poll().
 *
 * Use with epoll: zeromq_fd() is edge-triggered and speaks for both directions, and
 * any send or receive may swallow its edge. So in each turn receive until
 * STATUS_BUSY, or ask zeromq_readable() after the last send or receive of the turn
 * and do not sleep while it is true. */
#ifndef GATEWAY_SHELL_ZEROMQ_H
#define GATEWAY_SHELL_ZEROMQ_H

#include "fix/base.h"

enum {
    ZEROMQ_FRAMES_MAX = 260,          /* Frames of one message; more is dropped whole. */
    ZEROMQ_FRAME_BYTES_MAX = 1 << 20, /* Longest frame; libzmq cuts off who sends more. */
    ZEROMQ_HIGH_WATER_MAX = 1000,     /* Messages queued per peer and direction, if not said. */
    ZEROMQ_ENDPOINT_BYTES_MAX = 255,
    ZEROMQ_ERROR_BYTES_MAX = 512,
    ZEROMQ_STORAGE_BYTES = 64, /* Of one zmq_msg_t. */
    ZEROMQ_POLL_MAX = 16,
    ZEROMQ_KEY_BYTES = 32,      /* A CURVE key, */
    ZEROMQ_KEY_TEXT_BYTES = 40, /* and in Z85. */
    ZEROMQ_USER_BYTES_MAX = 63,
};

/* A context: I/O threads of libzmq, and the namespace of inproc://. */
struct zeromq {
    void *context;
};

enum zeromq_kind {
    ZEROMQ_ROUTER, /* Sending to an unknown identity is STATUS_NOT_FOUND. */
    ZEROMQ_DEALER, /* Sends only to peers that are connected; else STATUS_BUSY. */
    ZEROMQ_XPUB,   /* Receives subscriptions; drops for subscribers that are full. */
    ZEROMQ_SUB,
    ZEROMQ_PAIR,
};

struct zeromq_socket {
    void *handle; /* NULL: closed. */
    enum zeromq_kind kind;
    bool secure; /* Has CURVE keys. */
};

struct zeromq_options {
    enum zeromq_kind kind;
    uint32_t send_max;        /* High-water marks in messages per peer; */
    uint32_t receive_max;     /* 0 = ZEROMQ_HIGH_WATER_MAX. */
    uint32_t frame_bytes_max; /* 0 = ZEROMQ_FRAME_BYTES_MAX. */
    uint32_t linger_ms;       /* How long zeromq_close() lets unsent messages live on. */
    /* DEALER: queue also for peers not connected yet. Needed where streams of messages of
     * several frames come in: else libzmq takes what has arrived away when a connection ends,
     * and if it does so between two frames that are being read, it ends the process
     * ("Assertion failed: !_more", seen with 4.3.4). */
    bool connected_only_off;
    /* CURVE, keys in Z85: of a server, whose clients the context's ZAP handler lets in or not
     * (zap.h), its own secret key; of a client that, and the server's public key. */
    const char *secret_key;
    const char *server_key;
};

/* One received message. Spans point into memory that is owned here until the next
 * receive into the same struct, or zeromq_frames_release(). Start from zeroed memory. */
struct zeromq_frames {
    uint32_t count; /* Frames in `list`. */
    uint32_t owned; /* Storage slots in use. */
    /* By whose CURVE key it came, as the ZAP handler named him; empty: by none. */
    char user[ZEROMQ_USER_BYTES_MAX + 1];
    struct span list[ZEROMQ_FRAMES_MAX];
    struct zeromq_storage {
        _Alignas(8) uint8_t bytes[ZEROMQ_STORAGE_BYTES];
    } storage[ZEROMQ_FRAMES_MAX];
};

MUST_USE enum status zeromq_open(struct zeromq *zeromq);

/* Ends the context. All its sockets must be closed; waits at most for their linger. */
void zeromq_close(struct zeromq *zeromq);

/* A socket with all its options set: high-water marks, linger, maximum frame,
 * TCP's keepalive (each second, lost after 3), handshake limit. `error` says why not. */
MUST_USE enum status zeromq_socket_open(struct zeromq *zeromq, const struct zeromq_options *options,
                                        struct zeromq_socket *socket,
                                        char error[ZEROMQ_ERROR_BYTES_MAX]);
void zeromq_socket_close(struct zeromq_socket *socket);

/* CURVE keys. False: it is no key, or (pair) this libzmq has no CURVE. */
MUST_USE bool zeromq_key_pair(char public_key[ZEROMQ_KEY_TEXT_BYTES + 1],
                              char secret_key[ZEROMQ_KEY_TEXT_BYTES + 1]);
MUST_USE bool zeromq_key_public(const char *secret_key, char public_key[ZEROMQ_KEY_TEXT_BYTES + 1]);
MUST_USE bool zeromq_key_read(const char *text, uint8_t key[ZEROMQ_KEY_BYTES]);

/* Binds. ipc://: makes the directory if missing and lets only the owner in (0600);
 * tcp:// to anything but loopback is refused to a socket without keys. On failure
 * STATUS_INVALID or STATUS_IO and one line in `error`: what, where, remedy. */
MUST_USE enum status zeromq_bind(struct zeromq_socket *socket, const char *endpoint,
                                 char error[ZEROMQ_ERROR_BYTES_MAX]);
MUST_USE enum status zeromq_connect(struct zeromq_socket *socket, const char *endpoint,
                                    char error[ZEROMQ_ERROR_BYTES_MAX]);

/* The endpoint last bound, with a wildcard port filled in. */
void zeromq_endpoint(const struct zeromq_socket *socket,
                     char endpoint[ZEROMQ_ENDPOINT_BYTES_MAX + 1]);

/* SUB: adds or takes back a prefix; empty = everything. */
MUST_USE enum status zeromq_subscribe(struct zeromq_socket *socket, struct span prefix);
MUST_USE enum status zeromq_unsubscribe(struct zeromq_socket *socket, struct span prefix);

/* Takes one message.
 * OK, BUSY (nothing there), FULL (it had too many frames: it is dropped, and `frames`
 * holds its first ones), IO. */
MUST_USE enum status zeromq_receive(struct zeromq_socket *socket, struct zeromq_frames *frames);
void zeromq_frames_release(struct zeromq_frames *frames);

/* Sends one message of `count` frames; copies the bytes.
 * OK, BUSY (the peer's queue is full, or no peer; nothing was sent), NOT_FOUND
 * (ROUTER: nobody has the identity of the first frame), IO. */
MUST_USE enum status zeromq_send(struct zeromq_socket *socket, const struct span *frames,
                                 uint32_t count);

/* For epoll; edge-triggered, see above. */
int zeromq_fd(const struct zeromq_socket *socket);

/* A receive would not be BUSY now. */
bool zeromq_readable(const struct zeromq_socket *socket);

/* For clients and threads: waits until one of the items is ready. */
struct zeromq_poll {
    struct zeromq_socket *socket; /* NULL: `fd` instead. */
    int fd;
    bool want_write; /* Besides readable. */
    bool readable;   /* Results. */
    bool writable;
};

/* Negative timeout = for ever. OK also when nothing came or a signal interrupted. */
MUST_USE enum status zeromq_poll(struct zeromq_poll *items, uint32_t count, int timeout_ms);

#endif
