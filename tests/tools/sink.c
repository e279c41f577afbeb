#include "tests/tools/sink.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "fix/builder.h"
#include "gateway/shell/clock.h"

void sink_open(struct sink *sink, const char *name, uint16_t port)
{
    *sink = (struct sink){.name = name, .client = -1, .port = port, .seq = 1};
    int yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    sink->server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT(sink->server >= 0);
    (void)setsockopt(sink->server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    int bound = bind(sink->server, (const struct sockaddr *)&address, sizeof address);
    ASSERT(bound == 0);
    int listening = listen(sink->server, 4);
    ASSERT(listening == 0);
}

void sink_close(struct sink *sink)
{
    if (sink->client >= 0) {
        (void)close(sink->client);
    }
    (void)close(sink->server);
}

void sink_accept(struct sink *sink)
{
    sink->client = accept(sink->server, NULL, NULL);
    ASSERT(sink->client >= 0);
    int yes = 1;
    (void)setsockopt(sink->client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

bool sink_read(struct sink *sink, int timeout_ms)
{
    struct pollfd ready = {.fd = sink->client, .events = POLLIN};
    if (poll(&ready, 1, timeout_ms) <= 0) {
        return false;
    }
    if (sink->used > sizeof sink->bytes / 2) {
        sink->used = 0; /* What matters is the newest message alone. */
    }
    ssize_t got = read(sink->client, sink->bytes + sink->used, sizeof sink->bytes - sink->used);
    ASSERT(got > 0);
    sink->used += (size_t)got;
    return true;
}

void sink_say(struct sink *sink, const char *msg_type, struct span more)
{
    uint8_t bytes[512];
    struct clock clock = {0};
    struct builder builder;
    builder_begin(&builder, bytes, sizeof bytes, span_text("FIX.4.4"), span_text(msg_type));
    builder_text(&builder, 49, sink->name);
    builder_text(&builder, 56, "FIXGATE");
    builder_uint(&builder, 34, sink->seq++);
    builder_timestamp(&builder, 52, clock_read(&clock).engine_ns, 3);
    builder_raw(&builder, more);
    struct span message = builder_finish(&builder);
    ASSERT(message.size > 0);
    ssize_t put = write(sink->client, message.data, message.size);
    ASSERT(put == (ssize_t)message.size);
}

bool sink_holds(const struct sink *sink, const char *text)
{
    size_t size = strlen(text);
    for (size_t at = 0; at + size <= sink->used; at++) {
        if (sink->bytes[at] == (uint8_t)text[0] && memcmp(sink->bytes + at, text, size) == 0) {
            return true;
        }
    }
    return false;
}

void sink_log_on(struct sink *sink)
{
    sink_accept(sink);
    while (!sink_holds(sink, "\00135=A\001")) {
        bool came = sink_read(sink, SINK_LOGON_MS_MAX);
        ASSERT(came);
    }
    sink_say(sink, "A", span_text("98=0\001108=5\001"));
    /* The gateway asks with a TestRequest whether both sides are in step. */
    sink->used = 0;
    while (!sink_holds(sink, "\00135=1\001") || !sink_holds(sink, "\00110=")) {
        bool came = sink_read(sink, SINK_LOGON_MS_MAX);
        ASSERT(came);
    }
    char test_request[512];
    char id[80];
    span_to_text(span_of(sink->bytes, sink->used), test_request, sizeof test_request);
    const char *asked = strstr(test_request, "\001112=");
    ASSERT(asked != NULL);
    (void)snprintf(id, sizeof id, "%.*s\001", (int)strcspn(asked + 1, "\001"), asked + 1);
    sink_say(sink, "0", span_text(id));
    sink->used = 0;
}
