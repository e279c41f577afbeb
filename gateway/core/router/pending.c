#include "gateway/core/router/pending.h"

#include "gateway/core/engine/hash.h"

_Static_assert((int)ENGINE_BROKERS_MAX <= (int)UINT8_MAX, "a broker's number in a byte");

void pending_init(struct pending *pending)
{
    pending->overflow_count = 0;
    pending->free = 0;
    for (uint32_t i = 0; i < ENGINE_BROKERS_MAX; i++) {
        pending->lines[i] = (struct pending_line){
            .oldest = PENDING_NONE, .newest = PENDING_NONE, .due = PENDING_NONE};
    }
    for (uint32_t i = 0; i < PENDING_BUCKETS; i++) {
        pending->buckets[i] = PENDING_NONE;
    }
    for (uint32_t i = 0; i < PENDING_MAX; i++) {
        pending->entries[i].chained = i + 1 < PENDING_MAX ? (uint16_t)(i + 1) : PENDING_NONE;
    }
}

static uint16_t *bucket_of(struct pending *pending, struct span attempt)
{
    uint64_t hash = hash_bytes(HASH_SEED, attempt);
    return &pending->buckets[(hash ^ hash >> 32) & (PENDING_BUCKETS - 1)];
}

/* Where the index of the attempt stands; it holds PENDING_NONE if there is none. */
static uint16_t *find(struct pending *pending, struct span attempt)
{
    uint16_t *at = bucket_of(pending, attempt);
    while (*at != PENDING_NONE && !span_is(attempt, pending->entries[*at].attempt)) {
        at = &pending->entries[*at].chained;
    }
    return at;
}

bool pending_add(struct pending *pending, uint32_t broker, struct span attempt, uint64_t now_ns)
{
    ASSERT(broker < ENGINE_BROKERS_MAX);
    if (attempt.size == 0 || attempt.size > NAME_BYTES_MAX) {
        return false;
    }
    uint16_t *at = find(pending, attempt);
    if (*at != PENDING_NONE) {
        return false;
    }
    if (pending->free == PENDING_NONE) {
        pending->overflow_count += 1;
        return false;
    }
    struct pending_line *line = &pending->lines[broker];
    uint16_t index = pending->free;
    struct pending_entry *entry = &pending->entries[index];
    pending->free = entry->chained;
    *entry = (struct pending_entry){.broker = (uint8_t)broker,
                                    .chained = PENDING_NONE,
                                    .before = line->newest,
                                    .behind = PENDING_NONE,
                                    .sent_ns = now_ns};
    span_to_text(attempt, entry->attempt, sizeof(entry->attempt));
    *at = index;
    if (line->newest != PENDING_NONE) {
        pending->entries[line->newest].behind = index;
    } else {
        line->oldest = index;
    }
    line->newest = index;
    line->due = line->due != PENDING_NONE ? line->due : index;
    line->count += 1;
    return true;
}

static void take(struct pending *pending, uint16_t *at, struct pending_found *found)
{
    uint16_t index = *at;
    struct pending_entry *entry = &pending->entries[index];
    struct pending_line *line = &pending->lines[entry->broker];
    *found = (struct pending_found){
        .broker = entry->broker, .sent_ns = entry->sent_ns, .overdue = entry->overdue};
    *at = entry->chained;
    if (line->due == index) {
        line->due = entry->behind;
    }
    if (entry->before != PENDING_NONE) {
        pending->entries[entry->before].behind = entry->behind;
    } else {
        line->oldest = entry->behind;
    }
    if (entry->behind != PENDING_NONE) {
        pending->entries[entry->behind].before = entry->before;
    } else {
        line->newest = entry->before;
    }
    ASSERT(line->count > 0);
    line->count -= 1;
    entry->chained = pending->free;
    pending->free = index;
}

bool pending_take(struct pending *pending, struct span attempt, struct pending_found *found)
{
    uint16_t *at = find(pending, attempt);
    if (*at == PENDING_NONE) {
        return false;
    }
    take(pending, at, found);
    return true;
}

bool pending_overdue(struct pending *pending, uint32_t broker, uint64_t before_ns,
                     uint64_t *sent_ns)
{
    struct pending_line *line = &pending->lines[broker];
    if (line->due == PENDING_NONE || pending->entries[line->due].sent_ns >= before_ns) {
        return false;
    }
    struct pending_entry *entry = &pending->entries[line->due];
    entry->overdue = true;
    *sent_ns = entry->sent_ns;
    line->due = entry->behind;
    return true;
}

bool pending_expire(struct pending *pending, uint32_t broker, uint64_t before_ns,
                    struct pending_found *found)
{
    const struct pending_line *line = &pending->lines[broker];
    if (line->oldest == PENDING_NONE || pending->entries[line->oldest].sent_ns >= before_ns) {
        return false;
    }
    uint16_t *at = find(pending, span_text(pending->entries[line->oldest].attempt));
    ASSERT(*at == line->oldest);
    take(pending, at, found);
    return true;
}

uint64_t pending_due_sent_ns(const struct pending *pending, uint32_t broker)
{
    const struct pending_line *line = &pending->lines[broker];
    return line->due != PENDING_NONE ? pending->entries[line->due].sent_ns : UINT64_MAX;
}
