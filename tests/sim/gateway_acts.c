/* What can be done to the gateway, in words (gateway.h). */
#include "tests/sim/gateway_parts.h"
#include "tests/sim/words.h"

static bool find_session(const struct sim_gateway *gateway, const char **words, uint32_t *session)
{
    char name[64];
    if (!words_next(words, name, sizeof(name))) {
        return false;
    }
    for (*session = 0; *session < gateway->config->sessions_count; (*session)++) {
        if (strcmp(name, gateway_session_name(gateway, *session)) == 0) {
            return true;
        }
    }
    return false;
}

static bool plan_crash(struct sim_gateway *gateway, enum crash_point point, uint64_t releases,
                       const char *words)
{
    gateway->crash_point = point;
    gateway->crash_releases = releases;
    gateway->crash_silent = words_take(&words, "silently");
    gateway_wake(gateway, gateway->sim->now_ns);
    return words_done(words);
}

static bool plan_fault(struct sim_gateway *gateway, enum store_fault fault)
{
    store_faults_plan(fault);
    gateway->fault_meant = true;
    gateway->crash_silent = false;
    return true;
}

static bool act_crash(struct sim_gateway *gateway, const char *words)
{
    int64_t number;
    if (words_take(&words, "before commit")) {
        return plan_crash(gateway, CRASH_BEFORE_COMMIT, 0, words);
    }
    if (words_take(&words, "in commit")) {
        return plan_crash(gateway, CRASH_IN_COMMIT, 0, words) &&
               plan_fault(gateway, STORE_FAULT_COMMIT);
    }
    if (words_take(&words, "in lasting commit")) {
        return plan_crash(gateway, CRASH_IN_COMMIT, 0, words) &&
               plan_fault(gateway, STORE_FAULT_COMMIT_LASTS);
    }
    if (words_take(&words, "after") && words_number(&words, &number) &&
        words_take(&words, "releases")) {
        return plan_crash(gateway, CRASH_AFTER_RELEASES, (uint64_t)number, words);
    }
    bool silent = words_take(&words, "silently");
    if (words_done(words)) {
        gateway_die(gateway, silent, "between two turns");
        return true;
    }
    return false;
}

/* Operators reset no session whose broker they cannot reach: what is still on its way would
 * come into the new numbers. */
static bool is_out_of_reach(const struct sim_gateway *gateway, uint32_t session)
{
    bool held = gateway->slots[session].held;
    for (const struct line *line = gateway->sim->lines; line != NULL; line = line_next(line)) {
        held = held || (line_session(line) == session && line_is_in_use(line));
    }
    return held;
}

static bool act_ask(struct sim_gateway *gateway, const char *words)
{
    static const enum session_command commands[] = {
#define X(name) SESSION_COMMAND_##name,
        SESSION_COMMANDS(X)
#undef X
    };
    struct session_asked command = {0};
    char name[32];
    if (!find_session(gateway, &words, &command.session) ||
        !words_next(&words, name, sizeof(name))) {
        return false;
    }
    command.confirmed = words_take(&words, "confirmed");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(name, session_command_name(commands[i])) == 0) {
            command.command = commands[i];
            bool in_vain =
                commands[i] == SESSION_COMMAND_RESET && is_out_of_reach(gateway, command.session);
            if (!in_vain && gateway->commands_count < GATEWAY_COMMANDS_MAX - SIM_SESSIONS_MAX) {
                gateway->commands[gateway->commands_count++] = command;
            }
            gateway_wake(gateway, gateway->sim->now_ns);
            return words_done(words);
        }
    }
    return false;
}

static void stall(struct sim_gateway *gateway, uint64_t ms)
{
    uint64_t until_ns = gateway->sim->now_ns + ms * SIM_MS_NS;
    gateway->busy_until_ns = until_ns > gateway->busy_until_ns ? until_ns : gateway->busy_until_ns;
    gateway->turn_at_ns = UINT64_MAX;
    gateway_wake(gateway, until_ns);
}

