/* quickfix_peer: one session of QuickFIX, steered by lines on stdin; peer.h is its manual.
 *
 *   quickfix_peer initiator|acceptor SETTINGS JOURNAL
 *
 * Events and messages go to stderr, answers to stdout. It ends, without a word to the
 * other side, when stdin does. */
#include "fix/base.h"
#include "tests/tools/peer.h"
#include "tests/tools/peer_journal.h"
#include "tests/tools/quickfix_c.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    SETTINGS_BYTES_MAX = 64 * 1024,
    SENDS_PER_TURN_MAX = 100,
    POLL_MS = 3,
    TEXT_BYTES_MAX = 700, /* Of an order: it may fill more than one TCP segment. */
    SOH = 1,
};

struct station {
    struct quickfix *engine;
    struct quickfix_session *session;
    int journal;
    int64_t created_ms; /* As the journal's last B or E says. */
    uint32_t last;      /* N of the last order. */
    uint32_t unsent;
    uint32_t stale;
    bool reset_next;
    bool rest;
    bool stuck; /* QuickFIX will not connect any more. */
    FILE *answers;
    char input[4096];
    size_t input_size;
};

static void note(struct station *station, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void note(struct station *station, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    ASSERT(size > 0);
    size = size < (int)sizeof line - 1 ? size : (int)sizeof line - 2;
    line[size] = '\n';
    ASSERT(write(station->journal, line, (size_t)size + 1) == size + 1);
}

static void note_day(struct station *station)
{
    int64_t created_ms = station->session == NULL ? 0 : quickfix_created_ms(station->session);
    if (created_ms != 0 && created_ms != station->created_ms) {
        bool first = station->created_ms == 0;
        station->created_ms = created_ms;
        note(station, "%c %lld", first ? 'B' : 'E', (long long)(created_ms / 1000));
    }
}

/* --- Reading messages -------------------------------------------------------- */

/* The value of a field of at most 4 digits, or NULL; `size` is its length. */
static const char *value_of(const char *message, size_t size, unsigned tag, size_t *value_size)
{
    char key[8];
    int key_size = snprintf(key, sizeof key, "%u=", tag);
    for (size_t at = 0; at < size;) {
        const char *end = memchr(message + at, SOH, size - at);
        size_t next = end == NULL ? size : (size_t)(end - message);
        if (next - at >= (size_t)key_size && memcmp(message + at, key, (size_t)key_size) == 0) {
            *value_size = next - at - (size_t)key_size;
            return message + at + key_size;
        }
        at = next + 1;
    }
    return NULL;
}

static uint32_t number_of(const char *message, size_t size, unsigned tag)
{
    size_t value_size = 0;
    const char *value = value_of(message, size, tag, &value_size);
    return value == NULL ? 0 : (uint32_t)strtoul(value, NULL, 10);
}

static bool has(const char *message, size_t size, unsigned tag, const char *wanted)
{
    size_t value_size = 0;
    const char *value = value_of(message, size, tag, &value_size);
    return value != NULL && value_size == strlen(wanted) && memcmp(value, wanted, value_size) == 0;
}

/* N of ClOrdID oN; 0 if it is no such. */
static uint32_t order_of(const char *message, size_t size)
{
    size_t value_size = 0;
    const char *value = value_of(message, size, 11, &value_size);
    return value == NULL || value[0] != 'o' ? 0 : (uint32_t)strtoul(value + 1, NULL, 10);
}

/* --- What QuickFIX calls ----------------------------------------------------- */

static void print_message(const char *arrow, const char *message, size_t size)
{
    char text[1024];
    size = size < sizeof text - 1 ? size : sizeof text - 1;
    for (size_t i = 0; i < size; i++) {
        text[i] = message[i] == SOH ? '|' : message[i];
    }
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)fprintf(stderr, "%02lld.%03ld %s %.*s\n", (long long)now.tv_sec % 60,
                  now.tv_nsec / 1000000, arrow, (int)size, text);
}

static void on_received(void *context, const char *message, size_t size)
{
    (void)context;
    print_message("<-", message, size);
}

static void on_sent(void *context, const char *message, size_t size)
{
    (void)context;
    print_message("->", message, size);
}

/* QuickFIX's TLS initiator never tries again after a handshake that failed. */
static void on_event(void *context, const char *text)
{
    static const char failed[] = "SSL_connect failed";
    struct station *station = context;
    station->stuck = station->stuck || strncmp(text, failed, sizeof failed - 1) == 0;
    print_message("--", text, strlen(text));
}

static void on_created(void *context, struct quickfix_session *session)
{
    struct station *station = context;
    station->session = session;
}

static void on_logon(void *context, struct quickfix_session *session)
{
    struct station *station = context;
    (void)session;
    station->reset_next = false;
    note_day(station);
}

static void on_logout(void *context, struct quickfix_session *session)
{
    struct station *station = context;
    if (station->rest) {
        quickfix_logout(session, "");
        station->rest = false;
    }
}

