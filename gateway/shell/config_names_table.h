/* Inside of config_names.c: the words of other engines. A name that ends in '*' stands for
 * all that begin so. */
#ifndef GATEWAY_SHELL_CONFIG_NAMES_TABLE_H
#define GATEWAY_SHELL_CONFIG_NAMES_TABLE_H

/* clang-format off */
/* X(name, key, engines, values, text): another word for a key of ours. */
#define CONFIG_ALIASES(X)                                                                          \
    X(EnableNextExpectedMsgSeqNum, SendNextExpectedMsgSeqNum, "J Go", NULL, NULL)                  \
    X(SendResetSeqNumFlag, ResetOnLogon, "QF", NULL,                                               \
      "an older word of QuickFIX")                                                                 \
    X(SocketTcpNoDelay, SocketNodelay, "J", NULL, NULL)                                            \
    X(SendBufferSize, SocketSendBufferSize, "QF", NULL,                                            \
      "an older word of QuickFIX")                                                                 \
    X(ReceiveBufferSize, SocketReceiveBufferSize, "QF", NULL,                                      \
      "an older word of QuickFIX")                                                                 \
    X(SocketLocalHost, SocketConnectSourceHost, "J", NULL, NULL)                                   \
    X(SocketLocalPort, SocketConnectSourcePort, "J", NULL, NULL)                                   \
    X(SocketTimeout, SocketConnectTimeout, "Go", NULL,                                             \
      "there a duration (30s); here whole seconds, and for the whole attempt")                     \
    X(SocketAcceptAddress, SocketAcceptHost, "J", NULL, NULL)                                      \
    X(SNIHostName, SocketServerName, "J", NULL,                                                    \
      "here the certificate must have this name too")                                              \
    X(SocketCAFile, CertificationAuthoritiesFile, "Go", NULL, NULL)                                \
    X(NeedClientAuth, CertificateVerifyLevel, "J", "Y=1|N=0", NULL)                                \
    X(EnabledProtocols, SSLProtocol, "J", NULL, NULL)                                              \
    X(SocketMinimumTLSVersion, SSLProtocol, "Go", NULL,                                            \
      "what is older than TLS 1.2 stays out")                                                      \
    X(FileLogPath, MessageLogPath, "QF J Go", NULL,                                                \
      "one place for all sessions; rotated, secrets masked")

