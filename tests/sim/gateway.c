#include "tests/sim/gateway.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/core/engine/event.h"
#include "gateway/core/engine/tables.h"
#include "tests/sim/broker.h"
#include "tests/sim/gateway_parts.h"
#include "tests/sim/oms.h"
#include "tests/sim/router_actor.h"

enum {
    IDLE_TURNS_MAX = 16, /* Turns with nothing to do while the deadline stands still. */
    STOP_LIMIT_SECONDS = 10,
    WAKE_GRAIN_NS = 1000000, /* A sleep of the shell is of whole milliseconds. */
};

const char *gateway_session_name(const struct sim_gateway *gateway, uint32_t session)
{
    static char name[64];
    const struct engine_session_config *config = &gateway->config->sessions[session];
    (void)snprintf(name, sizeof(name), "%s%s", gateway->config->brokers[config->broker].name,
                   config->role == ROLE_DROPCOPY ? "/dropcopy" : "");
    return name;
}

const char *gateway_to(const struct sim_gateway *gateway, uint32_t session)
{
    static char name[96];
    (void)snprintf(name, sizeof(name), "gateway > %s", gateway_session_name(gateway, session));
    return name;
}

/* --- Its store ------------------------------------------------------------------------- */

static void store_remove(const struct sim_gateway *gateway)
{
    static const char *const files[] = {"data.mdb", "lock.mdb", "owner", "guard"};
    char path[GATEWAY_PATH_BYTES_MAX + 16];
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", gateway->path, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(gateway->path);
}

static bool store_start(struct sim_gateway *gateway)
{
    char names[SIM_SESSIONS_MAX][96];
    const char *tables[TABLE_OUT + SIM_SESSIONS_MAX];
    char error[STORE_ERROR_BYTES_MAX];
    for (uint32_t table = 0; table < TABLE_OUT; table++) {
        tables[table] = table_name((enum table)table);
    }
    for (uint32_t session = 0; session < gateway->config->sessions_count; session++) {
        (void)snprintf(names[session], sizeof(names[session]), "out/%s",
                       gateway->config->sessions[session].id);
        tables[TABLE_OUT + session] = names[session];
    }
    const struct store_config config = {
        .path = gateway->path,
        .durability = gateway->settings.durability_commit ? STORE_COMMIT : STORE_PROCESS,
        .map_bytes_initial = gateway->settings.map_bytes,
        .tables = tables,
        .tables_count = TABLE_OUT + gateway->config->sessions_count,
        .instance_id = gateway->config->instance_id,
    };
    if (store_open(&config, &gateway->store, error) != STATUS_OK) {
        sim_violate(gateway->sim, ORACLE_STARTS, "the store was refused: %s", error);
        return false;
    }
    enum status first = store_reader_open(gateway->store, &gateway->store_reader);
    enum status second = store_reader_open(gateway->store, &gateway->check_reader);
    ASSERT(first == STATUS_OK);
    ASSERT(second == STATUS_OK);
    store_faults_spare(gateway->check_reader);
    return true;
}

static void store_end(struct sim_gateway *gateway, bool orderly)
{
    store_reader_close(gateway->store_reader);
    store_reader_close(gateway->check_reader);
    if (orderly) {
        store_close(gateway->store);
    } else {
        store_faults_die(gateway->store);
    }
    gateway->store = NULL;
}

/* --- Life -------------------------------------------------------------------------------- */

struct sim_gateway *sim_gateway_new(struct sim *sim, const struct engine_config *config,
                                    const struct sim_gateway_settings *settings)
{
    struct sim_gateway *gateway = calloc(1, sizeof(*gateway));
    ASSERT(gateway != NULL);
    gateway->sim = sim;
    gateway->config = config;
    gateway->settings = *settings;
    const char *directory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(gateway->path, sizeof(gateway->path), "%s/fixgate-sim-%ld", directory,
                   (long)getpid());
    store_remove(gateway);
    ports_init(gateway);
    return gateway;
}

static void forget_requests(struct sim_gateway *gateway)
{
    while (gateway->requests != NULL) {
        struct request *request = gateway->requests;
        gateway->requests = request->next;
        free(request);
    }
    gateway->requests_last = NULL;
}

