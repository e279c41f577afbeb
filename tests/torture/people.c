#include "tests/torture/people.h"

#include "tests/tools/broker_book.h"
#include "tests/tools/operators.h"

#include <stdlib.h>

enum { WORDS_BYTES_MAX = 256, ROW_BYTES_MAX = 4096, VALUE_BYTES_MAX = 256, ERROR_BYTES_MAX = 256 };
enum { CALLED_OFF_MAX = 25, BROKEN_OFF_MS = 25000 };

/* --- Asking -------------------------------------------------------------------------------- */

uint32_t people_names(const char *output, const char *name,
                      char names[PEOPLE_NAMES_MAX][PEOPLE_NAME_BYTES_MAX], uint32_t most)
{
    uint32_t count = 0;
    while (count < most && count < PEOPLE_NAMES_MAX &&
           operators_value(output, name, names[count], PEOPLE_NAME_BYTES_MAX, &output)) {
        count++;
    }
    return count;
}

bool people_do(struct arena *arena, const char *words)
{
    const char *output;
    return arena_gateway_ready(arena) && operators_do(&arena->world, words, &output) == CTL_DONE;
}

/* A copy of what the command prints, to be freed; NULL: no answer. */
static char *answer(struct arena *arena, const char *words)
{
    const char *output;
    int code = operators_ask(&arena->world, "jane", words, &output);
    if (code != CTL_DONE) {
        (void)fprintf(stderr, "ctl %s: exit code %d: %s\n", words, code, output);
        return NULL;
    }
    return strdup(output);
}

/* The next line of `*at`, which moves on. */
static bool next_row(const char **at, char row[ROW_BYTES_MAX])
{
    size_t size = strcspn(*at, "\n");
    if (size == 0) {
        return false;
    }
    (void)snprintf(row, ROW_BYTES_MAX, "%.*s", (int)size, *at);
    *at += size + ((*at)[size] == '\n' ? 1 : 0);
    return true;
}

static bool value_is(const char *row, const char *name, const char *wanted)
{
    char value[VALUE_BYTES_MAX];
    const char *next;
    return operators_value(row, name, value, sizeof value, &next) && strcmp(value, wanted) == 0;
}

static void not_yet(char why[ARENA_WHAT_BYTES_MAX], const char *what, const char *row,
                    const char *name)
{
    char value[VALUE_BYTES_MAX] = "";
    const char *next;
    if (why[0] == '\0') {
        (void)operators_value(row, name, value, sizeof value, &next);
        (void)snprintf(why, ARENA_WHAT_BYTES_MAX, "%s %.80s", what, value);
    }
}

/* --- Kill switches -------------------------------------------------------------------------- */

/* Of an execution of which a bust came later, an order is open again whatever was proven. */
static bool was_busted(const struct book *book, uint32_t order)
{
    for (uint32_t number = 1; number <= book->reports_count; number++) {
        const struct book_report *report = book_report(book, number);
        if (report->order == order && report->kind == BOOK_REPORT_BUSTED) {
            return true;
        }
    }
    return false;
}

/* The first order of the scope that works by that book; 0: none. Scopes as kill.list names them. */
static uint32_t working(const struct book *book, const char *scope)
{
    static const char symbol[] = "symbol ";
    bool by_symbol = strncmp(scope, symbol, sizeof symbol - 1) == 0;
    for (uint32_t number = 1; number <= book->orders_count; number++) {
        const struct book_order *order = book_order(book, number);
        if (book_order_live(order) && !book_request(book, order->request_first)->aside &&
            (!by_symbol || strcmp(order->symbol, scope + sizeof symbol - 1) == 0) &&
            !was_busted(book, number)) {
            return number;
        }
    }
    return 0;
}

static bool book_is_quiet(struct arena *arena, uint32_t broker, const char *scope)
{
    char path[PROCESS_PATH_BYTES_MAX + 16];
    char what[VALUE_BYTES_MAX + ERROR_BYTES_MAX + 64];
    char error[ERROR_BYTES_MAX];
    struct book book;
    book_init(&book);
    (void)snprintf(path, sizeof path, "%s/book.log", arena->world.brokers[broker].directory);
    bool loaded = book_load(&book, path, NULL, error, sizeof error);
    uint32_t order = loaded ? working(&book, scope) : 0;
    if (!loaded) {
        (void)snprintf(what, sizeof what, "a book cannot be read: %s", error);
    } else if (order != 0) {
        (void)snprintf(what, sizeof what,
                       "kill switch of %s: proven that nothing is working, but %s has %s open",
                       scope, arena->world.brokers[broker].name,
                       book_cl_ord_id(&book, book_order(&book, order)->request_now));
    }
    book_free(&book);
    return (loaded && order == 0) || world_fail(&arena->world, what);
}

