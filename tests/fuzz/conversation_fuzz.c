/* Whole conversations: the session scripts of tests/session, mutated as text.
 *
 * The lines that do something are done (scripts/README.md), those that expect something
 * are passed over: what must hold whatever is said stands in session_rules.c. So every
 * script is a seed: logons, gaps, resends, 789, chunks, resets, Logouts, kept messages,
 * garbage between. A line that makes no sense is passed over, too. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/dictionary.h"
#include "tests/fuzz/lines.h"
#include "tests/fuzz/session_world.h"
#include "tests/session/run.h"

enum {
    LINE_BYTES_MAX = 2048,
    MESSAGE_BYTES_MAX = 16 * 1024, /* A line with all its "now"s written out. */
    CONFIG_WORDS_MAX = WORLD_CONFIG_NAMES_MAX,
    WAIT_TICKS_MAX = 200,
};

static struct dictionary *dictionary;
static struct session_world world;
static struct world settings; /* Only what run_config_read() fills in. */
static struct run run;
static uint64_t peer_seq; /* What `<` fills in for 34. */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    dictionary = fuzz_dictionary();
    return 0;
}

/* --- Settings --------------------------------------------------------------------- */

static uint32_t at_most(uint32_t value, uint32_t limit)
{
    return value < limit ? value : limit;
}

/* Within what the gateway's configuration lets pass. */
static void keep_sane(struct session_config *config)
{
    config->heart_bt_int_seconds = at_most(config->heart_bt_int_seconds, 86400);
    config->silence_test_permille = at_most(config->silence_test_permille, 100000);
    config->silence_dead_permille = at_most(config->silence_dead_permille, 100000);
    config->logon_timeout_seconds = at_most(config->logon_timeout_seconds, 3600);
    config->logout_timeout_seconds = at_most(config->logout_timeout_seconds, 3600);
    config->max_latency_seconds = at_most(config->max_latency_seconds, INT32_MAX);
    config->timestamp_precision = at_most(config->timestamp_precision, 9);
    for (uint32_t i = 0; i < config->logon_tags_count; i++) {
        uint32_t tag = settings.logon_tags[i].tag;
        settings.logon_tags[i].tag = 9000 + tag % 1000; /* None that means something. */
    }
}

static void begin(uint64_t seq_in, uint64_t seq_out)
{
    seq_in = seq_in == 0 || seq_in > UINT32_MAX ? 1 : seq_in;
    seq_out = seq_out == 0 || seq_out > UINT32_MAX ? 1 : seq_out;
    keep_sane(&settings.config);
    session_world_begin(&world, &settings.config, seq_in, seq_out);
    peer_seq = seq_in;
}

static void set_up(const char *rest)
{
    unsigned words = 1;
    for (const char *at = rest; *at != '\0'; at++) {
        words += *at == ' ' || *at == ',' ? 1 : 0;
        if (*at > 0 && *at < ' ') {
            return;
        }
    }
    settings.config = session_config_default();
    settings.config.sender_comp_id = "GATE";
    settings.config.target_comp_id = "BROKER";
    settings.config.dictionary = dictionary;
    settings.config_text_used = 0;
    settings.config_names_count = 0;
    run = (struct run){.world = &settings,
                       .dictionary = dictionary,
                       .path = "",
                       .rest = rest,
                       .seq_in = 1,
                       .seq_out = 1};
    if (words > CONFIG_WORDS_MAX || !run_config_read(&run)) {
        return; /* The settings before go on. */
    }
    begin(run.seq_in, run.seq_out);
}

/* --- What the peer says ------------------------------------------------------------- */

/* The resend that an engine would serve at once is served, all of it. */
static void feed(struct span bytes)
{
    session_world_feed(&world, bytes);
    while (session_world_resend(&world)) {
        session_world_receive(&world);
    }
}