static bool on_admin(void *context, struct quickfix_session *session, const char *message,
                     size_t size, char *reason, size_t reason_size)
{
    struct station *station = context;
    (void)session;
    (void)reason;
    (void)reason_size;
    if (has(message, size, 35, "3")) {
        note(station, "J %u 3 %.*s", number_of(message, size, 34), (int)size, message);
    }
    return true;
}

static size_t on_to_admin(void *context, struct quickfix_session *session, const char *message,
                          size_t size, char *more, size_t more_size)
{
    const struct station *station = context;
    (void)session;
    if (!station->reset_next || !has(message, size, 35, "A")) {
        return 0;
    }
    return (size_t)snprintf(more, more_size, "141=Y%c", SOH);
}

static enum quickfix_verdict on_app(void *context, struct quickfix_session *session,
                                    const char *message, size_t size, int *tag)
{
    struct station *station = context;
    uint32_t number = number_of(message, size, 34);
    uint32_t order = order_of(message, size);
    (void)session;
    (void)tag;
    note_day(station);
    if (order != 0 && has(message, size, 35, "D")) {
        note(station, "R %u %d %u", number, has(message, size, 43, "Y") ? 1 : 0, order);
    } else {
        note(station, "J %u %.*s", number, (int)size, message);
    }
    return QUICKFIX_TAKEN;
}

static bool on_to_app(void *context, struct quickfix_session *session, const char *message,
                      size_t size)
{
    struct station *station = context;
    uint32_t number = number_of(message, size, 34);
    uint32_t order = order_of(message, size);
    (void)session;
    note_day(station);
    if (!has(message, size, 43, "Y")) {
        note(station, "%c %u %u", has(message, size, 97, "Y") ? 'P' : 'S', number, order);
        return true;
    }
    bool stale = station->stale != 0 && order % station->stale == 0;
    note(station, "%c %u %u", stale ? 'G' : 'A', number, order);
    return !stale;
}

/* --- Commands ---------------------------------------------------------------- */

static bool send_order(struct station *station, uint32_t order, bool poss_resend)
{
    char body[1024 + TEXT_BYTES_MAX];
    char text[TEXT_BYTES_MAX + 1];
    size_t text_size = 1 + (size_t)order * 7919 % (order % 16 == 0 ? TEXT_BYTES_MAX : 40);
    memset(text, 'a' + (int)(order % 26), text_size);
    text[text_size] = '\0';
    int size = snprintf(body, sizeof body,
                        "35=D|%s11=o%u|55=VOD|54=1|38=%u|40=2|44=1.25|60=20261121-00:00:00|58=%s|",
                        poss_resend ? "97=Y|" : "", order, 1 + order % 1000, text);
    ASSERT(size > 0 && size < (int)sizeof body);
    for (int i = 0; i < size; i++) {
        body[i] = body[i] == '|' ? SOH : body[i];
    }
    return quickfix_send(station->session, body, (size_t)size);
}

static void send_some(struct station *station)
{
    for (int i = 0; i < SENDS_PER_TURN_MAX && station->unsent > 0; i++) {
        if (!send_order(station, station->last + 1, false)) {
            return; /* QuickFIX would throw it away now (a reset is due): later. */
        }
        station->last++;
        station->unsent--;
    }
}

static const char *do_number(struct station *station, const char *word, uint32_t number)
{
    if (strcmp(word, "send") == 0) {
        station->unsent += number;
        return station->last + station->unsent <= PEER_ORDERS_MAX ? NULL : "too many orders";
    }
    if (strcmp(word, "stale") == 0) {
        station->stale = number;
        return NULL;
    }
    if (number == 0) {
        return "no such command, or it needs a number";
    }
    if (strcmp(word, "again") == 0) {
        return number <= station->last && send_order(station, number, true) ? NULL : "not sent";
    }
    int step = (int)number;
    int out = quickfix_seq_out_next(station->session);
    int in = quickfix_seq_in_next(station->session);
    if (strcmp(word, "sequence-reset") == 0) {
        return quickfix_sequence_reset(station->session, out + step) ? NULL : "not logged on";
    }
    if (strcmp(word, "skip") == 0) {
        return quickfix_seq_out_set(station->session, out + step) ? NULL : "store failed";
    }
    if (strcmp(word, "forget") == 0) {
        int due = in > step ? in - step : 1;
        return quickfix_seq_in_set(station->session, due) ? NULL : "store failed";
    }
    return "no such command";
}

/* NULL: done. */
static const char *do_command(struct station *station, const char *word, uint32_t number)
{
    if (strcmp(word, "logout") == 0) {
        quickfix_logout(station->session, "");
    } else if (strcmp(word, "logon") == 0) {
        quickfix_logon(station->session);
    } else if (strcmp(word, "disconnect") == 0) {
        quickfix_disconnect(station->session);
    } else if (strcmp(word, "rest") == 0) {
        station->rest = true;
    } else if (strcmp(word, "reset") == 0) {
        station->reset_next = true;
    } else if (strcmp(word, "reset-now") == 0) {
        return quickfix_reset_by_logon(station->session) ? NULL : "not logged on";
    } else {
        return do_number(station, word, number);
    }
    return NULL;
}

