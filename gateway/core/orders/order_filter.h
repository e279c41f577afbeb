/* What orders have in common: the words by which lists show some of them, and by which one command
 * is given for many (bulk.h).
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_ORDERS_ORDER_FILTER_H
#define GATEWAY_CORE_ORDERS_ORDER_FILTER_H

#include "gateway/core/commands/command.h"

/* What a command takes besides 'client', for order_filter_read(); doubt.* take 'evidence', too. */
#define ORDER_FILTER_ARGUMENTS "broker? symbol? account? older-than?"

struct order_filter {
    struct span broker; /* Empty: any. */
    struct span symbol;
    struct span account;
    struct span client;
    bool has_evidence;
    enum order_evidence evidence;
    uint64_t changed_until_ns; /* In its state since then, or longer; UINT64_MAX: any time. */
};

/* Reads those of `broker`, `symbol`, `account`, `client`, `evidence` and `older-than` (seconds in
 * its state) that are given. False: refused by the argument's name. */
MUST_USE bool order_filter_read(struct command_call *call, struct order_filter *out);

/* The name is one of those. */
bool order_filter_names(struct span name);

bool order_filter_fits(const struct order_filter *filter, const struct order *order);

#endif
