#include "gateway/shell/zeromq.h"

#include "gateway/shell/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <zmq.h>

_Static_assert(sizeof(zmq_msg_t) <= ZEROMQ_STORAGE_BYTES, "a zmq_msg_t must fit its storage");
_Static_assert((int)ENDPOINT_ERROR_BYTES_MAX <= (int)ZEROMQ_ERROR_BYTES_MAX, "texts must fit");

enum {
    KEEPALIVE_SECONDS = 1,
    KEEPALIVE_PROBES = 3,
    HANDSHAKE_MS = 5000,
    RECONNECT_MS = 100,
    RECONNECT_MAX_MS = 1000,
};

enum status zeromq_open(struct zeromq *zeromq)
{
    zeromq->context = zmq_ctx_new();
    if (zeromq->context == NULL) {
        return STATUS_IO;
    }
    /* Without this a forgotten linger would hang the end of the process. */
    (void)zmq_ctx_set(zeromq->context, ZMQ_BLOCKY, 0);
    return STATUS_OK;
}

void zeromq_close(struct zeromq *zeromq)
{
    if (zeromq->context == NULL) {
        return;
    }
    while (zmq_ctx_term(zeromq->context) != 0 && errno == EINTR) {
    }
    zeromq->context = NULL;
}

static int native_kind(enum zeromq_kind kind)
{
    switch (kind) {
    case ZEROMQ_ROUTER:
        return ZMQ_ROUTER;
    case ZEROMQ_DEALER:
        return ZMQ_DEALER;
    case ZEROMQ_XPUB:
        return ZMQ_XPUB;
    case ZEROMQ_SUB:
        return ZMQ_SUB;
    case ZEROMQ_PAIR:
        return ZMQ_PAIR;
    }
    ASSERT(false);
    return -1;
}

static bool set_int(void *handle, int option, int value)
{
    return zmq_setsockopt(handle, option, &value, sizeof(value)) == 0;
}

static int or_default(uint32_t value, int otherwise)
{
    return value != 0 ? (int)value : otherwise;
}

static bool set_keys(void *handle, const struct zeromq_options *options)
{
    static const char domain[] = "fixgate";
    char public_key[ZEROMQ_KEY_TEXT_BYTES + 1];
    if (options->secret_key == NULL) {
        return true;
    }
    if (!zeromq_key_public(options->secret_key, public_key) ||
        zmq_setsockopt(handle, ZMQ_CURVE_SECRETKEY, options->secret_key,
                       ZEROMQ_KEY_TEXT_BYTES + 1) != 0) {
        return false;
    }
    if (options->server_key != NULL) {
        return zmq_setsockopt(handle, ZMQ_CURVE_PUBLICKEY, public_key, ZEROMQ_KEY_TEXT_BYTES + 1) ==
                   0 &&
               zmq_setsockopt(handle, ZMQ_CURVE_SERVERKEY, options->server_key,
                              ZEROMQ_KEY_TEXT_BYTES + 1) == 0;
    }
    /* libzmq asks the ZAP handler of the context; it must be bound before. */
    return set_int(handle, ZMQ_CURVE_SERVER, 1) &&
           zmq_setsockopt(handle, ZMQ_ZAP_DOMAIN, domain, sizeof(domain) - 1) == 0;
}

static bool set_options(void *handle, const struct zeromq_options *options)
{
    int64_t frame_max = or_default(options->frame_bytes_max, ZEROMQ_FRAME_BYTES_MAX);
    bool right =
        set_int(handle, ZMQ_SNDHWM, or_default(options->send_max, ZEROMQ_HIGH_WATER_MAX)) &&
        set_int(handle, ZMQ_RCVHWM, or_default(options->receive_max, ZEROMQ_HIGH_WATER_MAX)) &&
        set_int(handle, ZMQ_LINGER, (int)options->linger_ms) &&
        /* Not ZMTP's heartbeats: with them libzmq 4.3.4 cuts off a peer whose messages wait to be
         * read, and ends the process when such a peer dies ("Assertion failed: !_io_error"). */
        set_int(handle, ZMQ_TCP_KEEPALIVE, 1) &&
        set_int(handle, ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_SECONDS) &&
        set_int(handle, ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_SECONDS) &&
        set_int(handle, ZMQ_TCP_KEEPALIVE_CNT, KEEPALIVE_PROBES) &&
        set_int(handle, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS) &&
        set_int(handle, ZMQ_RECONNECT_IVL, RECONNECT_MS) &&
        set_int(handle, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS) &&
        zmq_setsockopt(handle, ZMQ_MAXMSGSIZE, &frame_max, sizeof(frame_max)) == 0 &&
        set_keys(handle, options);
    if (right && options->kind == ZEROMQ_ROUTER) {
        /* A client that comes back under its name before we noticed that its old
         * connection died takes the name over. */
        right = set_int(handle, ZMQ_ROUTER_MANDATORY, 1) && set_int(handle, ZMQ_ROUTER_HANDOVER, 1);
    }
    if (right && options->kind == ZEROMQ_DEALER && !options->connected_only_off) {
        right = set_int(handle, ZMQ_IMMEDIATE, 1);
    }
    return right;
}