/* By the books, which are nothing of the gateway's. */
static bool nothing_works(struct arena *arena, const char *scope)
{
    static const char of_broker[] = "broker ";
    bool one = strncmp(scope, of_broker, sizeof of_broker - 1) == 0;
    for (uint32_t broker = 0; broker < arena->options.brokers_count; broker++) {
        const char *name = arena->world.brokers[broker].name;
        bool meant = !one || strcmp(scope + sizeof of_broker - 1, name) == 0;
        if (meant && !book_is_quiet(arena, broker, scope)) {
            return false;
        }
    }
    return true;
}

static bool kill_off(struct arena *arena, char scope[VALUE_BYTES_MAX])
{
    char words[VALUE_BYTES_MAX + 64];
    if (!nothing_works(arena, scope)) {
        return false;
    }
    char *blank = strchr(scope, ' '); /* "broker ALPHA" is put on and off as "broker:ALPHA". */
    if (blank != NULL) {
        *blank = ':';
    }
    (void)snprintf(words, sizeof words, "kill off %s the~reason~is~gone", scope);
    arena->counts.kills_proven += people_do(arena, words) ? 1 : 0;
    return true;
}

static bool kills_off(struct arena *arena, char why[ARENA_WHAT_BYTES_MAX])
{
    char row[ROW_BYTES_MAX];
    char scope[VALUE_BYTES_MAX];
    const char *next;
    char *rows = answer(arena, "kill list");
    const char *at = rows;
    bool good = true;
    while (good && at != NULL && next_row(&at, row)) {
        if (strstr(row, "\"state\":") == NULL ||
            !operators_value(row, "scope", scope, sizeof scope, &next)) {
            continue; /* What is left of it. */
        }
        if (why != NULL) {
            not_yet(why, "a kill switch is on:", row, "state");
        }
        if (strstr(row, "proven: nothing is working") != NULL) {
            good = kill_off(arena, scope);
        }
    }
    free(rows);
    return good;
}

bool people_kills_off(struct arena *arena)
{
    return !arena_gateway_ready(arena) || kills_off(arena, NULL);
}

/* --- Failover ----------------------------------------------------------------------------------
 */

/* Leads it on; true: none is under way. */
static bool failover_over(struct arena *arena, bool late, char why[ARENA_WHAT_BYTES_MAX])
{
    char *rows = answer(arena, "failover status");
    bool over =
        rows != NULL && (strstr(rows, "\"step\":") == NULL || value_is(rows, "step", "DONE") ||
                         value_is(rows, "step", "ABORTED"));
    if (rows != NULL && !over && why != NULL) {
        not_yet(why, "a failover is under way:", rows, "step");
        if (late) {
            (void)people_do(arena, "failover abort --reason it~takes~too~long");
        } else if (value_is(rows, "stopped", "true")) {
            (void)people_do(arena, "failover continue");
        }
    }
    free(rows);
    return over;
}

/* --- Brokers -------------------------------------------------------------------------------------
 */

static bool is_wanted_out(const struct arena *arena, const char *row)
{
    for (uint32_t broker = 0; broker < arena->options.brokers_count; broker++) {
        if (value_is(row, "broker", arena->world.brokers[broker].name)) {
            return arena->brokers[broker].taken_out;
        }
    }
    return false;
}

static bool brokers_right(struct arena *arena, char why[ARENA_WHAT_BYTES_MAX])
{
    char row[ROW_BYTES_MAX];
    char name[VALUE_BYTES_MAX];
    char words[VALUE_BYTES_MAX + 32];
    const char *next;
    char *rows = answer(arena, "broker list");
    const char *at = rows;
    while (at != NULL && next_row(&at, row)) {
        if (strstr(row, "\"admin\":") == NULL ||
            !operators_value(row, "broker", name, sizeof name, &next)) {
            continue;
        }
        if (!value_is(row, "admin", "AUTO") && !is_wanted_out(arena, row)) {
            not_yet(why, "a broker is out:", row, "admin");
            (void)snprintf(words, sizeof words, "broker auto %s", name);
            (void)people_do(arena, words);
        }
        if (!value_is(row, "frozen", "false")) {
            not_yet(why, "frozen is", row, "broker");
        }
        if (!value_is(row, "breaker", "CLOSED")) {
            not_yet(why, "a breaker is not closed:", row, "breaker_reason");
        }
        if (arena->options.router != ARENA_ROUTER_NONE && !value_is(row, "router", "posts")) {
            not_yet(why, "the router of", row, "broker");
        }
    }
    bool answered = rows != NULL;
    free(rows);
    return answered;
}

