/* What a session's link keeps of the doubt about its attempts (doubt.h).
 *
 * Pure; plain data. Written by doubt_*.c only. */
#ifndef GATEWAY_CORE_DOUBT_DOUBT_LINK_H
#define GATEWAY_CORE_DOUBT_DOUBT_LINK_H

#include "fix/base.h"

enum { DOUBT_CURSOR_BYTES_MAX = 160 };

struct link_doubt {
    /* Durable, with the session's numbers. */
    uint64_t peer_has;     /* MsgSeqNum of this session day: the peer has provably processed all of
                              ours up to it. It answered it or a later one, or said so (789, 369). */
    uint64_t unproven_end; /* Attempt number: of those below, numbers prove nothing any more. */

    /* The walk over the unacknowledged attempts. */
    bool walking;
    bool wait;         /* It begins in the next turn, which sees all of this one. */
    bool dropped;      /* The line is gone: it marks them IN_DOUBT. */
    uint64_t next;     /* Where it is: attempt number. */
    uint64_t found_ns; /* The earliest that it found to be due later. */

    /* Of the connection. */
    bool in_step;       /* At the last look: an echo proves that all that went before was taken. */
    bool echo_wanted;   /* There are attempts of which an echo would prove something. */
    bool mass_asked;    /* OrderMassStatusRequest is out. */
    uint64_t ready_ns;  /* Since when it is READY: statuses are asked for anew. */
    uint64_t ready_end; /* Attempt number: those below are from before that; UINT64_MAX: all are. */
    uint64_t asked_begin; /* MsgSeqNum where the gap begins that the peer asks for; 0: none. */
    uint64_t asked_end;   /* Our last one when it did: a request for one of those goes on with the
                             same gap. */
    uint64_t jumped_to;   /* MsgSeqNum to which a SequenceReset of the peer last jumped; 0: none. */
    uint64_t added_batch; /* The turn in which an attempt was last added. */

    /* The walk over what is open of a session day before (doubt_open.c). */
    bool sweeping;
    uint64_t swept;       /* Session day for which it is done, plus one; 0: for none. */
    uint64_t swept_count; /* Orders that it found something to do for. */
    uint8_t cursor[DOUBT_CURSOR_BYTES_MAX]; /* Where it is: order key. */
    size_t cursor_size;

    bool mute; /* It does not take OrderStatusRequest: told, and not asked any more. */
};

#endif
