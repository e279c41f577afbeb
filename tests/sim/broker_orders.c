/* Requests of the gateway, and what the broker makes of them after a while. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/sim/broker_parts.h"

/* --- Jobs ---------------------------------------------------------------------------- */

static struct broker_order *order_of_job(struct sim_broker *broker, const struct broker_job *job)
{
    bool of_request = job->kind == BROKER_JOB_ANSWER || job->kind == BROKER_JOB_REQUEST;
    uint32_t order = of_request ? broker->requests[job->subject].order : job->subject;
    return order == BROKER_NONE ? NULL : book_order(broker, order);
}

uint64_t broker_pause_ns(struct sim_broker *broker)
{
    return broker->slower_ns + random_between(&broker->sim->random, broker->set.answer_least_ns,
                                              broker->set.answer_most_ns);
}

static void do_job(struct sim_broker *broker, const struct broker_job *job);

static void act_job(void *actor, uint64_t number)
{
    struct sim_broker *broker = actor;
    struct broker_job *job = &broker->jobs[number];
    if (!broker_awake(broker)) {
        job->deferred = true;
        return;
    }
    struct broker_job taken = *job;
    struct broker_order *order = order_of_job(broker, &taken);
    broker->jobs_open--;
    if (order != NULL) {
        ASSERT(order->jobs > 0);
        order->jobs--;
    }
    do_job(broker, &taken);
}

void broker_later(struct sim_broker *broker, enum broker_job_kind kind, uint32_t subject,
                  uint64_t delay_ns)
{
    broker->jobs = broker_grow(broker->jobs, broker->jobs_count, &broker->jobs_capacity,
                               sizeof(*broker->jobs));
    uint32_t number = broker->jobs_count++;
    broker->jobs[number] = (struct broker_job){.kind = kind, .subject = subject};
    struct broker_order *order = order_of_job(broker, &broker->jobs[number]);
    if (order != NULL) {
        order->jobs++;
    }
    broker->jobs_open++;
    sim_later(broker->sim, delay_ns, act_job, broker, number);
}

void broker_jobs_resume(struct sim_broker *broker)
{
    for (uint32_t i = 0; i < broker->jobs_count; i++) {
        if (broker->jobs[i].deferred) {
            broker->jobs[i].deferred = false;
            sim_later(broker->sim, broker_pause_ns(broker), act_job, broker, i);
        }
    }
}

/* --- Trading --------------------------------------------------------------------------- */

/* What it gets: its limit, or sometimes better. */
static int64_t price_for(struct sim_broker *broker, const struct broker_order *order)
{
    const int64_t tick = BROKER_ONE / 100;
    int64_t price = order->price > 0 ? order->price : 10 * BROKER_ONE + BROKER_ONE / 2;
    bool better = order->price > 2 * tick && random_chance(&broker->sim->random, 200);
    if (!better) {
        return price;
    }
    return order->side == '1' ? price - tick : price + tick;
}

/* A part of what is open, in whole units; all of it if that is one. */
static int64_t some_of(struct sim_broker *broker, int64_t leaves)
{
    uint64_t units = (uint64_t)(leaves / BROKER_ONE);
    if (units < 2) {
        return leaves;
    }
    return (int64_t)random_between(&broker->sim->random, 1, units - 1) * BROKER_ONE;
}

static bool may_rest(const struct broker_order *order)
{
    return order->time_in_force != '3' && order->time_in_force != '4';
}

/* It has its place in the book; what will become of it? */
static void plan(struct sim_broker *broker, uint32_t number, bool must_trade)
{
    struct random *random = &broker->sim->random;
    struct broker_order *order = book_order(broker, number);
    bool trades = random_chance(random, broker->set.fill_permille) || must_trade;
    if (trades) {
        uint32_t most = broker->set.fills_most > 0 ? broker->set.fills_most : 1;
        order->fills_left = (uint32_t)random_between(random, 1, most);
        broker_later(broker, BROKER_JOB_FILL, number, broker_pause_ns(broker));
    } else if (!may_rest(order)) {
        broker_later(broker, BROKER_JOB_END, number, broker_pause_ns(broker));
    } else if (order->time_in_force == '0' && random_chance(random, 150)) {
        broker_later(broker, BROKER_JOB_EXPIRE, number,
                     random_between(random, 1, 60) * SIM_SECOND_NS);
    }
}

static void reject(struct sim_broker *broker, uint32_t number, unsigned reason, const char *text)
{
    book_end(broker, number, ORACLE_REJECTED);
    broker_report(broker, number,
                  &(struct broker_words){.exec_type = '8', .reason = reason, .text = text});
}

