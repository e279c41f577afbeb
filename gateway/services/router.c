#include "gateway/services/router.h"

#include "gateway/core/engine/event.h"
#include "gateway/services/router_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MILLISECOND_NS UINT64_C(1000000)

static const char *const topics[] = {"OR.", "ER.", "SE."};

/* --- Words ------------------------------------------------------------------------------- */

void router_run_say(struct router_run *run, enum effect_severity severity, const char *words)
{
    char line[ENGINE_LINE_BYTES_MAX + 1];
    (void)snprintf(line, sizeof(line), "router: %s", words);
    log_text(&run->log, run->now.engine_ns, severity, line);
}

static void tell_news(struct router_run *run)
{
    struct router_news news;
    while (router_news_next(&run->router, &news)) {
        /* What was rebuilt was told when it happened, and what another router does it tells. */
        if (run->live && run->refused_ns == 0) {
            router_run_say(run, news.severity, news.text.data);
            router_run_send_alert(run, &news);
        }
    }
}

/* --- The bus --------------------------------------------------------------------------------- */

static void begin_anew(struct router_run *run)
{
    router_init(&run->router, &run->gateway->router, &run->gateway->engine, 0);
    run->live = false;
}

static enum status bus_follow(struct router_run *run, uint64_t from_seq, char *error)
{
    const struct bus_client_config config = {
        .zeromq = run->config->zeromq,
        .bus_endpoint = run->gateway->bus_endpoint,
        .replay_endpoint = run->gateway->replay_endpoint,
        .from_seq = from_seq,
        .topics = topics,
        .topics_count = ARRAY_LEN(topics),
    };
    TRY(bus_client_open(&run->bus, &config, error));
    run->bus_open = true;
    begin_anew(run);
    return STATUS_OK;
}

/* Where the stream is, so that the last part of it can be read. Asked again and again while the
 * gateway is away. */
static enum status find_stream(struct router_run *run, char *error)
{
    struct span request = span_text("LAST");
    uint64_t now_ns = clock_monotonic_ns();
    if (run->replay.handle == NULL) {
        const struct zeromq_options options = {.kind = ZEROMQ_DEALER, .connected_only_off = true};
        TRY(zeromq_socket_open(run->config->zeromq, &options, &run->replay, error));
        TRY(zeromq_connect(&run->replay, run->gateway->replay_endpoint, error));
        run->replay_asked = false;
    }
    if (!run->replay_asked) {
        run->replay_asked = zeromq_send(&run->replay, &request, 1) == STATUS_OK;
        run->replay_asked_ns = now_ns;
    }
    struct zeromq_poll item = {.socket = &run->replay};
    TRY(zeromq_poll(&item, 1, ROUTER_WAIT_MS));
    const struct zeromq_frames *frames = &run->replay_frames;
    bool answered = zeromq_receive(&run->replay, &run->replay_frames) == STATUS_OK &&
                    frames->count == 4 && span_is(frames->list[0], "END") &&
                    frames->list[2].size == 8;
    if (!answered && now_ns - run->replay_asked_ns < BUS_CLIENT_ANSWER_MS * MILLISECOND_NS) {
        return STATUS_OK;
    }
    uint64_t last = answered ? bus_seq_decode(frames->list[2]) : 0;
    zeromq_frames_release(&run->replay_frames);
    zeromq_socket_close(&run->replay);
    if (!answered) {
        return STATUS_OK;
    }
    uint64_t from = last > ROUTER_REBUILD_EVENTS ? last - ROUTER_REBUILD_EVENTS + 1 : 1;
    return bus_follow(run, from, error);
}

/* A sign of life, or of a gateway that was away: then nothing is known of what waited. */
static void note_heard(struct router_run *run)
{
    uint64_t heard_ns =
        run->bus.heard_ns > run->control.heard_ns ? run->bus.heard_ns : run->control.heard_ns;
    if (heard_ns > run->heard_ns + ROUTER_SILENCE_MS * MILLISECOND_NS && run->live) {
        router_run_say(run, SEVERITY_INFO, "the gateway was away; what waited is not judged");
        router_live(&run->router);
    }
    run->heard_ns = heard_ns > run->heard_ns ? heard_ns : run->heard_ns;
}

static void go_live(struct router_run *run)
{
    run->live = true;
    router_live(&run->router);
    router_run_say(run, SEVERITY_INFO, "its picture is rebuilt; it follows the present");
}

/* Takes what the bus has; false: a socket of it failed. */
static bool take_events(struct router_run *run)
{
    for (uint32_t i = 0; i < ROUTER_TURN_EVENTS_MAX; i++) {
        struct bus_event event;
        enum bus_client_result result =
            bus_client_next(&run->bus, i == 0 ? ROUTER_WAIT_MS : 0, &event);
        note_heard(run);
        switch (result) {
        case BUS_CLIENT_EVENT:
            router_event(&run->router, event.topic, event.message);
            break;
        case BUS_CLIENT_TIMEOUT:
            /* Nothing has been heard at all: then it is not known that nothing is missing. */
            if (!run->live && !run->bus.behind && run->bus.seq_next > 0) {
                go_live(run);
            }
            return true;
        case BUS_CLIENT_NEW_INSTANCE:
            router_run_say(run, SEVERITY_WARNING, "the gateway runs on another store: begins anew");
            begin_anew(run);
            break;
        case BUS_CLIENT_BACKWARD:
            router_run_say(run, SEVERITY_WARNING, "the store went back: begins anew from there");
            begin_anew(run);
            break;
        case BUS_CLIENT_MISSING:
            break;
        case BUS_CLIENT_FAILED:
            return false;
        }
    }
    return true;
}

