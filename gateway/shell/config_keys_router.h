/* The keys of [ROUTER]; columns as in config_keys.h. What each is for, and why its default is what
 * it is: docs/router.md. */
#ifndef GATEWAY_SHELL_CONFIG_KEYS_ROUTER_H
#define GATEWAY_SHELL_CONFIG_KEYS_ROUTER_H

/* clang-format off */
#define CONFIG_KEYS_ROUTER(X)                                                                      \
    X(ROUTER, Run, BOOL, NULL, 0, 0, "", NULL,                                                     \
      "Y or N; Y if two or more brokers take orders, else N",                                      \
      "the router runs as a thread of `fixgate run`")                                              \
    X(ROUTER, Shadow, BOOL, "N", 0, 0, "", NULL,                                                   \
      "Y or N",                                                                                    \
      "the router only tells what it would have done")                                             \
    X(ROUTER, AckTimeout, DECIMAL, "2", 100, 59000, "", NULL,                                     \
      "seconds",                                                                                   \
      "an order without any word of the broker for so long is a failure")                          \
    X(ROUTER, AckTimeoutsInRow, NUMBER, "3", 1, 1000, "", NULL,                                    \
      "orders",                                                                                    \
      "so many of those without an answer between them open the breaker")                          \
    X(ROUTER, FailurePercent, NUMBER, "20", 1, 100, "", NULL,                                      \
      "percent",                                                                                   \
      "share of failures within 10 s that opens the breaker")                                      \
    X(ROUTER, FailureOrders, NUMBER, "20", 1, 100000, "", NULL,                                    \
      "orders",                                                                                    \
      "with fewer within 10 s no share counts")                                                    \
    X(ROUTER, SlowPercent, NUMBER, "50", 1, 100, "", NULL,                                         \
      "percent",                                                                                   \
      "share of slow answers within 10 s that opens the breaker")                                  \
    X(ROUTER, SlowFactor, NUMBER, "3", 1, 100, "", NULL,                                           \
      "times",                                                                                     \
      "slow is so many times the broker's own p99 of the last 15 minutes")                         \
    X(ROUTER, SlowFloor, DECIMAL, "0.25", 1, 600000, "", NULL,                                     \
      "seconds",                                                                                   \
      "nothing faster is slow")                                                                    \
    X(ROUTER, EchoTimeout, DECIMAL, "5", 100, 600000, "", NULL,                                    \
      "seconds",                                                                                   \
      "a TestRequest of the router without an echo for so long opens the breaker")                 \
    X(ROUTER, ProbeInterval, DECIMAL, "5", 100, 600000, "", NULL,                                  \
      "seconds",                                                                                   \
      "how often an idle broker is asked for an echo")                                             \
    X(ROUTER, CanarySymbol, TEXT, NULL, 1, 63, "", NULL,                                           \
      "text; no canary orders if left out",                                                        \
      "Symbol(55) of the test instrument of canary orders; with CanaryPrice")                      \
    X(ROUTER, CanaryPrice, DECIMAL, NULL, 1, INT64_C(92233720368000), "", NULL,                    \
      "price",                                                                                     \
      "at which they would buy: far below the market, so that none is ever filled")                \
    X(ROUTER, CanaryQuantity, DECIMAL, "1", 1, INT64_C(92233720368000), "", NULL,                  \
      "quantity",                                                                                  \
      "OrderQty(38) of a canary order")                                                            \
    X(ROUTER, CanaryAccount, TEXT, NULL, 1, 63, "", NULL,                                          \
      "text",                                                                                      \
      "Account(1) of canary orders")                                                               \
    X(ROUTER, CanaryCurrency, TEXT, NULL, 3, 3, "", NULL,                                          \
      "text",                                                                                      \
      "Currency(15) of canary orders")                                                             \
    X(ROUTER, CanaryInterval, SECONDS, "60", 1, 86400, "", NULL,                                   \
      "seconds",                                                                                   \
      "a broker without a word of any order for so long gets a canary order")                      \
    X(ROUTER, OpenBackoff, DECIMAL, "5", 100, 600000, "", NULL,                                    \
      "seconds",                                                                                   \
      "how long a breaker stays open the first time; doubles with each")                           \
    X(ROUTER, OpenBackoffMax, DECIMAL, "300", 100, 3600000, "", NULL,                              \
      "seconds",                                                                                   \
      "and never longer than this, but for jitter")                                                \
    X(ROUTER, ProbeOrders, NUMBER, "5", 1, 1000, "", NULL,                                         \
      "orders",                                                                                    \
      "so many may go to a broker that is half open")                                              \
    X(ROUTER, RampTime, DECIMAL, "60", 0, 3600000, "", NULL,                                       \
      "seconds",                                                                                   \
      "how long a broker that returns takes to its full share")                                    \
    X(ROUTER, RampStart, NUMBER, "10", 1, 100, "", NULL,                                           \
      "percent",                                                                                   \
      "share with which it begins")                                                                \
    X(ROUTER, PendingCap, NUMBER, "100", 1, 1000000, "", NULL,                                     \
      "orders",                                                                                    \
      "so many without an answer halve a broker's score")
/* clang-format on */

#endif
