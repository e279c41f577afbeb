/* world.h over a real socket: the session is a reflector's, in a process of its own, and
 * every message went through the kernel and the store. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/session/socket_line.h"
#include "tests/session/socket_reflector.h"
#include "tests/session/socket_time.h"
#include "tests/session/world.h"

/* ReconnectInterval=1, and its jitter. */
#define RECONNECT_NS_MAX UINT64_C(1500000000)

/* What struct world has no place for; one world at a time. */
static struct {
    struct reflector reflector;
    uint64_t seq_in_next; /* To start it with. */
    uint64_t seq_out_next;
    struct socket_line line;
    struct socket_time time;
    bool stale_told[WORLD_QUEUE_MAX];
} side;

static void world_fail(struct world *world, const char *what, const char *about)
{
    if (world->error[0] == '\0') {
        (void)snprintf(world->error, sizeof(world->error), "%.200s: %.800s", what, about);
    }
}

static void world_observe(struct world *world, enum observed_kind kind, struct span bytes)
{
    ASSERT(world->observed_count < WORLD_OBSERVED_MAX);
    struct observed *observed = &world->observed[world->observed_count];
    world->observed_count += 1;
    *observed =
        (struct observed){.kind = kind,
                          .size = bytes.size,
                          .at_ns = socket_time_ns(&side.time, socket_time_now_ns(&side.time))};
    observed->bytes = malloc(bytes.size + 1);
    ASSERT(observed->bytes != NULL);
    memcpy(observed->bytes, bytes.data, bytes.size);
    observed->bytes[bytes.size] = '\0';
}

/* --- What arrives ----------------------------------------------------------- */

static void take_message(struct world *world)
{
    static const uint32_t always[] = {34, 35, 49, 52, 56};
    struct frame frame;
    while (frame_find(span_of(side.line.bytes, side.line.used), &frame) != FRAME_FOUND) {
        if (!socket_line_read(&side.line, SOCKET_LINE_WAIT_MS)) {
            world_fail(world, "a message was released and did not arrive", "");
            return;
        }
    }
    char value[SCRIPT_LINE_BYTES_MAX];
    for (size_t i = 0; i < ARRAY_LEN(always); i++) {
        if (!script_message_find(frame.bytes, always[i], value, sizeof(value))) {
            world_fail(world, "a message without one of 34, 35, 49, 52, 56", "");
        }
    }
    if (frame.bytes.size != frame.consumed) {
        world_fail(world, "bytes that belong to no message", "");
    }
    world_observe(world, OBSERVED_SEND, frame.bytes);
    char *kept = (char *)world->observed[world->observed_count - 1].bytes;
    socket_time_turn(&side.time, kept, "\00152=");
    socket_time_turn(&side.time, kept, "\001122=");
    socket_line_take(&side.line, frame.consumed);
}

/* --- What the reflector tells ----------------------------------------------- */

static size_t read_hex(const char *text, void *out, size_t capacity)
{
    uint8_t *bytes = out;
    size_t size = 0;
    while (text[2 * size] != '\0') {
        unsigned byte = 0;
        ASSERT(size < capacity);
        int got = sscanf(text + 2 * size, "%2x", &byte);
        ASSERT(got == 1);
        bytes[size++] = (uint8_t)byte;
    }
    return size;
}

static void take_delivery(struct world *world, const char *hex, bool poss_dup)
{
    static uint8_t bytes[FIX_MESSAGE_BYTES_MAX];
    size_t size = read_hex(hex, bytes, sizeof(bytes));
    world_observe(world, OBSERVED_DELIVER, span_of(bytes, size));
    world->observed[world->observed_count - 1].poss_dup = poss_dup;
}

/* Its session, with our pointers in the place of its. */
static void take_session(struct world *world, const char *hex)
{
    size_t size = read_hex(hex, &world->session, sizeof(world->session));
    ASSERT(size == sizeof(world->session));
    world->session.config = &world->config;
    world->session.early = world->early;
    world->session.early_bytes = world->early_bytes;
}

/* True at the answer to `ask`. */
static bool take_line(struct world *world, const char *line)
{
    switch (line[0]) {
    case 'S':
        take_message(world);
        return false;
    case 'C':
        while (socket_line_read(&side.line, SOCKET_LINE_WAIT_MS)) {
        }
        if (!side.line.over) {
            world_fail(world, "a connection was to be closed and is open", line);
        }
        world_observe(world, OBSERVED_CLOSE, span_text(line + 2));
        return false;
    case 'R':
        world_observe(world, OBSERVED_RESET, span_text(""));
        return false;
    case 'L':
        world_observe(world, OBSERVED_LOG, span_text(line + 2));
        return false;
    case 'D':
    case 'P':
        take_delivery(world, line + 2, line[0] == 'P');
        return false;
    case 'A':
        take_session(world, line + 2);
        return true;
    default:
        world_fail(world, "the reflector says", line);
        return true;
    }
}