static void answer(struct station *station, const char *line)
{
    char word[32];
    size_t word_size = strcspn(line, " ");
    (void)snprintf(word, sizeof word, "%.*s", (int)word_size, line);
    uint32_t number = (uint32_t)strtoul(line + word_size, NULL, 10);
    if (strcmp(word, "status") == 0) {
        (void)fprintf(station->answers, "ok logged_on=%d out=%d in=%d unsent=%u\n",
                      quickfix_logged_on(station->session) ? 1 : 0,
                      quickfix_seq_out_next(station->session),
                      quickfix_seq_in_next(station->session), station->unsent);
        return;
    }
    print_message("==", line, strlen(line));
    const char *problem = do_command(station, word, number);
    (void)fprintf(station->answers, problem == NULL ? "ok\n" : "error %s\n", problem);
}

/* False at the end of stdin. */
static bool read_commands(struct station *station)
{
    ssize_t size = read(STDIN_FILENO, station->input + station->input_size,
                        sizeof station->input - station->input_size);
    if (size <= 0) {
        return size < 0 && (errno == EAGAIN || errno == EINTR);
    }
    station->input_size += (size_t)size;
    char *end = NULL;
    while ((end = memchr(station->input, '\n', station->input_size)) != NULL) {
        size_t line_size = (size_t)(end - station->input) + 1;
        *end = '\0';
        answer(station, station->input);
        (void)fflush(station->answers);
        station->input_size -= line_size;
        memmove(station->input, station->input + line_size, station->input_size);
    }
    return station->input_size < sizeof station->input;
}

/* --- The program ------------------------------------------------------------- */

static bool read_file(const char *path, char text[SETTINGS_BYTES_MAX])
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return false;
    }
    size_t size = fread(text, 1, SETTINGS_BYTES_MAX - 1, file);
    text[size] = '\0';
    (void)fclose(file);
    return true;
}

/* Takes stdout for the answers; what QuickFIX prints there by itself goes to the log. */
static FILE *take_stdout(void)
{
    int answers = dup(STDOUT_FILENO);
    ASSERT(answers >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0);
    FILE *file = fdopen(answers, "w");
    ASSERT(file != NULL);
    return file;
}

/* N of the last order that has a number. */
static uint32_t last_order(const char *path)
{
    struct peer_journal journal;
    peer_journal_open(&journal, path);
    peer_journal_read(&journal);
    uint32_t last = journal.orders_count;
    peer_journal_close(&journal);
    return last;
}

static bool begin(struct station *station, enum quickfix_role role, const char *settings)
{
    const struct quickfix_callbacks callbacks = {
        .context = station,
        .created = on_created,
        .logon = on_logon,
        .logout = on_logout,
        .from_admin = on_admin,
        .to_admin = on_to_admin,
        .from_app = on_app,
        .to_app = on_to_app,
        .received = on_received,
        .sent = on_sent,
        .event = on_event,
    };
    char error[256] = "";
    station->created_ms = 0;
    station->stuck = false;
    station->engine = quickfix_start(role, settings, &callbacks, error, sizeof error);
    if (station->engine == NULL || station->session == NULL) {
        (void)fprintf(stderr, "quickfix_peer: %s\n", error);
        return false;
    }
    note_day(station);
    return true;
}

static int serve(struct station *station, enum quickfix_role role, const char *settings)
{
    char error[256] = "";
    (void)fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    (void)fputs("ok\n", station->answers);
    (void)fflush(station->answers);
    while (read_commands(station)) {
        note_day(station);
        send_some(station);
        if (!quickfix_poll(station->engine, station->unsent > 0 ? 0 : POLL_MS, error,
                           sizeof error)) {
            (void)fprintf(stderr, "quickfix_peer: %s\n", error);
            return 1;
        }
        if (station->stuck) { /* As whoever runs it has to. */
            quickfix_stop(station->engine, 0);
            if (!begin(station, role, settings)) {
                return 1;
            }
        }
    }
    quickfix_stop(station->engine, 0);
    return 0;
}

int main(int argc, char **argv)
{
    static struct station station;
    static char settings[SETTINGS_BYTES_MAX];
    if (argc != 4 || !read_file(argv[2], settings)) {
        (void)fprintf(stderr, "usage: quickfix_peer initiator|acceptor SETTINGS JOURNAL\n");
        return 2;
    }
    enum quickfix_role role =
        strcmp(argv[1], "initiator") == 0 ? QUICKFIX_INITIATOR : QUICKFIX_ACCEPTOR;
    station.answers = take_stdout();
    station.last = last_order(argv[3]);
    station.journal = open(argv[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (station.journal < 0 || !begin(&station, role, settings)) {
        return 1;
    }
    int code = serve(&station, role, settings);
    (void)fflush(NULL);
    _exit(code); /* No search for leaks: OpenSSL's are QuickFIX's own. */
}
