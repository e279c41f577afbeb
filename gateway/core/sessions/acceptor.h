/* Which session a connection belongs to that somebody opened to us (§4.1 to 4.4).
 *
 * Pure; part of the engine. The shell accepts, collects bytes, and asks after each portion;
 * until a session is found the peer hears nothing (a word would use up a number of a session
 * that may not be theirs). The time limit of §4.1 is the shell's. */
#ifndef GATEWAY_CORE_SESSIONS_ACCEPTOR_H
#define GATEWAY_CORE_SESSIONS_ACCEPTOR_H

#include "fix/text.h"
#include "gateway/core/engine/engine.h"

enum acceptor_verdict {
    ACCEPTOR_WAIT,  /* Half a message, or only garbled ones (dropped, 4.5): the first *consumed
                       bytes may be thrown away. */
    ACCEPTOR_FOUND, /* A Logon of *session: engine_connected(), then the bytes from *consumed on. */
    ACCEPTOR_REFUSE, /* Close without a word; `reason` is for the log. */
};

/* `listener`: index into the configuration's listeners; `peer`: where it comes from. *consumed:
 * bytes before the Logon that are done with. `reason` is empty unless REFUSE. *session is
 * UINT32_MAX unless FOUND, or REFUSE because that session is connected already (4.4): the
 * shell asks again if that connection is just ending. `bytes` may be empty: an address that
 * no session of the listener lets in is refused before it has said anything.
 *
 * A session is meant by a Logon if that names its comp IDs and all SubIDs and LocationIDs that
 * the session has; of several the one that has most of them. A wrong BeginString is FOUND: the
 * session itself says so in its Logout (4.5). */
enum acceptor_verdict engine_identify(struct engine *engine, uint32_t listener,
                                      const struct address *peer, struct span bytes,
                                      size_t *consumed, uint32_t *session,
                                      char reason[ENGINE_TEXT_BYTES_MAX + 1]);

/* Appends an address as people write it: 10.1.2.3, 2001:db8::1. */
struct text *address_text(struct text *text, const struct address *address);

#endif
