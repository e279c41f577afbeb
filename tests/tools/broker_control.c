/* The commands of the control socket. */
#include "tests/tools/broker.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool control_set(struct broker *broker, const char *key, const char *value, char *error,
                 size_t error_size)
{
    struct broker_policy *policy = &broker->policy;
    const struct {
        const char *key;
        int64_t *number;
        int64_t min;
        int64_t max;
    } table[] = {
        {"ack-latency", &policy->ack_latency, 0, 3600000},
        {"fill-latency", &policy->fill_latency, 0, 3600000},
        {"partial-fills", &policy->partial_fills, 1, 1000},
        {"reject-rate", &policy->reject_rate, 0, 100},
        {"fill-rate", &policy->fill_rate, 0, 100},
        {"seed", &policy->seed, 0, INT64_MAX},
        {"slow-read", &policy->slow_read, -1, 3600000},
    };
    for (size_t row = 0; row < sizeof table / sizeof table[0]; row++) {
        if (strcmp(table[row].key, key) == 0) {
            char *after = NULL;
            errno = 0;
            int64_t number = strtoll(value, &after, 10);
            if (*value == '\0' || *after != '\0' || errno != 0 || number < table[row].min ||
                number > table[row].max) {
                snprintf(error, error_size, "%s must be a number from %" PRId64 " to %" PRId64, key,
                         table[row].min, table[row].max);
                return false;
            }
            *table[row].number = number;
            return true;
        }
    }
    snprintf(error, error_size, "there is no setting or option named %s", key);
    return false;
}

bool control_price(struct broker *broker, const char *text)
{
    const char *equals = strrchr(text, '=');
    int64_t price = 0;
    if (equals == NULL || equals == text || !broker_number_parse(equals + 1, &price) ||
        price <= 0 || (size_t)(equals - text) >= sizeof broker->prices[0].symbol) {
        return false;
    }
    size_t at = 0;
    size_t size = (size_t)(equals - text);
    while (at < broker->prices_count && (strncmp(broker->prices[at].symbol, text, size) != 0 ||
                                         broker->prices[at].symbol[size] != '\0')) {
        at++;
    }
    if (at == BROKER_PRICES_MAX) {
        return false;
    }
    memcpy(broker->prices[at].symbol, text, size);
    broker->prices[at].symbol[size] = '\0';
    broker->prices[at].price = price;
    broker->prices_count += at == broker->prices_count ? 1 : 0;
    return true;
}

/* One command being carried out. */
struct command {
    struct broker *broker;
    char *words[4];
    int count;
    char *reply;
    size_t reply_size;
};

static const char *word(const struct command *command, int index)
{
    return index < command->count ? command->words[index] : "";
}

static void fail(const struct command *command, const char *why)
{
    snprintf(command->reply, command->reply_size, "ERROR %s: %s", word(command, 0), why);
}

static void do_set(const struct command *command)
{
    char error[160];
    if (strcmp(word(command, 1), "price") == 0) {
        if (!control_price(command->broker, word(command, 2))) {
            fail(command, "a price is SYMBOL=PRICE");
        }
        return;
    }
    if (!control_set(command->broker, word(command, 1), word(command, 2), error, sizeof error)) {
        fail(command, error);
    }
}

static void do_switch(const struct command *command, bool *what)
{
    if (strcmp(word(command, 1), "on") == 0) {
        *what = true;
    } else if (strcmp(word(command, 1), "off") == 0) {
        *what = false;
    } else {
        fail(command, "say on or off");
    }
}

static void do_hold(const struct command *command)
{
    command->broker->policy.hold = true;
}

static void do_resume(const struct command *command)
{
    command->broker->policy.hold = false;
    command->broker->policy.mute = false;
    command->broker->policy.slow_read = 0;
}

static void do_mute(const struct command *command)
{
    do_switch(command, &command->broker->policy.mute);
}

static void do_refuse_logon(const struct command *command)
{
    do_switch(command, &command->broker->policy.refuse_logon);
}

static void do_slow_read(const struct command *command)
{
    char error[160];
    const char *value = word(command, 1);
    value = strcmp(value, "on") == 0 ? "-1" : strcmp(value, "off") == 0 ? "0" : value;
    if (!control_set(command->broker, "slow-read", value, error, sizeof error)) {
        fail(command, error);
    }
}

