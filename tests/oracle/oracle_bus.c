/* The stream of events: whole, in order, the same for everybody.
 *
 * An event is taken in when it is due and is first seen, on the bus or by the subscriber; what
 * was committed and not published before a crash, only the subscriber sees. */
#include "tests/oracle/oracle_parts.h"

#include <inttypes.h>

enum { BUS_AHEAD_MAX = 1024 * 1024 };

uint64_t oracle_hash(struct span bytes)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t index = 0; index < bytes.size; index++) {
        hash = (hash ^ bytes.data[index]) * UINT64_C(1099511628211);
    }
    return hash;
}

static uint64_t hash_of(struct span message)
{
    uint64_t hash = oracle_hash(message);
    return hash != 0 ? hash : 1;
}

/* NULL: far beyond all that there can be. */
static struct bus_entry *entry_of(struct oracle *oracle, uint64_t bus_seq)
{
    if (bus_seq == 0 || bus_seq > (uint64_t)oracle->bus_count + BUS_AHEAD_MAX) {
        oracle_violate(oracle, ORACLE_BUS_COMPLETE,
                       "BusSeq %" PRIu64 " on the bus, after %" PRIu64 " events", bus_seq,
                       oracle->bus_understood);
        return NULL;
    }
    while (oracle->bus_count < bus_seq) {
        oracle->bus = oracle_room(oracle->bus, &oracle->bus_capacity, oracle->bus_count,
                                  sizeof oracle->bus[0]);
        oracle->bus[oracle->bus_count++] = (struct bus_entry){.hash = 0};
    }
    return &oracle->bus[bus_seq - 1];
}

static void understand(struct oracle *oracle, uint64_t bus_seq, struct span topic,
                       struct span bytes)
{
    struct oracle_message message;
    uint64_t number = 0;
    oracle->bus_understood = bus_seq;
    oracle->counts.events++;
    if (!oracle_message_read(&message, bytes)) {
        oracle_violate(oracle, ORACLE_BUS_COMPLETE, "event %" PRIu64 " is no FIX message", bus_seq);
        return;
    }
    if (oracle_uint(&message, TAG_BUS_SEQ, &number) && number != bus_seq) {
        oracle_violate(oracle, ORACLE_BUS_COMPLETE, "event %" PRIu64 " calls itself 10006=%" PRIu64,
                       bus_seq, number);
    }
    if (topic.size < 3) {
        return;
    }
    struct span kind = span_of(topic.data, 3);
    if (span_is(kind, "ER.") || span_is(kind, "OR.")) {
        oracle_order_event(oracle, bus_seq, topic, &message);
    } else if (span_is(kind, "SE.")) {
        oracle_session_event(oracle, bus_seq, &message);
    } else if (span_is(kind, "DC.")) {
        oracle_copy_event(oracle, bus_seq, &message);
    } else if (span_is(kind, "AL.")) {
        oracle_alert_event(oracle, &message);
        oracle_freeze_event(oracle, &message);
        oracle_failover_event(oracle, bus_seq, &message);
        oracle_loss_event(oracle, &message);
    } else if (span_is(kind, "RT.")) {
        oracle_routing_event(oracle, &message);
    } else if (span_is(kind, "CO.")) {
        oracle_control_event(oracle, bus_seq, &message);
    }
    oracle_breakers_event(oracle, bus_seq, kind, &message);
}

static void compare(struct oracle *oracle, uint64_t bus_seq, const struct bus_entry *entry)
{
    if (entry->hash != 0 && entry->published != 0 && entry->hash != entry->published) {
        oracle_violate(oracle, ORACLE_BUS_COMPLETE,
                       "BusSeq %" PRIu64 " had other bytes when it was published than when it was "
                       "delivered",
                       bus_seq);
    }
}

/* Within one life of the gateway each published number follows the one before; after a crash
 * those that were committed only are not published any more. */
static void follow(struct oracle *oracle, uint64_t bus_seq)
{
    bool follows =
        !oracle->lives_told || !oracle->published_in_life || bus_seq == oracle->published_last + 1;
    if (bus_seq <= oracle->published_last) {
        oracle_violate(oracle, ORACLE_BUS_COMPLETE,
                       "BusSeq %" PRIu64 " was published twice, or after %" PRIu64, bus_seq,
                       oracle->published_last);
        return;
    }
    if (!follows) {
        oracle_violate(oracle, ORACLE_BUS_COMPLETE,
                       "BusSeq %" PRIu64 " was published right after %" PRIu64, bus_seq,
                       oracle->published_last);
    }
    oracle->published_last = bus_seq;
    oracle->published_in_life = true;
}

void oracle_gateway_started(struct oracle *oracle)
{
    oracle->lives_told = true;
    oracle->published_in_life = false;
}

void oracle_published_hash(struct oracle *oracle, uint64_t bus_seq, uint64_t hash)
{
    struct bus_entry *entry = entry_of(oracle, bus_seq);
    if (entry == NULL) {
        return;
    }
    follow(oracle, bus_seq);
    entry->published = hash;
    compare(oracle, bus_seq, entry);
}

/* The same event under another topic is another event. */
static void check_topic(struct oracle *oracle, uint64_t bus_seq, struct bus_entry *entry,
                        struct span topic)
{
    uint64_t key = oracle_key(0, topic);
    if (entry->topic != 0 && entry->topic != key) {
        oracle_violate(oracle, ORACLE_BUS_COMPLETE,
                       "BusSeq %" PRIu64 " had another topic before: now %.*s", bus_seq,
                       (int)topic.size, (const char *)topic.data);
    }
    entry->topic = key;
}

void oracle_published(struct oracle *oracle, uint64_t bus_seq, struct span topic,
                      struct span message)
{
    oracle_published_hash(oracle, bus_seq, hash_of(message));
    if (bus_seq == 0 || bus_seq > oracle->bus_count) {
        return;
    }
    check_topic(oracle, bus_seq, &oracle->bus[bus_seq - 1], topic);
    if (bus_seq == oracle->bus_understood + 1) {
        oracle->bus_live = true;
        understand(oracle, bus_seq, topic, message);
    }
}

void oracle_event(struct oracle *oracle, uint64_t bus_seq, struct span topic, struct span message)
{
    struct bus_entry *entry = entry_of(oracle, bus_seq);
    if (entry == NULL) {
        return;
    }
    if (bus_seq != oracle->bus_delivered + 1) {
        oracle_violate(oracle, ORACLE_BUS_COMPLETE, "the bus goes from %" PRIu64 " to %" PRIu64,
                       oracle->bus_delivered, bus_seq);
        oracle->bus_understood =
            oracle->bus_understood < bus_seq - 1 ? bus_seq - 1 : oracle->bus_understood;
    }
    oracle->bus_delivered = bus_seq;
    entry->hash = hash_of(message);
    compare(oracle, bus_seq, entry);
    check_topic(oracle, bus_seq, entry, topic);
    if (bus_seq > oracle->bus_understood) {
        oracle->bus_live = false;
        understand(oracle, bus_seq, topic, message);
    }
}

bool oracle_bus_is_known(const struct oracle *oracle)
{
    return oracle->published_in_life && oracle->lives_told &&
           oracle->bus_understood >= oracle->published_last;
}
