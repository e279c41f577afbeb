#include "gateway/shell/listener.h"

#include "gateway/shell/listener_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECOND_NS UINT64_C(1000000000)

/* --- Words for the log ------------------------------------------------------ */

/* A flood of newcomers must not become a flood of lines. */
static void say(struct listeners *listeners, struct listener *listener,
                enum effect_severity severity, const char *peer, const char *what)
{
    uint64_t second = listeners->now->monotonic_ns / SECOND_NS;
    if (second != listener->log_second) {
        listener->log_second = second;
        listener->log_lines = 0;
    }
    if (listener->log_lines >= LISTENER_LOG_LINES_MAX) {
        listener->log_held_back++;
        return;
    }
    listener->log_lines++;
    char port[8];
    (void)snprintf(port, sizeof(port), "%u", (unsigned)listener->port);
    struct log_pair pairs[] = {{"port", span_text(port)}, {"peer", span_text(peer)}};
    log_event(listeners->log, listeners->now->engine_ns, severity, span_text(what), pairs,
              peer[0] != '\0' ? 2 : 1);
}

static void tell_held_back(struct listeners *listeners, struct listener *listener)
{
    uint64_t second = listeners->now->monotonic_ns / SECOND_NS;
    if (listener->log_held_back == 0 || second == listener->log_second) {
        return;
    }
    char line[160];
    (void)snprintf(line, sizeof(line),
                   "%llu more lines about newcomers were held back (%llu refused for want of room "
                   "so far)",
                   (unsigned long long)listener->log_held_back,
                   (unsigned long long)listener->overflow_count);
    listener->log_held_back = 0;
    say(listeners, listener, SEVERITY_WARNING, "", line);
}

/* --- Opening ---------------------------------------------------------------- */

static enum status open_newcomers(struct listener *listener)
{
    listener->newcomers = calloc(LISTENER_PENDING_MAX, sizeof(*listener->newcomers));
    if (listener->newcomers == NULL) {
        return STATUS_FULL;
    }
    for (uint32_t i = 0; i < LISTENER_PENDING_MAX; i++) {
        listener->newcomers[i].tcp.fd = -1;
    }
    for (uint32_t i = 0; i < LISTENER_PENDING_MAX; i++) {
        /* Nothing is ever sent to a newcomer. */
        TRY(tcp_init(&listener->newcomers[i].tcp, LISTENER_IN_BYTES, 1));
    }
    return STATUS_OK;
}

static uint64_t tag_of(const struct listeners *listeners, uint32_t listener)
{
    return listeners->tag_first + (uint64_t)listener * (LISTENER_PENDING_MAX + 1);
}

enum status listeners_open(struct listeners *listeners, const struct listen_config *configs,
                           uint32_t count, char error[LISTENER_ERROR_BYTES_MAX])
{
    ASSERT(count <= LISTENERS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        struct listener *listener = &listeners->list[i];
        *listener = (struct listener){.config = &configs[i], .fd = -1};
        listeners->count++;
        if (open_newcomers(listener) != STATUS_OK) {
            (void)snprintf(error, LISTENER_ERROR_BYTES_MAX, "a listener's buffers: out of memory");
            return STATUS_FULL;
        }
        TRY(listener_socket_open(listener->config, &listener->fd, &listener->port, error));
        if (poller_add(listeners->poller, listener->fd, tag_of(listeners, i), true, false) !=
            STATUS_OK) {
            (void)snprintf(error, LISTENER_ERROR_BYTES_MAX, "epoll refused a listening socket");
            return STATUS_IO;
        }
    }
    return STATUS_OK;
}

static void dismiss(struct listener *listener, struct newcomer *newcomer)
{
    tcp_close(&newcomer->tcp);
    newcomer->watch.on = false;
    listener->newcomers_count -= newcomer->used ? 1 : 0;
    newcomer->used = false;
}

void listeners_stop(struct listeners *listeners)
{
    for (uint32_t i = 0; i < listeners->count; i++) {
        struct listener *listener = &listeners->list[i];
        if (listener->fd >= 0) {
            (void)close(listener->fd);
            listener->fd = -1;
            listener->paused_until_ns = 0;
        }
        for (uint32_t j = 0; listener->newcomers != NULL && j < LISTENER_PENDING_MAX; j++) {
            dismiss(listener, &listener->newcomers[j]);
        }
    }
}

void listeners_shut(struct listeners *listeners)
{
    listeners_stop(listeners);
    for (uint32_t i = 0; i < listeners->count; i++) {
        struct listener *listener = &listeners->list[i];
        for (uint32_t j = 0; listener->newcomers != NULL && j < LISTENER_PENDING_MAX; j++) {
            tcp_free(&listener->newcomers[j].tcp);
        }
        free(listener->newcomers);
        listener->newcomers = NULL;
    }
    listeners->count = 0;
}

