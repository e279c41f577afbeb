/* What `fixgate ctl --help` teaches besides the engine's tables: what each argument means, and
 * examples. */
#include "gateway/console/ctl_words.h"

/* Of one command ("limits.set limit"), or of all that take an argument of that name. The first
 * that fits counts. */
static const struct {
    const char *name;
    const char *help;
} arguments[] = {
    {"broker.measure score", "thousandths of its weight"},
    {"broker.measure latency-us",
     "microseconds to the first word of an order, as the score has it"},
    {"broker.measure pending", "orders without a word, as the score has it"},
    {"broker.measure orders", "orders of the breaker's window, as the score has it"},
    {"broker.measure failed", "of those"},
    {"broker.measure ramp", "thousandths, for a slow start"},
    {"broker.measure reason", "why, in words"},
    {"broker.measure router", "which router it is: of two, one is refused"},
    {"broker.capacity capacity", "orders without an answer at most; 0: any number"},
    {"failover.begin from", "the broker that gets no new orders any more"},
    {"failover.plan from", "the broker that would get no new orders any more"},
    {"failover.begin to", "the broker that takes over"},
    {"failover.plan to", "the broker that would take over"},
    {"failover.begin ramp", "seconds until the new broker has its whole share; 60"},
    {"limits.set limit", "MaxQuantity, PriceCollar, MaxOpenOrders, ...: as in [LIMIT]"},
    {"limits.set value", "a figure as in [LIMIT], none, or default (the configuration's)"},
    {"limits.set scope", "all, client:NAME, account:NAME, symbol:NAME or broker:NAME"},
    {"limits.price price", "its live price"},
    {"limits.override order", "ClOrdID of the refused order: limits blocked has it"},
    {"doubt.settle outcome", "received or not-received"},
    {"orders.move to", "the broker that it is to wait for; else the routing chooses"},
    {"orders.list all", "true: ended ones, too"},
    {"alert.post severity", "info, warning or critical"},
    {"alert.post reason", "what was found, in words"},
    {"approvals.list all", "true: what was decided, too"},
    {"approvals.list after", "goes on behind this proposal"},
    {"audit.list after", "goes on behind this entry"},
    {"audit.verify after", "begins behind this entry"},
    {"audit.list by", "entries of one operator"},
    {"audit.list what", "entries of commands that begin so: broker."},
    {"audit.show number", "of the entry, as audit list has it"},
    {"route.rule.set never", "true: such orders never go there"},
    {"route.mode primary", "the broker that gets all orders in PRIMARY_BACKUP"},
    {"bulk.show number", "of the bulk, as bulk list has it: its proposal's"},
    {"bulk.abort number", "of the bulk, as bulk list has it: its proposal's"},
    {"account", "Account(1), exactly as in the order"},
    {"after", "goes on where a page before ended"},
    {"attempt", "our ClOrdID at the broker (ATTEMPT)"},
    {"breaker", "CLOSED, OPEN or HALF_OPEN"},
    {"broker", "Name of its [BROKER] section"},
    {"canaries", "so many orders try the new broker first; 3"},
    {"canary-timeout", "seconds until they must have their answers; 30"},
    {"client", "SenderCompID(49) of who sent it, as orders list has it"},
    {"confirm", "true: although orders are open there"},
    {"content", "its fingerprint, as limits blocked has it"},
    {"currency", "of the price: GBP, GBX, ..."},
    {"drill", "true: it is practice, and as real; all that is told of it says so"},
    {"evidence", "NONE, NOT_RECEIVED, RECEIVED, UNPROVEN or UNKNOWN"},
    {"expires", "seconds within which it may pass, once"},
    {"latch", "as limits latches has it"},
    {"limit", "rows at most"},
    {"mode", "ACTIVE_ACTIVE, PRIMARY_BACKUP or PINNED"},
    {"number", "of the proposal, as approvals list has it"},
    {"older-than", "seconds that it has been in its state, or longer"},
    {"order", "CLIENT/CLORDID, its ClOrdID if only one client has it, or an attempt"},
    {"probes", "orders that may go while it is HALF_OPEN"},
    {"quantity", "so many of it"},
    {"quiesce", "seconds for the old broker's last answers; 30"},
    {"reason", "in words: it stands in the audit for ever"},
    {"scope", "all, broker:NAME, account:NAME, client:NAME or symbol:NAME"},
    {"session", "its id, as session list has it"},
    {"state", "QUEUED, SENT, IN_DOUBT, ACKED, PARTIAL, DEAD_LETTER, ..."},
    {"symbol", "Symbol(55), exactly as in the order"},
    {"weight", "its share beside the others' weights"},
};

