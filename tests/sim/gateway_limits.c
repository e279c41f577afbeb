/* What the gateway may not let out, whatever is committed: by its disk, by what its peers have
 * yet to read, by the rates agreed with them. And what it may not forget. */
#include <inttypes.h>

#include "tests/sim/gateway_parts.h"

enum { DOWN_TURNS_LEAST = 4 };

/* --- What goes to a broker ------------------------------------------------------------- */

/* The value of the third field, MsgType, if it has one letter. */
static char type_of(struct span message)
{
    const uint8_t *end = message.data + message.size;
    const uint8_t *at = message.data;
    for (int field = 0; field < 2 && at != NULL; field++) {
        at = memchr(at, '\001', (size_t)(end - at));
        at = at == NULL ? NULL : at + 1;
    }
    bool found =
        at != NULL && end - at > 4 && memcmp(at, "35=", strlen("35=")) == 0 && at[4] == '\001';
    return found ? (char)at[3] : '?';
}

/* As many at once as the burst, and then so many a second. */
static void check_rate(struct slot *slot, const struct engine_session_config *config, char type)
{
    struct sim_gateway *gateway = slot->gateway;
    const uint64_t message = SIM_SECOND_NS; /* A nanosecond brings `rate` parts of it. */
    uint64_t burst = (config->rate_burst > 0 ? config->rate_burst : 1) * message;
    uint64_t now_ns = gateway->clock.engine_ns;
    if (config->rate_per_second == 0) {
        return;
    }
    uint64_t since_ns = now_ns - slot->allowed_ns;
    bool full = slot->allowed_ns == 0 || since_ns > burst / config->rate_per_second;
    uint64_t allowed = full ? burst : slot->allowed + since_ns * config->rate_per_second;
    allowed = allowed < burst ? allowed : burst;
    if (allowed < message) {
        sim_violate(gateway->sim, ORACLE_LIMITS,
                    "%s: 35=%c goes out faster than %" PRIu32 " a second, %" PRIu32 " at once",
                    config->id, type, config->rate_per_second, config->rate_burst);
        return;
    }
    slot->allowed = allowed - message;
    slot->allowed_ns = now_ns;
}

void limits_sent(struct slot *slot, struct span message)
{
    struct sim_gateway *gateway = slot->gateway;
    const struct engine_session_config *config = &gateway->config->sessions[slot->session];
    char type = type_of(message);
    bool business = type == 'D' || type == 'F' || type == 'G';
    if (slot->backlog_told >= config->backlog_bytes_max ||
        (business && slot->backlog_told >= config->backlog_bytes_high)) {
        sim_violate(gateway->sim, ORACLE_LIMITS,
                    "%s: 35=%c goes out, though %" PRIu64 " bytes wait to be written", config->id,
                    type, slot->backlog_told);
    }
    if (business) {
        check_rate(slot, config, type);
    }
}

/* Whoever had so much unread when the turn began is cut off in it. */
void limits_turned(const struct slot *slot)
{
    const struct engine_session_config *config = &slot->gateway->config->sessions[slot->session];
    if (slot->state == SLOT_OPEN && slot->up && slot->backlog_told >= config->backlog_bytes_max) {
        sim_violate(slot->gateway->sim, ORACLE_LIMITS,
                    "%s: %" PRIu64 " bytes wait to be written, and it is not cut off", config->id,
                    slot->backlog_told);
    }
}

/* --- What clients are told ---------------------------------------------------------------- */

static bool says(struct span message, const char *field)
{
    size_t size = strlen(field);
    for (size_t at = 0; at + size <= message.size; at++) {
        if (memcmp(message.data + at, field, size) == 0) {
            return true;
        }
    }
    return false;
}

void limits_answered(struct sim_gateway *gateway, struct span message)
{
    if (gateway->disk_low && says(message, "\001150=A\001")) {
        sim_violate(gateway->sim, ORACLE_LIMITS,
                    "a new order is taken, though the disk is nearly full");
    }
}

/* --- From life to life ----------------------------------------------------------------------- */

void limits_committed(struct sim_gateway *gateway, uint64_t batch)
{
    gateway->batch_last = batch;
}

void limits_started(struct sim_gateway *gateway, uint64_t batch)
{
    if (batch < gateway->batch_last) {
        sim_violate(gateway->sim, ORACLE_DURABLE_FIRST,
                    "batch %" PRIu64 " was committed, and the store ends at %" PRIu64,
                    gateway->batch_last, batch);
    }
}

bool sim_gateway_was_there(const struct sim_gateway *gateway, uint32_t session, uint64_t since_ns)
{
    const struct slot *slot = &gateway->slots[session];
    return gateway->up && !gateway->skewed && slot->state == SLOT_OPEN && slot->up &&
           slot->up_ns <= since_ns;
}

uint32_t sim_gateway_resets(const struct sim_gateway *gateway, uint32_t session)
{
    return gateway->durable.resets[session];
}

/* --- While a session is down ------------------------------------------------------------------ */

void limits_down(struct slot *slot)
{
    slot->down_ns = slot->gateway->sim->now_ns;
    slot->down_turn = slot->gateway->turns;
}

/* By then the bus has told of each order without a word of its broker that it is in doubt. */
void limits_up(struct slot *slot)
{
    struct sim_gateway *gateway = slot->gateway;
    slot->up_ns = gateway->sim->now_ns;
    if (gateway->sim->now_ns - slot->down_ns >= SIM_SECOND_NS &&
        gateway->turns - slot->down_turn >= DOWN_TURNS_LEAST) {
        oracle_session_was_down(gateway->sim->oracle, slot->session,
                                sim_gateway_last_event(gateway));
    }
}
