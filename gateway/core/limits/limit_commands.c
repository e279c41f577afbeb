/* What people ask of the order limits. */
#include "gateway/core/commands/command.h"
#include "gateway/core/limits/order_limits_parts.h"

enum { CONTENT_DIGITS = 16, OVERRIDE_SECONDS_MAX = 3600 };

static bool read_scope(struct command_call *call, struct limit_scope *out)
{
    return limit_scope_parse(command_value(call, "scope"), out) ||
           command_refused(call, "'scope' must be all, or client, account, symbol or broker with "
                                 "a name behind it, such as 'account ISA-1'");
}

static bool read_kind(struct command_call *call, enum limit_kind *out)
{
    *out = limit_kind_find(command_value(call, "limit"));
    if (*out < LIMIT_KINDS_COUNT) {
        return true;
    }
    text_add(&call->out->answer, "'limit' must be one of");
    for (uint32_t kind = 0; kind < LIMIT_KINDS_COUNT; kind++) {
        text_add(text_add(&call->out->answer, kind == 0 ? " " : ", "),
                 limit_word((enum limit_kind)kind));
    }
    return false;
}

/* --- Looking --------------------------------------------------------------------------------- */

static void add_used(struct command_row *row, const struct engine *engine,
                     const struct order_limit_set *set, enum limit_kind kind)
{
    if (kind == LIMIT_OPEN) {
        row_number(row, "used", limit_open_count(engine, &set->scope));
    } else if (kind == LIMIT_RATE) {
        row_number(row, "room", limit_rate_room(engine, set));
    }
}

static bool limit_row(struct command_call *call, const struct order_limit_set *set,
                      enum limit_kind kind)
{
    struct command_row row = {.count = 0};
    struct text scope = {.size = 0};
    struct text value = {.size = 0};
    struct text base = {.size = 0};
    struct text by = limit_changed_by(call->engine, set, kind);
    row_words(&row, "scope", text_span(limit_scope_add(&scope, &set->scope)));
    row_text(&row, "limit", limit_word(kind));
    row_words(&row, "value", text_span(limit_add_value(&value, set, kind)));
    add_used(&row, call->engine, set, kind);
    row_number(&row, "refused", set->refused[kind]);
    row_text(&row, "from", set->run_time[kind] ? "run time" : "configuration");
    if (set->run_time[kind]) {
        row_words(&row, "configured", text_span(limit_add_base(&base, set, kind)));
        row_words(&row, "by", text_span(&by));
    }
    return command_row(call, &row);
}

/* All that are in force, or changed; `diff`: only those that were changed at run time. Numbered
 * as they stand, so that 'after' goes on where there was no more room. */
static bool list_rows(struct command_call *call, bool diff)
{
    const struct order_limits *limits = &call->engine->limits;
    uint64_t after = 0;
    if (!command_number(call, "after", 0, UINT32_MAX, &after)) {
        return false;
    }
    uint64_t told = 0;
    for (uint64_t at = after; at < (uint64_t)limits->sets_count * LIMIT_KINDS_COUNT; at++) {
        const struct order_limit_set *set = &limits->sets[at / LIMIT_KINDS_COUNT];
        enum limit_kind kind = (enum limit_kind)(at % LIMIT_KINDS_COUNT);
        bool wanted = set->run_time[kind] || (set->has[kind] && !diff);
        if (wanted && !limit_row(call, set, kind)) {
            return command_more_number(call, at);
        }
        told += wanted ? 1 : 0;
    }
    text_add_uint(&call->out->answer, told);
    return command_done(call, diff ? " limits differ from the configuration" : " limits");
}

static bool list(struct command_call *call)
{
    return list_rows(call, false);
}

static bool diff(struct command_call *call)
{
    return list_rows(call, true);
}

static void price_row(struct command_call *call, struct span symbol)
{
    struct command_row row = {.count = 0};
    const struct limit_price *price = limit_price_find(call->engine, symbol);
    if (price == NULL) {
        return;
    }
    row_text(&row, "price_of", price->symbol);
    row_decimal(&row, "price", price->price);
    row_text(&row, "currency", price->currency);
    row_time(&row, "at", price->at_ns);
    (void)command_row(call, &row);
}

static bool show(struct command_call *call)
{
    struct limit_parties parties = {.client = command_value(call, "client"),
                                    .account = command_value(call, "account"),
                                    .symbol = command_value(call, "symbol")};
    struct order_limit_set *sets[LIMIT_SETS_OF_AN_ORDER];
    uint32_t count = limit_sets_of(call->engine, &parties, sets);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t kind = 0; kind < LIMIT_KINDS_COUNT; kind++) {
            if (sets[i]->has[kind] && !limit_row(call, sets[i], (enum limit_kind)kind)) {
                return command_done(call, "there is no room for all: ask for less at once");
            }
        }
    }
    price_row(call, parties.symbol);
    struct text why = {.size = 0};
    if (kill_blocks(call->engine, &parties, &why)) {
        text_add_span(&call->out->answer, text_span(&why));
        return true;
    }
    return command_done(call, count == 0 ? "no limits are for such an order"
                                         : "an order must pass them all; the tightest wins");
}