enum status zeromq_socket_open(struct zeromq *zeromq, const struct zeromq_options *options,
                               struct zeromq_socket *sock, char error[ZEROMQ_ERROR_BYTES_MAX])
{
    *sock = (struct zeromq_socket){.kind = options->kind, .secure = options->secret_key != NULL};
    void *handle = zmq_socket(zeromq->context, native_kind(options->kind));
    if (handle == NULL) {
        (void)snprintf(error, ZEROMQ_ERROR_BYTES_MAX, "cannot make a ZeroMQ socket: %s",
                       zmq_strerror(errno));
        return STATUS_IO;
    }
    if (!set_options(handle, options)) {
        (void)snprintf(error, ZEROMQ_ERROR_BYTES_MAX, "cannot set a ZeroMQ socket's options: %s",
                       zmq_strerror(errno));
        (void)zmq_close(handle);
        return STATUS_IO;
    }
    sock->handle = handle;
    return STATUS_OK;
}

void zeromq_socket_close(struct zeromq_socket *sock)
{
    if (sock->handle != NULL) {
        (void)zmq_close(sock->handle);
        sock->handle = NULL;
    }
}

/* --- Keys ---------------------------------------------------------------------- */

bool zeromq_key_pair(char public_key[ZEROMQ_KEY_TEXT_BYTES + 1],
                     char secret_key[ZEROMQ_KEY_TEXT_BYTES + 1])
{
    return zmq_curve_keypair(public_key, secret_key) == 0;
}

bool zeromq_key_read(const char *text, uint8_t key[ZEROMQ_KEY_BYTES])
{
    return strlen(text) == ZEROMQ_KEY_TEXT_BYTES && zmq_z85_decode(key, text) != NULL;
}

bool zeromq_key_public(const char *secret_key, char public_key[ZEROMQ_KEY_TEXT_BYTES + 1])
{
    uint8_t key[ZEROMQ_KEY_BYTES];
    return zeromq_key_read(secret_key, key) && zmq_curve_public(public_key, secret_key) == 0;
}

/* --- Endpoints ------------------------------------------------------------------ */

/* With keys tcp:// may go anywhere; all else is as without. */
static bool anywhere(const struct zeromq_socket *sock, const char *endpoint)
{
    return sock->secure && strncmp(endpoint, "tcp://", 6) == 0;
}

enum status zeromq_bind(struct zeromq_socket *sock, const char *endpoint,
                        char error[ZEROMQ_ERROR_BYTES_MAX])
{
    if (!anywhere(sock, endpoint)) {
        TRY(endpoint_prepare(endpoint, error));
    }
    if (zmq_bind(sock->handle, endpoint) != 0) {
        (void)snprintf(error, ZEROMQ_ERROR_BYTES_MAX, "%s: cannot bind: %s", endpoint,
                       zmq_strerror(errno));
        return STATUS_IO;
    }
    return endpoint_protect(endpoint, error);
}

enum status zeromq_connect(struct zeromq_socket *sock, const char *endpoint,
                           char error[ZEROMQ_ERROR_BYTES_MAX])
{
    if (!anywhere(sock, endpoint)) {
        TRY(endpoint_check(endpoint, error));
    }
    if (zmq_connect(sock->handle, endpoint) != 0) {
        (void)snprintf(error, ZEROMQ_ERROR_BYTES_MAX, "%s: cannot connect: %s", endpoint,
                       zmq_strerror(errno));
        return STATUS_IO;
    }
    return STATUS_OK;
}

void zeromq_endpoint(const struct zeromq_socket *sock, char endpoint[ZEROMQ_ENDPOINT_BYTES_MAX + 1])
{
    size_t size = ZEROMQ_ENDPOINT_BYTES_MAX + 1;
    if (zmq_getsockopt(sock->handle, ZMQ_LAST_ENDPOINT, endpoint, &size) != 0) {
        endpoint[0] = '\0';
    }
}

enum status zeromq_subscribe(struct zeromq_socket *sock, struct span prefix)
{
    int result = zmq_setsockopt(sock->handle, ZMQ_SUBSCRIBE, prefix.data, prefix.size);
    return result == 0 ? STATUS_OK : STATUS_IO;
}

enum status zeromq_unsubscribe(struct zeromq_socket *sock, struct span prefix)
{
    int result = zmq_setsockopt(sock->handle, ZMQ_UNSUBSCRIBE, prefix.data, prefix.size);
    return result == 0 ? STATUS_OK : STATUS_IO;
}

