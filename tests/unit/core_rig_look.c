/* What the tests look for: in texts, in what was said, in the committed store. */
#include <stdio.h>
#include <string.h>

#include "gateway/core/engine/event.h"
#include "gateway/core/engine/tables.h"
#include "tests/unit/core_rig_parts.h"

const char *rig_value(const char *line, const char *tag)
{
    static char value[512];
    char wanted[16];
    value[0] = '\0';
    (void)snprintf(wanted, sizeof(wanted), "|%s=", tag);
    const char *found = line == NULL ? NULL : strstr(line, wanted);
    if (found != NULL) {
        found += strlen(wanted);
        size_t size = strcspn(found, "|");
        size = size < sizeof(value) - 1 ? size : sizeof(value) - 1;
        memcpy(value, found, size);
        value[size] = '\0';
    }
    return value;
}

const char *rig_event(const struct rig *rig, const char *a, const char *b)
{
    for (size_t i = rig->events.count; i > 0; i--) {
        const char *line = rig->events.line[i - 1];
        if (strstr(line, a) != NULL && (b == NULL || strstr(line, b) != NULL)) {
            return line;
        }
    }
    return NULL;
}

size_t rig_event_count(const struct rig *rig, const char *a)
{
    size_t count = 0;
    for (size_t i = 0; i < rig->events.count; i++) {
        count += strstr(rig->events.line[i], a) != NULL;
    }
    return count;
}

const char *rig_said(const struct rig *rig, const char *text)
{
    size_t oldest = rig->said_count > RIG_SAID_MAX ? rig->said_count - RIG_SAID_MAX : 0;
    for (size_t i = rig->said_count; i > oldest; i--) {
        const char *line = rig->said[(i - 1) % RIG_SAID_MAX];
        if (strstr(line, text) != NULL) {
            return line;
        }
    }
    return NULL;
}

uint64_t rig_check_events(struct rig *rig)
{
    struct span key;
    struct span value;
    uint64_t last = 0;
    enum status status = store_read_begin(rig->store_reader);
    ASSERT(status == STATUS_OK);
    status = store_seek(rig->store_reader, TABLE_EVENT, span_of(NULL, 0), &key, &value);
    while (status == STATUS_OK) {
        uint64_t bus_seq = bus_seq_decode(key);
        ASSERT(bus_seq == last + 1);
        last = bus_seq;
        status = store_after(rig->store_reader, TABLE_EVENT, key, &key, &value);
    }
    ASSERT(status == STATUS_NOT_FOUND);
    store_read_end(rig->store_reader);
    return last;
}