/* It takes no such order at present, and has said so. */
static bool rejects_now(struct sim_broker *broker, uint32_t request)
{
    enum { EXCHANGE_CLOSED = 2, OTHER = 99 };
    uint32_t number = broker->requests[request].order;
    bool named = strcmp(book_order(broker, number)->symbol, broker->rejects_symbol) == 0;
    switch (broker->rejects) {
    case BROKER_TAKES:
        return false;
    case BROKER_REJECTS_SYMBOL:
        if (named) {
            reject(broker, number, EXCHANGE_CLOSED, "exchange closed");
        }
        return named;
    case BROKER_REJECTS_HALTED:
        if (named) {
            reject(broker, number, OTHER, "trading halted");
        }
        return named;
    case BROKER_REJECTS_ALL:
        reject(broker, number, OTHER, "system error");
        return true;
    case BROKER_REFUSES_ALL:
        book_end(broker, number, ORACLE_REJECTED);
        broker_refuse(broker, number, broker->requests[request].seq);
        return true;
    }
    return false;
}

static void answer_new(struct sim_broker *broker, uint32_t request)
{
    struct random *random = &broker->sim->random;
    uint32_t number = broker->requests[request].order;
    struct broker_order *order = book_order(broker, number);
    if (order->state != BOOK_PENDING) {
        return; /* Somebody has dealt with it. */
    }
    if (rejects_now(broker, request)) {
        return;
    }
    if (random_chance(random, broker->set.refuse_permille)) {
        book_end(broker, number, ORACLE_REJECTED);
        broker_refuse(broker, number, broker->requests[request].seq);
        return;
    }
    if (random_chance(random, broker->set.reject_permille)) {
        reject(broker, number, 3, "exceeds limit");
        return;
    }
    bool silent = random_chance(random, broker->set.silent_permille);
    if (!silent && random_chance(random, broker->set.pending_permille)) {
        broker_report(broker, number, &(struct broker_words){.exec_type = 'A'});
    }
    if (!silent) {
        order->state = BOOK_LIVE;
        broker_report(broker, number, &(struct broker_words){.exec_type = '0'});
    }
    plan(broker, number, silent && !(may_rest(order) && random_chance(random, 200)));
}

static void fill(struct sim_broker *broker, uint32_t number)
{
    struct random *random = &broker->sim->random;
    struct broker_order *order = book_order(broker, number);
    if (!book_is_live(order)) {
        return;
    }
    int64_t leaves = book_leaves(order);
    bool all = order->fills_left <= 1 && random_chance(random, 850);
    if (order->time_in_force == '4') {
        all = true;
    }
    int64_t quantity = all ? leaves : some_of(broker, leaves);
    int64_t price = price_for(broker, order);
    book_fill(broker, number, quantity, price);
    order->fills_left -= order->fills_left > 0 ? 1 : 0;
    if (!book_is_live(order)) {
        return;
    }
    if (order->fills_left > 0) {
        broker_later(broker, BROKER_JOB_FILL, number, broker_pause_ns(broker));
    } else if (!may_rest(order)) {
        broker_later(broker, BROKER_JOB_END, number, broker_pause_ns(broker));
    }
}

static void end_order(struct sim_broker *broker, uint32_t number, enum oracle_end how,
                      char exec_type)
{
    if (book_is_live(book_order(broker, number))) {
        book_end(broker, number, how);
        broker_report(broker, number, &(struct broker_words){.exec_type = exec_type});
    }
}

/* --- Cancels, replaces, status requests ------------------------------------------------------ */

static void cancel(struct sim_broker *broker, const struct broker_request *request)
{
    char before[BROKER_ID_BYTES];
    memcpy(before, book_order(broker, request->order)->attempt, sizeof(before));
    book_end(broker, request->order, ORACLE_CANCELLED);
    broker_report(broker, request->order,
                  &(struct broker_words){
                      .exec_type = '4', .cl_ord_id = request->cl_ord_id, .original = before});
}

/* Says that it is being looked at, and looks at it once more later. */
static bool put_off(struct sim_broker *broker, uint32_t number)
{
    struct broker_request *request = &broker->requests[number];
    const struct broker_order *order = book_order(broker, request->order);
    if (request->told || order->state == BOOK_PENDING ||
        !random_chance(&broker->sim->random, broker->set.pending_permille)) {
        return false;
    }
    request->told = true;
    bool cancels = request->kind == 'F';
    broker_report(broker, request->order,
                  &(struct broker_words){.exec_type = cancels ? '6' : 'E',
                                         .ord_status = cancels ? '6' : 'E',
                                         .cl_ord_id = request->cl_ord_id,
                                         .original = order->attempt});
    broker_later(broker, BROKER_JOB_REQUEST, number, broker_pause_ns(broker));
    return true;
}

