#include "tests/tools/reflector_script.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/core/sessions/links.h"

enum {
    LINE_BYTES_MAX = 4 * FIX_MESSAGE_BYTES_MAX,
    STALE_MAX = 64,
    /* Turns between a question and its answer: a newcomer is accepted in the first, read in
     * the second, and what follows from it has been written at the end of the third. */
    ASK_TURNS = 5,
    IDLE_MS = 1,
};

/* One per process, as its standard input is. */
static struct {
    char input[LINE_BYTES_MAX];
    size_t input_used;
    uint32_t told; /* Releases of this turn that were told. */
    uint32_t ask_turns;
    uint8_t last[FIX_MESSAGE_BYTES_MAX]; /* The last delivery. */
    size_t last_size;
    uint64_t stale[STALE_MAX];
    size_t stale_count;
    uint8_t body[FIX_MESSAGE_BYTES_MAX];
    uint64_t seq_in_next; /* Of a new store. */
    uint64_t seq_out_next;
    uint64_t ahead_ns;
} script;

/* --- Telling ---------------------------------------------------------------- */

static void put_hex(const char *what, const void *bytes, size_t size)
{
    const uint8_t *byte = bytes;
    (void)fputs(what, stdout);
    for (size_t i = 0; i < size; i++) {
        (void)printf("%02x", byte[i]);
    }
    (void)putchar('\n');
}

static void put_text(const char *what, struct span text)
{
    (void)fputs(what, stdout);
    for (size_t i = 0; i < text.size; i++) {
        (void)putchar(text.data[i] < ' ' ? '|' : text.data[i]);
    }
    (void)putchar('\n');
}

static bool ends_with(struct span text, const char *end)
{
    size_t size = strlen(end);
    return text.size >= size && span_is(span_of(text.data + text.size - size, size), end);
}

static void tell_releases(const struct engine *engine)
{
    const struct release_list *releases = &engine->turn->releases;
    for (; script.told < releases->count; script.told++) {
        const struct release *release = &releases->list[script.told];
        if (release->kind == RELEASE_SEND) {
            (void)puts("S");
        } else if (release->kind == RELEASE_CLOSE) {
            put_text("C ", release->topic);
        } else if (release->kind == RELEASE_LOG) {
            if (ends_with(release->bytes, "sequence numbers are reset to 1")) {
                (void)puts("R");
            }
            put_text("L ", release->bytes);
        }
    }
}

static void deliver(struct engine *engine, struct link *link, const struct message *message,
                    bool poss_dup, bool poss_resend)
{
    (void)link;
    (void)poss_resend;
    tell_releases(engine);
    put_hex(poss_dup ? "P " : "D ", message->bytes.data, message->bytes.size);
    memcpy(script.last, message->bytes.data, message->bytes.size);
    script.last_size = message->bytes.size;
}

/* --- Being told ------------------------------------------------------------- */

static int digit(char c)
{
    return c >= 'a' ? c - 'a' + 10 : c - '0';
}

static struct span read_hex(const char *text, uint8_t *out)
{
    size_t size = 0;
    while (text[2 * size] != '\0' && text[2 * size + 1] != '\0') {
        ASSERT(size < FIX_MESSAGE_BYTES_MAX);
        out[size] = (uint8_t)(digit(text[2 * size]) * 16 + digit(text[2 * size + 1]));
        size++;
    }
    return span_of(out, size);
}

static void do_send(struct engine *engine, struct link *link, char *rest)
{
    char *space = strchr(rest, ' ');
    ASSERT(space != NULL);
    *space = '\0';
    uint64_t number = link->session.seq_out_next;
    ASSERT(link_can_send(engine, link, LINK_NEW));
    (void)link_send(engine, link, rest, read_hex(space + 1, script.body),
                    span_of(&number, sizeof(number)));
}

