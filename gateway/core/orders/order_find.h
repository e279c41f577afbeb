/* Orders as people name them.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_ORDERS_ORDER_FIND_H
#define GATEWAY_CORE_ORDERS_ORDER_FIND_H

#include "gateway/core/commands/command.h"

enum {
    ORDER_FIND_CLIENTS_MAX = 64, /* Clients that are tried for a bare ClOrdID. */
    ORDER_FIND_OPEN_MAX = 1000,  /* Orders of a table that are looked at for an OrderID. */
    ORDER_LABEL_BYTES_MAX = ENGINE_NAME_BYTES_MAX + 1 + ENGINE_CL_ORD_ID_BYTES_MAX,
};

/* The order that the argument `order` names: "client/ClOrdID", with an argument `client` also the
 * ClOrdID by itself, as it may be if only one client has it; or by our ClOrdID at the broker, or
 * our OrderID(37). A ClOrdID of a cancel or replace leads to its order. False: the call is refused,
 * in words that say how to name it. */
MUST_USE bool order_find(struct command_call *call, struct order *order);

/* "client/ClOrdID": how answers name an order, so that it can be given back. */
struct order_label {
    char text[ORDER_LABEL_BYTES_MAX + 1];
    size_t size;
};
struct order_label order_label(struct span client, struct span cl_ord_id);
static inline struct span order_label_span(const struct order_label *label)
{
    return span_of(label->text, label->size);
}

/* The order key that a label stands for, in `key`: that of an order which is there if any, for
 * names may hold '/'. Empty: no label. */
struct span order_label_key(const struct engine *engine, struct span label,
                            uint8_t key[ORDER_KEY_BYTES_MAX]);

/* The parts of an order key. */
void order_key_parts(struct span key, struct span *client, struct span *cl_ord_id);

#endif
