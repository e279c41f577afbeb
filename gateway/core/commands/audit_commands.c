/* What operators ask of the audit. */
#include "gateway/core/commands/audit.h"
#include "gateway/core/commands/command.h"
#include "gateway/core/engine/record.h"

enum {
    LOOKS_MAX = 1024, /* Entries that one command looks at, */
    CHECKS_MAX = 256, /* or checks: the turn must not wait for more (0.5 ms). */
};

/* The entry with that number, also of this very turn. `*there`: something is. */
static bool load(const struct engine *engine, uint64_t number, struct audit *out, bool *there)
{
    uint8_t key[AUDIT_KEY_BYTES];
    struct span value;
    struct record_writer writer = record_writer_on(key, sizeof(key));
    record_put_u64(&writer, number);
    *there = view_get(&engine->view, TABLE_AUDIT, record_written(&writer), &value);
    return *there && audit_decode(span_of(key, sizeof(key)), value, out);
}

/* --- Looking ------------------------------------------------------------------------------ */

static bool row(struct command_call *call, const struct audit *audit, bool hashes)
{
    struct command_row row = {.count = 0};
    struct text hash = audit_hash_words(audit->hash.data);
    struct text before = audit_hash_words(audit->before.data);
    row_number(&row, "number", audit->number);
    row_time(&row, "time", audit->instant_ns);
    row_words(&row, "operator", audit->operator_name);
    row_words(&row, "proposer", audit->proposer);
    row_words(&row, "command", audit->command);
    row_words(&row, "arguments", audit->object);
    row_text(&row, "result", audit->carried_out ? "done" : "refused");
    row_words(&row, "outcome", audit->outcome);
    if (hashes) {
        row_words(&row, "hash", text_span(&hash));
        row_words(&row, "hash_before", text_span(&before));
    }
    return command_row(call, &row);
}

static bool starts_with(struct span words, struct span prefix)
{
    return words.size >= prefix.size &&
           (prefix.size == 0 || memcmp(words.data, prefix.data, prefix.size) == 0);
}

static bool wanted(const struct command_call *call, const struct audit *audit)
{
    struct span name = command_value(call, "by");
    bool by = name.size == 0 || span_equal(name, audit->operator_name) ||
              span_equal(name, audit->proposer);
    return by && starts_with(audit->command, command_value(call, "what"));
}

static bool list(struct command_call *call)
{
    const uint64_t count = call->engine->audit.count;
    uint64_t limit = LOOKS_MAX;
    uint64_t after = 0;
    uint64_t shown = 0;
    if (!command_number(call, "after", 0, UINT64_MAX - LOOKS_MAX, &after) ||
        !command_number(call, "limit", 1, LOOKS_MAX, &limit)) {
        return false;
    }
    for (uint64_t number = after + 1; number <= count; number++) {
        struct audit audit;
        bool there;
        if (shown == limit || number - after > LOOKS_MAX) {
            return command_more_number(call, number - 1);
        }
        if (!load(call->engine, number, &audit, &there) || !wanted(call, &audit)) {
            continue; /* What does not fit is for audit.verify. */
        }
        if (!row(call, &audit, false)) {
            return command_more_number(call, number - 1);
        }
        shown += 1;
    }
    text_add_uint(&call->out->answer, shown);
    return command_done(call, shown == 1 ? " entry" : " entries");
}

static bool show(struct command_call *call)
{
    uint64_t number = 0;
    struct audit audit;
    bool there;
    if (!command_number(call, "number", 1, UINT64_MAX, &number)) {
        return false;
    }
    if (!load(call->engine, number, &audit, &there)) {
        return command_refused(call, there ? "it cannot be read: audit.verify" : "there is none");
    }
    (void)row(call, &audit, true);
    return command_done(call, audit_is_whole(&audit) ? "it is whole" : "its hash does not fit it");
}

/* --- The chain ------------------------------------------------------------------------------ */

/* Why the entry does not fit behind one with hash `before`; NULL: it does. */
static const char *fault_of(const struct engine *engine, uint64_t number, struct span before,
                            struct audit *out)
{
    bool there;
    if (!load(engine, number, out, &there)) {
        return there ? "cannot be read" : "is missing";
    }
    if (!audit_is_whole(out)) {
        return "was changed: its hash does not fit it";
    }
    return span_equal(before, out->before) ? NULL : "does not follow the one before it";
}

static bool faulty(struct command_call *call, uint64_t number, const char *fault)
{
    struct command_row found = {.count = 0};
    row_number(&found, "number", number);
    row_text(&found, "fault", fault);
    (void)command_row(call, &found);
    text_add_uint(text_add(&call->out->answer, "entry "), number);
    text_add(&call->out->answer, " ");
    return command_refused(call, fault);
}

/* All entries fit each other; the last one must be the one that the engine knows of. */
static bool check_end(struct command_call *call, struct span hash)
{
    const struct engine *engine = call->engine;
    struct audit beyond;
    bool there;
    if (!span_equal(hash, span_of(engine->audit.hash, SHA256_BYTES))) {
        return faulty(call, engine->audit.count, "is not the one that was written last");
    }
    (void)load(engine, engine->audit.count + 1, &beyond, &there);
    if (there) {
        return faulty(call, engine->audit.count + 1, "was not written by the gateway");
    }
    text_add_uint(text_add(&call->out->answer, "all "), engine->audit.count);
    return command_done(call, " entries fit");
}

static bool verify(struct command_call *call)
{
    static const uint8_t zeros[SHA256_BYTES] = {0};
    const struct engine *engine = call->engine;
    struct audit audit = {.hash = span_of(zeros, sizeof(zeros))};
    uint64_t after = 0;
    bool there;
    if (!command_number(call, "after", 0, engine->audit.count, &after)) {
        return false;
    }
    if (after > 0 && !load(engine, after, &audit, &there)) {
        return faulty(call, after, there ? "cannot be read" : "is missing");
    }
    uint64_t number = after + 1;
    for (; number <= engine->audit.count && number - after <= CHECKS_MAX; number++) {
        struct span before = audit.hash;
        const char *fault = fault_of(engine, number, before, &audit);
        if (fault != NULL) {
            return faulty(call, number, fault);
        }
    }
    if (number > engine->audit.count) {
        return check_end(call, audit.hash);
    }
    text_add_uint(text_add(&call->out->answer, "so far all fit; "), engine->audit.count);
    text_add(&call->out->answer, " in all. ");
    return command_more_number(call, number - 1);
}

const struct command_spec audit_commands[] = {
    {.name = "audit.list",
     .may = MAY_VIEW,
     .arguments = "after? limit? by? what?",
     .help = "who did what, when, and what came of it; by: an operator, what: how a command begins",
     .run = list},
    {.name = "audit.show",
     .may = MAY_VIEW,
     .arguments = "number",
     .help = "one entry, with its hash and that of the one before",
     .run = show},
    {.name = "audit.verify",
     .may = MAY_VIEW,
     .arguments = "after?",
     .help = "checks the chain of hashes, and names the first entry that does not fit",
     .run = verify},
    {.name = NULL},
};