/* --- Accepting -------------------------------------------------------------- */

static struct newcomer *free_newcomer(struct listener *listener)
{
    for (uint32_t i = 0; i < LISTENER_PENDING_MAX; i++) {
        if (!listener->newcomers[i].used) {
            return &listener->newcomers[i];
        }
    }
    return NULL;
}

static void take_in(struct listeners *listeners, struct listener *listener, int fd,
                    const struct sockaddr_storage *from)
{
    const struct listen_config *config = listener->config;
    uint64_t now_ns = listeners->now->monotonic_ns;
    struct newcomer *newcomer = free_newcomer(listener);
    listener->accepted_count++;
    if (newcomer == NULL) {
        listener->overflow_count++;
        (void)close(fd);
        say(listeners, listener, SEVERITY_WARNING, "",
            "a new connection is closed at once: too many others have not logged on yet");
        return;
    }
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    listener_peer_name(from, &newcomer->address, newcomer->peer);
    listener->newcomers_count++;
    newcomer->used = true;
    newcomer->ask = true; /* Its address alone may be enough to refuse it. */
    newcomer->said = 0;
    newcomer->garbage = 0;
    newcomer->deadline_ns = now_ns + config->logon_timeout_ns;
    struct tcp_config tcp = config->tcp;
    tcp.connect_timeout_ns = config->logon_timeout_ns; /* The TLS handshake counts as well. */
    credentials_refresh(listeners->credentials, tcp.tls, listeners->now);
    tcp_accept(&newcomer->tcp, fd, &tcp, now_ns);
}

static void pause_accepting(struct listeners *listeners, struct listener *listener, int error)
{
    char line[160];
    (void)snprintf(line, sizeof(line), "cannot accept connections just now: %s", strerror(error));
    say(listeners, listener, SEVERITY_ERROR, "", line);
    listener->paused_until_ns =
        listeners->now->monotonic_ns + (uint64_t)LISTENER_PAUSE_MS * 1000000u;
    poller_remove(listeners->poller, listener->fd);
}

static void accept_some(struct listeners *listeners, struct listener *listener)
{
    for (int i = 0; i < LISTENER_ACCEPTS_MAX && listener->fd >= 0; i++) {
        struct sockaddr_storage from = {0};
        socklen_t size = sizeof(from);
        int fd = accept(listener->fd, (struct sockaddr *)&from, &size);
        if (fd >= 0) {
            take_in(listeners, listener, fd, &from);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        }
        bool scarce = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        if (scarce) {
            pause_accepting(listeners, listener, errno);
            return;
        }
        /* Others are the end of that one connection, before it was taken. */
    }
}

void listeners_ready(struct listeners *listeners, uint64_t tag)
{
    ASSERT(tag >= listeners->tag_first);
    uint64_t place = tag - listeners->tag_first;
    uint64_t number = place / (LISTENER_PENDING_MAX + 1);
    uint64_t slot = place % (LISTENER_PENDING_MAX + 1);
    ASSERT(number < listeners->count);
    struct listener *listener = &listeners->list[number];
    if (slot == 0) {
        accept_some(listeners, listener);
        return;
    }
    struct newcomer *newcomer = &listener->newcomers[slot - 1];
    if (newcomer->used) {
        tcp_ready(&newcomer->tcp, LISTENER_IN_BYTES, listeners->now->monotonic_ns);
        newcomer->ask = newcomer->ask || tcp_inbound(&newcomer->tcp).size != newcomer->said;
    }
}

/* --- Whose it is ------------------------------------------------------------ */

/* Without a word: not even a reset, if what came in has been read. */
static void turn_away(struct listeners *listeners, struct listener *listener,
                      struct newcomer *newcomer, enum effect_severity severity, const char *why)
{
    say(listeners, listener, severity, newcomer->peer, why);
    listener->refused_count++;
    tcp_close_gently(&newcomer->tcp, listeners->now->monotonic_ns);
    if (newcomer->tcp.state == TCP_CLOSING) {
        tcp_ready(&newcomer->tcp, LISTENER_IN_BYTES, listeners->now->monotonic_ns);
    }
    dismiss(listener, newcomer);
}

