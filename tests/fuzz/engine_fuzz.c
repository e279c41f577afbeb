/* The real engine, apply.c and store against a hostile OMS, hostile brokers, operators,
 * strangers at the door, crashes and the clock. Each line of the input is one thing that
 * happens; '|' stands for SOH, '@' for the broker-facing ClOrdID that the first broker
 * saw last, '^' for the newest proposal's number, '$' for where the last answer's rest
 * begins, N for the number of a broker:
 *
 *   cLETTERS    settings; only as the first line (see choose_settings)
 *   <REQUEST    of the OMS
 *   8BODY       an ExecutionReport of broker 0; also 9, j and 3
 *   fN FIELDS   broker N's line says this, rightly framed, as `<` of the session scripts
 *   rN BYTES    broker N's line says these bytes
 *   iN FIELDS   somebody connects before broker N does, and begins with this
 *   dN hN lN    its line drops; it hangs or wakes; it listens or not
 *   eN DIGIT    nobody is at the endpoints of this mask
 *   mN DIGIT    how it answers orders (enum rig_manner)
 *   bN KILOS    so much could not be written to it
 *   oN DIGIT    a command of an operator on its session, confirmed with '!' behind
 *   aN NAME ARGUMENTS   person N asks for any command (engine_commands.h)
 *   nCOUNT      a read of the store fails after so many
 *   s           the disk runs short, or has room again
 *   !DIGIT      the process dies after so many releases of the next turn, and starts
 *   xSECONDS    time passes; t: until the deadline
 *   k-SECONDS   somebody sets the clock
 *
 * The rig checks that each request is answered once, that nothing is released that is not
 * durable (core_rig_check.c), and that the engine comes to rest at every instant; at the end
 * that what people decided stands after a start from the store. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/engine_commands.h"
#include "tests/fuzz/lines.h"
#include "tests/session/script.h"

enum {
    LINE_BYTES_MAX = 1400,
    TEXT_BYTES_MAX = LINE_BYTES_MAX + 2 * FIX_TEXT_BYTES_MAX,
    BYTES_MAX = 16 * 1024,
    STEPS_MAX = 60,
    SECONDS_MAX = 100000,
    READS_MAX = 1000,
    COMMAND_LINE_BYTES_MAX = 512,
};

static struct rig *world;

static void forget(struct rig_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        free(log->line[i]);
    }
    log->count = 0;
}

/* --- The world ------------------------------------------------------------------------ */

static void choose_session(struct engine_session_config *session, struct session_config *peer,
                           char letter)
{
    /* The rig's day begins at 14:13:20. */
    const uint32_t border = (14 * 60 + 13) * 60 + 20 + 40;
    switch (letter) {
    case 'e':
        session->endpoints_count = 3;
        session->endpoint_policy = ENDPOINT_PRIORITY;
        session->endpoint_failback_ns = UINT64_C(5000000000);
        session->reconnect_interval_max_ns = UINT64_C(8000000000);
        break;
    case 'r':
        session->rate_per_second = 1;
        session->rate_burst = 2;
        break;
    case 's':
    case 'w': /* With a break of a minute. */
        session->schedule = (struct schedule){.kind = SCHEDULE_DAILY,
                                              .weekdays = 127,
                                              .start.second = border + (letter == 'w' ? 60 : 0),
                                              .end.second = border};
        break;
    case 't':
        session->has_reset_time = true;
        session->reset_second = border;
        break;
    case 'p':
        session->persist_messages = false;
        break;
    case 'o':
        session->stale_order_ns = UINT64_C(10000000000);
        break;
    case 'v':
        session->archive_days = 1;
        break;
    case 'n':
        session->fix.next_expected_seq_num = true;
        peer->next_expected_seq_num = true;
        break;
    case 'g':
        session->fix.resend_request_chunk_size = 2;
        break;
    case 'l':
        session->fix.reset_on_logon = true;
        break;
    case 'q': /* Questions for what has no word. */
    case 'm':
        session->order_status_request = true;
        session->order_status_interval_ns = UINT64_C(5000000000);
        session->order_mass_status_request = letter == 'm';
        break;
    case 'y':
        session->resend_orders = true;
        break;
    case 'k':
        session->numbers_behind_max = 1;
        break;
    default:
        break;
    }
}

