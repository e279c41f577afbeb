/* Orders one after another, for lists: a page per command, and a word where the next one begins.
 *
 * Pure; part of the engine. What is open is found through the tables that lead to it, so a list
 * of it costs the same however many orders have ended. */
#ifndef GATEWAY_CORE_ORDERS_ORDER_WALK_H
#define GATEWAY_CORE_ORDERS_ORDER_WALK_H

#include "gateway/core/orders/order_find.h"

enum {
    ORDER_LIST_ROWS_MAX = 200,   /* Of one command. */
    ORDER_LIST_LOOKS_MAX = 1000, /* Orders that it looks at for them. */
};

/* One after another; each has a word in `after`: "open:OMS/C17". */
#define ORDER_WALKS(X)                                                                             \
    X(OPEN, "open")     /* Live attempts: the unique key of each. */                               \
    X(QUEUED, "queued") /* In order of arrival. */                                                 \
    X(DEAD, "dead")     /* Dead letters. */                                                        \
    X(ALL, "all")       /* Whatever is kept, ended ones as well. */

enum order_walk_kind {
#define X(name, word) WALK_##name,
    ORDER_WALKS(X)
#undef X
};

struct order_walk {
    const struct engine *engine;
    enum order_walk_kind first;
    enum order_walk_kind last; /* Goes on through the kinds up to this one. */
    enum order_walk_kind kind; /* Where it is. */
    struct span client;        /* ALL: only this one's; empty: any. */
    bool begun;
    struct span at;     /* The key there. */
    struct span before; /* The key before that, */
    bool begun_before;  /* if there was one. */
    unsigned looks;
    uint8_t from[ORDER_KEY_BYTES_MAX];
};

/* Begins where `after` says, or at the beginning if it is empty. False: it is no such word. */
MUST_USE bool order_walk_begin(struct order_walk *walk, const struct engine *engine,
                               enum order_walk_kind first, enum order_walk_kind last,
                               struct span client, struct span after);

enum order_walk_step {
    WALK_ORDER, /* Here is one. */
    WALK_PAGE,  /* Enough for one command: order_walk_place() says where it goes on. */
    WALK_END,
};
enum order_walk_step order_walk_next(struct order_walk *walk, struct order *order);

/* The last order is not told of now: the next page begins with it. */
void order_walk_back(struct order_walk *walk);

/* "open:OMS/C17": what was walked up to now; empty: nothing yet. */
struct text order_walk_place(const struct order_walk *walk);

/* The answer of a list: how many, and where the rest begins if there is `more`. */
bool order_listed(struct command_call *call, const struct order_walk *walk, uint64_t count,
                  bool more);

#endif
