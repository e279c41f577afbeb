/* Every key of a configuration, once: the parser, the defaults, `fixgate check` and
 * `fixgate help config` all read this table.
 *
 * No state, no I/O. Any thread. */
#ifndef GATEWAY_SHELL_CONFIG_KEYS_H
#define GATEWAY_SHELL_CONFIG_KEYS_H

#include "fix/base.h"

enum config_type {
    CONFIG_TEXT,   /* minimum, maximum: bytes; printable ASCII. */
    CONFIG_NAME,   /* As text, of letters, digits, '-' and '_': it becomes part of topics. */
    CONFIG_SECRET, /* As text; never printed. */
    CONFIG_PATH,
    CONFIG_ENDPOINT,  /* ipc://, inproc:// or tcp:// on loopback. */
    CONFIG_NUMBER,    /* minimum … maximum */
    CONFIG_BYTES,     /* The same with K, M or G behind it (1024s). */
    CONFIG_BOOL,      /* Y or N */
    CONFIG_CHOICE,    /* One of the words in `form`, with '|' between. */
    CONFIG_TIME,      /* HH:MM:SS of the day, UTC */
    CONFIG_PRECISION, /* 0 to 9 digits, or QuickFIX/J's SECONDS, MILLIS, MICROS, NANOS. */
};

/* Where a key may stand. Each section inherits from [DEFAULT]. */
enum config_place {
    CONFIG_GATEWAY = 1,
    CONFIG_BROKER = 2,
    CONFIG_SESSION = 4,
    CONFIG_GATEWAY_AND_SESSION = 5,
    CONFIG_EVERYWHERE = 7,
};

/* A default of NULL means that there is none: the key may be left out. REQUIRED: it may not. */
#define CONFIG_REQUIRED "\001"

