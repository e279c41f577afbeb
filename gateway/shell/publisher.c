#include "gateway/shell/publisher.h"

#include "gateway/core/engine/event.h"
#include "gateway/shell/fix_json.h"

static const char JSON_PREFIX[] = "json.";
enum { JSON_PREFIX_BYTES = sizeof(JSON_PREFIX) - 1 };

enum status publisher_open(struct publisher *publisher, struct zeromq *zeromq, const char *endpoint,
                           uint64_t instance_id, char error[ZEROMQ_ERROR_BYTES_MAX])
{
    struct zeromq_options options = {.kind = ZEROMQ_XPUB, .send_max = PUBLISHER_QUEUE_MAX};
    bus_seq_encode(instance_id, publisher->instance_id);
    TRY(zeromq_socket_open(zeromq, &options, &publisher->socket, error));
    TRY(zeromq_bind(&publisher->socket, endpoint, error));
    zeromq_endpoint(&publisher->socket, publisher->endpoint);
    return STATUS_OK;
}

void publisher_close(struct publisher *publisher)
{
    zeromq_frames_release(&publisher->frames);
    zeromq_socket_close(&publisher->socket);
}

/* XPUB tells the first subscription of a prefix (1) and the end of its last one (0),
 * so counting them counts the different prefixes alive. */
static void take_note(struct publisher *publisher, struct span note)
{
    if (note.size < 1 + JSON_PREFIX_BYTES ||
        memcmp(note.data + 1, JSON_PREFIX, JSON_PREFIX_BYTES) != 0) {
        return;
    }
    if (note.data[0] == 1) {
        publisher->json_subscriptions++;
    } else if (note.data[0] == 0 && publisher->json_subscriptions > 0) {
        publisher->json_subscriptions--;
    }
}

enum status publisher_step(struct publisher *publisher)
{
    for (uint32_t i = 0; i < PUBLISHER_SUBSCRIPTIONS_MAX; i++) {
        enum status status = zeromq_receive(&publisher->socket, &publisher->frames);
        if (status == STATUS_BUSY) {
            return STATUS_OK;
        }
        if (status == STATUS_IO) {
            return status;
        }
        if (publisher->frames.count == 1) {
            take_note(publisher, publisher->frames.list[0]);
        }
    }
    return STATUS_OK;
}

bool publisher_pending(const struct publisher *publisher)
{
    return zeromq_readable(&publisher->socket);
}

static void put_out(struct publisher *publisher, struct span topic, uint64_t bus_seq,
                    struct span message)
{
    uint8_t seq[8];
    bus_seq_encode(bus_seq, seq);
    struct span frames[] = {
        topic,
        span_of(seq, sizeof(seq)),
        span_of(publisher->instance_id, sizeof(publisher->instance_id)),
        message,
    };
    if (zeromq_send(&publisher->socket, frames, ARRAY_LEN(frames)) != STATUS_OK) {
        log_text(publisher->log, publisher->now->engine_ns, SEVERITY_ERROR,
                 "bus: the socket refused an event; subscribers will ask for replay");
    }
}

static void put_out_json(struct publisher *publisher, struct span topic, uint64_t bus_seq,
                         struct span message)
{
    uint8_t json_topic[JSON_PREFIX_BYTES + ENGINE_TOPIC_BYTES_MAX];
    ASSERT(topic.size <= ENGINE_TOPIC_BYTES_MAX);
    memcpy(json_topic, JSON_PREFIX, JSON_PREFIX_BYTES);
    memcpy(json_topic + JSON_PREFIX_BYTES, topic.data, topic.size);
    put_out(publisher, span_of(json_topic, JSON_PREFIX_BYTES + topic.size), bus_seq, message);
}

void publisher_publish(struct publisher *publisher, struct span topic, uint64_t bus_seq,
                       struct span message)
{
    put_out(publisher, topic, bus_seq, message);
    if (publisher->json_subscriptions == 0) {
        return;
    }
    struct span json;
    if (!fix_json_encode(publisher->dictionary, message, publisher->json, sizeof(publisher->json),
                         &json)) {
        log_text(publisher->log, publisher->now->engine_ns, SEVERITY_ERROR,
                 "bus: an event has no JSON form and goes out as tag=value only");
        return;
    }
    put_out_json(publisher, topic, bus_seq, json);
}

void publisher_heartbeat(struct publisher *publisher, uint64_t bus_seq)
{
    put_out(publisher, span_text("HB"), bus_seq, span_of(NULL, 0));
    if (publisher->json_subscriptions > 0) {
        put_out_json(publisher, span_text("HB"), bus_seq, span_of(NULL, 0));
    }
}
