/* The list itself: number, roles, title, and where no script can show it, who does.
 *
 * BEHAVIOUR(number, initiator, acceptor, title, elsewhere) */
#define BEHAVIOURS(BEHAVIOUR)                                                                      \
    BEHAVIOUR("1.1", 1, 1, "what is well framed is taken", NULL)                                   \
    BEHAVIOUR("1.2", 1, 1, "garbled messages are dropped and use no number", NULL)                 \
    BEHAVIOUR("1.3", 1, 1, "the next message behind a garbled one is found", NULL)                 \
    BEHAVIOUR("1.4", 1, 1, "bytes come in any portions; no length makes us wait", NULL)            \
    BEHAVIOUR("1.5", 1, 1, "header and trailer of what we send", NULL)                             \
    BEHAVIOUR("2.1", 1, 1, "each direction has its own numbers, and keeps them", NULL)             \
    BEHAVIOUR("2.2", 1, 1, "early messages: kept, the gap asked for once", NULL)                   \
    BEHAVIOUR("2.3", 1, 1, "early messages by their type", NULL)                                   \
    BEHAVIOUR("2.4", 1, 1, "late without PossDupFlag: leave", NULL)                                \
    BEHAVIOUR("2.5", 1, 1, "late with PossDupFlag: dropped, or taken if never had", NULL)          \
    BEHAVIOUR("2.6", 1, 1, "PossDupFlag with the number due changes nothing", NULL)                \
    BEHAVIOUR("2.7", 1, 1, "no readable MsgSeqNum: leave", NULL)                                   \
    BEHAVIOUR("2.8", 1, 1, "what is rejected uses its number up", NULL)                            \
    BEHAVIOUR("3.1", 1, 1, "wrong BeginString: leave", NULL)                                       \
    BEHAVIOUR("3.2", 1, 1, "wrong comp IDs: reject and leave", NULL)                               \
    BEHAVIOUR("3.3", 1, 1, "SendingTime off our clock: reject and leave", NULL)                    \
    BEHAVIOUR("3.4", 1, 1, "OrigSendingTime after SendingTime: reject and leave", NULL)            \
    BEHAVIOUR("3.5", 1, 1, "PossDupFlag without OrigSendingTime: reject", NULL)                    \
    BEHAVIOUR("3.6", 1, 1, "types unknown, or that nobody handles", NULL)                          \
    BEHAVIOUR("3.7", 1, 1, "PossResend is the application's matter", NULL)                         \
    BEHAVIOUR("3.8", 1, 1, "third parties: agreed names, and the route turned round", NULL)        \
    BEHAVIOUR("4.1", 0, 1, "a connection without a Logon is closed", NULL)                         \
    BEHAVIOUR("4.2", 0, 1, "first message not a Logon: closed without a word", NULL)               \
    BEHAVIOUR("4.3", 0, 1, "Logon of a stranger: closed without a word", NULL)                     \
    BEHAVIOUR("4.4", 0, 1, "Logon of a session that is logged on already",                         \
              "the acceptor's own tests: the new connection never reaches the session")            \
    BEHAVIOUR("4.5", 0, 1, "invalid Logon: refused with its reason", NULL)                         \
    BEHAVIOUR("4.6", 0, 1, "valid Logon: answered first of all", NULL)                             \
    BEHAVIOUR("4.7", 0, 1, "Logon with an early or late number", NULL)                             \
    BEHAVIOUR("4.8", 1, 0, "Logon is the first message; no answer closes", NULL)                   \
    BEHAVIOUR("4.9", 1, 0, "valid answer: both gaps are closed first", NULL)                       \
    BEHAVIOUR("4.10", 1, 0, "invalid answer: refused with its reason", NULL)                       \
    BEHAVIOUR("4.11", 1, 0, "answer that is no Logon", NULL)                                       \
    BEHAVIOUR("4.12", 1, 0, "numbers go on after reconnecting", NULL)                              \
    BEHAVIOUR("5.1", 1, 1, "Heartbeat after our own silence", NULL)                                \
    BEHAVIOUR("5.2", 1, 1, "TestRequest is echoed at once", NULL)                                  \
    BEHAVIOUR("5.3", 1, 1, "Heartbeat is only taken", NULL)                                        \
    BEHAVIOUR("5.4", 1, 1, "TestRequest after the peer's silence", NULL)                           \
    BEHAVIOUR("5.5", 1, 1, "dead line is closed, numbers kept", NULL)                              \
    BEHAVIOUR("5.6", 1, 1, "Reject is never answered", NULL)                                       \
    BEHAVIOUR("6.1", 1, 1, "the range of a ResendRequest", NULL)                                   \
    BEHAVIOUR("6.2", 1, 1, "what goes again, what is filled over", NULL)                           \
    BEHAVIOUR("6.3", 1, 1, "exactly the range", NULL)                                              \
    BEHAVIOUR("6.4", 1, 1, "again and again the same; nothing between", NULL)                      \
    BEHAVIOUR("6.5", 1, 1, "the queue outlives disconnection and restart", NULL)                   \
    BEHAVIOUR("7", 1, 1, "SequenceReset, gap fill and reset", NULL)                                \
    BEHAVIOUR("8.1", 1, 1, "Logon with ResetSeqNumFlag, first or in a running session", NULL)      \
    BEHAVIOUR("8.2", 1, 1, "resets at agreed times or by an operator", NULL)                       \
    BEHAVIOUR("8.3", 1, 1, "a lost store", NULL)                                                   \
    BEHAVIOUR("8.4", 0, 1, "ResetOnLogon judges each Logon with 1 due", NULL)                      \
    BEHAVIOUR("9.1", 1, 1, "what waits while away is not lost", NULL)                              \
    BEHAVIOUR("9.2", 1, 1, "it gets its number when it really goes out", NULL)                     \
    BEHAVIOUR("10.1", 1, 1, "we log out, and go on answering", NULL)                               \
    BEHAVIOUR("10.2", 1, 1, "the answer to our Logout closes", NULL)                               \
    BEHAVIOUR("10.3", 1, 1, "Logout out of the blue is answered", NULL)                            \
    BEHAVIOUR("10.4", 1, 1, "nothing new after a Logout", NULL)                                    \
    BEHAVIOUR("10.5", 1, 1, "a lost connection keeps the numbers", NULL)                           \
    BEHAVIOUR("11a", 1, 1, "tag that nobody knows", NULL)                                          \
    BEHAVIOUR("11b", 1, 1, "required field missing", NULL)                                         \
    BEHAVIOUR("11c", 1, 1, "tag of another message", NULL)                                         \
    BEHAVIOUR("11d", 1, 1, "empty value", NULL)                                                    \
    BEHAVIOUR("11e", 1, 1, "value outside its enumeration", NULL)                                  \
    BEHAVIOUR("11f", 1, 1, "value not of its type", NULL)                                          \
    BEHAVIOUR("11g", 1, 1, "header field behind the body", NULL)                                   \
    BEHAVIOUR("11h", 1, 1, "tag that comes twice", NULL)                                           \
    BEHAVIOUR("11i", 1, 1, "group count that is wrong", NULL)                                      \
    BEHAVIOUR("11j", 1, 1, "group entry out of order", NULL)                                       \
    BEHAVIOUR("11k", 1, 1, "SOH inside a value", NULL)                                             \
    BEHAVIOUR("11l", 1, 1, "application that is not available", NULL)                              \
    BEHAVIOUR("11m", 1, 1, "conditionally required field missing", NULL)                           \
    BEHAVIOUR("11n", 1, 1, "encrypted part without encryption", NULL)                              \
    BEHAVIOUR("11.1", 1, 1, "fields may come in any order", NULL)                                  \
    BEHAVIOUR("11.2", 1, 1, "what FIX.4.4 requires of an order, and no more", NULL)                \
    BEHAVIOUR("11.3", 1, 1, "encryption is refused", NULL)                                         \
    BEHAVIOUR("12", 1, 1, "the order of the checks", NULL)
