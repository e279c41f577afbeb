#include "gateway/bus_client.h"

#include "gateway/core/engine/event.h"
#include "gateway/shell/clock.h"

#include <stdio.h>

#define MILLISECOND_NS UINT64_C(1000000)

/* What one message meant for the caller of bus_client_next(). */
enum outcome {
    OUTCOME_RESULT,  /* `result` is to be returned. */
    OUTCOME_NOTHING, /* Go on. */
    OUTCOME_EMPTY,   /* The socket has no more. */
};

static bool open_socket(struct bus_client *client, enum zeromq_kind kind, const char *endpoint,
                        struct zeromq_socket *socket, char error[BUS_CLIENT_ERROR_BYTES_MAX])
{
    struct zeromq *zeromq =
        client->config.zeromq != NULL ? client->config.zeromq : &client->context;
    /* A question may wait for the gateway: it is asked anew, on another connection, when no
     * answer comes. Pages of many frames are not safe with "connected only", see zeromq.h. */
    const struct zeromq_options options = {
        .kind = kind, .receive_max = BUS_CLIENT_LIVE_MAX, .connected_only_off = true};
    if (zeromq_socket_open(zeromq, &options, socket, error) != STATUS_OK) {
        return false;
    }
    /* The whole stream, whatever topics are wanted: a hole can only be seen in that. */
    if (kind == ZEROMQ_SUB && zeromq_subscribe(socket, span_of(NULL, 0)) != STATUS_OK) {
        (void)snprintf(error, BUS_CLIENT_ERROR_BYTES_MAX, "%s: cannot subscribe", endpoint);
        return false;
    }
    return zeromq_connect(socket, endpoint, error) == STATUS_OK;
}

