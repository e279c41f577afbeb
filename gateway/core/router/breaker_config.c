/* The defaults of the breaker; docs/router.md has the reasons. */
#include "gateway/core/router/breaker.h"

#define SECOND_NS UINT64_C(1000000000)

struct breaker_config breaker_config_default(void)
{
    return (struct breaker_config){
        .bucket_ns = SECOND_NS,
        .buckets = 10,
        .orders_min = 20,
        .failure_permille = 200,
        .slow_permille = 500,
        .timeouts_in_row = 3,
        .ack_timeout_ns = 2 * SECOND_NS,
        .test_timeout_ns = 5 * SECOND_NS,
        .backoff_first_ns = 5 * SECOND_NS,
        .backoff_max_ns = 300 * SECOND_NS,
        .jitter_permille = 200,
        .forgive_ns = 600 * SECOND_NS,
        .probe_orders = 5,
        .half_open_min_ns = SECOND_NS,
        .half_open_idle_ns = 30 * SECOND_NS,
        .half_open_echoes = 3,
        .half_open_max_ns = 60 * SECOND_NS,
        .closed_min_ns = 2 * SECOND_NS,
        .ramp_permille = 100,
        .ramp_ns = 60 * SECOND_NS,
    };
}