static void answer_request(struct sim_broker *broker, uint32_t number)
{
    struct broker_request request = broker->requests[number];
    if (request.kind == 'H') {
        broker_status_answer(broker, &request);
        return;
    }
    if (request.order == BROKER_NONE) {
        broker_cancel_reject(broker, &request, 1, "unknown order");
        return;
    }
    const struct broker_order *order = book_order(broker, request.order);
    if (!book_is_live(order)) {
        broker_cancel_reject(broker, &request, 0, "too late");
    } else if (request.kind == 'G' && request.quantity <= order->cumulative) {
        broker_cancel_reject(broker, &request, 0, "more is executed already");
    } else if (random_chance(&broker->sim->random, broker->set.reject_permille)) {
        broker_cancel_reject(broker, &request, 2, "not now");
    } else if (!put_off(broker, number)) {
        if (request.kind == 'F') {
            cancel(broker, &request);
        } else {
            book_replace(broker, request.order, &request);
        }
    }
}

static void do_job(struct sim_broker *broker, const struct broker_job *job)
{
    switch (job->kind) {
    case BROKER_JOB_ANSWER:
        answer_new(broker, job->subject);
        break;
    case BROKER_JOB_FILL:
        fill(broker, job->subject);
        break;
    case BROKER_JOB_END:
        end_order(broker, job->subject, ORACLE_CANCELLED, '4');
        break;
    case BROKER_JOB_EXPIRE:
        end_order(broker, job->subject, ORACLE_EXPIRED, 'C');
        break;
    case BROKER_JOB_REQUEST:
        answer_request(broker, job->subject);
        break;
    }
}

/* --- Requests come in ---------------------------------------------------------------------------
 */

/* True if that is no new request: it has had it before. */
static bool had_before(struct broker_session *session, const struct wire *wire,
                       const struct broker_request *request)
{
    struct sim_broker *broker = session->broker;
    uint32_t known = book_find(broker, request->cl_ord_id);
    if (known == BROKER_NONE) {
        return false;
    }
    if (wire->poss_dup) {
        trace_say(&broker->sim->trace, session->name, "has %s already", request->cl_ord_id);
        return true;
    }
    if (wire->poss_resend) {
        struct broker_request status = broker->requests[known];
        broker_status_answer(broker, &status);
        return true;
    }
    if (request->kind != 'D') {
        broker_cancel_reject(broker, request, 6, "that ClOrdID was used before");
        return true;
    }
    return false;
}

static void receive_request(struct broker_session *session, const struct wire *wire, char kind)
{
    struct sim_broker *broker = session->broker;
    struct broker_request request = {.kind = kind,
                                     .order = BROKER_NONE,
                                     .quantity = wire_number(wire, 38),
                                     .price = wire_number(wire, 44),
                                     .seq = wire->seq};
    wire_copy(wire, 11, request.cl_ord_id, sizeof(request.cl_ord_id));
    wire_copy(wire, 41, request.original, sizeof(request.original));
    wire_copy(wire, 790, request.status_id, sizeof(request.status_id));
    uint32_t about = book_find(broker, kind == 'H' ? request.cl_ord_id : request.original);
    if (about != BROKER_NONE) {
        request.order = broker->requests[about].order;
    }
    if ((kind != 'H' && had_before(session, wire, &request)) ||
        broker_status_rejected(session, wire, &request) ||
        (kind == 'H' && random_chance(&broker->sim->random, broker->set.deaf_permille))) {
        return;
    }
    if (kind == 'D') {
        request.order = book_take(broker, wire);
        uint32_t number = book_add_request(broker, &request);
        broker_later(broker, BROKER_JOB_ANSWER, number, broker_pause_ns(broker));
        return;
    }
    uint32_t place = broker->requests_count;
    if (kind == 'H') {
        /* Under no name of its own: it would hide the order's. */
        broker->requests = broker_grow(broker->requests, broker->requests_count,
                                       &broker->requests_capacity, sizeof(*broker->requests));
        broker->requests[broker->requests_count++] = request;
    } else {
        place = book_add_request(broker, &request);
    }
    broker_later(broker, BROKER_JOB_REQUEST, place, broker_pause_ns(broker));
}

void broker_orders_receive(struct broker_session *session, const struct wire *wire)
{
    char type = wire->type.size == 1 ? (char)wire->type.data[0] : '?';
    bool orders = session == &session->broker->sessions[BROKER_ORDERS];
    if (orders && strchr("DFGH", type) != NULL) {
        receive_request(session, wire, type);
        return;
    }
    if (orders && broker_mass_receive(session, wire)) {
        return;
    }
    struct wire_text body;
    body.size = 0;
    wire_add_uint(&body, 45, wire->seq);
    wire_add_span(&body, 372, wire->type);
    wire_add(&body, 380, "3");
    wire_add(&body, 58, "not handled here");
    (void)broker_send(session, "j", wire_fields(&body));
}