static void choose_broker(struct broker_config *broker, char letter)
{
    if (letter == 'd') {
        broker->in_doubt_policy = IN_DOUBT_DROPCOPY;
        broker->in_doubt_deadline_ns = UINT64_C(20000000000);
    } else if (letter == 'O') {
        broker->in_doubt_policy = IN_DOUBT_OPERATOR;
    } else if (letter == 'D') {
        broker->dead_attempt_grace_ns = UINT64_C(3000000000);
        broker->dead_attempt_status = true;
    }
}

static void choose_settings(const char *letters)
{
    for (; *letters != '\0'; letters++) {
        if (*letters == 'a' || *letters == 'b') {
            rig_make_acceptor(world, *letters == 'a' ? 0 : 1);
        }
        for (uint32_t i = 0; i < RIG_BROKERS; i++) {
            choose_session(&world->sessions[i], &world->broker[i].config, *letters);
            choose_broker(&world->broker_configs[i], *letters);
        }
    }
}

static void remove_world(void)
{
    rig_free(world);
}

static void open_world(const char *letters)
{
    if (world == NULL) {
        world = rig_new();
        (void)atexit(remove_world);
    } else {
        rig_renew(world);
    }
    choose_settings(letters);
    rig_start(world);
    (void)rig_request(world, "35=D|49=OMS|11=C1|55=VOD|54=1|38=100|40=2|44=10.5|59=1|"
                             "60=20260921-14:13:20|");
}

/* --- What is said ----------------------------------------------------------------------- */

/* What a letter of the line stands for; NULL: itself. */
static const char *meaning(char letter)
{
    static char number[24];
    ASSERT(world != NULL);
    switch (letter) {
    case '@':
        return world->broker[0].last_cl_ord_id;
    case '^':
        (void)snprintf(number, sizeof(number), "%llu",
                       (unsigned long long)world->engine->approvals.count);
        return number;
    case '$':
        return fuzz_command_more();
    default:
        return NULL;
    }
}

static void expand(const char *line, char out[TEXT_BYTES_MAX])
{
    size_t size = 0;
    for (; *line != '\0' && size + FIX_TEXT_BYTES_MAX < TEXT_BYTES_MAX; line++) {
        const char *words = meaning(*line);
        if (words == NULL) {
            out[size++] = *line;
        } else {
            memcpy(out + size, words, strlen(words));
            size += strlen(words);
        }
    }
    out[size] = '\0';
}

static void report(char type, const char *text)
{
    char msg_type[2] = {type, '\0'};
    /* The broker's own session must be able to read its header back for a resend: a field
     * that is none of the header comes first. */
    char body[TEXT_BYTES_MAX + 8];
    (void)snprintf(body, sizeof(body), "58=.|%s", text);
    if (world->broker[0].connected && session_can_send(&world->broker[0].session)) {
        rig_broker_says(world, 0, msg_type, body);
    }
}

/* The bytes of "N …" as a framed message, or as they stand. */
static struct span bytes_of(const char *text, uint32_t broker, bool framed)
{
    static uint8_t bytes[BYTES_MAX];
    static struct script_fields fields;
    if (framed && script_fields_read(&fields, text)) {
        size_t size = script_message_write(&fields, world->broker[broker].config.sender_comp_id,
                                           "FIXGATE", world->broker[broker].session.seq_out_next,
                                           world->now_ns, bytes, sizeof(bytes));
        return span_of(bytes, size);
    }
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = text[i] == '|' ? FIX_SOH : (uint8_t)text[i];
    }
    return span_of(bytes, size);
}

/* --- One line ----------------------------------------------------------------------------- */

static void pass(const char *text)
{
    unsigned long seconds = strtoul(text, NULL, 10);
    rig_wait(world, seconds > 200 ? 200 : (unsigned)seconds);
}

static void pass_to_deadline(void)
{
    uint64_t deadline_ns = engine_deadline_ns(world->engine);
    ASSERT(deadline_ns > world->now_ns);
    if (deadline_ns - world->now_ns < SECONDS_MAX * UINT64_C(1000000000)) {
        world->now_ns = deadline_ns;
        rig_settle(world);
        ASSERT(engine_deadline_ns(world->engine) > deadline_ns);
    }
}

static void set_clock(const char *text)
{
    long seconds = strtol(text, NULL, 10);
    seconds = seconds > SECONDS_MAX ? SECONDS_MAX : seconds;
    seconds = seconds < -SECONDS_MAX ? -SECONDS_MAX : seconds;
    /* Engine time never runs backwards. */
    world->now_ns += seconds > 0 ? (uint64_t)seconds * UINT64_C(1000000000) : 0;
    rig_clock_step(world, (int64_t)seconds * INT64_C(1000000000));
}

