/* Released is durable, judged from inside: whatever leaves the gateway must be found in the
 * committed store, whatever the engine believes. Numbers in the store only grow.
 *
 * Called while releases are carried out, and behind each turn. One thread. */
#ifndef TESTS_SIM_DURABLE_H
#define TESTS_SIM_DURABLE_H

#include "gateway/core/engine/config.h"
#include "session-store/store.h"
#include "tests/sim/sim.h"

/* What was last seen of the numbers; survives the gateway's lives. */
struct durable {
    uint32_t resets[SIM_SESSIONS_MAX];
    uint64_t in_next[SIM_SESSIONS_MAX];
    uint64_t out_next[SIM_SESSIONS_MAX];
};

void durable_sent(struct sim *sim, struct durable *durable, struct store_reader *reader,
                  const struct engine_config *config, uint32_t session, struct span message);
void durable_answered(struct sim *sim, struct store_reader *reader, struct span message);
void durable_published(struct sim *sim, struct store_reader *reader, uint64_t bus_seq,
                       struct span topic, struct span message);

/* Numbers of every session, at rest or after a commit. */
void durable_numbers(struct sim *sim, struct durable *durable, struct store_reader *reader,
                     const struct engine_config *config);

/* Both next numbers of a session; false if it was never stored. */
bool durable_numbers_of(struct store_reader *reader, const char *session_id, uint32_t *resets,
                        uint64_t *in_next, uint64_t *out_next);

#endif