static void do_refuse(struct engine *engine, struct link *link, const char *rest)
{
    static struct field fields[FIX_FIELDS_MAX];
    struct message message;
    char *text = NULL;
    long reason = strtol(rest, &text, 10);
    message_init(&message, fields, FIX_FIELDS_MAX);
    enum frame_fault fault = message_index(&message, span_of(script.last, script.last_size), NULL);
    ASSERT(fault == FRAME_FAULT_NONE);
    link_business_reject(engine, link, &message, (int)reason, *text == ' ' ? text + 1 : text);
}

static void do_reset(struct engine *engine, const struct link *link)
{
    char answer[ENGINE_TEXT_BYTES_MAX + 1];
    (void)engine_session_command(engine, link->number, SESSION_COMMAND_RESET, true,
                                 span_text("script"), answer);
}

static void obey(struct engine *engine, struct link *link, char *line)
{
    char *rest = line + strcspn(line, " ");
    if (*rest == ' ') {
        *rest++ = '\0';
    }
    if (strcmp(line, "ask") == 0) {
        script.ask_turns = ASK_TURNS;
    } else if (strcmp(line, "send") == 0) {
        do_send(engine, link, rest);
    } else if (strcmp(line, "refuse") == 0) {
        do_refuse(engine, link, rest);
    } else if (strcmp(line, "logout") == 0) {
        link_logout(engine, link, rest);
    } else if (strcmp(line, "pass") == 0) {
        script.ahead_ns += strtoull(rest, NULL, 10);
    } else if (strcmp(line, "reset") == 0) {
        do_reset(engine, link);
    } else {
        ASSERT(strcmp(line, "stale") == 0);
        ASSERT(script.stale_count < STALE_MAX);
        script.stale[script.stale_count++] = strtoull(rest, NULL, 10);
    }
}

static void take_input(struct engine *engine, struct link *link, int wait_ms)
{
    struct pollfd item = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&item, 1, wait_ms) <= 0) {
        return;
    }
    ssize_t got = read(STDIN_FILENO, script.input + script.input_used,
                       sizeof(script.input) - script.input_used);
    if (got <= 0) {
        _exit(0); /* The test has gone. */
    }
    script.input_used += (size_t)got;
    char *end = memchr(script.input, '\n', script.input_used);
    while (end != NULL) {
        *end = '\0';
        obey(engine, link, script.input);
        size_t size = (size_t)(end - script.input) + 1;
        memmove(script.input, script.input + size, script.input_used - size);
        script.input_used -= size;
        end = memchr(script.input, '\n', script.input_used);
    }
}

/* Once per turn, when all else has happened. The loop is never let asleep. */
static bool tick(struct engine *engine, struct link *link)
{
    ASSERT(engine->config->sessions_count == 1);
    take_input(engine, link, script.ask_turns > 0 ? 0 : IDLE_MS);
    tell_releases(engine);
    script.told = 0;
    if (script.ask_turns > 0) {
        script.ask_turns--;
        if (script.ask_turns == 0) {
            put_hex("A ", &link->session, sizeof(link->session));
        }
    }
    (void)fflush(stdout);
    return true;
}

static bool may_resend(struct engine *engine, struct link *link, struct span tag, uint64_t sent_ns)
{
    uint64_t number = 0;
    (void)engine;
    (void)link;
    (void)sent_ns;
    if (tag.size == sizeof(number)) {
        memcpy(&number, tag.data, sizeof(number));
    }
    for (size_t i = 0; i < script.stale_count; i++) {
        if (script.stale[i] == number) {
            return false;
        }
    }
    return true;
}

static void start(struct engine *engine, struct link *link)
{
    (void)engine;
    if (link->session.seq_in_next == 1 && link->session.seq_out_next == 1) {
        link->session.seq_in_next = script.seq_in_next;
        link->session.seq_out_next = script.seq_out_next;
    }
}

const struct application *script_begin(uint64_t seq_in_next, uint64_t seq_out_next)
{
    static const struct application application = {
        .start = start,
        .deliver = deliver,
        .may_resend = may_resend,
        .tick = tick,
    };
    script.seq_in_next = seq_in_next;
    script.seq_out_next = seq_out_next;
    return &application;
}

const uint64_t *script_ahead_ns(void)
{
    return &script.ahead_ns;
}
