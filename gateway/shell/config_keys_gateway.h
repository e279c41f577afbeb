/* The keys of [GATEWAY] and [BROKER]; columns as in config_keys.h. */
#ifndef GATEWAY_SHELL_CONFIG_KEYS_GATEWAY_H
#define GATEWAY_SHELL_CONFIG_KEYS_GATEWAY_H

/* clang-format off */
#define CONFIG_KEYS_GATEWAY(X)                                                                     \
    X(GATEWAY, StorePath, PATH, CONFIG_REQUIRED, 1, 180, "", NULL,                                 \
      "directory",                                                                                 \
      "where everything durable is kept")                                                          \
    X(GATEWAY, Durability, CHOICE, "commit", 0, 0, "", NULL,                                       \
      "commit|process",                                                                            \
      "commit: synced before anything is sent; process: survives kill -9, not power loss")         \
    X(GATEWAY, StoreMapInitial, BYTES, "64M", 1 << 20, INT64_C(1) << 40, "", NULL,                 \
      "bytes",                                                                                     \
      "first size of the store's map; it grows by itself")                                         \
    X(GATEWAY, StoreReserve, BYTES, "64M", 1 << 20, INT64_C(1) << 40, "", NULL,                    \
      "bytes",                                                                                     \
      "disk kept free for executions: below it no new order is taken")                             \
    X(GATEWAY, OrderEntryEndpoint, ENDPOINT, NULL, 1, 255, "", NULL,                               \
      "ipc://StorePath/order-entry.ipc",                                                           \
      "where the OMS sends its orders (ROUTER)")                                                   \
    X(GATEWAY, BusEndpoint, ENDPOINT, NULL, 1, 255, "", NULL,                                      \
      "ipc://StorePath/bus.ipc",                                                                   \
      "where events are published (XPUB)")                                                         \
    X(GATEWAY, ReplayEndpoint, ENDPOINT, NULL, 1, 255, "", NULL,                                   \
      "ipc://StorePath/replay.ipc",                                                                \
      "where past events are asked for (ROUTER)")                                                  \
    X(GATEWAY, ControlEndpoint, ENDPOINT, NULL, 1, 255, "", NULL,                                  \
      "ipc://StorePath/control.ipc",                                                               \
      "where operators steer a running gateway (ROUTER); ipc:// lets only its owner in")           \
    X(GATEWAY, ControlSecureEndpoint, TEXT, NULL, 1, 255, "", NULL,                                \
      "tcp://ADDRESS:PORT",                                                                        \
      "where operators with keys steer the gateway from elsewhere (ROUTER, CURVE)")                \
    X(GATEWAY, ControlSecureKeyFile, PATH, NULL, 1, 180, "", NULL,                                 \
      "file",                                                                                      \
      "the gateway's secret key for that, as `fixgate keys` makes it; chmod 600")                  \
    X(GATEWAY, ApprovalTimeout, SECONDS, "900", 1, 604800, "", NULL,                               \
      "seconds",                                                                                   \
      "how long a proposal waits for its second person; then it expires")                          \
    X(GATEWAY, CompID, TEXT, "FIXGATE", 1, 63, "", NULL,                                           \
      "text",                                                                                      \
      "SenderCompID(49) of what the gateway says to the OMS and on the bus")                       \
    X(GATEWAY, LogLevel, CHOICE, "info", 0, 0, "", NULL,                                           \
      "debug|info|warning|error",                                                                  \
      "what is logged, this and above")                                                            \
    X(GATEWAY, LogFile, PATH, NULL, 1, 180, "", NULL,                                              \
      "file; standard error if left out",                                                          \
      "where the log goes")                                                                        \
    X(GATEWAY, LogFormat, CHOICE, "text", 0, 0, "", NULL,                                          \
      "text|json",                                                                                 \
      "one line per event, either way")                                                            \
    X(GATEWAY, MessageLogPath, PATH, NULL, 1, 180, "", NULL,                                       \
      "directory; no message log if left out",                                                     \
      "files of all messages in and out, one per session, secrets masked")                         \
    X(GATEWAY, MessageLogRotate, BYTES, "64M", 64 << 10, INT64_C(1) << 40, "", "QF J Go: no limit",\
      "bytes",                                                                                     \
      "size at which a new file of the message log begins")                                        \
    X(GATEWAY, MessageLogKeep, NUMBER, "10", 1, 1000, "", NULL,                                    \
      "files",                                                                                     \
      "old files of the message log kept per session")                                             \
    X(GATEWAY, FileLogHeartbeats, BOOL, "Y", 0, 0, "J", "J: N",                                    \
      "Y or N",                                                                                    \
      "the message log holds Heartbeats and TestRequests too")                                     \
    X(GATEWAY, BusHeartbeatInterval, NUMBER, "1", 1, 60, "", NULL,                                 \
      "seconds",                                                                                   \
      "how often an idle bus tells its last BusSeq")                                               \
    X(GATEWAY, DayEnd, TIME, "00:00:00", 0, 0, "", NULL,                                           \
      "HH:MM:SS UTC",                                                                              \
      "when queued orders with TimeInForce Day end")                                               \
    X(GATEWAY, InternalDictionary, PATH, "dictionaries/FIX44-internal.xml", 1, 180, "", NULL,      \
      "file",                                                                                      \
      "the in-house tags of order entry and bus, on top of DataDictionary")                        \
    X(GATEWAY, WarmShare, NUMBER, "20", 0, 500, "", NULL,                                          \
      "thousandths",                                                                               \
      "share of new orders that each healthy broker gets at least")                                \
    X(GATEWAY, RouterPostMaxAge, SECONDS, "10", 1, 3600, "", NULL,                                 \
      "seconds",                                                                                   \
      "a router that was silent so long is told of; its last table stays in force")                \
    X(BROKER_AND_OPERATOR, Name, NAME, CONFIG_REQUIRED, 1, 63, "", NULL,                           \
      "letters, digits, - and _",                                                                  \
      "the broker's or operator's name in topics, logs and commands")                              \
    X(OPERATOR, Roles, NAMES, CONFIG_REQUIRED, 1, 120, "", NULL,                                   \
      "list of view, operate, admin, approve, serve",                                              \
      "what the operator may do; without any [OPERATOR] everybody may do everything")              \
    X(OPERATOR, PublicKey, TEXT, NULL, 40, 40, "", NULL,                                           \
      "CURVE key, 40 characters",                                                                  \
      "he is believed only by this key, at ControlSecureEndpoint")                                 \
    X(BROKER, Weight, NUMBER, "1", 0, 1000000, "", NULL,                                           \
      "share",                                                                                     \
      "share of new orders; 0 = none")                                                             \
    X(BROKER, Capacity, NUMBER, "0", 0, 1000000, "", NULL,                                         \
      "orders",                                                                                    \
      "unacknowledged orders at most, then others wait; 0 = any number")                           \
    X(BROKER, InDoubtPolicy, CHOICE, "hold", 0, 0, "", NULL,                                       \
      "hold|operator|dropcopy",                                                                    \
      "what settles an order in doubt besides the broker's word")                                  \
    X(BROKER, InDoubtDeadline, SECONDS, "60", 0, 604800, "", NULL,                                 \
      "seconds; 0 = never",                                                                        \
      "an order in doubt for longer is told of")                                                   \
    X(BROKER, DeadAttemptGrace, SECONDS, "0", 0, 86400, "", NULL,                                  \
      "seconds",                                                                                   \
      "what the broker did not get is free so long after it was filled over")                      \
    X(BROKER, DeadAttemptStatus, BOOL, "N", 0, 0, "", NULL,                                        \
      "Y or N",                                                                                    \
      "Y: and only when the broker, asked, does not know it")
/* clang-format on */

#endif