static void operate(uint32_t session, const char *text)
{
    static const enum session_command commands[] = {
        SESSION_COMMAND_LOGON, SESSION_COMMAND_LOGOFF, SESSION_COMMAND_RESET,
        SESSION_COMMAND_DISCONNECT, SESSION_COMMAND_TEST_REQUEST};
    unsigned long number = strtoul(text, NULL, 10);
    (void)rig_command(world, session, commands[number % ARRAY_LEN(commands)],
                      strchr(text, '!') != NULL);
}

static void die(const char *text)
{
    rig_crash_releasing(world, NULL, (unsigned)strtoul(text, NULL, 10) % 16);
    rig_start(world);
}

/* Lines about one broker: "xN …". */
static void play_broker(char what, uint32_t number, const char *text)
{
    struct rig_broker *broker = &world->broker[number];
    unsigned long digit = strtoul(text, NULL, 10);
    switch (what) {
    case 'f':
    case 'r':
        rig_says_bytes(world, number, bytes_of(text, number, what == 'f'));
        break;
    case 'i':
        rig_knock(world, number, bytes_of(text, number, true));
        break;
    case 'd':
        if (broker->connected) {
            rig_drop(world, number);
        }
        break;
    case 'h':
        broker->deaf = !broker->deaf;
        break;
    case 'l':
        broker->listening = !broker->listening;
        break;
    case 'e':
        broker->deaf_endpoints = (uint32_t)(digit % 8);
        break;
    case 'm':
        broker->manner = (enum rig_manner)(digit % (RIG_REFUSE + 1));
        break;
    case 'b':
        rig_backlog(world, number, (digit % 2048) * 1024);
        break;
    default:
        operate(number, text);
        break;
    }
}

static void play(const char *line)
{
    char text[TEXT_BYTES_MAX] = "";
    expand(line + 1, text);
    if (strchr("frihdlembo", line[0]) != NULL) {
        if (text[0] == '0' || text[0] == '1') {
            play_broker(line[0], (uint32_t)(text[0] - '0'), text[1] == ' ' ? text + 2 : text + 1);
        }
    } else if (strchr("89j3", line[0]) != NULL) {
        report(line[0], text);
    } else if (line[0] == '<') {
        (void)rig_request(world, text);
    } else if (line[0] == 'a') {
        fuzz_command(world, text);
    } else if (line[0] == 'n') {
        world->reads_left = (unsigned)strtoul(text, NULL, 10) % READS_MAX;
    } else if (line[0] == 'x') {
        pass(text);
    } else if (line[0] == 't') {
        pass_to_deadline();
    } else if (line[0] == 'k') {
        set_clock(text);
    } else if (line[0] == 's') {
        rig_space(world, !world->engine->space_low);
    } else if (line[0] == '!') {
        die(text);
    }
    forget(&world->replies);
    forget(&world->events);
    forget(&world->taken);
}

/* All faults end: the engine finds its rest, and its events are whole. */
static void close_world(void)
{
    for (uint32_t i = 0; i < RIG_BROKERS; i++) {
        world->broker[i].deaf = false;
        world->broker[i].listening = true;
        world->broker[i].deaf_endpoints = 0;
    }
    rig_wait(world, 60);
    ASSERT(engine_deadline_ns(world->engine) > world->now_ns);
    fuzz_check_rebuilt(world);
    ASSERT(rig_check_events(world) > 0);
}

/* One time in four a command of the engine's own tables, between two lines; else what libFuzzer
 * makes of it. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    char line[COMMAND_LINE_BYTES_MAX];
    size_t at = size == 0 ? 0 : (seed / 4) % size;
    size_t added = seed % 4 == 0 ? fuzz_command_write(seed, line, sizeof(line)) : 0;
    while (at > 0 && data[at - 1] != '\n') {
        at -= 1;
    }
    if (added == 0 || added > max_size - size) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    memmove(data + at + added, data + at, size - at);
    memcpy(data + at, line, added);
    return size + added;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_lines lines = {.data = data, .size = size};
    if (fuzz_play(lines, LINE_BYTES_MAX, STEPS_MAX, open_world, play)) {
        close_world();
    }
    return 0;
}
