/* A circuit breaker: whether new orders may go to one broker (design §9, docs/router.md).
 *
 * Pure: time is an argument, the jitter comes from a seed, nothing is allocated. The caller
 * tells what happened to the broker's session, orders and TestRequests; the breaker says where
 * it stands, and why in words. Times are nanoseconds on the clock of the events, which never
 * runs backwards; one that does is taken as standing still. */
#ifndef GATEWAY_CORE_ROUTER_BREAKER_H
#define GATEWAY_CORE_ROUTER_BREAKER_H

#include "fix/text.h"
#include "gateway/core/routing/routing_table.h"

enum { BREAKER_BUCKETS_MAX = 60 };

/* All that decides; the reasons for the defaults stand in docs/router.md. */
struct breaker_config {
    /* Soft triggers: a sliding window of `buckets` × `bucket_ns`. */
    uint64_t bucket_ns;        /* 1 s */
    uint32_t buckets;          /* 10 */
    uint32_t orders_min;       /* 20: with fewer orders in the window shares mean nothing. */
    uint32_t failure_permille; /* 200: such a share of failures opens. */
    uint32_t slow_permille;    /* 500: such a share of slow acknowledgements opens. */
    uint32_t timeouts_in_row;  /* 3: so many acknowledgement timeouts in a row open. */
    uint64_t ack_timeout_ns;   /* 2 s without any word of an order: a failure. */
    uint64_t test_timeout_ns;  /* 5 s without an echo of our TestRequest: opens. */

    /* OPEN: backoff_first_ns × 2^k ± jitter, at most backoff_max_ns + jitter. */
    uint64_t backoff_first_ns; /* 5 s */
    uint64_t backoff_max_ns;   /* 5 min */
    uint32_t jitter_permille;  /* 200 */
    uint64_t forgive_ns;       /* 10 min CLOSED: k becomes one less. */

    /* HALF_OPEN */
    uint32_t probe_orders;      /* 5: so many may go; as many answers close. */
    uint64_t half_open_min_ns;  /* 1 s: not closed before. */
    uint64_t half_open_idle_ns; /* 30 s: no order came that way: good echoes are enough. */
    uint32_t half_open_echoes;  /* 3: as many of them, in a row. */
    uint64_t half_open_max_ns;  /* 60 s: without a verdict until then it opens again. */

    /* CLOSED again. */
    uint64_t closed_min_ns; /* 2 s: soft triggers do not open before. */
    uint32_t ramp_permille; /* 100: share of its score to begin with; */
    uint64_t ramp_ns;       /* 60 s: all of it after that. */
};

struct breaker_config breaker_config_default(void);

/* How an order's first word came out. */
enum breaker_outcome {
    OUTCOME_GOOD,   /* Answered. A business reject is an answer, too. */
    OUTCOME_SLOW,   /* Answered, slower than the broker's own baseline allows. */
    OUTCOME_FAILED, /* Refused by the broker for reasons of its own. */
    OUTCOME_LATE,   /* Answered at last: breaker_overdue() was told of it before. */
};

struct breaker_bucket {
    uint64_t number; /* Time / bucket_ns; else it is of an earlier round. */
    uint32_t orders; /* That had their first word then. */
    uint32_t failed;
    uint32_t slow;
};

struct breaker {
    const struct breaker_config *config; /* Borrowed. */
    enum breaker_state state;            /* Written only by become(). */
    uint64_t since_ns;                   /* When it became that. */
    uint64_t now_ns;                     /* Latest time that it was told. */
    bool ready;                          /* A session of the broker takes orders. */
    bool ramping;                        /* CLOSED after a HALF_OPEN: see breaker_ramp(). */
    uint32_t strikes;                    /* k: how often it opened lately. */
    uint64_t forgiven_ns;                /* When `strikes` last went down, or began to count. */
    uint64_t due_ns;                     /* OPEN: not HALF_OPEN before. */
    uint64_t random;                     /* Of the jitter; never 0. */
    uint32_t overdue;                    /* Orders of the present state that are it now. */
    uint32_t in_row;                     /* Of those, how many since the last word in time. */
    uint32_t probes_sent;                /* HALF_OPEN: orders since; */
    uint32_t probes_good;                /* those that were answered, */
    uint32_t probes_lost;                /* and those that went elsewhere. */
    uint32_t echoes;                     /* Good echoes in a row since `since_ns` (OPEN: due_ns). */
    uint64_t opened_count;               /* For those who watch. */
    struct breaker_bucket window[BREAKER_BUCKETS_MAX];
    struct text reason; /* Why it is in this state. */
};

/* CLOSED at full ramp; `ready` false until told. `seed` may be any number. */
void breaker_init(struct breaker *breaker, const struct breaker_config *config, uint64_t seed,
                  uint64_t now_ns);

/* A session of the broker takes orders now; or none does any more, which opens at once, unless
 * none did before. `why` may be empty. */
void breaker_ready(struct breaker *breaker, uint64_t now_ns);
void breaker_down(struct breaker *breaker, uint64_t now_ns, struct span why);

/* A sign that the broker cannot be trusted with orders: opens at once, whatever the time. While
 * it is OPEN it only changes the reason. */
void breaker_hard(struct breaker *breaker, uint64_t now_ns, struct span why);

/* An order went out. */
void breaker_sent(struct breaker *breaker, uint64_t now_ns);

/* Its first word came. `sent_ns`: orders from before the present state say nothing about it. */
void breaker_answered(struct breaker *breaker, uint64_t now_ns, uint64_t sent_ns,
                      enum breaker_outcome outcome);

/* It has had no word for ack_timeout_ns; told once for each order. It counts as a failure from
 * now on until its word comes, for a dead broker completes nothing. */
void breaker_overdue(struct breaker *breaker, uint64_t now_ns, uint64_t sent_ns);

/* An order without a word is known not to get one (it went elsewhere), or is not watched any
 * more: it counts no longer. */
void breaker_withdrawn(struct breaker *breaker, uint64_t sent_ns, bool overdue);

/* Our TestRequest was echoed after `round_trip_ns`; or was not within test_timeout_ns, which
 * opens at once. */
void breaker_echo(struct breaker *breaker, uint64_t now_ns, uint64_t round_trip_ns);
void breaker_silent(struct breaker *breaker, uint64_t now_ns);

/* What is due by time alone: OPEN → HALF_OPEN → CLOSED, or OPEN again; forgiving. */
void breaker_tick(struct breaker *breaker, uint64_t now_ns);

/* TestRequests are wanted now, whether it is idle or not: they decide the next step. */
bool breaker_wants_echo(const struct breaker *breaker);

/* Slow start, in thousandths. */
uint32_t breaker_ramp(const struct breaker *breaker);

/* HALF_OPEN: orders that may go in all since it is that; so it does not change with each that
 * goes, and a post that crosses one on its way allows none twice. */
uint32_t breaker_probes(const struct breaker *breaker);

/* Orders and failures of the window, and those overdue now: for the score and for people. */
struct breaker_share {
    uint32_t orders;
    uint32_t failed;
    uint32_t slow;
};
struct breaker_share breaker_share(const struct breaker *breaker);

bool breaker_may_become(enum breaker_state from, enum breaker_state to);

#endif
