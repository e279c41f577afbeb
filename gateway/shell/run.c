#include "gateway/shell/run.h"

#include "gateway/core/engine/tables.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/loop.h"
#include "gateway/shell/replay.h"
#include "gateway/shell/run_sockets.h"
#include "gateway/shell/signals.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

_Static_assert((int)ENGINE_TABLES_MAX <= (int)STORE_TABLES_MAX, "all tables must fit the store");

struct run {
    struct gateway_config *config;
    const struct run_options *options;
    int signals_fd;
    struct log log;
    bool logging;
    struct store *store;
    struct zeromq zeromq;
    struct replay *replay;
    struct loop *loop;
    struct run_sockets sockets;
    struct message_log *message_log;
    void *services[RUN_SERVICES_MAX]; /* Of options->services; NULL: not running. */
    char out_names[ENGINE_SESSIONS_MAX][STORE_NAME_BYTES_MAX + 1];
    const char *tables[ENGINE_TABLES_MAX];
    char error[LOOP_ERROR_BYTES_MAX];
};

static uint64_t engine_time_ns(void)
{
    struct clock clock = {0};
    return clock_read(&clock).engine_ns;
}

static enum run_exit complain(struct run *run, enum run_exit code, const char *reason)
{
    /* Where the log itself goes to standard error, once is enough. */
    if (run->logging) {
        log_text(&run->log, engine_time_ns(), SEVERITY_ERROR, reason);
    }
    if (!run->logging || run->config->log.path != NULL) {
        (void)fprintf(stderr, "%s: %s\n", run->options->name, reason);
    }
    return code;
}

static enum run_exit complain_status(struct run *run, enum status status)
{
    return complain(run, status == STATUS_INVALID ? RUN_EXIT_CONFIG : RUN_EXIT_ENVIRONMENT,
                    run->error);
}

/* --- Up --------------------------------------------------------------------- */

static enum run_exit open_log(struct run *run)
{
    if (signals_open(&run->signals_fd) != STATUS_OK) {
        return complain(run, RUN_EXIT_ENVIRONMENT, "the system refuses a signal descriptor");
    }
    if (log_open(&run->log, &run->config->log) != STATUS_OK) {
        (void)snprintf(run->error, sizeof(run->error), "LogFile %s: cannot open: %s",
                       run->config->log.path, strerror(errno));
        return complain(run, RUN_EXIT_CONFIG, run->error);
    }
    run->logging = true;
    gateway_config_warn(run->config, &run->log, engine_time_ns());
    return RUN_EXIT_OK;
}

static enum run_exit open_message_log(struct run *run)
{
    const struct gateway_config *config = run->config;
    const char *ids[ENGINE_SESSIONS_MAX];
    char error[MESSAGE_LOG_ERROR_BYTES_MAX] = "";
    for (uint32_t session = 0; session < config->engine.sessions_count; session++) {
        ids[session] = config->sessions[session].id;
    }
    if (message_log_open(&config->message_log, ids, config->engine.sessions_count, &run->log,
                         &run->message_log, error) != STATUS_OK) {
        return complain(run, RUN_EXIT_ENVIRONMENT, error);
    }
    return RUN_EXIT_OK;
}

static enum run_exit open_sockets(struct run *run)
{
    char error[CREDENTIALS_ERROR_BYTES_MAX] = "";
    if (run_sockets_open(&run->sockets, run->config, &run->log, error) != STATUS_OK) {
        return complain(run, RUN_EXIT_CONFIG, error);
    }
    return RUN_EXIT_OK;
}

static void name_tables(struct run *run)
{
    for (uint32_t table = 0; table < TABLE_OUT; table++) {
        run->tables[table] = table_name((enum table)table);
    }
    for (uint32_t session = 0; session < run->config->engine.sessions_count; session++) {
        (void)snprintf(run->out_names[session], sizeof(run->out_names[session]), "out/%s",
                       run->config->engine.sessions[session].id);
        run->tables[TABLE_OUT + session] = run->out_names[session];
    }
}

static enum run_exit open_store(struct run *run)
{
    struct gateway_config *config = run->config;
    uint64_t random = 0;
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        return complain(run, RUN_EXIT_ENVIRONMENT, "the system gives no random numbers");
    }
    config->engine.random_seed = random; /* Another one at each start, on each machine. */
    name_tables(run);
    struct store_config store_config = {
        .path = config->store_path,
        .durability = config->durability,
        .map_bytes_initial = config->store_map_initial_bytes,
        .reserve_bytes = config->store_reserve_bytes,
        .tables = run->tables,
        .tables_count = TABLE_OUT + config->engine.sessions_count,
        .instance_id = random,
    };
    char reason[STORE_ERROR_BYTES_MAX];
    if (store_open(&store_config, &run->store, reason) != STATUS_OK) {
        return complain(run, RUN_EXIT_ENVIRONMENT, reason);
    }
    config->engine.instance_id = store_instance_id(run->store);
    const char *last = store_was_clean(run->store) ? "the store was closed in good order"
                                                   : "the last owner of the store was killed";
    log_text(&run->log, engine_time_ns(), SEVERITY_INFO,
             store_is_new(run->store) ? "the store is new" : last);
    return RUN_EXIT_OK;
}

