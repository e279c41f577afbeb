/* The control socket: what operators ask of a running gateway (design §12).
 *
 * Engine's thread. ROUTER on ipc://, whose file lets only the owner in. A request is one
 * flat JSON object:
 *
 *   {"command":"session.list"}
 *   {"command":"session.reset","session":"FIX.4.4:US->BROKER","operator":"jane","confirm":true}
 *
 * The answer's first frame says {"ok":true,"answer":"…"} or {"ok":false,"answer":"…"}; each
 * further frame is a row, a flat object again. A command that changed something is answered
 * once that is durable: control_step() carries out, control_release() answers. */
#ifndef GATEWAY_SHELL_CONTROL_H
#define GATEWAY_SHELL_CONTROL_H

#include "gateway/core/engine.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/json_flat.h"
#include "gateway/shell/log.h"
#include "gateway/shell/zeromq.h"

enum {
    CONTROL_REQUESTS_MAX = 8, /* Taken in one turn. */
    CONTROL_ROW_BYTES_MAX = 2048,
    CONTROL_ANSWER_BYTES_MAX = ENGINE_SESSIONS_MAX * CONTROL_ROW_BYTES_MAX,
    CONTROL_REQUEST_BYTES_MAX = 4096,
    CONTROL_LINGER_MS = 500,
};

/* One answer that waits for the commit. */
struct control_answer {
    uint8_t identity[256];
    size_t identity_size;
    bool delimiter;
    uint32_t frames_count;
    struct span frames[ENGINE_SESSIONS_MAX + 1]; /* Into `text`. */
    size_t used;
    char text[CONTROL_ANSWER_BYTES_MAX];
};

struct control {
    struct zeromq_socket socket; /* Closed: there is no control socket. */
    struct log *log;             /* Borrowed. */
    const struct instant *now;   /* Borrowed: of the turn. */
    struct zeromq_frames frames;
    struct json_flat request;
    uint32_t answers_count;
    struct control_answer answers[CONTROL_REQUESTS_MAX];
};

/* Binds; log and now are set by the caller. `error` has the reason. */
MUST_USE enum status control_open(struct control *control, struct zeromq *zeromq,
                                  const char *endpoint, char error[ZEROMQ_ERROR_BYTES_MAX]);
void control_close(struct control *control);

/* Carries out what was asked for. IO: the socket failed. */
MUST_USE enum status control_step(struct control *control, struct engine *engine);

/* Behind the commit of the same turn: answers. */
void control_release(struct control *control);

/* There are requests to take: do not sleep. */
bool control_pending(const struct control *control);

#endif
