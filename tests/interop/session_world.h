/* QuickFIX and the reflector, with the cutter between them: one FIX session over the
 * loopback, either of the two initiating, plain or TLS.
 *
 * One thread, and one world per process: whatever goes wrong is printed with the ends of
 * both logs, and ends the process (session_apart() runs a test in one of its own). All
 * waiting is for a condition. */
#ifndef TESTS_INTEROP_SESSION_WORLD_H
#define TESTS_INTEROP_SESSION_WORLD_H

#include "tests/tools/cutter.h"
#include "tests/tools/peer.h"
#include "tests/tools/peer_journal.h"

enum {
    SESSION_SETTINGS_MAX = 8,
    SESSION_SETTING_BYTES_MAX = 96,
    SESSION_AWAIT_MS = 60000,
};

struct session_setup {
    bool we_initiate;
    bool tls;
    bool we_are_strange;    /* With TLS: our certificate is of a CA that QuickFIX does not know. */
    bool they_are_strange;  /* With TLS: theirs is of one that we do not know. */
    bool they_are_careless; /* They know no CA, and want none. */
    uint64_t seed;          /* Of the cutter. */
    const char *ours[3];    /* More settings of the reflector, "Key=Value". */
    const char *both[4];    /* Of both. */
};

struct session_world {
    struct session_setup setup;
    char directory[PROCESS_PATH_BYTES_MAX / 4];
    struct process reflector;
    struct peer peer;
    struct cutter *cutter;
    struct peer_journal journal;
    uint16_t reflector_port; /* As acceptor. */
    uint16_t peer_port;      /* As acceptor. */
    /* Of the next start of the reflector, besides the setup's; "" ends them. */
    char settings[SESSION_SETTINGS_MAX][SESSION_SETTING_BYTES_MAX];
    /* Since all was well: the line was cut; echoes may be gone for good (a kill before they
     * were committed, a reset), so that orders must be sent again with PossResend. */
    bool disturbed;
    bool forgetful;
};

/* What both sides think at the end. */
struct session_numbers {
    uint64_t in_next;
    uint64_t out_next;
    uint32_t resets;
};

/* Starts all, and awaits the first logon, unless somebody is strange. */
void session_open(struct session_world *world, const struct session_setup *setup);
/* Ends all; the directory goes too. */
void session_close(struct session_world *world);

/* Says what failed, shows the logs, and ends the process. */
void session_fail(struct session_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* --- Doing ------------------------------------------------------------------- */

void session_command(struct session_world *world, const char *command, uint32_t number);
struct peer_status session_status(struct session_world *world);
void session_reflector_start(struct session_world *world);
/* By SIGTERM: it logs out, and must end with 0. */
void session_reflector_end(struct session_world *world);
void session_reflector_kill(struct session_world *world);
void session_peer_start(struct session_world *world);
void session_peer_end(struct session_world *world);
/* Cuts the line, if the cutter has not done it. */
void session_cut(struct session_world *world);
/* A setting of the reflector's next starts. */
void session_set(struct session_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Until the reflector's log has a line with `text`, or the world fails. */
void session_await_log(struct session_world *world, const char *text);

/* --- Awaiting ---------------------------------------------------------------- */

/* True once QuickFIX is logged on (or off), false after `ms`. */
bool session_logged_on_within(struct session_world *world, bool on, int ms);
/* The same, or the world fails. */
void session_await(struct session_world *world, bool logged_on);
/* Until no order misses its echo, or `ms` have passed. */
bool session_echoed_within(struct session_world *world, int ms);
/* Until both are logged on, no gap is open, and every order has come back. */
void session_settle(struct session_world *world);

/* --- The end ----------------------------------------------------------------- */

/* Logs out (by QuickFIX, or by the reflector's end), ends the reflector, and compares the
 * numbers and all messages of this session day. */
void session_finish(struct session_world *world, bool peer_logs_out);

/* Runs `body` in a child process. True if it ended with 0. */
bool session_apart(void (*body)(const void *argument), const void *argument);

/* --- Between the files ------------------------------------------------------- */

/* What the reflector's store says; compares its queue of the day with the journal. */
struct session_numbers session_store_read(struct session_world *world);

/* Writes QuickFIX's configuration. */
void session_settings_write(const struct session_world *world, const char *path);

#endif
