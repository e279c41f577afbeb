/* The journal of quickfix_peer: what it sent and got, in order, read while it grows.
 *
 * One fact per line:
 *   B 1700000000      the peer begins; its numbers began at 1 at this second
 *   E 1700000000      they begin at 1 again: another session day
 *   S 34 N            order oN was given this MsgSeqNum
 *   P 34 N            order oN once more, with PossResend=Y
 *   A 34 N            it goes out again, since we asked
 *   G 34 N            it does not: a gap fill takes its place
 *   R 34 DUP N        order oN came back; DUP is 1 with PossDupFlag=Y, else 0
 *   J 34 TYPE TEXT    another application message came, or a Reject: nothing in our
 *                     worlds causes one, so it is a fault
 *
 * Reading judges: each order comes back once, in the order in which they were sent; a
 * number that comes again carries what it carried before. */
#ifndef TESTS_TOOLS_PEER_JOURNAL_H
#define TESTS_TOOLS_PEER_JOURNAL_H

#include <stdio.h>

#include "fix/base.h"

enum { PEER_ORDERS_MAX = 100000, PEER_FAULT_BYTES_MAX = 256 };

struct peer_order {
    uint32_t echoes;  /* Under different numbers. */
    bool sent;        /* Has had a number. */
    bool poss_resend; /* Was sent with PossResend=Y too. */
    bool gap_filled;  /* In doubt whether it will ever come. */
};

struct peer_journal {
    FILE *file;
    struct peer_order *orders; /* [N - 1] */
    uint32_t orders_count;     /* Highest N that was sent. */
    uint32_t *received;        /* [MsgSeqNum] of this session day: N; 0: none. */
    uint32_t received_last;    /* Highest MsgSeqNum. */
    uint32_t echo_last;        /* N of the last echo of this session day that was new. */
    uint64_t created_s;        /* As B or E said. */
    uint32_t days;
    uint32_t repeats;      /* R under a number had before. */
    uint32_t poss_dups;    /* R with PossDupFlag=Y: we sent it again. */
    uint32_t sent_again;   /* A */
    uint32_t poss_resends; /* P */
    uint32_t faults;
    char fault[PEER_FAULT_BYTES_MAX]; /* The first. */
};

/* The file need not exist yet. */
void peer_journal_open(struct peer_journal *journal, const char *path);
void peer_journal_close(struct peer_journal *journal);

/* Reads what was added. */
void peer_journal_read(struct peer_journal *journal);

/* N of the first order at or above `from` that was sent and has not come back; 0: none.
 * Those that were gap-filled do not count. */
uint32_t peer_journal_missing(const struct peer_journal *journal, uint32_t from);

#endif
