/* The reflector's application: what comes in goes back.
 *
 * Pure but for the memory it takes at start. NewOrderSingle(D), SecurityDefinition(d) and
 * Email(C) go back with a fresh header: MsgType, PossResend(97) and the body, byte for
 * byte in its order. With PossResend=Y an ID that was seen before is ignored. Every other
 * application message is refused with BusinessMessageReject 380=3; Rejects and
 * BusinessMessageRejects are never answered.
 *
 * An echo that cannot be sent at once (a gap is open, the peer does not read) waits, in
 * order; when too much waits, the message is refused with 380=4. What waits, and the IDs,
 * are forgotten when the session's numbers are reset. */
#ifndef TESTS_TOOLS_REFLECTOR_ECHO_H
#define TESTS_TOOLS_REFLECTOR_ECHO_H

#include "gateway/core/engine/config.h"

enum {
    ECHO_WAITING_BYTES_MAX = 16 * 1024 * 1024, /* Per session. */
    ECHO_IDS_MAX = 96 * 1024,                  /* At least so many are remembered per session. */
    ECHO_RESTORED_MAX = 10000,                 /* IDs found again after a restart. */
};

struct echo;

/* Memory for that many sessions; NULL if there is none. */
struct echo *echo_open(uint32_t sessions_count);
void echo_close(struct echo *echo);

/* For engine_config.application. */
const struct application *echo_application(const struct echo *echo);

#endif
