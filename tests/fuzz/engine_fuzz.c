/* The engine against a hostile OMS and a hostile broker: each line of the input
 * is a request ('<' first) or the body of a broker's message ('8', '9', 'j' or '3'
 * first, as its MsgType), with '|' for SOH.
 *
 * Every request is answered exactly once (the rig asserts it), nothing stops the
 * process, and the engine comes to rest. One world goes on over all inputs. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/core_rig.h"

enum { LINE_BYTES_MAX = 4000, ORDERS_PER_WORLD = 1000 };

static struct rig *world;

static void forget(struct rig_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        free(log->line[i]);
    }
    log->count = 0;
}

static void open_world(void)
{
    world = rig_new();
    rig_start(world);
    (void)rig_request(world, "35=D|49=OMS|11=C1|55=VOD|54=1|38=100|40=2|44=10.5|59=1|"
                             "60=20260921-14:13:20|");
}

/* An "@" stands for the broker-facing ClOrdID that the first broker saw last. */
static void expand(const char *line, char *out, size_t capacity)
{
    size_t size = 0;
    for (; *line != '\0' && size + 64 < capacity; line++) {
        if (*line == '@') {
            size_t id = strlen(world->broker[0].last_cl_ord_id);
            memcpy(out + size, world->broker[0].last_cl_ord_id, id);
            size += id;
        } else {
            out[size++] = *line;
        }
    }
    out[size] = '\0';
}

static void play(const char *line)
{
    char text[LINE_BYTES_MAX + 128];
    char msg_type[2] = {line[0], '\0'};
    expand(line + 1, text, sizeof(text));
    if (line[0] == '<') {
        (void)rig_request(world, text);
    } else if (strchr("89j3", line[0]) != NULL && world->broker[0].connected &&
               session_can_send(&world->broker[0].session)) {
        /* The broker's own session must be able to read its header back for a
         * resend: a field that is none of the header comes first. */
        char body[LINE_BYTES_MAX + 160];
        (void)snprintf(body, sizeof(body), "58=.|%s", text);
        rig_broker_says(world, 0, msg_type, body);
    } else if (line[0] == 'x') {
        rig_pass(world, 3000);
    }
    forget(&world->replies);
    forget(&world->events);
    forget(&world->taken);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned played;
    char line[LINE_BYTES_MAX + 1];
    if (world == NULL || played > ORDERS_PER_WORLD) {
        if (world != NULL) {
            rig_free(world);
        }
        played = 0;
        open_world();
    }
    size_t begin = 0;
    for (size_t i = 0; i <= size; i++) {
        if (i < size && data[i] != '\n') {
            continue;
        }
        size_t length = i - begin;
        if (length > 1 && length <= LINE_BYTES_MAX && memchr(data + begin, 0, length) == NULL) {
            memcpy(line, data + begin, length);
            line[length] = '\0';
            play(line);
            played += 1;
        }
        begin = i + 1;
    }
    return 0;
}
