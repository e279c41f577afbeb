#define _XOPEN_SOURCE 700
#include "tests/interop/session_world.h"

#include "tests/tools/certificates.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LOOK_MS = 5,    /* Between two looks at a condition. */
    END_MS = 60000, /* As patient as the rest: a disk that others use may stall a sync. */
    TAIL_LINES = 30,
    STUCK_MS = 500, /* Without an echo. */
};

/* --- Failing ------------------------------------------------------------------ */

static void print_tail(const struct session_world *world, const char *name)
{
    struct process log = {.name = "", .starts = 1};
    (void)snprintf(log.log_path, sizeof log.log_path, "%s/%s", world->directory, name);
    process_print_tail(&log, stdout, TAIL_LINES);
}

void session_fail(struct session_world *world, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)printf(
        "FAILED (%s, %s, seed %llu): ", world->setup.we_initiate ? "initiator" : "acceptor",
        world->setup.tls ? "TLS" : "plain", (unsigned long long)world->setup.seed);
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)printf("\n");
    print_tail(world, "peer.log");
    print_tail(world, "reflector.out");
    print_tail(world, "store/reflector.log");
    (void)fflush(stdout);
    _exit(1); /* Our children die with us. */
}

/* --- The reflector ------------------------------------------------------------ */

static const char *build_directory(void)
{
    const char *build = getenv("FIXGATE_BUILD");
    ASSERT(build != NULL); /* ctest sets it. */
    return build;
}

struct command_line {
    char text[4 * PROCESS_PATH_BYTES_MAX];
    size_t used;
    const char *words[PROCESS_ARGUMENTS_MAX + 1];
    size_t count;
};