static enum run_exit open_loop(struct run *run)
{
    const struct gateway_config *config = run->config;
    if (zeromq_open(&run->zeromq) != STATUS_OK) {
        return complain(run, RUN_EXIT_ENVIRONMENT, "cannot make a ZeroMQ context");
    }
    struct loop_config loop_config = {
        .engine = &config->engine,
        .connections = run->sockets.connections,
        .listeners = run->sockets.listeners,
        .listeners_count = run->sockets.listeners_count,
        .credentials = &run->sockets.credentials,
        .order_entry_endpoint = config->order_entry_endpoint,
        .bus_endpoint = config->bus_endpoint,
        .control_endpoint = run->options->sessions_only ? NULL : config->control_endpoint,
        .control_secure_endpoint =
            run->options->sessions_only ? NULL : config->control_secure_endpoint,
        .control_secret_key = config->control_secret_key,
        .operators = config->operators,
        .operators_count = config->operators_count,
        .zeromq = &run->zeromq,
        .store = run->store,
        .log = &run->log,
        .message_log = run->message_log,
        .signals_fd = run->signals_fd,
        .ahead_ns = run->options->ahead_ns,
    };
    enum status status = loop_open(&loop_config, &run->loop, run->error);
    return status == STATUS_OK ? RUN_EXIT_OK : complain_status(run, status);
}

static enum run_exit start_replay(struct run *run)
{
    const struct gateway_config *config = run->config;
    struct replay_config replay_config = {
        .zeromq = &run->zeromq,
        .store = run->store,
        .endpoint = config->replay_endpoint,
        .instance_id = config->engine.instance_id,
        .event_table = TABLE_EVENT,
    };
    enum status status = replay_start(&replay_config, &run->replay, run->error);
    return status == STATUS_OK ? RUN_EXIT_OK : complain_status(run, status);
}

static enum run_exit start_services(struct run *run)
{
    const struct run_options *options = run->options;
    ASSERT(options->services_count <= RUN_SERVICES_MAX);
    for (uint32_t i = 0; i < options->services_count; i++) {
        const struct run_service *service = &options->services[i];
        enum status status = service->start(service->context, run->config, &run->zeromq,
                                            &run->services[i], run->error);
        if (status != STATUS_OK) {
            return complain_status(run, status);
        }
    }
    return RUN_EXIT_OK;
}

static enum run_exit come_up(struct run *run)
{
    enum run_exit code = open_log(run);
    if (code == RUN_EXIT_OK) {
        code = open_sockets(run);
    }
    if (code == RUN_EXIT_OK) {
        code = open_message_log(run);
    }
    if (code == RUN_EXIT_OK) {
        code = open_store(run);
    }
    if (code == RUN_EXIT_OK) {
        code = open_loop(run);
    }
    if (code == RUN_EXIT_OK && !run->options->sessions_only) {
        code = start_replay(run);
    }
    if (code == RUN_EXIT_OK) {
        code = start_services(run);
    }
    return code;
}

/* --- Down, in the opposite order --------------------------------------------- */

static void go_down(struct run *run)
{
    for (uint32_t i = 0; i < run->options->services_count; i++) {
        if (run->services[i] != NULL) {
            run->options->services[i].stop(run->services[i]);
        }
    }
    replay_stop(run->replay);
    if (run->loop != NULL) {
        loop_close(run->loop);
    }
    zeromq_close(&run->zeromq);
    run_sockets_close(&run->sockets);
    message_log_close(run->message_log);
    if (run->store != NULL) {
        store_close(run->store);
    }
    if (run->logging) {
        log_close(&run->log, engine_time_ns());
    }
    signals_close(run->signals_fd);
}

static void say_ready(struct run *run)
{
    char line[LOOP_ERROR_BYTES_MAX + 3 * ZEROMQ_ENDPOINT_BYTES_MAX + 8 * LISTENERS_MAX];
    int size = snprintf(line, sizeof(line), "%s ready pid=%ld", run->options->name, (long)getpid());
    if (!run->options->sessions_only) {
        size += snprintf(line + size, sizeof(line) - (size_t)size, " orders=%s bus=%s replay=%s",
                         loop_order_entry_endpoint(run->loop), loop_bus_endpoint(run->loop),
                         replay_endpoint(run->replay));
    }
    for (uint32_t i = 0; i < run->sockets.listeners_count; i++) {
        size += snprintf(line + size, sizeof(line) - (size_t)size, "%s%u", i == 0 ? " port=" : ",",
                         (unsigned)loop_port(run->loop, i));
    }
    log_text(&run->log, engine_time_ns(), SEVERITY_INFO, line);
    (void)printf("%s\n", line);
    (void)fflush(stdout);
}

static enum run_exit turn_round(struct run *run)
{
    char line[64];
    say_ready(run);
    if (loop_run(run->loop, run->error) != STATUS_OK) {
        return complain(run, RUN_EXIT_ENVIRONMENT, run->error);
    }
    (void)snprintf(line, sizeof(line), "%s ends in good order", run->options->name);
    log_text(&run->log, engine_time_ns(), SEVERITY_INFO, line);
    return RUN_EXIT_OK;
}

enum run_exit run_program(struct gateway_config *config, const struct run_options *options)
{
    struct run *run = calloc(1, sizeof(*run));
    if (run == NULL) {
        (void)fprintf(stderr, "%s: out of memory\n", options->name);
        return RUN_EXIT_ENVIRONMENT;
    }
    run->config = config;
    run->options = options;
    run->signals_fd = -1;
    config->engine.application = options->application;
    enum run_exit code = come_up(run);
    if (code == RUN_EXIT_OK) {
        code = turn_round(run);
    }
    go_down(run);
    free(run);
    return code;
}

enum run_exit run_gateway(struct gateway_config *config)
{
    return run_program(config, &(struct run_options){.name = "fixgate"});
}