/* All that this life had in memory. */
static void end_life(struct sim_gateway *gateway, bool silent, bool orderly)
{
    gateway->up = false;
    gateway->life++;
    gateway->crashed = false;
    gateway->crash_point = CRASH_NONE;
    lines_die(gateway, silent);
    forget_requests(gateway);
    store_end(gateway, orderly);
    (void)munmap(gateway->engine, sizeof(*gateway->engine));
    (void)munmap(gateway->turn, sizeof(*gateway->turn));
    gateway->engine = NULL;
    gateway->turn = NULL;
}

void sim_gateway_free(struct sim_gateway *gateway)
{
    if (gateway == NULL) {
        return;
    }
    if (gateway->up) {
        end_life(gateway, false, false);
    }
    store_remove(gateway);
    free(gateway);
}

static void act_restart(void *actor, uint64_t life)
{
    struct sim_gateway *gateway = actor;
    if (!gateway->up && gateway->life == life) {
        sim_gateway_start(gateway);
    }
}

/* Its process has ended: whoever is connected sees that, and somebody starts it again. */
static void come_back(struct sim_gateway *gateway)
{
    for (uint32_t i = 0; i < gateway->sim->oms_count; i++) {
        sim_oms_reconnected(gateway->sim->oms[i]);
    }
    sim_bus_disconnected(gateway->sim->bus);
    if (gateway->sim->router != NULL) {
        sim_router_disconnected(gateway->sim->router);
    }
    if (gateway->settings.restart_most_ns > 0) {
        sim_later(gateway->sim,
                  random_between(&gateway->sim->random, gateway->settings.restart_least_ns,
                                 gateway->settings.restart_most_ns),
                  act_restart, gateway, gateway->life);
    }
}

void gateway_die(struct sim_gateway *gateway, bool silent, const char *how)
{
    trace_say(&gateway->sim->trace, "gateway", "DIES %s", how);
    end_life(gateway, silent, false);
    come_back(gateway);
}

/* Many megabytes, of which a world touches few: the system zeroes those alone. */
static void *zeroed(size_t size)
{
    int zeros = open("/dev/zero", O_RDWR | O_CLOEXEC);
    ASSERT(zeros >= 0);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, zeros, 0);
    ASSERT(memory != MAP_FAILED);
    (void)close(zeros);
    return memory;
}

/* The whole engine is made anew, as by a new process. */
void sim_gateway_start(struct sim_gateway *gateway)
{
    struct sim *sim = gateway->sim;
    char reason[ENGINE_TEXT_BYTES_MAX + 1];
    ASSERT(!gateway->up);
    if (!store_start(gateway)) {
        return;
    }
    gateway->up = true;
    gateway->stopping = false;
    gateway->stop_wanted = false;
    gateway->turns = 0;
    gateway->idle_turns = 0;
    gateway->busy_until_ns = 0;
    gateway->turn_at_ns = UINT64_MAX;
    gateway->commands_count = 0;
    gateway->asked_count = 0;
    gateway->clock = (struct clock){0};
    gateway->engine = zeroed(sizeof(*gateway->engine));
    gateway->turn = zeroed(sizeof(*gateway->turn));
    lines_start(gateway);
    apply_reader_init(&gateway->reader, gateway->store_reader);
    struct instant now = clock_advance(&gateway->clock, sim->now_ns + (uint64_t)gateway->skew_ns,
                                       sim->now_ns - SIM_BEGIN_NS + 1);
    enum status status = store_read_begin(gateway->store_reader);
    ASSERT(status == STATUS_OK);
    const char *refused =
        engine_start(gateway->engine, gateway->config, gateway->turn, &gateway->reader.port,
                     store_batch_number(gateway->store), now.engine_ns, reason);
    store_read_end(gateway->store_reader);
    if (gateway->reader.status != STATUS_OK && gateway->fault_meant) {
        gateway->fault_meant = false;
        gateway_die(gateway, false, "at its start, for the store cannot be read");
        return;
    }
    if (refused != NULL) {
        sim_violate(sim, ORACLE_STARTS, "the engine refused its store: %s", refused);
        return;
    }
    trace_say(&sim->trace, "gateway", "starts, life %" PRIu32 ": batch %" PRIu64 " was the last",
              gateway->life + 1, store_batch_number(gateway->store));
    limits_started(gateway, store_batch_number(gateway->store));
    oracle_gateway_started(sim->oracle);
    for (uint32_t i = 0; i < sim->oms_count; i++) {
        sim_oms_reconnected(sim->oms[i]);
    }
    gateway_wake(gateway, sim->now_ns);
}

