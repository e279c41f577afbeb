#include "tests/tools/process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 2, LOG_LINE_BYTES_MAX = 4096, TAIL_LINES_MAX = 64 };

void process_pause(int milliseconds)
{
    (void)poll(NULL, 0, milliseconds);
}

void process_programs(char directory[PROCESS_PATH_BYTES_MAX])
{
    const char *build = getenv("FIXGATE_BUILD");
    if (build != NULL) {
        int size = snprintf(directory, PROCESS_PATH_BYTES_MAX, "%s/bin", build);
        ASSERT(size > 0 && size < PROCESS_PATH_BYTES_MAX);
        return;
    }
    ssize_t size = readlink("/proc/self/exe", directory, PROCESS_PATH_BYTES_MAX - 16);
    ASSERT(size > 0);
    directory[size] = '\0';
    char *slash = strrchr(directory, '/');
    ASSERT(slash != NULL);
    *slash = '\0';
    slash = strrchr(directory, '/');
    if (slash != NULL && strcmp(slash, "/tests") == 0) {
        memcpy(slash, "/bin", sizeof "/bin");
    }
}

/* In the child: never returns. */
static void become(const char *const *arguments, const char *const *environment, int input,
                   int output)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) {
        _exit(126);
    }
    for (; environment != NULL && *environment != NULL; environment++) {
        (void)putenv(strdup(*environment));
    }
    char *copy[PROCESS_ARGUMENTS_MAX + 1] = {NULL};
    for (size_t index = 0; arguments[index] != NULL && index < PROCESS_ARGUMENTS_MAX; index++) {
        copy[index] = strdup(arguments[index]);
    }
    (void)execv(copy[0], copy);
    _exit(127);
}

bool process_start(struct process *process, const char *name, const char *log_path,
                   const char *const *arguments)
{
    return process_start_with(process, name, log_path, arguments, NULL);
}

bool process_start_with(struct process *process, const char *name, const char *log_path,
                        const char *const *arguments, const char *const *environment)
{
    ASSERT(process->pid == 0);
    (void)snprintf(process->name, sizeof process->name, "%s", name);
    (void)snprintf(process->log_path, sizeof process->log_path, "%s", log_path);
    int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (log < 0 || input < 0) {
        return false;
    }
    process->log_begin = (long)lseek(log, 0, SEEK_END);
    pid_t pid = fork();
    if (pid == 0) {
        become(arguments, environment, input, log);
    }
    (void)close(log);
    (void)close(input);
    if (pid < 0) {
        return false;
    }
    process->pid = pid;
    process->exit_code = -1;
    process->starts++;
    return true;
}

static int exit_code_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool process_running(struct process *process)
{
    if (process->pid == 0) {
        return false;
    }
    int status = 0;
    pid_t ended = waitpid(process->pid, &status, WNOHANG);
    if (ended == 0) {
        return true;
    }
    ASSERT(ended == process->pid);
    process->exit_code = exit_code_of(status);
    process->pid = 0;
    return false;
}

int process_end(struct process *process, int signal, int timeout_ms)
{
    if (!process_running(process)) {
        return process->exit_code;
    }
    (void)kill(process->pid, signal);
    uint64_t deadline_ns = process_now_ns() + (uint64_t)timeout_ms * UINT64_C(1000000);
    while (process_running(process)) {
        if (process_now_ns() > deadline_ns) {
            (void)kill(process->pid, SIGKILL);
        }
        process_pause(PAUSE_MS);
    }
    return process->exit_code;
}

/* Takes what the child writes until it closes its end. False after the deadline. */
static bool collect(int from, char *output, size_t capacity, uint64_t deadline_ns)
{
    size_t used = 0;
    output[0] = '\0';
    for (;;) {
        uint64_t now_ns = process_now_ns();
        if (now_ns >= deadline_ns) {
            return false;
        }
        struct pollfd ready = {.fd = from, .events = POLLIN};
        if (poll(&ready, 1, (int)((deadline_ns - now_ns) / UINT64_C(1000000)) + 1) <= 0) {
            continue;
        }
        char bytes[4096];
        ssize_t count = read(from, bytes, sizeof bytes);
        if (count <= 0) {
            return true;
        }
        size_t room = capacity - 1 - used;
        size_t take = (size_t)count < room ? (size_t)count : room;
        memcpy(output + used, bytes, take);
        used += take;
        output[used] = '\0';
    }
}