static zmq_msg_t *slot(struct zeromq_frames *frames, uint32_t index)
{
    return (zmq_msg_t *)(void *)frames->storage[index].bytes;
}

void zeromq_frames_release(struct zeromq_frames *frames)
{
    for (uint32_t i = 0; i < frames->owned; i++) {
        (void)zmq_msg_close(slot(frames, i));
    }
    frames->owned = 0;
    frames->count = 0;
    frames->user[0] = '\0';
}

static enum status receive_one(void *handle, zmq_msg_t *message)
{
    (void)zmq_msg_init(message);
    if (zmq_msg_recv(message, handle, ZMQ_DONTWAIT) >= 0) {
        return STATUS_OK;
    }
    /* A signal in between is looked at by whoever polls; nothing was taken. */
    enum status status = errno == EAGAIN || errno == EINTR ? STATUS_BUSY : STATUS_IO;
    (void)zmq_msg_close(message);
    return status;
}

static void name_user(struct zeromq_frames *frames, zmq_msg_t *message)
{
    const char *user = zmq_msg_gets(message, "User-Id");
    (void)snprintf(frames->user, sizeof(frames->user), "%s", user != NULL ? user : "");
}

/* libzmq delivers messages whole, so the rest of a message is always there. */
static enum status drop_rest(void *handle)
{
    bool more = true;
    while (more) {
        zmq_msg_t message;
        TRY(receive_one(handle, &message));
        more = zmq_msg_more(&message) != 0;
        (void)zmq_msg_close(&message);
    }
    return STATUS_FULL;
}

enum status zeromq_receive(struct zeromq_socket *sock, struct zeromq_frames *frames)
{
    zeromq_frames_release(frames);
    bool more = true;
    while (more) {
        if (frames->count == ZEROMQ_FRAMES_MAX) {
            return drop_rest(sock->handle);
        }
        zmq_msg_t *message = slot(frames, frames->count);
        TRY(receive_one(sock->handle, message));
        frames->list[frames->count] = span_of(zmq_msg_data(message), zmq_msg_size(message));
        frames->count++;
        frames->owned++;
        more = zmq_msg_more(message) != 0;
        if (!more && sock->secure) {
            name_user(frames, message);
        }
    }
    return STATUS_OK;
}

enum status zeromq_send(struct zeromq_socket *sock, const struct span *frames, uint32_t count)
{
    ASSERT(count > 0);
    for (uint32_t i = 0; i < count; i++) {
        int flags = ZMQ_DONTWAIT | (i + 1 < count ? ZMQ_SNDMORE : 0);
        int sent = -1;
        do {
            sent = zmq_send(sock->handle, frames[i].data, frames[i].size, flags);
        } while (sent < 0 && errno == EINTR);
        if (sent < 0) {
            /* libzmq decides at the first frame whether a message goes out. */
            bool first = i == 0;
            if (first && errno == EAGAIN) {
                return STATUS_BUSY;
            }
            return first && errno == EHOSTUNREACH ? STATUS_NOT_FOUND : STATUS_IO;
        }
    }
    return STATUS_OK;
}

int zeromq_fd(const struct zeromq_socket *sock)
{
    int fd = -1;
    size_t size = sizeof(fd);
    (void)zmq_getsockopt(sock->handle, ZMQ_FD, &fd, &size);
    return fd;
}

bool zeromq_readable(const struct zeromq_socket *sock)
{
    int events = 0;
    size_t size = sizeof(events);
    return zmq_getsockopt(sock->handle, ZMQ_EVENTS, &events, &size) == 0 &&
           (events & ZMQ_POLLIN) != 0;
}

enum status zeromq_poll(struct zeromq_poll *items, uint32_t count, int timeout_ms)
{
    ASSERT(count <= ZEROMQ_POLL_MAX);
    zmq_pollitem_t native[ZEROMQ_POLL_MAX];
    for (uint32_t i = 0; i < count; i++) {
        short events = (short)(ZMQ_POLLIN | (items[i].want_write ? ZMQ_POLLOUT : 0));
        native[i] = (zmq_pollitem_t){
            .socket = items[i].socket != NULL ? items[i].socket->handle : NULL,
            .fd = items[i].fd,
            .events = events,
        };
        items[i].readable = false;
        items[i].writable = false;
    }
    int ready = zmq_poll(native, (int)count, timeout_ms);
    if (ready < 0) {
        return errno == EINTR ? STATUS_OK : STATUS_IO;
    }
    for (uint32_t i = 0; i < count; i++) {
        items[i].readable = (native[i].revents & (ZMQ_POLLIN | ZMQ_POLLERR)) != 0;
        items[i].writable = (native[i].revents & ZMQ_POLLOUT) != 0;
    }
    return STATUS_OK;
}