bool sim_gateway_up(const struct sim_gateway *gateway)
{
    return gateway->up;
}

/* --- The turn ------------------------------------------------------------------------------ */

static void act_turn(void *actor, uint64_t serial);

void gateway_wake(struct sim_gateway *gateway, uint64_t at_ns)
{
    if (!gateway->up) {
        return;
    }
    at_ns = at_ns > gateway->busy_until_ns ? at_ns : gateway->busy_until_ns;
    at_ns = at_ns > gateway->sim->now_ns ? at_ns : gateway->sim->now_ns;
    if (at_ns < gateway->turn_at_ns) {
        gateway->turn_at_ns = at_ns;
        gateway->turn_serial++;
        agenda_add(&gateway->sim->agenda, at_ns, act_turn, gateway, gateway->turn_serial);
    }
}

static void step_requests(struct sim_gateway *gateway)
{
    uint32_t taken = 0;
    while (gateway->requests != NULL && taken < gateway->settings.requests_most &&
           !engine_turn_full(gateway->engine)) {
        struct request *request = gateway->requests;
        gateway->requests = request->next;
        gateway->requests_last = gateway->requests == NULL ? NULL : gateway->requests_last;
        engine_request(gateway->engine, span_of(NULL, 0),
                       span_of(&request->oms, sizeof(request->oms)),
                       span_of(request->bytes, request->size));
        free(request);
        taken++;
    }
}

static void step_commands(struct sim_gateway *gateway)
{
    char answer[ENGINE_TEXT_BYTES_MAX + 1];
    for (uint32_t i = 0; i < gateway->commands_count; i++) {
        const struct session_asked *command = &gateway->commands[i];
        bool done = engine_session_command(gateway->engine, command->session, command->command,
                                           command->confirmed, span_text("ops"), answer);
        trace_say(&gateway->sim->trace, "gateway", "%s %s %s: %s",
                  gateway_session_name(gateway, command->session),
                  session_command_name(command->command), done ? "was done" : "was refused",
                  answer);
        if (done && command->command == SESSION_COMMAND_RESET) {
            oracle_numbers_reset(gateway->sim->oracle, command->session);
        }
    }
    gateway->commands_count = 0;
}

static void step_stop(struct sim_gateway *gateway)
{
    if (gateway->stop_wanted && !gateway->stopping) {
        gateway->stopping = true;
        gateway->stop_deadline_ns = gateway->sim->now_ns + STOP_LIMIT_SECONDS * SIM_SECOND_NS;
        engine_stop(gateway->engine);
    }
}

static bool finished(const struct sim_gateway *gateway)
{
    return gateway->stopping &&
           (engine_stopped(gateway->engine) || gateway->sim->now_ns >= gateway->stop_deadline_ns);
}

/* A failure of the store ends the process (design §1). */
static bool let_out(struct sim_gateway *gateway)
{
    struct sim *sim = gateway->sim;
    if (gateway->crash_point == CRASH_BEFORE_COMMIT) {
        gateway_die(gateway, gateway->crash_silent, "before the commit");
        return false;
    }
    uint64_t number = gateway->turn->batch.number;
    bool in_commit = gateway->crash_point == CRASH_IN_COMMIT && gateway->turn->batch.count > 0;
    if (gateway->turn->batch.count > 0) {
        trace_say(&sim->trace, "gateway",
                  "turn %" PRIu64 ": batch %" PRIu64 " of %" PRIu32 " writes, %" PRIu32 " releases",
                  gateway->turns, number, gateway->turn->batch.count,
                  gateway->turn->releases.count);
    }
    enum status status =
        apply_turn(gateway->store, &gateway->reader, gateway->turn, &gateway->ports);
    if (status != STATUS_OK) {
        bool meant = gateway->fault_meant;
        gateway->fault_meant = false;
        if (!meant) {
            sim_violate(sim, ORACLE_STARTS, "the store failed by itself: %s",
                        store_error(gateway->store));
        }
        gateway_die(gateway, gateway->crash_silent,
                    in_commit ? "within the commit" : "because the store failed");
        return false;
    }
    if (gateway->turn->batch.count > 0) {
        limits_committed(gateway, number);
    }
    if (gateway->crashed || gateway->crash_point == CRASH_AFTER_RELEASES) {
        gateway_die(gateway, gateway->crash_silent, "between two releases");
        return false;
    }
    durable_numbers(sim, &gateway->durable, gateway->check_reader, gateway->config);
    return true;
}