const char *ctl_argument_help(const struct command_spec *spec, struct span name)
{
    size_t spec_size = strlen(spec->name);
    for (size_t i = 0; i < ARRAY_LEN(arguments); i++) {
        const char *own = arguments[i].name;
        size_t command_size = strcspn(own, " ");
        bool of_one = own[command_size] == ' ';
        if (of_one && (command_size != spec_size || memcmp(own, spec->name, spec_size) != 0)) {
            continue;
        }
        if (span_is(name, of_one ? own + command_size + 1 : own)) {
            return arguments[i].help;
        }
    }
    return NULL;
}

static const struct {
    const char *group;
    const char *lines;
} examples[] = {
    {"session", "session list -c fixgate.cfg\n"
                "session logoff 'FIX.4.4:US->BETA' -c fixgate.cfg --operator jane\n"
                "session reset 'FIX.4.4:US->BETA' --confirm -c fixgate.cfg --operator jane\n"},
    {"broker", "broker list -c fixgate.cfg\n"
               "broker show ALPHA -c fixgate.cfg\n"
               "broker drain ALPHA --reason 'slow since 14:00' -c fixgate.cfg --operator jane\n"
               "broker auto ALPHA -c fixgate.cfg --operator jane\n"},
    {"route", "route table -c fixgate.cfg\n"
              "route explain OMS/C1 -c fixgate.cfg\n"
              "route simulate VOD --quantity 100 -c fixgate.cfg\n"
              "route rule set ALPHA --symbol VOD -c fixgate.cfg --operator jane\n"
              "route mode PRIMARY_BACKUP ALPHA -c fixgate.cfg --operator jane\n"},
    {"orders", "orders list --state QUEUED -c fixgate.cfg\n"
               "orders show OMS/C1 -c fixgate.cfg\n"
               "orders cancel OMS/C1 --reason 'asked for by the client' -c fixgate.cfg\n"
               "orders move OMS/C1 --to BETA --reason 'ALPHA asked us to' -c fixgate.cfg\n"},
    {"doubt", "doubt list --broker ALPHA -c fixgate.cfg\n"
              "doubt show OMS/C1 -c fixgate.cfg\n"
              "doubt ask OMS/C1 -c fixgate.cfg --operator jane\n"
              "doubt settle OMS/C1 received --reason 'Miller, desk, 03:12' -c fixgate.cfg\n"
              "doubt reroute OMS/C1 --reason 'client waits' -c fixgate.cfg --operator jane\n"},
    {"bulk", "doubt reroute --broker ALPHA --evidence NONE --reason 'dead' -c fixgate.cfg\n"
             "bulk list -c fixgate.cfg\n"
             "bulk show 17 -c fixgate.cfg\n"
             "bulk abort 17 'ALPHA is back' -c fixgate.cfg --operator jane\n"},
    {"deadletter", "deadletter list -c fixgate.cfg\n"
                   "deadletter redrive OMS/C1 --reason 'client confirmed' -c fixgate.cfg\n"
                   "deadletter cancel OMS/C1 --reason 'client went elsewhere' -c fixgate.cfg\n"},
    {"approvals", "approvals list -c fixgate.cfg\n"
                  "approvals approve 12 -c fixgate.cfg --operator omar\n"
                  "approvals reject 12 'not before noon' -c fixgate.cfg --operator omar\n"},
    {"limits", "limits list -c fixgate.cfg\n"
               "limits set account:ISA-1 MaxOpenOrders 80 -c fixgate.cfg --operator jane\n"
               "limits blocked -c fixgate.cfg\n"
               "limits override OMS C7 90f1c2d3a4b5e6f7 120 'confirmed' -c fixgate.cfg\n"
               "limits reopen 3e0c5f7a9b1d2468 'the loop is mended' -c fixgate.cfg\n"},
    {"kill", "kill on account:ISA-1 'orders in a loop' -c fixgate.cfg --operator jane\n"
             "kill on all 'stop everything' -c fixgate.cfg --operator jane\n"
             "kill list -c fixgate.cfg\n"
             "kill off all 'the loop is mended' -c fixgate.cfg --operator jane\n"},
    {"audit", "audit list --by jane -c fixgate.cfg --json | jq .outcome\n"
              "audit show 4711 -c fixgate.cfg\n"
              "audit verify -c fixgate.cfg\n"},
    {"alert", "alert post warning 'ALPHA: rejects VOD' --broker ALPHA -c fixgate.cfg\n"},
    {"failover", "failover plan ALPHA BETA -c fixgate.cfg\n"
                 "failover begin ALPHA BETA --reason 'slow' -c fixgate.cfg --operator jane\n"
                 "failover status -c fixgate.cfg\n"
                 "failover back --reason 'ALPHA is well' -c fixgate.cfg --operator jane\n"},
};

const char *ctl_group_examples(const struct command_group *group)
{
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        if (span_is(ctl_group_name(group), examples[i].group)) {
            return examples[i].lines;
        }
    }
    return "";
}