/* clang-format off */
/* place, key, type, default, minimum, maximum, form or unit, help */
#define CONFIG_KEYS(X)                                                                             \
    X(GATEWAY, StorePath, PATH, CONFIG_REQUIRED, 1, 180, "directory",                              \
      "where everything durable is kept")                                                          \
    X(GATEWAY, Durability, CHOICE, "commit", 0, 0, "commit|process",                               \
      "commit: synced before anything is sent; process: survives kill -9, not power loss")         \
    X(GATEWAY, StoreMapInitial, BYTES, "64M", 1 << 20, INT64_C(1) << 40, "bytes",                  \
      "first size of the store's map; it grows by itself")                                         \
    X(GATEWAY, StoreReserve, BYTES, "64M", 1 << 20, INT64_C(1) << 40, "bytes",                     \
      "disk kept free for executions: below it no new order is taken")                             \
    X(GATEWAY, OrderEntryEndpoint, ENDPOINT, NULL, 1, 255, "ipc://StorePath/order-entry.ipc",      \
      "where the OMS sends its orders (ROUTER)")                                                   \
    X(GATEWAY, BusEndpoint, ENDPOINT, NULL, 1, 255, "ipc://StorePath/bus.ipc",                     \
      "where events are published (XPUB)")                                                         \
    X(GATEWAY, ReplayEndpoint, ENDPOINT, NULL, 1, 255, "ipc://StorePath/replay.ipc",               \
      "where past events are asked for (ROUTER)")                                                  \
    X(GATEWAY, CompID, TEXT, "FIXGATE", 1, 63, "text",                                             \
      "SenderCompID(49) of what the gateway says to the OMS and on the bus")                       \
    X(GATEWAY, LogLevel, CHOICE, "info", 0, 0, "debug|info|warning|error",                         \
      "what is logged, this and above")                                                            \
    X(GATEWAY, LogFile, PATH, NULL, 1, 180, "file; standard error if left out",                    \
      "where the log goes")                                                                        \
    X(GATEWAY, LogFormat, CHOICE, "text", 0, 0, "text|json", "one line per event, either way")     \
    X(GATEWAY, BusHeartbeatInterval, NUMBER, "1", 1, 60, "seconds",                                \
      "how often an idle bus tells its last BusSeq")                                               \
    X(GATEWAY, DayEnd, TIME, "00:00:00", 0, 0, "HH:MM:SS UTC",                                     \
      "when queued orders with TimeInForce Day end")                                               \
    X(GATEWAY, InternalDictionary, PATH, "dictionaries/FIX44-internal.xml", 1, 180, "file",        \
      "the in-house tags of order entry and bus, on top of DataDictionary")                        \
    X(BROKER, Name, NAME, CONFIG_REQUIRED, 1, 63, "letters, digits, - and _",                      \
      "the broker's name in topics, logs and commands")                                            \
    X(BROKER, Weight, NUMBER, "1", 0, 1000000, "share",                                            \
      "share of new orders; 0 = none")                                                             \
    X(SESSION, Broker, NAME, CONFIG_REQUIRED, 1, 63, "a [BROKER] Name",                            \
      "whose session this is")                                                                     \
    X(SESSION, Role, CHOICE, "orders", 0, 0, "orders|dropcopy|marketdata",                         \
      "what the session is for")                                                                   \
    X(SESSION, ConnectionType, CHOICE, "initiator", 0, 0, "initiator|acceptor",                    \
      "who opens the connection; this version: initiator only")                                    \
    X(SESSION, BeginString, CHOICE, "FIX.4.4", 0, 0, "FIX.4.4", "version of FIX")                  \
    X(SESSION, SenderCompID, TEXT, CONFIG_REQUIRED, 1, 63, "text", "our id")                       \
    X(SESSION, TargetCompID, TEXT, CONFIG_REQUIRED, 1, 63, "text", "the peer's id")                \
    X(SESSION, SenderSubID, TEXT, NULL, 1, 63, "text", "SenderSubID(50)")                          \
    X(SESSION, TargetSubID, TEXT, NULL, 1, 63, "text", "TargetSubID(57)")                          \
    X(SESSION, SessionQualifier, NAME, NULL, 1, 63, "letters, digits, - and _",                    \
      "tells sessions with equal ids apart")                                                       \
    X(SESSION, HeartBtInt, NUMBER, "30", 1, 3600, "seconds", "HeartBtInt(108) of our Logon")       \
    X(SESSION, ReconnectInterval, NUMBER, "30", 1, 86400, "seconds",                               \
      "between attempts to connect")                                                               \
    X(SESSION, LogonTimeout, NUMBER, "10", 1, 3600, "seconds", "how long to wait for a Logon")     \
    X(SESSION, LogoutTimeout, NUMBER, "2", 1, 3600, "seconds", "how long to wait for a Logout")    \
    X(SESSION, CheckLatency, BOOL, "Y", 0, 0, "Y or N", "SendingTime(52) must be near our time")   \
    X(SESSION, MaxLatency, NUMBER, "120", 1, 86400, "seconds", "how near")                         \
    X(SESSION, CheckCompID, BOOL, "Y", 0, 0, "Y or N", "49 and 56 must be the session's")          \
    X(SESSION, ResetOnLogon, BOOL, "N", 0, 0, "Y or N", "sequence numbers begin at 1 at Logon")    \
    X(SESSION, ResetOnLogout, BOOL, "N", 0, 0, "Y or N", "the same after a Logout")                \
    X(SESSION, ResetOnDisconnect, BOOL, "N", 0, 0, "Y or N", "the same after a lost connection")   \
    X(SESSION, SocketConnectHost, TEXT, CONFIG_REQUIRED, 1, 255, "name or address",                \
      "where the peer listens")                                                                    \
    X(SESSION, SocketConnectPort, NUMBER, CONFIG_REQUIRED, 1, 65535, "port", "its port")           \
    X(SESSION, SocketNodelay, BOOL, "Y", 0, 0, "Y or N",                                           \
      "TCP_NODELAY: send at once (QuickFIX has N)")                                                \
    X(SESSION, SocketConnectTimeout, NUMBER, "10", 1, 600, "seconds", "for one attempt")           \
    X(SESSION, TimestampPrecision, PRECISION, "3", 0, 9, "digits, or SECONDS|MILLIS|MICROS|NANOS", \
      "fraction of timestamps that we send; TimeStampPrecision is the same key")                   \
    X(SESSION, MillisecondsInTimeStamp, BOOL, NULL, 0, 0, "Y or N",                                \
      "older form: Y is TimestampPrecision 3, N is 0")                                             \
    X(SESSION, UseDataDictionary, BOOL, "Y", 0, 0, "Y or N", "check what the peer sends")          \
    X(GATEWAY_AND_SESSION, DataDictionary, PATH, "dictionaries/FIX44.xml", 1, 180, "file",         \
      "FIX 4.4 in the QuickFIX XML format")                                                        \
    X(SESSION, DataDictionaryOverlay, PATH, NULL, 1, 180, "file",                                  \
      "what this broker adds, requires or forbids")                                                \
    X(SESSION, ValidateFieldsOutOfOrder, BOOL, "Y", 0, 0, "Y or N",                                \
      "refuse header fields in the body and the like")                                             \
    X(SESSION, ValidateFieldsHaveValues, BOOL, "Y", 0, 0, "Y or N", "refuse empty values")         \
    X(SESSION, ValidateUserDefinedFields, BOOL, "Y", 0, 0, "Y or N",                               \
      "tags from 5000 up must be in the dictionary")                                               \
    X(SESSION, ValidateUnorderedGroupFields, BOOL, "Y", 0, 0, "Y or N",                            \
      "fields of a group must be in order")                                                        \
    X(SESSION, AllowUnknownMsgFields, BOOL, "N", 0, 0, "Y or N",                                   \
      "take tags that the message does not have")                                                  \
    X(SESSION, AllowUnknownEnumValues, BOOL, "N", 0, 0, "Y or N",                                  \
      "take values that the field does not list")                                                  \
    X(SESSION, Username, TEXT, NULL, 1, 63, "text", "Username(553) of our Logon")                  \
    X(SESSION, Password, SECRET, NULL, 1, 63, "text", "Password(554) of our Logon")                \
    X(SESSION, PasswordFile, PATH, NULL, 1, 180, "file, readable by its owner only",               \
      "first line: Password(554) of our Logon")                                                    \
    X(SESSION, BacklogHigh, BYTES, "1M", 64 << 10, 1 << 30, "bytes",                               \
      "unsent bytes from which no new order goes to this session")                                 \
    X(SESSION, BacklogMax, BYTES, "16M", 128 << 10, 1 << 30, "bytes",                              \
      "unsent bytes at which a slow peer is cut off")
/* clang-format on */

enum config_key {
#define X(place, key, type, fallback, minimum, maximum, form, help) CONFIG_KEY_##key,
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
    const char *form; /* Unit, choices, or what else the value is. */
    const char *help;
};

const struct config_key_definition *config_key_definition(enum config_key key);

/* The key of that name, without regard to case; CONFIG_KEYS_COUNT if there is none. */
enum config_key config_key_find(const char *name);

/* QuickFIX knows the key, this version of fixgate does not support it. */
bool config_key_unsupported(const char *name);

/* The known key nearest to `name`, or NULL. */
const char *config_key_nearest(const char *name);

/* NULL if `value` is right for the key; else the reason and the remedy, in `reason`. */
enum { CONFIG_REASON_BYTES_MAX = 320 };
MUST_USE const char *config_value_check(enum config_key key, const char *value,
                                        char reason[CONFIG_REASON_BYTES_MAX]);

/* Values that config_value_check() has found right. */
int64_t config_value_number(enum config_key key, const char *value); /* NUMBER, BYTES, PRECISION */
bool config_value_bool(const char *value);
uint32_t config_value_choice(enum config_key key, const char *value); /* Place in `form`, from 0. */
uint64_t config_value_time_ns(const char *value);

#endif
