/* What people, services and the engine itself did, for ever: one entry for each, in order,
 * and none can be changed or taken out later without a trace.
 *
 * Pure; part of the engine. Each entry holds the hash of the one before, and its own is over
 * all of it; the number and the hash of the last one stand in `control` besides. Whoever wrote
 * into the store by other ways would have to write all later entries anew, and the hashes that
 * went out on the bus (AuditHash(10036)) would still tell. */
#ifndef GATEWAY_CORE_COMMANDS_AUDIT_H
#define GATEWAY_CORE_COMMANDS_AUDIT_H

#include "fix/text.h"
#include "gateway/core/engine/engine.h"

enum {
    AUDIT_KEY_BYTES = 8,
    AUDIT_OBJECT_BYTES_MAX = 1024, /* What is longer is cut. */
};

/* `audit` table: number, from 1 without gaps → this. */
struct audit {
    uint64_t number;
    uint64_t instant_ns;
    struct span operator_name; /* Who; of automatic actions: "engine". */
    struct span proposer;      /* With two persons: who proposed it, operator_name approved. */
    struct span command;       /* "broker.drain" */
    struct span object;        /* On what: its arguments. */
    bool carried_out;          /* Else refused. */
    struct span outcome;       /* In words. */
    struct span before;        /* The hash of the entry before; of the first: zeros. */
    struct span hash;          /* Its own, over everything above. */
};

/* Adds an entry; number and hashes are given here. Words that are too long are cut. */
void audit_add(struct engine *engine, const struct audit *audit);

/* Spans point into the value. False: not a record of this version. */
MUST_USE bool audit_decode(struct span key, struct span value, struct audit *out);

/* The hash over the entry is the one it holds. */
bool audit_is_whole(const struct audit *audit);

/* In hexadecimal. */
struct text audit_hash_words(const uint8_t hash[SHA256_BYTES]);

/* Reads the end of the chain. */
void audit_start(struct engine *engine);

#endif