enum status bus_client_open(struct bus_client *client, const struct bus_client_config *config,
                            char error[BUS_CLIENT_ERROR_BYTES_MAX])
{
    ASSERT(config->topics_count <= BUS_CLIENT_TOPICS_MAX);
    memset(client, 0, sizeof(*client));
    client->config = *config;
    client->instance_id = config->instance_id;
    client->seq_next = config->from_seq;
    client->behind = config->from_seq > 0;
    client->heard_ns = clock_monotonic_ns();
    if (config->zeromq == NULL && zeromq_open(&client->context) != STATUS_OK) {
        (void)snprintf(error, BUS_CLIENT_ERROR_BYTES_MAX, "no ZeroMQ context can be made");
        return STATUS_IO;
    }
    if (!open_socket(client, ZEROMQ_SUB, config->bus_endpoint, &client->live, error) ||
        !open_socket(client, ZEROMQ_DEALER, config->replay_endpoint, &client->replay, error)) {
        bus_client_close(client);
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

void bus_client_close(struct bus_client *client)
{
    zeromq_frames_release(&client->live_frames);
    zeromq_frames_release(&client->replay_frames);
    if (client->live.handle != NULL) {
        zeromq_socket_close(&client->live);
    }
    if (client->replay.handle != NULL) {
        zeromq_socket_close(&client->replay);
    }
    if (client->context.context != NULL) {
        zeromq_close(&client->context);
    }
    memset(client, 0, sizeof(*client));
}

static bool wanted(const struct bus_client *client, struct span topic)
{
    for (uint32_t i = 0; i < client->config.topics_count; i++) {
        if (topic_matches(topic, span_text(client->config.topics[i]))) {
            return true;
        }
    }
    return client->config.topics_count == 0;
}

/* True if the message comes from another store than the one followed; the stream
 * then begins anew. The first instance seen is simply taken. */
static bool instance_changed(struct bus_client *client, uint64_t instance_id,
                             struct bus_event *event)
{
    if (client->instance_id == 0) {
        client->instance_id = instance_id;
    }
    if (client->instance_id == instance_id) {
        return false;
    }
    client->instance_id = instance_id;
    client->seq_next = 1;
    client->behind = true;
    client->replay_stale = true;
    *event = (struct bus_event){.bus_seq = 1, .instance_id = instance_id};
    return true;
}

static void fall_behind(struct bus_client *client)
{
    client->gaps_count += 1;
    client->behind = true;
}

/* One message of the live stream. */
static enum outcome live_take(struct bus_client *client, const struct span *frames, uint32_t count,
                              struct bus_event *event, enum bus_client_result *result)
{
    if (count != 4 || frames[1].size != 8 || frames[2].size != 8) {
        client->malformed_count += 1;
        return OUTCOME_NOTHING;
    }
    if (frames[0].size >= 5 && memcmp(frames[0].data, "json.", 5) == 0) {
        return OUTCOME_NOTHING; /* The same event once more, in another encoding. */
    }
    uint64_t seq = bus_seq_decode(frames[1]);
    uint64_t instance_id = bus_seq_decode(frames[2]);
    client->heard_ns = clock_monotonic_ns();
    if (instance_changed(client, instance_id, event)) {
        *result = BUS_CLIENT_NEW_INSTANCE;
        return OUTCOME_RESULT;
    }
    bool heartbeat = span_is(frames[0], "HB");
    if (client->seq_next == 0) {
        client->seq_next = heartbeat ? seq + 1 : seq;
    }
    if (heartbeat ? seq >= client->seq_next : seq > client->seq_next) {
        fall_behind(client);
        return OUTCOME_NOTHING;
    }
    /* One that was on its way while a replay overtook it; or the store has gone back, which
     * only replay can tell. */
    client->behind = heartbeat && seq + 1 < client->seq_next;
    if (heartbeat || seq < client->seq_next) {
        return OUTCOME_NOTHING;
    }
    client->seq_next += 1;
    *event = (struct bus_event){
        .bus_seq = seq, .instance_id = instance_id, .topic = frames[0], .message = frames[3]};
    *result = BUS_CLIENT_EVENT;
    return wanted(client, frames[0]) ? OUTCOME_RESULT : OUTCOME_NOTHING;
}

/* "EVENT", topic, BusSeq, instance id, message. */
static enum outcome replay_event(struct bus_client *client, const struct span *frames,
                                 struct bus_event *event, enum bus_client_result *result)
{
    uint64_t seq = bus_seq_decode(frames[2]);
    uint64_t instance_id = bus_seq_decode(frames[3]);
    if (instance_changed(client, instance_id, event)) {
        *result = BUS_CLIENT_NEW_INSTANCE;
        return OUTCOME_RESULT;
    }
    if (client->seq_next == 0 || seq < client->seq_next) {
        return OUTCOME_NOTHING;
    }
    *event = (struct bus_event){
        .bus_seq = seq, .instance_id = instance_id, .topic = frames[1], .message = frames[4]};
    if (seq > client->seq_next && client->config.topics_count == 0) {
        client->seq_next = seq;
        client->replay_stale = true; /* This one comes again, after the caller knows. */
        *result = BUS_CLIENT_MISSING;
        return OUTCOME_RESULT;
    }
    client->seq_next = seq + 1;
    client->replayed_count += 1;
    *result = BUS_CLIENT_EVENT;
    return wanted(client, frames[1]) ? OUTCOME_RESULT : OUTCOME_NOTHING;
}

/* "END", next BusSeq to ask from, last committed, instance id. */
static enum outcome replay_end(struct bus_client *client, const struct span *frames,
                               struct bus_event *event, enum bus_client_result *result)
{
    uint64_t next = bus_seq_decode(frames[1]);
    uint64_t last = bus_seq_decode(frames[2]);
    uint64_t instance_id = bus_seq_decode(frames[3]);
    client->asked = false;
    if (instance_changed(client, instance_id, event)) {
        *result = BUS_CLIENT_NEW_INSTANCE;
        return OUTCOME_RESULT;
    }
    if (client->seq_next == 0) {
        client->seq_next = last + 1;
    }
    if (last + 1 < client->seq_next) {
        client->seq_next = last + 1;
        client->behind = false;
        *event = (struct bus_event){.bus_seq = last + 1, .instance_id = instance_id};
        *result = BUS_CLIENT_BACKWARD;
        return OUTCOME_RESULT;
    }
    /* With topics, what lies between the last one sent and `next` is not wanted. */
    if (next > client->seq_next && next <= last + 1 && client->config.topics_count > 0) {
        client->seq_next = next;
    }
    client->behind = client->seq_next <= last;
    return OUTCOME_NOTHING;
}

static enum outcome replay_take(struct bus_client *client, const struct span *frames,
                                uint32_t count, uint64_t now_ns, struct bus_event *event,
                                enum bus_client_result *result)
{
    client->heard_ns = now_ns;
    client->asked_ns = now_ns;
    if (count == 5 && span_is(frames[0], "EVENT") && frames[2].size == 8 && frames[3].size == 8) {
        return replay_event(client, frames, event, result);
    }
    bool end = count == 4 && span_is(frames[0], "END") && frames[1].size == 8 &&
               frames[2].size == 8 && frames[3].size == 8;
    if (end) {
        return replay_end(client, frames, event, result);
    }
    /* "ERROR", text: the service is busy; or nothing that we know. Try again a little later. */
    client->malformed_count += 1;
    client->asked = false;
    client->retry_at_ns = now_ns + BUS_CLIENT_RETRY_MS * MILLISECOND_NS;
    return OUTCOME_NOTHING;
}

/* Takes one message from the socket that it is the turn of. */
static enum outcome take(struct bus_client *client, uint64_t now_ns, struct bus_event *event,
                         enum bus_client_result *result)
{
    struct zeromq_socket *socket = client->behind ? &client->replay : &client->live;
    struct zeromq_frames *frames = client->behind ? &client->replay_frames : &client->live_frames;
    enum status status = zeromq_receive(socket, frames);
    if (status == STATUS_BUSY) {
        return OUTCOME_EMPTY;
    }
    if (status == STATUS_FULL) {
        client->malformed_count += 1;
        return OUTCOME_NOTHING;
    }
    if (status != STATUS_OK) {
        *result = BUS_CLIENT_FAILED;
        return OUTCOME_RESULT;
    }
    return client->behind ? replay_take(client, frames->list, frames->count, now_ns, event, result)
                          : live_take(client, frames->list, frames->count, event, result);
}

/* A connection of its own for each question that was given up: an answer that comes
 * late then has nowhere to come to, and cannot be taken for that of the next. */
static enum status replay_reopen(struct bus_client *client)
{
    char error[BUS_CLIENT_ERROR_BYTES_MAX];
    zeromq_frames_release(&client->replay_frames);
    zeromq_socket_close(&client->replay);
    client->asked = false;
    client->replay_stale = false;
    return open_socket(client, ZEROMQ_DEALER, client->config.replay_endpoint, &client->replay,
                       error)
               ? STATUS_OK
               : STATUS_IO;
}

static enum status ask(struct bus_client *client, uint64_t now_ns)
{
    uint8_t from[8];
    uint8_t most[4] = {0, 0, (uint8_t)(BUS_CLIENT_PAGE_EVENTS >> 8),
                       (uint8_t)(BUS_CLIENT_PAGE_EVENTS & 255)};
    struct span frames[3 + BUS_CLIENT_TOPICS_MAX];
    uint32_t count = 3;
    /* From the far end nothing comes but where the stream is. */
    bus_seq_encode(client->seq_next > 0 ? client->seq_next : INT64_MAX, from);
    frames[0] = span_text("REPLAY");
    frames[1] = span_of(from, sizeof(from));
    frames[2] = span_of(most, sizeof(most));
    for (uint32_t i = 0; i < client->config.topics_count; i++) {
        frames[count] = span_text(client->config.topics[i]);
        count += 1;
    }
    enum status status = zeromq_send(&client->replay, frames, count);
    client->asked = status == STATUS_OK;
    client->asked_ns = now_ns;
    client->retry_at_ns = now_ns + BUS_CLIENT_RETRY_MS * MILLISECOND_NS;
    return status == STATUS_BUSY ? STATUS_OK : status;
}

/* Whatever is due before the next message is looked at. */
static enum status prepare(struct bus_client *client, uint64_t now_ns)
{
    bool unanswered =
        client->asked && now_ns - client->asked_ns > BUS_CLIENT_ANSWER_MS * MILLISECOND_NS;
    if (client->replay_stale || unanswered) {
        TRY(replay_reopen(client));
    }
    if (!client->behind && now_ns - client->heard_ns > BUS_CLIENT_SILENCE_MS * MILLISECOND_NS) {
        client->behind = true; /* Not a gap yet, but the question that shows one. */
    }
    if (client->behind && !client->asked && now_ns >= client->retry_at_ns) {
        TRY(ask(client, now_ns));
    }
    return STATUS_OK;
}

static enum status wait(struct bus_client *client, uint64_t now_ns, uint64_t deadline_ns)
{
    uint64_t left_ms = (deadline_ns - now_ns + MILLISECOND_NS - 1) / MILLISECOND_NS;
    int timeout_ms = left_ms < BUS_CLIENT_RETRY_MS ? (int)left_ms : BUS_CLIENT_RETRY_MS;
    struct zeromq_poll item = {.socket = client->behind ? &client->replay : &client->live};
    return zeromq_poll(&item, 1, timeout_ms);
}

enum bus_client_result bus_client_next(struct bus_client *client, int timeout_ms,
                                       struct bus_event *event)
{
    ASSERT(timeout_ms >= 0);
    uint64_t now_ns = clock_monotonic_ns();
    uint64_t deadline_ns = now_ns + (uint64_t)timeout_ms * MILLISECOND_NS;
    for (;;) {
        if (prepare(client, now_ns) != STATUS_OK) {
            return BUS_CLIENT_FAILED;
        }
        enum bus_client_result result = BUS_CLIENT_TIMEOUT;
        bool behind = client->behind;
        enum outcome outcome = OUTCOME_NOTHING;
        for (uint32_t i = 0;
             i < BUS_CLIENT_MESSAGES_MAX && outcome == OUTCOME_NOTHING && client->behind == behind;
             i++) {
            outcome = take(client, now_ns, event, &result);
        }
        if (outcome == OUTCOME_RESULT) {
            return result;
        }
        now_ns = clock_monotonic_ns();
        if (now_ns >= deadline_ns) {
            return BUS_CLIENT_TIMEOUT;
        }
        if (outcome == OUTCOME_EMPTY && wait(client, now_ns, deadline_ns) != STATUS_OK) {
            return BUS_CLIENT_FAILED;
        }
        now_ns = clock_monotonic_ns();
    }
}
