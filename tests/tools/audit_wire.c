/* What a broker saw on the wire is read to the oracle: DIR/wire.log keeps every message it
 * received, as it stood on the wire, one per line, and a line "LOGON NAME" when its session NAME
 * was logged on.
 *
 * A gateway that died and came back may be heard on its new line while what its old one still
 * carried is not read yet. The broker refuses that Logon, for its session is busy, and reads on.
 * So a Logon counts only once it is taken, or once nothing older comes after it. And one of an
 * old line that is read when a newer line has taken its place is refused: it never counts. */
#include "tests/tools/audit.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/tools/broker_fields.h"

enum {
    WIRE_LINE_BYTES_MAX = 128 * 1024,
    HELD_MAX = 8, /* Sessions of one broker. */
    HELD_BYTES_MAX = 4096,
    TAG_MSG_SEQ_NUM = 34,
    TAG_MSG_TYPE = 35,
    TAG_POSS_DUP_FLAG = 43,
    TAG_SENDER_COMP_ID = 49,
    TAG_TARGET_COMP_ID = 56,
    TAG_RESET_SEQ_NUM_FLAG = 141,
};

/* A Logon that may not have been taken yet, of one session. */
struct held {
    uint32_t session;
    char target[AUDIT_NAME_BYTES_MAX];
    char message[HELD_BYTES_MAX];
    size_t size; /* 0: none. */
    long msg_seq_num;
    long highest; /* Number that came before it. */
};

struct wire {
    struct audit *audit;
    uint32_t broker;
    struct held held[HELD_MAX];
    uint32_t held_count;
};

static long seq_num_of(const char *message, size_t size)
{
    char text[24];
    return fields_get(message, size, TAG_MSG_SEQ_NUM, text, sizeof text) ? strtol(text, NULL, 10)
                                                                         : 0;
}

static void release(struct wire *wire, struct held *held)
{
    if (held->size > 0) {
        oracle_received(wire->audit->oracle, held->session, span_of(held->message, held->size));
        held->highest = held->msg_seq_num;
        held->size = 0;
    }
}

/* It was not said to be taken, and others came behind it. */
static void pass_over(struct wire *wire, struct held *held)
{
    if (held->msg_seq_num > held->highest) {
        release(wire, held);
    }
    held->size = 0;
}

static void hold(struct held *held, const char *message, size_t size)
{
    ASSERT(held->size == 0);
    ASSERT(size <= sizeof held->message);
    memcpy(held->message, message, size);
    held->size = size;
    held->msg_seq_num = seq_num_of(message, size);
}

static struct held *held_of(struct wire *wire, uint32_t session, const char *target)
{
    for (uint32_t index = 0; index < wire->held_count; index++) {
        if (wire->held[index].session == session) {
            return &wire->held[index];
        }
    }
    ASSERT(wire->held_count < HELD_MAX);
    struct held *held = &wire->held[wire->held_count++];
    held->session = session;
    (void)snprintf(held->target, sizeof held->target, "%s", target);
    return held;
}

/* "LOGON NAME": what was held for it was taken. */
static void take_mark(struct wire *wire, const char *name, size_t size)
{
    for (uint32_t index = 0; index < wire->held_count; index++) {
        struct held *held = &wire->held[index];
        if (strlen(held->target) == size && memcmp(held->target, name, size) == 0) {
            release(wire, held);
        }
    }
}

static void take_message(struct wire *wire, const char *message, size_t size)
{
    struct audit *audit = wire->audit;
    char sender[AUDIT_NAME_BYTES_MAX];
    char target[AUDIT_NAME_BYTES_MAX];
    char name[AUDIT_SESSION_BYTES_MAX];
    bool added = false;
    if (!fields_get(message, size, TAG_SENDER_COMP_ID, sender, sizeof sender) ||
        !fields_get(message, size, TAG_TARGET_COMP_ID, target, sizeof target)) {
        audit_fault(audit, "%s received a message without 49 or 56",
                    audit->broker_names[wire->broker]);
        return;
    }
    (void)snprintf(name, sizeof name, "FIX.4.4:%s->%s", sender, target);
    uint32_t session = name_map_add(&audit->sessions, span_text(name), &added);
    if (added) {
        oracle_add_session(audit->oracle, name, wire->broker);
    }
    struct held *held = held_of(wire, session, target);
    bool again = fields_char(message, size, TAG_POSS_DUP_FLAG, 'N') == 'Y';
    bool logon = fields_char(message, size, TAG_MSG_TYPE, '?') == 'A';
    bool reset = logon && fields_char(message, size, TAG_RESET_SEQ_NUM_FLAG, 'N') == 'Y';
    if (again || logon || seq_num_of(message, size) > held->msg_seq_num) {
        pass_over(wire, held);
    }
    if (logon && !reset) {
        hold(held, message, size);
        return;
    }
    oracle_received(audit->oracle, session, span_of(message, size));
    if (reset || (!again && seq_num_of(message, size) > held->highest)) {
        held->highest = seq_num_of(message, size);
    }
}

static void take_line(struct wire *wire, const char *line, size_t size)
{
    static const char mark[] = "LOGON ";
    size_t mark_size = sizeof mark - 1;
    if (size > mark_size && memcmp(line, mark, mark_size) == 0) {
        take_mark(wire, line + mark_size, size - mark_size);
    } else {
        take_message(wire, line, size);
    }
}

/* The broker of that name; the number of brokers if its book was not read. */
static uint32_t find_broker(const struct audit *audit, const char *name)
{
    uint32_t broker = 0;
    while (broker < audit->brokers_count && strcmp(audit->broker_names[broker], name) != 0) {
        broker++;
    }
    return broker;
}

bool audit_wire(struct audit *audit, const char *name, const char *directory)
{
    char path[AUDIT_PATH_BYTES_MAX];
    uint32_t broker = find_broker(audit, name);
    (void)snprintf(path, sizeof path, "%s/wire.log", directory);
    FILE *file = fopen(path, "re");
    if (file == NULL || broker == audit->brokers_count) {
        audit_fault(audit, "%s: %s", path,
                    file == NULL ? strerror(errno) : "of a broker without a book");
        if (file != NULL) {
            (void)fclose(file);
        }
        return false;
    }
    struct wire wire = {.audit = audit, .broker = broker};
    char *line = malloc(WIRE_LINE_BYTES_MAX);
    ASSERT(line != NULL);
    while (fgets(line, WIRE_LINE_BYTES_MAX, file) != NULL) {
        size_t size = strlen(line);
        if (line[size - 1] == '\n') { /* Else it was cut off by a kill. */
            take_line(&wire, line, size - 1);
        }
    }
    for (uint32_t index = 0; index < wire.held_count; index++) {
        pass_over(&wire, &wire.held[index]);
    }
    free(line);
    (void)fclose(file);
    return true;
}
