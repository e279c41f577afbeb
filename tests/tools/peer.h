/* QuickFIX as a process of its own, which a test steers: one session, initiator or
 * acceptor, plain or TLS.
 *
 * The program is quickfix_peer (peer_main.c). It sends orders with the ClOrdIDs o1, o2, …,
 * and writes all that it sends and gets into its journal (peer_journal.h) before anything
 * else happens. It answers one line of command with one line, "ok …" or "error …". */
#ifndef TESTS_TOOLS_PEER_H
#define TESTS_TOOLS_PEER_H

#include <sys/types.h>

#include "tests/tools/process.h"

enum { PEER_LINE_BYTES_MAX = 512, PEER_ANSWER_MS = 30000 };

struct peer {
    pid_t pid; /* 0: not running. */
    int commands;
    int answers;
    char line[PEER_LINE_BYTES_MAX]; /* The last answer. */
};

struct peer_options {
    bool initiator;
    const char *settings; /* Path of a QuickFIX configuration with one session. */
    const char *journal;  /* Path; appended to. */
    const char *log;      /* Path; events and messages, for a person. */
};

struct peer_status {
    bool answered; /* Else it has ended or hangs, and nothing is known. */
    bool logged_on;
    uint32_t out_next; /* MsgSeqNum of its next message, and of ours that is due. */
    uint32_t in_next;
    uint32_t unsent; /* Orders that a `send` has not sent yet. */
};

/* False: it did not start; its log says why. */
MUST_USE bool peer_start(struct peer *peer, const struct peer_options *options);

/* One command:
 *   send N              N new orders, as soon as it can, also while not connected
 *   again N             order N once more, with PossResend=Y
 *   stale N             from now on order N, 2N, … are gap-filled instead of sent again; 0: none
 *   logout, logon       disables the session with a Logout, and enables it again
 *   rest                when the line ends next, for whatever reason, it does not come back
 *                       before a `logon`
 *   disconnect          drops the line without a word
 *   reset               its next Logon has 141=Y (an initiator's)
 *   reset-now           a Logon with 141=Y in the middle of the session (an initiator's)
 *   sequence-reset N    SequenceReset-Reset, N numbers above its next one
 *   skip N              leaves N numbers out, as if their messages were lost from its store
 *   forget N            its due number is N lower, as if it had not got those
 * False: refused, or it has ended or hangs; peer->line says why. */
MUST_USE bool peer_command(struct peer *peer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct peer_status peer_status(struct peer *peer);

/* Ends it without a word on the line; its store stays. Returns its exit code. */
int peer_stop(struct peer *peer);

#endif
