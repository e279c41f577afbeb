#include "tests/sim/oms_parts.h"

#include "tests/sim/gateway.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LATENCY_LEAST_US = 20,
    LATENCY_MOST_US = 300,
    LATENCY_LATE_PERMILLE = 20,
    LATENCY_LATE_MOST_US = 50 * 1000,
    /* The newest answers of a client that dies are not in its journal yet. */
    JOURNAL_LAG_MOST_MS = 100,
    AGAIN_AFTER_DEATH_PERMILLE = 60,
};

#define MICROSECOND_NS UINT64_C(1000)

/* --- On the way ------------------------------------------------------------------ */

/* Puts it on its way: it arrives a little later, and behind all before it. */
static void depart(struct sim_oms *oms, struct oms_pipe *pipe, struct oms_passage *passage,
                   agenda_act arrive)
{
    struct random *random = &oms->sim->random;
    uint64_t most_us =
        random_chance(random, LATENCY_LATE_PERMILLE) ? LATENCY_LATE_MOST_US : LATENCY_MOST_US;
    uint64_t at_ns =
        oms->sim->now_ns + random_between(random, LATENCY_LEAST_US, most_us) * MICROSECOND_NS;
    pipe->last_ns = at_ns > pipe->last_ns ? at_ns : pipe->last_ns;
    passage->number = ++oms->passages;
    passage->connection = oms->connection;
    oms_pipe_put(pipe, passage);
    agenda_add(&oms->sim->agenda, pipe->last_ns, arrive, oms, passage->number);
}

/* False if it was lost, or came early, when a connection ended. */
static bool arrives(const struct oms_pipe *pipe, uint64_t number)
{
    return pipe->count > 0 && oms_pipe_at(pipe, 0)->number == number;
}

/* --- The journal ------------------------------------------------------------- */

uint32_t oms_journal(struct sim_oms *oms, char kind, const char *id, uint32_t order,
                     struct span bytes)
{
    if (oms->requests_count == oms->requests_capacity) {
        oms->requests_capacity = oms->requests_capacity == 0 ? 64 : 2 * oms->requests_capacity;
        ASSERT(oms->requests_capacity <= OMS_REQUESTS_MAX);
        oms->requests = realloc(oms->requests, oms->requests_capacity * sizeof(oms->requests[0]));
        ASSERT(oms->requests != NULL);
    }
    uint32_t index = oms->requests_count++;
    struct oms_request *request = &oms->requests[index];
    *request = (struct oms_request){.kind = kind, .order = order, .size = bytes.size};
    (void)snprintf(request->id, sizeof(request->id), "%s", id);
    request->bytes = malloc(bytes.size + 1);
    ASSERT(request->bytes != NULL);
    if (bytes.size > 0) {
        memcpy(request->bytes, bytes.data, bytes.size);
    }
    oms_request_index(oms, index);
    oms->unanswered++;
    return index;
}

static void mark_answered(struct sim_oms *oms, struct oms_request *request, bool refused)
{
    if (!request->answered) {
        ASSERT(oms->unanswered > 0);
        oms->unanswered--;
    }
    request->answered = true;
    request->refused = refused;
    request->answered_ns = oms->sim->now_ns;
}

/* --- Requests go out ---------------------------------------------------------- */

static void request_arrives(void *actor, uint64_t number)
{
    struct sim_oms *oms = actor;
    if (!arrives(&oms->outward, number)) {
        return;
    }
    struct oms_passage passage = oms_pipe_take(&oms->outward);
    const struct oms_request *request = &oms->requests[passage.request];
    if (!sim_gateway_up(oms->sim->gateway)) {
        return;
    }
    oms_pipe_put(&oms->asked, &passage);
    sim_gateway_request(oms->sim->gateway, oms->index, span_of(request->bytes, request->size));
}

/* `number`: the request, and how often it had been sent. */
static void patience_ends(void *actor, uint64_t number)
{
    struct sim_oms *oms = actor;
    uint32_t index = (uint32_t)number;
    const struct oms_request *request = &oms->requests[index];
    if (oms->dead || request->answered || request->sent != number >> 32) {
        return;
    }
    if (sim_gateway_up(oms->sim->gateway)) {
        oms_send(oms, index);
    } else {
        sim_later(oms->sim, oms->settings.patience_ns, patience_ends, oms, number);
    }
}