/* The engine's time up to which nothing can be missing: while it is silent, its time stands. */
static uint64_t time_heard(const struct router_run *run)
{
    uint64_t silent_ns =
        run->now.monotonic_ns > run->heard_ns ? run->now.monotonic_ns - run->heard_ns : 0;
    return run->now.engine_ns > silent_ns ? run->now.engine_ns - silent_ns : 0;
}

/* --- Turns ----------------------------------------------------------------------------------- */

static void say_ready(struct router_run *run)
{
    if (run->config->own_process && !run->said_ready) {
        (void)printf("fixgate service router ready pid=%ld\n", (long)getpid());
        (void)fflush(stdout);
    }
    run->said_ready = true;
}

static bool has_canaries(const struct router_run *run)
{
    return run->gateway->router.canary.symbol != NULL;
}

static bool canaries_replied(struct router_run *run)
{
    return !has_canaries(run) || router_run_take_replies(run);
}

static bool turn(struct router_run *run)
{
    bool heard = take_events(run);
    run->now = clock_read(&run->clock);
    uint64_t now_ns = time_heard(run);
    if (!heard || !router_run_take_answers(run, now_ns) || !canaries_replied(run)) {
        return false;
    }
    if (run->live) {
        if (!run->bus.behind) { /* Else what comes by replay is from before now. */
            router_tick(&run->router, now_ns);
        }
        router_run_send_posts(run);
        router_run_send_probes(run);
        router_run_ask_rows(run);
        if (has_canaries(run) && run->refused_ns == 0 && !run->bus.behind) {
            router_run_send_canaries(run);
        }
        say_ready(run);
    }
    tell_news(run);
    return true;
}

static void close_sockets(struct router_run *run)
{
    if (run->bus_open) {
        bus_client_close(&run->bus);
    }
    run->bus_open = false;
    control_link_close(&run->control);
    memset(&run->control, 0, sizeof(run->control));
    control_link_close(&run->order_entry);
    memset(&run->order_entry, 0, sizeof(run->order_entry));
    run->rows_wanted = true;
}

static enum status open_links(struct router_run *run, char *error)
{
    struct zeromq *zeromq = run->config->zeromq;
    TRY(control_link_open(&run->control, zeromq, run->gateway->control_endpoint, error));
    return has_canaries(run) ? control_link_open(&run->order_entry, zeromq,
                                                 run->gateway->order_entry_endpoint, error)
                             : STATUS_OK;
}

/* A socket failed: all of them begin anew. */
static enum status recover(struct router_run *run, char *error)
{
    router_run_say(run, SEVERITY_WARNING, "a socket failed: connects anew");
    close_sockets(run);
    return open_links(run, error);
}

static enum status follow(struct router_run *run, char *error)
{
    router_run_say(run, SEVERITY_INFO,
                   run->gateway->router.shadow ? "begins, in shadow mode: it steers nothing"
                                               : "begins");
    TRY(open_links(run, error));
    run->rows_wanted = true;
    while (!service_stopped(run->config)) {
        if (run->given_up) {
            (void)snprintf(error, SERVICE_ERROR_BYTES_MAX,
                           "another router posts already (fixgate ctl route table says which): "
                           "run one of the two");
            return STATUS_BUSY;
        }
        if (!run->bus_open) {
            run->now = clock_read(&run->clock);
            TRY(find_stream(run, error));
        } else if (!turn(run)) {
            TRY(recover(run, error));
        }
        log_flush(&run->log, run->now.engine_ns);
    }
    router_run_say(run, SEVERITY_INFO, "ends in good order");
    return STATUS_OK;
}

static enum status run_router(const struct service_config *config,
                              char error[SERVICE_ERROR_BYTES_MAX])
{
    struct router_run *run = calloc(1, sizeof(*run));
    if (run == NULL) {
        (void)snprintf(error, SERVICE_ERROR_BYTES_MAX, "out of memory");
        return STATUS_FULL;
    }
    run->config = config;
    run->gateway = config->gateway;
    (void)snprintf(run->name, sizeof(run->name), "%s, pid %ld",
                   config->own_process ? "fixgate service router" : "thread of fixgate run",
                   (long)getpid());
    run->now = clock_read(&run->clock);
    run->started_ns = run->now.engine_ns;
    enum status status = log_open(&run->log, &config->gateway->log);
    if (status != STATUS_OK) {
        (void)snprintf(error, SERVICE_ERROR_BYTES_MAX, "LogFile %s: cannot open",
                       config->gateway->log.path);
        free(run);
        return status;
    }
    status = follow(run, error);
    close_sockets(run);
    zeromq_frames_release(&run->replay_frames);
    if (run->replay.handle != NULL) {
        zeromq_socket_close(&run->replay);
    }
    log_close(&run->log, run->now.engine_ns);
    free(run);
    return status;
}

const struct service router_service = {.name = "router", .run = run_router};
