#include "tests/tools/world.h"

#include "gateway/shell/clock.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { POLL_MS = 5, TAIL_LINES = 15, RUN_TIMEOUT_MS = 20000, END_TIMEOUT_MS = 10000 };

static const char *const broker_names[WORLD_BROKERS_MAX] = {"ALPHA", "BETA", "GAMMA", "DELTA"};

/* Paths. */

static void path_join(char out[PROCESS_PATH_BYTES_MAX], const char *prefix, const char *directory,
                      const char *name)
{
    int size = snprintf(out, PROCESS_PATH_BYTES_MAX, "%s%s/%s", prefix, directory, name);
    ASSERT(size > 0);
    ASSERT(size < PROCESS_PATH_BYTES_MAX);
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    (void)remove(path);
    return 0;
}

static void directory_remove(const char *path)
{
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void directory_make(const char *path)
{
    int made = mkdir(path, 0755);
    ASSERT(made == 0 || errno == EEXIST);
}

static void directory_choose(struct world *world)
{
    if (world->options.directory != NULL) {
        (void)snprintf(world->directory, sizeof world->directory, "%s", world->options.directory);
        directory_make(world->directory);
        return;
    }
    const char *base = getenv("TMPDIR");
    path_join(world->directory, "", base != NULL ? base : "/tmp", "fixgate-XXXXXX");
    char *made = mkdtemp(world->directory);
    ASSERT(made != NULL);
    world->own_directory = true;
}

/* The configuration. */

static void session_write(FILE *file, const struct world_broker *broker, const char *role,
                          const char *suffix, const struct world_route *route)
{
    (void)fprintf(file,
                  "\n[SESSION]\nBroker=%s\nRole=%s\nTargetCompID=%s%s\n"
                  "SocketConnectHost=%s\nSocketConnectPort=%u\n",
                  broker->name, role, broker->name, suffix, route->host, (unsigned)route->port);
}

/* The day ends half a day from now, so that it never ends within a test. */
static void day_end_write(FILE *file)
{
    struct clock clock = {.engine_ns = 0};
    uint64_t second = clock_read(&clock).engine_ns / UINT64_C(1000000000) + 43200;
    (void)fprintf(file, "DayEnd=%02u:%02u:%02u\n", (unsigned)(second / 3600 % 24),
                  (unsigned)(second / 60 % 60), (unsigned)(second % 60));
}

static void config_write(const struct world *world)
{
    FILE *file = fopen(world->config_path, "we");
    ASSERT(file != NULL);
    (void)fprintf(file,
                  "# Written by the tests and the demo for a world of their own.\n\n[GATEWAY]\n");
    (void)fprintf(file, "StorePath=%s\nDurability=%s\n", world->store_directory,
                  world->options.durability != NULL ? world->options.durability : "commit");
    day_end_write(file);
    (void)fprintf(file, "OrderEntryEndpoint=%s\nBusEndpoint=%s\nReplayEndpoint=%s\n",
                  world->order_entry_endpoint, world->bus_endpoint, world->replay_endpoint);
    (void)fprintf(file, "InternalDictionary=%s/dictionaries/FIX44-internal.xml\n",
                  FIXGATE_SOURCE_DIR);
    if (world->options.gateway_more != NULL) {
        (void)fprintf(file, "%s", world->options.gateway_more);
    }
    (void)fprintf(file,
                  "\n[DEFAULT]\nConnectionType=initiator\nBeginString=FIX.4.4\n"
                  "SenderCompID=FIXGATE\nHeartBtInt=5\nReconnectInterval=1\n"
                  "DataDictionary=%s/dictionaries/FIX44.xml\n%s",
                  FIXGATE_SOURCE_DIR,
                  world->options.default_more != NULL ? world->options.default_more : "");
    for (uint32_t index = 0; index < world->options.brokers_count; index++) {
        (void)fprintf(file, "\n[BROKER]\nName=%s\nWeight=50\n%s", world->brokers[index].name,
                      world->options.broker_more != NULL ? world->options.broker_more : "");
    }
    if (world->options.config_more != NULL) {
        (void)fprintf(file, "\n%s", world->options.config_more);
    }
    if (world->options.router_off) {
        (void)fprintf(file, "\n[ROUTER]\nRun=N\n");
    }
    for (uint32_t index = 0; index < world->options.brokers_count; index++) {
        const struct world_broker *broker = &world->brokers[index];
        struct world_route route = {.host = "127.0.0.1", .port = broker->port};
        if (world->options.routes != NULL) {
            route = world->options.routes[index];
        }
        session_write(file, broker, "orders", "", &route);
        if (!world->options.drop_copy_off) {
            session_write(file, broker, "dropcopy", "-DC", &route);
        }
    }
    int closed = fclose(file);
    ASSERT(closed == 0);
}

void world_open(struct world *world, const struct world_options *options)
{
    ASSERT(options->brokers_count >= 1);
    ASSERT(options->brokers_count <= WORLD_BROKERS_MAX);
    *world = (struct world){.options = *options};
    process_programs(world->programs);
    directory_choose(world);
    path_join(world->config_path, "", world->directory, "fixgate.cfg");
    path_join(world->journal_path, "", world->directory, "oms.log");
    path_join(world->store_directory, "", world->directory, "store");
    if (options->store_directory != NULL) {
        path_join(world->store_directory, "", options->store_directory, "store");
    }
    path_join(world->order_entry_endpoint, "ipc://", world->directory, "order-entry.ipc");
    path_join(world->bus_endpoint, "ipc://", world->directory, "bus.ipc");
    path_join(world->replay_endpoint, "ipc://", world->directory, "replay.ipc");
    for (uint32_t index = 0; index < options->brokers_count; index++) {
        struct world_broker *broker = &world->brokers[index];
        broker->name = broker_names[index];
        broker->port = process_free_port(
            (uint16_t)(options->port_first != 0 ? options->port_first + index : 0));
        path_join(broker->directory, "", world->directory, broker->name);
        directory_make(broker->directory);
    }
    config_write(world);
}

bool world_close(struct world *world)
{
    if (world->oms != NULL) {
        oms_close(world->oms);
        world->oms = NULL;
    }
    bool up = process_running(&world->gateway);
    int code = process_end(&world->gateway, SIGTERM, END_TIMEOUT_MS);
    if (up && code != 0) {
        (void)world_fail(world, "the gateway did not end well");
    }
    for (uint32_t index = 0; index < world->options.brokers_count; index++) {
        (void)process_end(&world->brokers[index].process, SIGTERM, END_TIMEOUT_MS);
    }
    if (world->own_directory && !world->failed) {
        directory_remove(world->directory);
    }
    return !up || code == 0;
}

/* Processes. */

bool world_fail(struct world *world, const char *what)
{
    world->failed = true;
    (void)fprintf(stderr, "\nFAILED: %s\nEverything is kept in %s\n", what, world->directory);
    process_print_tail(&world->gateway, stderr, TAIL_LINES);
    for (uint32_t index = 0; index < world->options.brokers_count; index++) {
        process_print_tail(&world->brokers[index].process, stderr, TAIL_LINES);
    }
    return false;
}

static bool logged(struct world *world, const struct process *process, const char *text)
{
    (void)world;
    return process_logged(process, text, NULL, 0);
}

/* Waits for a line of a child's log; the OMS goes on meanwhile. */
static bool await_log(struct world *world, struct process *process, const char *text)
{
    char what[256];
    uint64_t deadline_ns = process_now_ns() + (uint64_t)WORLD_READY_MS * UINT64_C(1000000);
    while (!logged(world, process, text)) {
        if (!process_running(process)) {
            (void)snprintf(what, sizeof what, "%s ended with %d before it said \"%s\"",
                           process->name, process->exit_code, text);
            return world_fail(world, what);
        }
        if (process_now_ns() > deadline_ns) {
            (void)snprintf(what, sizeof what, "%s never said \"%s\"", process->name, text);
            return world_fail(world, what);
        }
        if (world->oms != NULL) {
            oms_poll(world->oms, POLL_MS);
        } else {
            process_pause(POLL_MS);
        }
    }
    return true;
}

bool world_broker_start(struct world *world, uint32_t index)
{
    struct world_broker *broker = &world->brokers[index];
    char program[PROCESS_PATH_BYTES_MAX];
    char log_path[PROCESS_PATH_BYTES_MAX];
    char port[8];
    path_join(program, "", world->programs, "broker");
    (void)snprintf(port, sizeof port, "%u", (unsigned)broker->port);
    (void)snprintf(log_path, sizeof log_path, "%.480s/%s.out", world->directory, broker->name);
    const char *arguments[PROCESS_ARGUMENTS_MAX + 1] = {
        program, "--name",  broker->name,      "--port",
        port,    "--store", broker->directory, "--drop-copy"};
    size_t count = 8;
    const char *const *more = world->options.broker_arguments;
    while (more != NULL && *more != NULL) {
        ASSERT(count < PROCESS_ARGUMENTS_MAX);
        arguments[count++] = *more++;
    }
    if (!process_start(&broker->process, broker->name, log_path, arguments)) {
        return world_fail(world, "a broker could not be started");
    }
    return await_log(world, &broker->process, "READY port=");
}

void world_broker_kill(struct world *world, uint32_t index)
{
    (void)process_end(&world->brokers[index].process, SIGKILL, END_TIMEOUT_MS);
}

int world_broker_control(struct world *world, uint32_t index, const char *command)
{
    char program[PROCESS_PATH_BYTES_MAX];
    char output[4096];
    path_join(program, "", world->programs, "broker");
    const char *const arguments[] = {program, "--control", world->brokers[index].directory, command,
                                     NULL};
    return process_run(arguments, NULL, output, sizeof output, RUN_TIMEOUT_MS);
}

bool world_gateway_launch(struct world *world)
{
    char program[PROCESS_PATH_BYTES_MAX];
    char log_path[PROCESS_PATH_BYTES_MAX];
    path_join(program, "", world->programs, "fixgate");
    path_join(log_path, "", world->directory, "fixgate.out");
    const char *const arguments[] = {program, "run", "-c", world->config_path, NULL};
    return process_start_with(&world->gateway, "fixgate", log_path, arguments,
                              world->gateway_environment) ||
           world_fail(world, "the gateway could not be started");
}

bool world_gateway_start(struct world *world)
{
    return world_gateway_launch(world) && await_log(world, &world->gateway, "fixgate ready");
}

void world_gateway_kill(struct world *world)
{
    (void)process_end(&world->gateway, SIGKILL, END_TIMEOUT_MS);
}

int world_fixgate(struct world *world, const char *const *arguments, const char *input,
                  char *output, size_t capacity)
{
    char program[PROCESS_PATH_BYTES_MAX];
    path_join(program, "", world->programs, "fixgate");
    const char *all[PROCESS_ARGUMENTS_MAX + 1] = {program};
    for (size_t count = 0; arguments[count] != NULL; count++) {
        ASSERT(count + 1 < PROCESS_ARGUMENTS_MAX);
        all[count + 1] = arguments[count];
    }
    return process_run(all, input, output, capacity, RUN_TIMEOUT_MS);
}

bool world_oms_open(struct world *world)
{
    const struct oms_config config = {
        .comp_id = "OMS",
        .order_entry_endpoint = world->order_entry_endpoint,
        .bus_endpoint = world->bus_endpoint,
        .replay_endpoint = world->replay_endpoint,
        .journal_path = world->journal_path,
        .resubmit_ns = UINT64_C(1000000000),
        .resume = true,
    };
    world->oms = oms_open(&config);
    return world->oms != NULL || world_fail(world, "the OMS could not be opened");
}

void world_oms_kill(struct world *world)
{
    oms_close(world->oms);
    world->oms = NULL;
}

bool world_start(struct world *world)
{
    for (uint32_t index = 0; index < world->options.brokers_count; index++) {
        bool foreign = index < world->options.foreign_brokers;
        if (!foreign && !world_broker_start(world, index)) {
            return false;
        }
    }
    return world_oms_open(world) && world_gateway_start(world);
}

/* Waiting. */

/* The name of a child that ended by itself, or NULL. */
static const char *casualty(struct world *world)
{
    if (world->gateway.pid != 0 && !process_running(&world->gateway)) {
        return "the gateway ended by itself";
    }
    for (uint32_t index = 0; index < world->options.brokers_count; index++) {
        struct process *process = &world->brokers[index].process;
        if (process->pid != 0 && !process_running(process)) {
            return "a broker ended by itself";
        }
    }
    return NULL;
}

/* How it stands, for whoever has to find out why it does not go on. */
static void print_audit(struct world *world)
{
    if (world->oms != NULL) {
        struct audit *audit = calloc(1, sizeof *audit);
        ASSERT(audit != NULL);
        world_audit(world, audit);
        audit_print(audit, stderr);
        audit_free(audit);
        free(audit);
    }
}

bool world_await(struct world *world, bool (*condition)(struct world *world, void *context),
                 void *context, int timeout_ms, const char *what)
{
    uint64_t deadline_ns = process_now_ns() + (uint64_t)timeout_ms * UINT64_C(1000000);
    char message[256];
    while (!condition(world, context)) {
        const char *ended = casualty(world);
        if (ended != NULL) {
            (void)snprintf(message, sizeof message, "%s while waiting for: %s", ended, what);
            return world_fail(world, message);
        }
        if (process_now_ns() > deadline_ns) {
            (void)snprintf(message, sizeof message, "not within %d ms: %s", timeout_ms, what);
            print_audit(world);
            return world_fail(world, message);
        }
        if (world->oms != NULL) {
            oms_poll(world->oms, POLL_MS);
        } else {
            process_pause(POLL_MS);
        }
    }
    return true;
}

bool world_all_answered(struct world *world, void *context)
{
    (void)context;
    return oms_counts(world->oms)->unanswered == 0;
}

bool world_all_ended(struct world *world, void *context)
{
    return world_all_answered(world, context) && oms_counts(world->oms)->open_orders == 0;
}

void world_audit(struct world *world, struct audit *audit)
{
    const char *directories[WORLD_BROKERS_MAX];
    uint32_t first = world->options.foreign_brokers;
    uint32_t count = world->options.brokers_count - first;
    audit_init(audit);
    (void)audit_journal(audit, world->journal_path);
    for (uint32_t index = 0; index < count; index++) {
        directories[index] = world->brokers[first + index].directory;
    }
    (void)audit_brokers(audit, directories, count);
    for (uint32_t index = 0; index < count; index++) {
        (void)audit_wire(audit, world->brokers[first + index].name, directories[index]);
    }
    audit_judge(audit);
}

bool world_judge(struct world *world)
{
    struct audit *audit = calloc(1, sizeof *audit);
    ASSERT(audit != NULL);
    world_audit(world, audit);
    audit_print(audit, stdout);
    bool good = audit_good(audit) && audit->counts.unanswered == 0 && audit->counts.in_doubt == 0;
    audit_free(audit);
    free(audit);
    return good || world_fail(world, "the audit found faults");
}
