/* What may be said to a command, so that some of it is right. */
#include "tests/unit/core_rig.h"

/* With '|' between. */
static const struct {
    const char *name;
    const char *values;
} suiting[] = {
    {"broker", "ALPHA|BETA"},
    {"from", "ALPHA|BETA"},
    {"to", "ALPHA|BETA"},
    {"primary", "ALPHA|BETA"},
    {"session", "FIX.4.4:FIXGATE->ALPHA|FIX.4.4:FIXGATE->BETA"},
    {"client", "OMS"},
    {"account", "ACC|*"},
    {"symbol", "VOD|BP|*"},
    {"reason", "because it must be|so"},
    {"all", "true|false"},
    {"confirm", "true"},
    {"never", "true|false"},
    {"drill", "true|false"},
    {"mode", "ACTIVE_ACTIVE|PRIMARY_BACKUP|PINNED"},
    {"breaker", "CLOSED|OPEN|HALF_OPEN"},
    {"outcome", "received|not-received"},
    {"state", "QUEUED|IN_DOUBT|ACKED|FILLED|DEAD_LETTER"},
    {"scope", "all|broker ALPHA|broker BETA|account ACC|symbol VOD|client OMS"},
    {"limit", "1|10|MaxQuantity|MaxNotional|MaxOpenOrders|OrdersPerSecond|RepeatedOrders"},
    {"value", "1|50|1000|100000|none|default"},
    {"currency", "GBX|GBP"},
    {"price", "10.5|11|0.01"},
    {"by", "ann|bob"},
    {"what", "session.|broker.drain"},
    {"expires", "60|600"},
};

/* The word of that number, counted round. */
static struct span pick(const char *words, uint32_t number)
{
    uint32_t count = 1;
    for (const char *at = words; *at != '\0'; at++) {
        count += *at == '|' ? 1 : 0;
    }
    for (uint32_t skip = number % count; skip > 0; skip--) {
        words += strcspn(words, "|") + 1;
    }
    return span_of(words, strcspn(words, "|"));
}

struct span rig_suiting(struct span argument, uint32_t number)
{
    for (size_t i = 0; i < ARRAY_LEN(suiting); i++) {
        if (span_is(argument, suiting[i].name)) {
            return pick(suiting[i].values, number);
        }
    }
    return span_of(NULL, 0);
}

struct span rig_number(uint32_t number)
{
    return pick("0|1|2|3|5|10|30|100|500|1000", number);
}
