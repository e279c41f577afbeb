/* The keys of [LIMIT], and the limits of [BROKER]; columns as in config_keys.h. What each means:
 * docs/limits.md. */
#ifndef GATEWAY_SHELL_CONFIG_KEYS_LIMITS_H
#define GATEWAY_SHELL_CONFIG_KEYS_LIMITS_H

/* clang-format off */
#define CONFIG_KEYS_LIMITS(X)                                                                      \
    X(LIMIT, Account, TEXT, NULL, 1, 63, "", NULL,                                                 \
      "text; one of Account, Client, Symbol, or none",                                             \
      "the section is for orders of this Account(1); all orders if none of the three is given")    \
    X(LIMIT, Client, TEXT, NULL, 1, 63, "", NULL,                                                  \
      "text",                                                                                      \
      "for orders of this client")                                                                 \
    X(LIMIT, Symbol, TEXT, NULL, 1, 63, "", NULL,                                                  \
      "text",                                                                                      \
      "for orders in this Symbol(55)")                                                             \
    X(LIMIT, MaxQuantity, DECIMAL, NULL, 1, INT64_C(92233720368000), "", NULL,                     \
      "quantity; no limit if left out",                                                            \
      "OrderQty(38) at most")                                                                      \
    X(LIMIT, MaxNotional, DECIMAL, NULL, 1, INT64_C(92233720368000), "", NULL,                     \
      "amount; no limit if left out",                                                              \
      "quantity x price at most, in the order's currency, GBX as GBP")                             \
    X(LIMIT, PriceCollar, NUMBER, NULL, 0, 1000000, "", NULL,                                      \
      "basis points; no limit if left out",                                                        \
      "Price(44) at most so far from the live price, either way")                                  \
    X(LIMIT, MaxPriceAge, SECONDS, NULL, 1, 86400, "", NULL,                                       \
      "seconds; 10 if left out",                                                                   \
      "a live price older than this is stale")                                                     \
    X(LIMIT, StalePrice, CHOICE, "reject", 0, 0, "", NULL,                                         \
      "reject|pass",                                                                               \
      "an order that a stale or unknown price leaves unjudged")                                    \
    X(BROKER_AND_LIMIT, OrdersPerSecond, NUMBER, NULL, 0, 1000000, "", NULL,                       \
      "orders; no limit if left out",                                                              \
      "new orders and replaces in a second at most; of a broker: new orders, the others wait")     \
    X(BROKER_AND_LIMIT, OrdersBurst, NUMBER, NULL, 0, 1000000, "", NULL,                           \
      "orders; OrdersPerSecond if left out",                                                       \
      "how many may come at once after a pause")                                                   \
    X(BROKER_AND_LIMIT, MaxOpenOrders, NUMBER, NULL, 0, 1000000000, "", NULL,                      \
      "orders; no limit if left out",                                                              \
      "orders that have not ended at most; of a broker: the others wait")                          \
    X(LIMIT, RepeatedOrders, NUMBER, NULL, 1, 32, "", NULL,                                        \
      "orders; no limit if left out",                                                              \
      "orders alike within RepeatedOrdersWindow at most; then shut until a person reopens it")     \
    X(LIMIT, RepeatedOrdersWindow, SECONDS, NULL, 1, 86400, "", NULL,                              \
      "seconds; 60 if left out",                                                                   \
      "over which RepeatedOrders counts")                                                          \
    X(LIMIT, DuplicateWindow, SECONDS, NULL, 1, 86400, "", NULL,                                   \
      "seconds; no limit if left out",                                                             \
      "the same content under another ClOrdID(11) is refused within it")                           \
    X(LIMIT, AllowedSymbols, NAMES, NULL, 1, 180, "", NULL,                                        \
      "comma list; any if left out",                                                               \
      "no other Symbol(55) is taken")                                                              \
    X(LIMIT, DeniedSymbols, NAMES, NULL, 1, 180, "", NULL,                                         \
      "comma list",                                                                                \
      "these are not taken")                                                                       \
    X(LIMIT, TradingStart, CLOCK, NULL, 0, 0, "", NULL,                                            \
      "HH:MM:SS, a zone may follow; no hours if left out",                                         \
      "when orders are taken; with TradingEnd")                                                    \
    X(LIMIT, TradingEnd, CLOCK, NULL, 0, 0, "", NULL,                                              \
      "HH:MM:SS, a zone may follow",                                                               \
      "until when, on the same day or the next")                                                   \
    X(LIMIT, TradingDays, DAYS, NULL, 1, 180, "", NULL,                                            \
      "comma list of days; every day if left out",                                                 \
      "days on which TradingStart counts")                                                         \
    X(LIMIT, TradingZone, ZONE, NULL, 1, 63, "", NULL,                                             \
      "Europe/London; UTC if left out",                                                            \
      "zone of TradingStart and TradingEnd")                                                       \
    X(SESSION, MassCancel, BOOL, "N", 0, 0, "", NULL,                                              \
      "Y or N",                                                                                    \
      "Y: the broker takes OrderMassCancelRequest(q); the kill switch sends it first")
/* clang-format on */

#endif
