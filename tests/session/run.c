#include "tests/session/run.h"

#include <stdlib.h>

static bool run_fail(struct run *run, const char *expected, struct span got)
{
    char shown[SCRIPT_LINE_BYTES_MAX];
    script_show(got, shown, sizeof(shown));
    (void)snprintf(run->error, sizeof(run->error), "%s:%u: %s %s\n    expected %s\n    got      %s",
                   run->path, run->line, run->command, run->rest, expected, shown);
    return false;
}

bool run_fail_text(struct run *run, const char *expected, const char *got)
{
    return run_fail(run, expected, span_text(got));
}

/* `$112` stands for the value of that tag in the message last expected. */
static bool run_expand(struct run *run, const char *from, char *to, size_t to_size)
{
    size_t size = 0;
    while (*from != '\0' && size + 1 < to_size) {
        if (*from != '$') {
            to[size] = *from;
            size += 1;
            from += 1;
            continue;
        }
        char *end = NULL;
        unsigned long tag = strtoul(from + 1, &end, 10);
        if (!script_message_find(run->last, (uint32_t)tag, to + size, to_size - size)) {
            return run_fail_text(run, "the message before to hold the field", from);
        }
        size += strlen(to + size);
        from = end;
    }
    to[size] = '\0';
    return true;
}

/* Before anything new happens all that happened must have been expected. */
static bool run_nothing(struct run *run)
{
    const struct observed *next = world_next(run->world);
    if (next == NULL) {
        return true;
    }
    static const char *const kinds[] = {
        "nothing, but a message was sent", "nothing, but a message was delivered",
        "nothing, but the connection was closed", "nothing, but the numbers were reset"};
    return run_fail(run, kinds[next->kind], span_of(next->bytes, next->size));
}

static bool run_expect_message(struct run *run, enum observed_kind kind)
{
    struct observed *next = world_next(run->world);
    if (next == NULL) {
        return run_fail_text(run, run->rest, "nothing");
    }
    struct span bytes = span_of(next->bytes, next->size);
    if (next->kind != kind) {
        return run_fail(run, run->rest, bytes);
    }
    struct script_fields fields;
    char line[SCRIPT_LINE_BYTES_MAX];
    if (!run_expand(run, run->rest, line, sizeof(line))) {
        return false;
    }
    if (!script_fields_read(&fields, line)) {
        return run_fail_text(run, "tag=value|…", line);
    }
    char error[SCRIPT_LINE_BYTES_MAX];
    if (!script_fields_match(&fields, bytes, next->at_ns, error, sizeof(error))) {
        return run_fail(run, error, bytes);
    }
    next->taken = true;
    if (kind == OBSERVED_SEND) {
        run->last = bytes;
    }
    return true;
}

static bool run_give(struct run *run, bool split)
{
    struct world *world = run->world;
    struct script_fields fields;
    char line[SCRIPT_LINE_BYTES_MAX];
    if (!run_expand(run, run->rest, line, sizeof(line))) {
        return false;
    }
    if (!script_fields_read(&fields, line)) {
        return run_fail_text(run, "tag=value|…", line);
    }
    const char *given = script_fields_find(&fields, 34);
    const char *poss_dup = script_fields_find(&fields, 43);
    uint64_t seq = given == NULL ? world->peer_seq : strtoull(given, NULL, 10);
    static uint8_t bytes[4 * SCRIPT_LINE_BYTES_MAX];
    size_t size =
        script_message_write(&fields, world->config.target_comp_id, world->config.sender_comp_id,
                             seq, world->now_ns, bytes, sizeof(bytes));
    if ((given == NULL || seq > 0) && (poss_dup == NULL || strcmp(poss_dup, "Y") != 0)) {
        world->peer_seq = seq + 1;
    }
    size_t step = split ? 1 : size;
    for (size_t at = 0; at < size; at += step) {
        world_receive(world, span_of(bytes + at, step));
    }
    return true;
}

static bool run_give_raw(struct run *run)
{
    static uint8_t bytes[SCRIPT_LINE_BYTES_MAX];
    size_t size = strlen(run->rest);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = run->rest[i] == '|' ? 1 : (uint8_t)run->rest[i];
    }
    world_receive(run->world, span_of(bytes, size));
    return true;
}