/* X(name, engines, only, text): taken, and why it changes nothing. */
#define CONFIG_NOTED(X)                                                                            \
    X("FileStorePath", "QF J Go", NULL,                                                            \
      "numbers and messages are in StorePath. Those of the file store are not taken over: "        \
      "agree with the peer on a reset for the first Logon")                                        \
    X("FileStoreSync", "J Go", NULL,                                                               \
      "Durability says what is synced, and the default is all")                                    \
    X("FileStoreMaxCachedMsgs", "J", NULL,                                                         \
      "the store keeps no cache of its own")                                                       \
    X("ForceResendWhenCorruptedStore", "J", "N",                                                   \
      "a store that cannot be read stops the start with the reason; nothing is made up")           \
    X("RefreshOnLogon", "QF J Go", NULL,                                                           \
      "the store has one owner, so what is in memory is what is stored")                           \
    X("RefreshMessageStoreAtLogon", "J", NULL,                                                     \
      "older word for RefreshOnLogon: the store has one owner")                                    \
    X("ResetOnError", "J", "N",                                                                    \
      "a fault of the peer must not throw away what proves which orders it has")                   \
    X("DisconnectOnError", "J", "N",                                                               \
      "faults are answered as FIX says: reject, logout, or close")                                 \
    X("RejectMessageOnUnhandledException", "J", NULL,                                              \
      "there are no exceptions: a message that cannot be handled is answered with a "              \
      "BusinessMessageReject")                                                                     \
    X("ContinueInitializationOnError", "J", "N",                                                   \
      "a configuration is right as a whole or not at all; all faults are said at once")            \
    X("AllowPosDup", "J", "N",                                                                     \
      "43 and 122 belong to the session; an order that goes out again has them right")             \
    X("ValidateLengthAndChecksum", "QF", "Y",                                                      \
      "a message whose length or checksum is wrong is garbled, and dropped; to trust it is "       \
      "unsafe")                                                                                    \
    X("ValidateChecksum", "J", "Y",                                                                \
      "a message whose length or checksum is wrong is garbled, and dropped; to trust it is "       \
      "unsafe")                                                                                    \
    X("ValidateSequenceNumbers", "J", "Y",                                                         \
      "without the numbers an execution could be lost or counted twice")                           \
    X("PreserveMessageFieldsOrder", "QF", NULL,                                                    \
      "fields go out in the order in which the OMS gave them")                                     \
    X("SocketReuseAddress", "QF J", "Y",                                                           \
      "always so, or a restart would have to wait for old connections to expire")                  \
    X("SocketKeepAlive", "J", NULL,                                                                \
      "heartbeats prove the line alive, and sooner")                                               \
    X("SocketLinger", "J", NULL,                                                                   \
      "a connection is closed when its last bytes are out, or after two seconds")                  \
    X("SocketOobInline", "J", NULL,                                                                \
      "FIX has no out-of-band data")                                                               \
    X("SocketConnectProtocol", "J", "SOCKET",                                                      \
      "FIX is spoken over TCP only")                                                               \
    X("SocketAcceptProtocol", "J", "SOCKET",                                                       \
      "FIX is spoken over TCP only")                                                               \
    X("SocketSynchronousWrites", "J", "N",                                                         \
      "a write never waits for a peer; see BacklogMax")                                            \
    X("SocketSynchronousWriteTimeout", "J", NULL,                                                  \
      "a write never waits for a peer; see BacklogMax")                                            \
    X("MaxScheduledWriteRequests", "J", NULL,                                                      \
      "always bounded, in bytes: BacklogHigh and BacklogMax")                                      \
    X("InChanCapacity", "Go", NULL,                                                                \
      "what is received is bounded by bytes and by work per turn")                                 \
    X("DynamicSession", "J", "N",                                                                  \
      "sessions are named in the file, or a stranger could make one")                              \
    X("DynamicSessions", "Go", "N",                                                                \
      "sessions are named in the file, or a stranger could make one")                              \
    X("AcceptorTemplate", "J", "N",                                                                \
      "sessions are named in the file, or a stranger could make one")                              \
    X("DynamicQualifier", "Go", "N",                                                               \
      "sessions are named in the file, or a stranger could make one")                              \
    X("UseTCPProxy", "Go", "N",                                                                    \
      "the address of the peer is that of its connection; a PROXY line is not read")               \
    X("UseSNI", "J", NULL,                                                                         \
      "the name is always sent")                                                                   \
    X("EndpointIdentificationAlgorithm", "J", "HTTPS",                                             \
      "the name in the certificate is always verified, and in this way")                           \
    X("FileLogBackupPath", "QF", NULL,                                                             \
      "old files stay beside the new one: MessageLogRotate, MessageLogKeep")                       \
    X("FileLogMaxSize", "QF", NULL,                                                                \
      "see MessageLogRotate")                                                                      \
    X("FileIncludeMilliseconds", "J", NULL,                                                        \
      "the message log has nanoseconds")                                                           \
    X("FileIncludeTimeStampForMessages", "J", NULL,                                                \
      "the message log has the time of each message")                                              \
    X("ScreenLogShow*", "QF J", NULL,                                                              \
      "nothing goes to the screen; see MessageLogPath and LogLevel")                               \
    X("ScreenIncludeMilliseconds", "J", NULL,                                                      \
      "nothing goes to the screen; see MessageLogPath and LogLevel")                               \
    X("SLF4JLog*", "J", NULL,                                                                      \
      "Java's logging; see MessageLogPath, LogFile and LogLevel")                                  \
    X("LogMessageWhenSessionNotFound", "J", NULL,                                                  \
      "always logged, with the reason")                                                            \
    X("Description", "J", NULL,                                                                    \
      "a text for people; write it as a comment")                                                  \
    X("ThreadModel*", "J", NULL,                                                                   \
      "one thread runs all sessions")                                                              \
    X("UseJmx", "J", NULL,                                                                         \
      "JMX is Java's")

