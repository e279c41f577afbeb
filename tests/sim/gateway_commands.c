/* Commands of people and services, as the control socket gives them to the engine. */
#include <inttypes.h>
#include <stdio.h>

#include "gateway/core/commands/command.h"
#include "gateway/core/engine/tables.h"
#include "tests/sim/gateway_parts.h"
#include "tests/sim/persons.h"
#include "tests/sim/router_actor.h"
#include "tests/sim/words.h"

enum { ROWS_SHOWN_MAX = 40, ROW_BYTES_MAX = 300 };

/* Who there is, and what they may do. */
static const struct {
    const char *name;
    unsigned may;
} operators[] = {
    {"jane", MAY_VIEW | MAY_OPERATE | MAY_ADMIN | MAY_APPROVE},
    {"joe", MAY_VIEW | MAY_OPERATE | MAY_ADMIN | MAY_APPROVE},
    {"vera", MAY_VIEW},
    {"router", MAY_VIEW | MAY_SERVE},
};

static const char *const results[] = {
    [COMMAND_DONE] = "done", [COMMAND_REFUSED] = "refused", [COMMAND_PROPOSED] = "proposed"};

/* A command out of its words; the spans point into it. */
struct asked {
    char words[GATEWAY_WORDS_BYTES_MAX];
    char last[24]; /* What "last" stands for. */
    struct command command;
    struct command_argument arguments[COMMAND_ARGUMENTS_MAX];
};

/* --- Its words ----------------------------------------------------------------------- */

bool commands_add(struct sim_gateway *gateway, const char *words)
{
    size_t size = strlen(words);
    if (size == 0 || size >= GATEWAY_WORDS_BYTES_MAX) {
        return false;
    }
    if (gateway->asked_count < GATEWAY_ASKED_MAX) {
        struct asked_words *asked = &gateway->asked[gateway->asked_count++];
        asked->wish = 0;
        asked->reason[0] = '\0';
        memcpy(asked->words, words, size + 1);
    }
    gateway_wake(gateway, gateway->sim->now_ns);
    return true;
}

bool sim_gateway_ask(struct sim_gateway *gateway, const char *words, struct span reason,
                     uint64_t wish)
{
    ASSERT(wish != 0);
    uint32_t place = gateway->asked_count;
    if (!gateway->up || place == GATEWAY_ASKED_MAX || !commands_add(gateway, words)) {
        return false;
    }
    gateway->asked[place].wish = wish;
    span_to_text(reason, gateway->asked[place].reason, sizeof(gateway->asked[place].reason));
    return true;
}

static struct span next_word(const char **rest)
{
    size_t size = strcspn(*rest, " ");
    struct span word = span_of(*rest, size);
    *rest += size;
    *rest += strspn(*rest, " ");
    return word;
}

static void add_argument(struct asked *asked, struct span word)
{
    const uint8_t *equals = memchr(word.data, '=', word.size);
    size_t name_size = equals != NULL ? (size_t)(equals - word.data) : word.size;
    struct command_argument argument = {
        .name = span_of(word.data, name_size),
        .value = equals != NULL ? span_of(equals + 1, word.size - name_size - 1) : span_of(NULL, 0),
    };
    if (span_is(argument.value, "last")) {
        argument.value = span_text(asked->last);
    }
    if (asked->command.arguments_count < COMMAND_ARGUMENTS_MAX) {
        asked->arguments[asked->command.arguments_count++] = argument;
    }
}

/* OPERATOR NAME [ARGUMENT=VALUE …]; "last" is the number of the newest proposal. */
static void read_words(const struct sim_gateway *gateway, struct asked *asked,
                       const struct asked_words *given)
{
    const char *rest = asked->words;
    *asked = (struct asked){.last = ""};
    (void)snprintf(asked->words, sizeof(asked->words), "%s", given->words);
    (void)snprintf(asked->last, sizeof(asked->last), "%" PRIu64, gateway->proposal);
    asked->command.operator_name = next_word(&rest);
    asked->command.name = next_word(&rest);
    asked->command.arguments = asked->arguments;
    while (!words_done(rest)) {
        add_argument(asked, next_word(&rest));
    }
    if (given->reason[0] != '\0' && asked->command.arguments_count < COMMAND_ARGUMENTS_MAX) {
        asked->arguments[asked->command.arguments_count++] = (struct command_argument){
            .name = span_text("reason"), .value = span_text(given->reason)};
    }
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (span_is(asked->command.operator_name, operators[i].name)) {
            asked->command.may = operators[i].may;
        }
    }
}

/* --- In the turn ------------------------------------------------------------------------- */

struct shown {
    struct sim_gateway *gateway;
    const struct command *command;
    uint64_t wish;
    uint32_t rows;
};

