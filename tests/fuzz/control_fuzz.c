/* Any requests on the control socket, at the real engine and store. Each line of the input is
 * one thing that happens:
 *
 *   cLETTERS   settings; only as the first line: o, the configuration names operators
 *   xSECONDS   time passes
 *   !          the gateway dies, and starts
 *   +REQUEST   a request, taken in the same turn as the next one
 *   &REQUEST   a request behind an empty frame, as a REQ socket sends it
 *   %REQUEST   a request in two frames
 *   REQUEST    all else: the one frame of a request
 *
 * What must hold: each request has one answer, whose frames are flat JSON objects that our own
 * client can read: the first says whether it was done, in words, and when. */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/shell/config.h"
#include "gateway/shell/control.h"
#include "tests/fuzz/lines.h"
#include "tests/unit/core_rig_parts.h"

enum {
    LINE_BYTES_MAX = CONTROL_REQUEST_BYTES_MAX + 200,
    STEPS_MAX = 60,
    ASKED_MAX = 20, /* In one turn, and behind it. */
    SECONDS_MAX = 1000,
};

static struct {
    struct rig *rig;
    struct zeromq zeromq;
    struct log log;
    struct instant now;
    struct tcp_config endpoint;
    struct connection_config connections[RIG_BROKERS];
    struct listeners listeners;
    struct control control;
    struct zeromq_socket client;
    struct zeromq_frames frames;
    struct json_flat row;
    uint32_t asked; /* And not answered yet. */
} desk;

