/* One entry of the bus as the `event` table keeps it, keyed by BusSeq.
 *
 * Pure. Any thread. */
#ifndef GATEWAY_CORE_ENGINE_EVENT_H
#define GATEWAY_CORE_ENGINE_EVENT_H

#include "gateway/core/engine/limits.h"

enum { EVENT_VERSION = 1, EVENT_KEY_BYTES = 8 };

struct event {
    uint64_t bus_seq;
    struct span topic;   /* "ER.ALPHA.VOD" */
    struct span message; /* A whole FIX message; MsgSeqNum(34) is the BusSeq. */
};

/* 8 bytes, big-endian: the frame on the wire and the key in the store. */
void bus_seq_encode(uint64_t bus_seq, uint8_t key[EVENT_KEY_BYTES]);
uint64_t bus_seq_decode(struct span key);

/* The value of the record; returns its size. `capacity` >= topic + message + 4. */
size_t event_encode(const struct event *event, uint8_t *value, size_t capacity);

/* Spans point into `value`. False: not a record of this version. */
MUST_USE bool event_decode(struct span key, struct span value, struct event *out);

/* Topics go from general to special; a subscription is a prefix. */
bool topic_matches(struct span topic, struct span prefix);

#endif
