/* The control socket: what operators and services ask of a running gateway (design §12).
 *
 * Engine's thread. ROUTER on ipc://, whose file lets only the owner in. A request is one
 * frame (an empty one may stand before it, as REQ sends it) with one flat JSON object:
 *
 *   {"command":"session.list"}
 *   {"command":"session.reset","session":"FIX.4.4:US->BROKER","operator":"jane","confirm":true}
 *   {"command":"broker.drain","broker":"ALPHA","operator":"jane","key":"7f3a"}
 *
 * `command`, `operator` and `key` are of every request; all other members are arguments of the
 * command, text, whole numbers or truths. The commands, and what they take, are the engine's
 * (command.h). Nothing is ignored: a member that the command does not know is an error that
 * names it.
 *
 * The answer's first frame says {"ok":true,"answer":"…","time":"…"} or "ok":false with the
 * reason, "proposed":true if it waits for a second person, and "after":"…" if there is more to be
 * had by that argument; each further frame is a row, a flat object again. A command that changed
 * something is answered once that is durable: control_step() carries out, control_release()
 * answers.
 *
 * A second socket, on tcp://, has CURVE keys: who comes by it is who his key says (PublicKey of
 * an [OPERATOR]), and may leave `operator` out. Who has a key is not believed on the first one.
 *
 * Whoever can be told gets an answer. Who leaves CONTROL_UNREAD_MAX of them unread loses
 * further ones; who sends a frame beyond CONTROL_FRAME_BYTES_MAX is cut off by libzmq. */
#ifndef GATEWAY_SHELL_CONTROL_H
#define GATEWAY_SHELL_CONTROL_H

#include "gateway/core/commands/command.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/json_flat.h"
#include "gateway/shell/json_text.h"
#include "gateway/shell/listener.h"
#include "gateway/shell/log.h"
#include "gateway/shell/operators.h"
#include "gateway/shell/zap.h"
#include "gateway/shell/zeromq.h"

enum {
    CONTROL_REQUESTS_MAX = 8, /* Taken in one turn. */
    CONTROL_UNREAD_MAX = 64,  /* Per client and direction. */
    CONTROL_REQUEST_BYTES_MAX = 4096,
    CONTROL_FRAME_BYTES_MAX = 64 * 1024, /* Up to here a request that is too long has an answer. */
    CONTROL_HEAD_BYTES_MAX = 4096,
    CONTROL_ROW_BYTES_MAX = 8 * 1024, /* Longer words of such a row are cut. */
    CONTROL_ROWS_MAX = 256,
    CONTROL_ANSWER_BYTES_MAX = 512 * 1024, /* Of the rows; then there is no more room. */
    CONTROL_LINGER_MS = 500,
};

/* One answer that waits for the commit. */
struct control_answer {
    struct zeromq_socket *socket; /* Where it goes. */
    uint8_t identity[256];
    size_t identity_size;
    bool delimiter;
    size_t head_size;
    char head[CONTROL_HEAD_BYTES_MAX];
    uint32_t rows_count;
    struct span rows[CONTROL_ROWS_MAX]; /* Into `text`. */
    size_t used;
    char text[CONTROL_ANSWER_BYTES_MAX];
};

struct control {
    struct zeromq_socket socket;                 /* Closed: there is no control socket. */
    struct zeromq_socket secure;                 /* Closed: there is none with keys. */
    struct zap zap;                              /* Of that one. */
    struct log *log;                             /* Borrowed. */
    const struct instant *now;                   /* Borrowed: of the turn. */
    const struct connection_config *connections; /* Borrowed: by session number. */
    const struct listeners *listeners;           /* Borrowed. */
    const struct operator_config *operators;     /* Borrowed. */
    uint32_t operators_count;                    /* 0: whoever asks may do everything. */
    struct zeromq_frames frames;
    struct json_flat request;
    uint32_t answers_count;
    struct control_answer answers[CONTROL_REQUESTS_MAX];
};

/* Binds; what is borrowed is set by the caller. `error` has the reason. */
MUST_USE enum status control_open(struct control *control, struct zeromq *zeromq,
                                  const char *endpoint, char error[ZEROMQ_ERROR_BYTES_MAX]);
/* The same of the socket with keys; `secret_key` in Z85 is the gateway's. */
MUST_USE enum status control_open_secure(struct control *control, struct zeromq *zeromq,
                                         const char *endpoint, const char *secret_key,
                                         char error[ZEROMQ_ERROR_BYTES_MAX]);
void control_close(struct control *control);

/* Carries out what was asked for. IO: the socket failed. */
MUST_USE enum status control_step(struct control *control, struct engine *engine);

/* Behind the commit of the same turn: answers. */
void control_release(struct control *control);

/* There are requests to take: do not sleep. */
bool control_pending(const struct control *control);

/* --- Between control.c and control_row.c --------------------------------------------- */

/* One request, and where its answer goes. */
struct control_asked {
    const struct control *control;
    struct engine *engine;
    struct control_answer *answer;
    bool sessions; /* Its rows are sessions: the shell knows more of them. */
};

/* ,"name":"20261121-08:00:00"; empty for 0 and UINT64_MAX, which mean never. */
void control_pair_time(struct json_text *text, const char *name, uint64_t instant_ns);

/* The next row of the answer; command_out.row of the engine, `context` is a control_asked. */
bool control_row(void *context, const struct command_field *fields, uint32_t count);

#endif
