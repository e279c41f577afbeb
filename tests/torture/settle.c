#include "tests/torture/settle.h"

#include "tests/tools/operators.h"
#include "tests/torture/people.h"

#include <stdlib.h>

enum {
    NUDGE_MS = 1000,  /* So often brokers end what rests. */
    PEOPLE_MS = 2000, /* So often people look after what evidence does not settle, */
    PASS_MS = 700,    /* and, before that, after everything else. */
    QUIET_RATE = 20,  /* Orders a second meanwhile: canaries and probes are orders. */
    ASK_MS = 250,     /* So often both sides are asked for their numbers. */
    OUTPUT_BYTES_MAX = 64 * 1024,
    KEY_BYTES_MAX = 96,
};

static const uint64_t NS_PER_MS = 1000000;

/* --- Do the sequence numbers agree? ------------------------------------------------------ */

struct numbers {
    bool logged_on;
    uint64_t in_next;
    uint64_t out_next;
};

/* The number behind "key": in `json`, before `end`; 0 if there is none. */
static uint64_t number_after(const char *json, const char *end, const char *key)
{
    char quoted[KEY_BYTES_MAX];
    (void)snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *found = strstr(json, quoted);
    return found != NULL && found < end ? strtoull(found + strlen(quoted), NULL, 10) : 0;
}

static struct numbers numbers_read(const char *json, const char *begin_text, const char *on_text)
{
    struct numbers numbers = {.logged_on = false};
    const char *begin = strstr(json, begin_text);
    const char *end = begin != NULL ? strchr(begin, '}') : NULL;
    if (end == NULL) {
        return numbers;
    }
    const char *on = strstr(begin, on_text);
    numbers.logged_on = on != NULL && on < end;
    numbers.in_next = number_after(begin, end, "seq_in_next");
    numbers.out_next = number_after(begin, end, "seq_out_next");
    return numbers;
}

static bool agree(struct numbers ours, struct numbers theirs)
{
    return ours.logged_on && theirs.logged_on && ours.in_next > 0 &&
           ours.in_next == theirs.out_next && ours.out_next == theirs.in_next;
}

static bool broker_agrees(struct arena *arena, uint32_t index, const char *gateway_says)
{
    char output[4096];
    char row[KEY_BYTES_MAX];
    const struct world_broker *broker = &arena->world.brokers[index];
    if (!arena_ask(arena, index, "stats", output, sizeof output)) {
        return false;
    }
    static const char *const suffixes[] = {"", "-DC"};
    static const char *const streams[] = {"\"session\":{", "\"dropcopy\":{"};
    for (size_t stream = 0; stream < ARRAY_LEN(streams); stream++) {
        (void)snprintf(row, sizeof row, "->%s%s\"", broker->name, suffixes[stream]);
        if (!agree(numbers_read(gateway_says, row, "\"state\":\"READY\""),
                   numbers_read(output, streams[stream], "\"logged_on\":true"))) {
            return false;
        }
    }
    return true;
}

/* A heartbeat between two questions makes them differ: then they are asked again. */
static bool all_agree(struct arena *arena)
{
    static char output[OUTPUT_BYTES_MAX];
    const char *const list[] = {"session", "list", "--json", "-c", arena->world.config_path, NULL};
    if (world_fixgate(&arena->world, list, NULL, output, sizeof output) != 0) {
        return false;
    }
    for (uint32_t index = 0; index < arena->options.brokers_count; index++) {
        if (!broker_agrees(arena, index, output)) {
            return false;
        }
    }
    return true;
}

/* --- Putting right --------------------------------------------------------------------------- */

/* What operators, router and failover have begun comes to its end, with orders going on. */
static bool put_right(struct arena *arena)
{
    char why[ARENA_WHAT_BYTES_MAX];
    char what[ARENA_WHAT_BYTES_MAX + 64];
    uint64_t begin_ns = process_now_ns();
    for (;;) {
        uint64_t now_ns = process_now_ns();
        for (uint32_t index = 0; index < arena->options.brokers_count; index++) {
            arena_log_on(arena, index);
        }
        if (!people_put_right(arena, (now_ns - begin_ns) / NS_PER_MS, why)) {
            return false;
        }
        if (why[0] == '\0') {
            return true;
        }
        if (now_ns - begin_ns > RIGHT_MS_MAX * NS_PER_MS) {
            (void)snprintf(what, sizeof what, "not put right after %d s: %s", RIGHT_MS_MAX / 1000,
                           why);
            return world_fail(&arena->world, what);
        }
        uint64_t until_ns = process_now_ns() + PASS_MS * NS_PER_MS;
        while (process_now_ns() < until_ns) {
            if (!arena_step(arena, true, until_ns)) {
                return false;
            }
        }
    }
}

