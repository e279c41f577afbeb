/* The control socket: what operators ask of a running gateway (design §12).
 *
 * Engine's thread. ROUTER on ipc://, whose file lets only the owner in. A request is one
 * frame (an empty one may stand before it, as REQ sends it) with one flat JSON object:
 *
 *   {"command":"session.list"}
 *   {"command":"session.reset","session":"FIX.4.4:US->BROKER","operator":"jane","confirm":true}
 *
 * The answer's first frame says {"ok":true,"answer":"…","time":"…"} or "ok":false with the
 * reason; each further frame is a row, a flat object again. Nothing is ignored: a member that
 * the command does not know is an error that names it. A command that changed something is
 * answered once that is durable: control_step() carries out, control_release() answers.
 *
 * Whoever can be told gets an answer. Who leaves CONTROL_UNREAD_MAX of them unread loses
 * further ones; who sends a frame beyond CONTROL_FRAME_BYTES_MAX is cut off by libzmq. */
#ifndef GATEWAY_SHELL_CONTROL_H
#define GATEWAY_SHELL_CONTROL_H

#include "gateway/core/engine.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/json_flat.h"
#include "gateway/shell/listener.h"
#include "gateway/shell/log.h"
#include "gateway/shell/zeromq.h"

enum {
    CONTROL_REQUESTS_MAX = 8, /* Taken in one turn. */
    CONTROL_UNREAD_MAX = 64,  /* Per client and direction. */
    CONTROL_REQUEST_BYTES_MAX = 4096,
    CONTROL_FRAME_BYTES_MAX = 64 * 1024, /* Up to here a request that is too long has an answer. */
    CONTROL_ROW_BYTES_MAX = 5120,
    CONTROL_ANSWER_BYTES_MAX = (ENGINE_SESSIONS_MAX + 1) * CONTROL_ROW_BYTES_MAX,
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
    struct zeromq_socket socket;                 /* Closed: there is no control socket. */
    struct log *log;                             /* Borrowed. */
    const struct instant *now;                   /* Borrowed: of the turn. */
    const struct connection_config *connections; /* Borrowed: by session number. */
    const struct listeners *listeners;           /* Borrowed. */
    struct zeromq_frames frames;
    struct json_flat request;
    uint32_t answers_count;
    struct control_answer answers[CONTROL_REQUESTS_MAX];
};

/* Binds; what is borrowed is set by the caller. `error` has the reason. */
MUST_USE enum status control_open(struct control *control, struct zeromq *zeromq,
                                  const char *endpoint, char error[ZEROMQ_ERROR_BYTES_MAX]);
void control_close(struct control *control);

/* Carries out what was asked for. IO: the socket failed. */
MUST_USE enum status control_step(struct control *control, struct engine *engine);

/* Behind the commit of the same turn: answers. */
void control_release(struct control *control);

/* There are requests to take: do not sleep. */
bool control_pending(const struct control *control);

/* --- Between control.c and control_row.c --------------------------------------------- */

/* The next frame of the answer, with room for CONTROL_ROW_BYTES_MAX. */
struct json_text control_frame_begin(struct control_answer *answer);
void control_frame_end(struct control_answer *answer, const struct json_text *text);

/* ,"name":"20261121-08:00:00"; empty for 0 and UINT64_MAX, which mean never. */
void control_pair_time(struct json_text *text, const char *name, uint64_t instant_ns);

/* All that is known of a session. */
void control_row(const struct control *control, struct control_answer *answer,
                 const struct engine *engine, const struct link *link);

#endif