/* What the pure session says of the same. */
static const struct {
    const char *acceptor;
    const char *session;
} refusals[] = {
    {"its first message is not a Logon", "first message not a Logon"},
    {"no session of this listener has these IDs", "unknown peer"},
    {"no Logon within the time limit", "no Logon within 10 s"},
};

/* The acceptor closes without the session's word when a first message is no Logon of a
 * session that it has: only the log says why. */
static void observe_refusal(struct world *world)
{
    char path[REFLECTOR_PATH_BYTES_MAX + 32];
    char line[SCRIPT_LINE_BYTES_MAX] = "";
    char last[SCRIPT_LINE_BYTES_MAX] = "";
    (void)snprintf(path, sizeof(path), "%s/reflector.log", side.reflector.store);
    FILE *file = fopen(path, "r");
    ASSERT(file != NULL);
    while (fgets(line, sizeof(line), file) != NULL) {
        (void)snprintf(last, sizeof(last), "%s", line);
    }
    (void)fclose(file);
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        if (strstr(last, refusals[i].acceptor) != NULL) {
            (void)snprintf(last, sizeof(last), "%s", refusals[i].session);
        }
    }
    world_observe(world, OBSERVED_CLOSE, span_text(last));
}

/* True if there was something to tell. */
static bool tell_stale(const struct world *world)
{
    bool told = false;
    for (size_t i = 0; i < WORLD_QUEUE_MAX; i++) {
        if (world->queue[i].stale && !side.stale_told[i]) {
            char command[64];
            (void)snprintf(command, sizeof(command), "stale %zu", i);
            reflector_tell(&side.reflector, command);
            side.stale_told[i] = true;
            told = true;
        }
    }
    return told;
}

/* Waits until all that was done has had its effect, and notes what it was. */
static void settle(struct world *world)
{
    bool was_over = side.line.over;
    if (side.reflector.pid == 0) {
        return;
    }
    size_t closes = 0;
    reflector_tell(&side.reflector, "ask");
    bool answered = false;
    while (!answered) {
        if (!reflector_hear(&side.reflector)) {
            world_fail(world, "the reflector has ended", side.reflector.store);
            return;
        }
        closes += side.reflector.line[0] == 'C' ? 1 : 0;
        answered = take_line(world, side.reflector.line);
    }
    while (socket_line_read(&side.line, 0)) {
    }
    if (side.line.used > 0) {
        world_fail(world, "bytes came that were not released", "");
    }
    if (side.line.over && !was_over && closes == 0) {
        observe_refusal(world);
    }
}

static void let_pass(uint64_t duration_ns)
{
    char command[64];
    (void)snprintf(command, sizeof(command), "pass %llu", (unsigned long long)duration_ns);
    reflector_tell(&side.reflector, command);
    side.time.ahead_ns += duration_ns;
}

static void start_if_down(struct world *world)
{
    if (side.reflector.pid == 0) {
        reflector_start(&side.reflector, &world->config, side.line.port, side.seq_in_next,
                        side.seq_out_next);
        memset(side.stale_told, 0, sizeof(side.stale_told));
    }
}

/* --- world.h ---------------------------------------------------------------- */

void world_init(struct world *world, const struct dictionary *dictionary)
{
    memset(world, 0, sizeof(*world));
    memset(&side, 0, sizeof(side));
    socket_line_init(&side.line);
    reflector_open(&side.reflector);
    world->config = session_config_default();
    world->config.dictionary = dictionary;
    world->config.sender_comp_id = "GATE";
    world->config.target_comp_id = "BROKER";
    socket_time_init(&side.time);
    world->now_ns = socket_time_now_ns(&side.time);
    world->peer_seq = 1;
    world->early = calloc(FIX_EARLY_MESSAGES_MAX, sizeof(*world->early));
    world->early_bytes = malloc(FIX_EARLY_BYTES_MAX);
    ASSERT(world->early != NULL);
    ASSERT(world->early_bytes != NULL);
    world_start(world, 1, 1);
}

