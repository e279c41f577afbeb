/* What the choice of a broker costs in the engine's path, beside the whole turn of an order: step,
 * commit (Durability=process, so that the disk is not in it) and release. Then what a post of the
 * router costs, and the longest turn while a long queue is tried again because of one.
 *
 * The engine, apply.c and the store are the real ones; the brokers' sessions are declared to be
 * ready, and what is sent to them goes nowhere. Medians; the longest turn is the longest of all. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fix/dictionary_loader.h"
#include "gateway/core/commands/command.h"
#include "gateway/core/routing/routing.h"
#include "gateway/core/routing/routing_post.h"
#include "gateway/shell/apply.h"
#include "gateway/shell/clock.h"

enum {
    ROUNDS = 201,
    CHOICES = 2000,
    TURNS = 2001,
    WAITING = 20000,
    XML_BYTES_MAX = 8 * 1024 * 1024,
    INTERNAL_BYTES_MAX = 64 * 1024,
    REQUEST_BYTES_MAX = 512,
};

struct bench {
    struct dictionary *dictionary;
    char names[ENGINE_BROKERS_MAX][24];
    char ids[ENGINE_BROKERS_MAX][48];
    char out_names[ENGINE_BROKERS_MAX][64];
    struct broker_config brokers[ENGINE_BROKERS_MAX];
    struct engine_session_config sessions[ENGINE_BROKERS_MAX];
    struct engine_config config;
    char directory[64];
    struct store *store;
    struct store_reader *store_reader;
    struct apply_reader reader;
    struct release_ports ports;
    struct engine *engine;
    struct turn *turn;
    uint64_t now_ns;
    unsigned number; /* Of the next order. */
};

static void die(const char *what)
{
    (void)fprintf(stderr, "routing_bench: %s\n", what);
    exit(EXIT_FAILURE);
}

/* --- Making -------------------------------------------------------------------- */

static size_t file_read(const char *path, uint8_t *bytes, size_t capacity)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        die(path);
    }
    size_t size = fread(bytes, 1, capacity, file);
    (void)fclose(file);
    return size;
}

static struct dictionary *dictionary_read(void)
{
    static uint8_t xml[XML_BYTES_MAX];
    static uint8_t internal[INTERNAL_BYTES_MAX];
    char error[DICTIONARY_ERROR_BYTES_MAX];
    const char *names[] = {FIXGATE_SOURCE_DIR "/dictionaries/FIX44.xml",
                           FIXGATE_SOURCE_DIR "/dictionaries/FIX44-internal.xml"};
    struct dictionary_source sources[] = {
        {.name = "FIX44.xml", .xml = span_of(xml, file_read(names[0], xml, sizeof(xml)))},
        {.name = "FIX44-internal.xml",
         .xml = span_of(internal, file_read(names[1], internal, sizeof(internal)))}};
    struct dictionary *dictionary = dictionary_load(sources, ARRAY_LEN(sources), error);
    if (dictionary == NULL) {
        die(error);
    }
    return dictionary;
}

static void port_send(void *context, uint32_t session, struct span bytes)
{
    (void)context;
    (void)session;
    (void)bytes;
}

static void port_connect(void *context, uint32_t session, uint32_t endpoint)
{
    (void)context;
    (void)session;
    (void)endpoint;
}

static void port_close(void *context, uint32_t session, struct span reason)
{
    (void)context;
    (void)session;
    (void)reason;
}

static void port_reply(void *context, struct span route, struct span message)
{
    (void)context;
    (void)route;
    (void)message;
}

static void port_publish(void *context, struct span topic, uint64_t bus_seq, struct span message)
{
    (void)context;
    (void)topic;
    (void)bus_seq;
    (void)message;
}

static void port_heartbeat(void *context, uint64_t bus_seq)
{
    (void)context;
    (void)bus_seq;
}

static void port_log(void *context, enum effect_severity severity, struct span line)
{
    (void)context;
    (void)severity;
    (void)line;
}

