/* The reflector's other application, for tests/session: it does nothing of its own accord,
 * tells what happens, and does what it is told (--scripted; one session only).
 *
 * On standard output, one line each, in the order of the turn's effects:
 *
 *   S            a message went to the session's connection
 *   C TEXT       the connection is being closed, and why
 *   R            the numbers were reset
 *   L TEXT       a line for the log
 *   D HEX        a message was delivered; P HEX: with PossDupFlag=Y
 *   A HEX        the answer to `ask`: struct session, byte for byte
 *
 * On standard input:
 *
 *   ask              answered when all that was there to be read before has had its effect
 *   send TYPE HEX    sends an application message with that body
 *   refuse N TEXT    refuses the last delivery with BusinessMessageReject 380=N
 *   logout TEXT      begins a Logout
 *   stale N          the message with that number must not go out again
 *   pass N           lets N nanoseconds pass
 *   reset            both numbers to 1, with the peer if it is logged on
 *
 * For tests alone: it reads and writes within the engine's turn, which nothing else may. */
#ifndef TESTS_TOOLS_REFLECTOR_SCRIPT_H
#define TESTS_TOOLS_REFLECTOR_SCRIPT_H

#include "gateway/core/engine/application.h"

/* For engine_config.application; a new store's numbers begin with these. */
const struct application *script_begin(uint64_t seq_in_next, uint64_t seq_out_next);

/* How far its time is ahead of the world's. */
const uint64_t *script_ahead_ns(void);

#endif
