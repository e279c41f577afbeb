/* Proposals: commands that wait for a second person.
 *
 * Pure; part of the engine. A command whose spec says two_persons becomes a proposal, durable
 * with all its arguments; when another operator approves it, it is carried out in that turn,
 * under both names. A proposal that nobody decides on expires. Whatever becomes of one is in
 * audit, bus and log. */
#ifndef GATEWAY_CORE_COMMANDS_APPROVALS_H
#define GATEWAY_CORE_COMMANDS_APPROVALS_H

#include "fix/base.h"

struct engine;
struct command_call;
struct command_spec;

enum {
    APPROVALS_WAITING_MAX = 64, /* More are refused until some are decided on. */
    APPROVALS_KEPT_MAX = 1024,  /* The newest, whatever became of them. */
};

/*    state       what became of it */
#define PROPOSAL_STATES(X)                                                                         \
    X(WAITING)   /* For another operator. */                                                       \
    X(DONE)      /* Approved and carried out. */                                                   \
    X(FAILED)    /* Approved, and then refused by the engine. */                                   \
    X(REJECTED)  /* By another operator. */                                                        \
    X(WITHDRAWN) /* By who proposed it. */                                                         \
    X(EXPIRED)

enum proposal_state {
#define X(name) PROPOSAL_##name,
    PROPOSAL_STATES(X)
#undef X
};

/* Those that wait, in memory: what the clock needs. */
struct approvals {
    uint64_t count; /* Proposals so far; the newest has this number. */
    uint32_t waiting_count;
    struct {
        uint64_t number;
        uint64_t expires_ns;
    } waiting[APPROVALS_WAITING_MAX];
};

void approvals_start(struct engine *engine);
/* Expires what is due. */
void approvals_tick(struct engine *engine);
uint64_t approvals_deadline_ns(const struct engine *engine);

/* Makes a proposal of the command; the answer has its number, a row all of it. False: refused,
 * by its plan or because too many wait. */
bool approvals_propose(struct command_call *call, const struct command_spec *spec);

#endif
