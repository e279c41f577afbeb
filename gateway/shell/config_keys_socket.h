/* The keys of [SESSION] that are about connections and TLS; columns as in config_keys.h. */
#ifndef GATEWAY_SHELL_CONFIG_KEYS_SOCKET_H
#define GATEWAY_SHELL_CONFIG_KEYS_SOCKET_H

/* clang-format off */
#define CONFIG_KEYS_SOCKET(X)                                                                      \
    X(INITIATOR, SocketConnectHost, TEXT, CONFIG_REQUIRED, 1, 180, "QF J Go", NULL,                \
      "name or address",                                                                           \
      "where the peer listens; more in SocketConnectHost1 to SocketConnectHost7")                  \
    X(INITIATOR, SocketConnectPort, NUMBER, CONFIG_REQUIRED, 1, 65535, "QF J Go", NULL,            \
      "port",                                                                                      \
      "its port; more in SocketConnectPort1 to SocketConnectPort7")                                \
    X(INITIATOR, SocketConnectTimeout, SECONDS, "10", 1, 600, "J", "J: 60",                        \
      "seconds",                                                                                   \
      "for one attempt: name lookup, connection and TLS handshake")                                \
    X(INITIATOR, SocketConnectSourceHost, TEXT, NULL, 1, 180, "QF", NULL,                          \
      "address of this machine",                                                                   \
      "where the connection begins; SocketConnectSourceHost<n> for the n-th alternate")            \
    X(INITIATOR, SocketConnectSourcePort, NUMBER, "0", 0, 65535, "QF", NULL,                       \
      "port; 0 = any",                                                                             \
      "its port; SocketConnectSourcePort<n> likewise")                                             \
    X(INITIATOR, ReconnectInterval, SECONDS, "30", 1, 86400, "QF J Go", NULL,                      \
      "seconds",                                                                                   \
      "before the first try after a loss")                                                         \
    X(INITIATOR, ReconnectIntervalMax, SECONDS, NULL, 1, 86400, "", "QF J Go: no backoff",         \
      "seconds; 300 or ReconnectInterval, the greater, if left out",                               \
      "the interval doubles up to this, with jitter")                                              \
    X(INITIATOR, EndpointTries, NUMBER, "1", 1, 1000, "", NULL,                                    \
      "tries",                                                                                     \
      "in a row at one endpoint before the next has its turn; only a Logon counts as "             \
      "success")                                                                                   \
    X(INITIATOR, HostSelectionPolicy, CHOICE, "ROUNDROBIN", 0, 0, "QF", NULL,                      \
      "ROUNDROBIN|PRIORITY",                                                                       \
      "PRIORITY: the first endpoint is preferred")                                                 \
    X(INITIATOR, HostSelectionPolicyPriorityStartOverInterval, SECONDS, "120", 1, 86400, "QF",     \
      NULL,                                                                                        \
      "seconds",                                                                                   \
      "PRIORITY: this long after leaving the first endpoint, the next connection begins "          \
      "with it again")                                                                             \
    X(ACCEPTOR, SocketAcceptPort, NUMBER, CONFIG_REQUIRED, 1, 65535, "QF J Go", NULL,              \
      "port",                                                                                      \
      "where we listen; sessions may share a port")                                                \
    X(ACCEPTOR, SocketAcceptHost, TEXT, NULL, 1, 180, "Go", NULL,                                  \
      "address of this machine; all if left out",                                                  \
      "on which of them")                                                                          \
    X(ACCEPTOR, AllowedRemoteAddresses, ADDRESSES, NULL, 1, 180, "QF J", NULL,                     \
      "comma list of addresses and blocks (10.1.0.0/16); any if left out",                         \
      "from where the peer may come")                                                              \
    X(SESSION, SocketNodelay, BOOL, "Y", 0, 0, "QF", "QF: N",                                      \
      "Y or N",                                                                                    \
      "TCP_NODELAY: send at once")                                                                 \
    X(SESSION, SocketSendBufferSize, BYTES, "0", 0, 1 << 30, "QF J", NULL,                         \
      "bytes; 0 = the system's",                                                                   \
      "SO_SNDBUF")                                                                                 \
    X(SESSION, SocketReceiveBufferSize, BYTES, "0", 0, 1 << 30, "QF J", NULL,                      \
      "bytes; 0 = the system's",                                                                   \
      "SO_RCVBUF")                                                                                 \
    X(SESSION, SocketUseSSL, BOOL, "N", 0, 0, "J Go", NULL,                                        \
      "Y or N",                                                                                    \
      "TLS; the peer is verified unless said otherwise")                                           \
    X(SESSION, SSLProtocol, PROTOCOLS, "TLSv1_2 TLSv1_3", 1, 180, "QF", "QF: all -SSLv2",          \
      "words of OpenSSL, Java or Go",                                                              \
      "versions of TLS; below 1.2 there is none")                                                  \
    X(SESSION, SSLCipherSuite, TEXT, NULL, 1, 180, "QF", "QF: HIGH:!RC4",                          \
      "OpenSSL's words; its own if left out",                                                      \
      "ciphers of TLS 1.2")                                                                        \
    X(SESSION, TLSCipherSuites, TEXT, NULL, 1, 180, "QF", NULL,                                    \
      "OpenSSL's words; its own if left out",                                                      \
      "ciphers of TLS 1.3")                                                                        \
    X(SESSION, CertificationAuthoritiesFile, PATH, NULL, 1, 180, "QF", NULL,                       \
      "PEM file; the system's if left out",                                                        \
      "who may sign the peer's certificate")                                                       \
    X(SESSION, CertificationAuthoritiesDirectory, PATH, NULL, 1, 180, "QF", NULL,                  \
      "directory as of `openssl rehash`",                                                          \
      "the same, one file each")                                                                   \
    X(SESSION, CertificateRevocationListFile, PATH, NULL, 1, 180, "QF", NULL,                      \
      "PEM file",                                                                                  \
      "certificates that no longer count")                                                         \
    X(SESSION, CertificateRevocationListDirectory, PATH, NULL, 1, 180, "QF", NULL,                 \
      "directory as of `openssl rehash`",                                                          \
      "the same, one file each")                                                                   \
    X(ACCEPTOR, ServerCertificateFile, PATH, NULL, 1, 180, "QF", NULL,                             \
      "PEM file",                                                                                  \
      "our certificate, its chain behind it")                                                      \
    X(ACCEPTOR, ServerCertificateKeyFile, PATH, NULL, 1, 180, "QF", NULL,                          \
      "PEM file, readable by its owner only",                                                      \
      "its key")                                                                                   \
    X(INITIATOR, ClientCertificateFile, PATH, NULL, 1, 180, "QF", NULL,                            \
      "PEM file",                                                                                  \
      "our certificate, where the peer wants one (mutual TLS)")                                    \
    X(INITIATOR, ClientCertificateKeyFile, PATH, NULL, 1, 180, "QF", NULL,                         \
      "PEM file, readable by its owner only",                                                      \
      "its key")                                                                                   \
    X(SESSION, SocketCertificateFile, PATH, NULL, 1, 180, "Go", NULL,                              \
      "PEM file",                                                                                  \
      "the same as ServerCertificateFile or ClientCertificateFile, by ConnectionType")             \
    X(SESSION, SocketPrivateKeyFile, PATH, NULL, 1, 180, "Go", NULL,                               \
      "PEM file, readable by its owner only",                                                      \
      "its key")                                                                                   \
    X(ACCEPTOR, CertificateVerifyLevel, NUMBER, NULL, 0, 2, "QF", "QF: 0",                         \
      "0, 1 or 2; 1 with CertificationAuthorities…, else 0",                                       \
      "certificate of the client: 0 not asked for, 1 required, 2 optional")                        \
    X(INITIATOR, SocketServerName, TEXT, NULL, 1, 180, "Go", NULL,                                 \
      "name; SocketConnectHost if left out",                                                       \
      "name to ask for (SNI), and that the certificate must have")                                 \
    X(INITIATOR, SocketInsecureSkipVerify, BOOL, "N", 0, 0, "Go", NULL,                            \
      "Y or N",                                                                                    \
      "Y: whoever answers is believed; for tests only")                                            \
    X(SESSION, CertificatePin, PINS, NULL, 1, 180, "", NULL,                                       \
      "comma list of SHA-256 in hex or base64",                                                    \
      "public keys (SPKI) of the peer: one must match, on top of all else")
/* clang-format on */

#endif
