/* The broker program: what its parts share.
 *
 *   broker_main.c      options, the loop
 *   broker_journal.c   the journal on disk (broker_book.h says what is in it)
 *   broker_intake.c    requests in: book them
 *   broker_orders.c    answer them, fill them
 *   broker_reports.c   reports out, on both sessions, now or after a restart
 *   broker_timers.c    what is to be done later
 *   broker_control.c   the commands; broker_control_socket.c how they come in
 *
 * One thread. Everything happens in the loop of broker_main.c. */
#ifndef TESTS_TOOLS_BROKER_H
#define TESTS_TOOLS_BROKER_H

#include "tests/tools/broker_book.h"
#include "tests/tools/broker_fields.h"
#include "tests/tools/quickfix_c.h"

enum {
    BROKER_PATH_BYTES_MAX = 512,
    BROKER_PRICES_MAX = 64,
    BROKER_CLIENTS_MAX = 8,
    BROKER_COMMAND_BYTES_MAX = 512,
    BROKER_REPLY_BYTES_MAX = 2048,
};

/* How the broker behaves; every number can be changed while it runs. */
struct broker_policy {
    int64_t ack_latency;   /* ms from a request to its answer. */
    int64_t fill_latency;  /* ms from the acceptance, and between partial fills. */
    int64_t partial_fills; /* Executions per order. */
    int64_t reject_rate;   /* Percent of orders rejected, chosen by ClOrdID and seed. */
    int64_t fill_rate;     /* Percent of orders that fill; the others rest until cancelled. */
    int64_t seed;
    int64_t slow_read; /* ms between looks at the sockets; 0 = at once, -1 = never. */
    bool hold;         /* Takes requests in and answers none. */
    bool mute;         /* Works, but reports nothing. */
    bool refuse_logon;
};

struct broker_price {
    char symbol[24];
    int64_t price;
};

enum broker_action_kind {
    BROKER_ACTION_REQUEST, /* Answer request `index`. */
    BROKER_ACTION_FILL,    /* Execute a part of order `index`. */
    BROKER_ACTION_MESSAGE, /* Answer `message`, which is not in the book. */
};

struct broker_action {
    uint64_t due_ms;
    uint64_t serial; /* Equal times keep their order. */
    enum broker_action_kind kind;
    uint32_t index;
    char *message; /* Owned by the action. */
    size_t size;
};

struct broker_timers {
    struct broker_action *heap;
    size_t count;
    size_t capacity;
    uint64_t serial;
};

struct broker_client {
    int fd; /* -1 = free. */
    size_t size;
    char input[BROKER_COMMAND_BYTES_MAX];
};

struct broker_stream {
    struct quickfix_session *session; /* NULL: not configured. */
    char sender[32];
    uint32_t restored; /* Reports up to this one are of an earlier life: PossResend. */
    uint64_t logons;
};

struct broker {
    struct book book;
    struct broker_policy policy;
    struct broker_price prices[BROKER_PRICES_MAX];
    size_t prices_count;
    struct broker_timers timers;
    struct broker_stream streams[BOOK_STREAMS];
    struct quickfix *engine;
    int journal;
    int wire; /* DIR/wire.log: each message received, as it stood on the wire; each Logon taken. */
    int control;
    struct broker_client clients[BROKER_CLIENTS_MAX];
    uint64_t polled_ms; /* Last look at the sockets, for slow_read. */
    int port;
    char name[32];
    char target[32];
    char store[BROKER_PATH_BYTES_MAX];
    char dictionary[BROKER_PATH_BYTES_MAX];
    char start_time[16]; /* "": twelve hours from the book's creation. */
    bool drop_copy;
    bool verbose;
    bool quit;
};

/* broker_clock.c: the only clock of the tools. */
uint64_t broker_now_ms(void);      /* Monotonic. */
uint64_t broker_now_seconds(void); /* Since 1970. */
void broker_time_text(char out[BOOK_TIME_BYTES_MAX]);

/* broker_journal.c. Opens or creates DIR/book.log, takes its lock, replays it. */
bool journal_open(struct broker *broker, char *error, size_t error_size);
/* Keeps a received message in DIR/wire.log, one per line: what an audit of sequence
 * numbers reads. */
void journal_keep_wire(const struct broker *broker, const char *message, size_t size);
/* And that a session was logged on: "LOGON ALPHA-DC". */
void journal_keep_logon(const struct broker *broker, enum book_stream stream);
/* Begins a line with its kind and the time. */
void journal_begin(struct fields *line, const char *kind);
/* Writes the line with one write(2), then applies it to the book. Ends the
 * process if that fails: a broker that cannot write must not answer. */
void journal_write(struct broker *broker, struct fields *line);

/* broker_timers.c. */
void timers_add(struct broker *broker, int64_t delay_ms, enum broker_action_kind kind,
                uint32_t index, const char *message, size_t size);
/* The next action that is due at `now_ms`, removed; false if none. The caller
 * frees out->message. */
bool timers_next(struct broker *broker, uint64_t now_ms, struct broker_action *out);
/* ms until the next action; `otherwise` if that is sooner or there is none. */
int timers_wait(const struct broker *broker, uint64_t now_ms, int otherwise);
void timers_free(struct broker_timers *timers);

/* broker_intake.c. A message of the order session. */
enum quickfix_verdict orders_receive(struct broker *broker, const char *message, size_t size,
                                     int *tag);
/* broker_orders.c. Carries one action out. */
void orders_act(struct broker *broker, const struct broker_action *action);
/* After a start: takes up what the book left unfinished. */
void orders_resume(struct broker *broker);
/* Commands of an operator; false if it is not possible. */
bool orders_fill_now(struct broker *broker, uint32_t order);
bool orders_cancel_now(struct broker *broker, uint32_t order);
bool orders_bust(struct broker *broker, uint32_t report);

/* broker_reports.c. Begins the line of the next report, with its n and exec. */
void reports_line(struct broker *broker, struct fields *line, const char *kind);
/* Hands at most `budget` reports to the sessions that are logged on; true if more wait. */
bool reports_flush(struct broker *broker, unsigned budget);
/* Says report `number` again on the order session, marked as PossResend or not. */
bool reports_repeat(struct broker *broker, uint32_t number, bool marked);
/* An answer to a status request: 150=I. `order` 0: unknown. */
void reports_status(struct broker *broker, const char *message, size_t size, uint32_t order,
                    const char *mass_id, uint32_t mass_count);
/* 150=8, 103=6: that ClOrdID was used before. */
void reports_duplicate_order(struct broker *broker, const char *message, size_t size);
/* 35=9, 102=6. */
void reports_duplicate_cancel(struct broker *broker, const char *message, size_t size);

/* broker_control_socket.c. */
bool control_open(struct broker *broker, char *error, size_t error_size);
void control_poll(struct broker *broker); /* Accepts, reads, obeys; never waits. */
void control_close(struct broker *broker);
/* The other end: sends one command to the broker of DIR, prints the answer. Exit status. */
int control_command(const char *store, const char *command);

/* broker_control.c. Carries out one command (its text is taken apart) and writes
 * its answer, without newline: OK, ERROR and why, or JSON. */
void control_run(struct broker *broker, char *text, char *reply, size_t reply_size);
/* Sets one number of the policy; false with a reason. */
bool control_set(struct broker *broker, const char *key, const char *value, char *error,
                 size_t error_size);
/* "VOD=1.25": fills of that symbol happen at that price, whatever the order says. */
bool control_price(struct broker *broker, const char *text);

#endif
