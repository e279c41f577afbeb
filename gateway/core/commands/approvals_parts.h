/* What the parts of the approvals share among themselves. Nobody else includes it.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_COMMANDS_APPROVALS_PARTS_H
#define GATEWAY_CORE_COMMANDS_APPROVALS_PARTS_H

#include "gateway/core/commands/approvals.h"
#include "gateway/core/commands/command_parts.h"

/* `control` table: "proposal/" and its number → this. */
struct proposal {
    uint64_t number;
    enum proposal_state state;
    uint64_t created_ns;
    uint64_t expires_ns;
    uint64_t decided_ns; /* 0: it waits. */
    struct span proposer;
    struct span decider; /* Who approved, rejected or withdrew it. */
    struct span plan;    /* What was to happen, when it was proposed. */
    struct span outcome; /* What did, or why not. */
    struct span command;
    uint32_t arguments_count;
    struct command_argument arguments[COMMAND_ARGUMENTS_MAX];
};

/* Spans point into the store's or the turn's memory, until the turn ends. False: there is none,
 * or it could not be read. */
MUST_USE bool proposal_load(const struct engine *engine, uint64_t number, struct proposal *out);

/* The next one behind number `after`, of those that are committed. */
MUST_USE bool proposal_next(const struct engine *engine, uint64_t after, struct proposal *out);

void proposal_store(struct engine *engine, const struct proposal *proposal);

/* "WAITING" */
const char *proposal_state_name(enum proposal_state state);

/* It waits no longer: stored so. */
void proposal_decide(struct engine *engine, struct proposal *proposal, enum proposal_state state,
                     struct span decider, struct span outcome);

/* Its row. */
bool proposal_row(struct command_call *call, const struct proposal *proposal);

#endif
