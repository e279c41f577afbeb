/* What the parts of the bulks share among themselves. Nobody else includes it.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_COMMANDS_BULK_PARTS_H
#define GATEWAY_CORE_COMMANDS_BULK_PARTS_H

#include "gateway/core/commands/approvals_parts.h"
#include "gateway/core/commands/bulk.h"
#include "gateway/core/orders/order_find.h"

/* --- bulk.c --- */

const char *bulk_state_name(enum bulk_state state);
/* NULL: there is none. */
struct bulk *bulk_find(struct engine *engine, uint64_t number);
/* Room for a new one; NULL: all wait or are under way. */
struct bulk *bulk_make(struct engine *engine, uint64_t number);
void bulk_become(struct engine *engine, struct bulk *bulk, enum bulk_state state);

void bulk_why_add(struct bulk_whys *whys, struct span words);
/* How many orders. */
uint32_t bulk_whys_count(const struct bulk_whys *whys);

/* The command of a bulk, for one of its orders. */
struct bulk_one {
    struct command_argument arguments[COMMAND_ARGUMENTS_MAX];
    struct command command;
    struct command_out out;
    struct command_call call;
    struct order_label label;
    struct text number;
    uint8_t key[ORDER_KEY_BYTES_MAX];
};

/* `command` is that of the bulk; borrowed, as are client and ClOrdID. */
void bulk_one_init(struct bulk_one *one, const struct command_call *bulk, struct span client,
                   struct span cl_ord_id);

/* --- bulk_record.c --- */

/* How an order of the list stood when it was put on it. */
struct bulk_entry {
    enum order_state state;
    enum order_evidence evidence;
    uint64_t changed_ns;
    uint64_t attempt_number;
};
struct bulk_entry bulk_entry_of(const struct order *order);

void bulk_save(struct engine *engine, const struct bulk *bulk);
void bulk_forget(struct engine *engine, const struct bulk *bulk);

/* Of a list: adds one; the first one behind the order key `after`, empty: the first of all, of
 * those that are committed; takes one away. */
void bulk_entry_add(struct engine *engine, uint64_t number, struct span order_key,
                    const struct bulk_entry *entry);
MUST_USE bool bulk_entry_next(struct engine *engine, uint64_t number, struct span after,
                              struct span *order_key, struct bulk_entry *out);
void bulk_entry_remove(struct engine *engine, uint64_t number, struct span order_key);

#endif