/* --- Coming to rest ------------------------------------------------------------------------- */

/* Some orders would rest at their broker for ever. */
static bool nudge(struct arena *arena, uint64_t *nudges)
{
    const char *command = *nudges % 2 == 0 ? "fill all" : "cancel all";
    ++*nudges;
    for (uint32_t index = 0; index < arena->options.brokers_count; index++) {
        if (!arena_tell(arena, index, command)) {
            return world_fail(&arena->world, "a broker does not listen to its control socket");
        }
    }
    return true;
}

static bool rest_failed(struct arena *arena, bool ended)
{
    struct verdict verdict;
    const struct oms_counts *counts = oms_counts(arena->world.oms);
    (void)fprintf(stderr,
                  "\nnot at rest after %d s: %llu requests unanswered, %llu orders open%s\n",
                  SETTLE_MS_MAX / 1000, (unsigned long long)counts->unanswered,
                  (unsigned long long)counts->open_orders,
                  ended ? "; the sessions' numbers do not agree" : "");
    judge(arena, &verdict);
    return world_fail(&arena->world, "the world did not come to rest");
}

static bool come_to_rest(struct arena *arena)
{
    uint64_t begin_ns = process_now_ns();
    uint64_t deadline_ns = begin_ns + SETTLE_MS_MAX * NS_PER_MS;
    uint64_t nudge_ns = begin_ns;
    uint64_t ask_ns = begin_ns;
    uint64_t people_ns = begin_ns + ASK_MS * NS_PER_MS;
    uint64_t nudges = 0;
    bool looked = false;
    for (;;) {
        uint64_t now_ns = process_now_ns();
        bool ended = world_all_ended(&arena->world, NULL);
        if (ended && looked && now_ns >= ask_ns) {
            if (all_agree(arena)) {
                return true;
            }
            ask_ns = process_now_ns() + ASK_MS * NS_PER_MS;
        }
        if (now_ns > deadline_ns) {
            return rest_failed(arena, ended);
        }
        for (uint32_t index = 0; index < arena->options.brokers_count; index++) {
            arena_log_on(arena, index);
        }
        if (!ended && now_ns >= nudge_ns) {
            nudge_ns = now_ns + NUDGE_MS * NS_PER_MS;
            if (!nudge(arena, &nudges)) {
                return false;
            }
        }
        if (now_ns >= people_ns) {
            people_ns = process_now_ns() + PEOPLE_MS * NS_PER_MS;
            looked = true;
            if (!operators_settle(&arena->world)) {
                return world_fail(&arena->world, "the gateway does not answer its operators");
            }
        }
        if (!arena_step(arena, false, now_ns + ASK_MS * NS_PER_MS)) {
            return false;
        }
    }
}

bool settle(struct arena *arena, uint64_t *took_ms)
{
    uint64_t begin_ns = process_now_ns();
    uint32_t rate = arena->load.rate;
    arena->load.rate = QUIET_RATE;
    bool good = put_right(arena) && come_to_rest(arena);
    arena->load.rate = rate;
    *took_ms = (process_now_ns() - begin_ns) / NS_PER_MS;
    return good;
}

/* --- The judgement -----------------------------------------------------------------------------
 */

void judge(struct arena *arena, struct verdict *verdict)
{
    struct audit *audit = calloc(1, sizeof *audit);
    ASSERT(audit != NULL);
    world_audit(&arena->world, audit);
    const struct audit_counts *counts = &audit->counts;
    uint64_t counted = counts->lost + counts->doubled;
    *verdict = (struct verdict){.counts = *counts};
    verdict->unexplained = counts->faults > counted ? counts->faults - counted : 0;
    verdict->unexplained += counts->unanswered + counts->in_doubt;
    verdict->good = audit_good(audit) && verdict->unexplained == 0;
    if (!verdict->good) {
        (void)fputs("\nThe audit found faults:\n", stderr);
        audit_print(audit, stderr);
    }
    audit_free(audit);
    free(audit);
}
