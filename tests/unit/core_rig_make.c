/* The rig's world: made, with two brokers and a store, and taken away again. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fix/dictionary_loader.h"
#include "tests/unit/core_rig_limits.h"
#include "tests/unit/core_rig_parts.h"

/* --- The dictionary ------------------------------------------------------------------------ */

enum { FILE_BYTES_MAX = 4 * 1024 * 1024 };

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        abort();
    }
    char *data = malloc(FILE_BYTES_MAX);
    *size = fread(data, 1, FILE_BYTES_MAX, file);
    (void)fclose(file);
    return data;
}

static struct dictionary *load_dictionary(void)
{
    const char *paths[] = {"dictionaries/FIX44.xml", "dictionaries/FIX44-internal.xml"};
    struct dictionary_source sources[2];
    char *data[2];
    for (size_t i = 0; i < 2; i++) {
        size_t size;
        data[i] = read_file(paths[i], &size);
        sources[i] = (struct dictionary_source){.name = paths[i], .xml = span_of(data[i], size)};
    }
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary *dictionary = dictionary_load(sources, 2, error);
    free(data[0]);
    free(data[1]);
    if (dictionary == NULL) {
        (void)fprintf(stderr, "%s\n", error);
        abort();
    }
    return dictionary;
}

/* --- Making -------------------------------------------------------------------------------- */

static void make_broker(struct rig *rig, uint32_t i, const char *name, const char *id)
{
    rig->broker_configs[i] = (struct broker_config){.name = name, .weight = 1};
    struct engine_session_config *session = &rig->sessions[i];
    session->id = id;
    session->role = ROLE_ORDERS;
    session->broker = i;
    session->reconnect_interval_ns = 1000 * UINT64_C(1000000);
    session->endpoints_count = 1;
    session->endpoint_tries = 1;
    session->persist_messages = true;
    session->backlog_bytes_high = UINT64_C(65536);
    session->backlog_bytes_max = UINT64_C(1048576);
    session->fix = session_config_default();
    session->fix.begin_string = "FIX.4.4";
    session->fix.sender_comp_id = "FIXGATE";
    session->fix.target_comp_id = name;
    session->fix.heart_bt_int_seconds = 30;
    session->fix.dictionary = rig->dictionary;

    struct rig_broker *broker = &rig->broker[i];
    broker->config = session->fix;
    broker->config.acceptor = true;
    broker->config.sender_comp_id = name;
    broker->config.target_comp_id = "FIXGATE";
    broker->listening = true;
    session_init(&broker->session, &broker->config, broker->early, FIX_EARLY_MESSAGES_MAX,
                 broker->early_bytes, 1, 1);
    broker->session.created_ns = rig->now_ns;
}

/* A fresh store, two brokers; the dictionary is there already. */
static void furnish(struct rig *rig)
{
    /* In memory, where there is such a place: nothing here outlives the process. */
    const char *place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(rig->path, sizeof(rig->path), "%s/fixgate-rig-XXXXXX", place);
    if (mkdtemp(rig->path) == NULL) {
        abort();
    }
    rig->releases_left = UINT_MAX;
    rig->reads_left = UINT_MAX;
    rig->now_ns = UINT64_C(1790000000) * 1000000000; /* 2026-09-21T14:13:20Z */
    make_broker(rig, 0, "ALPHA", "FIX.4.4:FIXGATE->ALPHA");
    make_broker(rig, 1, "BETA", "FIX.4.4:FIXGATE->BETA");
    rig->config = (struct engine_config){.comp_id = "FIXGATE",
                                         .brokers = rig->broker_configs,
                                         .brokers_count = RIG_BROKERS,
                                         .sessions = rig->sessions,
                                         .sessions_count = RIG_BROKERS,
                                         .dictionary = rig->dictionary,
                                         .bus_heartbeat_ns = UINT64_C(1000000000)};
    rig_ports_init(rig);
}

struct rig *rig_new(void)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    rig->dictionary = load_dictionary();
    furnish(rig);
    return rig;
}

void rig_make_acceptor(struct rig *rig, unsigned number)
{
    static const uint8_t address[16] = {
        [10] = 0xff, [11] = 0xff, [12] = 10, [13] = 0, [14] = 0, [15] = 1};
    rig->sessions[number].fix.acceptor = true;
    struct rig_broker *broker = &rig->broker[number];
    broker->config.acceptor = false;
    broker->dials = true;
    memcpy(broker->address.bytes, address, sizeof(address));
}

/* --- Ending -------------------------------------------------------------------------------- */

static void free_log(struct rig_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        free(log->line[i]);
    }
}

static void remove_store(const struct rig *rig)
{
    DIR *directory = opendir(rig->path);
    ASSERT(directory != NULL);
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        char path[PATH_MAX];
        (void)snprintf(path, sizeof(path), "%s/%s", rig->path, entry->d_name);
        if (entry->d_name[0] != '.' && unlink(path) != 0) {
            perror(path);
        }
    }
    (void)closedir(directory);
    if (rmdir(rig->path) != 0) {
        perror(rig->path);
    }
}

static void clear(struct rig *rig)
{
    if (rig->engine != NULL) {
        rig_check_open_orders(rig);
        rig_crash(rig);
    }
    remove_store(rig);
    for (uint32_t i = 0; i < RIG_BROKERS; i++) {
        for (size_t seq = 0; seq < RIG_KEPT_MAX; seq++) {
            free(rig->broker[i].kept[seq].bytes);
        }
        while (rig->broker[i].waiting != NULL) {
            struct rig_waiting *first = rig->broker[i].waiting;
            rig->broker[i].waiting = first->next;
            free(first);
        }
    }
    free_log(&rig->replies);
    free_log(&rig->events);
    free_log(&rig->taken);
}

void rig_renew(struct rig *rig)
{
    struct dictionary *dictionary = rig->dictionary;
    clear(rig);
    memset(rig, 0, sizeof(*rig));
    rig->dictionary = dictionary;
    furnish(rig);
}

void rig_free(struct rig *rig)
{
    clear(rig);
    dictionary_free(rig->dictionary);
    free(rig);
}

int rig_teardown(void **state)
{
    rig_free(*state);
    return 0;
}
