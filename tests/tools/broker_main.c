/* The broker program: options, and the loop. */
#define _DEFAULT_SOURCE
#include "tests/tools/broker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LOOP_WAIT_MS = 10,      /* QuickFIX's select() cannot watch our own sockets. */
    LOOP_ACTIONS_MAX = 256, /* Per turn, so that the sockets are looked at. */
    LOOP_REPORTS_MAX = 512,
};

static const char help[] =
    "broker: plays a broker for fixgate's demo, tests and benchmarks (FIX 4.4, QuickFIX)\n"
    "\n"
    "  broker --name ALPHA --port 9001 --store DIR [option…]   run it\n"
    "  broker --control DIR COMMAND…                           steer one that runs\n"
    "  broker --audit [--rows] DIR…                            totals of its book, as JSON\n"
    "\n"
    "Accepts an order session (SenderCompID NAME, TargetCompID FIXGATE) and, with\n"
    "--drop-copy, a second one (NAME-DC) that repeats every ExecutionReport. Prints\n"
    "`READY port=N` when it listens. Its book is DIR/book.log, readable lines, written\n"
    "before any report leaves: it survives kill -9, and after a restart what was not\n"
    "sent is sent, marked PossResend(97)=Y, under the same ExecID. DIR/wire.log keeps\n"
    "every message as it was received.\n"
    "\n"
    "  --port N             0 takes any free port (default)\n"
    "  --target ID          the peer's CompID (FIXGATE)\n"
    "  --drop-copy          also offer the drop-copy session\n"
    "  --drop-copy-name ID  its SenderCompID (NAME-DC)\n"
    "  --dictionary FILE    validate what comes in (QuickFIX XML); default: not\n"
    "  --start-time H:M:S   when the session day begins, UTC; only for a new book\n"
    "                       (default: twelve hours away)\n"
    "  --ack-latency MS     from a request to its answer (0)\n"
    "  --fill-latency MS    from the acceptance to each execution (0)\n"
    "  --partial-fills N    executions per order (1)\n"
    "  --reject-rate PCT    of the orders, chosen by ClOrdID and seed (0)\n"
    "  --fill-rate PCT      of the orders; the others rest until cancelled (100)\n"
    "  --seed N             (1)\n"
    "  --price SYMBOL=PX    execute that symbol at PX; else the limit, else a price that\n"
    "                       depends on the symbol's name alone\n"
    "  --slow-read MS       look at the sockets only that often; -1 never\n"
    "  --hold               begin by answering nothing (see the command)\n"
    "  --verbose            QuickFIX's events on stderr\n"
    "\n"
    "Commands (one line of answer each: OK, ERROR why, or JSON):\n"
    "\n"
    "  set KEY VALUE        any of the numbers above, or `set price VOD=1.25`\n"
    "  hold / resume        take orders in but answer none / go on (ends mute, slow-read)\n"
    "  mute on|off          work and execute, but report nothing\n"
    "  drop [WHICH]         cut the line: orders, dropcopy or all\n"
    "  refuse-logon on|off  answer each Logon with Logout\n"
    "  slow-read on|off|MS  stop reading the sockets\n"
    "  forget N             lose the last N inbound numbers: the broker asks for them again\n"
    "  sequence orders|dropcopy in|out NEXT\n"
    "  duplicate [plain] [EXECID]   say the last (or that) report again: same ExecID, new\n"
    "                       number, marked PossResend unless plain\n"
    "  bust [EXECID]        take the last execution (or that one) back (ExecType=H)\n"
    "  fill|cancel CLORDID|all      act on resting orders now\n"
    "  stats, settings, help, quit\n"
    "\n"
    "Exit status: 0 fine, 1 it failed (the reason is on stderr), 2 wrong options.\n"
    "\n"
    "Try: broker --name ALPHA --store alpha --drop-copy --fill-latency 50 &\n"
    "     broker --control alpha stats\n";

static int usage(const char *problem, const char *what)
{
    fprintf(stderr, "broker: %s%s\nTry: broker --help\n", problem, what);
    return 2;
}

/* What QuickFIX tells us. */

static enum book_stream stream_of(const struct broker *broker, struct quickfix_session *session)
{
    return session == broker->streams[BOOK_STREAM_DROP_COPY].session ? BOOK_STREAM_DROP_COPY
                                                                     : BOOK_STREAM_ORDERS;
}

static void on_logon(void *context, struct quickfix_session *session)
{
    struct broker *broker = context;
    struct fields line;
    enum book_stream stream = stream_of(broker, session);
    broker->streams[stream].logons++;
    journal_keep_logon(broker, stream);
    if (stream == BOOK_STREAM_ORDERS) {
        journal_begin(&line, "LOGON");
        journal_write(broker, &line);
    }
}

static bool on_admin(void *context, struct quickfix_session *session, const char *message,
                     size_t size, char *reason, size_t reason_size)
{
    const struct broker *broker = context;
    (void)session;
    (void)message;
    (void)size;
    snprintf(reason, reason_size, "logon refused by the broker");
    return !broker->policy.refuse_logon;
}