int process_run(const char *const *arguments, const char *input, char *output, size_t capacity,
                int timeout_ms)
{
    int to[2] = {-1, -1};
    int from[2] = {-1, -1};
    int piped = pipe(to) + pipe(from);
    ASSERT(piped == 0);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)fcntl(to[1], F_SETFD, FD_CLOEXEC);
    (void)fcntl(from[0], F_SETFD, FD_CLOEXEC);
    struct process process = {.exit_code = -1};
    pid_t pid = fork();
    ASSERT(pid >= 0);
    if (pid == 0) {
        become(arguments, NULL, to[0], from[1]);
    }
    process.pid = pid;
    (void)close(to[0]);
    (void)close(from[1]);
    if (input != NULL) {
        /* Callers keep the input below the 64 KiB that a pipe holds, so this cannot block. */
        size_t size = strlen(input);
        ASSERT(size < 60000);
        ssize_t written = write(to[1], input, size);
        ASSERT(written == (ssize_t)size || errno == EPIPE);
    }
    (void)close(to[1]);
    uint64_t deadline_ns = process_now_ns() + (uint64_t)timeout_ms * UINT64_C(1000000);
    bool ended = collect(from[0], output, capacity, deadline_ns);
    (void)close(from[0]);
    if (!ended) {
        (void)process_end(&process, SIGTERM, 1000);
        return -1;
    }
    while (process_running(&process)) {
        process_pause(PAUSE_MS);
    }
    return process.exit_code;
}

static FILE *log_open(const struct process *process)
{
    FILE *log = fopen(process->log_path, "re");
    if (log != NULL) {
        (void)fseek(log, process->log_begin, SEEK_SET);
    }
    return log;
}

/* A line counts when its newline is written, so nobody reads half of one. */
bool process_logged(const struct process *process, const char *text, char *line, size_t capacity)
{
    FILE *log = log_open(process);
    char read[LOG_LINE_BYTES_MAX];
    bool found = false;
    while (log != NULL && !found && fgets(read, sizeof read, log) != NULL) {
        size_t size = strlen(read);
        found = strstr(read, text) != NULL && read[size - 1] == '\n';
        if (found && line != NULL) {
            read[size - 1] = '\0';
            (void)snprintf(line, capacity, "%s", read);
        }
    }
    if (log != NULL) {
        (void)fclose(log);
    }
    return found;
}

uint32_t process_log_count(const struct process *process, const char *text)
{
    FILE *log = log_open(process);
    char read[LOG_LINE_BYTES_MAX];
    uint32_t count = 0;
    while (log != NULL && fgets(read, sizeof read, log) != NULL) {
        count += strstr(read, text) != NULL ? 1 : 0;
    }
    if (log != NULL) {
        (void)fclose(log);
    }
    return count;
}

void process_print_tail(const struct process *process, FILE *to, uint32_t lines)
{
    ASSERT(lines <= TAIL_LINES_MAX);
    if (process->starts == 0) {
        return;
    }
    static const char *const END = "    (end of log)\n";
    char(*ring)[LOG_LINE_BYTES_MAX] = calloc(TAIL_LINES_MAX, sizeof ring[0]);
    ASSERT(ring != NULL);
    FILE *log = fopen(process->log_path, "re");
    uint32_t count = 0;
    while (log != NULL && fgets(ring[count % TAIL_LINES_MAX], LOG_LINE_BYTES_MAX, log) != NULL) {
        count++;
    }
    (void)fprintf(to, "--- %s (%s): %s\n", process->name, process->log_path,
                  log == NULL ? "no log" : "last lines");
    for (uint32_t index = count > lines ? count - lines : 0; index < count; index++) {
        (void)fprintf(to, "    %s", ring[index % TAIL_LINES_MAX]);
    }
    (void)fputs(END, to);
    if (log != NULL) {
        (void)fclose(log);
    }
    free(ring);
}

uint16_t process_free_port(uint16_t wanted)
{
    int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT(socket_fd >= 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(wanted)};
    socklen_t size = sizeof address;
    int yes = 1; /* As the brokers do: a port in TIME_WAIT counts as free. */
    (void)setsockopt(socket_fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(socket_fd, (const struct sockaddr *)&address, size) != 0) {
        (void)close(socket_fd);
        ASSERT(wanted != 0);
        return process_free_port(0);
    }
    int named = getsockname(socket_fd, (struct sockaddr *)&address, &size);
    ASSERT(named == 0);
    (void)close(socket_fd);
    return ntohs(address.sin_port);
}

uint64_t process_now_ns(void)
{
    struct timespec now;
    int result = clock_gettime(CLOCK_MONOTONIC, &now);
    ASSERT(result == 0);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}
