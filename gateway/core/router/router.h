/* The router: what each broker deserves of new orders, as a function of the bus's events
 * (design §9, docs/router.md).
 *
 * Pure: events, rows of sessions and time come in; posts for the engine's routing table, wishes
 * for TestRequests and news for people come out. The same events at the same times give the same
 * posts. The caller owns the memory, a few megabytes; nothing is allocated. One thread.
 *
 * Time is the engine's: that of the events. What the caller passes as `now_ns` must not be ahead
 * of what the bus has told, or orders would seem overdue whose answers are only on their way. */
#ifndef GATEWAY_CORE_ROUTER_ROUTER_H
#define GATEWAY_CORE_ROUTER_ROUTER_H

#include "fix/effects.h"
#include "fix/text.h"
#include "gateway/core/engine/config.h"
#include "gateway/core/router/breaker.h"
#include "gateway/core/router/cells.h"
#include "gateway/core/router/latency.h"
#include "gateway/core/router/pending.h"
#include "gateway/core/router/scores.h"
#include "gateway/core/router/sighting.h"

enum { ROUTER_NEWS_MAX = 64 };

/* A canary order; texts are as they go out, borrowed. */
struct router_canary {
    const char *symbol;   /* Of the test instrument; NULL: no canary orders. */
    const char *account;  /* May be NULL. */
    const char *currency; /* May be NULL. */
    const char *quantity;
    const char *price;    /* To buy at; far below the market. */
    uint64_t interval_ns; /* For so long no word of any order: one goes out. */
};

struct router_settings {
    bool run;    /* As a thread of `fixgate run`. */
    bool shadow; /* Posts nothing but what would have been done, in words. */
    struct breaker_config breaker;
    struct score_config score;

    /* What is slow: slow_factor × its own p99 of the last 15 minutes, at least slow_floor_ns;
     * with fewer than slow_samples_min answers there is none yet, and slow_unknown_ns is. */
    uint32_t slow_factor;      /* 3 */
    uint64_t slow_floor_ns;    /* 250 ms */
    uint32_t slow_samples_min; /* 20 */
    uint64_t slow_unknown_ns;  /* 1 s */

    struct router_canary canary;

    uint64_t probe_interval_ns; /* 5 s: an idle broker is asked for an echo so often; */
    uint64_t probe_pause_ns;    /* 1 s: one whose breaker waits for echoes. */
    uint64_t score_interval_ns; /* 500 ms */
    uint64_t post_interval_ns;  /* 1 s: a sign of life, though nothing changed. */
    uint64_t pending_keep_ns;   /* 15 min: an attempt without a word is not watched longer. */
};

struct router_settings router_settings_default(void);

/* What goes to the engine: the command broker.measure. */
struct router_post {
    uint32_t broker;
    enum breaker_state breaker;
    uint32_t score;
    uint32_t ramp;
    uint32_t probes;
    struct decision_figures figures; /* What the score came from. */
    struct text reason;
};

struct router_news {
    enum effect_severity severity;
    uint32_t broker; /* That it is about; ENGINE_BROKERS_MAX: none. */
    bool alert;      /* A warning that only the router knows: the bus is to be told. */
    struct text text;
};

struct router_session {
    const char *id; /* Borrowed. */
    uint32_t broker;
    bool orders;                 /* Its role; others are no matter. */
    bool known;                  /* Event or row told of its state. */
    bool ready;                  /* It may take orders. */
    bool echoes_known;           /* A row told the count of before. */
    uint64_t echoes;             /* As the last row told. */
    uint64_t round_trip_ns;      /* Of the last echo; 0 = none yet. */
    uint64_t tested_ns;          /* When the TestRequest that is out went; 0 = none is. */
    bool tested_again;           /* A second one is out: a resend makes the engine forget one. */
    uint64_t tested_last_ns;     /* When the last one went, or could not. */
    uint64_t backlog_bytes;      /* Unsent, as the last row told. */
    uint64_t backlog_bytes_high; /* So many, and it takes no orders. */
    uint32_t rate_per_second;    /* OutboundRate; 0 = unlimited. */
};