static uint64_t turn_cost(struct sim_gateway *gateway)
{
    if (gateway->slow_turns > 0) {
        gateway->slow_turns--;
        return gateway->slow_ns;
    }
    return random_between(&gateway->sim->random, gateway->settings.turn_least_ns,
                          gateway->settings.turn_most_ns);
}

/* Where resends and the passes of kills are: a long gap fill takes turns that let nothing out, and
 * so does a look for what is left to be killed. */
static uint64_t resend_places(const struct sim_gateway *gateway)
{
    uint64_t places = 0;
    for (uint32_t i = 0; i < gateway->engine->kills.count; i++) {
        const struct kill *kill = &gateway->engine->kills.list[i];
        places += (uint64_t)kill->pass * 1000 + (uint64_t)kill->stage * 10 + kill->turn_over;
    }
    for (uint32_t session = 0; session < gateway->config->sessions_count; session++) {
        uint64_t next = 0;
        uint64_t end = 0;
        (void)session_resend_next(&gateway->engine->links[session].session, &next, &end);
        places += next;
    }
    return places;
}

/* After a turn that found nothing to do the deadline lies ahead. */
static void check_deadline(struct sim_gateway *gateway, bool anything)
{
    uint64_t places = resend_places(gateway);
    anything = anything || places != gateway->resend_places;
    gateway->resend_places = places;
    bool due = engine_deadline_ns(gateway->engine) <= gateway->clock.engine_ns;
    gateway->idle_turns = due && !anything ? gateway->idle_turns + 1 : 0;
    if (gateway->idle_turns > IDLE_TURNS_MAX) {
        sim_violate(gateway->sim, ORACLE_DEADLINE,
                    "%d turns in a row had nothing to do, and the deadline stands still",
                    IDLE_TURNS_MAX);
    }
}

static void plan_next(struct sim_gateway *gateway, bool full)
{
    struct sim *sim = gateway->sim;
    if (full || gateway->requests != NULL || gateway->commands_count > 0 ||
        gateway->asked_count > 0 || lines_pending(gateway)) {
        gateway_wake(gateway, sim->now_ns);
        return;
    }
    uint64_t deadline_ns = engine_deadline_ns(gateway->engine);
    uint64_t engine_ns = gateway->clock.engine_ns;
    if (deadline_ns <= engine_ns) {
        gateway_wake(gateway, sim->now_ns);
    } else if (deadline_ns != UINT64_MAX) {
        uint64_t sleep_ns = deadline_ns - engine_ns;
        gateway_wake(gateway,
                     sim->now_ns + sleep_ns / WAKE_GRAIN_NS * WAKE_GRAIN_NS + WAKE_GRAIN_NS);
    }
    uint64_t lines_ns = lines_deadline_ns(gateway);
    if (lines_ns != UINT64_MAX) {
        gateway_wake(gateway, lines_ns);
    }
    if (gateway->stopping) {
        gateway_wake(gateway, gateway->stop_deadline_ns);
    }
}

static void act_turn(void *actor, uint64_t serial)
{
    struct sim_gateway *gateway = actor;
    struct sim *sim = gateway->sim;
    if (!gateway->up || serial != gateway->turn_serial) {
        return;
    }
    gateway->turn_at_ns = UINT64_MAX;
    gateway->turns++;
    gateway->turns_total++;
    struct instant now = clock_advance(&gateway->clock, sim->now_ns + (uint64_t)gateway->skew_ns,
                                       sim->now_ns - SIM_BEGIN_NS + 1);
    enum status status = store_read_begin(gateway->store_reader);
    ASSERT(status == STATUS_OK);
    engine_turn_begin(gateway->engine, &gateway->reader.port, now.engine_ns);
    if (now.step_ns != 0) {
        engine_clock_step(gateway->engine, now.step_ns);
    }
    engine_space(gateway->engine, gateway->disk_low);
    step_stop(gateway);
    lines_step(gateway);
    step_requests(gateway);
    step_commands(gateway);
    commands_step(gateway);
    engine_tick(gateway->engine);
    bool full = engine_turn_full(gateway->engine);
    bool anything = engine_turn_end(gateway->engine);
    store_read_end(gateway->store_reader);
    gateway->busy_until_ns = sim->now_ns + turn_cost(gateway);
    if (anything || gateway->reader.status != STATUS_OK) {
        if (!let_out(gateway)) {
            return;
        }
    }
    lines_flush(gateway);
    check_deadline(gateway, anything);
    if (finished(gateway)) {
        trace_say(&sim->trace, "gateway", "has ended in good order");
        end_life(gateway, false, true);
        come_back(gateway);
        return;
    }
    plan_next(gateway, full);
}

