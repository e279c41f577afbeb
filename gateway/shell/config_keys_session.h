/* The keys of [SESSION] that are about FIX; columns as in config_keys.h. */
#ifndef GATEWAY_SHELL_CONFIG_KEYS_SESSION_H
#define GATEWAY_SHELL_CONFIG_KEYS_SESSION_H

/* clang-format off */
#define CONFIG_KEYS_SESSION(X)                                                                     \
    X(SESSION, Broker, NAME, CONFIG_REQUIRED, 1, 63, "", NULL,                                     \
      "a [BROKER] Name",                                                                           \
      "whose session this is")                                                                     \
    X(SESSION, Role, CHOICE, "orders", 0, 0, "", NULL,                                             \
      "orders|dropcopy|marketdata",                                                                \
      "what the session is for")                                                                   \
    X(SESSION, ConnectionType, CHOICE, "initiator", 0, 0, "QF J", "QF J: required",                \
      "initiator|acceptor",                                                                        \
      "who opens the connection: initiator = we do")                                               \
    X(SESSION, BeginString, CHOICE, "FIX.4.4", 0, 0, "QF J Go", "QF J Go: required",               \
      "FIX.4.4",                                                                                   \
      "version of FIX")                                                                            \
    X(SESSION, SenderCompID, TEXT, CONFIG_REQUIRED, 1, 63, "QF J Go", NULL,                        \
      "text",                                                                                      \
      "our id")                                                                                    \
    X(SESSION, SenderSubID, TEXT, NULL, 1, 63, "J Go", NULL,                                       \
      "text",                                                                                      \
      "SenderSubID(50)")                                                                           \
    X(SESSION, SenderLocationID, TEXT, NULL, 1, 63, "J Go", NULL,                                  \
      "text",                                                                                      \
      "SenderLocationID(142)")                                                                     \
    X(SESSION, TargetCompID, TEXT, CONFIG_REQUIRED, 1, 63, "QF J Go", NULL,                        \
      "text",                                                                                      \
      "the peer's id")                                                                             \
    X(SESSION, TargetSubID, TEXT, NULL, 1, 63, "J Go", NULL,                                       \
      "text",                                                                                      \
      "TargetSubID(57)")                                                                           \
    X(SESSION, TargetLocationID, TEXT, NULL, 1, 63, "J Go", NULL,                                  \
      "text",                                                                                      \
      "TargetLocationID(143)")                                                                     \
    X(INITIATOR, SessionQualifier, NAME, NULL, 1, 63, "QF J Go", NULL,                             \
      "letters, digits, - and _",                                                                  \
      "tells sessions with equal ids apart; it is not sent, so an acceptor cannot have one")       \
    X(SESSION, AllowedOnBehalfOfCompIDs, NAMES, NULL, 1, 180, "", NULL,                            \
      "comma list; any if left out",                                                               \
      "OnBehalfOfCompID(115) that the peer may use")                                               \
    X(SESSION, AllowedDeliverToCompIDs, NAMES, NULL, 1, 180, "", NULL,                             \
      "comma list; any if left out",                                                               \
      "DeliverToCompID(128) that the peer may use")                                                \
    X(SESSION, Username, TEXT, NULL, 1, 63, "", NULL,                                              \
      "text",                                                                                      \
      "Username(553) of our Logon; an acceptor wants it in the peer's")                            \
    X(SESSION, Password, SECRET, NULL, 1, 63, "", NULL,                                            \
      "text",                                                                                      \
      "Password(554) of our Logon; an acceptor wants it in the peer's")                            \
    X(SESSION, PasswordFile, PATH, NULL, 1, 180, "", NULL,                                         \
      "file, readable by its owner only",                                                          \
      "first line: the Password")                                                                  \
    X(INITIATOR, NewPassword, SECRET, NULL, 1, 63, "", NULL,                                       \
      "text",                                                                                      \
      "NewPassword(925) of our Logon; remove it when the peer has taken it")                       \
    X(INITIATOR, NewPasswordFile, PATH, NULL, 1, 180, "", NULL,                                    \
      "file, readable by its owner only",                                                          \
      "first line: the NewPassword")                                                               \
    X(SESSION, LogonTag, LOGON_TAG, NULL, 3, 180, "J", NULL,                                       \
      "tag=value",                                                                                 \
      "field that our Logon carries besides; more in LogonTag1 to LogonTag15")                     \
    X(SESSION, LogonTimeout, SECONDS, "10", 1, 3600, "QF J Go", NULL,                              \
      "seconds",                                                                                   \
      "how long to wait for a Logon")                                                              \
    X(SESSION, LogoutTimeout, SECONDS, "2", 1, 3600, "QF J Go", NULL,                              \
      "seconds",                                                                                   \
      "how long to wait for a Logout")                                                             \
    X(SESSION, TestRequestAtLogon, BOOL, NULL, 0, 0, "", "QF J Go: never",                         \
      "Y or N; Y for an initiator, N for an acceptor",                                             \
      "orders go out only when a TestRequest after the Logon was answered")                        \
    X(SESSION, HeartBtInt, SECONDS, "30", 1, 3600, "QF J Go", "QF J Go: required",                 \
      "seconds",                                                                                   \
      "HeartBtInt(108) of our Logon; an acceptor takes the peer's")                                \
    X(ACCEPTOR, HeartBtIntOverride, BOOL, "N", 0, 0, "Go", NULL,                                   \
      "Y or N",                                                                                    \
      "answer with our own HeartBtInt instead")                                                    \
    X(SESSION, TestRequestDelayMultiplier, DECIMAL, "0.2", 0, 9000, "J", "J: 0.5",                 \
      "fraction of HeartBtInt",                                                                    \
      "silence of HeartBtInt and this much more: a TestRequest")                                   \
    X(SESSION, HeartBeatTimeoutMultiplier, DECIMAL, "1.4", 0, 9000, "J", NULL,                     \
      "fraction of HeartBtInt",                                                                    \
      "silence of HeartBtInt and this much more: the connection is given up")                      \
    X(SESSION, DisableHeartBeatCheck, BOOL, "N", 0, 0, "J", NULL,                                  \
      "Y or N",                                                                                    \
      "Y: never give a connection up for silence")                                                 \
    X(SESSION, ResetOnLogon, BOOL, "N", 0, 0, "QF J Go", NULL,                                     \
      "Y or N",                                                                                    \
      "sequence numbers begin at 1 at each Logon")                                                 \
    X(SESSION, ResetOnLogout, BOOL, "N", 0, 0, "QF J Go", NULL,                                    \
      "Y or N",                                                                                    \
      "the same after a Logout")                                                                   \
    X(SESSION, ResetOnDisconnect, BOOL, "N", 0, 0, "QF J Go", NULL,                                \
      "Y or N",                                                                                    \
      "the same after a lost connection")                                                          \
    X(SESSION, SendNextExpectedMsgSeqNum, BOOL, "N", 0, 0, "QF", NULL,                             \
      "Y or N",                                                                                    \
      "NextExpectedMsgSeqNum(789) in our Logon, and the peer's is used")                           \
    X(SESSION, EnableLastMsgSeqNumProcessed, BOOL, "N", 0, 0, "J Go", NULL,                        \
      "Y or N",                                                                                    \
      "LastMsgSeqNumProcessed(369) in each header")                                                \
    X(SESSION, ResendRequestChunkSize, NUMBER, "0", 0, 1000000, "J Go", NULL,                      \
      "messages; 0 = all at once",                                                                 \
      "a gap is asked for in pieces of this size")                                                 \
    X(SESSION, ClosedResendInterval, BOOL, "N", 0, 0, "J", NULL,                                   \
      "Y or N",                                                                                    \
      "EndSeqNo(16) of a ResendRequest is the true end, not 0")                                    \
    X(SESSION, SendRedundantResendRequests, BOOL, "N", 0, 0, "QF J", NULL,                         \
      "Y or N",                                                                                    \
      "each early message asks again, also while a request is unanswered")                         \
    X(SESSION, RequiresOrigSendingTime, BOOL, "Y", 0, 0, "J", NULL,                                \
      "Y or N",                                                                                    \
      "reject PossDupFlag=Y without OrigSendingTime(122)")                                         \
    X(SESSION, PersistMessages, BOOL, "Y", 0, 0, "QF J Go", NULL,                                  \
      "Y or N",                                                                                    \
      "N: bodies are not kept, and every ResendRequest is answered by a gap fill")                 \
    X(SESSION, OutboundArchiveDays, NUMBER, "0", 0, 36500, "", NULL,                               \
      "days; 0 = for ever",                                                                        \
      "how long the sent messages of earlier session days are kept in the store")                  \
    X(SESSION, StartTime, CLOCK, NULL, 0, 0, "QF J Go", "QF J: required",                          \
      "HH:MM:SS, a zone may follow",                                                               \
      "when the session day begins; without StartTime and EndTime the session never ends")         \
    X(SESSION, EndTime, CLOCK, NULL, 0, 0, "QF J Go", "QF J: required",                            \
      "HH:MM:SS, a zone may follow",                                                               \
      "when it ends; equal times: 24 hours")                                                       \
    X(SESSION, StartDay, DAY, NULL, 0, 0, "QF J Go", NULL,                                         \
      "a day of the week, at least two letters",                                                   \
      "a session of a week begins on this day, at StartTime")                                      \
    X(SESSION, EndDay, DAY, NULL, 0, 0, "QF J Go", NULL,                                           \
      "a day of the week, at least two letters",                                                   \
      "and ends on this one, at EndTime")                                                          \
    X(SESSION, Weekdays, DAYS, NULL, 0, 0, "J Go", NULL,                                           \
      "comma list of days",                                                                        \
      "days on which a daily session begins")                                                      \
    X(SESSION, TimeZone, ZONE, NULL, 1, 63, "J Go", NULL,                                          \
      "name as in Europe/London; UTC if left out",                                                 \
      "zone of all times of this session that do not name their own")                              \
    X(SESSION, UseLocalTime, BOOL, "N", 0, 0, "QF", NULL,                                          \
      "Y or N",                                                                                    \
      "the zone of this machine instead")                                                          \
    X(SESSION, NonStopSession, BOOL, "N", 0, 0, "QF J", NULL,                                      \
      "Y or N",                                                                                    \
      "never ends or resets by time; excludes StartTime and EndTime")                              \
    X(SESSION, LogonTime, CLOCK, NULL, 0, 0, "QF", NULL,                                           \
      "HH:MM:SS, a zone may follow",                                                               \
      "narrower window in which to be logged on: from here")                                       \
    X(SESSION, LogoutTime, CLOCK, NULL, 0, 0, "QF", NULL,                                          \
      "HH:MM:SS, a zone may follow",                                                               \
      "to here")                                                                                   \
    X(SESSION, LogonDay, DAY, NULL, 0, 0, "QF", NULL,                                              \
      "a day of the week, at least two letters",                                                   \
      "the same in a session of a week")                                                           \
    X(SESSION, LogoutDay, DAY, NULL, 0, 0, "QF", NULL,                                             \
      "a day of the week, at least two letters",                                                   \
      "the same in a session of a week")                                                           \
    X(SESSION, ResetSeqTime, CLOCK, NULL, 0, 0, "Go", NULL,                                        \
      "HH:MM:SS, a zone may follow",                                                               \
      "time of day at which a running session is reset to 1; waits while orders are open")         \
    X(SESSION, EnableResetSeqTime, BOOL, "Y", 0, 0, "Go", "Go: N",                                 \
      "Y or N",                                                                                    \
      "N switches ResetSeqTime off")                                                               \
    X(SESSION, CheckLatency, BOOL, "Y", 0, 0, "QF J Go", NULL,                                     \
      "Y or N",                                                                                    \
      "SendingTime(52) must be near our time")                                                     \
    X(SESSION, MaxLatency, SECONDS, "120", 1, 86400, "QF J Go", NULL,                              \
      "seconds",                                                                                   \
      "how near")                                                                                  \
    X(SESSION, CheckCompID, BOOL, "Y", 0, 0, "QF J", NULL,                                         \
      "Y or N",                                                                                    \
      "49 and 56 must be the session's")                                                           \
    X(SESSION, RejectInvalidMessage, BOOL, "Y", 0, 0, "J Go", NULL,                                \
      "Y or N",                                                                                    \
      "N: faults of content are only logged")                                                      \
    X(SESSION, RejectGarbledMessage, BOOL, "N", 0, 0, "J", NULL,                                   \
      "Y or N",                                                                                    \
      "Y: a garbled message that names its number is rejected")                                    \
    X(SESSION, UseDataDictionary, BOOL, "Y", 0, 0, "QF J", NULL,                                   \
      "Y or N",                                                                                    \
      "check what the peer sends")                                                                 \
    X(SESSION, ValidateIncomingMessage, BOOL, "Y", 0, 0, "J", NULL,                                \
      "Y or N",                                                                                    \
      "N: the same as UseDataDictionary=N")                                                        \
    X(GATEWAY_AND_SESSION, DataDictionary, PATH, "dictionaries/FIX44.xml", 1, 180, "QF J Go",      \
      "QF: required",                                                                              \
      "file",                                                                                      \
      "FIX 4.4 in the QuickFIX XML format")                                                        \
    X(SESSION, DataDictionaryOverlay, PATH, NULL, 1, 180, "", NULL,                                \
      "file",                                                                                      \
      "what this broker adds, requires or forbids")                                                \
    X(SESSION, ValidateFieldsOutOfOrder, BOOL, "Y", 0, 0, "QF J Go", NULL,                         \
      "Y or N",                                                                                    \
      "refuse header fields in the body and the like")                                             \
    X(SESSION, ValidateFieldsHaveValues, BOOL, "Y", 0, 0, "QF J Go", NULL,                         \
      "Y or N",                                                                                    \
      "refuse empty values")                                                                       \
    X(SESSION, ValidateUserDefinedFields, BOOL, "Y", 0, 0, "QF J Go", NULL,                        \
      "Y or N",                                                                                    \
      "tags from 5000 up must be in the dictionary")                                               \
    X(SESSION, ValidateUnorderedGroupFields, BOOL, "Y", 0, 0, "J", NULL,                           \
      "Y or N",                                                                                    \
      "fields of a group must be in order")                                                        \
    X(SESSION, FirstFieldInGroupIsDelimiter, BOOL, "N", 0, 0, "J", NULL,                           \
      "Y or N",                                                                                    \
      "Y: whichever field comes first in a group begins each of its entries")                      \
    X(SESSION, AllowUnknownMsgFields, BOOL, "N", 0, 0, "QF J Go", NULL,                            \
      "Y or N",                                                                                    \
      "take tags that the message does not have")                                                  \
    X(SESSION, AllowUnknownEnumValues, BOOL, "N", 0, 0, "J", NULL,                                 \
      "Y or N",                                                                                    \
      "take values that the field does not list")                                                  \
    X(SESSION, TimestampPrecision, PRECISION, "3", 0, 9, "QF J Go", NULL,                          \
      "digits, or SECONDS|MILLIS|MICROS|NANOS",                                                    \
      "fraction of timestamps that we send")                                                       \
    X(SESSION, MillisecondsInTimeStamp, BOOL, NULL, 0, 0, "QF", NULL,                              \
      "Y or N",                                                                                    \
      "older form: Y is TimestampPrecision 3, N is 0")                                             \
    X(SESSION, OutboundRate, NUMBER, "0", 0, 1000000, "", NULL,                                    \
      "messages per second; 0 = unlimited",                                                        \
      "most that goes out; session messages and cancels go first")                                 \
    X(SESSION, OutboundBurst, NUMBER, NULL, 1, 1000000, "", NULL,                                  \
      "messages; as OutboundRate if left out",                                                     \
      "how many may go out at once after a pause")                                                 \
    X(SESSION, StaleOrderAge, SECONDS, "0", 0, 604800, "", NULL,                                   \
      "seconds; 0 = as long as its TimeInForce",                                                   \
      "an order older than this goes to no broker again by itself")                                \
    X(SESSION, ResendOrders, BOOL, "N", 0, 0, "", NULL,                                            \
      "Y or N",                                                                                    \
      "Y: an order or replace that the broker asks for again is sent again; N: filled over, and "  \
      "freed or refused")                                                                          \
    X(SESSION, NumbersBehindMax, NUMBER, "0", 0, 1, "", NULL,                                      \
      "messages",                                                                                  \
      "1: it may ask again for the very last message that it answered, and still be sound")       \
    X(SESSION, OrderStatusRequest, BOOL, "Y", 0, 0, "", NULL,                                      \
      "Y or N",                                                                                    \
      "the broker answers it: ask it for orders without a word")                                   \
    X(SESSION, OrderMassStatusRequest, BOOL, "N", 0, 0, "", NULL,                                  \
      "Y or N",                                                                                    \
      "Y: one for all orders at logon, instead of one for each")                                   \
    X(SESSION, OrderStatusInterval, SECONDS, "30", 1, 86400, "", NULL,                             \
      "seconds",                                                                                   \
      "ask again while there is no word")                                                          \
    X(SESSION, BacklogHigh, BYTES, "1M", 64 << 10, 1 << 30, "", NULL,                              \
      "bytes",                                                                                     \
      "unsent bytes from which no new order goes to this session")                                 \
    X(SESSION, BacklogMax, BYTES, "16M", 128 << 10, 1 << 30, "", "QF J Go: no limit",              \
      "bytes",                                                                                     \
      "unsent bytes at which a slow peer is cut off")
/* clang-format on */

#endif