void oms_send(struct sim_oms *oms, uint32_t index)
{
    struct oms_request *request = &oms->requests[index];
    if (oms->dead || !sim_gateway_up(oms->sim->gateway)) {
        return; /* Its return, or the new connection, sends it. */
    }
    struct span bytes = span_of(request->bytes, request->size);
    trace_message(&oms->sim->trace, oms->to_gateway, bytes, request->sent > 0 ? "again" : NULL);
    oracle_request(oms->sim->oracle, oms->name, bytes);
    request->sent++;
    depart(oms, &oms->outward, &(struct oms_passage){.request = index}, request_arrives);
    sim_later(oms->sim, oms->settings.patience_ns, patience_ends, oms,
              (uint64_t)request->sent << 32 | index);
}

/* --- Answers come in ----------------------------------------------------------- */

/* Frees the passage's bytes. */
static void take_answer(struct sim_oms *oms, struct oms_passage *passage)
{
    struct span bytes = span_of(passage->bytes, passage->size);
    struct oms_words words;
    trace_message(&oms->sim->trace, oms->from_gateway, bytes, NULL);
    oms_read(bytes, &words);
    oracle_answer(oms->sim->oracle, oms->name, bytes);
    bool refused = oms_is_refusal(&words);
    mark_answered(oms, &oms->requests[passage->request], refused);
    if (!refused) {
        oms_order_learn(oms, &words);
    }
    free(passage->bytes);
}

static void answer_arrives(void *actor, uint64_t number)
{
    struct sim_oms *oms = actor;
    if (arrives(&oms->inward, number)) {
        struct oms_passage passage = oms_pipe_take(&oms->inward);
        take_answer(oms, &passage);
    }
}

/* Answers come in the order of the requests: this one is to the oldest. */
static void check_fits(struct sim_oms *oms, const struct oms_request *request, struct span message)
{
    struct oms_words words;
    oms_read(message, &words);
    struct span named = words.cl_ord_id.data != NULL ? words.cl_ord_id : words.business_ref;
    if (request->id[0] != '\0' && named.size > 0 && !span_is(named, request->id)) {
        sim_violate(oms->sim, ORACLE_ANSWERS,
                    "%s: answers come in the order of the requests, but the answer due to the "
                    "request %s names %.*s",
                    oms->name, request->id, (int)named.size, (const char *)named.data);
    }
}

void sim_oms_answered(struct sim_oms *oms, struct span message)
{
    if (oms->asked.count == 0) {
        sim_violate(oms->sim, ORACLE_ANSWERS, "%s: an answer to no request of this connection",
                    oms->name);
        return;
    }
    struct oms_passage passage = oms_pipe_take(&oms->asked);
    check_fits(oms, &oms->requests[passage.request], message);
    if (passage.connection != oms->connection || oms->dead) {
        return; /* Who asked has died: nobody is there to take it. */
    }
    passage.size = message.size;
    passage.bytes = malloc(message.size + 1);
    ASSERT(passage.bytes != NULL);
    memcpy(passage.bytes, message.data, message.size);
    depart(oms, &oms->inward, &passage, answer_arrives);
}

/* --- Connections, and death ------------------------------------------------------ */

static void send_unanswered(struct sim_oms *oms)
{
    for (uint32_t index = 0; index < oms->requests_count && oms->unanswered > 0; index++) {
        if (!oms->requests[index].answered) {
            oms_send(oms, index);
        }
    }
}

/* The gateway's process is gone: what it had written still arrives up to some answer. */
static void connection_breaks(struct sim_oms *oms)
{
    uint32_t arriving = (uint32_t)random_below(&oms->sim->random, oms->inward.count + 1);
    uint32_t lost = oms->inward.count - arriving;
    if (oms->outward.count + oms->asked.count + lost > 0) {
        trace_say(&oms->sim->trace, oms->name,
                  "loses its connection: %u requests on their way, %u with the gateway, %u answers",
                  oms->outward.count, oms->asked.count, lost);
    }
    oms_pipe_cut(&oms->outward, 0);
    oms_pipe_cut(&oms->asked, 0);
    oms_pipe_cut(&oms->inward, arriving);
    while (oms->inward.count > 0) {
        struct oms_passage passage = oms_pipe_take(&oms->inward);
        take_answer(oms, &passage);
    }
}

void sim_oms_reconnected(struct sim_oms *oms)
{
    connection_breaks(oms);
    oms->connection++;
    if (!oms->dead && sim_gateway_up(oms->sim->gateway)) {
        send_unanswered(oms);
    }
}

