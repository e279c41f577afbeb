/* Every key of a configuration, once: the parser, the defaults, `fixgate check`,
 * `fixgate help config` and docs/sessions.md all follow this table. What other engines
 * call these keys, and what of theirs is not here: config_names.h.
 *
 * No state, no I/O. Any thread. */
#ifndef GATEWAY_SHELL_CONFIG_KEYS_H
#define GATEWAY_SHELL_CONFIG_KEYS_H

#include "gateway/shell/config_keys_gateway.h"
#include "gateway/shell/config_keys_limits.h"
#include "gateway/shell/config_keys_router.h"
#include "gateway/shell/config_keys_session.h"
#include "gateway/shell/config_keys_socket.h"

#include "fix/base.h"

enum config_type {
    CONFIG_TEXT,   /* minimum, maximum: bytes; printable ASCII. */
    CONFIG_NAME,   /* As text, of letters, digits, '-' and '_': it becomes part of topics. */
    CONFIG_SECRET, /* As text; never printed. */
    CONFIG_PATH,
    CONFIG_ENDPOINT,  /* ipc://, inproc:// or tcp:// on loopback. */
    CONFIG_NUMBER,    /* minimum … maximum */
    CONFIG_BYTES,     /* The same with K, M or G behind it (1024s). */
    CONFIG_SECONDS,   /* A number, or a duration as Go has them (90s, 1m30s) of whole seconds. */
    CONFIG_DECIMAL,   /* Up to three decimals; minimum and maximum in thousandths. */
    CONFIG_BOOL,      /* Y or N */
    CONFIG_CHOICE,    /* One of the words in `form`, with '|' between. */
    CONFIG_TIME,      /* HH:MM:SS of the day, UTC */
    CONFIG_PRECISION, /* 0 to 9 digits, or QuickFIX/J's SECONDS, MILLIS, MICROS, NANOS. */
    CONFIG_CLOCK,     /* HH:MM:SS, and a zone may follow ("15:00:00 US/Central"). */
    CONFIG_ZONE,      /* "Europe/London" */
    CONFIG_DAY,       /* "Sunday", "sun", "SU" */
    CONFIG_DAYS,      /* A comma list of those. */
    CONFIG_NAMES,     /* A comma list of texts of at most 63 bytes. */
    CONFIG_ADDRESSES, /* A comma list of IP addresses and blocks (10.1.0.0/16, fd00::/8). */
    CONFIG_PINS,      /* A comma list of SHA-256 hashes in hexadecimal or base64. */
    CONFIG_PROTOCOLS, /* Versions of TLS in the words of OpenSSL, Java or Go. */
    CONFIG_LOGON_TAG, /* tag=value */
};

/* Where a key may stand. Each section inherits from [DEFAULT]. A key for one role alone
 * (ConnectionType) has no use in the other's [SESSION], where it is an error; inherited, it
 * is passed over. */
enum config_place {
    CONFIG_GATEWAY = 1,
    CONFIG_BROKER = 2,
    CONFIG_SESSION = 4,
    CONFIG_GATEWAY_AND_SESSION = 5,
    CONFIG_ROUTER = 8,
    CONFIG_EVERYWHERE = 15,
    CONFIG_ONLY_INITIATOR = 16,
    CONFIG_ONLY_ACCEPTOR = 32,
    CONFIG_OPERATOR = 64, /* Nothing of theirs is inherited from [DEFAULT]. */
    CONFIG_BROKER_AND_OPERATOR = 2 + 64,
    CONFIG_LIMIT = 128,
    CONFIG_BROKER_AND_LIMIT = 2 + 128,
    CONFIG_INITIATOR = 4 + 16,
    CONFIG_ACCEPTOR = 4 + 32,
};

/* A default of NULL means that there is none: the key may be left out. REQUIRED: it may not
 * (in a section of its role). */
#define CONFIG_REQUIRED "\001"

/* X(place, key, type, default, minimum, maximum, engines, elsewhere, form, help)
 *
 * engines: who else knows the key by this name ("QF" QuickFIX, "J", "Go"), "" nobody.
 * elsewhere: how their default differs, NULL if it does not. form: unit, choices, or what
 * else the value is. */
#define CONFIG_KEYS(X)                                                                             \
    CONFIG_KEYS_GATEWAY(X)                                                                         \
    CONFIG_KEYS_ROUTER(X)                                                                          \
    CONFIG_KEYS_LIMITS(X)                                                                          \
    CONFIG_KEYS_SESSION(X)                                                                         \
    CONFIG_KEYS_SOCKET(X)

enum config_key {
#define X(place, key, type, fallback, minimum, maximum, engines, elsewhere, form, help)            \
    CONFIG_KEY_##key,
    CONFIG_KEYS(X)
#undef X
        CONFIG_KEYS_COUNT,
};

struct config_key_definition {
    const char *name;
    unsigned places; /* Sum of enum config_place. */
    enum config_type type;
    const char *fallback; /* NULL, CONFIG_REQUIRED, or the default as it would be written. */
    int64_t minimum;
    int64_t maximum;
    const char *engines;
    const char *elsewhere;
    const char *form;
    const char *help;
};

const struct config_key_definition *config_key_definition(enum config_key key);
bool config_key_required(enum config_key key);

/* Keys that may be numbered: SocketConnectHost, SocketConnectHost1, … */
enum config_family {
    CONFIG_FAMILY_LOGON_TAG,
    CONFIG_FAMILY_CONNECT_HOST,
    CONFIG_FAMILY_CONNECT_PORT,
    CONFIG_FAMILY_SOURCE_HOST,
    CONFIG_FAMILY_SOURCE_PORT,
    CONFIG_FAMILIES_COUNT, /* Not a family. */
};

enum { CONFIG_NUMBERS_MAX = 15 }; /* Highest number of any family. */

enum config_family config_key_family(enum config_key key);
enum config_key config_family_key(enum config_family family);
uint32_t config_family_max(enum config_family family); /* Its highest number. */

/* The key of that very name, without regard to case; CONFIG_KEYS_COUNT if there is none.
 * For what stands in a file: config_name_find(). */
enum config_key config_key_find(const char *name);

/* NULL if `value` is right for the key; else the reason and the remedy, in `reason`. */
enum { CONFIG_REASON_BYTES_MAX = 320 };
MUST_USE const char *config_value_check(enum config_key key, const char *value,
                                        char reason[CONFIG_REASON_BYTES_MAX]);

/* Values that config_value_check() has found right; config_values.h has the others. */
int64_t config_value_number(enum config_key key, const char *value); /* … and of SECONDS, DECIMAL */
bool config_value_bool(const char *value);
uint32_t config_value_choice(enum config_key key, const char *value); /* Place in `form`, from 0. */
uint64_t config_value_time_ns(const char *value);

#endif
