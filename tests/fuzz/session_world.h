/* A session with a peer, a clock, an engine and an application of which nobody knows
 * what they will do: what session_fuzz and conversation_fuzz drive.
 *
 * Each function is one step. What must hold after it is checked in session_rules.c,
 * by what came out rather than by what the session says of itself. */
#ifndef TESTS_FUZZ_SESSION_WORLD_H
#define TESTS_FUZZ_SESSION_WORLD_H

#include "fix/session.h"
#include "fix/timestamp.h"

enum {
    SESSION_WORLD_EARLY_MAX = 8,
    SESSION_WORLD_STREAM_BYTES_MAX = 8 * 1024,
    SESSION_WORLD_QUEUE_MAX = 512, /* Numbers beyond are resent as gap fills. */
    SESSION_WORLD_MESSAGE_BYTES_MAX = 512,
    SESSION_WORLD_DELIVERED_MAX = 4096,
};

/* Where its virtual time begins. */
#define SESSION_WORLD_START_NS (UINT64_C(1795219200) * TIMESTAMP_SECOND_NS)

enum session_world_step {
    STEP_CONNECTION,  /* It came, or went. */
    STEP_RECEIVE,     /* Bytes of the peer, or a kept message. */
    STEP_RESEND,      /* A piece of a resend. */
    STEP_TICK,        /* Time. */
    STEP_APPLICATION, /* It sends. */
    STEP_OPERATOR,    /* Logout, reset, test. */
};

struct session_world_sent {
    uint8_t bytes[SESSION_WORLD_MESSAGE_BYTES_MAX];
    size_t size; /* 0: none, or too long to be kept. */
    enum message_kind kind;
};

/* What is remembered from step to step to judge the next by. */
struct session_rules {
    struct session before; /* As the step found it. */
    enum session_world_step step;
    uint64_t seq_out_expected;
    bool delivered[SESSION_WORLD_DELIVERED_MAX];
    unsigned logons;      /* Ours on this connection since the last reset. */
    unsigned logouts;     /* Ours on this connection. */
    unsigned silent_test; /* TestRequests of the timer since anything was received. */
    uint64_t seen;        /* Highest number that any bytes of the peer named since the reset. */
    uint64_t seen_now;    /* In the bytes of this step alone. */
    uint64_t cursor;      /* The number that the resend under way has come to. */
};

struct session_world {
    struct session_config config;
    struct session session;
    struct session_early early[SESSION_WORLD_EARLY_MAX];
    uint8_t early_bytes[FIX_EARLY_BYTES_MAX];
    struct message message;
    struct effects effects;
    uint64_t now_ns;
    uint8_t stream[SESSION_WORLD_STREAM_BYTES_MAX];
    size_t stream_size;
    struct session_world_sent queue[SESSION_WORLD_QUEUE_MAX]; /* By MsgSeqNum. */
    bool refusing;          /* The application answers all it gets with a BusinessMessageReject. */
    uint64_t stale_modulus; /* Messages whose number it divides must not go out again; 0: none. */
    char test_req_id[24];   /* Of our last TestRequest. */
    struct session_rules rules;
};

/* A new world with `config`, copied; its session is at these numbers. */
void session_world_begin(struct session_world *world, const struct session_config *config,
                         uint64_t seq_in_next, uint64_t seq_out_next);

/* The process starts anew from the numbers it had. */
void session_world_restart(struct session_world *world);

void session_world_connect(struct session_world *world);
void session_world_disconnect(struct session_world *world);

/* Bytes of the peer, and all that follows from them. What never ends is thrown away. */
void session_world_feed(struct session_world *world, struct span bytes);

/* One number of a resend under way; false if there is none. */
bool session_world_resend(struct session_world *world);
/* What waits in the stream or among the kept messages. */
void session_world_receive(struct session_world *world);

/* A tick at `now_ns`, which is not before the world's time. */
void session_world_tick(struct session_world *world, uint64_t now_ns);

/* The application sends, if it may. */
void session_world_send(struct session_world *world, struct span msg_type, struct span body);
void session_world_logout(struct session_world *world, const char *text);
void session_world_request_reset(struct session_world *world);
void session_world_request_test(struct session_world *world);
/* session_reset(), if it is disconnected. */
void session_world_new_day(struct session_world *world);

/* Nobody says anything any more: time alone must bring the session to an end, or to a
 * rest in which it does next to nothing. */
void session_world_end(struct session_world *world);

/* --- session_rules.c --- */

void session_rules_begin(struct session_world *world, enum session_world_step step);
/* The bytes given to this step. */
void session_rules_given(struct session_world *world, struct span bytes);
void session_rules_end(struct session_world *world);

#endif
