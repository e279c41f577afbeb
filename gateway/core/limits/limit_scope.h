/* What a limit, or a kill switch, is for: everything, a client, an account, an instrument, a
 * broker.
 *
 * Pure. Written and read as "all", "account ISA-1" or "account:ISA-1". */
#ifndef GATEWAY_CORE_LIMITS_LIMIT_SCOPE_H
#define GATEWAY_CORE_LIMITS_LIMIT_SCOPE_H

#include "fix/decimal.h"
#include "fix/text.h"
#include "gateway/core/engine/limits.h"

#define LIMIT_SCOPES(X)                                                                            \
    X(ALL, "all")                                                                                  \
    X(CLIENT, "client")                                                                            \
    X(ACCOUNT, "account")                                                                          \
    X(SYMBOL, "symbol")                                                                            \
    X(BROKER, "broker")

enum limit_scope_kind {
#define X(name, word) SCOPE_##name,
    LIMIT_SCOPES(X)
#undef X
        SCOPE_KINDS_COUNT,
};

struct limit_scope {
    enum limit_scope_kind kind;
    char name[ENGINE_NAME_BYTES_MAX + 1]; /* Exact; empty for ALL. */
};

/* Whose order it is, and of what. A name longer than ENGINE_NAME_BYTES_MAX is in no scope of
 * its own. */
struct limit_parties {
    struct span client;
    struct span account;
    struct span symbol;
};

/* "account" */
const char *limit_scope_word(enum limit_scope_kind kind);

/* False: it is none of the above forms, or the name is too long. */
MUST_USE bool limit_scope_parse(struct span text, struct limit_scope *out);

/* "account ISA-1" */
struct text *limit_scope_add(struct text *text, const struct limit_scope *scope);

bool limit_scope_equal(const struct limit_scope *a, const struct limit_scope *b);

/* The name that an order has in scopes of that kind; empty for ALL and BROKER. */
struct span limit_scope_name(const struct limit_parties *parties, enum limit_scope_kind kind);

/* Never for a BROKER: an order has none until it is routed. */
bool limit_scope_holds(const struct limit_scope *scope, const struct limit_parties *parties);

/* "10.5" */
struct text *limit_add_decimal(struct text *text, struct decimal number);

#endif