void people_take_in(struct arena *arena)
{
    char why[ARENA_WHAT_BYTES_MAX] = "";
    if (arena_gateway_ready(arena) && failover_over(arena, false, NULL)) {
        (void)brokers_right(arena, why);
    }
}

/* --- All of it
 * ------------------------------------------------------------------------------------ */

static bool mode_right(struct arena *arena, char why[ARENA_WHAT_BYTES_MAX])
{
    char *rows = answer(arena, "route table");
    bool answered = rows != NULL;
    if (answered && !value_is(rows, "mode", "ACTIVE_ACTIVE")) {
        not_yet(why, "the mode is", rows, "mode");
        (void)people_do(arena, "route mode ACTIVE_ACTIVE");
    }
    free(rows);
    return answered;
}

struct books {
    struct book list[WORLD_BROKERS_MAX];
    uint32_t count;
};

static void books_load(struct arena *arena, struct books *books)
{
    char path[PROCESS_PATH_BYTES_MAX + 16];
    char error[ERROR_BYTES_MAX];
    for (books->count = 0; books->count < arena->options.brokers_count; books->count++) {
        (void)snprintf(path, sizeof path, "%s/book.log",
                       arena->world.brokers[books->count].directory);
        book_init(&books->list[books->count]);
        (void)book_load(&books->list[books->count], path, NULL, error, sizeof error);
    }
}

static void books_free(struct books *books)
{
    for (uint32_t index = 0; index < books->count; index++) {
        book_free(&books->list[index]);
    }
}

static bool attempt_lives(const struct books *books, const char *attempt)
{
    for (uint32_t index = 0; index < books->count; index++) {
        const struct book *book = &books->list[index];
        const struct book_order *order = book_row(book, attempt);
        if (order != NULL && book_order_live(order) &&
            !book_request(book, order->request_first)->aside) {
            return true;
        }
    }
    return false;
}

/* What lives at a broker is hunted down before the rest. What a broker that lost its state never
 * had is hunted until people call it off: they telephone, where a kill switch waits for that. */
static bool hunts_over(struct arena *arena, bool killed, char why[ARENA_WHAT_BYTES_MAX])
{
    char row[ROW_BYTES_MAX];
    char attempt[VALUE_BYTES_MAX];
    char words[VALUE_BYTES_MAX + 64];
    const char *next;
    uint32_t called_off = 0;
    struct books books = {.count = 0};
    char *rows = answer(arena, "doubt hunts");
    const char *at = rows;
    while (at != NULL && next_row(&at, row)) {
        if (strstr(row, "\"hunt\":") == NULL ||
            !operators_value(row, "attempt", attempt, sizeof attempt, &next)) {
            continue;
        }
        if (books.count == 0) {
            books_load(arena, &books);
        }
        if (attempt_lives(&books, attempt)) {
            not_yet(why, "an attempt that lives is hunted:", row, "attempt");
        } else if (killed && called_off < CALLED_OFF_MAX) {
            (void)snprintf(words, sizeof words, "doubt call-off %s --reason books~compared",
                           attempt);
            called_off += people_do(arena, words) ? 1 : 0;
        }
    }
    books_free(&books);
    bool answered = rows != NULL;
    free(rows);
    return answered;
}

bool people_put_right(struct arena *arena, uint64_t age_ms, char why[ARENA_WHAT_BYTES_MAX])
{
    why[0] = '\0';
    if (!arena_gateway_ready(arena)) {
        (void)snprintf(why, ARENA_WHAT_BYTES_MAX, "the gateway is not ready");
        return true;
    }
    if (!kills_off(arena, why)) {
        return false;
    }
    bool killed = why[0] != '\0';
    bool over = failover_over(arena, age_ms > BROKEN_OFF_MS, why);
    bool answered = !over || (mode_right(arena, why) && brokers_right(arena, why));
    answered = answered && hunts_over(arena, killed, why) && operators_settle(&arena->world);
    if (!answered && !process_running(&arena->world.gateway) && arena_disk_excuses(arena)) {
        (void)snprintf(why, ARENA_WHAT_BYTES_MAX, "the gateway has ended, for its disk was bad");
        return true;
    }
    return answered || world_fail(&arena->world, "the gateway does not answer its operators");
}
