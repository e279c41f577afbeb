#include "tests/torture/arena.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    POLL_MS = 20,
    AWAY_MS = 5,
    WINDOW = 800,
    STATUS_LINE_BYTES_MAX = 256,
    COMMAND_OUTPUT_BYTES = 2048,
    END_MS = 10000,
    TAIL_LINES = 15,
};

static const uint64_t NS_PER_MS = 1000000;

static const char gateway_more[] = "StoreReserve=8M\nStoreMapInitial=4M\n";
/* Two persons may force an order in doubt on. */
static const char broker_more[] = "InDoubtPolicy=operator\n";
/* A breaker is closed again within the rest. */
#define ROUTER_QUICK "OpenBackoff=1\nOpenBackoffMax=4\nProbeInterval=1\nEchoTimeout=4\nRampTime=2\n"
static const char router_thread[] = "[ROUTER]\nRun=Y\n" ROUTER_QUICK;
static const char router_apart[] = "[ROUTER]\nRun=N\n" ROUTER_QUICK;
static const char *const broker_arguments[] = {"--ack-latency",
                                               "3",
                                               "--fill-latency",
                                               "25",
                                               "--partial-fills",
                                               "2",
                                               "--reject-rate",
                                               "2",
                                               "--fill-rate",
                                               "97",
                                               NULL};

/* --- Parts -------------------------------------------------------------------------- */

void arena_gateway_kill(struct arena *arena)
{
    arena->gateway_down = true;
    arena->gateway_stopped = false;
    world_gateway_kill(&arena->world);
}

bool arena_disk_excuses(const struct arena *arena)
{
    return arena->disk_bad ||
           process_now_ns() - arena->disk_ok_ns < ARENA_DISK_GRACE_MS * NS_PER_MS;
}

bool arena_gateway_ready(const struct arena *arena)
{
    return !arena->gateway_down && !arena->gateway_stopped &&
           process_logged(&arena->world.gateway, "fixgate ready", NULL, 0);
}

bool arena_gateway_up(struct arena *arena)
{
    if (!arena->gateway_down || arena->disk_bad) {
        return true;
    }
    disk_prepare(&arena->disk);
    network_enter_gateway(arena->network);
    bool started = world_gateway_launch(&arena->world);
    network_leave_gateway(arena->network);
    arena->gateway_down = false;
    arena->counts.gateway_starts++;
    return started;
}

const char *arena_router_text(enum arena_router router)
{
    static const char *const texts[] = {
#define X(name, text) text,
        ARENA_ROUTERS(X)
#undef X
    };
    ASSERT(router < ARENA_ROUTERS_COUNT);
    return texts[router];
}

void arena_router_kill(struct arena *arena)
{
    if (arena->options.router == ARENA_ROUTER_PROCESS) {
        arena->router_down = true;
        (void)process_end(&arena->router, SIGKILL, END_MS);
    }
}

/* It lives by the gateway's time of day. */
bool arena_router_up(struct arena *arena)
{
    char program[PROCESS_PATH_BYTES_MAX + 16];
    char log_path[PROCESS_PATH_BYTES_MAX + 16];
    const struct world *world = &arena->world;
    static const char preload[] = "LD_PRELOAD=" BAD_CLOCK_LIBRARY;
    static const char order[] = "ASAN_OPTIONS=verify_asan_link_order=0";
    const char *const environment[] = {preload, order, arena->clock_file, NULL};
    if (!arena->router_down) {
        return true;
    }
    (void)snprintf(program, sizeof program, "%s/fixgate", world->programs);
    (void)snprintf(log_path, sizeof log_path, "%s/router.out", world->directory);
    const char *const arguments[] = {program, "service", "router", "-c", world->config_path, NULL};
    arena->router_down = false;
    arena->counts.router_starts++;
    return process_start_with(&arena->router, "router", log_path, arguments, environment) ||
           world_fail(&arena->world, "the router could not be started");
}

void arena_broker_kill(struct arena *arena, uint32_t broker)
{
    arena->brokers[broker].down = true;
    arena->brokers[broker].stopped = false;
    world_broker_kill(&arena->world, broker);
}

