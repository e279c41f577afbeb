/* world.h over a real socket: the session is a reflector's, in a process of its own, and
 * every message went through the kernel and the store.
 *
 * A script's time passes in its `at` lines alone. So the times in what arrives are turned
 * into the script's time: all that happens between two `at` lines happens in one instant. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fix/timestamp.h"
#include "tests/session/socket_reflector.h"
#include "tests/session/world.h"

enum { WAIT_MS_MAX = 5000, WAITS_MAX = 256, TIME_BYTES = 21 };

/* What struct world has no place for; one world at a time. */
static struct {
    struct reflector reflector;
    uint64_t seq_in_next; /* To start it with. */
    uint64_t seq_out_next;
    int listener; /* Where an initiator connects to; -1: nobody listens. */
    uint16_t port;
    int line;  /* -1: not connected. */
    bool over; /* We have seen the end of the line. */
    size_t used;
    uint8_t bytes[WORLD_STREAM_BYTES_MAX];
    bool stale_told[WORLD_QUEUE_MAX];
    struct wait {
        uint64_t begin_ns; /* By the real clock. */
        uint64_t end_ns;
        uint64_t script_ns; /* The script's time when it began. */
        uint64_t duration_ns;
    } waits[WAITS_MAX]; /* The first is none: the beginning. */
    size_t waits_count;
} side;

static void world_fail(struct world *world, const char *what, const char *about)
{
    if (world->error[0] == '\0') {
        (void)snprintf(world->error, sizeof(world->error), "%s: %s", what, about);
    }
}

static uint64_t realtime_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t script_time_ns(uint64_t real_ns)
{
    size_t i = side.waits_count - 1;
    while (i > 0 && real_ns < side.waits[i].begin_ns) {
        i--;
    }
    const struct wait *wait = &side.waits[i];
    bool within = real_ns < wait->end_ns && real_ns > wait->begin_ns;
    return wait->script_ns + (within ? real_ns - wait->begin_ns : wait->duration_ns);
}

/* Turns a time with milliseconds in `message`, the value of `tag`, into the script's. */
static void retime(struct observed *observed, const char *tag)
{
    char *message = (char *)observed->bytes;
    char *found = strstr(message, tag);
    uint64_t real_ns = 0;
    if (found == NULL || found[strlen(tag) + TIME_BYTES] != '\001') {
        return;
    }
    char *time = found + strlen(tag);
    if (!timestamp_parse(span_of(time, TIME_BYTES), &real_ns)) {
        return;
    }
    char text[TIMESTAMP_TEXT_BYTES_MAX];
    size_t size = timestamp_format(script_time_ns(real_ns), 3, text);
    ASSERT(size == TIME_BYTES);
    memcpy(time, text, TIME_BYTES);
}

static void world_observe(struct world *world, enum observed_kind kind, struct span bytes)
{
    ASSERT(world->observed_count < WORLD_OBSERVED_MAX);
    struct observed *observed = &world->observed[world->observed_count];
    world->observed_count += 1;
    *observed =
        (struct observed){.kind = kind, .size = bytes.size, .at_ns = script_time_ns(realtime_ns())};
    observed->bytes = malloc(bytes.size + 1);
    ASSERT(observed->bytes != NULL);
    memcpy(observed->bytes, bytes.data, bytes.size);
    observed->bytes[bytes.size] = '\0';
}

/* --- The line --------------------------------------------------------------- */

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
}

