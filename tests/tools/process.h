/* Child processes of a test: started, watched through their log, killed by their
 * own pid, always reaped; they die with their parent. One thread. */
#ifndef TESTS_TOOLS_PROCESS_H
#define TESTS_TOOLS_PROCESS_H

#include <stdio.h>
#include <sys/types.h>

#include "fix/base.h"

enum { PROCESS_PATH_BYTES_MAX = 512, PROCESS_NAME_BYTES_MAX = 31, PROCESS_ARGUMENTS_MAX = 40 };

struct process {
    char name[PROCESS_NAME_BYTES_MAX + 1];
    char log_path[PROCESS_PATH_BYTES_MAX]; /* Its stdout and stderr, appended. */
    long log_begin;                        /* Where the log of this start begins. */
    pid_t pid;                             /* 0: not running. */
    int exit_code;                         /* Of its last end: exit status, or 128 + signal. */
    uint32_t starts;
};

/* Directory of our programs: FIXGATE_BUILD/bin, or where this program stands, or
 * the bin beside it. ASSERTs that it fits. */
void process_programs(char directory[PROCESS_PATH_BYTES_MAX]);

/* Starts `arguments` (NULL at the end; the first is the path) with output to
 * `log_path`. False: the system refused; errno says why. */
MUST_USE bool process_start(struct process *process, const char *name, const char *log_path,
                            const char *const *arguments);

/* As process_start(), with `environment` ("NAME=value" each, NULL at the end; or NULL) put into
 * the environment that it has from us. */
MUST_USE bool process_start_with(struct process *process, const char *name, const char *log_path,
                                 const char *const *arguments, const char *const *environment);

/* Still running? Reaps it if not. */
bool process_running(struct process *process);

/* Sends `signal` and waits for the end; a process that has not ended within
 * `timeout_ms` is killed. Returns its exit code. */
int process_end(struct process *process, int signal, int timeout_ms);

/* Runs a program to its end; `input` (or NULL) is its stdin, `output` gets at most
 * capacity - 1 bytes of what it wrote. Returns its exit code; -1 after the timeout. */
int process_run(const char *const *arguments, const char *input, char *output, size_t capacity,
                int timeout_ms);

/* Has the log since the last start a line with `text`? Copies that line if `line`
 * is not NULL. */
bool process_logged(const struct process *process, const char *text, char *line, size_t capacity);

/* How many lines since the last start hold `text`. */
uint32_t process_log_count(const struct process *process, const char *text);

/* The last lines of the log, for a person. */
void process_print_tail(const struct process *process, FILE *to, uint32_t lines);

/* A TCP port that is free now: `wanted` if it is (0: no wish). ASSERTs success. */
uint16_t process_free_port(uint16_t wanted);

/* Lets `milliseconds` pass: the pause between two looks at a condition. */
void process_pause(int milliseconds);

/* Monotonic nanoseconds. */
uint64_t process_now_ns(void);

#endif