static void say_bytes(const uint8_t *bytes, size_t size, bool split)
{
    for (size_t at = 0; split && at < size; at++) {
        feed(span_of(bytes + at, 1));
    }
    if (!split) {
        feed(span_of(bytes, size));
    }
}

/* `$112` is the TestReqID of our last TestRequest; other tags are not kept. */
static void expand(const char *from, char to[LINE_BYTES_MAX])
{
    size_t size = 0;
    while (*from != '\0' && size + sizeof(world.test_req_id) < LINE_BYTES_MAX) {
        if (*from != '$') {
            to[size] = *from;
            size += 1;
            from += 1;
            continue;
        }
        char *end = NULL;
        (void)strtoul(from + 1, &end, 10);
        for (const char *id = world.test_req_id; *id != '\0'; id++) {
            to[size] = *id;
            size += 1;
        }
        from = end;
    }
    to[size] = '\0';
}

static void say(const char *rest, bool split)
{
    static struct script_fields fields;
    static uint8_t bytes[MESSAGE_BYTES_MAX];
    char line[LINE_BYTES_MAX];
    expand(rest, line);
    if (!script_fields_read(&fields, line)) {
        return;
    }
    const char *given = script_fields_find(&fields, 34);
    const char *poss_dup = script_fields_find(&fields, 43);
    uint64_t seq = given == NULL ? peer_seq : strtoull(given, NULL, 10);
    size_t size =
        script_message_write(&fields, "BROKER", "GATE", seq, world.now_ns, bytes, sizeof(bytes));
    if ((given == NULL || seq > 0) && (poss_dup == NULL || strcmp(poss_dup, "Y") != 0)) {
        peer_seq = seq + 1;
    }
    say_bytes(bytes, size, split);
}

static void say_whole(const char *rest)
{
    say(rest, false);
}

static void say_split(const char *rest)
{
    say(rest, true);
}

static size_t with_soh(const char *text, uint8_t bytes[LINE_BYTES_MAX])
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = text[i] == '|' ? FIX_SOH : (uint8_t)text[i];
    }
    return size;
}

static void say_raw(const char *rest)
{
    uint8_t bytes[LINE_BYTES_MAX];
    say_bytes(bytes, with_soh(rest, bytes), false);
}

static void say_body(const char *rest)
{
    uint8_t bytes[LINE_BYTES_MAX + 64];
    uint8_t body[LINE_BYTES_MAX];
    size_t body_size = with_soh(rest, body);
    int head = snprintf((char *)bytes, sizeof(bytes), "8=FIX.4.4\0019=%zu\001", body_size);
    size_t size = (size_t)head;
    memcpy(bytes + size, body, body_size);
    size += body_size;
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum += bytes[i];
    }
    size += (size_t)snprintf((char *)bytes + size, 16, "10=%03u\001", sum % 256);
    say_bytes(bytes, size, false);
}

/* --- What else happens --------------------------------------------------------------- */

static void connect(const char *rest)
{
    (void)rest;
    session_world_connect(&world);
}

static void disconnect(const char *rest)
{
    (void)rest;
    session_world_disconnect(&world);
}

static void restart(const char *rest)
{
    (void)rest;
    session_world_restart(&world);
}

static void log_on(const char *rest)
{
    (void)rest;
    char logon[64];
    (void)snprintf(logon, sizeof(logon), "35=A|98=0|108=%u|", world.config.heart_bt_int_seconds);
    session_world_connect(&world);
    say_whole(logon);
    say_whole(world.config.test_request_at_logon ? "35=0|112=$112|" : "35=1|112=in step?|");
}

/* The application is ours and writes what session_send() wants: whole fields, none of
 * the header, no session message. */
