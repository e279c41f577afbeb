/* What one step of a session wants done. The session itself does nothing.
 *
 * Pure. The engine reads the list in order after each step and turns it into
 * durable writes and releases (design §1). Bytes live in the list's own arena
 * and are valid until effects_reset(). */
#ifndef FIX_EFFECTS_H
#define FIX_EFFECTS_H

#include "fix/base.h"
#include "fix/limits.h"

enum effect_kind {
    EFFECT_SEND, /* Write `bytes` to the peer. If `keep`, they go into the outbound queue first. */
    EFFECT_DELIVER, /* The message given to this very step is for the application. */
    EFFECT_STATE,   /* The session became `state`. */
    EFFECT_CLOSE,   /* Close the connection after what was sent; `text` says why. */
    EFFECT_RESET, /* Both numbers are 1 again: the outbound queue is to be archived and emptied. */
    EFFECT_LOG,   /* One line for the log, at `severity`. */
};

enum effect_severity {
    SEVERITY_DEBUG,
    SEVERITY_INFO,
    SEVERITY_WARNING,
    SEVERITY_ERROR,
};

/* What the outbound queue remembers of a message. */
enum message_kind {
    MESSAGE_ADMIN = 0,       /* Session level: gap-filled on resend. */
    MESSAGE_APPLICATION = 1, /* Resent, unless the engine above says gap fill. */
};

struct effect {
    enum effect_kind kind;
    struct span bytes;         /* SEND: the whole message. */
    struct span text;          /* CLOSE, LOG: why, in words. */
    uint64_t msg_seq_num;      /* SEND: its number. */
    enum message_kind message; /* SEND */
    bool keep;        /* SEND: first sending, not a resend or a gap fill over old numbers. */
    bool poss_dup;    /* DELIVER: PossDupFlag(43)=Y. */
    bool poss_resend; /* DELIVER: PossResend(97)=Y. */
    int state;        /* STATE: enum session_state. */
    enum effect_severity severity; /* LOG */
};

struct effects {
    struct effect list[FIX_EFFECTS_MAX];
    size_t count;
    size_t bytes_used;
    uint8_t bytes[FIX_EFFECT_BYTES_MAX];
};

/* Empty. All spans taken from the list before are void. */
void effects_reset(struct effects *effects);

/* Appends an effect; ASSERTs that there is room (each step's maximum is known). */
struct effect *effects_add(struct effects *effects, enum effect_kind kind);

/* Room left in the arena, for a builder; effects_take() keeps the first `size` bytes of it. */
struct span effects_room(const struct effects *effects);
struct span effects_take(struct effects *effects, size_t size);

/* Copies text into the arena. Truncates when there is no room: it is for people. */
struct span effects_text(struct effects *effects, struct span text);

#endif
