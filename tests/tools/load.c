#include "tests/tools/load.h"

#include <inttypes.h>
#include <stdlib.h>

enum { LOAD_WINDOW = 4000, LOAD_BURST_MAX = 200, REQUEST_BYTES_MAX = 256 };

static const struct {
    const char *symbol;
    const char *currency;
    const char *price;
} instruments[] = {
    {"VOD", "GBX", "71.24"},   {"LLOY", "GBX", "58.1"},   {"AZN", "GBX", "11842"},
    {"TSCO", "GBX", "372.4"},  {"VUSA", "GBP", "92.155"}, {"ISF", "GBX", "812.4"},
    {"IGLT", "GBP", "10.142"}, {"TN28", "GBP", "92.31"},
};

void load_init(struct load *load, uint64_t seed, uint32_t rate, const char *prefix)
{
    ASSERT(rate > 0);
    *load =
        (struct load){.random = seed * 2 + 1, .rate = rate, .window = LOAD_WINDOW, .amend = true};
    (void)snprintf(load->prefix, sizeof load->prefix, "%s", prefix);
}

uint64_t load_random(struct load *load, uint64_t limit)
{
    load->random ^= load->random << 13;
    load->random ^= load->random >> 7;
    load->random ^= load->random << 17;
    return load->random % limit;
}

static void send_order(struct load *load, struct world *world)
{
    char request[REQUEST_BYTES_MAX];
    size_t kind = load_random(load, ARRAY_LEN(instruments));
    uint64_t quantity = 1 + load_random(load, 500);
    const char *side = load_random(load, 2) == 0 ? "1" : "2";
    char price[32] = "40=1";
    if (load_random(load, 2) == 0) {
        (void)snprintf(price, sizeof price, "40=2|44=%s", instruments[kind].price);
    }
    load->number++;
    (void)snprintf(request, sizeof request,
                   "35=D|11=%s%" PRIu64 "|1=ISA-%" PRIu64 "|55=%s|54=%s|38=%" PRIu64
                   "|%s|15=%s|59=0",
                   load->prefix, load->number, 1000 + load_random(load, 200),
                   instruments[kind].symbol, side, quantity, price, instruments[kind].currency);
    (void)oms_submit(world->oms, request);
    uint64_t fate = load_random(load, 100);
    if (!load->amend || fate >= 16) {
        return;
    }
    bool cancel = fate < 8;
    (void)snprintf(request, sizeof request,
                   "35=%c|11=%s%" PRIu64 "%c|41=%s%" PRIu64 "|55=%s|54=%s|38=%" PRIu64 "%s",
                   cancel ? 'F' : 'G', load->prefix, load->number, cancel ? 'C' : 'R', load->prefix,
                   load->number, instruments[kind].symbol, side, cancel ? quantity : quantity + 1,
                   cancel ? "" : "|40=1");
    (void)oms_submit(world->oms, request);
}

void load_step(struct load *load, struct world *world, int wait_ms)
{
    uint64_t now_ns = process_now_ns();
    uint64_t interval_ns = UINT64_C(1000000000) / load->rate;
    load->due_ns = load->due_ns == 0 ? now_ns : load->due_ns;
    uint32_t burst = 0;
    while (load->due_ns <= now_ns && burst < LOAD_BURST_MAX) {
        if (oms_counts(world->oms)->unanswered >= load->window) {
            load->due_ns = now_ns + interval_ns; /* An OMS holds back too; time is not made up. */
            break;
        }
        send_order(load, world);
        load->due_ns += interval_ns;
        burst++;
    }
    uint64_t left_ms = load->due_ns > now_ns ? (load->due_ns - now_ns) / UINT64_C(1000000) : 0;
    oms_poll(world->oms, left_ms < (uint64_t)wait_ms ? (int)left_ms : wait_ms);
}

void load_run(struct load *load, struct world *world, uint64_t milliseconds)
{
    uint64_t end_ns = process_now_ns() + milliseconds * UINT64_C(1000000);
    load->due_ns = 0;
    while (process_now_ns() < end_ns) {
        load_step(load, world, 20);
    }
}

uint64_t load_seed(void)
{
    const char *given = getenv("FIXGATE_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : process_now_ns() % 1000000007;
    (void)printf("FIXGATE_SEED=%" PRIu64 "\n", seed);
    (void)fflush(stdout);
    return seed;
}