static const struct operator_config operators[] = {
    {.name = "jane", .may = MAY_VIEW | MAY_OPERATE | MAY_ADMIN},
    {.name = "bob", .may = MAY_APPROVE},
    {.name = "vic", .may = MAY_VIEW},
    {.name = "router", .may = MAY_SERVE},
    {.name = "keyed", .may = MAY_VIEW, .public_key = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"},
};

/* --- The world ------------------------------------------------------------------------------ */

static void remove_world(void)
{
    zeromq_frames_release(&desk.frames);
    zeromq_socket_close(&desk.client);
    control_close(&desk.control);
    zeromq_close(&desk.zeromq);
    log_close(&desk.log, 0);
    rig_free(desk.rig);
}

static void make_world(void)
{
    char error[ZEROMQ_ERROR_BYTES_MAX];
    struct log_config log = {.level = SEVERITY_ERROR};
    struct zeromq_options options = {.kind = ZEROMQ_DEALER};
    desk.rig = rig_new();
    desk.endpoint = (struct tcp_config){.host = "fix.alpha.example", .port = 9001};
    for (uint32_t i = 0; i < RIG_BROKERS; i++) {
        desk.connections[i] =
            (struct connection_config){.endpoints = &desk.endpoint, .endpoints_count = 1};
    }
    desk.control.log = &desk.log;
    desk.control.now = &desk.now;
    desk.control.connections = desk.connections;
    desk.control.listeners = &desk.listeners;
    enum status status = log_open(&desk.log, &log);
    ASSERT(status == STATUS_OK);
    status = zeromq_open(&desk.zeromq);
    ASSERT(status == STATUS_OK);
    status = control_open(&desk.control, &desk.zeromq, "inproc://control", error);
    ASSERT(status == STATUS_OK);
    status = zeromq_socket_open(&desk.zeromq, &options, &desk.client, error);
    ASSERT(status == STATUS_OK);
    status = zeromq_connect(&desk.client, "inproc://control", error);
    ASSERT(status == STATUS_OK);
    (void)atexit(remove_world);
}

static void open_world(const char *letters)
{
    if (desk.rig == NULL) {
        make_world();
    } else {
        rig_renew(desk.rig);
    }
    bool named = strchr(letters, 'o') != NULL;
    desk.control.operators = named ? operators : NULL;
    desk.control.operators_count = named ? (uint32_t)ARRAY_LEN(operators) : 0;
    rig_start(desk.rig);
    (void)rig_request(desk.rig, "35=D|49=OMS|11=C1|55=VOD|54=1|38=100|40=2|44=10.5|59=1|"
                                "60=20260921-14:13:20|");
}

/* --- Asking, and the answers ------------------------------------------------------------------ */

static void send_frames(const struct span *frames, uint32_t count)
{
    enum status status = zeromq_send(&desk.client, frames, count);
    ASSERT(status == STATUS_OK);
    desk.asked += 1;
}

static void read_row(struct span frame)
{
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    bool right = json_flat_read(frame, &desk.row, error);
    ASSERT(right);
}

static void check_head(void)
{
    const char *answer = json_flat_find(&desk.row, "answer");
    const struct json_member *done = json_flat_member(&desk.row, "ok");
    ASSERT(answer != NULL && answer[0] != '\0');
    ASSERT(done != NULL && !done->quoted);
    ASSERT(json_flat_find(&desk.row, "time") != NULL);
    if (!json_flat_true(&desk.row, "ok")) {
        ASSERT(json_flat_find(&desk.row, "proposed") == NULL);
        ASSERT(json_flat_find(&desk.row, "after") == NULL);
    }
}

static bool take_answer(void)
{
    enum status status = zeromq_receive(&desk.client, &desk.frames);
    if (status == STATUS_BUSY) {
        return false;
    }
    ASSERT(status == STATUS_OK);
    ASSERT(desk.frames.count > 0);
    uint32_t first = desk.frames.list[0].size == 0 ? 1 : 0;
    ASSERT(first < desk.frames.count);
    read_row(desk.frames.list[first]);
    check_head();
    for (uint32_t i = first + 1; i < desk.frames.count; i++) {
        read_row(desk.frames.list[i]);
        ASSERT(desk.row.count > 0);
    }
    return true;
}

/* Turns until all are answered. */
static void turns(void)
{
    for (unsigned count = 0; desk.asked > 0; count++) {
        ASSERT(count < ASKED_MAX);
        desk.now.engine_ns = desk.rig->now_ns;
        rig_turn_begin(desk.rig);
        enum status status = control_step(&desk.control, desk.rig->engine);
        ASSERT(status == STATUS_OK);
        bool committed = rig_turn_end(desk.rig);
        ASSERT(committed);
        control_release(&desk.control);
        while (take_answer()) {
            ASSERT(desk.asked > 0);
            desk.asked -= 1;
        }
    }
    ASSERT(!control_pending(&desk.control));
    rig_settle(desk.rig);
}

/* --- One line --------------------------------------------------------------------------------- */

static void ask(const char *line)
{
    struct span whole = span_text(line);
    struct span frames[2] = {span_of(NULL, 0), whole};
    switch (line[0]) {
    case '+':
        frames[0] = span_text(line + 1);
        send_frames(frames, 1);
        if (desk.asked < ASKED_MAX) {
            return;
        }
        break;
    case '&':
        frames[1] = span_text(line + 1);
        send_frames(frames, 2);
        break;
    case '%':
        frames[0] = span_of(whole.data, whole.size / 2 + 1);
        frames[1] = span_of(whole.data + frames[0].size, whole.size - frames[0].size);
        send_frames(frames, 2);
        break;
    default:
        send_frames(&whole, 1);
        break;
    }
    turns();
}

static void play(const char *line)
{
    unsigned long seconds = strtoul(line + 1, NULL, 10);
    switch (line[0]) {
    case 'c':
        break;
    case 'x':
        turns();
        rig_wait(desk.rig, seconds < SECONDS_MAX ? (unsigned)seconds : SECONDS_MAX);
        break;
    case '!':
        turns();
        rig_crash(desk.rig);
        rig_start(desk.rig);
        break;
    default:
        ask(line);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_lines lines = {.data = data, .size = size};
    if (fuzz_play(lines, LINE_BYTES_MAX, STEPS_MAX, open_world, play)) {
        turns();
        const char *fault = rig_audit_fault(desk.rig);
        ASSERT(fault == NULL);
        ASSERT(rig_check_events(desk.rig) > 0);
    }
    return 0;
}
