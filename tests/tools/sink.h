/* A broker that is only a socket: speaks just enough FIX to log on and to be asked whether
 * it is alive, and shows every byte it gets. For measurements, where a real engine at the
 * other end would be measured too. One thread; what must not happen is ASSERTed. */
#ifndef TESTS_TOOLS_SINK_H
#define TESTS_TOOLS_SINK_H

#include "fix/base.h"

enum { SINK_BYTES_MAX = 256 * 1024, SINK_LOGON_MS_MAX = 20000 };

struct sink {
    const char *name; /* Its CompID; the gateway is FIXGATE. */
    int server;
    uint16_t port;
    int client; /* -1 until sink_accept(). */
    size_t used;
    uint64_t seq; /* Next MsgSeqNum of ours. */
    uint8_t bytes[SINK_BYTES_MAX];
};

/* Listens on loopback. */
void sink_open(struct sink *sink, const char *name, uint16_t port);
void sink_close(struct sink *sink);

void sink_accept(struct sink *sink);

/* Accepts, takes the Logon, answers it and the TestRequest that follows. */
void sink_log_on(struct sink *sink);

/* Waits for bytes and puts them behind `used`; what is there already is dropped when less
 * than half the room is left. False: none came in time. */
MUST_USE bool sink_read(struct sink *sink, int timeout_ms);
bool sink_holds(const struct sink *sink, const char *text);

/* Sends a message of that type, with more fields ("tag=value<SOH>…"). */
void sink_say(struct sink *sink, const char *msg_type, struct span more);

#endif