/* These very bytes, framed rightly. */
static bool run_give_body(struct run *run)
{
    static uint8_t bytes[2 * SCRIPT_LINE_BYTES_MAX];
    size_t body_size = strlen(run->rest);
    int head = snprintf((char *)bytes, sizeof(bytes), "8=FIX.4.4|9=%zu|%s", body_size, run->rest);
    ASSERT(head > 0);
    size_t size = (size_t)head;
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = bytes[i] == '|' ? 1 : bytes[i];
        sum += bytes[i];
    }
    size += (size_t)snprintf((char *)bytes + size, sizeof(bytes) - size, "10=%03u\001", sum % 256);
    world_receive(run->world, span_of(bytes, size));
    return true;
}

static bool run_send(struct run *run)
{
    if (!session_can_send(&run->world->session)) {
        return run_fail_text(run, "a session that can send", "one that cannot");
    }
    const char *bar = strchr(run->rest, '|');
    if (strncmp(run->rest, "35=", 3) != 0 || bar == NULL) {
        return run_fail_text(run, "35=…|body", run->rest);
    }
    uint8_t body[SCRIPT_LINE_BYTES_MAX];
    size_t size = strlen(bar + 1);
    for (size_t i = 0; i < size; i++) {
        body[i] = bar[1 + i] == '|' ? 1 : (uint8_t)bar[1 + i];
    }
    struct span type = span_of(run->rest + 3, (size_t)(bar - run->rest) - 3);
    world_send(run->world, type, span_of(body, size));
    return true;
}

static bool run_lines(struct run *run, const char *const *lines, size_t count);

/* The whole exchange up to READY, for the scripts whose subject comes later: as many
 * messages for either role, so that a script can be about both. */
static bool run_logon(struct run *run)
{
    const struct session_config *config = &run->world->config;
    char given[64];
    char answered[64];
    (void)snprintf(given, sizeof(given), "< 35=A|98=0|108=%u|", config->heart_bt_int_seconds);
    (void)snprintf(answered, sizeof(answered), "> 35=A|98=0|108=%u|", config->heart_bt_int_seconds);
    const char *const initiator[] = {"connect", answered, given};
    const char *const acceptor[] = {"connect", "nothing", given, answered};
    static const char *const we_prove[] = {"> 35=1|112=*|", "< 35=0|112=$112|", "state READY"};
    static const char *const peer_proves[] = {"state READY", "< 35=1|112=in step?|",
                                              "> 35=0|112=in step?|"};
    bool exchanged = config->acceptor ? run_lines(run, acceptor, ARRAY_LEN(acceptor))
                                      : run_lines(run, initiator, ARRAY_LEN(initiator));
    if (!exchanged) {
        return false;
    }
    return config->test_request_at_logon ? run_lines(run, we_prove, ARRAY_LEN(we_prove))
                                         : run_lines(run, peer_proves, ARRAY_LEN(peer_proves));
}

static bool run_close(struct run *run)
{
    struct observed *next = world_next(run->world);
    if (next == NULL) {
        return run_fail_text(run, "the connection to be closed", "nothing");
    }
    if (next->kind != OBSERVED_CLOSE || strstr((const char *)next->bytes, run->rest) == NULL) {
        return run_fail(run, run->rest, span_of(next->bytes, next->size));
    }
    next->taken = true;
    return true;
}

static bool run_reset(struct run *run)
{
    struct observed *next = world_next(run->world);
    if (next == NULL || next->kind != OBSERVED_RESET) {
        return run_fail_text(run, "a reset", next == NULL ? "nothing" : "something else");
    }
    next->taken = true;
    return true;
}

static bool run_log(struct run *run)
{
    const struct world *world = run->world;
    for (size_t i = 0; i < world->observed_count; i++) {
        const struct observed *observed = &world->observed[i];
        if (observed->kind == OBSERVED_LOG && !observed->taken &&
            strstr((const char *)observed->bytes, run->rest) != NULL) {
            return true;
        }
    }
    return run_fail_text(run, "a line in the log", "none with this text");
}

static bool run_state(struct run *run)
{
    const char *state = session_state_name(run->world->session.state);
    return strcmp(state, run->rest) == 0 || run_fail_text(run, run->rest, state);
}

static bool run_numbers(struct run *run)
{
    char numbers[80];
    (void)snprintf(numbers, sizeof(numbers), "in=%llu out=%llu",
                   (unsigned long long)run->world->session.seq_in_next,
                   (unsigned long long)run->world->session.seq_out_next);
    return strcmp(numbers, run->rest) == 0 || run_fail_text(run, run->rest, numbers);
}

static bool run_can(struct run *run)
{
    bool can = session_can_send(&run->world->session);
    bool wanted = strcmp(run->command, "can") == 0;
    return can == wanted || run_fail_text(run, wanted ? "can send" : "cannot send", "the other");
}

