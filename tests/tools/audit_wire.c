/* What a broker saw on the wire is read to the oracle: DIR/wire.log keeps every message it
 * received, as it stood on the wire, one per line. */
#include "tests/tools/audit.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/tools/broker_fields.h"

enum {
    WIRE_LINE_BYTES_MAX = 128 * 1024,
    TAG_SENDER_COMP_ID = 49,
    TAG_TARGET_COMP_ID = 56,
};

static void take_message(struct audit *audit, uint32_t broker, const char *message, size_t size)
{
    char sender[AUDIT_NAME_BYTES_MAX];
    char target[AUDIT_NAME_BYTES_MAX];
    char name[2 * AUDIT_NAME_BYTES_MAX];
    bool added = false;
    if (!fields_get(message, size, TAG_SENDER_COMP_ID, sender, sizeof sender) ||
        !fields_get(message, size, TAG_TARGET_COMP_ID, target, sizeof target)) {
        audit_fault(audit, "%s received a message without 49 or 56", audit->broker_names[broker]);
        return;
    }
    (void)snprintf(name, sizeof name, "%s>%s", sender, target);
    uint32_t session = name_map_add(&audit->sessions, span_text(name), &added);
    if (added) {
        oracle_add_session(audit->oracle, name, broker);
    }
    oracle_received(audit->oracle, session, span_of(message, size));
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
    char *line = malloc(WIRE_LINE_BYTES_MAX);
    ASSERT(line != NULL);
    while (fgets(line, WIRE_LINE_BYTES_MAX, file) != NULL) {
        size_t size = strlen(line);
        if (line[size - 1] == '\n') { /* Else it was cut off by a kill. */
            take_message(audit, broker, line, size - 1);
        }
    }
    free(line);
    (void)fclose(file);
    return true;
}
