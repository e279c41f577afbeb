#include "gateway/console/session_table.h"

#include "fix/timestamp.h"

#include <stdio.h>

enum { WINDOW_COLUMNS = 24, WINDOW_BYTES_MAX = 64 };

/* What depends on the rows. */
struct columns {
    int id;          /* Width. */
    bool window;     /* Some session has a schedule. */
    bool why;        /* Some session is down, and it is known why. */
    uint64_t now_ns; /* At the gateway. */
};

static const char *value(const struct json_flat *row, const char *name)
{
    const char *text = json_flat_find(row, name);
    return text != NULL ? text : "";
}

static uint64_t time_value(const struct json_flat *row, const char *name)
{
    uint64_t instant_ns = 0;
    return timestamp_parse(span_text(value(row, name)), &instant_ns) ? instant_ns : 0;
}

static void measure(struct columns *columns, const struct json_flat *row)
{
    int size = (int)strlen(value(row, "session"));
    columns->id = size > columns->id ? size : columns->id;
    columns->why = columns->why || value(row, "why")[0] != '\0';
    columns->window = columns->window || json_flat_find(row, "next_change") != NULL;
}

/* "until 18:30:00Z"; with the day when it is not within the next 24 hours. */
static void window_text(const struct json_flat *row, const struct columns *columns,
                        char text[WINDOW_BYTES_MAX])
{
    text[0] = '\0';
    uint64_t change_ns = time_value(row, "next_change");
    const char *change = value(row, "next_change");
    if (change_ns == 0) {
        return;
    }
    bool soon = change_ns < columns->now_ns + TIMESTAMP_DAY_NS;
    (void)snprintf(text, WINDOW_BYTES_MAX, "%s %sZ",
                   json_flat_true(row, "in_session_time") ? "until" : "from",
                   soon ? change + strlen("YYYYMMDD-") : change);
}

static void print_row(const struct json_flat *row, const struct columns *columns)
{
    (void)printf("%-*s %-10s %-10s %-13s %9s %9s %6s %8s", columns->id, value(row, "session"),
                 value(row, "broker"), value(row, "role"), value(row, "state"),
                 value(row, "seq_in_next"), value(row, "seq_out_next"), value(row, "open_orders"),
                 value(row, "unacknowledged"));
    const char *why = value(row, "why");
    char window[WINDOW_BYTES_MAX];
    window_text(row, columns, window);
    if (columns->window && why[0] != '\0') {
        (void)printf("  %-*s  %s\n", WINDOW_COLUMNS, window, why);
    } else {
        (void)printf("%s%s%s\n", window[0] != '\0' || why[0] != '\0' ? "  " : "", window, why);
    }
}

bool session_table_print(const struct zeromq_frames *answer, struct json_flat *row,
                         char error[JSON_FLAT_ERROR_BYTES_MAX])
{
    struct columns columns = {.id = (int)strlen("SESSION")};
    for (uint32_t frame = 0; frame < answer->count; frame++) {
        if (!json_flat_read(answer->list[frame], row, error)) {
            return false;
        }
        if (frame == 0) {
            columns.now_ns = time_value(row, "time");
        } else {
            measure(&columns, row);
        }
    }
    (void)printf("%-*s %-10s %-10s %-13s %9s %9s %6s %8s%s%*s%s\n", columns.id, "SESSION", "BROKER",
                 "ROLE", "STATE", "NEXT IN", "NEXT OUT", "OPEN", "UNACKED",
                 columns.window ? "  TIME" : "",
                 columns.window && columns.why ? WINDOW_COLUMNS - (int)strlen("TIME") : 0, "",
                 columns.why ? "  WHY" : "");
    for (uint32_t frame = 1; frame < answer->count; frame++) {
        if (!json_flat_read(answer->list[frame], row, error)) {
            return false; /* It could be read a moment ago. */
        }
        print_row(row, &columns);
    }
    return true;
}
