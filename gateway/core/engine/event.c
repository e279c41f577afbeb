#include "gateway/core/engine/event.h"

#include "gateway/core/engine/record.h"

void bus_seq_encode(uint64_t bus_seq, uint8_t key[EVENT_KEY_BYTES])
{
    struct record_writer writer = record_writer_on(key, EVENT_KEY_BYTES);
    record_put_u64(&writer, bus_seq);
}

uint64_t bus_seq_decode(struct span key)
{
    struct record_reader reader = record_reader_of(key);
    return record_get_u64(&reader);
}

size_t event_encode(const struct event *event, uint8_t *value, size_t capacity)
{
    ASSERT(event->topic.size <= ENGINE_TOPIC_BYTES_MAX);
    struct record_writer writer = record_writer_on(value, capacity);
    record_put_u8(&writer, EVENT_VERSION);
    record_put_u8(&writer, (uint8_t)event->topic.size);
    record_put_bytes(&writer, event->topic);
    record_put_bytes(&writer, event->message);
    return record_written(&writer).size;
}

bool event_decode(struct span key, struct span value, struct event *out)
{
    if (key.size != EVENT_KEY_BYTES || value.size < 2 || value.data[0] != EVENT_VERSION) {
        return false;
    }
    size_t topic_size = value.data[1];
    if (2 + topic_size > value.size) {
        return false;
    }
    out->bus_seq = bus_seq_decode(key);
    out->topic = span_of(value.data + 2, topic_size);
    out->message = span_of(value.data + 2 + topic_size, value.size - 2 - topic_size);
    return true;
}

bool topic_matches(struct span topic, struct span prefix)
{
    return topic.size >= prefix.size && span_equal(span_of(topic.data, prefix.size), prefix);
}