static bool run_stale(struct run *run)
{
    uint64_t number = strtoull(run->rest, NULL, 10);
    ASSERT(number < WORLD_QUEUE_MAX);
    run->world->queue[number].stale = true;
    return true;
}

static bool run_wait(struct run *run)
{
    uint64_t duration_ns = 0;
    if (!script_duration_read(run->rest, &duration_ns)) {
        return run_fail_text(run, "a duration such as +30s", run->rest);
    }
    world_wait(run->world, duration_ns);
    return true;
}

static bool run_restart(struct run *run)
{
    world_disconnect(run->world);
    world_start(run->world, run->world->session.seq_in_next, run->world->session.seq_out_next);
    return true;
}

static bool run_connect(struct run *run)
{
    world_connect(run->world);
    return true;
}

static bool run_disconnect(struct run *run)
{
    world_disconnect(run->world);
    return true;
}

static bool run_logout(struct run *run)
{
    world_logout(run->world, run->rest);
    return true;
}

static bool run_ask_reset(struct run *run)
{
    world_ask_reset(run->world);
    return true;
}

static bool run_new_day(struct run *run)
{
    if (run->world->session.state != SESSION_DISCONNECTED) {
        return run_fail_text(run, "a session that is disconnected", "another");
    }
    world_new_day(run->world);
    return true;
}

static bool run_expects(struct run *run)
{
    char number[32];
    (void)snprintf(number, sizeof(number), "%llu",
                   (unsigned long long)run->world->session.peer_expects);
    return strcmp(number, run->rest) == 0 || run_fail_text(run, run->rest, number);
}

static bool run_refuse(struct run *run)
{
    char *text = NULL;
    long reason = strtol(run->rest, &text, 10);
    world_business_reject(run->world, (int)reason, *text == ' ' ? text + 1 : text);
    return true;
}

static bool run_give_whole(struct run *run)
{
    return run_give(run, false);
}

static bool run_give_split(struct run *run)
{
    return run_give(run, true);
}

static bool run_expect_sent(struct run *run)
{
    return run_expect_message(run, OBSERVED_SEND);
}

static bool run_expect_delivered(struct run *run)
{
    return run_expect_message(run, OBSERVED_DELIVER);
}

/* `acts`: something new happens, so all before must have been expected. */
static const struct {
    const char *name;
    bool acts;
    bool (*run)(struct run *run);
} commands[] = {
    {"config", true, run_config},
    {"logon", true, run_logon},
    {"connect", true, run_connect},
    {"disconnect", true, run_disconnect},
    {"restart", true, run_restart},
    {"<", true, run_give_whole},
    {"<split", true, run_give_split},
    {"<raw", true, run_give_raw},
    {"<body", true, run_give_body},
    {"send", true, run_send},
    {"logout", true, run_logout},
    {"refuse", true, run_refuse},
    {"at", true, run_wait},
    {"askreset", true, run_ask_reset},
    {"newday", true, run_new_day},
    {"expects", false, run_expects},
    {"stale", false, run_stale},
    {">", false, run_expect_sent},
    {"deliver", false, run_expect_delivered},
    {"close", false, run_close},
    {"reset", false, run_reset},
    {"log", false, run_log},
    {"nothing", false, run_nothing},
    {"state", false, run_state},
    {"numbers", false, run_numbers},
    {"can", false, run_can},
    {"cannot", false, run_can},
};

static bool run_line(struct run *run, const char *line)
{
    const char *space = strchr(line, ' ');
    size_t size = space == NULL ? strlen(line) : (size_t)(space - line);
    span_to_text(span_of(line, size), run->command, sizeof(run->command));
    run->rest = space == NULL ? "" : space + 1;
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(commands[i].name, run->command) != 0) {
            continue;
        }
        if (commands[i].acts) {
            if (!run_nothing(run)) {
                return false;
            }
            world_forget_logs(run->world);
        }
        if (!commands[i].run(run)) {
            return false;
        }
        return run->world->error[0] == '\0' ||
               run_fail_text(run, "the session to keep its rules", run->world->error);
    }
    return run_fail_text(run, "a command", run->command);
}

static bool run_lines(struct run *run, const char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!run_line(run, lines[i])) {
            return false;
        }
    }
    return true;
}

bool run_file(struct run *run, FILE *file)
{
    static char line[SCRIPT_LINE_BYTES_MAX];
    while (fgets(line, sizeof(line), file) != NULL) {
        run->line += 1;
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '\0' && line[0] != '#' && !run_line(run, line)) {
            return false;
        }
    }
    (void)snprintf(run->command, sizeof(run->command), "end");
    run->rest = "";
    return run_nothing(run);
}