/* X(name, engines, text): not taken, why, and what to do. */
#define CONFIG_REFUSED(X)                                                                          \
    X("DefaultApplVerID", "QF J Go",                                                               \
      "only for FIXT.1.1 and FIX 5.0; remove the line, and let BeginString be FIX.4.4")            \
    X("TransportDataDictionary", "QF J Go",                                                        \
      "only for FIXT.1.1 and FIX 5.0; name the one dictionary in DataDictionary")                  \
    X("AppDataDictionary*", "QF J Go",                                                             \
      "only for FIXT.1.1 and FIX 5.0; name the one dictionary in DataDictionary")                  \
    X("HttpAcceptPort", "QF",                                                                      \
      "a page without authentication, on all addresses, where anybody can reset a session; "       \
      "remove the line")                                                                           \
    X("MySQLStore*", "QF",                                                                         \
      "numbers and messages are in StorePath, in one transaction with the orders; remove "         \
      "the line")                                                                                  \
    X("PostgreSQLStore*", "QF",                                                                    \
      "numbers and messages are in StorePath, in one transaction with the orders; remove "         \
      "the line")                                                                                  \
    X("OdbcStore*", "QF",                                                                          \
      "numbers and messages are in StorePath, in one transaction with the orders; remove "         \
      "the line")                                                                                  \
    X("SQLStore*", "Go",                                                                           \
      "numbers and messages are in StorePath, in one transaction with the orders; remove "         \
      "the line")                                                                                  \
    X("SQLDriver", "Go",                                                                           \
      "numbers and messages are in StorePath, in one transaction with the orders; remove "         \
      "the line")                                                                                  \
    X("SQLDataSourceName", "Go",                                                                   \
      "numbers and messages are in StorePath, in one transaction with the orders; remove "         \
      "the line")                                                                                  \
    X("SQLConnMaxLifetime", "Go",                                                                  \
      "numbers and messages are in StorePath, in one transaction with the orders; remove "         \
      "the line")                                                                                  \
    X("MongoStore*", "Go",                                                                         \
      "numbers and messages are in StorePath, in one transaction with the orders; remove "         \
      "the line")                                                                                  \
    X("Jdbc*", "J",                                                                                \
      "numbers and messages are in StorePath, logs in files (MessageLogPath); remove the "         \
      "line")                                                                                      \
    X("Sleepycat*", "J",                                                                           \
      "numbers and messages are in StorePath, in one transaction with the orders; remove "         \
      "the line")                                                                                  \
    X("MySQLLog*", "QF",                                                                           \
      "messages are logged to files; set MessageLogPath")                                          \
    X("PostgreSQLLog*", "QF",                                                                      \
      "messages are logged to files; set MessageLogPath")                                          \
    X("PostgresSQLLog*", "QF",                                                                     \
      "messages are logged to files; set MessageLogPath")                                          \
    X("OdbcLog*", "QF",                                                                            \
      "messages are logged to files; set MessageLogPath")                                          \
    X("SQLLog*", "Go",                                                                             \
      "messages are logged to files; set MessageLogPath")                                          \
    X("MongoLog*", "Go",                                                                           \
      "messages are logged to files; set MessageLogPath")                                          \
    X("SocketKeyStore", "J",                                                                       \
      "a Java key store; make PEM files of it (keytool -importkeystore -srckeystore X.jks "        \
      "-destkeystore X.p12 -deststoretype PKCS12; openssl pkcs12 -in X.p12 -nodes -out "           \
      "X.pem; chmod 600 X.pem) and name them in SocketCertificateFile and "                        \
      "SocketPrivateKeyFile")                                                                      \
    X("SocketKeyStorePassword", "J",                                                               \
      "there is no key store; a key is a PEM file that only its owner may read")                   \
    X("SocketTrustStore", "J",                                                                     \
      "a Java key store; write its certificates as PEM (keytool -list -rfc -keystore X.jks "       \
      "> ca.pem) and name the file in CertificationAuthoritiesFile")                               \
    X("SocketTrustStorePassword", "J",                                                             \
      "there is no trust store; CertificationAuthoritiesFile holds no secret")                     \
    X("KeyStoreType", "J",                                                                         \
      "there is no key store; see SocketCertificateFile")                                          \
    X("KeyManagerFactoryAlgorithm", "J",                                                           \
      "there is no key store; see SocketCertificateFile")                                          \
    X("TrustStoreType", "J",                                                                       \
      "there is no trust store; see CertificationAuthoritiesFile")                                 \
    X("TrustManagerFactoryAlgorithm", "J",                                                         \
      "there is no trust store; see CertificationAuthoritiesFile")                                 \
    X("CipherSuites", "J",                                                                         \
      "Java's names of ciphers; write OpenSSL's (openssl ciphers -stdname) into "                  \
      "SSLCipherSuite and TLSCipherSuites, or remove the line")                                    \
    X("SocketPrivateKeyBytes", "Go",                                                               \
      "a key does not belong in this file; write it to one that only its owner may read, "         \
      "and name that in SocketPrivateKeyFile")                                                     \
    X("SocketCertificateBytes", "Go",                                                              \
      "write the certificate to a file and name that in SocketCertificateFile")                    \
    X("SocketCABytes", "Go",                                                                       \
      "write the certificates to a file and name that in CertificationAuthoritiesFile")            \
    X("SocketTrafficClass", "J",                                                                   \
      "not set by fixgate; let the firewall mark the packets of this port (nft … ip dscp "         \
      "set)")                                                                                      \
    X("Proxy*", "J Go",                                                                            \
      "proxies are not spoken to; let a tunnel listen on this machine (ssh -L, socat) and "        \
      "connect to that, with the peer's name in SocketServerName")
/* clang-format on */

#endif