bool arena_broker_up(struct arena *arena, uint32_t broker)
{
    if (!arena->brokers[broker].down) {
        return true;
    }
    arena->brokers[broker].down = false;
    arena->counts.broker_starts++;
    return world_broker_start(&arena->world, broker);
}

bool arena_tell(struct arena *arena, uint32_t broker, const char *command)
{
    return !arena->brokers[broker].down && !arena->brokers[broker].stopped &&
           world_broker_control(&arena->world, broker, command) == 0;
}

bool arena_ask(struct arena *arena, uint32_t broker, const char *command, char *output,
               size_t capacity)
{
    char program[PROCESS_PATH_BYTES_MAX + 16];
    (void)snprintf(program, sizeof program, "%s/broker", arena->world.programs);
    const char *const arguments[] = {program, "--control", arena->world.brokers[broker].directory,
                                     command, NULL};
    return !arena->brokers[broker].down && !arena->brokers[broker].stopped &&
           process_run(arguments, NULL, output, capacity, END_MS) == 0;
}

bool arena_operate(struct arena *arena, uint32_t broker, const char *verb)
{
    char output[COMMAND_OUTPUT_BYTES];
    if (!arena_gateway_ready(arena)) {
        return false;
    }
    const char *session = arena->world.brokers[broker].name; /* Its TargetCompID. */
    const char *const words[] = {"session",    verb, session, "-c", arena->world.config_path,
                                 "--operator", "jo", NULL};
    return world_fixgate(&arena->world, words, NULL, output, sizeof output) == 0;
}

void arena_log_on(struct arena *arena, uint32_t broker)
{
    if (arena->brokers[broker].logged_off && arena_operate(arena, broker, "logon")) {
        arena->brokers[broker].logged_off = false;
    }
}

/* --- Beginning and end ------------------------------------------------------------------ */

static void lines_open(struct arena *arena)
{
    for (uint32_t index = 0; index < arena->options.brokers_count; index++) {
        network_address(arena->network, index, arena->hosts[index]);
        arena->cutters[index] = cutter_open_at(arena->hosts[index], 1, arena->options.seed + index);
        ASSERT(arena->cutters[index] != NULL);
        arena->routes[index] = (struct world_route){.host = arena->hosts[index],
                                                    .port = cutter_port(arena->cutters[index])};
    }
}

/* The disk's, and the clock with it. */
static void environment_make(struct arena *arena)
{
    static const char preload[] = "LD_PRELOAD=";
    char path[PROCESS_PATH_BYTES_MAX - sizeof BAD_CLOCK];
    size_t count = 0;
    for (; arena->disk.environment.list[count] != NULL; count++) {
        const char *entry = arena->disk.environment.list[count];
        arena->environment[count] = entry;
        if (strncmp(entry, preload, sizeof preload - 1) == 0) {
            int size =
                snprintf(arena->preload, sizeof arena->preload, "%s:%s", entry, BAD_CLOCK_LIBRARY);
            ASSERT(size < (int)sizeof arena->preload);
            arena->environment[count] = arena->preload;
        }
    }
    ASSERT(count < ARENA_ENVIRONMENT_MAX);
    int size = snprintf(path, sizeof path, "%s/clock", arena->options.directory);
    ASSERT(size < (int)sizeof path);
    (void)snprintf(arena->clock_file, sizeof arena->clock_file, BAD_CLOCK "=%s", path);
    arena->environment[count] = arena->clock_file;
    bad_clock_open(&arena->clock, path);
}

