/* Where the gateway's releases go, each checked against the store as it leaves. */
#include "tests/sim/gateway_parts.h"
#include "tests/sim/oms.h"
#include "tests/sim/router_actor.h"

/* A crash between two releases: what comes behind it is never let out. */
static bool may_release(struct sim_gateway *gateway)
{
    if (gateway->crash_point == CRASH_AFTER_RELEASES) {
        gateway->crashed = gateway->crashed || gateway->crash_releases == 0;
        gateway->crash_releases -= gateway->crash_releases > 0 ? 1 : 0;
    }
    return !gateway->crashed;
}

/* What shows a fault as it leaves is on no line of the trace yet. */
static void show_fault(struct sim_gateway *gateway, bool faulty_before, const char *to,
                       struct span message)
{
    if (gateway->sim->violated && !faulty_before) {
        trace_message(&gateway->sim->trace, to, message, "shows it as it leaves");
    }
}

static void port_send(void *context, uint32_t session, struct span bytes)
{
    struct sim_gateway *gateway = context;
    bool faulty_before = gateway->sim->violated;
    durable_sent(gateway->sim, &gateway->durable, gateway->check_reader, gateway->config, session,
                 bytes);
    show_fault(gateway, faulty_before, gateway_to(gateway, session), bytes);
    if (may_release(gateway)) {
        lines_send(gateway, session, bytes);
    }
}

static void port_connect(void *context, uint32_t session, uint32_t endpoint)
{
    struct sim_gateway *gateway = context;
    if (may_release(gateway)) {
        lines_connect(gateway, session, endpoint);
    }
}

static void port_close(void *context, uint32_t session, struct span reason)
{
    struct sim_gateway *gateway = context;
    if (may_release(gateway)) {
        lines_close(gateway, session, reason);
    }
}

static void port_reply(void *context, struct span route, struct span message)
{
    struct sim_gateway *gateway = context;
    struct sim *sim = gateway->sim;
    bool faulty_before = sim->violated;
    durable_answered(sim, gateway->check_reader, message);
    limits_answered(gateway, message);
    show_fault(gateway, faulty_before, "gateway > client", message);
    if (!may_release(gateway)) {
        return;
    }
    uint32_t oms;
    ASSERT(route.size == sizeof(oms));
    memcpy(&oms, route.data, sizeof(oms));
    sim_oms_answered(sim->oms[oms], message); /* It travels a little while, in order. */
}

static void show_stored(void *context, uint64_t bus_seq, struct span topic, struct span message)
{
    struct sim_gateway *gateway = context;
    (void)bus_seq;
    (void)topic;
    trace_message(&gateway->sim->trace, "in the store", message, "the event before it");
}

static void port_publish(void *context, struct span topic, uint64_t bus_seq, struct span message)
{
    struct sim_gateway *gateway = context;
    bool faulty_before = gateway->sim->violated;
    durable_published(gateway->sim, gateway->check_reader, bus_seq, topic, message);
    if (may_release(gateway)) {
        sim_bus_published(gateway->sim->bus, topic, bus_seq, message);
        if (gateway->sim->router != NULL) {
            sim_router_published(gateway->sim->router, topic, bus_seq, message);
        }
    }
    show_fault(gateway, faulty_before, "gateway > bus", message);
    if (gateway->sim->violated && !faulty_before && bus_seq > 1) {
        (void)sim_gateway_replay(gateway, bus_seq - 1, 1, show_stored, gateway);
    }
}

static void port_heartbeat(void *context, uint64_t bus_seq)
{
    struct sim_gateway *gateway = context;
    if (may_release(gateway)) {
        sim_bus_heartbeat(gateway->sim->bus, bus_seq);
        if (gateway->sim->router != NULL) {
            sim_router_heartbeat(gateway->sim->router, bus_seq);
        }
    }
}

static void port_log(void *context, enum effect_severity severity, struct span line)
{
    struct sim_gateway *gateway = context;
    if (may_release(gateway) && severity >= SEVERITY_WARNING) {
        trace_say(&gateway->sim->trace, "gateway", "log: %.*s", (int)line.size,
                  (const char *)line.data);
    }
}

void ports_init(struct sim_gateway *gateway)
{
    gateway->ports = (struct release_ports){
        .context = gateway,
        .send = port_send,
        .connect = port_connect,
        .close = port_close,
        .reply = port_reply,
        .publish = port_publish,
        .heartbeat = port_heartbeat,
        .log = port_log,
    };
}