struct router_broker {
    const char *name; /* Borrowed. */
    struct breaker breaker;
    struct latency latency;
    struct latency_figures figures;  /* Its own baseline: settled. */
    uint64_t slow_ns;                /* What is slow for it. */
    uint64_t heard_ns;               /* The last word of any order; 0 = none yet. */
    uint64_t canary_ns;              /* When the last canary order went; 0 = none yet. */
    uint64_t dropped_ns;             /* When a session of it last went down. */
    uint64_t sent_second;            /* The second in which orders are counted; */
    uint32_t sent_count;             /* how many went out in it, */
    uint32_t sent_before;            /* and in the one before. */
    enum breaker_state told;         /* What people were last told. */
    uint32_t score;                  /* In force. */
    struct decision_figures figured; /* What it came from, */
    struct text score_words;         /* and that in words. */
    bool posted;                     /* `last` went out. */
    uint64_t posted_ns;
    struct router_post last;
};

struct router {
    const struct router_settings *settings; /* Borrowed. */
    uint64_t now_ns;
    uint64_t scored_ns;
    bool score_wanted; /* A breaker has moved. */
    bool live;         /* See router_live(). */
    bool none_left;    /* All breakers are open; told. */
    uint64_t events_count;
    uint64_t overflow_told; /* Of pending.overflow_count. */
    uint64_t forgotten;     /* Attempts that pending_keep_ns ended. */
    uint32_t brokers_count;
    uint32_t sessions_count;
    struct router_broker brokers[ENGINE_BROKERS_MAX];
    struct router_session sessions[ENGINE_SESSIONS_MAX];
    uint32_t news_first;
    uint32_t news_count;
    uint64_t news_lost;
    struct router_news news[ROUTER_NEWS_MAX];
    struct pending pending;
    struct cells cells;
    struct field fields[FIX_FIELDS_MAX];
};

/* Everything is CLOSED, no latency is known, and it is not live yet. `config`: names of brokers,
 * ids, roles, rates and backlog limits of sessions. All is borrowed and outlives the router. */
void router_init(struct router *router, const struct router_settings *settings,
                 const struct engine_config *config, uint64_t now_ns);

/* From now on orders are judged by how long they wait: events come as they happen. Before that
 * they are those of the past, and a pause between two may have been the gateway's own. To be
 * called again when the gateway was away for a while: an order that waited meanwhile may have its
 * word, and nobody could tell. What waits now is watched no more. */
void router_live(struct router *router);

/* An event of the bus, in order. */
void router_event(struct router *router, struct span topic, struct span event);

/* What session.list tells of a session. A row that names none of ours is passed over. */
struct router_row {
    struct span session;
    bool ready;             /* Its state is READY. */
    uint64_t backlog_bytes; /* unsent_bytes */
    uint64_t echoes;        /* How many TestRequests it answered. */
    uint64_t round_trip_ns; /* Of the last of them. */
};
void router_row(struct router *router, uint64_t now_ns, const struct router_row *row);

/* What is due by time alone. */
void router_tick(struct router *router, uint64_t now_ns);

/* The next session that is to be sent a TestRequest now. False: none is. The caller then says
 * whether it went out; if not, it is asked for again a little later. */
bool router_probe_next(struct router *router, uint32_t *session);
void router_probed(struct router *router, uint32_t session, bool sent);

/* The next broker that is to get a canary order now: it takes orders, none is on its way there but
 * such as are overdue, and it gave no word of any for too long; half open, or when it owes one,
 * without waiting so long. False: none is. The caller says when one was sent, or could not be. */
bool router_canary_next(struct router *router, uint32_t *broker);
void router_canary_sent(struct router *router, uint32_t broker);

/* The next post that is due. False: none is. One that could not be delivered is given back. */
bool router_post_next(struct router *router, struct router_post *post);
void router_post_failed(struct router *router, uint32_t broker);

/* The next line for people. False: there is none. */
bool router_news_next(struct router *router, struct router_news *news);

#endif