static bool act_line(struct sim_gateway *gateway, const char *words)
{
    uint32_t session;
    bool half = words_take(&words, "half");
    if (words_take(&words, "cut")) {
        bool back = words_take(&words, "and return");
        if (!find_session(gateway, &words, &session) || !words_done(words)) {
            return false;
        }
        if (gateway->slots[session].line != NULL) {
            line_cut(gateway->slots[session].line, half);
        }
        if (back) {
            stall(gateway, 1500);
        }
        return true;
    }
    bool hold = words_take(&words, "hold");
    if ((hold || words_take(&words, "release")) && find_session(gateway, &words, &session)) {
        gateway->slots[session].held = hold;
        if (gateway->slots[session].line != NULL) {
            line_hold(gateway->slots[session].line, hold);
        }
        return words_done(words);
    }
    return false;
}

static bool act_time(struct sim_gateway *gateway, const char *words)
{
    int64_t number;
    int64_t ms;
    if (words_take(&words, "clock") && words_number(&words, &number)) {
        gateway->skew_ns += number * (int64_t)SIM_SECOND_NS;
        gateway->skewed = true;
        gateway_wake(gateway, gateway->sim->now_ns);
        return words_done(words);
    }
    if (words_take(&words, "stall") && words_number(&words, &ms)) {
        stall(gateway, (uint64_t)ms);
        return words_done(words);
    }
    if (words_take(&words, "slow") && words_number(&words, &number) && words_number(&words, &ms)) {
        gateway->slow_turns = (uint32_t)number;
        gateway->slow_ns = (uint64_t)ms * SIM_MS_NS;
        return words_done(words);
    }
    return false;
}

static bool act_store(struct sim_gateway *gateway, const char *words)
{
    if (words_take(&words, "disk")) {
        gateway->disk_low = words_take(&words, "low");
        gateway_wake(gateway, gateway->sim->now_ns);
        return words_done(words) || words_take(&words, "free");
    }
    if (words_take(&words, "commit fails but lasts")) {
        return words_done(words) && plan_fault(gateway, STORE_FAULT_COMMIT_LASTS);
    }
    if (words_take(&words, "commit fails")) {
        return words_done(words) && plan_fault(gateway, STORE_FAULT_COMMIT);
    }
    if (words_take(&words, "begin fails")) {
        return words_done(words) && plan_fault(gateway, STORE_FAULT_BEGIN);
    }
    return words_take(&words, "read fails") && words_done(words) &&
           plan_fault(gateway, STORE_FAULT_READ);
}

bool sim_gateway_act(struct sim_gateway *gateway, const char *words)
{
    if (!gateway->up) {
        bool start = words_take(&words, "start") && words_done(words);
        if (start) {
            sim_gateway_start(gateway);
        }
        return true; /* Nothing else can be done to it. */
    }
    if (words_take(&words, "start")) {
        return words_done(words);
    }
    if (words_take(&words, "stop")) {
        gateway->stop_wanted = true;
        gateway_wake(gateway, gateway->sim->now_ns);
        return words_done(words);
    }
    if (words_take(&words, "crash")) {
        return act_crash(gateway, words);
    }
    if (words_take(&words, "command")) {
        return commands_add(gateway, words);
    }
    if (words_take(&words, "ask")) {
        return act_ask(gateway, words);
    }
    return act_time(gateway, words) || act_store(gateway, words) || act_line(gateway, words);
}

void sim_gateway_mend(struct sim_gateway *gateway)
{
    struct sim *sim = gateway->sim;
    store_faults_plan(STORE_FAULT_NONE);
    gateway->fault_meant = false;
    gateway->crash_point = CRASH_NONE;
    gateway->commands_count = 0;
    gateway->asked_count = 0;
    gateway->stop_wanted = gateway->stopping;
    gateway->disk_low = false;
    gateway->slow_turns = 0;
    gateway->busy_until_ns = sim->now_ns;
    gateway->skew_ns = 0;
    for (uint32_t session = 0; session < gateway->config->sessions_count; session++) {
        gateway->slots[session].held = false;
    }
    for (struct line *line = sim->lines; line != NULL; line = line_next(line)) {
        line_hold(line, false);
    }
    if (!gateway->up) {
        sim_gateway_start(gateway);
    }
    for (uint32_t session = 0; gateway->up && session < gateway->config->sessions_count;
         session++) {
        if (gateway->engine->links[session].down) {
            gateway->commands[gateway->commands_count++] =
                (struct session_asked){.session = session, .command = SESSION_COMMAND_LOGON};
        }
    }
    gateway_wake(gateway, sim->now_ns);
}