static enum quickfix_verdict on_app(void *context, struct quickfix_session *session,
                                    const char *message, size_t size, int *tag)
{
    struct broker *broker = context;
    if (stream_of(broker, session) != BOOK_STREAM_ORDERS) {
        return QUICKFIX_UNSUPPORTED;
    }
    return orders_receive(broker, message, size, tag);
}

static void on_received(void *context, const char *message, size_t size)
{
    journal_keep_wire(context, message, size);
}

static void on_event(void *context, const char *text)
{
    const struct broker *broker = context;
    if (broker->verbose) {
        fprintf(stderr, "%s: %s\n", broker->name, text);
    }
}

/* Options. */

static bool text_option(struct broker *broker, const char *key, const char *value)
{
    const struct {
        const char *key;
        char *out;
        size_t size;
    } table[] = {
        {"name", broker->name, sizeof broker->name},
        {"target", broker->target, sizeof broker->target},
        {"store", broker->store, sizeof broker->store},
        {"dictionary", broker->dictionary, sizeof broker->dictionary},
        {"start-time", broker->start_time, sizeof broker->start_time},
        {"drop-copy-name", broker->streams[BOOK_STREAM_DROP_COPY].sender,
         sizeof broker->streams[BOOK_STREAM_DROP_COPY].sender},
    };
    for (size_t row = 0; row < sizeof table / sizeof table[0]; row++) {
        if (strcmp(table[row].key, key) == 0) {
            return snprintf(table[row].out, table[row].size, "%s", value) < (int)table[row].size;
        }
    }
    return false;
}

static bool flag_option(struct broker *broker, const char *key)
{
    bool *flag = strcmp(key, "drop-copy") == 0 ? &broker->drop_copy
                 : strcmp(key, "verbose") == 0 ? &broker->verbose
                 : strcmp(key, "hold") == 0    ? &broker->policy.hold
                                               : NULL;
    if (flag != NULL) {
        *flag = true;
    }
    return flag != NULL;
}

/* 0, or the exit status. */
static int value_option(struct broker *broker, const char *key, const char *value)
{
    char error[160];
    if (strcmp(key, "port") == 0) {
        char *after = NULL;
        long port = strtol(value, &after, 10);
        broker->port = (int)port;
        return *value == '\0' || *after != '\0' || port < 0 || port > 65535
                   ? usage("not a port: ", value)
                   : 0;
    }
    if (strcmp(key, "price") == 0) {
        return control_price(broker, value) ? 0 : usage("a price is SYMBOL=PRICE, not ", value);
    }
    if (text_option(broker, key, value) || control_set(broker, key, value, error, sizeof error)) {
        return 0;
    }
    return usage("", error);
}

static int options_read(struct broker *broker, int count, char **words)
{
    for (int index = 1; index < count; index++) {
        if (strncmp(words[index], "--", 2) != 0) {
            return usage("not an option: ", words[index]);
        }
        const char *key = words[index] + 2;
        if (flag_option(broker, key)) {
            continue;
        }
        if (index + 1 >= count) {
            return usage("unknown option, or its value is missing: ", words[index]);
        }
        int status = value_option(broker, key, words[++index]);
        if (status != 0) {
            return status;
        }
    }
    if (broker->name[0] == '\0' || broker->store[0] == '\0') {
        return usage("--name and --store are needed", "");
    }
    char *copy_name = broker->streams[BOOK_STREAM_DROP_COPY].sender;
    if (copy_name[0] == '\0') {
        snprintf(copy_name, sizeof broker->streams[0].sender, "%.28s-DC", broker->name);
    }
    return 0;
}

/* Starting. */

/* A port nobody uses now; QuickFIX itself cannot be asked which it was given. */
static int port_free(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool good = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
                getsockname(fd, (struct sockaddr *)&address, &size) == 0;
    close(fd);
    return good ? ntohs(address.sin_port) : 0;
}

static void settings_write(const struct broker *broker, char *out, size_t size)
{
    char dictionary[BROKER_PATH_BYTES_MAX + 64] = "UseDataDictionary=N";
    char copies[128] = "";
    if (broker->dictionary[0] != '\0') {
        snprintf(dictionary, sizeof dictionary, "UseDataDictionary=Y\nDataDictionary=%s",
                 broker->dictionary);
    }
    if (broker->drop_copy) {
        snprintf(copies, sizeof copies, "[SESSION]\nSenderCompID=%s\n",
                 broker->streams[BOOK_STREAM_DROP_COPY].sender);
    }
    snprintf(out, size,
             "[DEFAULT]\nConnectionType=acceptor\nBeginString=FIX.4.4\nTargetCompID=%s\n"
             "SocketAcceptPort=%d\nSocketReuseAddress=Y\nSocketNodelay=Y\nFileStorePath=%s/fix\n"
             "StartTime=%s\nEndTime=%s\n%s\n[SESSION]\nSenderCompID=%s\n%s",
             broker->target, broker->port, broker->store, broker->book.start, broker->book.start,
             dictionary, broker->name, copies);
}