static bool is_business(struct span type, struct span body)
{
    static const uint32_t usual[] = {11, 15, 38, 40, 44, 54, 55, 58, 59, 60, 95, 96, 148};
    static const char types[] = {'B', 'C', 'D', 'E', 'F', 'G', 'H', 'Q', 'R'};
    static struct field fields[FIX_FIELDS_MAX];
    struct message message;
    message_init(&message, fields, FIX_FIELDS_MAX);
    if (body.size == 0 || body.data[body.size - 1] != FIX_SOH || type.size != 1 ||
        memchr(types, type.data[0], sizeof(types)) == NULL ||
        message_index_unframed(&message, body, dictionary) != FRAME_FAULT_NONE) {
        return false;
    }
    for (uint32_t i = 0; i < message.count; i++) {
        bool known = false;
        for (size_t k = 0; k < ARRAY_LEN(usual); k++) {
            known = known || message.fields[i].tag == usual[k];
        }
        if (!known) {
            return false;
        }
    }
    return true;
}

static void send(const char *rest)
{
    uint8_t bytes[LINE_BYTES_MAX];
    const char *bar = strchr(rest, '|');
    if (strncmp(rest, "35=", 3) != 0 || bar == NULL) {
        return;
    }
    struct span type = span_of(rest + 3, (size_t)(bar - rest) - 3);
    struct span body = span_of(bytes, with_soh(bar + 1, bytes));
    if (is_business(type, body)) {
        session_world_send(&world, type, body);
    }
}

static void refuse(const char *rest)
{
    (void)rest;
    world.refusing = !world.refusing; /* From the next delivery on. */
}

static void log_out(const char *rest)
{
    session_world_logout(&world, rest);
}

static void ask_reset(const char *rest)
{
    (void)rest;
    session_world_request_reset(&world);
}

static void ask_test(const char *rest)
{
    (void)rest;
    session_world_request_test(&world);
}

static void new_day(const char *rest)
{
    (void)rest;
    session_world_new_day(&world);
    peer_seq = 1;
}

static void stale(const char *rest)
{
    world.stale_modulus = strtoull(rest, NULL, 10) % 8;
}

/* Ticks at each deadline on the way; of a long time only the first ones. */
static void wait_for(const char *rest)
{
    const uint64_t decades_ns = 10000 * TIMESTAMP_DAY_NS;
    uint64_t duration_ns = 0;
    if (!script_duration_read(rest, &duration_ns) || duration_ns > decades_ns ||
        world.now_ns > SESSION_WORLD_START_NS + decades_ns) {
        return;
    }
    uint64_t end_ns = world.now_ns + duration_ns;
    for (unsigned ticks = 0; ticks < WAIT_TICKS_MAX; ticks++) {
        uint64_t deadline_ns = session_deadline_ns(&world.session);
        if (deadline_ns > end_ns) {
            break;
        }
        session_world_tick(&world, deadline_ns > world.now_ns ? deadline_ns : world.now_ns);
    }
    session_world_tick(&world, end_ns);
}

static const struct {
    const char *name;
    void (*act)(const char *rest);
} commands[] = {
    {"config", set_up},    {"logon", log_on},
    {"connect", connect},  {"disconnect", disconnect},
    {"restart", restart},  {"<", say_whole},
    {"<split", say_split}, {"<raw", say_raw},
    {"<body", say_body},   {"send", send},
    {"logout", log_out},   {"refuse", refuse},
    {"at", wait_for},      {"askreset", ask_reset},
    {"asktest", ask_test}, {"newday", new_day},
    {"stale", stale},
};

static void play(char *line)
{
    char *space = strchr(line, ' ');
    const char *rest = space == NULL ? "" : space + 1;
    if (space != NULL) {
        *space = '\0';
    }
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(commands[i].name, line) == 0) {
            commands[i].act(rest);
            return;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char line[LINE_BYTES_MAX];
    struct fuzz_lines lines = {.data = data, .size = size};
    set_up("initiator");
    ASSERT(world.session.state == SESSION_DISCONNECTED);
    while (fuzz_line_next(&lines, line, sizeof(line))) {
        play(line);
    }
    session_world_end(&world);
    return 0;
}
