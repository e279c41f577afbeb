/* Values that are more than a number or a word: times, lists, addresses.
 *
 * No state, no I/O. Any thread. What config_value_check() has found right is read here
 * without a further check: the readers ASSERT it. */
#ifndef GATEWAY_SHELL_CONFIG_VALUES_H
#define GATEWAY_SHELL_CONFIG_VALUES_H

#include "gateway/core/engine/config.h"
#include "gateway/shell/config_keys.h"
#include "gateway/shell/tls.h"

enum {
    CONFIG_ITEMS_MAX = 64, /* Of any list; a line ends before that. */
    CONFIG_ITEM_BYTES_MAX = 63,
};

/* One list of the file: items between commas, without the space around them. */
struct config_items {
    uint32_t count;
    struct span list[CONFIG_ITEMS_MAX];
};

/* False: an item is empty, or there are too many. Refers to `value`. */
MUST_USE bool config_items_read(const char *value, struct config_items *out);

/* HH:MM:SS, and behind a space the name of a zone. */
struct config_clock {
    uint32_t second;  /* Of the day. */
    struct span zone; /* Empty: TimeZone. Refers to the value. */
};

struct config_clock config_value_clock(const char *value);
uint8_t config_value_day(const char *value);  /* 0 = Sunday … 6 = Saturday */
uint8_t config_value_days(const char *value); /* Bit 0 = Sunday … 6 = Saturday */

/* IPv4 as ::ffff:a.b.c.d. The count written; at most CONFIG_ITEMS_MAX. */
uint32_t config_value_addresses(const char *value, struct address_block out[CONFIG_ITEMS_MAX]);

/* The count of pins written. */
uint32_t config_value_pins(const char *value, uint8_t out[TLS_PINS_MAX][TLS_PIN_BYTES]);

/* True: TLS 1.3 only; else 1.2 too. */
bool config_value_tls13_only(const char *value);

/* 58=x → 58; *text is the rest, in `value`. */
uint32_t config_value_logon_tag(const char *value, const char **text);

/* The checks of the above, for config_value_check(). */
MUST_USE const char *config_check_duration(const struct config_key_definition *definition,
                                           const char *value, char reason[CONFIG_REASON_BYTES_MAX]);
MUST_USE const char *config_check_decimal(const struct config_key_definition *definition,
                                          const char *value, char reason[CONFIG_REASON_BYTES_MAX]);
MUST_USE const char *config_check_clock(const char *value, char reason[CONFIG_REASON_BYTES_MAX]);
MUST_USE const char *config_check_zone(struct span zone, char reason[CONFIG_REASON_BYTES_MAX]);
MUST_USE const char *config_check_days(const char *value, bool list,
                                       char reason[CONFIG_REASON_BYTES_MAX]);
MUST_USE const char *config_check_names(const char *value, char reason[CONFIG_REASON_BYTES_MAX]);
MUST_USE const char *config_check_addresses(const char *value,
                                            char reason[CONFIG_REASON_BYTES_MAX]);
MUST_USE const char *config_check_pins(const char *value, char reason[CONFIG_REASON_BYTES_MAX]);
MUST_USE const char *config_check_protocols(const char *value,
                                            char reason[CONFIG_REASON_BYTES_MAX]);
MUST_USE const char *config_check_logon_tag(const char *value,
                                            char reason[CONFIG_REASON_BYTES_MAX]);

/* -1: it is not that. Seconds: 90, 90s, 1m30s, 2h. Decimal: in thousandths. */
int64_t config_duration_seconds(const char *value);
int64_t config_decimal_permille(const char *value);

#endif
