#include "tests/tools/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: never returns. Takes no memory, since the parent may have threads. */
static void become(char *const *arguments, int input, int output, int log)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(input, 0) >= 0 && dup2(output, 1) >= 0 && dup2(log, 2) >= 0) {
        (void)execv(arguments[0], arguments);
    }
    _exit(127);
}

static bool open_pipe(int ends[2])
{
    return pipe(ends) == 0 && fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
}

/* One line of answer, without its end. False: none came. */
static bool read_line(struct peer *peer)
{
    uint64_t deadline_ns = process_now_ns() + PEER_ANSWER_MS * UINT64_C(1000000);
    size_t size = 0;
    while (size + 1 < sizeof peer->line && process_now_ns() < deadline_ns) {
        struct pollfd ready = {.fd = peer->answers, .events = POLLIN};
        if (poll(&ready, 1, 100) <= 0) {
            continue;
        }
        if (read(peer->answers, peer->line + size, 1) != 1) {
            break;
        }
        if (peer->line[size] == '\n') {
            peer->line[size] = '\0';
            return true;
        }
        size++;
    }
    peer->line[size] = '\0';
    return false;
}

bool peer_start(struct peer *peer, const struct peer_options *options)
{
    char program[PROCESS_PATH_BYTES_MAX];
    char path[PROCESS_PATH_BYTES_MAX + 32];
    char role[16];
    char settings[PROCESS_PATH_BYTES_MAX];
    char journal[PROCESS_PATH_BYTES_MAX];
    char *const arguments[] = {path, role, settings, journal, NULL};
    int commands[2];
    int answers[2];
    ASSERT(peer->pid == 0);
    process_programs(program);
    (void)snprintf(path, sizeof path, "%s/quickfix_peer", program);
    (void)snprintf(role, sizeof role, "%s", options->initiator ? "initiator" : "acceptor");
    (void)snprintf(settings, sizeof settings, "%s", options->settings);
    (void)snprintf(journal, sizeof journal, "%s", options->journal);
    int log = open(options->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0 || !open_pipe(commands) || !open_pipe(answers)) {
        return false;
    }
    peer->pid = fork();
    if (peer->pid == 0) {
        become(arguments, commands[0], answers[1], log);
    }
    (void)close(log);
    (void)close(commands[0]);
    (void)close(answers[1]);
    peer->commands = commands[1];
    peer->answers = answers[0];
    if (peer->pid > 0 && read_line(peer) && strcmp(peer->line, "ok") == 0) {
        return true;
    }
    (void)peer_stop(peer);
    return false;
}

bool peer_command(struct peer *peer, const char *format, ...)
{
    char command[PEER_LINE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(command, sizeof command - 1, format, arguments);
    va_end(arguments);
    ASSERT(size > 0 && size < (int)sizeof command - 1);
    command[size] = '\n';
    ASSERT(peer->pid > 0);
    if (write(peer->commands, command, (size_t)size + 1) != size + 1 || !read_line(peer)) {
        (void)snprintf(peer->line, sizeof peer->line, "quickfix_peer does not answer");
        return false;
    }
    return strncmp(peer->line, "ok", 2) == 0;
}

struct peer_status peer_status(struct peer *peer)
{
    struct peer_status status = {.logged_on = false};
    if (!peer_command(peer, "status")) {
        return status;
    }
    uint32_t numbers[4] = {0};
    const char *at = peer->line;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        at = strchr(at, '=');
        ASSERT(at != NULL);
        at++;
        numbers[i] = (uint32_t)strtoul(at, NULL, 10);
    }
    status.answered = true;
    status.logged_on = numbers[0] == 1;
    status.out_next = numbers[1];
    status.in_next = numbers[2];
    status.unsent = numbers[3];
    return status;
}

int peer_stop(struct peer *peer)
{
    int status = 0;
    if (peer->pid <= 0) {
        return -1;
    }
    (void)close(peer->commands); /* It ends when nobody commands it any more. */
    uint64_t deadline_ns = process_now_ns() + PEER_ANSWER_MS * UINT64_C(1000000);
    while (waitpid(peer->pid, &status, WNOHANG) == 0) {
        if (process_now_ns() > deadline_ns) {
            (void)kill(peer->pid, SIGKILL);
        }
        process_pause(2);
    }
    (void)close(peer->answers);
    peer->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