static void configure(struct bench *bench, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        (void)snprintf(bench->names[i], sizeof(bench->names[i]), "BROKER%u", i);
        (void)snprintf(bench->ids[i], sizeof(bench->ids[i]), "FIX.4.4:FIXGATE->BROKER%u", i);
        bench->brokers[i] = (struct broker_config){.name = bench->names[i], .weight = 10 + i};
        bench->sessions[i] = (struct engine_session_config){.id = bench->ids[i],
                                                            .broker = i,
                                                            .fix = session_config_default(),
                                                            .endpoints_count = 1,
                                                            .endpoint_tries = 1,
                                                            .rate_per_second = 1000000000,
                                                            .rate_burst = 1000000000,
                                                            .persist_messages = true,
                                                            .backlog_bytes_high = 1 << 20,
                                                            .backlog_bytes_max = 1 << 24};
        bench->sessions[i].fix.sender_comp_id = "FIXGATE";
        bench->sessions[i].fix.target_comp_id = bench->names[i];
        bench->sessions[i].fix.dictionary = bench->dictionary;
    }
    bench->config = (struct engine_config){.comp_id = "FIXGATE",
                                           .brokers = bench->brokers,
                                           .brokers_count = count,
                                           .sessions = bench->sessions,
                                           .sessions_count = count,
                                           .dictionary = bench->dictionary,
                                           .bus_heartbeat_ns = UINT64_C(1000000000000),
                                           .warm_share = 20,
                                           .router_post_max_age_ns = UINT64_C(10000000000)};
    bench->ports = (struct release_ports){.send = port_send,
                                          .connect = port_connect,
                                          .close = port_close,
                                          .reply = port_reply,
                                          .publish = port_publish,
                                          .heartbeat = port_heartbeat,
                                          .log = port_log};
}

static void store_make(struct bench *bench)
{
    char error[STORE_ERROR_BYTES_MAX];
    const char *tables[TABLE_OUT + ENGINE_BROKERS_MAX];
    const char *memory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(bench->directory, sizeof(bench->directory), "%s/fixgate-bench-XXXXXX", memory);
    if (mkdtemp(bench->directory) == NULL) {
        die("no directory for the store");
    }
    for (uint32_t table = 0; table < TABLE_OUT; table++) {
        tables[table] = table_name((enum table)table);
    }
    for (uint32_t i = 0; i < bench->config.sessions_count; i++) {
        (void)snprintf(bench->out_names[i], sizeof(bench->out_names[i]), "out/%s", bench->ids[i]);
        tables[TABLE_OUT + i] = bench->out_names[i];
    }
    struct store_config config = {.path = bench->directory,
                                  .durability = STORE_PROCESS,
                                  .map_bytes_initial = UINT64_C(1) << 30,
                                  .tables = tables,
                                  .tables_count = TABLE_OUT + bench->config.sessions_count,
                                  .instance_id = 1};
    if (store_open(&config, &bench->store, error) != STATUS_OK ||
        store_reader_open(bench->store, &bench->store_reader) != STATUS_OK) {
        die(error);
    }
    bench->config.instance_id = store_instance_id(bench->store);
    apply_reader_init(&bench->reader, bench->store_reader);
}