/* --- What others ask of it -------------------------------------------------------------------- */

void sim_gateway_request(struct sim_gateway *gateway, uint32_t oms, struct span bytes)
{
    if (!gateway->up) {
        return;
    }
    struct request *request = calloc(1, sizeof(*request) + bytes.size);
    ASSERT(request != NULL);
    request->oms = oms;
    request->size = bytes.size;
    memcpy(request->bytes, bytes.data, bytes.size);
    if (gateway->requests_last != NULL) {
        gateway->requests_last->next = request;
    } else {
        gateway->requests = request;
    }
    gateway->requests_last = request;
    gateway_wake(gateway, gateway->sim->now_ns);
}

bool sim_gateway_replay(struct sim_gateway *gateway, uint64_t from, uint32_t most,
                        void (*take)(void *context, uint64_t bus_seq, struct span topic,
                                     struct span message),
                        void *context)
{
    if (!gateway->up) {
        return false;
    }
    uint8_t first[EVENT_KEY_BYTES];
    struct span key;
    struct span value;
    struct event event;
    bus_seq_encode(from, first);
    enum status status = store_read_begin(gateway->check_reader);
    ASSERT(status == STATUS_OK);
    status =
        store_seek(gateway->check_reader, TABLE_EVENT, span_of(first, sizeof(first)), &key, &value);
    for (uint32_t i = 0; status == STATUS_OK && i < most; i++) {
        bool decoded = event_decode(key, value, &event);
        ASSERT(decoded);
        take(context, event.bus_seq, event.topic, event.message);
        status = store_after(gateway->check_reader, TABLE_EVENT, key, &key, &value);
    }
    store_read_end(gateway->check_reader);
    return status == STATUS_OK;
}

uint64_t sim_gateway_last_event(struct sim_gateway *gateway)
{
    struct span key;
    struct span value;
    uint64_t last = 0;
    if (!gateway->up) {
        return 0;
    }
    enum status status = store_read_begin(gateway->check_reader);
    ASSERT(status == STATUS_OK);
    if (store_last(gateway->check_reader, TABLE_EVENT, &key, &value) == STATUS_OK) {
        last = bus_seq_decode(key);
    }
    store_read_end(gateway->check_reader);
    return last;
}

void sim_gateway_numbers(struct sim_gateway *gateway, uint32_t session, uint64_t *in_next,
                         uint64_t *out_next)
{
    uint32_t resets;
    *in_next = 0;
    *out_next = 0;
    if (!gateway->up) {
        return;
    }
    enum status status = store_read_begin(gateway->check_reader);
    ASSERT(status == STATUS_OK);
    (void)durable_numbers_of(gateway->check_reader, gateway->config->sessions[session].id, &resets,
                             in_next, out_next);
    store_read_end(gateway->check_reader);
}

uint64_t sim_gateway_turns(const struct sim_gateway *gateway)
{
    return gateway->turns_total;
}

uint64_t sim_gateway_queued(const struct sim_gateway *gateway)
{
    return gateway->up ? gateway->engine->queued_count - gateway->engine->queued_changes : 0;
}

uint64_t sim_gateway_queued_changes(const struct sim_gateway *gateway)
{
    return gateway->up ? gateway->engine->queued_changes : 0;
}

bool sim_gateway_asks(const struct sim_gateway *gateway, uint32_t session)
{
    return gateway->up && (gateway->engine->links[session].application_due_ns != UINT64_MAX ||
                           gateway->engine->links[session].hunt_count > 0);
}

bool sim_gateway_ready(const struct sim_gateway *gateway, uint32_t session)
{
    return gateway->up && gateway->engine->links[session].session.state == SESSION_READY;
}