static void do_drop(const struct command *command)
{
    const char *which = word(command, 1);
    bool orders = strcmp(which, "orders") == 0;
    bool copies = strcmp(which, "dropcopy") == 0;
    bool all = which[0] == '\0' || strcmp(which, "all") == 0;
    if (!orders && !copies && !all) {
        fail(command, "say orders, dropcopy or all");
        return;
    }
    if (orders || all) {
        quickfix_disconnect(command->broker->streams[BOOK_STREAM_ORDERS].session);
    }
    if ((copies || all) && command->broker->drop_copy) {
        quickfix_disconnect(command->broker->streams[BOOK_STREAM_DROP_COPY].session);
    }
}

/* A whole number from 1 to 999999999; 0 for anything else. */
static int number_of(const char *text)
{
    char *after = NULL;
    long number = strtol(text, &after, 10);
    return *text != '\0' && *after == '\0' && number > 0 && number < 1000000000L ? (int)number : 0;
}

static void do_forget(const struct command *command)
{
    struct quickfix_session *session = command->broker->streams[BOOK_STREAM_ORDERS].session;
    int count = number_of(word(command, 1));
    int next = quickfix_seq_in_next(session);
    if (count < 1 || count >= next) {
        fail(command, "say how many of the messages received are to be forgotten");
        return;
    }
    quickfix_seq_in_set(session, next - count);
}

static void do_sequence(const struct command *command)
{
    const char *which = word(command, 1);
    bool copies = strcmp(which, "dropcopy") == 0;
    int next = number_of(word(command, 3));
    struct quickfix_session *session =
        command->broker->streams[copies ? BOOK_STREAM_DROP_COPY : BOOK_STREAM_ORDERS].session;
    bool good = session != NULL && (copies || strcmp(which, "orders") == 0);
    if (good && strcmp(word(command, 2), "in") == 0) {
        good = quickfix_seq_in_set(session, next);
    } else if (good && strcmp(word(command, 2), "out") == 0) {
        good = quickfix_seq_out_set(session, next);
    } else {
        good = false;
    }
    if (!good) {
        fail(command, "say orders|dropcopy in|out NEXT");
    }
}

/* "duplicate [plain] [EXECID]" */
static void do_duplicate(const struct command *command)
{
    struct book *book = &command->broker->book;
    bool plain = strcmp(word(command, 1), "plain") == 0;
    const char *exec_id = word(command, plain ? 2 : 1);
    uint32_t number = book_exec_find(book, exec_id);
    if (exec_id[0] == '\0') {
        number = book->next[BOOK_STREAM_ORDERS] - 1;
        while (number > 0 && book_report(book, number)->kind == BOOK_REPORT_NONE) {
            number--;
        }
    }
    if (number == 0 || !reports_repeat(command->broker, number, !plain)) {
        fail(command, "there is no such report that was sent");
    }
}

/* "bust [EXECID]" */
static void do_bust(const struct command *command)
{
    struct book *book = &command->broker->book;
    uint32_t number = book_exec_find(book, word(command, 1));
    if (command->count == 1) {
        number = book->reports_count;
        while (number > 0 && (book_report(book, number)->kind != BOOK_REPORT_EXECUTED ||
                              book_report(book, number)->busted)) {
            number--;
        }
    }
    if (number == 0 || !orders_bust(command->broker, number)) {
        fail(command, "this is not the ExecID of an execution that stands");
    }
}

/* Applies `act` to one order by its ClOrdID, or to all. */
static void on_orders(const struct command *command, bool (*act)(struct broker *, uint32_t))
{
    struct book *book = &command->broker->book;
    const char *id = word(command, 1);
    unsigned count = 0;
    if (strcmp(id, "all") == 0) {
        for (uint32_t number = 1; number <= book->orders_count; number++) {
            count += act(command->broker, number) ? 1 : 0;
        }
        snprintf(command->reply, command->reply_size, "OK %u orders", count);
        return;
    }
    const struct book_request *request = book_request(book, book_find(book, id));
    if (request == NULL || !act(command->broker, request->order)) {
        fail(command, "there is no open order with this ClOrdID (or say all)");
    }
}

static void do_fill(const struct command *command)
{
    on_orders(command, orders_fill_now);
}

static void do_cancel(const struct command *command)
{
    on_orders(command, orders_cancel_now);
}

static size_t stream_json(const struct broker *broker, enum book_stream stream, const char *name,
                          char *out, size_t size)
{
    const struct broker_stream *from = &broker->streams[stream];
    if (from->session == NULL) {
        return 0;
    }
    int count = snprintf(out, size,
                         ",\"%s\":{\"logged_on\":%s,\"logons\":%" PRIu64
                         ",\"seq_in_next\":%d,\"seq_out_next\":%d,"
                         "\"unsent\":%" PRIu32 "}",
                         name, quickfix_logged_on(from->session) ? "true" : "false", from->logons,
                         quickfix_seq_in_next(from->session), quickfix_seq_out_next(from->session),
                         broker->book.reports_count + 1 - broker->book.next[stream]);
    return (size_t)count;
}

