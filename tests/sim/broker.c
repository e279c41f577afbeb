#include "tests/sim/broker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/broker_parts.h"

void *broker_grow(void *array, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity) {
        return array;
    }
    *capacity = *capacity == 0 ? 64 : 2 * *capacity;
    array = realloc(array, *capacity * size);
    ASSERT(array != NULL);
    return array;
}

bool broker_awake(const struct sim_broker *broker)
{
    return !broker->dead && !broker->hung;
}

struct broker_session *broker_session_of(struct sim_broker *broker, uint32_t number)
{
    for (int i = 0; i < BROKER_SESSIONS; i++) {
        struct broker_session *session = &broker->sessions[i];
        if (session->set->present && session->set->number == number) {
            return session;
        }
    }
    ASSERT(false);
    return NULL;
}

/* --- Life ------------------------------------------------------------------------------ */

static void session_init(struct sim_broker *broker, int which, const struct sim_broker_session *set)
{
    struct broker_session *session = &broker->sessions[which];
    *session = (struct broker_session){.broker = broker,
                                       .set = set,
                                       .in_next = 1,
                                       .out_next = 1,
                                       .proven = 1,
                                       .until_ns = BROKER_NEVER,
                                       .timer_ns = BROKER_NEVER};
    const char *role = which == BROKER_DROPCOPY ? "/dropcopy" : "";
    (void)snprintf(session->name, sizeof(session->name), "%.15s%s", broker->set.name, role);
    (void)snprintf(session->to, sizeof(session->to), "%.15s%s > gateway", broker->set.name, role);
    (void)snprintf(session->from, sizeof(session->from), "%.15s%s < gateway", broker->set.name,
                   role);
}

struct sim_broker *sim_broker_new(struct sim *sim, uint32_t index,
                                  const struct sim_broker_settings *settings)
{
    struct sim_broker *broker = calloc(1, sizeof(*broker));
    ASSERT(broker != NULL);
    broker->sim = sim;
    broker->index = index;
    broker->set = *settings;
    if (settings->rejects_symbol != NULL) {
        broker->rejects = BROKER_REJECTS_SYMBOL;
        (void)snprintf(broker->rejects_symbol, sizeof(broker->rejects_symbol), "%s",
                       settings->rejects_symbol);
    }
    session_init(broker, BROKER_ORDERS, &broker->set.orders);
    session_init(broker, BROKER_DROPCOPY, &broker->set.dropcopy);
    return broker;
}

void sim_broker_free(struct sim_broker *broker)
{
    if (broker == NULL) {
        return;
    }
    for (int i = 0; i < BROKER_SESSIONS; i++) {
        broker_early_clear(&broker->sessions[i]);
        free(broker->sessions[i].sent);
        free(broker->sessions[i].waiting);
        free(broker->sessions[i].bytes);
    }
    for (uint32_t i = 0; i < broker->reports_count; i++) {
        free(broker->reports[i].body);
    }
    free(broker->orders);
    free(broker->requests);
    free(broker->executions);
    free(broker->reports);
    free(broker->jobs);
    free(broker->lookup);
    free(broker);
}

void sim_broker_start(struct sim_broker *broker)
{
    for (int i = 0; i < BROKER_SESSIONS; i++) {
        struct broker_session *session = &broker->sessions[i];
        session->redial_ns = broker->sim->now_ns;
        broker_arm(session);
    }
}

const char *sim_broker_name(const struct sim_broker *broker)
{
    return broker->set.name;
}

bool sim_broker_listens(const struct sim_broker *broker, uint32_t session, uint32_t endpoint)
{
    (void)session;
    return !broker->dead && (broker->unreachable >> (endpoint % 32) & 1U) == 0;
}

/* --- How it stands ------------------------------------------------------------------------ */

void sim_broker_mend(struct sim_broker *broker)
{
    struct random *random = &broker->sim->random;
    (void)sim_broker_act(broker, "return");
    (void)sim_broker_act(broker, "resume");
    (void)sim_broker_act(broker, "speak");
    (void)sim_broker_act(broker, "reads");
    (void)sim_broker_act(broker, "reachable");
    broker->late = false;
    broker->garbles = false;
    (void)sim_broker_act(broker, "answers quickly");
    (void)sim_broker_act(broker, "takes all");
    broker->set.deaf_permille = 0;
    for (uint32_t i = 0; i < broker->orders_count; i++) {
        const struct broker_order *order = &broker->orders[i];
        if (book_is_live(order) && order->jobs == 0 && random_chance(random, 600)) {
            broker_later(broker, BROKER_JOB_FILL, i, broker_pause_ns(broker));
        }
    }
}

static const char *unrest_of(const struct broker_session *session)
{
    if (session->state != BROKER_LOGGED_ON) {
        return "is not logged on";
    }
    if (session->reset_awaited || session->reset_wanted) {
        return "waits for a reset";
    }
    if (session->gap_end != 0) {
        return "has a gap";
    }
    if (session->waiting_count > 0) {
        return "has something to say";
    }
    return broker_border_passed(session) && !session->border_done ? "is in yesterday" : NULL;
}

bool sim_broker_at_rest(struct sim_broker *broker, char why[128])
{
    for (int i = 0; i < BROKER_SESSIONS; i++) {
        const struct broker_session *session = &broker->sessions[i];
        const char *unrest = session->set->present ? unrest_of(session) : NULL;
        if (unrest != NULL) {
            (void)snprintf(why, 128, "%s %s", session->name, unrest);
            return false;
        }
    }
    if (broker->jobs_open > 0) {
        (void)snprintf(why, 128, "%.32s has %" PRIu32 " things to do", broker->set.name,
                       broker->jobs_open);
        return false;
    }
    return true;
}

void sim_broker_numbers(const struct sim_broker *broker, uint32_t session, uint64_t *in_next,
                        uint64_t *out_next)
{
    for (int i = 0; i < BROKER_SESSIONS; i++) {
        const struct broker_session *one = &broker->sessions[i];
        if (one->set->present && one->set->number == session) {
            *in_next = one->in_next;
            *out_next = one->out_next;
            return;
        }
    }
    ASSERT(false);
}