/* --- Changing -------------------------------------------------------------------------------- */

static bool set_plan(struct command_call *call)
{
    struct limit_scope scope;
    enum limit_kind kind;
    struct span value = command_value(call, "value");
    if (!read_scope(call, &scope) || !read_kind(call, &kind)) {
        return false;
    }
    const char *fault = limit_change_fault(call->engine, &scope, kind, value);
    if (fault != NULL) {
        return command_refused(call, fault);
    }
    const struct order_limit_set *set = limit_set_find(call->engine, &scope);
    struct text *answer = &call->out->answer;
    text_add(text_add(answer, limit_word(kind)), " of ");
    text_add(limit_scope_add(answer, &scope), " goes from ");
    (void)(set != NULL ? limit_add_value(answer, set, kind) : text_add(answer, "none"));
    text_add_span(text_add(answer, " to "), value);
    return true;
}

static bool set(struct command_call *call)
{
    struct limit_scope scope;
    enum limit_kind kind;
    struct span value = command_value(call, "value");
    if (!read_scope(call, &scope) || !read_kind(call, &kind)) {
        return false;
    }
    const char *fault = limit_change(call->engine, &scope, kind, value,
                                     call->command->operator_name, call->proposer);
    if (fault != NULL) {
        return command_refused(call, fault);
    }
    struct text *answer = &call->out->answer;
    text_add(text_add(answer, limit_word(kind)), " of ");
    text_add_span(text_add(limit_scope_add(answer, &scope), " is now "), value);
    return true;
}

static bool price(struct command_call *call)
{
    struct decimal price = decimal_zero();
    return command_decimal(call, "price", &price) &&
           (limit_price_set(call->engine, command_value(call, "symbol"), price,
                            command_value(call, "currency"))
                ? command_done(call, "it is the live price now")
                : command_refused(call, "'symbol' must be of 1 to 63 bytes, 'price' above zero, "
                                        "'currency' at most 7 bytes"));
}

/* --- Orders that were refused -------------------------------------------------------------------
 */

static struct text content_words(uint64_t content)
{
    static const char digits[] = "0123456789abcdef";
    struct text text = {.size = 0};
    for (uint32_t i = 0; i < CONTENT_DIGITS; i++) {
        char digit = digits[content >> (4 * (CONTENT_DIGITS - 1 - i)) & 15];
        text_add_span(&text, span_of(&digit, 1));
    }
    return text;
}

static bool read_content(struct command_call *call, uint64_t *out)
{
    struct span words = command_value(call, "content");
    bool right = words.size == CONTENT_DIGITS;
    *out = 0;
    for (size_t i = 0; right && i < words.size; i++) {
        uint8_t byte = words.data[i];
        bool letter = byte >= 'a' && byte <= 'f';
        right = letter || (byte >= '0' && byte <= '9');
        *out = *out << 4 | (uint64_t)(letter ? byte - 'a' + 10 : byte - '0');
    }
    return right || command_refused(call, "'content' must be the 16 digits that limits.blocked "
                                          "shows for the order");
}

/* The newest first. */
static bool blocked(struct command_call *call)
{
    const struct limit_blocked *entry;
    for (uint32_t back = 0; (entry = limit_blocked_back(call->engine, back)) != NULL; back++) {
        struct text content = content_words(entry->content);
        struct command_row row = {.count = 0};
        row_time(&row, "at", entry->at_ns);
        row_text(&row, "client", entry->client);
        row_text(&row, "order", entry->cl_ord_id);
        row_words(&row, "content", text_span(&content));
        row_words(&row, "why", text_span(&entry->why));
        if (!command_row(call, &row)) {
            return command_done(call, "the newest; there is no room for more");
        }
    }
    text_add_uint(&call->out->answer, call->engine->limits.refused);
    return command_done(call,
                        " orders were refused since the start; the newest of a day are shown");
}

static bool override_plan(struct command_call *call)
{
    uint64_t content;
    uint64_t seconds = 0;
    if (!read_content(call, &content) ||
        !command_number(call, "expires", 1, OVERRIDE_SECONDS_MAX, &seconds)) {
        return false;
    }
    const struct limit_blocked *entry = limit_blocked_find(
        call->engine, command_value(call, "client"), command_value(call, "order"), content);
    if (entry == NULL) {
        return command_refused(call, "no such order was refused lately (limits.blocked)");
    }
    text_add(&call->out->answer, "it may pass once although: ");
    text_add_span(&call->out->answer, text_span(&entry->why));
    return true;
}

