/* Between router.c, router_talk.c and router_canary.c. Nobody else includes it. */
#ifndef GATEWAY_SERVICES_ROUTER_PARTS_H
#define GATEWAY_SERVICES_ROUTER_PARTS_H

#include "gateway/bus_client.h"
#include "gateway/core/router/router.h"
#include "gateway/services/control_link.h"
#include "gateway/services/router.h"
#include "gateway/shell/clock.h"

struct router_run {
    const struct service_config *config;
    const struct gateway_config *gateway;
    struct log log;
    struct clock clock;
    struct instant now;
    struct zeromq_socket replay; /* For the question where the stream is. */
    struct zeromq_frames replay_frames;
    bool replay_asked;
    uint64_t replay_asked_ns;
    struct bus_client bus;
    bool bus_open;
    bool live; /* It has read all that there was. */
    struct control_link control;
    struct control_link order_entry;         /* For canary orders, if there are to be any. */
    bool canary_refused[ENGINE_BROKERS_MAX]; /* The last one was; told. */
    struct json_flat row;
    char name[ENGINE_NAME_BYTES_MAX + 1]; /* By which the engine tells it from another one. */
    uint64_t started_ns;                  /* Part of the keys of its posts. */
    uint64_t posts_count;
    uint64_t heard_ns;      /* The last sign of life of the gateway; monotonic. */
    uint64_t rows_asked_ns; /* Monotonic. */
    bool rows_wanted;       /* No answer is on its way. */
    bool said_ready;
    /* Another router posts; monotonic, 0 = not so. */
    uint64_t refused_ns;      /* Since when, */
    uint64_t refused_last_ns; /* and when it was last told. */
    bool given_up;            /* It is not to wait for the other one's end any longer. */
    struct router router;
};

/* One line for the log. */
void router_run_say(struct router_run *run, enum effect_severity severity, const char *words);

/* What is due now: posts, TestRequests, the rows of the sessions. */
void router_run_send_posts(struct router_run *run);
void router_run_send_probes(struct router_run *run);
void router_run_ask_rows(struct router_run *run);

/* For the bus, what only the router knows; the log has it in any case. */
void router_run_send_alert(struct router_run *run, const struct router_news *news);

/* Takes the answers that are there. `now_ns`: the engine's time. False: the socket failed. */
MUST_USE bool router_run_take_answers(struct router_run *run, uint64_t now_ns);

/* The canary orders that are due; and what became of those before. False: the socket failed. */
void router_run_send_canaries(struct router_run *run);
MUST_USE bool router_run_take_replies(struct router_run *run);

#endif
