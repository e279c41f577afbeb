/* One execution, remembered for ever (within retention), so that it counts once
 * however often a broker tells of it.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_ORDERS_EXECUTION_H
#define GATEWAY_CORE_ORDERS_EXECUTION_H

#include "fix/decimal.h"
#include "gateway/core/engine/names.h"
#include "gateway/core/engine/view.h"

struct execution {
    struct span order_key;
    uint64_t bus_seq;        /* The event that told of it; its ExecID of ours. */
    struct decimal quantity; /* LastQty(32) of a fill, else 0. */
    struct decimal price;    /* LastPx(31) */
    bool reversed;           /* A bust or correction has taken it back. */
};

enum {
    EXECUTION_KEY_BYTES_MAX =
        ENGINE_NAME_BYTES_MAX + ENGINE_EXEC_ID_BYTES_MAX + NAME_BYTES_MAX + 2 + 9
};

/* ExecIDs are unique per broker and day only; the attempt makes them so for ever. */
struct span execution_key(uint8_t key[EXECUTION_KEY_BYTES_MAX], struct span broker,
                          struct span exec_id, struct span attempt_id);

/* The same of a report that is no fill, with what it says (a hash). */
struct span execution_report_key(uint8_t key[EXECUTION_KEY_BYTES_MAX], struct span broker,
                                 struct span exec_id, struct span attempt_id, uint64_t content);

bool execution_load(const struct view *view, struct span key, struct execution *out);
void execution_save(const struct view *view, struct span key, const struct execution *execution);

#endif
