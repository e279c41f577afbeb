#include "gateway/shell/order_entry.h"

#include "gateway/shell/fix_json.h"

/* --- Return address --------------------------------------------------------- */

enum {
    ROUTE_DELIMITER = 1,
    ROUTE_JSON = 2,
    IDENTITY_BYTES_MAX = 255, /* libzmq's own limit. */
};

_Static_assert(1 + (int)IDENTITY_BYTES_MAX <= (int)ENGINE_ROUTE_BYTES_MAX, "a route must fit");

struct route {
    uint8_t bytes[ENGINE_ROUTE_BYTES_MAX];
    size_t size;
};

static struct route route_of(struct span identity, bool delimiter, bool json)
{
    struct route route = {.size = 1 + identity.size};
    ASSERT(identity.size <= IDENTITY_BYTES_MAX);
    route.bytes[0] = (uint8_t)((delimiter ? ROUTE_DELIMITER : 0) | (json ? ROUTE_JSON : 0));
    memcpy(route.bytes + 1, identity.data, identity.size);
    return route;
}

/* --- Requests --------------------------------------------------------------- */

enum status order_entry_open(struct order_entry *entry, struct zeromq *zeromq, const char *endpoint,
                             char error[ZEROMQ_ERROR_BYTES_MAX])
{
    struct zeromq_options options = {
        .kind = ZEROMQ_ROUTER,
        .send_max = ORDER_ENTRY_REPLIES_MAX,
        .linger_ms = ORDER_ENTRY_LINGER_MS,
    };
    TRY(zeromq_socket_open(zeromq, &options, &entry->socket, error));
    TRY(zeromq_bind(&entry->socket, endpoint, error));
    zeromq_endpoint(&entry->socket, entry->endpoint);
    return STATUS_OK;
}

void order_entry_close(struct order_entry *entry)
{
    zeromq_frames_release(&entry->frames);
    zeromq_socket_close(&entry->socket);
}

static void take_json(struct order_entry *entry, struct engine *engine, struct span route,
                      struct span payload)
{
    struct span request;
    char reason[FIX_JSON_ERROR_BYTES_MAX];
    if (!fix_json_decode(entry->dictionary, payload, entry->request, sizeof(entry->request),
                         &request, reason)) {
        engine_request_undecodable(engine, route, reason);
        return;
    }
    if (request.size > ENGINE_REQUEST_BYTES_MAX) {
        engine_request_undecodable(engine, route, "the request is longer than 16384 bytes");
        return;
    }
    engine_request(engine, span_of(NULL, 0), route, request);
}

/* Frames behind the identity: what is wrong with them, or NULL. */
static const char *payload_of(const struct span *frames, uint32_t count, bool *delimiter,
                              struct span *payload)
{
    *delimiter = count > 0 && frames[0].size == 0;
    uint32_t first = *delimiter ? 1 : 0;
    *payload = span_of(NULL, 0);
    if (count <= first) {
        return "the request is empty: send one FIX message";
    }
    if (count != first + 1) {
        return "the request has too many frames: send one FIX message in one frame";
    }
    *payload = frames[first];
    if (payload->size > ENGINE_REQUEST_BYTES_MAX) {
        return "the request is longer than 16384 bytes";
    }
    return NULL;
}

static void take_request(struct order_entry *entry, struct engine *engine)
{
    const struct span *frames = entry->frames.list;
    uint32_t count = entry->frames.count;
    if (count == 0 || frames[0].size > IDENTITY_BYTES_MAX) {
        log_text(entry->log, entry->now->engine_ns, SEVERITY_WARNING,
                 "order entry: dropped a message without a sender");
        return;
    }
    bool delimiter = false;
    struct span payload;
    const char *wrong = payload_of(frames + 1, count - 1, &delimiter, &payload);
    bool json = payload.size > 0 && payload.data[0] == '{';
    struct route route = route_of(frames[0], delimiter, json);
    struct span route_span = span_of(route.bytes, route.size);
    if (wrong != NULL) {
        engine_request_undecodable(engine, route_span, wrong);
    } else if (json) {
        take_json(entry, engine, route_span, payload);
    } else {
        engine_request(engine, span_of(NULL, 0), route_span, payload);
    }
}

enum status order_entry_step(struct order_entry *entry, struct engine *engine)
{
    for (uint32_t i = 0; i < ORDER_ENTRY_REQUESTS_MAX; i++) {
        if (engine_turn_full(engine)) {
            return STATUS_OK;
        }
        enum status status = zeromq_receive(&entry->socket, &entry->frames);
        if (status == STATUS_BUSY) {
            return STATUS_OK;
        }
        if (status == STATUS_IO) {
            return status;
        }
        /* FULL, too many frames, is answered as such: the first ones are there. */
        take_request(entry, engine);
    }
    return STATUS_OK;
}

bool order_entry_pending(const struct order_entry *entry)
{
    return zeromq_readable(&entry->socket);
}

/* --- Replies ---------------------------------------------------------------- */

static const char *lost_reason(enum status status)
{
    if (status == STATUS_NOT_FOUND) {
        return "order entry: a reply is lost, the client has gone";
    }
    return status == STATUS_BUSY ? "order entry: a reply is lost, the client does not read"
                                 : "order entry: a reply is lost, the socket failed";
}

void order_entry_reply(struct order_entry *entry, struct span route, struct span message)
{
    ASSERT(route.size >= 1);
    uint8_t flags = route.data[0];
    struct span frames[3];
    uint32_t count = 0;
    frames[count++] = span_of(route.data + 1, route.size - 1);
    if ((flags & ROUTE_DELIMITER) != 0) {
        frames[count++] = span_of(NULL, 0);
    }
    struct span payload = message;
    if ((flags & ROUTE_JSON) != 0 &&
        !fix_json_encode(entry->dictionary, message, entry->json, sizeof(entry->json), &payload)) {
        log_text(entry->log, entry->now->engine_ns, SEVERITY_ERROR,
                 "order entry: a reply has no JSON form and goes out as tag=value");
        payload = message;
    }
    frames[count++] = payload;
    enum status status = zeromq_send(&entry->socket, frames, count);
    if (status != STATUS_OK) {
        log_text(entry->log, entry->now->engine_ns, SEVERITY_DEBUG, lost_reason(status));
    }
}
