/* The audit: reads the OMS's journal to the oracle, and asks it what it thinks.
 *
 * The journal is read twice: for the requests before the books, since a book has only what was
 * asked for; and for answers and events after them, since the bus tells only what a book did. */
#include "tests/tools/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

#include "tests/tools/broker_fields.h"
#include "tests/tools/oms_journal.h"

enum {
    TAG_CL_ORD_ID = 11,
    TAG_MSG_TYPE = 35,
    TAG_SENDER_COMP_ID = 49,
    TAG_REF_ID = 379,
    TAG_POSSIBLE_DUPLICATE = 10009,
    TAG_SESSION_NAME = 10011,
};

static void violated(void *context, enum oracle_rule rule, const char *text)
{
    struct audit *audit = context;
    audit->counts.doubled += rule == ORACLE_NO_DOUBLE ? 1 : 0;
    audit_fault(audit, "%s: %s", oracle_rule_name(rule), text);
}

void audit_init(struct audit *audit)
{
    memset(audit, 0, sizeof *audit);
    audit->oracle = oracle_new(violated, audit);
}

void audit_free(struct audit *audit)
{
    oracle_free(audit->oracle);
    name_map_free(&audit->requests);
    name_map_free(&audit->sessions);
    memset(audit, 0, sizeof *audit);
}

void audit_fault(struct audit *audit, const char *format, ...)
{
    if (audit->counts.faults < AUDIT_FAULTS_MAX) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(audit->faults[audit->counts.faults], AUDIT_FAULT_BYTES_MAX, format,
                        arguments);
        va_end(arguments);
    }
    audit->counts.faults++;
}

/* --- The journal, first: requests ------------------------------------------------------- */

static void take_submit(struct audit *audit, struct span message)
{
    const char *text = (const char *)message.data;
    char id[AUDIT_NAME_BYTES_MAX + 1];
    bool added = false;
    bool named = fields_get(text, message.size, TAG_CL_ORD_ID, id, sizeof id);
    ASSERT(named);
    (void)name_map_add(&audit->requests, span_text(id), &added);
    if (!added) {
        audit_fault(audit, "the OMS gave ClOrdID %s twice", id);
        return;
    }
    if (!fields_get(text, message.size, TAG_SENDER_COMP_ID, audit->client, sizeof audit->client)) {
        (void)snprintf(audit->client, sizeof audit->client, "OMS");
    }
    char type = fields_char(text, message.size, TAG_MSG_TYPE, '?');
    audit->counts.submitted += type == 'D' ? 1 : 0;
    audit->counts.cancels += type == 'F' ? 1 : 0;
    audit->counts.replaces += type == 'G' ? 1 : 0;
    oracle_request(audit->oracle, audit->client, message);
}

/* The books are told before the bus: what two persons forced is to be known then. */
static void take_forced(struct audit *audit, struct span message)
{
    const char *text = (const char *)message.data;
    char id[AUDIT_NAME_BYTES_MAX + 1];
    if (fields_char(text, message.size, TAG_POSSIBLE_DUPLICATE, 'N') == 'Y' &&
        fields_get(text, message.size, TAG_CL_ORD_ID, id, sizeof id)) {
        oracle_forced(audit->oracle, audit->client, span_text(id));
    }
}

static void take_request(struct audit *audit, const struct oms_journal_line *line)
{
    switch (line->kind) {
    case JOURNAL_SUBMIT:
        take_submit(audit, line->message);
        break;
    case JOURNAL_AGAIN:
        oracle_request_again(audit->oracle, audit->client, line->message);
        break;
    case JOURNAL_EVENT:
        audit->bus_last = line->bus_seq > audit->bus_last ? line->bus_seq : audit->bus_last;
        take_forced(audit, line->message);
        break;
    case JOURNAL_ANSWER:
    case JOURNAL_BREAK:
    case JOURNAL_FRAME:
        break;
    }
}

/* --- And then: answers and events -------------------------------------------------------- */

/* Answers to what was no request of the journal's are nobody's. */
static void take_answer(struct audit *audit, struct span message)
{
    const char *text = (const char *)message.data;
    char id[AUDIT_NAME_BYTES_MAX + 1];
    uint32_t index = 0;
    if (!fields_get(text, message.size, TAG_CL_ORD_ID, id, sizeof id)) {
        (void)fields_get(text, message.size, TAG_REF_ID, id, sizeof id);
    }
    if (name_map_find(&audit->requests, span_text(id), &index)) {
        oracle_answer(audit->oracle, audit->client, message);
    }
}

/* One that no broker of the audit ever heard of: it was never reached, or is played by a test. */
static void take_session(struct audit *audit, struct span message)
{
    const char *text = (const char *)message.data;
    char name[AUDIT_SESSION_BYTES_MAX];
    bool added = false;
    if (audit->brokers_count == 0 ||
        !fields_get(text, message.size, TAG_SESSION_NAME, name, sizeof name)) {
        return;
    }
    (void)name_map_add(&audit->sessions, span_text(name), &added);
    if (added) {
        oracle_add_session(audit->oracle, name, 0);
    }
}

static void take_event(struct audit *audit, const struct oms_journal_line *line)
{
    if (audit->instance != 0 && line->instance != audit->instance) {
        audit_fault(audit, "the bus became another instance at %" PRIu64, line->bus_seq);
    }
    audit->instance = line->instance;
    take_session(audit, line->message);
    oracle_event(audit->oracle, line->bus_seq, span_text(line->topic), line->message);
}

