/* A reflector that is told what to do (tests/tools/reflector_script.h), as a child process
 * with pipes. */
#ifndef TESTS_SESSION_SOCKET_REFLECTOR_H
#define TESTS_SESSION_SOCKET_REFLECTOR_H

#include <sys/types.h>

#include "fix/session.h"

enum {
    REFLECTOR_LINE_BYTES_MAX = 4 * FIX_MESSAGE_BYTES_MAX,
    REFLECTOR_PATH_BYTES_MAX = 256,
    REFLECTOR_WAIT_MS_MAX = 10000,
};

struct reflector {
    pid_t pid; /* 0: not running. */
    int input;
    int output;
    uint16_t port; /* Of its listener; 0: initiator. */
    char store[REFLECTOR_PATH_BYTES_MAX];
    char line[REFLECTOR_LINE_BYTES_MAX]; /* The last one, NUL at its end. */
    size_t used;
    char bytes[REFLECTOR_LINE_BYTES_MAX];
};

/* An empty store in a directory of its own. ASSERTs success, as all of these do. */
void reflector_open(struct reflector *reflector);
void reflector_close(struct reflector *reflector);

/* Starts it as the configuration says; an initiator connects to `peer_port`. */
void reflector_start(struct reflector *reflector, const struct session_config *config,
                     uint16_t peer_port, uint64_t seq_in_next, uint64_t seq_out_next);

/* As a crash does: kill -9. */
void reflector_kill(struct reflector *reflector);

void reflector_tell(struct reflector *reflector, const char *command);

/* The next line into `line`. False: it has ended, or says nothing any more. */
MUST_USE bool reflector_hear(struct reflector *reflector);

#endif