static void store_remove(struct bench *bench)
{
    char path[128];
    store_reader_close(bench->store_reader);
    store_close(bench->store);
    static const char *const files[] = {"data.mdb", "lock.mdb", "guard", "owner"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", bench->directory, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(bench->directory);
}

/* --- Turns ------------------------------------------------------------------------- */

static void turn_begin(struct bench *bench)
{
    bench->now_ns += 1000;
    if (store_read_begin(bench->store_reader) != STATUS_OK) {
        die("the store cannot be read");
    }
    engine_turn_begin(bench->engine, &bench->reader.port, bench->now_ns);
}

static void turn_end(struct bench *bench)
{
    engine_tick(bench->engine);
    (void)engine_turn_end(bench->engine);
    store_read_end(bench->store_reader);
    if (apply_turn(bench->store, &bench->reader, bench->turn, &bench->ports) != STATUS_OK) {
        die(store_error(bench->store));
    }
}

static void begin(struct bench *bench, uint32_t brokers)
{
    char reason[ENGINE_TEXT_BYTES_MAX + 1] = "";
    bench->now_ns = UINT64_C(1795248000000000000);
    bench->number = 0;
    configure(bench, brokers);
    store_make(bench);
    bench->engine = calloc(1, sizeof(*bench->engine));
    bench->turn = calloc(1, sizeof(*bench->turn));
    if (bench->engine == NULL || bench->turn == NULL ||
        store_read_begin(bench->store_reader) != STATUS_OK) {
        die("no memory");
    }
    const char *refused = engine_start(bench->engine, &bench->config, bench->turn,
                                       &bench->reader.port, 0, bench->now_ns, reason);
    store_read_end(bench->store_reader);
    if (refused != NULL) {
        die(refused);
    }
    for (uint32_t i = 0; i < brokers; i++) {
        struct link *link = &bench->engine->links[i];
        link->connected = true;
        link->logged_on = true;
        link->session.state = SESSION_READY;
        link->session.received_last_ns = bench->now_ns;
        link->session.sent_last_ns = bench->now_ns;
    }
}

static void end(struct bench *bench)
{
    store_remove(bench);
    free(bench->engine);
    free(bench->turn);
}

static void request(struct bench *bench)
{
    char text[REQUEST_BYTES_MAX];
    bench->number += 1;
    int size =
        snprintf(text, sizeof(text),
                 "35=D\00149=OMS\00111=C%u\0011=ISA-0012345\00155=VOD.L\00154=1\00138=1000\001"
                 "40=2\00144=71.25\00115=GBP\00159=1\00160=20261121-08:00:00\001",
                 bench->number);
    engine_request(bench->engine, span_text("OMS"), span_text("r"), span_of(text, (size_t)size));
}

static void post(struct bench *bench, uint32_t broker, enum breaker_state state, uint32_t score)
{
    routing_post(bench->engine, broker,
                 &(struct routing_post){.breaker = state,
                                        .score = score,
                                        .ramp = ROUTING_PERMILLE,
                                        .reason = span_text("measured")});
}

/* --- Measuring ------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    uint64_t left = 0;
    uint64_t right = 0;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    return (left > right) - (left < right);
}

static uint64_t median(uint64_t *values, size_t count)
{
    qsort(values, count, sizeof(values[0]), compare);
    return values[count / 2];
}

/* Choice and its record, for an order whose body the dictionaries were asked about before. */
static uint64_t choice_ns(struct bench *bench, struct span body, size_t *record_bytes)
{
    static uint64_t rounds[ROUNDS];
    uint8_t record[DECISION_RECORD_BYTES_MAX];
    struct order order = {.number = 1,
                          .symbol = span_text("VOD.L"),
                          .account = span_text("ISA-0012345"),
                          .body = body};
    turn_begin(bench);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t begin_ns = clock_monotonic_ns();
        for (unsigned i = 0; i < CHOICES; i++) {
            if (routing_choose(bench->engine, &order) == NULL) {
                die("no broker can take an order");
            }
            *record_bytes = routing_record(bench->engine, &order, record).size;
        }
        rounds[round] = (clock_monotonic_ns() - begin_ns) / CHOICES;
    }
    turn_end(bench);
    return median(rounds, ROUNDS);
}

/* A turn with one order in it, from the read to the last release. */
static uint64_t turn_ns(struct bench *bench)
{
    static uint64_t turns[TURNS];
    for (unsigned i = 0; i < TURNS; i++) {
        uint64_t begin_ns = clock_monotonic_ns();
        turn_begin(bench);
        request(bench);
        turn_end(bench);
        turns[i] = clock_monotonic_ns() - begin_ns;
    }
    return median(turns, TURNS);
}

