/* A broker as a child process and a QuickFIX initiator that trades with it.
 *
 * The scene of broker_test.c; nothing of fixgate is in it. One thread. All
 * waiting is for a condition, with a limit after which the test fails. */
#ifndef TESTS_INTEROP_BROKER_WORLD_H
#define TESTS_INTEROP_BROKER_WORLD_H

#include "tests/tools/broker_book.h"
#include "tests/tools/quickfix_c.h"

#include <sys/types.h>

enum {
    WORLD_MESSAGES_MAX = 20000,
    WORLD_AWAIT_MS = 20000,
};

enum world_session {
    WORLD_ORDERS,
    WORLD_DROP_COPY,
};

struct world_message {
    enum world_session session;
    char *text;
    size_t size;
};

struct world {
    pid_t broker;
    int port;
    struct quickfix *client;
    struct quickfix_session *sessions[2];
    struct world_message messages[WORLD_MESSAGES_MAX];
    size_t count;
    size_t read; /* world_next() goes on here. */
    unsigned logouts;
    const char *gap_fill; /* The client gap-fills this ClOrdID instead of resending it. */
    char directory[256];
};

/* A fresh directory, which becomes the working directory; the broker's store is
 * "alpha" in it. world_free() ends all that still runs. */
struct world *world_new(void);
void world_free(struct world *world);

extern const char *const world_no_options[];

/* Broker and client started, both sessions logged on. Returns `world`. */
struct world *world_begin(struct world *world, const char *const *options);

/* The broker's book as it is on disk now; the caller frees it. */
void world_book(struct book *book);

/* Starts the broker with more options (NULL-ended), and awaits READY. The port
 * stays the same for the life of the world. */
void world_broker_start(struct world *world, const char *const *options);
void world_broker_kill(struct world *world); /* -9 */
/* Runs the broker program to its end; its exit status. */
int world_broker_run(const char *const *options);

/* One command on the control socket; must be answered with OK. */
void world_command(const char *command);
/* The answer itself; its exit status. */
int world_ask(const char *command, char *reply, size_t reply_size);
/* A number of `stats`, by its JSON key. */
long world_stat(const char *key);

void world_client_start(struct world *world);
void world_client_poll(struct world *world);
/* Polls until both sessions are logged on. */
void world_await_logon(struct world *world);
/* Polls until stats' `key` is at least `value`. */
void world_await_stat(struct world *world, const char *key, long value);

/* Sends fields given with '|' for SOH. */
void world_send(struct world *world, const char *body);
/* An order of 100 VOD at 1.25 under this ClOrdID; `more` are further fields. */
void world_order(struct world *world, const char *cl_ord_id, const char *more);

/* The next message on the order session, awaited; it must hold all of `wanted`
 * ("150=F|39=2"), or the test fails showing it. */
const struct world_message *world_expect(struct world *world, const char *wanted);
/* A message on that session that holds all of `wanted`, awaited. */
const struct world_message *world_await(struct world *world, enum world_session session,
                                        const char *wanted);
/* How many came so far. */
size_t world_count(const struct world *world, enum world_session session, const char *wanted);
void world_value(const struct world_message *message, int tag, char *out, size_t size);

#endif
