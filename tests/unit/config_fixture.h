/* What the tests of the configuration share: a small right one, and what is said of others. */
#ifndef TESTS_UNIT_CONFIG_FIXTURE_H
#define TESTS_UNIT_CONFIG_FIXTURE_H

#include "gateway/shell/config.h"

#include <stdio.h>

#define GATEWAY "[GATEWAY]\nStorePath=s\n"
#define BROKER  "[BROKER]\nName=ALPHA\n"
#define SESSION                                                                                    \
    "[SESSION]\nBroker=ALPHA\nSenderCompID=A\nTargetCompID=B\nSocketConnectHost=h\n"               \
    "SocketConnectPort=1\n"

#define ACCEPTOR                                                                                   \
    "[SESSION]\nBroker=ALPHA\nConnectionType=acceptor\nSenderCompID=A\nTargetCompID=B\n"           \
    "SocketAcceptPort=9000\n"

/* One process, one test at a time. */
static struct config_errors errors;

static inline struct gateway_config *parse(const char *text)
{
    return gateway_config_parse("x.cfg", span_text(text), CONFIG_NEED_SETTINGS, &errors);
}

static inline struct gateway_config *parse_right(const char *text)
{
    struct gateway_config *config = parse(text);
    if (config == NULL) {
        config_errors_print(&errors, stderr);
    }
    assert_non_null(config);
    assert_int_equal(errors.count, 0);
    return config;
}

/* But for the one that there is no [OPERATOR], which hardly any of these configurations has. */
static inline uint32_t warnings_count(const struct gateway_config *config)
{
    return config->warnings.count - (config->operators_count == 0 ? 1 : 0);
}

/* The text has exactly this one error. */
static inline void assert_error(const char *text, const char *error)
{
    struct gateway_config *config = parse(text);
    assert_null(config);
    assert_int_equal(errors.count, 1);
    assert_string_equal(errors.list[0].text, error);
}

/* One of the errors contains `words`. */
static inline void assert_error_with(const char *text, const char *words)
{
    struct gateway_config *config = parse(text);
    assert_null(config);
    for (uint32_t i = 0; i < errors.count; i++) {
        if (strstr(errors.list[i].text, words) != NULL) {
            return;
        }
    }
    config_errors_print(&errors, stderr);
    fail_msg("no error says: %s", words);
}

/* One of the warnings (or notes) contains `words`. */
static inline void assert_said(const struct config_errors *said, const char *words)
{
    for (uint32_t i = 0; i < said->count; i++) {
        if (strstr(said->list[i].text, words) != NULL) {
            return;
        }
    }
    config_errors_print(said, stderr);
    fail_msg("nothing says: %s", words);
}

#endif
