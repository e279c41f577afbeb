/* What the parts of the order limits share among themselves, and with their commands. Nobody
 * else includes it.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_LIMITS_ORDER_LIMITS_PARTS_H
#define GATEWAY_CORE_LIMITS_ORDER_LIMITS_PARTS_H

#include "gateway/core/engine/engine.h"
#include "gateway/core/limits/kill.h"
#include "gateway/core/limits/order_limits.h"

/* --- Sets: order_limits_table.c ---------------------------------------------------------- */

enum { LIMIT_SETS_OF_AN_ORDER = 4 };

/* The sets whose scope the order is in. Returns how many. */
uint32_t limit_sets_of(struct engine *engine, const struct limit_parties *parties,
                       struct order_limit_set *sets[LIMIT_SETS_OF_AN_ORDER]);

/* NULL: there is none. */
struct order_limit_set *limit_set_find(struct engine *engine, const struct limit_scope *scope);

const char *limit_word(enum limit_kind kind);
enum limit_value limit_value_of(enum limit_kind kind);
/* LIMIT_KINDS_COUNT if there is none of that name. */
enum limit_kind limit_kind_find(struct span word);

/* The greatest value of a COUNT or SECONDS. */
int32_t limit_most(enum limit_kind kind);

/* The set of the scope, made if there is none; NULL: there is no room. */
struct order_limit_set *limit_set_make(struct engine *engine, const struct limit_scope *scope);
/* Puts a LIST into it. */
void limit_set_list(struct order_limit_set *set, enum limit_kind kind, struct span list);
/* What the configuration says is in force. */
void limit_set_base(struct order_limit_set *set, enum limit_kind kind);
/* A set that says nothing any more gives its room back: others may move. */
void limit_set_tidy(struct engine *engine, struct order_limit_set *set);
/* Sets may have moved or changed: looks up those of brokers, and lets what waits be tried. */
void limit_index_brokers(struct engine *engine);

/* The value in force; "none". */
struct text *limit_add_value(struct text *text, const struct order_limit_set *set,
                             enum limit_kind kind);
/* The value of the configuration; "none". */
struct text *limit_add_base(struct text *text, const struct order_limit_set *set,
                            enum limit_kind kind);

/* Whether a comma list holds the name. */
bool limit_list_holds(const char *list, struct span name);

/* --- Changes at run time: order_limits_change.c -------------------------------------------- */

/* Lays what is stored over the configuration. NULL, or why the store must not be used. */
MUST_USE const char *limit_changes_start(struct engine *engine, struct text *error);

/* Changes a limit at run time: a value, "none", or "default", which is the configuration's.
 * Durable in this turn. NULL, or why not. */
MUST_USE const char *limit_change(struct engine *engine, const struct limit_scope *scope,
                                  enum limit_kind kind, struct span value, struct span by,
                                  struct span proposer);

/* What limit_change() would say. */
MUST_USE const char *limit_change_fault(struct engine *engine, const struct limit_scope *scope,
                                        enum limit_kind kind, struct span value);

/* Who changed a limit last, "alice and bob"; empty: nobody. */
struct text limit_changed_by(struct engine *engine, const struct order_limit_set *set,
                             enum limit_kind kind);

/* --- Counters: order_limits_count.c -------------------------------------------------------- */

/* Orders of the scope that have not ended. */
uint64_t limit_open_count(const struct engine *engine, const struct limit_scope *scope);

/* The set's rate has room for an order; take one from it. */
bool limit_rate_allows(const struct engine *engine, const struct order_limit_set *set);
void limit_rate_take(struct engine *engine, const struct order_limit_set *set);
/* Orders that it has room for now. */
uint64_t limit_rate_room(const struct engine *engine, const struct order_limit_set *set);

/* When a broker's rate that has no room now will have some; UINT64_MAX: there is none. */
uint64_t limit_brokers_due_ns(const struct engine *engine);

/* An order was accepted, or ended. */
void limit_open_add(struct engine *engine, const struct limit_parties *parties, bool more);

