/* A broker: an order session and perhaps a drop-copy session with the gateway, a book, and
 * every bad manner that the project knows of.
 *
 * It is written by FIX's own rules and shares no code with fix/: a mistake there must not be
 * shared by its counterpart here. It tells the oracle what its book did and what went over its
 * lines. A new order that it has in its book already is refused as a duplicate only if it is
 * marked PossDup or PossResend, as a broker would; one that comes as new is executed again, which
 * the oracle sees.
 *
 * What survives its own death: numbers, sent messages, book. One thread. */
#ifndef TESTS_SIM_BROKER_H
#define TESTS_SIM_BROKER_H

#include "tests/sim/sim.h"

struct sim_broker_session {
    bool present;
    uint32_t number;          /* The gateway's, over all brokers. */
    const char *gateway_comp; /* The gateway's CompID. */
    const char *broker_comp;  /* Its own. */
    bool broker_dials;        /* The gateway is the acceptor. */
    uint64_t redial_ns;       /* After a loss. */
    uint32_t heart_bt_int;    /* Of its Logon, if it dials; else it takes the gateway's. */
    bool next_expected;       /* Sends 789 and uses the gateway's. */
    bool drops_early;         /* Throws early messages away, and gets them with the gap. */
    bool resets_on_logon;     /* Answers every Logon as one with 141=Y would be, and says so; if
                               * it dials, each of its Logons has 141=Y. */
    uint32_t endpoints;       /* At which it can be reached. */
    uint64_t day_border_ns;   /* True time at which its numbers begin anew, once; 0: never.
                               * Logged on it logs out then. */
};

/* Kinds of bad manners. */
enum sim_broker_manner {
    SIM_BROKER_DIES = 1,
    SIM_BROKER_HANGS = 2, /* Slow, mute and unreachable, too; and answers slowly. */
    SIM_BROKER_FORGETS = 4,
    SIM_BROKER_RESETS = 8,
    SIM_BROKER_ASKS = 16, /* Again, the impossible; logs out, skips numbers. */
    SIM_BROKER_REPORTS_ODDLY = 32,
    SIM_BROKER_TALKS_GARBAGE = 64,
    SIM_BROKER_REJECTS = 128,
};

/* How it says that it knows no such order when its status is asked for. */
enum sim_broker_unknown {
    SIM_UNKNOWN_REPORT, /* ExecutionReport(8) with OrdStatus 8, OrdRejReason 5. */
    SIM_UNKNOWN_BUSINESS_REJECT,
    SIM_UNKNOWN_REJECT,
    SIM_UNKNOWN_DIALECTS,
};

struct sim_broker_settings {
    const char *name; /* "ALPHA" */
    struct sim_broker_session orders;
    struct sim_broker_session dropcopy;
    uint64_t answer_least_ns; /* From a message to what it makes of it. */
    uint64_t answer_most_ns;
    unsigned reject_permille;   /* New orders it rejects. */
    const char *rejects_symbol; /* New orders of it, from the beginning; NULL: none. */
    unsigned refuse_permille;   /* New orders it answers with BusinessMessageReject(j). */
    unsigned silent_permille;   /* New orders it takes and never acknowledges before they trade. */
    unsigned fill_permille;     /* New orders it executes by itself; the others rest. */
    uint32_t fills_most;        /* In at most so many parts. */
    unsigned pending_permille;  /* Says PendingNew/PendingCancel first. */
    unsigned deaf_permille;     /* Status requests it never answers. */
    enum sim_broker_unknown unknown;
    bool asked_when_dead; /* The gateway asks before it believes that it did not get an order. */
    bool mass_status;     /* Answers OrderMassStatusRequest(AF); else it is refused with j. */
    bool mass_cancel;     /* Obeys OrderMassCancelRequest(q); likewise. */
    uint32_t manners;     /* Bits of enum sim_broker_manner to be drawn from; 0: all. */
};