static void add_word(struct command_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_word(struct command_line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *word = line->text + line->used;
    int size = vsnprintf(word, sizeof line->text - line->used, format, arguments);
    va_end(arguments);
    ASSERT(size > 0 && (size_t)size + 1 < sizeof line->text - line->used);
    ASSERT(line->count < PROCESS_ARGUMENTS_MAX);
    line->used += (size_t)size + 1;
    line->words[line->count] = word;
    line->count++;
}

static void add_settings(const struct session_world *world, struct command_line *line)
{
    const struct session_setup *setup = &world->setup;
    if (setup->we_initiate) {
        add_word(line, "--setting=ConnectionType=initiator");
        add_word(line, "--setting=SocketConnectHost=127.0.0.1");
        add_word(line, "--setting=SocketConnectPort=%u", cutter_port(world->cutter));
        add_word(line, "--setting=HeartBtInt=5");
        add_word(line, "--setting=ReconnectInterval=1");
        add_word(line, "--setting=ReconnectIntervalMax=1");
    }
    if (setup->tls) {
        const char *side = setup->we_initiate ? "Client" : "Server";
        const char *name = setup->we_are_strange ? "strange-rsa"
                           : setup->we_initiate  ? "client"
                                                 : "server";
        add_word(line, "--setting=SocketUseSSL=Y");
        add_word(line, "--setting=CertificationAuthoritiesFile=%s/certificates/ca.pem",
                 world->directory);
        add_word(line, "--setting=%sCertificateFile=%s/certificates/%s.pem", side, world->directory,
                 name);
        add_word(line, "--setting=%sCertificateKeyFile=%s/certificates/%s.key", side,
                 world->directory, name);
    }
    for (size_t i = 0; i < ARRAY_LEN(setup->ours) && setup->ours[i] != NULL; i++) {
        add_word(line, "--setting=%s", setup->ours[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(setup->both) && setup->both[i] != NULL; i++) {
        add_word(line, "--setting=%s", setup->both[i]);
    }
    for (size_t i = 0; i < SESSION_SETTINGS_MAX && world->settings[i][0] != '\0'; i++) {
        add_word(line, "--setting=%s", world->settings[i]);
    }
}

void session_set(struct session_world *world, const char *format, ...)
{
    size_t index = 0;
    while (index < SESSION_SETTINGS_MAX && world->settings[index][0] != '\0') {
        index++;
    }
    ASSERT(index < SESSION_SETTINGS_MAX);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(world->settings[index], SESSION_SETTING_BYTES_MAX, format, arguments);
    va_end(arguments);
}

void session_reflector_start(struct session_world *world)
{
    static const char ready[] = "reflector ready";
    struct command_line line = {.count = 0};
    char log_path[PROCESS_PATH_BYTES_MAX];
    char said[256];
    add_word(&line, "%s/tests/tools/reflector", build_directory());
    if (!world->setup.we_initiate) {
        add_word(&line, "--port=%u", world->reflector_port);
    }
    add_word(&line, "--store=%s/store", world->directory);
    add_settings(world, &line);
    (void)snprintf(log_path, sizeof log_path, "%s/reflector.out", world->directory);
    if (!process_start(&world->reflector, "reflector", log_path, line.words)) {
        session_fail(world, "the reflector does not start: %s", strerror(errno));
    }
    uint64_t deadline_ns = process_now_ns() + SESSION_AWAIT_MS * UINT64_C(1000000);
    while (!process_logged(&world->reflector, ready, said, sizeof said)) {
        if (!process_running(&world->reflector) || process_now_ns() > deadline_ns) {
            session_fail(world, "the reflector did not get ready");
        }
        process_pause(LOOK_MS);
    }
    const char *port = strstr(said, "port=");
    if (!world->setup.we_initiate) {
        ASSERT(port != NULL);
        world->reflector_port = (uint16_t)strtoul(port + 5, NULL, 10);
        cutter_set_target(world->cutter, world->reflector_port);
    }
}

void session_reflector_end(struct session_world *world)
{
    int code = process_end(&world->reflector, SIGTERM, END_MS);
    if (code != 0) {
        session_fail(world, "the reflector ended with %d", code);
    }
}

void session_reflector_kill(struct session_world *world)
{
    int code = process_end(&world->reflector, SIGKILL, END_MS);
    if (code != 128 + SIGKILL) {
        session_fail(world, "the reflector had ended with %d", code);
    }
    world->disturbed = true;
    world->forgetful = true;
}

/* --- QuickFIX and the line ---------------------------------------------------- */

void session_command(struct session_world *world, const char *command, uint32_t number)
{
    if (!peer_command(&world->peer, "%s %u", command, number)) {
        session_fail(world, "%s %u: %s", command, number, world->peer.line);
    }
}

struct peer_status session_status(struct session_world *world)
{
    struct peer_status status = peer_status(&world->peer);
    if (!status.answered) {
        session_fail(world, "%s", world->peer.line);
    }
    return status;
}

void session_peer_start(struct session_world *world)
{
    char settings[PROCESS_PATH_BYTES_MAX];
    char journal[PROCESS_PATH_BYTES_MAX];
    char log[PROCESS_PATH_BYTES_MAX];
    (void)snprintf(settings, sizeof settings, "%s/peer.cfg", world->directory);
    (void)snprintf(journal, sizeof journal, "%s/journal", world->directory);
    (void)snprintf(log, sizeof log, "%s/peer.log", world->directory);
    session_settings_write(world, settings);
    const struct peer_options options = {
        .initiator = !world->setup.we_initiate,
        .settings = settings,
        .journal = journal,
        .log = log,
    };
    if (!peer_start(&world->peer, &options)) {
        session_fail(world, "quickfix_peer does not start");
    }
}

void session_peer_end(struct session_world *world)
{
    int code = peer_stop(&world->peer);
    if (code != 0) {
        session_fail(world, "quickfix_peer ended with %d", code);
    }
    world->disturbed = true;
}

void session_cut(struct session_world *world)
{
    cutter_cut(world->cutter);
    world->disturbed = true;
}

/* --- Awaiting ----------------------------------------------------------------- */

static void check(struct session_world *world)
{
    peer_journal_read(&world->journal);
    if (world->journal.faults != 0) {
        session_fail(world, "%s (and %u more)", world->journal.fault, world->journal.faults - 1);
    }
}

bool session_logged_on_within(struct session_world *world, bool on, int ms)
{
    uint64_t deadline_ns = process_now_ns() + (uint64_t)ms * UINT64_C(1000000);
    while (session_status(world).logged_on != on) {
        if (process_now_ns() > deadline_ns) {
            return false;
        }
        process_pause(LOOK_MS);
    }
    return true;
}

void session_await(struct session_world *world, bool logged_on)
{
    if (!session_logged_on_within(world, logged_on, SESSION_AWAIT_MS)) {
        session_fail(world, "QuickFIX is still %slogged on", logged_on ? "not " : "");
    }
}

void session_await_log(struct session_world *world, const char *text)
{
    uint64_t deadline_ns = process_now_ns() + SESSION_AWAIT_MS * UINT64_C(1000000);
    struct process log = {.name = "", .starts = 1};
    (void)snprintf(log.log_path, sizeof log.log_path, "%s/store/reflector.log", world->directory);
    while (!process_logged(&log, text, NULL, 0)) {
        if (process_now_ns() > deadline_ns) {
            session_fail(world, "the reflector's log does not say: %s", text);
        }
        process_pause(LOOK_MS);
    }
}

static uint32_t echoes(const struct session_world *world)
{
    uint32_t count = world->journal.repeats;
    for (uint32_t i = 0; i < world->journal.orders_count; i++) {
        count += world->journal.orders[i].echoes;
    }
    return count;
}

bool session_echoed_within(struct session_world *world, int ms)
{
    uint64_t deadline_ns = process_now_ns() + (uint64_t)ms * UINT64_C(1000000);
    for (;;) {
        bool all_sent = session_status(world).unsent == 0;
        check(world);
        if (all_sent && peer_journal_missing(&world->journal, 1) == 0) {
            return true;
        }
        if (process_now_ns() > deadline_ns) {
            return false;
        }
        process_pause(LOOK_MS);
    }
}

/* Until all that will come by itself has come. True: all of it. */
static bool await_echoes(struct session_world *world)
{
    uint64_t deadline_ns = process_now_ns() + SESSION_AWAIT_MS * UINT64_C(1000000);
    uint32_t before = echoes(world);
    while (!session_echoed_within(world, STUCK_MS)) {
        uint32_t now = echoes(world);
        uint32_t probe = world->journal.orders_count;
        if (now == before && world->forgetful) {
            if (world->journal.orders[probe - 1].echoes > 0) {
                return false; /* The last one is back, so that nothing is on its way. */
            }
            session_command(world, "send", 1); /* It was lost itself. */
        }
        if (process_now_ns() > deadline_ns) {
            session_fail(world, "order o%u does not come back",
                         peer_journal_missing(&world->journal, 1));
        }
        before = now;
    }
    return true;
}

void session_settle(struct session_world *world)
{
    session_await(world, true);
    session_command(world, "send", 1);
    if (!await_echoes(world)) {
        for (uint32_t id = peer_journal_missing(&world->journal, 1); id != 0;
             id = peer_journal_missing(&world->journal, id + 1)) {
            session_command(world, "again", id);
        }
        session_command(world, "send", 1);
        if (!await_echoes(world)) {
            session_fail(world, "order o%u is lost, though sent with PossResend=Y",
                         peer_journal_missing(&world->journal, 1));
        }
    }
    session_await(world, true);
    world->disturbed = false;
    world->forgetful = false;
}

/* --- Beginning and end -------------------------------------------------------- */

static void make_certificates(const struct session_world *world)
{
    char directory[PROCESS_PATH_BYTES_MAX];
    (void)snprintf(directory, sizeof directory, "%s/certificates", world->directory);
    ASSERT(mkdir(directory, 0700) == 0);
    /* QuickFIX knows no elliptic curves. */
    static const struct certificate_wish wishes[] = {
        {.name = "ca", .ca = true, .to_days = 30},
        {.name = "server", .issuer = "ca", .hosts = "IP:127.0.0.1", .to_days = 10},
        {.name = "server-rsa", .issuer = "ca", .hosts = "IP:127.0.0.1", .rsa = true, .to_days = 10},
        {.name = "strange-ca", .ca = true, .rsa = true, .to_days = 30},
        {.name = "strange-rsa",
         .issuer = "strange-ca",
         .hosts = "IP:127.0.0.1",
         .rsa = true,
         .client = true,
         .to_days = 10},
        {.name = "client", .issuer = "ca", .client = true, .to_days = 10},
        {.name = "client-rsa", .issuer = "ca", .client = true, .rsa = true, .to_days = 10},
    };
    for (size_t i = 0; i < ARRAY_LEN(wishes); i++) {
        certificates_issue(directory, &wishes[i]);
    }
}

void session_open(struct session_world *world, const struct session_setup *setup)
{
    char path[PROCESS_PATH_BYTES_MAX];
    *world = (struct session_world){.setup = *setup};
    (void)snprintf(world->directory, sizeof world->directory, "%s/tests/session_XXXXXX",
                   build_directory());
    ASSERT(mkdtemp(world->directory) != NULL);
    if (setup->tls) {
        make_certificates(world);
    }
    (void)snprintf(path, sizeof path, "%s/journal", world->directory);
    peer_journal_open(&world->journal, path);
    if (setup->we_initiate) {
        world->peer_port = process_free_port(0);
    }
    world->cutter = cutter_open(world->peer_port, setup->seed);
    ASSERT(world->cutter != NULL);
    if (setup->we_initiate) {
        session_peer_start(world);
        session_reflector_start(world);
    } else {
        session_reflector_start(world);
        session_peer_start(world);
    }
    bool strange = setup->we_are_strange || setup->they_are_strange;
    if (!strange) {
        session_await(world, true);
    }
}

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

void session_close(struct session_world *world)
{
    if (process_running(&world->reflector)) {
        (void)process_end(&world->reflector, SIGKILL, END_MS);
    }
    (void)peer_stop(&world->peer);
    cutter_close(world->cutter);
    peer_journal_close(&world->journal);
    (void)nftw(world->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void session_finish(struct session_world *world, bool peer_logs_out)
{
    session_settle(world);
    uint64_t connections = cutter_counts(world->cutter).connections;
    if (peer_logs_out) {
        session_command(world, "logout", 0);
        session_await(world, false);
        connections = cutter_counts(world->cutter).connections - connections;
        session_reflector_end(world);
    } else {
        session_command(world, "rest", 0);
        session_reflector_end(world);
        session_await(world, false);
        connections = 0;
    }
    check(world);
    struct peer_status theirs = session_status(world);
    struct session_numbers ours = session_store_read(world);
    /* After a Logout of QuickFIX our initiator soon tries again, and its Logon has a number
     * that an acceptor which is not to be logged on does not look at. */
    uint64_t unheard = ours.out_next - theirs.in_next;
    bool agreed = ours.in_next == theirs.out_next && unheard <= connections;
    if (!agreed) {
        session_fail(world, "we: in %llu, out %llu; QuickFIX: out %u, in %u",
                     (unsigned long long)ours.in_next, (unsigned long long)ours.out_next,
                     theirs.out_next, theirs.in_next);
    }
}

bool session_apart(void (*body)(const void *argument), const void *argument)
{
    (void)fflush(stdout);
    pid_t child = fork();
    ASSERT(child >= 0);
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        body(argument);
        (void)fflush(stdout);
        _exit(0);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