static bool override(struct command_call *call)
{
    uint64_t content;
    uint64_t seconds = 0;
    if (!read_content(call, &content) ||
        !command_number(call, "expires", 1, OVERRIDE_SECONDS_MAX, &seconds)) {
        return false;
    }
    uint64_t expires_ns = call->engine->now_ns + seconds * UINT64_C(1000000000);
    const char *fault = limit_override_add(call->engine, command_value(call, "client"),
                                           command_value(call, "order"), content, expires_ns,
                                           call->command->operator_name, call->proposer);
    return fault != NULL ? command_refused(call, fault)
                         : command_done(call, "the client may send it once more, unchanged, and "
                                              "these limits let it pass");
}

/* --- Latches -------------------------------------------------------------------------------------
 */

static bool latches(struct command_call *call)
{
    struct span after = span_of(NULL, 0);
    struct limit_latch latch;
    uint64_t skip = 0;
    if (!command_number(call, "after", 0, UINT32_MAX, &skip)) {
        return false;
    }
    for (uint64_t at = 0; limit_latch_next(call->engine, &after, &latch); at++) {
        struct command_row row = {.count = 0};
        row_words(&row, "latch",
                  span_of(after.data + after.size - LATCH_NAME_BYTES, LATCH_NAME_BYTES));
        row_time(&row, "since", latch.since_ns);
        row_words(&row, "by_limit_of", latch.scope);
        row_words(&row, "account", latch.account);
        row_words(&row, "symbol", latch.symbol);
        row_words(&row, "side", span_of(&latch.side, 1));
        row_decimal(&row, "quantity", latch.quantity);
        if (latch.has_price) {
            row_decimal(&row, "price", latch.price);
        }
        if (at >= skip && !command_row(call, &row)) {
            return command_more_number(call, at);
        }
    }
    text_add_uint(&call->out->answer, call->engine->limits.latches);
    return command_done(call, " latches are shut");
}

static bool reopen(struct command_call *call)
{
    return limit_latch_open(call->engine, command_value(call, "latch"))
               ? command_done(call, "such orders are taken again")
               : command_refused(call, "there is no such latch (limits.latches)");
}

const struct command_spec limit_commands[] = {
    {.name = "limits.list",
     .may = MAY_VIEW | MAY_OPERATE | MAY_ADMIN | MAY_APPROVE,
     .arguments = "after?",
     .help = "all limits in force: value, what is used of it, where it comes from",
     .run = list},
    {.name = "limits.show",
     .may = MAY_VIEW | MAY_OPERATE | MAY_ADMIN | MAY_APPROVE,
     .arguments = "client? account? symbol?",
     .help = "the limits that an order of these must pass, and the live price",
     .run = show},
    {.name = "limits.diff",
     .may = MAY_VIEW | MAY_OPERATE | MAY_ADMIN | MAY_APPROVE,
     .arguments = "after?",
     .help = "limits that were changed at run time, beside the configuration's",
     .run = diff},
    {.name = "limits.set",
     .may = MAY_ADMIN,
     .changes = true,
     .two_persons = true,
     .arguments = "scope limit value",
     .help = "change a limit: a value, none, or default (the configuration's)",
     .run = set,
     .plan = set_plan},
    {.name = "limits.blocked",
     .may = MAY_VIEW | MAY_OPERATE | MAY_ADMIN | MAY_APPROVE,
     .arguments = "",
     .help = "the newest orders that limits refused, and why",
     .run = blocked},
    {.name = "limits.override",
     .may = MAY_OPERATE | MAY_ADMIN,
     .changes = true,
     .two_persons = true,
     .arguments = "client order content expires reason",
     .help = "let one refused order pass once, within so many seconds",
     .run = override,
     .plan = override_plan},
    {.name = "limits.latches",
     .may = MAY_VIEW | MAY_OPERATE | MAY_ADMIN | MAY_APPROVE,
     .arguments = "after?",
     .help = "repeated orders that are shut out until a person reopens them",
     .run = latches},
    {.name = "limits.reopen",
     .may = MAY_OPERATE | MAY_ADMIN,
     .changes = true,
     .arguments = "latch reason",
     .help = "take such orders again",
     .run = reopen},
    {.name = "limits.price",
     .may = MAY_SERVE,
     .arguments = "symbol price currency?",
     .help = "tell the live price of an instrument",
     .run = price},
    {.name = NULL},
};