/* The texts of the settings are borrowed. */
struct sim_broker *sim_broker_new(struct sim *sim, uint32_t index,
                                  const struct sim_broker_settings *settings);
void sim_broker_free(struct sim_broker *broker);
void sim_broker_start(struct sim_broker *broker); /* Dials where it has to. */
const char *sim_broker_name(const struct sim_broker *broker);

/* The gateway connects for its session of that number: is anybody there? If so `line` is given with
 * sim_broker_line_up(). */
bool sim_broker_listens(const struct sim_broker *broker, uint32_t session, uint32_t endpoint);

/* A line of the gateway's making. (Those of its own making it opens itself, and gives to
 * sim_gateway_knock().) It attaches its handler. */
void sim_broker_line_up(struct sim_broker *broker, struct line *line);

/* Something is done to it, in words; false if these are none of its:
 *
 *   die [silently] | return      the process; dead it hears nothing, its lines are gone
 *   hang | resume                connected, and neither reads nor writes
 *   mute | speak                 reads, says nothing
 *   reads slowly | reads         takes a few bytes a second
 *   unreachable [ENDPOINT] | reachable
 *   answers slowly MS | answers quickly    so much later than usual
 *   rejects SYMBOL [halted]      new orders of it, for a reason of the business (halted: in words)
 *   rejects all | refuses all    new orders, for reasons of its own: an ExecutionReport, or a
 *                                BusinessMessageReject with 380=4
 *   takes all                    no more of that
 *   forget received N            its line ends, and its next number due falls back by N: an old
 *                                copy of its state
 *   forget sent N                its last N application messages are a gap when asked for again
 *   reset                        Logon with 141=Y: at once, or if it dials after a Logout; where
 *                                it is not logged on, with the next Logon
 *   reset numbers                people make it so: its line ends, its numbers are 1
 *   skip N                       its next number jumps by N
 *   ask again N                  ResendRequest for the last N it has had
 *   ask the impossible           ResendRequest beyond what was sent
 *   test                         TestRequest
 *   logout [TEXT]
 *   repeat [as new]              its last report, PossResend; as new: same ExecID, no mark
 *   bust | correct               its last execution
 *   fill MARKER QTY PX | cancel MARKER | reject MARKER | expire MARKER   an order, by its 526
 *   cancel attempt CLORDID       by the name it came under
 *   stray                        a fill of an order that nobody gave
 *   garbage [KIND]               noise, checksum, length, half (a message), type, field, missing,
 *                                or low (a number that was used before)
 *   garble                       the next message of a resend has a wrong CheckSum
 *   late                         the next report comes a minute late
 *
 * From "forget" to "test" and with "garbage", "dropcopy" at the end means that session; "orders",
 * or nothing, the other. What it cannot do now it does not do. */
bool sim_broker_act(struct sim_broker *broker, const char *words);

/* A bad manner drawn by chance, or its end; NULL if there is nothing sensible to do now. The words
 * of sim_broker_act(), until the next call. */
const char *sim_broker_draw(struct sim_broker *broker);

/* Faults are over: alive, reachable, reading, speaking; and it means to end its open orders
 * (fills what rests, or lets it rest for good). */
void sim_broker_mend(struct sim_broker *broker);

/* Logged on wherever it has a session, no gap open, nothing left to say. `why` says what is
 * missing. */
bool sim_broker_at_rest(struct sim_broker *broker, char why[128]);

/* Its book has, or had, an order that was given under that ClOrdID. */
bool sim_broker_has(const struct sim_broker *broker, const char *attempt);

/* And it works there. */
bool sim_broker_works(const struct sim_broker *broker, const char *attempt);

/* Both sides' next numbers as this side has them, for the judgement at rest. */
void sim_broker_numbers(const struct sim_broker *broker, uint32_t session, uint64_t *in_next,
                        uint64_t *out_next);

#endif
