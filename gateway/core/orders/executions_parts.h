/* What the parts of the executions share. Nobody else includes it.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_ORDERS_EXECUTIONS_PARTS_H
#define GATEWAY_CORE_ORDERS_EXECUTIONS_PARTS_H

#include "gateway/core/orders/execution.h"
#include "gateway/core/orders/incoming.h"

/* --- executions_fills.c --- */

/* LastQty(32) and LastPx(31) of a fill; false if they are of no use. */
bool executions_read_fill(const struct message *message, struct execution *execution);

/* A fill (F). */
void executions_filled(struct engine *engine, struct incoming *in, struct execution *execution);

/* Trade cancel (H) and trade correct (G): takes the fill of ExecRefID(19) back;
 * a correction brings its own figures instead. */
void executions_reversed(struct engine *engine, struct incoming *in, struct execution *execution,
                         struct name *exec_ref_id);

/* Moves the order to where its fills so far put it. */
void executions_place(struct engine *engine, struct incoming *in);

/* A dead letter, after incoming.for_people. */
void executions_leave_to_people(struct engine *engine, struct span order_key);

/* What the latest attempt has executed of the order's total. */
struct decimal executions_of_attempt(const struct order *order);

/* --- executions_known.c --- */

/* What a report, with its identifiers checked, is remembered by; written into `key`. */
struct span executions_key(const struct engine *engine, const struct incoming *in,
                           uint8_t key[EXECUTION_KEY_BYTES_MAX]);

/* It is remembered from now on. */
void executions_keep(struct engine *engine, const struct incoming *in, struct span key,
                     const struct execution *execution);

/* It was told before; an alert if it says something else now. */
void executions_told_again(struct engine *engine, const struct incoming *in,
                           const struct execution *before);

/* --- executions_status.c --- */

/* A status report (ExecType I). False: it changes nothing that the client should hear of. */
bool executions_status(struct engine *engine, struct incoming *in);

#endif