static void ask_engine(struct listeners *listeners, uint32_t number, struct newcomer *newcomer,
                       struct connections *connections, struct engine *engine)
{
    struct listener *listener = &listeners->list[number];
    struct span said = tcp_inbound(&newcomer->tcp);
    char reason[ENGINE_TEXT_BYTES_MAX + 1] = "";
    size_t consumed = 0;
    uint32_t session = UINT32_MAX;
    enum acceptor_verdict verdict =
        engine_identify(engine, number, &newcomer->address, said, &consumed, &session, reason);
    ASSERT(consumed <= said.size);
    if (session != UINT32_MAX && connections_leaving(connections, session)) {
        return; /* Its last connection has yet to end in full: asked again in the next turn. */
    }
    newcomer->ask = false;
    tcp_consume(&newcomer->tcp, consumed);
    newcomer->said = tcp_inbound(&newcomer->tcp).size;
    newcomer->garbage += consumed;
    switch (verdict) {
    case ACCEPTOR_WAIT:
        if (newcomer->said >= LISTENER_IN_BYTES || newcomer->garbage > LISTENER_GARBAGE_BYTES_MAX) {
            turn_away(listeners, listener, newcomer, SEVERITY_WARNING,
                      "connection closed: too much was said without a Logon");
        }
        return;
    case ACCEPTOR_FOUND:
        watch_end(&newcomer->watch, listeners->poller, &newcomer->tcp);
        connections_adopt(connections, engine, session, &newcomer->tcp);
        dismiss(listener, newcomer);
        return;
    case ACCEPTOR_REFUSE:
        turn_away(listeners, listener, newcomer, SEVERITY_WARNING, reason);
        return;
    }
}

static void step_newcomer(struct listeners *listeners, uint32_t number, struct newcomer *newcomer,
                          struct connections *connections, struct engine *engine)
{
    struct listener *listener = &listeners->list[number];
    tcp_tick(&newcomer->tcp, listeners->now->monotonic_ns);
    if (newcomer->ask && !engine_turn_full(engine)) {
        ask_engine(listeners, number, newcomer, connections, engine);
    }
    if (!newcomer->used) {
        return;
    }
    if (listeners->now->monotonic_ns >= newcomer->deadline_ns) {
        turn_away(listeners, listener, newcomer, SEVERITY_WARNING,
                  "connection closed: no Logon within the time limit (LogonTimeout)");
    } else if (!newcomer->ask && newcomer->tcp.state == TCP_ENDED) {
        turn_away(listeners, listener, newcomer, SEVERITY_INFO, newcomer->tcp.reason);
    }
}

static void resume_accepting(struct listeners *listeners, uint32_t number)
{
    struct listener *listener = &listeners->list[number];
    if (listener->paused_until_ns == 0 || listener->fd < 0 ||
        listeners->now->monotonic_ns < listener->paused_until_ns) {
        return;
    }
    bool back = poller_add(listeners->poller, listener->fd, tag_of(listeners, number), true,
                           false) == STATUS_OK;
    listener->paused_until_ns =
        back ? 0 : listeners->now->monotonic_ns + (uint64_t)LISTENER_PAUSE_MS * 1000000u;
}

void listeners_step(struct listeners *listeners, struct connections *connections,
                    struct engine *engine)
{
    for (uint32_t number = 0; number < listeners->count; number++) {
        struct listener *listener = &listeners->list[number];
        resume_accepting(listeners, number);
        uint32_t seats = listener->newcomers_count > 0 ? LISTENER_PENDING_MAX : 0;
        for (uint32_t i = 0; i < seats; i++) {
            if (listener->newcomers[i].used) {
                step_newcomer(listeners, number, &listener->newcomers[i], connections, engine);
            }
        }
        tell_held_back(listeners, listener);
    }
}

/* --- Poller ----------------------------------------------------------------- */

enum status listeners_flush(struct listeners *listeners)
{
    for (uint32_t number = 0; number < listeners->count; number++) {
        struct listener *listener = &listeners->list[number];
        uint32_t seats = listener->newcomers_count > 0 ? LISTENER_PENDING_MAX : 0;
        for (uint32_t i = 0; i < seats; i++) {
            struct newcomer *newcomer = &listener->newcomers[i];
            if (newcomer->used) {
                TRY(watch_update(&newcomer->watch, listeners->poller, &newcomer->tcp,
                                 tag_of(listeners, number) + 1 + i));
            }
        }
    }
    return STATUS_OK;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t listeners_deadline_ns(const struct listeners *listeners)
{
    uint64_t deadline_ns = UINT64_MAX;
    for (uint32_t number = 0; number < listeners->count; number++) {
        const struct listener *listener = &listeners->list[number];
        if (listener->paused_until_ns != 0) {
            deadline_ns = earlier(deadline_ns, listener->paused_until_ns);
        }
        if (listener->log_held_back > 0) {
            deadline_ns = earlier(deadline_ns, (listener->log_second + 1) * SECOND_NS);
        }
        uint32_t seats = listener->newcomers_count > 0 ? LISTENER_PENDING_MAX : 0;
        for (uint32_t i = 0; i < seats; i++) {
            const struct newcomer *newcomer = &listener->newcomers[i];
            if (newcomer->used) {
                bool over = newcomer->ask || newcomer->tcp.state == TCP_ENDED;
                deadline_ns = earlier(deadline_ns, over ? 0 : newcomer->deadline_ns);
                deadline_ns = earlier(deadline_ns, tcp_deadline_ns(&newcomer->tcp));
            }
        }
    }
    return deadline_ns;
}