static uint64_t post_turn_ns(struct bench *bench)
{
    static uint64_t turns[TURNS];
    for (unsigned i = 0; i < TURNS; i++) {
        uint64_t begin_ns = clock_monotonic_ns();
        turn_begin(bench);
        post(bench, 0, BREAKER_CLOSED, 500 + i % 500);
        turn_end(bench);
        turns[i] = clock_monotonic_ns() - begin_ns;
    }
    return median(turns, TURNS);
}

static void measure(struct bench *bench, uint32_t brokers, uint32_t rules)
{
    static const char body[] =
        "1=ISA-0012345\00155=VOD.L\00154=1\00138=1000\00140=2\00144=71.25\001"
        "15=GBP\00159=1\00160=20261121-08:00:00\001";
    begin(bench, brokers);
    turn_begin(bench);
    for (uint32_t i = 0; i < rules; i++) {
        char symbol[16];
        (void)snprintf(symbol, sizeof(symbol), "S%u", i);
        if (!routing_rule_set(bench->engine, span_text(symbol), span_of(NULL, 0), 0, i % 2 == 0)) {
            die("no room for a rule");
        }
    }
    turn_end(bench);
    size_t record_bytes = 0;
    uint64_t choice = choice_ns(bench, span_of(body, sizeof(body) - 1), &record_bytes);
    uint64_t turn = turn_ns(bench);
    uint64_t posted = post_turn_ns(bench);
    (void)printf("%8u %6u %12llu ns %9zu bytes %12llu ns %14llu ns\n", brokers, rules,
                 (unsigned long long)choice, record_bytes, (unsigned long long)turn,
                 (unsigned long long)posted);
    end(bench);
}

static void make_wait(struct bench *bench)
{
    turn_begin(bench);
    post(bench, 0, BREAKER_OPEN, ROUTING_PERMILLE);
    post(bench, 1, BREAKER_OPEN, ROUTING_PERMILLE);
    turn_end(bench);
    for (unsigned i = 0; i < WAITING; i++) {
        turn_begin(bench);
        request(bench);
        turn_end(bench);
    }
}

/* Orders wait for a broker; a post lets them go: the turn of the post, and those behind it until
 * the last order has gone. */
static void let_go(struct bench *bench)
{
    static uint64_t turns[WAITING];
    size_t count = 0;
    begin(bench, 2);
    make_wait(bench);
    while (bench->engine->queued_count > 0) {
        uint64_t begin_ns = clock_monotonic_ns();
        turn_begin(bench);
        if (count == 0) {
            post(bench, 1, BREAKER_CLOSED, ROUTING_PERMILLE);
        }
        turn_end(bench);
        turns[count++] = clock_monotonic_ns() - begin_ns;
        if (count == WAITING) {
            die("the queue does not move");
        }
    }
    uint64_t middle = median(turns, count);
    (void)printf("\na post lets %d waiting orders go: %zu turns of at most %d orders, "
                 "median %llu us, longest %llu us\n",
                 WAITING, count, TURN_DISPATCH_MAX, (unsigned long long)(middle / 1000),
                 (unsigned long long)(turns[count - 1] / 1000));
    end(bench);
}

int main(void)
{
    static struct bench bench;
    bench.dictionary = dictionary_read();
    (void)printf("%8s %6s %15s %15s %15s %17s\n", "brokers", "rules", "choice, record", "its size",
                 "turn, one order", "turn, one post");
    measure(&bench, 2, 0);
    measure(&bench, 4, 0);
    measure(&bench, 4, ROUTING_RULES_MAX);
    measure(&bench, ENGINE_BROKERS_MAX, 0);
    let_go(&bench);
    dictionary_free(bench.dictionary);
    return EXIT_SUCCESS;
}