static size_t add_field(char *row, size_t used, const struct command_field *field)
{
    size_t room = ROW_BYTES_MAX - used;
    int size = 0;
    switch (field->kind) {
    case FIELD_WORDS:
        size = field->words.size == 0
                   ? 0
                   : snprintf(row + used, room, " %s=%.*s", field->name, (int)field->words.size,
                              (const char *)field->words.data);
        break;
    case FIELD_NUMBER:
    case FIELD_TRUTH:
        size = snprintf(row + used, room, " %s=%" PRIu64, field->name, field->number);
        break;
    case FIELD_DECIMAL:
    case FIELD_TIME:
        break;
    }
    ASSERT(size >= 0);
    return (size_t)size < room ? used + (size_t)size : ROW_BYTES_MAX - 1;
}

static bool show_row(void *context, const struct command_field *fields, uint32_t count)
{
    struct shown *shown = context;
    char row[ROW_BYTES_MAX] = "";
    size_t used = 0;
    if (shown->wish != 0) {
        sim_router_row(shown->gateway->sim->router, fields, count);
        return true;
    }
    for (uint32_t i = 0; i < count && used < ROW_BYTES_MAX - 1; i++) {
        used = add_field(row, used, &fields[i]);
    }
    persons_read(shown->gateway->sim, shown->command->operator_name, shown->command->name, fields,
                 count);
    if (shown->rows++ < ROWS_SHOWN_MAX) {
        trace_say(&shown->gateway->sim->trace, "gateway", "row%s", row);
    }
    return true;
}

/* The first number in it. */
static uint64_t number_in(struct span answer)
{
    uint64_t number = 0;
    bool begun = false;
    for (size_t i = 0; i < answer.size; i++) {
        bool digit = answer.data[i] >= '0' && answer.data[i] <= '9';
        if (begun && !digit) {
            break;
        }
        begun = begun || digit;
        number = digit ? 10 * number + (answer.data[i] - (uint64_t)'0') : number;
    }
    return number;
}

void commands_step(struct sim_gateway *gateway)
{
    static struct asked asked;
    for (uint32_t i = 0; i < gateway->asked_count; i++) {
        uint64_t wish = gateway->asked[i].wish;
        read_words(gateway, &asked, &gateway->asked[i]);
        struct shown shown = {.gateway = gateway, .command = &asked.command, .wish = wish};
        struct command_out out = {.context = &shown, .row = show_row};
        enum command_result result = engine_command(gateway->engine, &asked.command, &out);
        struct span answer = text_span(&out.answer);
        if (wish != 0) {
            sim_router_answered(gateway->sim->router, wish, result == COMMAND_DONE);
        }
        if (wish != 0 && result == COMMAND_DONE) {
            continue; /* Each second the same; the router shows what is new. */
        }
        trace_say(&gateway->sim->trace, "gateway", "%s: %s: %.*s", asked.words, results[result],
                  (int)answer.size, (const char *)answer.data);
        if (result == COMMAND_PROPOSED) {
            gateway->proposal = number_in(answer);
        }
    }
    gateway->asked_count = 0;
}

enum breaker_state sim_gateway_breaker(const struct sim_gateway *gateway, uint32_t broker)
{
    return gateway->up ? gateway->engine->routing.brokers[broker].breaker : BREAKER_OPEN;
}

uint64_t sim_gateway_clock_ns(const struct sim_gateway *gateway)
{
    return gateway->sim->now_ns + (uint64_t)gateway->skew_ns;
}

bool sim_gateway_frozen(const struct sim_gateway *gateway, uint32_t broker)
{
    return gateway->up && gateway->engine->routing.brokers[broker].frozen;
}

bool sim_gateway_holds(const struct sim_gateway *gateway)
{
    bool holds = false;
    struct span key;
    struct span value;
    for (uint32_t number = 0; gateway->up && number < gateway->config->sessions_count; number++) {
        const struct link *link = &gateway->engine->links[number];
        holds = holds || link->unacked_count > 0 || link->hunt_count > 0;
    }
    if (holds || !gateway->up) {
        return holds;
    }
    enum status status = store_read_begin(gateway->check_reader);
    ASSERT(status == STATUS_OK);
    holds = store_seek(gateway->check_reader, TABLE_DEADLETTER, span_of(NULL, 0), &key, &value) ==
            STATUS_OK;
    store_read_end(gateway->check_reader);
    return holds;
}

bool sim_gateway_kills(const struct sim_gateway *gateway)
{
    bool working = false;
    for (uint32_t i = 0; gateway->up && i < gateway->engine->kills.count; i++) {
        working = working || gateway->engine->kills.list[i].proven_ns == 0;
    }
    return working;
}

uint64_t sim_gateway_peer_has(const struct sim_gateway *gateway, uint32_t session)
{
    return gateway->up ? gateway->engine->links[session].doubt.peer_has : 0;
}