void world_start(struct world *world, uint64_t seq_in_next, uint64_t seq_out_next)
{
    reflector_kill(&side.reflector);
    side.time.ahead_ns = 0;
    side.seq_in_next = seq_in_next;
    side.seq_out_next = seq_out_next;
    session_init(&world->session, &world->config, world->early, FIX_EARLY_MESSAGES_MAX,
                 world->early_bytes, seq_in_next, seq_out_next);
}

void world_free(struct world *world)
{
    socket_line_hang_up(&side.line);
    socket_line_listen_no_more(&side.line);
    reflector_close(&side.reflector);
    for (size_t i = 0; i < world->observed_count; i++) {
        free(world->observed[i].bytes);
    }
    free(world->early);
    free(world->early_bytes);
}

void world_connect(struct world *world)
{
    socket_line_hang_up(&side.line);
    bool connected = false;
    if (world->config.acceptor) {
        start_if_down(world);
        connected = socket_line_connect(&side.line, side.reflector.port);
    } else {
        bool running = side.reflector.pid != 0;
        socket_line_listen(&side.line);
        start_if_down(world);
        if (running) {
            let_pass(RECONNECT_NS_MAX);
        }
        connected = socket_line_accept(&side.line);
        socket_line_listen_no_more(&side.line);
    }
    if (!connected) {
        world_fail(world, "there is no connection", "");
    }
    settle(world);
}

void world_disconnect(struct world *world)
{
    socket_line_hang_up(&side.line);
    settle(world);
}

void world_receive(struct world *world, struct span bytes)
{
    if (side.line.fd < 0) {
        return; /* Nobody hears it. */
    }
    if (tell_stale(world)) {
        settle(world);
    }
    if (!socket_line_send(&side.line, bytes) && !side.line.over) {
        world_fail(world, "cannot send", "");
    }
    settle(world);
    world->now_ns = socket_time_now_ns(&side.time);
}

void world_send(struct world *world, struct span msg_type, struct span body)
{
    static char command[2 * SCRIPT_LINE_BYTES_MAX + 64];
    int size = snprintf(command, sizeof(command), "send %.*s ", (int)msg_type.size,
                        (const char *)msg_type.data);
    for (size_t i = 0; i < body.size; i++) {
        size += snprintf(command + size, sizeof(command) - (size_t)size, "%02x", body.data[i]);
    }
    reflector_tell(&side.reflector, command);
    settle(world);
}

void world_ask_reset(struct world *world)
{
    reflector_tell(&side.reflector, "reset");
    settle(world);
}

/* The same command: what it does depends on whether the session is logged on. */
void world_new_day(struct world *world)
{
    world_ask_reset(world);
    world->peer_seq = 1;
}

void world_logout(struct world *world, const char *text)
{
    char command[SCRIPT_LINE_BYTES_MAX + 16];
    (void)snprintf(command, sizeof(command), "logout %s", text);
    reflector_tell(&side.reflector, command);
    settle(world);
}

void world_business_reject(struct world *world, int reason, const char *text)
{
    char command[SCRIPT_LINE_BYTES_MAX + 32];
    (void)snprintf(command, sizeof(command), "refuse %d %s", reason, text);
    reflector_tell(&side.reflector, command);
    settle(world);
}

/* As the pure world does: from one deadline to the next. */
void world_wait(struct world *world, uint64_t duration_ns)
{
    socket_time_begin(&side.time, duration_ns);
    uint64_t now_ns = socket_time_now_ns(&side.time);
    uint64_t end_ns = now_ns + duration_ns;
    while (world->error[0] == '\0' && now_ns < end_ns) {
        uint64_t deadline_ns = session_deadline_ns(&world->session);
        uint64_t next_ns = deadline_ns < end_ns ? deadline_ns : end_ns;
        if (next_ns > now_ns) {
            let_pass(next_ns - now_ns);
        }
        settle(world);
        now_ns = socket_time_now_ns(&side.time);
    }
    socket_time_end(&side.time);
    world->now_ns = now_ns;
}

struct observed *world_next(struct world *world)
{
    for (size_t i = 0; i < world->observed_count; i++) {
        struct observed *observed = &world->observed[i];
        if (!observed->taken && observed->kind != OBSERVED_LOG) {
            return observed;
        }
    }
    return NULL;
}

void world_forget_logs(struct world *world)
{
    world->now_ns = socket_time_now_ns(&side.time);
    for (size_t i = 0; i < world->observed_count; i++) {
        if (world->observed[i].kind == OBSERVED_LOG) {
            world->observed[i].taken = true;
        }
    }
}