/* --- Repetition: order_limits_repeat.c ----------------------------------------------------- */

/* A latch that is shut, in `control` under "latch/" and its name. */
enum { LATCH_NAME_BYTES = 16 };
struct limit_latch {
    uint64_t since_ns;
    struct span scope; /* Whose limit shut it. */
    struct span account;
    struct span symbol;
    char side;
    bool has_price;
    struct decimal quantity;
    struct decimal price;
};

/* True: a latch over such orders is shut. */
bool limit_latched(struct engine *engine, const struct limit_question *question);
/* True: there were as many of them within the set's window as there may be. */
bool limit_repeats_full(struct engine *engine, const struct limit_question *question,
                        const struct order_limit_set *set);
/* Shuts the latch over them, if it is not shut. */
void limit_latch_shut(struct engine *engine, const struct limit_question *question,
                      const struct order_limit_set *set);
/* True: it was asked for before within the set's window. */
bool limit_is_duplicate(struct engine *engine, const struct limit_question *question,
                        const struct order_limit_set *set);
/* The order is accepted: both count it. */
void limit_repeat_add(struct engine *engine, const struct limit_question *question,
                      struct order_limit_set *const *sets, uint32_t sets_count);

struct text limit_latch_name(const struct limit_question *question);
/* Walks the latches that are committed: `*after` begins empty, and is a span of the turn. */
bool limit_latch_next(struct engine *engine, struct span *after, struct limit_latch *out);
/* False: there is none of that name. */
bool limit_latch_open(struct engine *engine, struct span name);
void limit_repeat_start(struct engine *engine);

/* --- Prices: order_limits_price.c ----------------------------------------------------------- */

/* Keeps a live price. False: a name is too long, or the price is not above zero. */
bool limit_price_set(struct engine *engine, struct span symbol, struct decimal price,
                     struct span currency);
/* The newest, however old; NULL: none is known. */
const struct limit_price *limit_price_find(const struct engine *engine, struct span symbol);

/* The set's collar cannot judge the order for want of a price, and does not let it pass. The queue
 * is walked anew when a price comes. */
bool limit_price_missing(struct engine *engine, const struct limit_question *question,
                         const struct order_limit_set *set);

/* Each false adds to `why` if that is not NULL: "Price(44): …", without the remedy. */
bool limit_notional_fits(struct engine *engine, const struct limit_question *question,
                         const struct order_limit_set *set, struct text *why);
bool limit_collar_fits(struct engine *engine, const struct limit_question *question,
                       const struct order_limit_set *set, struct text *why);

/* --- Refused orders: order_limits_blocked.c -------------------------------------------------- */

/* Keeps it, over restarts, for a day or until so many newer ones are kept. */
void limit_blocked_add(struct engine *engine, const struct limit_question *question, uint32_t kinds,
                       const struct text *why);
void limit_blocked_start(struct engine *engine);
/* The newest but `back`; NULL: none that old is kept. */
const struct limit_blocked *limit_blocked_back(const struct engine *engine, uint32_t back);
/* The newest of that name and content; NULL: it is not kept. */
const struct limit_blocked *limit_blocked_find(const struct engine *engine, struct span client,
                                               struct span cl_ord_id, uint64_t content);

/* --- Refusals and overrides: order_limits_tell.c --------------------------------------------- */

/* Counts it, keeps it for an override, and tells of it or lets order_limits_tick() do it.
 * `kind` LIMIT_KINDS_COUNT: the kill switch; it cannot be overridden. */
void limit_refused(struct engine *engine, const struct limit_question *question,
                   enum limit_kind kind, uint32_t kinds, const struct text *why);

/* Two persons let an order pass that was refused. NULL, or why not. */
MUST_USE const char *limit_override_add(struct engine *engine, struct span client,
                                        struct span cl_ord_id, uint64_t content,
                                        uint64_t expires_ns, struct span by, struct span proposer);
/* True: two persons let this very order pass all of `kinds`, and it was not used yet; it is now. */
bool limit_override_use(struct engine *engine, const struct limit_question *question,
                        uint32_t kinds);

#endif