bool arena_open(struct arena *arena, const struct arena_options *options,
                const struct network *network)
{
    *arena = (struct arena){.options = *options,
                            .network = network,
                            .gateway_down = true,
                            .router_down = options->router == ARENA_ROUTER_PROCESS};
    int made = mkdir(options->directory, 0755);
    ASSERT(made == 0);
    disk_open(&arena->disk, options->directory, network->mounts, options->commit, options->seed);
    lines_open(arena);
    const struct world_options world_options = {
        .directory = options->directory,
        .store_directory = arena->disk.place,
        .durability = options->commit ? "commit" : "process",
        .gateway_more = gateway_more,
        .broker_more = broker_more,
        .config_more = options->router == ARENA_ROUTER_THREAD ? router_thread : router_apart,
        .brokers_count = options->brokers_count,
        .broker_arguments = broker_arguments,
        .routes = arena->routes,
    };
    world_open(&arena->world, &world_options);
    environment_make(arena);
    arena->world.gateway_environment = arena->environment;
    char prefix[ARENA_NAME_BYTES_MAX];
    (void)snprintf(prefix, sizeof prefix, "T%" PRIu32 "-", options->number);
    load_init(&arena->load, options->seed, options->rate, prefix);
    arena->load.window = WINDOW;
    for (uint32_t index = 0; index < options->brokers_count; index++) {
        cutter_set_target(arena->cutters[index], arena->world.brokers[index].port);
        if (!world_broker_start(&arena->world, index)) {
            return false;
        }
    }
    return world_oms_open(&arena->world) && arena_gateway_up(arena) && arena_router_up(arena);
}

bool arena_close(struct arena *arena, bool keep)
{
    if (arena->router.pid != 0 && process_end(&arena->router, SIGTERM, END_MS) != 0) {
        (void)world_fail(&arena->world, "the router did not end well");
        process_print_tail(&arena->router, stderr, TAIL_LINES);
    }
    bool good = world_close(&arena->world) && !arena->world.failed;
    for (uint32_t index = 0; index < arena->options.brokers_count; index++) {
        cutter_close(arena->cutters[index]);
    }
    bad_clock_close(&arena->clock);
    disk_close(&arena->disk, keep || arena->world.failed);
    return good;
}

/* --- In between ---------------------------------------------------------------------------- */

/* A gateway that ended by itself: it must, when a commit failed; else it may not. */
static bool gateway_ended(struct arena *arena)
{
    char what[160];
    int code = arena->world.gateway.exit_code;
    if (code <= 0 || code >= 128 || !arena_disk_excuses(arena)) {
        (void)snprintf(what, sizeof what, "the gateway ended by itself, exit code %d", code);
        return world_fail(&arena->world, what);
    }
    arena->gateway_down = true;
    arena->counts.disk_stops++;
    return arena_gateway_up(arena);
}

static bool parts_stand(struct arena *arena)
{
    if (arena->broken[0] != '\0') {
        return world_fail(&arena->world, arena->broken);
    }
    if (!arena->gateway_down && !process_running(&arena->world.gateway)) {
        return gateway_ended(arena);
    }
    if (arena->router.pid != 0 && !process_running(&arena->router)) {
        process_print_tail(&arena->router, stderr, TAIL_LINES);
        return world_fail(&arena->world, "the router ended by itself");
    }
    for (uint32_t index = 0; index < arena->options.brokers_count; index++) {
        if (!arena->brokers[index].down && !process_running(&arena->world.brokers[index].process)) {
            return world_fail(&arena->world, "a broker ended by itself");
        }
    }
    return true;
}

bool arena_step(struct arena *arena, bool orders, uint64_t until_ns)
{
    uint64_t now_ns = process_now_ns();
    uint64_t left_ms = until_ns > now_ns ? (until_ns - now_ns) / NS_PER_MS : 0;
    int wait_ms = left_ms < POLL_MS ? (int)left_ms : POLL_MS;
    if (arena->world.oms == NULL) {
        process_pause(wait_ms < AWAY_MS ? wait_ms : AWAY_MS);
    } else if (orders) {
        load_step(&arena->load, &arena->world, wait_ms);
    } else {
        oms_poll(arena->world.oms, wait_ms);
    }
    return parts_stand(arena);
}

uint64_t arena_memory_kib(const struct arena *arena)
{
    char path[64];
    char line[STATUS_LINE_BYTES_MAX];
    uint64_t kib = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)arena->world.gateway.pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && kib == 0 && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "RssAnon:", 8) == 0) {
            kib = strtoull(line + 8, NULL, 10);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return kib;
}
