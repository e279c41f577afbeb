/* Between the files of the blows: blows.c draws and times them; blows_kill.c has those upon
 * processes, clock and disk, blows_line.c those upon lines, network, sessions and the manners of
 * brokers, blows_people.c what operators do to routing and orders. */
#ifndef TESTS_TORTURE_BLOWS_PARTS_H
#define TESTS_TORTURE_BLOWS_PARTS_H

#include "tests/torture/blows.h"

/* One kind. `strike` returns false if it cannot fall now; `lift`, false if something broke. */
struct blow_acts {
    bool (*strike)(struct arena *arena, const struct blow *blow);
    bool (*lift)(struct arena *arena, const struct blow *blow);
};

#define X(name, weight, short_ms, long_ms, text)                                                   \
    bool blow_strike_##name(struct arena *arena, const struct blow *blow);
TORTURE_BLOWS(X)
#undef X

/* Of those that last. */
bool blow_lift_gateway_up(struct arena *arena, const struct blow *blow);
bool blow_lift_broker_up(struct arena *arena, const struct blow *blow);
bool blow_lift_all_up(struct arena *arena, const struct blow *blow);
bool blow_lift_oms_up(struct arena *arena, const struct blow *blow);
bool blow_lift_gateway_continues(struct arena *arena, const struct blow *blow);
bool blow_lift_broker_continues(struct arena *arena, const struct blow *blow);
bool blow_lift_line_relays(struct arena *arena, const struct blow *blow);
bool blow_lift_line_swallows(struct arena *arena, const struct blow *blow);
bool blow_lift_line_quick(struct arena *arena, const struct blow *blow);
bool blow_lift_line_accepts(struct arena *arena, const struct blow *blow);
bool blow_lift_link(struct arena *arena, const struct blow *blow);
bool blow_lift_link_both_ways(struct arena *arena, const struct blow *blow);
bool blow_lift_link_sound(struct arena *arena, const struct blow *blow);
bool blow_lift_broker_resumes(struct arena *arena, const struct blow *blow);
bool blow_lift_broker_speaks(struct arena *arena, const struct blow *blow);
bool blow_lift_broker_accepts(struct arena *arena, const struct blow *blow);
bool blow_lift_broker_reads(struct arena *arena, const struct blow *blow);
bool blow_lift_operator_logs_on(struct arena *arena, const struct blow *blow);
bool blow_lift_router_up(struct arena *arena, const struct blow *blow);
bool blow_lift_router_continues(struct arena *arena, const struct blow *blow);
bool blow_lift_broker_answers(struct arena *arena, const struct blow *blow);
bool blow_lift_broker_takes(struct arena *arena, const struct blow *blow);
bool blow_lift_failover(struct arena *arena, const struct blow *blow);
bool blow_lift_kill(struct arena *arena, const struct blow *blow);
bool blow_lift_broker_taken_in(struct arena *arena, const struct blow *blow);
bool blow_lift_route_mode(struct arena *arena, const struct blow *blow);
bool blow_lift_forced(struct arena *arena, const struct blow *blow);
bool blow_lift_orders_moved(struct arena *arena, const struct blow *blow);
bool blow_lift_clock(struct arena *arena, const struct blow *blow);
bool blow_lift_disk(struct arena *arena, const struct blow *blow);

#endif
