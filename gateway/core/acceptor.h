/* Which session a connection belongs to that somebody opened to us (§4.1 to 4.4).
 *
 * Pure; part of the engine. The shell accepts, collects bytes, and asks after each portion;
 * until a session is found the peer hears nothing (a word would use up a number of a session
 * that may not be theirs). */
#ifndef GATEWAY_CORE_ACCEPTOR_H
#define GATEWAY_CORE_ACCEPTOR_H

#include "gateway/core/engine.h"

enum acceptor_verdict {
    ACCEPTOR_WAIT,  /* Half a message, or only garbled ones (dropped, 4.5); see *consumed. */
    ACCEPTOR_FOUND, /* A Logon of *session: engine_connected(), then the bytes from *consumed on. */
    /* Close without a word; `reason` is for the log. *session: whose Logon it was, if it is
     * refused because the session is connected already (4.4), else UINT32_MAX; the shell asks
     * again if that connection is just ending. */
    ACCEPTOR_REFUSE,
};

/* `listener`: index into the configuration's listeners; `peer`: where it comes from. *consumed:
 * bytes before the Logon that are done with. `reason`: at least ENGINE_TEXT_BYTES_MAX + 1. */
enum acceptor_verdict engine_identify(struct engine *engine, uint32_t listener,
                                      const struct address *peer, struct span bytes,
                                      size_t *consumed, uint32_t *session, char *reason);

#endif
