#include "gateway/shell/zap.h"

/* Frames of a request behind the sender's: version, request id, domain, address, identity,
 * mechanism, and for CURVE the client's public key. */
enum {
    FRAME_SENDER,
    FRAME_DELIMITER,
    FRAME_VERSION,
    FRAME_ID,
    FRAME_DOMAIN,
    FRAME_ADDRESS,
    FRAME_IDENTITY,
    FRAME_MECHANISM,
    FRAME_KEY,
    FRAMES_COUNT,
};

static const char endpoint[] = "inproc://zeromq.zap.01"; /* Where libzmq asks. */

enum status zap_open(struct zap *zap, struct zeromq *zeromq, char error[ZEROMQ_ERROR_BYTES_MAX])
{
    struct zeromq_options options = {.kind = ZEROMQ_ROUTER};
    TRY(zeromq_socket_open(zeromq, &options, &zap->socket, error));
    return zeromq_bind(&zap->socket, endpoint, error);
}

void zap_close(struct zap *zap)
{
    zeromq_frames_release(&zap->frames);
    zeromq_socket_close(&zap->socket);
}

/* Whose key it is; NULL: nobody's. */
static const char *owner_of(const struct zap *zap)
{
    const struct span *frames = zap->frames.list;
    uint8_t key[ZEROMQ_KEY_BYTES];
    if (zap->frames.count != FRAMES_COUNT || !span_is(frames[FRAME_MECHANISM], "CURVE")) {
        return NULL;
    }
    for (uint32_t i = 0; i < zap->operators_count; i++) {
        const struct operator_config *operator_config = &zap->operators[i];
        if (operator_config->public_key != NULL &&
            zeromq_key_read(operator_config->public_key, key) &&
            span_equal(frames[FRAME_KEY], span_of(key, sizeof(key)))) {
            return operator_config->name;
        }
    }
    return NULL;
}

static void answer(struct zap *zap)
{
    const struct span *frames = zap->frames.list;
    if (zap->frames.count <= FRAME_ID) {
        return; /* Not from libzmq. */
    }
    const char *owner = owner_of(zap);
    const struct span reply[] = {
        frames[FRAME_SENDER],
        span_of(NULL, 0),
        span_text("1.0"),
        frames[FRAME_ID],
        span_text(owner != NULL ? "200" : "400"),
        span_text(owner != NULL ? "OK" : "no operator has this key"),
        span_text(owner != NULL ? owner : ""),
        span_of(NULL, 0), /* No further facts. */
    };
    /* Whoever does not wait any more for it has gone. */
    enum status status = zeromq_send(&zap->socket, reply, ARRAY_LEN(reply));
    (void)status;
}

enum status zap_step(struct zap *zap)
{
    if (zap->socket.handle == NULL) {
        return STATUS_OK;
    }
    for (unsigned i = 0; i < ZAP_REQUESTS_MAX; i++) {
        enum status status = zeromq_receive(&zap->socket, &zap->frames);
        if (status == STATUS_BUSY) {
            return STATUS_OK;
        }
        if (status == STATUS_IO) {
            return status;
        }
        if (status == STATUS_OK) {
            answer(zap);
        }
    }
    return STATUS_OK;
}

bool zap_pending(const struct zap *zap)
{
    return zap->socket.handle != NULL && zeromq_readable(&zap->socket);
}