static void forget(struct sim_oms *oms)
{
    uint64_t lag_ns = random_below(&oms->sim->random, JOURNAL_LAG_MOST_MS + 1) * SIM_MS_NS;
    uint32_t forgotten = 0;
    for (uint32_t i = 0; i < oms->requests_count; i++) {
        struct oms_request *request = &oms->requests[i];
        if (request->answered && oms->sim->now_ns - request->answered_ns < lag_ns) {
            request->answered = false;
            oms->unanswered++;
            forgotten++;
        }
    }
    for (uint32_t i = 0; i < oms->orders_count; i++) {
        struct oms_order *order = &oms->orders[i];
        order->status = 0;
        memcpy(order->latest, order->id, sizeof(order->latest));
    }
    trace_say(&oms->sim->trace, oms->name, "dies; %u answers were not in its journal yet",
              forgotten);
}

void oms_crash(struct sim_oms *oms)
{
    if (oms->dead) {
        return;
    }
    forget(oms);
    oms->dead = true;
    oms->connection++;
    /* What its process had written goes on; what comes back finds nobody. */
    oms_pipe_cut(&oms->outward, (uint32_t)random_below(&oms->sim->random, oms->outward.count + 1));
    oms_pipe_cut(&oms->inward, 0);
}

void oms_return(struct sim_oms *oms)
{
    if (!oms->dead) {
        return;
    }
    oms->dead = false;
    trace_say(&oms->sim->trace, oms->name, "is back: %u requests without an answer",
              oms->unanswered);
    for (uint32_t index = 0; index < oms->requests_count; index++) {
        if (!oms->requests[index].answered ||
            random_chance(&oms->sim->random, AGAIN_AFTER_DEATH_PERMILLE)) {
            oms_send(oms, index);
        }
    }
}

/* --- Life ------------------------------------------------------------------------- */

struct sim_oms *sim_oms_new(struct sim *sim, uint32_t index,
                            const struct sim_oms_settings *settings)
{
    struct sim_oms *oms = calloc(1, sizeof(*oms));
    ASSERT(oms != NULL);
    ASSERT(strlen(settings->name) <= OMS_NAME_BYTES_MAX);
    oms->sim = sim;
    oms->index = index;
    oms->settings = *settings;
    span_to_text(span_text(settings->name), oms->name, sizeof(oms->name));
    oms->settings.name = oms->name;
    (void)snprintf(oms->to_gateway, sizeof(oms->to_gateway), "%s > gateway", oms->name);
    (void)snprintf(oms->from_gateway, sizeof(oms->from_gateway), "gateway > %s", oms->name);
    oms->connection = 1;
    return oms;
}

void sim_oms_free(struct sim_oms *oms)
{
    if (oms == NULL) {
        return;
    }
    for (uint32_t i = 0; i < oms->requests_count; i++) {
        free(oms->requests[i].bytes);
    }
    oms_pipe_free(&oms->outward);
    oms_pipe_free(&oms->asked);
    oms_pipe_free(&oms->inward);
    free(oms->requests);
    free(oms->orders);
    free(oms);
}

void sim_oms_start(struct sim_oms *oms)
{
    oms_will_begin(oms);
}

const char *sim_oms_name(const struct sim_oms *oms)
{
    return oms->name;
}

uint32_t sim_oms_orders(const struct sim_oms *oms)
{
    return oms->orders_count;
}

void sim_oms_mend(struct sim_oms *oms)
{
    oms->mended = true;
    oms_return(oms);
}

bool sim_oms_at_rest(const struct sim_oms *oms, char why[128])
{
    uint32_t under_way = oms->outward.count + oms->asked.count + oms->inward.count;
    if (oms->dead) {
        (void)snprintf(why, 128, "%s is dead", oms->name);
        return false;
    }
    if (oms->unanswered == 0 && under_way == 0) {
        return true;
    }
    uint32_t index = 0;
    while (index < oms->requests_count && oms->requests[index].answered) {
        index++;
    }
    if (index < oms->requests_count) {
        const struct oms_request *request = &oms->requests[index];
        (void)snprintf(why, 128,
                       "%s: %" PRIu32 " requests without an answer; %.40s (%c) sent %" PRIu32
                       " times",
                       oms->name, oms->unanswered, request->id, request->kind, request->sent);
    } else {
        (void)snprintf(why, 128, "%s: %" PRIu32 " repetitions without an answer", oms->name,
                       under_way);
    }
    return false;
}

void sim_oms_ask_all(struct sim_oms *oms)
{
    for (uint32_t order = 0; order < oms->orders_count; order++) {
        oms_status(oms, oms->orders[order].id);
    }
}