static void do_stats(const struct command *command)
{
    const struct broker *broker = command->broker;
    struct book_totals totals;
    book_count(&broker->book, &totals);
    size_t size = (size_t)snprintf(
        command->reply, command->reply_size,
        "{\"broker\":\"%s\",\"orders\":%" PRIu64 ",\"executed\":%" PRIu64 ",\"executions\":%" PRIu64
        ",\"filled\":%" PRIu64 ",\"cancelled\":%" PRIu64 ",\"rejected\":%" PRIu64
        ",\"open\":%" PRIu64 ",\"pending\":%" PRIu64 ",\"aside\":%" PRIu64
        ",\"duplicates\":%" PRIu64 ",\"doubled\":%" PRIu64 ",\"reports\":%" PRIu32
        ",\"hold\":%s,\"mute\":%s,\"refuse_logon\":%s,\"slow_read\":%" PRId64,
        broker->name, totals.orders, totals.executed, totals.executions, totals.filled,
        totals.cancelled, totals.rejected, totals.open, totals.pending, totals.aside,
        broker->book.duplicates, totals.doubled, broker->book.reports_count,
        broker->policy.hold ? "true" : "false", broker->policy.mute ? "true" : "false",
        broker->policy.refuse_logon ? "true" : "false", broker->policy.slow_read);
    size += stream_json(broker, BOOK_STREAM_ORDERS, "session", command->reply + size,
                        command->reply_size - size);
    size += stream_json(broker, BOOK_STREAM_DROP_COPY, "dropcopy", command->reply + size,
                        command->reply_size - size);
    snprintf(command->reply + size, command->reply_size - size, "}");
}

static void do_settings(const struct command *command)
{
    const struct broker_policy *policy = &command->broker->policy;
    snprintf(command->reply, command->reply_size,
             "{\"ack-latency\":%" PRId64 ",\"fill-latency\":%" PRId64 ",\"partial-fills\":%" PRId64
             ",\"reject-rate\":%" PRId64 ",\"fill-rate\":%" PRId64 ",\"seed\":%" PRId64
             ",\"slow-read\":%" PRId64 "}",
             policy->ack_latency, policy->fill_latency, policy->partial_fills, policy->reject_rate,
             policy->fill_rate, policy->seed, policy->slow_read);
}

static void do_quit(const struct command *command)
{
    command->broker->quit = true;
}

static void do_help(const struct command *command)
{
    snprintf(command->reply, command->reply_size,
             "OK set KEY VALUE | hold | resume | mute on|off | drop [orders|dropcopy|all] | "
             "refuse-logon on|off | slow-read on|off|MS | forget N | "
             "sequence orders|dropcopy in|out NEXT | duplicate [plain] [EXECID] | bust [EXECID] | "
             "fill CLORDID|all | cancel CLORDID|all | stats | settings | quit");
}

void control_run(struct broker *broker, char *text, char *reply, size_t reply_size)
{
    static const struct {
        const char *name;
        void (*act)(const struct command *command);
    } table[] = {
        {"set", do_set},
        {"hold", do_hold},
        {"resume", do_resume},
        {"mute", do_mute},
        {"drop", do_drop},
        {"refuse-logon", do_refuse_logon},
        {"slow-read", do_slow_read},
        {"forget", do_forget},
        {"sequence", do_sequence},
        {"duplicate", do_duplicate},
        {"bust", do_bust},
        {"fill", do_fill},
        {"cancel", do_cancel},
        {"stats", do_stats},
        {"settings", do_settings},
        {"help", do_help},
        {"quit", do_quit},
    };
    struct command command = {.broker = broker, .reply = reply, .reply_size = reply_size};
    char *rest = NULL;
    for (char *at = strtok_r(text, " \t\r", &rest); at != NULL && command.count < 4;
         at = strtok_r(NULL, " \t\r", &rest)) {
        command.words[command.count++] = at;
    }
    snprintf(reply, reply_size, "OK");
    for (size_t row = 0; row < sizeof table / sizeof table[0]; row++) {
        if (strcmp(table[row].name, word(&command, 0)) == 0) {
            table[row].act(&command);
            return;
        }
    }
    snprintf(reply, reply_size, "ERROR there is no such command: try help");
}