static bool engine_start(struct broker *broker, char *error, size_t error_size)
{
    char settings[4096];
    const struct quickfix_callbacks callbacks = {
        .context = broker,
        .logon = on_logon,
        .from_admin = on_admin,
        .from_app = on_app,
        .received = on_received,
        .event = on_event,
    };
    if (broker->port == 0) {
        broker->port = port_free();
    }
    settings_write(broker, settings, sizeof settings);
    broker->engine = quickfix_start(QUICKFIX_ACCEPTOR, settings, &callbacks, error, error_size);
    if (broker->engine == NULL) {
        return false;
    }
    broker->streams[BOOK_STREAM_ORDERS].session =
        quickfix_session_find(broker->engine, broker->name, broker->target);
    if (broker->drop_copy) {
        broker->streams[BOOK_STREAM_DROP_COPY].session = quickfix_session_find(
            broker->engine, broker->streams[BOOK_STREAM_DROP_COPY].sender, broker->target);
    }
    for (int stream = 0; stream < BOOK_STREAMS; stream++) {
        broker->streams[stream].restored = broker->book.reports_count;
    }
    return quickfix_poll(broker->engine, 0, error, error_size);
}

/* One turn. False when the engine broke. */
static bool turn(struct broker *broker, char *error, size_t error_size)
{
    struct broker_action action;
    uint64_t now = broker_now_ms();
    control_poll(broker);
    for (int count = 0;
         count < LOOP_ACTIONS_MAX && !broker->policy.hold && timers_next(broker, now, &action);
         count++) {
        orders_act(broker, &action);
        free(action.message);
    }
    bool waiting = reports_flush(broker, LOOP_REPORTS_MAX);
    int wait = waiting               ? 0
               : broker->policy.hold ? LOOP_WAIT_MS
                                     : timers_wait(broker, now, LOOP_WAIT_MS);
    int64_t slow = broker->policy.slow_read;
    if (slow == 0 || (slow > 0 && now - broker->polled_ms >= (uint64_t)slow)) {
        broker->polled_ms = now;
        return quickfix_poll(broker->engine, slow == 0 ? wait : 0, error, error_size);
    }
    quickfix_tick(broker->engine);
    poll(NULL, 0, wait);
    return true;
}

static int run(struct broker *broker)
{
    char error[512] = "";
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct pollfd signals = {.fd = signalfd(-1, &ends, 0), .events = POLLIN};
    if (!journal_open(broker, error, sizeof error) || !engine_start(broker, error, sizeof error) ||
        !control_open(broker, error, sizeof error)) {
        fprintf(stderr, "broker: %s\n", error);
        return 1;
    }
    orders_resume(broker);
    printf("READY port=%d\n", broker->port);
    fflush(stdout);
    bool good = true;
    while (good && !broker->quit && poll(&signals, 1, 0) == 0) {
        good = turn(broker, error, sizeof error);
    }
    if (!good) {
        fprintf(stderr, "broker: %s\n", error);
    }
    control_close(broker);
    quickfix_stop(broker->engine, good ? 2000 : 0);
    timers_free(&broker->timers);
    close(broker->journal);
    close(broker->wire);
    close(signals.fd);
    return good ? 0 : 1;
}

static int audit(int count, char **words)
{
    bool rows = false;
    int status = count > 0 ? 0 : usage("--audit needs a directory", "");
    for (int index = 0; index < count; index++) {
        char path[BROKER_PATH_BYTES_MAX];
        char error[512];
        struct book book;
        if (strcmp(words[index], "--rows") == 0) {
            rows = true;
            continue;
        }
        snprintf(path, sizeof path, "%s/book.log", words[index]);
        book_init(&book);
        if (book_load(&book, path, NULL, error, sizeof error)) {
            book_print_json(&book, rows, stdout);
        } else {
            fprintf(stderr, "broker: %s\n", error);
            status = 1;
        }
        book_free(&book);
    }
    return status;
}

static int control(int count, char **words)
{
    char command[BROKER_COMMAND_BYTES_MAX] = "";
    if (count < 2) {
        return usage("--control needs a directory and a command", "");
    }
    for (int index = 1; index < count; index++) {
        size_t size = strlen(command);
        snprintf(command + size, sizeof command - size, "%s%s", index > 1 ? " " : "", words[index]);
    }
    return control_command(words[0], command);
}

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return 0;
    }
    if (argc >= 2 && strcmp(argv[1], "--audit") == 0) {
        return audit(argc - 2, argv + 2);
    }
    if (argc >= 2 && strcmp(argv[1], "--control") == 0) {
        return control(argc - 2, argv + 2);
    }
    struct broker *broker = calloc(1, sizeof *broker);
    if (broker == NULL) {
        fputs("broker: out of memory\n", stderr);
        return 1;
    }
    broker->policy = (struct broker_policy){.partial_fills = 1, .fill_rate = 100, .seed = 1};
    snprintf(broker->target, sizeof broker->target, "FIXGATE");
    book_init(&broker->book);
    int status = options_read(broker, argc, argv);
    if (status == 0) {
        status = run(broker);
    }
    book_free(&broker->book);
    free(broker);
    return status;
}