/* Takes a port, or listens again on the one that it took before. */
static void listen_again(void)
{
    int on = 1;
    struct sockaddr_in address = loopback(side.port);
    socklen_t size = sizeof(address);
    side.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT(side.listener >= 0);
    (void)setsockopt(side.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    int failed = bind(side.listener, (const struct sockaddr *)&address, size);
    ASSERT(failed == 0);
    failed = listen(side.listener, 1);
    ASSERT(failed == 0);
    failed = getsockname(side.listener, (struct sockaddr *)&address, &size);
    ASSERT(failed == 0);
    side.port = ntohs(address.sin_port);
}

static void listen_no_more(void)
{
    if (side.listener >= 0) {
        (void)close(side.listener);
        side.listener = -1;
    }
}

static void hang_up(void)
{
    if (side.line >= 0) {
        (void)close(side.line);
        side.line = -1;
    }
    side.used = 0;
    side.over = false;
}

static bool readable(int fd, int wait_ms)
{
    struct pollfd item = {.fd = fd, .events = POLLIN};
    return poll(&item, 1, wait_ms) > 0;
}

/* More bytes of the line, if there are any within the time. */
static bool read_more(int wait_ms)
{
    if (side.line < 0 || side.over || !readable(side.line, wait_ms)) {
        return false;
    }
    ssize_t got = recv(side.line, side.bytes + side.used, sizeof(side.bytes) - side.used, 0);
    side.over = got <= 0;
    side.used += got > 0 ? (size_t)got : 0;
    return got > 0;
}

static void take_message(struct world *world)
{
    static const uint32_t always[] = {34, 35, 49, 52, 56};
    struct frame frame;
    while (frame_find(span_of(side.bytes, side.used), &frame) != FRAME_FOUND) {
        if (!read_more(WAIT_MS_MAX)) {
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
    retime(&world->observed[world->observed_count - 1], "\00152=");
    retime(&world->observed[world->observed_count - 1], "\001122=");
    memmove(side.bytes, side.bytes + frame.consumed, side.used - frame.consumed);
    side.used -= frame.consumed;
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
        while (read_more(WAIT_MS_MAX)) {
        }
        if (!side.over) {
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
    bool was_over = side.over;
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
    while (read_more(0)) {
    }
    if (side.used > 0) {
        world_fail(world, "bytes came that were not released", "");
    }
    if (side.over && !was_over && closes == 0) {
        observe_refusal(world);
    }
}

static void start_if_down(struct world *world)
{
    if (side.reflector.pid == 0) {
        reflector_start(&side.reflector, &world->config, side.port, side.seq_in_next,
                        side.seq_out_next);
        memset(side.stale_told, 0, sizeof(side.stale_told));
    }
}

/* --- world.h ---------------------------------------------------------------- */

void world_init(struct world *world, const struct dictionary *dictionary)
{
    memset(world, 0, sizeof(*world));
    memset(&side, 0, sizeof(side));
    side.line = -1;
    side.listener = -1;
    reflector_open(&side.reflector);
    world->config = session_config_default();
    world->config.dictionary = dictionary;
    world->config.sender_comp_id = "GATE";
    world->config.target_comp_id = "BROKER";
    world->now_ns = realtime_ns();
    side.waits[0].script_ns = world->now_ns;
    side.waits_count = 1;
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
    side.seq_in_next = seq_in_next;
    side.seq_out_next = seq_out_next;
    session_init(&world->session, &world->config, world->early, FIX_EARLY_MESSAGES_MAX,
                 world->early_bytes, seq_in_next, seq_out_next);
}

void world_free(struct world *world)
{
    hang_up();
    listen_no_more();
    reflector_close(&side.reflector);
    for (size_t i = 0; i < world->observed_count; i++) {
        free(world->observed[i].bytes);
    }
    free(world->early);
    free(world->early_bytes);
}

void world_connect(struct world *world)
{
    int on = 1;
    hang_up();
    if (world->config.acceptor) {
        start_if_down(world);
        struct sockaddr_in address = loopback(side.reflector.port);
        side.line = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ASSERT(side.line >= 0);
        if (connect(side.line, (const struct sockaddr *)&address, sizeof(address)) != 0) {
            world_fail(world, "cannot connect", "");
        }
    } else {
        listen_again();
        start_if_down(world);
        side.line = readable(side.listener, WAIT_MS_MAX) ? accept(side.listener, NULL, NULL) : -1;
        listen_no_more();
        if (side.line < 0) {
            world_fail(world, "the reflector does not connect", "");
        }
    }
    (void)setsockopt(side.line, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    settle(world);
}

void world_disconnect(struct world *world)
{
    hang_up();
    settle(world);
}

void world_receive(struct world *world, struct span bytes)
{
    if (side.line < 0) {
        return; /* Nobody hears it. */
    }
    if (tell_stale(world)) {
        settle(world);
    }
    ssize_t sent = send(side.line, bytes.data, bytes.size, MSG_NOSIGNAL);
    if (sent != (ssize_t)bytes.size && !side.over) {
        world_fail(world, "cannot send", "");
    }
    settle(world);
    world->now_ns = realtime_ns();
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

void world_wait(struct world *world, uint64_t duration_ns)
{
    struct timespec pause = {.tv_sec = (time_t)(duration_ns / 1000000000u),
                             .tv_nsec = (long)(duration_ns % 1000000000u)};
    ASSERT(side.waits_count < WAITS_MAX);
    struct wait *wait = &side.waits[side.waits_count];
    *wait = (struct wait){.begin_ns = realtime_ns(),
                          .script_ns = script_time_ns(realtime_ns()),
                          .duration_ns = duration_ns};
    (void)nanosleep(&pause, NULL);
    wait->end_ns = realtime_ns();
    side.waits_count++;
    settle(world);
    world->now_ns = realtime_ns();
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
    world->now_ns = realtime_ns();
    for (size_t i = 0; i < world->observed_count; i++) {
        if (world->observed[i].kind == OBSERVED_LOG) {
            world->observed[i].taken = true;
        }
    }
}
