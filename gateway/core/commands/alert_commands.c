/* What a service has found and somebody should know: it goes out as an event, with all others
 * (design §6: one stream tells the whole story). */
#include "gateway/core/commands/command.h"
#include "gateway/core/engine/bus.h"

static bool severity_of(struct command_call *call, const char **severity)
{
    static const char *const names[] = {"info", "warning", "critical"};
    struct span value = command_value(call, "severity");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (span_is(value, names[i])) {
            *severity = names[i];
            return true;
        }
    }
    return command_refused(call, "'severity' must be info, warning or critical");
}

static bool post(struct command_call *call)
{
    struct span broker = command_value(call, "broker");
    uint32_t index = 0;
    const char *severity = NULL;
    if (!severity_of(call, &severity) ||
        (broker.size > 0 && !command_broker(call, "broker", &index))) {
        return false;
    }
    bus_alert(call->engine, severity, broker, span_of(NULL, 0), command_value(call, "reason"));
    return command_done(call, "told");
}

/* With a key, a post that is sent again is one alert. */
const struct command_spec alert_commands[] = {
    {.name = "alert.post",
     .may = MAY_SERVE,
     .changes = true,
     .arguments = "severity reason broker?",
     .help = "what a service has found: an alert on the bus",
     .run = post},
    {.name = NULL},
};