/* Frames beyond the last event are still on their way to the subscriber. */
static void take_frame(struct audit *audit, const struct oms_journal_line *line)
{
    uint64_t hash = 0;
    audit->counts.frames++;
    for (size_t index = 0; index < line->message.size; index++) {
        uint8_t digit = line->message.data[index];
        hash = hash << 4 | (uint64_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    if (line->bus_seq <= audit->bus_last) {
        oracle_published_hash(audit->oracle, line->bus_seq, hash);
    }
}

static void take_outcome(struct audit *audit, const struct oms_journal_line *line)
{
    switch (line->kind) {
    case JOURNAL_SUBMIT:
    case JOURNAL_AGAIN:
        break;
    case JOURNAL_ANSWER:
        take_answer(audit, line->message);
        break;
    case JOURNAL_EVENT:
        take_event(audit, line);
        break;
    case JOURNAL_BREAK:
        audit_fault(audit, "the bus broke before %" PRIu64 ": %.*s", line->bus_seq,
                    (int)line->message.size, (const char *)line->message.data);
        break;
    case JOURNAL_FRAME:
        take_frame(audit, line);
        break;
    }
}

static bool read_journal(struct audit *audit,
                         void (*take)(struct audit *audit, const struct oms_journal_line *line))
{
    struct oms_journal journal;
    struct oms_journal_line line;
    if (!oms_journal_open(&journal, audit->journal_path)) {
        audit_fault(audit, "%s: %s", audit->journal_path, strerror(errno));
        return false;
    }
    while (oms_journal_read(&journal, &line)) {
        take(audit, &line);
    }
    oms_journal_close(&journal);
    return true;
}

bool audit_journal(struct audit *audit, const char *path)
{
    (void)snprintf(audit->journal_path, sizeof audit->journal_path, "%s", path);
    return read_journal(audit, take_request);
}

/* --- The judgement ------------------------------------------------------------------------ */

static void take_counts(struct audit *audit)
{
    struct oracle_counts found = oracle_counts(audit->oracle);
    struct audit_counts *counts = &audit->counts;
    counts->unanswered = found.unanswered;
    counts->acknowledged = found.acknowledged;
    counts->refused = found.refused;
    counts->executed = found.filled;
    counts->executions = found.executions;
    counts->cancelled = found.cancelled;
    counts->rejected = found.rejected;
    counts->expired = found.expired;
    counts->open = found.resting;
    counts->queued = found.queued;
    counts->in_doubt = found.held;
    counts->lost = found.lost;
    counts->events = found.events;
    counts->wire_messages = found.wire_messages;
    counts->wire_repeats = found.wire_repeats;
    memcpy(counts->executed_at, found.executed_at, sizeof counts->executed_at);
}

void audit_judge(struct audit *audit)
{
    (void)read_journal(audit, take_outcome);
    oracle_judge(audit->oracle);
    take_counts(audit);
}

bool audit_good(const struct audit *audit)
{
    return audit->counts.lost == 0 && audit->counts.doubled == 0 && audit->counts.faults == 0;
}

void audit_print(const struct audit *audit, FILE *to)
{
    const struct audit_counts *counts = &audit->counts;
    (void)fprintf(
        to, "  submitted      %6" PRIu64 " orders, %" PRIu64 " cancels, %" PRIu64 " replaces\n",
        counts->submitted, counts->cancels, counts->replaces);
    (void)fprintf(to,
                  "  acknowledged   %6" PRIu64 " orders durable, %" PRIu64
                  " refused at the door, %" PRIu64 " requests unanswered\n",
                  counts->acknowledged, counts->refused, counts->unanswered);
    (void)fprintf(to, "  executed       %6" PRIu64 " orders wholly (", counts->executed);
    for (uint32_t broker = 0; broker < audit->brokers_count; broker++) {
        (void)fprintf(to, "%s%s %" PRIu64, broker > 0 ? ", " : "", audit->broker_names[broker],
                      counts->executed_at[broker]);
    }
    (void)fprintf(to, "; %" PRIu64 " executions)\n", counts->executions);
    (void)fprintf(to, "  cancelled      %6" PRIu64 "\n", counts->cancelled);
    (void)fprintf(to, "  rejected       %6" PRIu64 " by a broker\n", counts->rejected);
    (void)fprintf(to, "  expired        %6" PRIu64 "\n", counts->expired);
    (void)fprintf(to, "  open           %6" PRIu64 " resting at a broker\n", counts->open);
    (void)fprintf(to, "  still queued   %6" PRIu64 "\n", counts->queued);
    (void)fprintf(to, "  in doubt       %6" PRIu64 "\n", counts->in_doubt);
    (void)fprintf(
        to, "  bus            %6" PRIu64 " events without a gap, %" PRIu64 " of them seen live\n",
        counts->events, counts->frames);
    if (counts->wire_messages > 0) {
        (void)fprintf(to,
                      "  wire           %6" PRIu64 " numbered messages at the brokers, %" PRIu64
                      " repeated alike\n",
                      counts->wire_messages, counts->wire_repeats);
    }
    (void)fprintf(to, "  lost           %6" PRIu64 "\n  doubled        %6" PRIu64 "\n",
                  counts->lost, counts->doubled);
    uint64_t shown = counts->faults < AUDIT_FAULTS_MAX ? counts->faults : AUDIT_FAULTS_MAX;
    for (uint64_t index = 0; index < shown; index++) {
        (void)fprintf(to, "  ! %s\n", audit->faults[index]);
    }
    if (counts->faults > shown) {
        (void)fprintf(to, "  ! and %" PRIu64 " more\n", counts->faults - shown);
    }
}
